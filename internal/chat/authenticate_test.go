package chat_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// A sign-in that nobody begins within its minute expires, and is over then; one that was begun does
// not expire.
func TestRowA16SignInExpires(t *testing.T) {
	t.Parallel()
	//nolint:thelper // it is the test
	pass(t, func(t *testing.T, w *world, pass func(time.Duration)) {
		started, _, record := w.begin(request())
		session, err := w.BeginAuthentication(t.Context(), started.ContactID)
		if err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		want := []string{"Pat: participant.joined", "authentication.initiated"}
		told := func() (short []string, last transcript.Item) {
			items, _ := record.heard()
			for _, item := range items {
				text := line(item)
				if item.Role == "" {
					text = strings.TrimPrefix(item.ContentType, "application/vnd.amazonaws.connect.event.")
				}
				short, last = append(short, text), item
			}
			return short, last
		}
		got, _ := told()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		pass(time.Second)
		got, last := told()
		if diff := cmp.Diff(append(want, "authentication.expired"), got); diff != "" {
			t.Error(diff)
		}
		if last.Content != `{"SessionId":"`+session+`"}` || last.Seq != 0 {
			t.Errorf("%+v", last)
		}
		_, err = w.OpenAuthentication(t.Context(), started.ContactID, session, "https://shop.example")
		invalidField(t, "opened late", err, "SessionId")
		invalidField(t, "ended late", w.EndAuthentication(t.Context(), started.ContactID, "", transcript.AuthFailed), "SessionId")

		session, err = w.BeginAuthentication(t.Context(), started.ContactID)
		if err == nil {
			_, err = w.OpenAuthentication(t.Context(), started.ContactID, session, "https://shop.example")
		}
		if err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Minute)
		if err := w.EndAuthentication(t.Context(), started.ContactID, "", transcript.AuthSucceeded); err != nil {
			t.Error(err)
		}
	})
}

// The customer's new name is that of the item that tells it, of later items and of the contact, also
// after a restart; a store that fails keeps the old one.
func TestRowA16CustomerIsRenamed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, chat.Config{})
		started, connection, record := w.begin(request())
		rename := func(name string) error {
			return w.Step(t.Context(), started.ContactID, func(step *chat.Step) error { return step.Rename(name) })
		}
		w.say(connection.Token, "as Pat")
		w.store.broken.Store(true)
		refusal(t, "on a broken disk", rename("Ada"), errDisk)
		w.store.broken.Store(false)
		for range 2 { // the second changes nothing
			if err := rename("Ada"); err != nil {
				t.Fatal(err)
			}
		}
		w.say(connection.Token, "as Ada")
		want := []string{"Pat: participant.joined", "Pat: as Pat", "Ada: participant.displayname.updated", "Ada: as Ada"}
		if diff := cmp.Diff(want, record.lines()); diff != "" {
			t.Error(diff)
		}
		items, _ := record.heard()
		if item := items[2]; item.ParticipantID != started.ParticipantID || item.Role != transcript.Customer || item.HasContent || item.Seq != 0 {
			t.Errorf("%+v", item)
		}
		want = []string{"Pat: participant.joined", "Pat: as Pat", "Ada: as Ada"}
		if diff := cmp.Diff(want, lines(w.transcript(started.ContactID))); diff != "" {
			t.Error(diff)
		}
		w.restart()
		if contact := w.contact(started.ContactID); contact.Customer().DisplayName != "Ada" {
			t.Errorf("%+v", contact)
		}
		for _, name := range []string{"", strings.Repeat("x", 257), "\xff"} {
			invalidField(t, name, rename(name), "DisplayName")
		}
		w.end(started.ContactID)
		refusal(t, "of a chat that is over", rename("Eve"), chat.ErrNotFound)
	})
}
