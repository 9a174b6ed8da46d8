package chat_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// ears is a feed that remembers what it was handed.
type ears struct {
	mu    sync.Mutex
	heard []string
	ended bool
}

func (e *ears) Deliver(item *transcript.Item) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, item.Content)
}

func (e *ears) End() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
}

func (e *ears) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// watchable returns a service with one chat and an agent in it.
func watchable(t *testing.T) (service *chat.Service, contactID, customerID, agentID string) {
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
	started, err := service.Start(t.Context(), chat.StartRequest{DisplayName: "Pat", ContentTypes: []string{transcript.TextPlain}})
	if err != nil {
		t.Fatal(err)
	}
	joined, err := service.Join(t.Context(), started.ContactID, transcript.Agent, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	return service, started.ContactID, started.ParticipantID, joined.ParticipantID
}

func TestWatch(t *testing.T) {
	t.Parallel()
	service, contactID, customerID, agentID := watchable(t)
	say := func(text string) {
		if _, err := service.Say(t.Context(), contactID, customerID, transcript.Message{ContentType: transcript.TextPlain, Content: text}); err != nil {
			t.Fatal(err)
		}
	}
	say("before")
	var watchers [7]ears // more than there may be sockets
	var holds []*chat.Socket
	for i := range watchers {
		hold, err := service.Watch(contactID, agentID, &watchers[i])
		if err != nil {
			t.Fatal(err)
		}
		holds = append(holds, hold)
	}
	if contacts := service.Active(); len(contacts) != 1 || contacts[0].ID != contactID || !contacts[0].Connected.IsZero() {
		t.Errorf("active contacts: %+v", contacts)
	}
	say("one")
	holds[0].Close(true, 0)
	say("two")
	if got := watchers[0].all(); !slices.Equal(got, []string{"one"}) {
		t.Errorf("the one that left heard %q", got)
	}
	for i := range watchers[1:] {
		if got := watchers[1+i].all(); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("watcher %d heard %q", i+1, got)
		}
	}
	if err := service.End(t.Context(), contactID, chat.StoppedByAPI); err != nil {
		t.Fatal(err)
	}
	if !watchers[1].ended || watchers[0].ended {
		t.Error("only those who listen are to be told of the end")
	}
	if len(service.Active()) != 0 {
		t.Error("a contact that has ended is active")
	}
}

func TestWatchRefuses(t *testing.T) {
	t.Parallel()
	service, contactID, _, agentID := watchable(t)
	if _, err := service.Watch("00000000-0000-4000-8000-000000000000", agentID, &ears{}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("an unknown contact: %v", err)
	}
	if _, err := service.Watch(contactID, contactID, &ears{}); !errors.Is(err, chat.ErrAccessDenied) {
		t.Errorf("somebody who is not there: %v", err)
	}
	if err := service.Leave(t.Context(), contactID, agentID); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Watch(contactID, agentID, &ears{}); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("a chat that is over: %v", err)
	}
}

func TestClockWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service, _, _, _ := watchable(t)
		clock := service.Clock()
		began := time.Now()
		if err := clock.Wait(t.Context(), time.Minute); err != nil || time.Since(began) != time.Minute {
			t.Errorf("waited %s: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := clock.Wait(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a wait that was given up: %v", err)
		}
		began = time.Now()
		done := make(chan error)
		go func() { done <- clock.Wait(t.Context(), time.Minute) }()
		synctest.Wait()
		clock.Skip(time.Hour)
		if err := <-done; err != nil || time.Since(began) != 0 {
			t.Errorf("skipped time was waited for: %s, %v", time.Since(began), err)
		}
	})
}
