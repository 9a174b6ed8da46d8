package chat_test

import (
	"context"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// nowhere is a store that keeps nothing.
type nowhere struct{ chat.Store }

func (nowhere) Commit(context.Context, chat.Changes) error { return nil }

// BenchmarkSay says something in a chat with a listening customer: what the rules of chats cost, without
// the store.
func BenchmarkSay(b *testing.B) {
	service, err := chat.Open(b.Context(), chat.Config{Store: nowhere{benchStore(b)}})
	if err == nil {
		err = service.Begin(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	defer service.Close()
	started, err := service.Start(b.Context(), request())
	if err != nil {
		b.Fatal(err)
	}
	socket, err := service.Watch(started.ContactID, started.ParticipantID, mute{})
	if err != nil {
		b.Fatal(err)
	}
	defer socket.Close(true, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := service.Say(b.Context(), started.ContactID, started.ParticipantID, plain("hello")); err != nil {
			b.Fatal(err)
		}
	}
}

// mute hears nothing.
type mute struct{}

func (mute) Deliver(*transcript.Item) {}
func (mute) End()                     {}

func benchStore(b *testing.B) chat.Store {
	b.Helper()
	kept, err := store.Open(b.Context(), store.Config{Ephemeral: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = kept.Close() })
	return kept
}
