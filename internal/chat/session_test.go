package chat_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// A whole chat, as a customer's client and an agent live it.
func TestWorkedSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var connected []string
		w := newWorld(t, chat.Config{}, chat.Listener{Changed: func(c *chat.Contact, item *transcript.Item) {
			if item != nil && item.ContentType == transcript.ParticipantJoined && item.Role == transcript.Customer {
				connected = append(connected, c.ID)
			}
		}})
		ctx := t.Context()
		started := w.start(request())
		connection := w.connect(started.Token)
		customer := &tape{}
		socket, err := w.OpenSocket(connection.Ticket, customer)
		if err != nil {
			t.Fatal(err)
		}
		if c := w.contact(started.ContactID); !c.Connected.IsZero() {
			t.Error("a socket that has not subscribed counts as connected")
		}
		for range 2 { // clients may subscribe again
			if err := socket.Subscribe(ctx); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{started.ContactID}, connected); diff != "" || w.contact(started.ContactID).Connected.IsZero() {
			t.Errorf("connected: %s", diff)
		}

		first := w.say(connection.Token, "hello")
		if _, err := w.SendEvent(ctx, connection.Token, transcript.Typing, ""); err != nil {
			t.Fatal(err)
		}
		agent := w.join(started.ContactID, transcript.Agent, "Ann")
		second, err := w.Say(ctx, started.ContactID, agent.ParticipantID, plain("hi from agent"))
		if err != nil {
			t.Fatal(err)
		}
		desk, _ := w.socket(agent.Token)
		if _, err := w.SendEvent(ctx, connection.Token, transcript.MessageRead, `{"messageId":"`+second.ID+`"}`); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Signal(ctx, started.ContactID, agent.ParticipantID, transcript.MessageDelivered, `{"messageId":"`+first.ID+`"}`); err != nil {
			t.Fatal(err)
		}
		file, err := w.StartUpload(ctx, connection.Token, "a b.txt", "text/plain", 10)
		if err == nil {
			err = errors.Join(w.Uploaded(ctx, file.ID), w.CompleteUpload(ctx, connection.Token, file.ID, true), w.Decide(ctx, file.ID, true))
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.File(ctx, connection.Token, file.ID); err != nil || got.Name != "a b.txt" || got.Size != 10 {
			t.Errorf("%+v, %v", got, err)
		}
		if err := w.Disconnect(ctx, connection.Token); err != nil {
			t.Fatal(err)
		}

		want := []string{
			"Pat: participant.joined", "Pat: hello", "Pat: typing", "Ann: participant.joined", "Ann: hi from agent", "message.metadata",
			"Pat: IN_PROGRESS", "Pat: APPROVED", "Pat: participant.left", "chat.ended",
		}
		if diff := cmp.Diff(want, customer.lines()); diff != "" {
			t.Error(diff)
		}
		wantDesk := []string{"message.metadata", "Pat: IN_PROGRESS", "Pat: APPROVED", "Pat: participant.left", "chat.ended"}
		if diff := cmp.Diff(wantDesk, desk.lines()); diff != "" {
			t.Error(diff)
		}
		items, ends := customer.heard()
		checkFeed(t, started.ContactID, items)
		if ends != 1 || items[1].ID != first.ID || !items[1].Time.Equal(first.Time) || items[4].ID != second.ID || items[6].ID != items[7].ID {
			t.Errorf("ends %d, items %+v", ends, items)
		}
		if r := items[5].Receipt; r == nil || items[5].ID != first.ID || r.RecipientID != agent.ParticipantID || r.Delivered.IsZero() || !r.Read.IsZero() {
			t.Errorf("the customer was told %+v", items[5])
		}
		wantStored := []string{
			"Pat: participant.joined", "Pat: hello", "Ann: participant.joined", "Ann: hi from agent", "Pat: APPROVED",
			"Pat: participant.left", "chat.ended",
		}
		if diff := cmp.Diff(wantStored, lines(w.transcript(started.ContactID))); diff != "" {
			t.Error(diff)
		}
		c := w.contact(started.ContactID)
		if c.Reason != chat.CustomerDisconnect || c.Ended.Before(c.Connected) || c.Connected.Before(c.Started) || c.Participants[1].Active() {
			t.Errorf("%+v", c)
		}
	})
}

