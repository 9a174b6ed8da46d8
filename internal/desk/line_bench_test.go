package desk_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// BenchmarkAssign is one chat that 200 scripted agents with one place each pass on to the next that
// waits: an agent ends a chat, takes the next one, and another customer comes. It costs the same
// whatever the number that waits.
func BenchmarkAssign(b *testing.B) {
	for _, waiting := range []int{100, 10_000} {
		b.Run(fmt.Sprint(waiting), func(b *testing.B) {
			ctx := context.Background()
			kept, err := store.Open(ctx, store.Config{Ephemeral: true})
			if err != nil {
				b.Fatal(err)
			}
			chats, err := chat.Open(ctx, chat.Config{Store: kept})
			if err != nil {
				b.Fatal(err)
			}
			joined := make(chan string, waiting+b.N+200)
			chats.Listen(chat.Listener{Changed: func(c *chat.Contact, item *transcript.Item) {
				if item != nil && item.ContentType == transcript.ParticipantJoined && item.Role == transcript.Agent {
					joined <- c.ID
				}
			}})
			d, err := desk.New(desk.Config{Chats: chats})
			if err != nil {
				b.Fatal(err)
			}
			defer func() {
				d.Close()
				chats.Close()
				_ = kept.Close()
			}()
			if err := chats.Begin(ctx); err != nil {
				b.Fatal(err)
			}
			come := func(i int) {
				started, err := chats.Start(ctx, chat.StartRequest{InstanceID: "i", FlowID: "f", DisplayName: "Pat"})
				if err == nil {
					err = chats.Step(ctx, started.ContactID, func(step *chat.Step) error {
						step.Enqueue(chat.Queued{Priority: 1 + i%9})
						return nil
					})
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			for i := range waiting + 200 {
				come(i)
			}
			if _, err := d.Add(desk.AgentConfig{Name: "Bot", Partner: partner.Echo{Pause: -1}, Capacity: 1, Count: 200}); err != nil {
				b.Fatal(err)
			}
			busy := make([]string, 0, 200)
			for range 200 {
				busy = append(busy, <-joined)
			}
			b.ResetTimer()
			for i := range b.N {
				if err := chats.End(ctx, busy[i%200], chat.AgentDisconnect); err != nil {
					b.Fatal(err)
				}
				busy[i%200] = <-joined
				come(i)
			}
		})
	}
}
