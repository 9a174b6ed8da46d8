package desk_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// Whatever is wrong with its target: everybody is told once that a transfer failed, without a
// participant, it stands in the transcript, and the agent has the contact still.
func TestRowA7TransferFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var doomed []string
		r := newRoomWith(t, nil, desk.Config{FailTransfer: func(contactID, _ string) string {
			if slices.Contains(doomed, contactID) {
				return "made to fail"
			}
			return ""
		}})
		for _, cfg := range []desk.AgentConfig{{Name: "Ann"}, {Name: "Bob", Capacity: 1}, {Name: "Cleo", State: desk.Offline}, {Name: "Dan"}, {Name: "Fay"}} {
			r.add(cfg)
		}
		pat, other := r.arrive(), r.arrive()
		refusal(t, "Dan rejects", r.desk.Reject("Dan", pat.contactID), nil)
		r.accept("Ann", pat.contactID)
		r.accept("Bob", other.contactID)
		failed := 0
		fails := func(what string, to desk.Target, want error) {
			t.Helper()
			pat.heard()
			failed++
			refusal(t, what, r.desk.Transfer(t.Context(), "Ann", pat.contactID, to), want)
			if diff := cmp.Diff([]string{"failed"}, pat.heard()); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
			if !slices.Equal(r.holds("Ann"), []string{pat.contactID}) {
				t.Errorf("%s: Ann has %q", what, r.holds("Ann"))
			}
		}
		fails("an unknown agent", desk.Target{Agent: "Eve"}, desk.ErrNoAgent)
		fails("an unknown queue", desk.Target{Queue: "None"}, desk.ErrNoQueue)
		fails("a full agent", desk.Target{Agent: "Bob"}, desk.ErrFull)
		fails("an agent who is offline", desk.Target{Agent: "Cleo"}, desk.ErrUnavailable)
		fails("an agent who declined", desk.Target{Agent: "Dan"}, desk.ErrDeclined)
		fails("to oneself", desk.Target{Agent: "Ann"}, desk.ErrExists)
		doomed = []string{pat.contactID}
		fails("a fault", desk.Target{Agent: "Fay"}, desk.ErrTransfer)
		fails("a fault with a queue", desk.Target{Queue: desk.DefaultQueue}, desk.ErrTransfer)
		doomed = nil
		refusal(t, "what one has not", r.desk.Transfer(t.Context(), "Fay", pat.contactID, desk.Target{Agent: "Ann"}), desk.ErrNotThere)

		items, err := r.store.Items(t.Context(), chat.ItemQuery{ContactID: pat.contactID})
		if err != nil {
			t.Fatal(err)
		}
		stored := slices.DeleteFunc(items, func(item transcript.Item) bool { return item.ContentType != transcript.TransferFailed })
		if len(stored) != failed {
			t.Errorf("%d items for %d transfers", len(stored), failed)
		}
		for _, item := range stored {
			if item.Type != transcript.EventItem || item.ParticipantID != "" || item.DisplayName != "" || item.Role != "" || item.Seq == 0 {
				t.Errorf("%+v", item)
			}
		}
		refusal(t, "to a queue", r.desk.Transfer(t.Context(), "Ann", pat.contactID, desk.Target{Queue: desk.DefaultQueue}), nil)
		r.accept("Dan", pat.contactID) // wants it after all
		refusal(t, "to Ann", r.desk.Transfer(t.Context(), "Dan", pat.contactID, desk.Target{Agent: "Ann"}), nil)
		refusal(t, "to Dan", r.desk.Transfer(t.Context(), "Ann", pat.contactID, desk.Target{Agent: "Dan"}), nil)
	})
}

// A script whose transfer fails goes on with the chat.
func TestRowA7ScriptGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		script, err := partner.Parse("bot.yaml", []byte("name: Bot\ntyping: false\nrules: [{match: on, transfer: Cleo}, {reply: Still here.}]"))
		if err != nil {
			t.Fatal(err)
		}
		r := newRoom(t, nil)
		r.clumsy = true
		r.add(desk.AgentConfig{Name: "Cleo", State: desk.Offline})
		r.add(script.Agents())
		pat := r.arrive()
		pat.say("on")
		pat.say("hello?")
		pass(time.Second)
		if diff := cmp.Diff([]string{"joined", "read", "failed", "read", "plain: Still here."}, pat.heard()); diff != "" {
			t.Error(diff)
		}
	})
}
