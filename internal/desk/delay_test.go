package desk_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
)

// staff makes scripted agents with room for one contact users with posts, by their names.
func (r *room) staff(posts map[string][]desk.PostQueue) {
	r.t.Helper()
	var all []desk.Post
	for name, queues := range posts {
		r.add(desk.AgentConfig{Name: name, Partner: partner.Echo{Pause: -1}, Capacity: 1, KeepState: true})
		all = append(all, desk.Post{UserID: "u-" + name, Name: name, Queues: queues, Chats: 1})
	}
	if err := r.desk.Staff(r.t.Context(), all); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// held is the one contact that an agent has; empty for none.
func (r *room) held(name string) string {
	r.t.Helper()
	switch got := r.holds(name); len(got) {
	case 0:
		return ""
	case 1:
		return got[0]
	default:
		r.t.Fatalf("%s has %q", name, got)
		return ""
	}
}

// end ends a contact.
func (r *room) end(contactID string) {
	r.t.Helper()
	if err := r.chats.End(r.t.Context(), contactID, chat.CustomerDisconnect); err != nil {
		r.t.Fatal(err)
	}
	synctest.Wait()
}

// A user gets contacts of the queue with the lower number first, whoever waits longer; among those of one
// number, and for agents who are no users, the order is that of the line.
func TestRowProfilePriority(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Queues: []string{"Sales", "Support", "Repairs"}})
		support := r.wait(chat.Queued{Name: "Support", Priority: 1})
		pass(time.Second)
		repairs := r.wait(chat.Queued{Name: "Repairs"})
		pass(time.Second)
		sales := r.wait(chat.Queued{Name: "Sales"})
		own := r.wait(chat.Queued{Agent: "Bot"})
		r.staff(map[string][]desk.PostQueue{"Bot": {{Name: "Support", Priority: 2}, {Name: "Sales", Priority: 1}, {Name: "Repairs", Priority: 1}}})
		var got []string
		for id := r.held("Bot"); id != ""; id = r.held("Bot") {
			got = append(got, id)
			r.end(id)
		}
		if want := []string{own.contactID, repairs.contactID, sales.contactID, support.contactID}; !slices.Equal(got, want) {
			t.Errorf("the agent took %q, not %q", got, want)
		}
	})
}

// A user gets a contact of a queue after it has waited, or seems to have waited, for the delay of the
// queue; others have it at once, and a new delay counts for those who wait already.
func TestRowProfileDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoomWith(t, nil, desk.Config{Queues: []string{"Sales", "Support"}})
		r.staff(map[string][]desk.PostQueue{
			"Slow": {{Name: "Support", Priority: 1, Delay: 30 * time.Second}, {Name: "Sales", Priority: 1}},
			"Last": {{Name: "Support", Priority: 1, Delay: time.Minute}},
		})
		check := func(when, name, contactID string) {
			t.Helper()
			if got := r.held(name); got != contactID {
				t.Errorf("%s: %s has %q, not %q", when, name, got, contactID)
			}
		}
		first := r.wait(chat.Queued{Name: "Support"})
		second := r.wait(chat.Queued{Name: "Support"})
		pass(29 * time.Second)
		check("before the delay", "Slow", "")
		pass(time.Second)
		check("after the delay", "Slow", first.contactID)
		check("before the longer delay", "Last", "")
		pass(30 * time.Second)
		check("after the longer delay", "Last", second.contactID)

		r.end(first.contactID)
		young := r.wait(chat.Queued{Name: "Support"})
		pass(10 * time.Second)
		sales := r.wait(chat.Queued{Name: "Sales"})
		check("a younger contact without a delay", "Slow", sales.contactID)
		pass(25 * time.Second)
		r.end(sales.contactID)
		check("ripe while the agent was busy", "Slow", young.contactID)

		r.end(young.contactID)
		aged := r.wait(chat.Queued{Name: "Support", Age: time.Minute})
		check("made older", "Slow", aged.contactID)
		r.end(aged.contactID)

		late := r.wait(chat.Queued{Name: "Support"})
		urgent := r.wait(chat.Queued{Name: "Support", Priority: 9, Age: time.Hour})
		check("behind one that has to wait", "Slow", urgent.contactID)
		r.end(urgent.contactID)
		r.staff(map[string][]desk.PostQueue{"Slow": {{Name: "Support", Priority: 1, Delay: 5 * time.Second}}, "Last": nil})
		check("before a new delay", "Slow", "")
		pass(5 * time.Second)
		check("after a new delay", "Slow", late.contactID)
		r.end(late.contactID)

		waits := r.wait(chat.Queued{Name: "Support"})
		r.close()
		r.open(nil)
		r.staff(map[string][]desk.PostQueue{"Slow": {{Name: "Support", Priority: 1, Delay: 5 * time.Second}}})
		r.begin()
		check("after a restart", "Slow", "")
		pass(5 * time.Second)
		check("the delay after a restart", "Slow", waits.contactID)
	})
}
