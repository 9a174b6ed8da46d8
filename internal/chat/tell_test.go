package chat_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// parts are the messages in pieces among items, in short: the number of the piece, zero for the whole.
func parts(items []transcript.Item) (list []string) {
	for _, item := range items {
		if item.Part != nil {
			list = append(list, fmt.Sprintf("%d %s %s", item.Part.Chunk, item.Role, line(item)))
		}
	}
	return list
}

func tell(t *testing.T, w *world, started chat.Started, agent chat.Joined, pieces ...string) *chat.Telling {
	t.Helper()
	told, err := w.Tell(t.Context(), started.ContactID, agent.ParticipantID, plain("One two three."))
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range pieces {
		if err := told.Piece(t.Context(), piece); err != nil {
			t.Fatal(err)
		}
	}
	return told
}

// TestRowA15Tell: a chat that asked for it is told a message in pieces, all with one id and time; the
// transcript, streams and listeners have the whole only.
func TestRowA15Tell(t *testing.T) {
	t.Parallel()
	var published, heard []transcript.Item
	w := newWorld(t, chat.Config{Publish: func(_ chat.Contact, item transcript.Item) { published = append(published, item) }},
		chat.Listener{Changed: func(_ *chat.Contact, item *transcript.Item) {
			if item != nil {
				heard = append(heard, *item)
			}
		}})
	asked := request()
	asked.Incremental = true
	started, connection, record := w.begin(asked)
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	err := w.Step(t.Context(), started.ContactID, func(step *chat.Step) error {
		step.SetStreams([]chat.Stream{{ID: "s", Endpoint: "e"}})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	told := tell(t, w, started, agent, "One ", "two ")
	if got := parts(w.transcript(started.ContactID)); got != nil {
		t.Errorf("the transcript has %q of a message that is not complete", got)
	}
	w.say(connection.Token, "meanwhile")
	if _, err := w.SendEvent(t.Context(), connection.Token, transcript.MessageRead, `{"messageId":"`+told.Sent().ID+`"}`); err != nil {
		t.Errorf("a receipt for a message that is being said: %v", err)
	}
	for _, piece := range []string{"three."} {
		if err := told.Piece(t.Context(), piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := told.Complete(t.Context()); err != nil {
		t.Fatal(err)
	}
	refusal(t, "a piece after the whole", told.Piece(t.Context(), "x"), chat.ErrNotFound)
	refusal(t, "a second whole", told.Complete(t.Context()), chat.ErrNotFound)

	whole := "0 SYSTEM BOT: One two three."
	items, _ := record.heard()
	if diff := cmp.Diff([]string{"1 SYSTEM BOT: One ", "2 SYSTEM BOT: two ", "3 SYSTEM BOT: three.", whole}, parts(items)); diff != "" {
		t.Error(diff)
	}
	for _, item := range items {
		if item.Part != nil && (item.ID != told.Sent().ID || !item.Time.Equal(told.Sent().Time)) {
			t.Errorf("%s has the id %s and the time %s", line(item), item.ID, item.Time)
		}
	}
	w.restart()
	for where, got := range map[string][]transcript.Item{"streams": published, "listeners": heard, "the transcript": w.transcript(started.ContactID)} {
		if diff := cmp.Diff([]string{whole}, parts(got)); diff != "" {
			t.Errorf("%s: %s", where, diff)
		}
	}
	if contact := w.contact(started.ContactID); !contact.Incremental {
		t.Error("after a restart the chat has not asked for pieces")
	}
}

// TestRowA15NotAsked: a chat that did not ask for pieces gets none.
func TestRowA15NotAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, _, _ := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	_, err := w.Tell(t.Context(), started.ContactID, agent.ParticipantID, plain("x"))
	refusal(t, "pieces", err, chat.ErrConflict)
}

// TestRowA15NeverOpen: whoever leaves or ends the chat in the middle of a message completes it with the
// text so far, before the others are told.
func TestRowA15NeverOpen(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, contactID, agentID string) error{
		"the agent leaves": func(w *world, contactID, agentID string) error { return w.Leave(t.Context(), contactID, agentID) },
		"the chat ends":    func(w *world, contactID, _ string) error { return w.End(t.Context(), contactID, chat.StoppedByAPI) },
		"the agent transfers": func(w *world, contactID, agentID string) error {
			_, err := w.Transfer(t.Context(), contactID, agentID, chat.Transfer{Queue: "Billing"})
			return err
		},
		"the customer leaves": func(w *world, contactID, _ string) error {
			contact := w.contact(contactID)
			return w.Leave(t.Context(), contactID, contact.Customer().ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, chat.Config{})
			asked := request()
			asked.Incremental = true
			started, _, record := w.begin(asked)
			agent := w.join(started.ContactID, transcript.Agent, "Ann")
			told, silent := tell(t, w, started, agent, "One ", "two "), tell(t, w, started, agent)
			if err := end(w, started.ContactID, agent.ParticipantID); err != nil {
				t.Fatal(err)
			}
			items, _ := record.heard()
			want := []string{"1 SYSTEM BOT: One ", "2 SYSTEM BOT: two ", "0 SYSTEM BOT: One two "}
			if diff := cmp.Diff(want, parts(items)); diff != "" {
				t.Error(diff)
			}
			for _, over := range []*chat.Telling{told, silent} {
				refusal(t, "a piece afterwards", over.Piece(t.Context(), "x"), chat.ErrNotFound)
			}
			for i, item := range items {
				if item.ContentType == transcript.ChatEnded && i != len(items)-1 {
					t.Errorf("after the end came %q", lines(items[i:]))
				}
			}
		})
	}
}

// TestRowA15Crash: of a message that the end of the program interrupts nothing is left, and the
// chat goes on.
func TestRowA15Crash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	asked := request()
	asked.Incremental = true
	started, connection, _ := w.begin(asked)
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	tell(t, w, started, agent, "One ")
	w.restart()
	if got := parts(w.transcript(started.ContactID)); got != nil {
		t.Errorf("the transcript has %q", got)
	}
	if sent := w.say(connection.Token, "still here"); sent.Time.After(time.Now().Add(time.Minute)) {
		t.Errorf("said at %s", sent.Time)
	}
	told := tell(t, w, started, agent, "Again. ")
	if err := told.Complete(t.Context()); err != nil {
		t.Error(err)
	}
}