// checkFeed checks what holds for whatever a client is handed.
func checkFeed(t *testing.T, initialID string, items []transcript.Item) {
	t.Helper()
	for i, item := range items {
		if item.ID == "" || item.InitialContactID != initialID || item.ContactID == "" || item.Type == "" || item.Time.Nanosecond()%1e6 != 0 {
			t.Errorf("item %d: %+v", i, item)
		}
		if i > 0 && !item.Time.After(items[i-1].Time) {
			t.Errorf("item %d at %v is not after %v", i, item.Time, items[i-1].Time)
		}
	}
}

// An item is never seen, and nothing has changed, when the store refuses it.
func TestStoreFailureLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	ctx := t.Context()
	started, connection, record := w.begin(request())
	agent := w.join(started.ContactID, transcript.Agent, "Ann")
	message := w.say(connection.Token, "before")
	file, err := w.StartUpload(ctx, connection.Token, "a.txt", "text/plain", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Uploaded(ctx, file.ID); err != nil {
		t.Fatal(err)
	}
	before, stored := w.contact(started.ContactID), w.transcript(started.ContactID)
	w.store.broken.Store(true)
	receipt := `{"messageId":"` + message.ID + `"}`
	for what, f := range map[string]func() error{
		"start":   func() error { _, err := w.Start(ctx, request()); return err },
		"message": func() error { _, err := w.SendMessage(ctx, connection.Token, plain("lost"), "token"); return err },
		"receipt": func() error {
			_, err := w.Signal(ctx, started.ContactID, agent.ParticipantID, transcript.MessageRead, receipt)
			return err
		},
		"join":       func() error { _, err := w.Join(ctx, started.ContactID, transcript.Supervisor, "Sue"); return err },
		"leave":      func() error { return w.Leave(ctx, started.ContactID, agent.ParticipantID) },
		"disconnect": func() error { return w.Disconnect(ctx, connection.Token) },
		"end":        func() error { return w.End(ctx, started.ContactID, chat.StoppedByAPI) },
		"step": func() error {
			return w.Step(ctx, started.ContactID, func(step *chat.Step) error {
				step.Queue("x")
				return nil
			})
		},
		"upload":   func() error { _, err := w.StartUpload(ctx, connection.Token, "b.txt", "text/plain", 1); return err },
		"complete": func() error { return w.CompleteUpload(ctx, connection.Token, file.ID, false) },
	} {
		refusal(t, what, f(), errDisk)
	}
	w.store.broken.Store(false)
	if diff := cmp.Diff(before, w.contact(started.ContactID)); diff != "" || w.ActiveContacts() != 1 {
		t.Errorf("%d contacts: %s", w.ActiveContacts(), diff)
	}
	if diff := cmp.Diff(stored, w.transcript(started.ContactID)); diff != "" {
		t.Error(diff)
	}
	sent, err := w.SendMessage(ctx, connection.Token, plain("tried again"), "token")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CompleteUpload(ctx, connection.Token, file.ID, false); err != nil {
		t.Error(err)
	}
	want := []string{"Pat: participant.joined", "Ann: participant.joined", "Pat: before", "Pat: tried again", "Pat: APPROVED"}
	if diff := cmp.Diff(want, record.lines()); diff != "" {
		t.Error(diff)
	}
	items, ends := record.heard()
	if items[3].ID != sent.ID || items[3].Seq != 4 || ends != 0 {
		t.Errorf("%+v, %d ends", items[3], ends)
	}
}
