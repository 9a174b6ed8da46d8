package chat_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// continuable returns a service with two chats, and its store.
func continuable(t *testing.T) (service *chat.Service, kept *store.Store, first, second chat.Started) {
	t.Helper()
	kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	service, err = chat.Open(t.Context(), chat.Config{Store: kept})
	if err == nil {
		err = service.Begin(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		service.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, started := range []*chat.Started{&first, &second} {
		*started, err = service.Start(t.Context(), chat.StartRequest{DisplayName: "Pat", ContentTypes: []string{transcript.TextPlain}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return service, kept, first, second
}

func TestContinue(t *testing.T) {
	t.Parallel()
	service, _, first, second := continuable(t)
	ctx := t.Context()
	if _, err := service.Say(ctx, first.ContactID, first.ParticipantID, transcript.Message{ContentType: transcript.TextPlain, Content: "before"}); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Continue(ctx, second.ContactID, first.ContactID, false); err == nil {
		t.Error("a chat that goes on was continued")
	}
	if err := service.End(ctx, first.ContactID, chat.StoppedByAPI); err != nil {
		t.Fatal(err)
	}
	heard := &ears{}
	socket, err := service.Watch(second.ContactID, second.ParticipantID, heard)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close(true, 0)
	for range 2 { // the second time changes nothing
		from, err := service.Continue(ctx, second.ContactID, first.ContactID, true)
		if err != nil || from != first.ContactID {
			t.Fatalf("continued from %q: %v", from, err)
		}
	}
	if n := len(heard.all()); n != 1 {
		t.Errorf("the clients were told %d times, want once", n)
	}
	contact, err := service.Contact(ctx, second.ContactID)
	if err != nil || contact.RelatedID != first.ContactID || !cmp.Equal(contact.Past, []string{first.ContactID}) {
		t.Errorf("contact %+v: %v", contact, err)
	}
	// The older part is now on the pages of the transcript.
	page, err := service.Transcript(ctx, second.ContactID, chat.TranscriptQuery{})
	if err != nil || page.NextToken == "" {
		t.Fatalf("page %+v: %v", page, err)
	}
	page, err = service.Transcript(ctx, second.ContactID, chat.TranscriptQuery{NextToken: page.NextToken})
	if err != nil || !page.Past || len(page.Items) == 0 {
		t.Errorf("older page %+v: %v", page, err)
	}
	for _, ids := range [][2]string{{"nobody", first.ContactID}, {second.ContactID, "nobody"}, {first.ContactID, first.ContactID}} {
		if _, err := service.Continue(ctx, ids[0], ids[1], false); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("continuing %q in %q: %v, want ErrNotFound", ids[1], ids[0], err)
		}
	}
}

// Changes of an ended contact at the same time are all kept.
func TestAnnotate(t *testing.T) {
	t.Parallel()
	service, _, first, _ := continuable(t)
	if err := service.End(t.Context(), first.ContactID, chat.StoppedByAPI); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			err := service.Annotate(context.Background(), first.ContactID, func(step *chat.Step) error {
				step.SetAttributes(func(attributes map[string]string) { attributes[key] = "1" })
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	contact, err := service.Contact(t.Context(), first.ContactID)
	if err != nil || len(contact.Attributes) != 4 {
		t.Errorf("attributes %v: %v", contact.Attributes, err)
	}
	refuse := errors.New("no")
	if err := service.Annotate(t.Context(), first.ContactID, func(*chat.Step) error { return refuse }); !errors.Is(err, refuse) {
		t.Errorf("got %v, want the refusal", err)
	}
	if err := service.Annotate(t.Context(), "nobody", func(*chat.Step) error { return nil }); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// A custom bot has to connect within 15 seconds of joining; after that it is gone, and there
// is room for another. One that has connected may come again at any time.
func TestBotConnectsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service, _, first, _ := continuable(t)
		late, err := service.Join(t.Context(), first.ContactID, transcript.CustomBot, "Bot")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := service.Join(t.Context(), first.ContactID, transcript.CustomBot, "Bot"); !errors.Is(err, chat.ErrConflict) {
			t.Errorf("a second bot: %v, want ErrConflict", err)
		}
		<-time.After(16 * time.Second)
		if _, err := service.Connect(t.Context(), late.Token, true); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("a late bot: %v, want ErrNotFound", err)
		}
		bot, err := service.Join(t.Context(), first.ContactID, transcript.CustomBot, "Bot")
		if err != nil {
			t.Fatalf("another bot after the late one: %v", err)
		}
		for range 2 {
			<-time.After(14 * time.Second)
			if _, err := service.Connect(t.Context(), bot.Token, false); err != nil {
				t.Errorf("a bot in time: %v", err)
			}
		}
		contact, err := service.Contact(t.Context(), first.ContactID)
		if p, ok := contact.Participant(bot.ParticipantID); err != nil || !ok || !p.Active() {
			t.Errorf("the bot that connected is %+v: %v", p, err)
		}
	})
}
