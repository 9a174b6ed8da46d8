package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// message is an item as chats have it.
func message() *transcript.Item {
	return &transcript.Item{
		ID: "5c1b1f0e-4c2c-4c3f-9d2f-0a1b2c3d4e5f", Type: transcript.MessageItem, ContactID: "c", InitialContactID: "c", Time: time.Unix(1, 0),
		ContentType: transcript.TextPlain, Content: strings.Repeat("x", 100), HasContent: true, ParticipantID: "p", DisplayName: "Pat", Role: transcript.Customer,
	}
}

// What telling of an item costs a chat, and with it its encoding for all who listen.
func BenchmarkTell(b *testing.B) {
	for _, listeners := range []int{0, 1, 100} {
		b.Run(fmt.Sprintf("listeners=%d", listeners), func(b *testing.B) {
			b.ReportAllocs()
			events := api.NewEvents()
			var heard, all sync.WaitGroup
			for range listeners {
				l := events.Listen()
				all.Go(func() {
					var text []byte
					for ok := true; ok; {
						if text, ok = l.Next(text[:0]); ok {
							heard.Done()
						}
					}
				})
			}
			contact, told := chat.Contact{ID: "c"}, 0
			for b.Loop() {
				heard.Add(listeners)
				events.Observe(&contact, message())
				if told++; told%(api.Waiting/2) == 0 { // nobody is to be cut off
					heard.Wait()
				}
			}
			heard.Wait()
			events.Close()
			all.Wait()
		})
	}
}

// A hundred listeners on real sockets: the time from telling of an item until all have read it.
func BenchmarkStream(b *testing.B) {
	const listeners = 100
	w := newWorld(b, setup{aws: true})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var heard, begun, all sync.WaitGroup
	begun.Add(listeners)
	for range listeners {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.host+"/api/events?topics=items", http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		response, err := w.client.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		all.Go(func() {
			defer func() { _ = response.Body.Close() }()
			lines := bufio.NewScanner(response.Body)
			for lines.Scan() {
				switch lines.Text() {
				case "event: hello":
					begun.Done()
				case "event: item":
					heard.Done()
				}
			}
		})
	}
	begun.Wait()
	contact := chat.Contact{ID: "c"}
	for b.Loop() {
		heard.Add(listeners)
		w.events.Observe(&contact, message())
		heard.Wait()
	}
	cancel()
	all.Wait()
}
