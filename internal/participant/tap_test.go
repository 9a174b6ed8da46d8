package participant_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/participant"
)

// listener is a tap that writes down what it hears.
type listener struct {
	mu     sync.Mutex
	heard  []string
	closed chan struct{}
}

func (l *listener) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

func (l *listener) Called(_ *http.Request, action, contactID, participantID, role string) {
	l.note("called %s %t %t %s", action, contactID != "", participantID != "", role)
}

func (l *listener) Denied(_ *http.Request, why string) { l.note("denied %s", why) }

func (l *listener) Opened(_ *http.Request, contactID, participantID, role string) uint64 {
	l.note("opened %t %t %s", contactID != "", participantID != "", role)
	return 7
}

func (l *listener) Frame(socket uint64, out bool, text []byte, fault string) {
	topic, _, _ := strings.Cut(strings.TrimPrefix(string(text), `{"topic":"`), `"`)
	l.note("%s", strings.TrimSpace(fmt.Sprintf("frame %d %t %s %s", socket, out, topic, fault)))
}

func (l *listener) Closed(socket uint64, out bool, code int, fault string) {
	l.note("%s", strings.TrimSpace(fmt.Sprintf("closed %d %t %d %s", socket, out, code, fault)))
	l.closed <- struct{}{}
}

// A tap hears of calls, and of a socket from its beginning to its end, heartbeats left out.
func TestTap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(w *world, c customer, b *browser)
		want []string
	}{
		{"closed by the client", func(_ *world, _ customer, b *browser) { _ = b.conn.WriteClose(1000, nil) }, []string{"closed 7 false 1000"}},
		{"lost", func(_ *world, _ customer, b *browser) { _ = b.conn.NetConn().Close() }, []string{"closed 7 false 1006"}},
		{"closed by the server", func(w *world, _ customer, _ *browser) { w.service.Drain() }, []string{"closed 7 true 1001"}},
		{"broken by the client", func(_ *world, _ customer, b *browser) { _, _ = b.conn.NetConn().Write([]byte{0xf1, 0x80, 0, 0, 0, 0}) }, []string{"closed 7 true 1002"}},
		{"ended", func(w *world, c customer, _ *browser) { w.must("disconnect", c.token, "{}") }, []string{
			"frame 7 true aws/chat", "frame 7 true aws/chat", "called DisconnectParticipant true true CUSTOMER", "closed 7 true 1000",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tap := &listener{closed: make(chan struct{}, 1)}
			w := newWorld(t, setup{config: func(cfg *participant.Config) { cfg.Tap = tap }})
			c := w.newCustomer()
			w.post("message", "nonsense", `{"ContentType":"text/plain","Content":"x"}`)
			b := w.arrived(c.socketURL)
			b.send(`{"topic":"aws/heartbeat"}`)
			b.next()
			tt.end(w, c, b)
			<-tap.closed
			want := append([]string{
				"called CreateParticipantConnection true true CUSTOMER", "called SendMessage false false ", "denied token-unknown",
				"opened true true CUSTOMER", "frame 7 false aws/subscribe", "frame 7 true aws/subscribe",
				"frame 7 true aws/chat",
			}, tt.want...)
			tap.mu.Lock()
			defer tap.mu.Unlock()
			if diff := cmp.Diff(sorted(want), sorted(tap.heard)); diff != "" || tap.heard[3] != want[3] {
				t.Error(diff)
			}
		})
	}
}

// sorted brings what two goroutines say at the same time into one order.
func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }
