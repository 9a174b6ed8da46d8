package chat_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// joins returns the items that say that the customer of a contact joined.
func (w *world) joins(contactID string) []transcript.Item {
	w.t.Helper()
	return slices.DeleteFunc(w.transcript(contactID), func(item transcript.Item) bool {
		return item.ContentType != transcript.ParticipantJoined || item.Role != transcript.Customer
	})
}

// The customer's joining is an event: once, in the commit that makes the contact connected, behind an
// initial message and before a greeting.
func TestRowA1CustomerJoins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{}, chat.Listener{Changed: func(*chat.Contact, *transcript.Item) {}, Arrived: func(step *chat.Step) error {
		_, err := step.Prompt(plain("welcome"))
		return err
	}})
	first := request()
	first.InitialMessage = &transcript.Message{ContentType: transcript.TextPlain, Content: "Where is my order?"}
	started := w.start(first)
	w.connect(started.Token)
	if got := w.joins(started.ContactID); len(got) != 0 {
		t.Errorf("before a socket subscribes: %+v", got)
	}
	socket, err := w.OpenSocket(w.connect(started.Token).Ticket, &tape{})
	if err != nil {
		t.Fatal(err)
	}
	w.store.broken.Store(true)
	refusal(t, "on a broken disk", socket.Subscribe(t.Context()), errDisk)
	w.store.broken.Store(false)
	if got := w.joins(started.ContactID); len(got) != 0 {
		t.Errorf("of a connection that was not stored: %+v", got)
	}
	socket.Close(true, 0)

	before := len(w.store.commits())
	record, socket := w.socket(started.Token)
	commits := w.store.commits()[before:]
	if len(commits) != 1 || commits[0].Contact.Connected.IsZero() || len(commits[0].Items) != 2 {
		t.Errorf("stored in %d commits: %+v", len(commits), commits)
	}
	heard := []string{"Pat: participant.joined", "SYSTEM_MESSAGE: welcome"}
	if diff := cmp.Diff(heard, record.lines()); diff != "" {
		t.Errorf("heard %s", diff)
	}
	second, _ := w.socket(started.Token)
	socket.Close(true, 0)
	w.restart()
	third, _ := w.socket(started.Token)
	if got := append(second.lines(), third.lines()...); len(got) != 0 {
		t.Errorf("later sockets heard %q", got)
	}
	if diff := cmp.Diff(append([]string{"Pat: Where is my order?"}, heard...), lines(w.transcript(started.ContactID))); diff != "" {
		t.Errorf("the transcript: %s", diff)
	}
	item := w.joins(started.ContactID)[0]
	if item.Type != transcript.EventItem || item.ParticipantID != started.ParticipantID || item.HasContent {
		t.Errorf("%+v", item)
	}
}

// A chat that is streamed announces its customer with ConnectParticipant.
func TestRowA1CustomerWithoutSocket(t *testing.T) {
	t.Parallel()
	var published []string
	w := newWorld(t, chat.Config{Publish: func(_ chat.Contact, item transcript.Item) { published = append(published, line(item)) }})
	started := w.start(request())
	if err := w.Step(t.Context(), started.ContactID, func(step *chat.Step) error {
		step.SetStreams([]chat.Stream{{ID: "s", Endpoint: "e"}})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := w.Connect(t.Context(), started.Token, true); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Pat: participant.joined"}, published); diff != "" {
		t.Error(diff)
	}
}

// Contacts that an earlier build stored as connected do not announce their customer late; those that
// had not connected then do.
func TestRowA1StoredContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	old, waiting := w.start(request()), w.start(request())
	contact := w.contact(old.ContactID)
	contact.Connected = contact.Started
	w.Close()
	if err := w.store.Commit(t.Context(), chat.Changes{Contact: &contact}); err != nil {
		t.Fatal(err)
	}
	w.open()
	for _, token := range []chat.Started{old, waiting} {
		w.socket(token.Token)
	}
	if got := w.joins(old.ContactID); len(got) != 0 {
		t.Errorf("a contact that was connected: %+v", got)
	}
	if got := w.joins(waiting.ContactID); len(got) != 1 {
		t.Errorf("a contact that was not: %+v", got)
	}
}
