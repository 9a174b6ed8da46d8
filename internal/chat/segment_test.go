package chat_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// A transfer goes on in a new contact of the same chat, for everybody who knows the chat by its first
// contact: the client's token and socket, and after a restart.
func TestTransferBeginsANewContact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started, connection, heard := w.begin(request())
		ann := w.join(started.ContactID, transcript.Agent, "Ann")
		w.say(connection.Token, "one")
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		before := len(w.store.commits())
		if _, err := w.Transfer(t.Context(), started.ContactID, ann.ParticipantID, chat.Transfer{Queue: "Sales"}); err != nil {
			t.Fatal(err)
		}
		if n := len(w.store.commits()) - before; n != 1 {
			t.Errorf("the transfer was stored in %d commits", n)
		}
		contact := w.contact(started.ContactID)
		second := contact.Current()
		bob := w.join(second, transcript.Agent, "Bob") // by the new id
		w.say(connection.Token, "two")
		w.restart()
		w.say(connection.Token, "three")
		if _, err := w.Transfer(t.Context(), second, bob.ParticipantID, chat.Transfer{Agent: "Cem"}); err != nil {
			t.Fatal(err)
		}
		contact = w.contact(second)
		third := contact.Current()
		if of := w.Chat(third); of != started.ContactID {
			t.Errorf("the chat of the third contact is %s", of)
		}
		w.say(connection.Token, "four")
		w.end(third)

		contact = w.contact(third)
		want := []chat.Segment{
			{ID: started.ContactID, NextID: second, Method: chat.ByAPI, Reason: chat.AgentDisconnect},
			{ID: second, PreviousID: started.ContactID, NextID: third, Method: chat.ByTransfer, Reason: chat.AgentDisconnect},
			{ID: third, PreviousID: second, Method: chat.ByTransfer, Reason: contact.Reason},
		}
		segments := contact.Segments()
		for i, s := range segments {
			if i > 0 && (!s.Started.Equal(segments[i-1].Ended) || s.First != segments[i-1].Next) || s.Ended.IsZero() {
				t.Errorf("%d: %+v", i, s)
			}
			var with string
			for _, p := range s.Participants {
				with += p.DisplayName + " "
			}
			if got := s; i >= len(want) || with != "Pat "+[]string{"Ann ", "Bob ", "Cem "}[i] || got.ID != want[i].ID || got.PreviousID != want[i].PreviousID ||
				got.NextID != want[i].NextID || got.Method != want[i].Method || got.Reason != want[i].Reason {
				t.Errorf("%d: %+v with %s", i, s, with)
			}
		}
		// What each item says is what the contacts say.
		said := map[string][]string{}
		for _, item := range w.transcript(started.ContactID) {
			if item.InitialContactID != started.ContactID {
				t.Errorf("an item of %s", item.InitialContactID)
			}
			if item.Type == transcript.MessageItem {
				said[item.ContactID] = append(said[item.ContactID], item.Content)
			}
		}
		for id, want := range map[string][]string{started.ContactID: {"one"}, second: {"two", "three"}, third: {"four"}} {
			if !slices.Equal(said[id], want) {
				t.Errorf("in %s was said %q, not %q", id, said[id], want)
			}
			newest := 1
			for name, q := range map[string]chat.TranscriptQuery{
				"all":     {ContactID: id, MaxResults: 100},
				"forward": {ContactID: id, MaxResults: 100, Forward: true, Start: &chat.StartPosition{Time: contact.Started}},
				"newest":  {ContactID: id, MaxResults: 1, Start: &chat.StartPosition{MostRecent: &newest}},
			} {
				page, err := w.ReadTranscript(t.Context(), started.ContactID, q)
				if err != nil || len(page.Items) == 0 {
					t.Fatalf("%s: %d items, %v", name, len(page.Items), err)
				}
				for _, item := range page.Items {
					if item.ContactID != id {
						t.Errorf("%s: asked for %s, got an item of %s", name, id, item.ContactID)
					}
				}
			}
		}
		if _, err := w.ReadTranscript(t.Context(), started.ContactID, chat.TranscriptQuery{ContactID: "another"}); err == nil {
			t.Error("the transcript of a contact of another chat")
		}
		live, _ := heard.heard()
		if last := live[len(live)-1]; last.InitialContactID != started.ContactID || last.ContactID != second {
			t.Errorf("the socket was told of %s in %s", last.InitialContactID, last.ContactID)
		}
	})
}

// A persistent chat continues from the newest contact of a session, or from an earlier one, which
// leaves out what was said after it.
func TestContinueFromAContact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started, connection, _ := w.begin(request())
		ann := w.join(started.ContactID, transcript.Agent, "Ann")
		w.say(connection.Token, "one")
		if _, err := w.Transfer(t.Context(), started.ContactID, ann.ParticipantID, chat.Transfer{Agent: "Bob"}); err != nil {
			t.Fatal(err)
		}
		first := w.contact(started.ContactID)
		second := first.Current()
		w.say(connection.Token, "two")
		w.end(started.ContactID)
		for _, c := range []struct {
			source string
			whole  bool
			past   []string
			said   []string
		}{
			{started.ContactID, true, []string{second, started.ContactID}, []string{"one", "two"}},
			{started.ContactID, false, []string{started.ContactID}, []string{"one"}},
			{second, false, []string{second, started.ContactID}, []string{"one", "two"}},
		} {
			r := request()
			r.SourceID, r.Whole = c.source, c.whole
			again, err := w.Start(t.Context(), r)
			if err != nil || again.ContinuedFrom != c.past[0] {
				t.Fatalf("continued from %s, %v", again.ContinuedFrom, err)
			}
			if past := w.contact(again.ContactID).Past; !slices.Equal(past, c.past) {
				t.Errorf("continues %v, not %v", past, c.past)
			}
			var said []string
			for token := ""; ; {
				page, err := w.ReadTranscript(t.Context(), again.ContactID, chat.TranscriptQuery{MaxResults: 100, NextToken: token})
				if err != nil {
					t.Fatal(err)
				}
				var texts []string
				for _, item := range page.Items {
					if item.Type == transcript.MessageItem {
						texts = append(texts, item.Content)
					}
				}
				said = append(texts, said...)
				if token = page.NextToken; token == "" {
					break
				}
			}
			if !slices.Equal(said, c.said) {
				t.Errorf("%v was said, not %v", said, c.said)
			}
		}
	})
}

// A failing store leaves no trace of a new contact.
func TestFailedTransferBeginsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started, _, _ := w.begin(request())
		ann := w.join(started.ContactID, transcript.Agent, "Ann")
		w.store.broken.Store(true)
		if _, err := w.Transfer(t.Context(), started.ContactID, ann.ParticipantID, chat.Transfer{Queue: "Sales"}); !errors.Is(err, errDisk) {
			t.Error(err)
		}
		w.store.broken.Store(false)
		if contact := w.contact(started.ContactID); contact.Latest != nil || len(contact.Segments()) != 1 {
			t.Errorf("the chat goes on in %+v", contact.Latest)
		}
	})
}
