package guard_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/guard"
)

// BenchmarkD2UnfinishedBodies holds 1,100 unfinished bodies of one address against a server on
// loopback, each begun again when the server is rid of it, and measures what everybody else waits:
// the p99 must be at most twice that without them, before and after. Run it on a machine that has
// nothing else to do:
//
//	go test ./internal/guard -run '^$' -bench D2UnfinishedBodies -benchtime 1x
func BenchmarkD2UnfinishedBodies(b *testing.B) {
	const unfinished, most = 1100, 2
	protected := newGuard(b, guard.Config{TrustedProxies: 1})
	server := httptest.NewServer(protected.Wrap(http.HandlerFunc(echo)))
	defer server.Close()
	for b.Loop() {
		alone := everybody(b, server.URL)
		ctx, stop := context.WithCancel(b.Context())
		var attack, begun sync.WaitGroup
		begun.Add(unfinished)
		for range unfinished {
			attack.Go(func() {
				first := sync.OnceFunc(begun.Done)
				for ctx.Err() == nil {
					holdUnfinished(ctx, server.Listener.Addr().String(), first)
				}
				first()
			})
		}
		begun.Wait()
		beside := everybody(b, server.URL)
		if protected.Busy() {
			b.Error("the server says that it turns requests away")
		}
		stop()
		attack.Wait()
		alone = append(alone, everybody(b, server.URL)...)
		without, with := p99(alone), p99(beside)
		b.ReportMetric(float64(without.Microseconds()), "µs-p99-alone")
		b.ReportMetric(float64(with.Microseconds()), "µs-p99-beside")
		b.ReportMetric(float64(with)/float64(without), "times")
		if with > most*without {
			b.Errorf("p99 %v beside %d unfinished bodies, %v without them", with, unfinished, without)
		}
	}
}

// holdUnfinished sends the beginning of a body and waits until the server ends it.
func holdUnfinished(ctx context.Context, addr string, begun func()) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return // the benchmark ends, or the queue of the socket is full: again
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	_, _ = io.WriteString(conn, "POST /startChatContact HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.1\r\nContent-Length: 1000\r\n\r\n{")
	begun()
	_, _ = io.Copy(io.Discard, conn) // whatever the server says to it
}

// everybody sends whole requests from eight addresses, one after the other each, and returns how long
// each took.
func everybody(b *testing.B, url string) []time.Duration {
	b.Helper()
	const callers, calls = 8, 3000
	took := make([][]time.Duration, callers)
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for range calls {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url+"/startChatContact", strings.NewReader(`{"ParticipantDetails":{"DisplayName":"Pat"}}`))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
				began := time.Now()
				answer, err := client.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				if answer.StatusCode != http.StatusOK {
					b.Errorf("answered %d", answer.StatusCode)
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	all.Wait()
	return slices.Concat(took...)
}

func p99(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)*99/100]
}
