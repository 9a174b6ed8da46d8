package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/memnet"
	"github.com/parley-chat/parley/internal/server"
)

// clock notes when things happened, counted from its making.
type clock struct{ from time.Time }

func (c clock) now() time.Duration { return time.Since(c.from) }

func TestDrainDelay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cause                  error
		delay                  time.Duration
		wantDrained, wantLeave time.Duration
	}{
		"delay":    {nil, 5 * time.Second, 10 * time.Second, 15 * time.Second},
		"no delay": {nil, 0, 10 * time.Second, 10 * time.Second},
		"restart":  {server.ErrRestart, 5 * time.Second, 10 * time.Second, 10 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancelCause(t.Context())
				at := clock{time.Now()}
				var drained, left time.Duration
				result := make(chan error, 1)
				go func() {
					result <- server.Serve(ctx, server.Config{
						Listener: memnet.Listen(), Handler: http.NotFoundHandler(), DrainDelay: test.delay,
						OnDrain: func() { drained = at.now() }, OnLeave: func() { left = at.now() },
					})
				}()
				time.AfterFunc(10*time.Second, func() { stop(test.cause) })
				if err := <-result; err != nil {
					t.Errorf("Serve: %v", err)
				}
				if ended := at.now(); drained != test.wantDrained || left != test.wantLeave || ended != test.wantLeave {
					t.Errorf("drained after %s, left after %s, ended after %s; want %s, %s, %[5]s",
						drained, left, ended, test.wantDrained, test.wantLeave)
				}
			})
		})
	}
}

// Until the delay is over, everything is answered as before, except that clients are asked
// to connect anew; a request that outlasts the delay is still finished.
func TestDrainDelayServes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var draining atomic.Bool
		listener := memnet.Listen()
		result := make(chan error, 1)
		go func() {
			result <- server.Serve(ctx, server.Config{
				Listener: listener, DrainDelay: 5 * time.Second, OnDrain: func() { draining.Store(true) },
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.URL.Path == "/slow":
						<-time.After(12 * time.Second) // the bubble's time
					case r.URL.Path == "/readyz" && draining.Load():
						w.WriteHeader(http.StatusServiceUnavailable)
					}
					_, _ = io.WriteString(w, "ok")
				}),
			})
		}()
		client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return listener.Dial(ctx) }}}
		ask := func(path string) (status int, closing bool, err error) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, nil)
			if err != nil {
				return 0, false, err
			}
			res, err := client.Do(request)
			if err != nil {
				return 0, false, err
			}
			_, err = io.Copy(io.Discard, res.Body)
			return res.StatusCode, res.Close, errors.Join(err, res.Body.Close())
		}
		expect := func(when, path string, status int, closing bool) {
			t.Helper()
			if got, last, err := ask(path); got != status || last != closing || err != nil {
				t.Errorf("%s: %s answered %d, close %t, %v; want %d, close %t", when, path, got, last, err, status, closing)
			}
		}
		expect("before", "/readyz", http.StatusOK, false)
		slow := make(chan error, 1)
		go func() {
			_, _, err := ask("/slow")
			slow <- err
		}()
		synctest.Wait()
		stop()
		synctest.Wait()
		expect("at once", "/readyz", http.StatusServiceUnavailable, true)
		expect("at once", "/chat", http.StatusOK, true)
		<-time.After(5*time.Second - time.Nanosecond) // the bubble's time
		expect("at the end of the delay", "/chat", http.StatusOK, true)
		<-time.After(time.Second) // the bubble's time
		if status, _, err := ask("/chat"); err == nil {
			t.Errorf("after the delay a new request was answered %d", status)
		}
		if err := <-slow; err != nil {
			t.Errorf("the slow request: %v", err)
		}
		if err := <-result; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

// A socket that fails in the delay ends it.
func TestDrainDelayEndsWithTheSocket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		listener := memnet.Listen()
		at := clock{time.Now()}
		err := server.Serve(ctx, server.Config{
			Listener: listener, Handler: http.NotFoundHandler(), DrainDelay: time.Hour,
			OnReady: stop, OnDrain: func() { _ = listener.Close() },
		})
		if !errors.Is(err, net.ErrClosed) || at.now() != 0 {
			t.Errorf("Serve: %v after %s", err, at.now())
		}
	})
}

func TestDrainDelayIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		var log logBuffer
		err := server.Serve(ctx, server.Config{
			Listener: memnet.Listen(), Handler: http.NotFoundHandler(), DrainDelay: 3 * time.Second, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil || !strings.Contains(log.String(), "delay=3s") || !strings.Contains(log.String(), "timeout=10s") {
			t.Errorf("Serve: %v, log %s", err, log.String())
		}
	})
}
