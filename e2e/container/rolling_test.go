//go:build linux

package container_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Customers notice nothing of an update: two replicas are replaced one after the other while
// pages start chats, by balancers that try nothing twice.
func TestRollingRestart(t *testing.T) {
	t.Parallel()
	for name, newBalancer := range balancers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws, files := newAccount(t), newRoot(t)
			env := append(aws.Environ(), "PARLEY_DRAIN_DELAY=3s", "PARLEY_TRUSTED_PROXIES=1", "PARLEY_LOG_LEVEL=warn")
			replicas := []*replica{start(t, files, freePort(t), env), start(t, files, freePort(t), env)}
			front := newBalancer(t, replicas)
			for i := range replicas {
				replicas[i].await(t, "the balancer", func() bool { return front.isUp(t, i) })
			}
			load := newLoad(t, front.url())
			load.awaitMore(t, 20)
			for i, old := range replicas {
				if err := old.signal(syscall.SIGTERM); err != nil {
					t.Fatal(err)
				}
				load.awaitMore(t, 20) // while the balancer may not have noticed
				if err := old.ended(t); err != nil {
					t.Errorf("replica %d ended with %v", i, err)
				}
				load.awaitMore(t, 20) // while there is one replica
				replicas[i] = start(t, files, old.port, env)
				replicas[i].await(t, "the balancer", func() bool { return front.isUp(t, i) })
				load.awaitMore(t, 20) // while there are two again
			}
			load.end()
			t.Logf("%d chats started through %s", load.done.Load(), name)
			if open := aws.OpenContacts(); open != int(load.done.Load()) {
				t.Errorf("pages were told of %d chats, but there are %d", load.done.Load(), open)
			}
		})
	}
}

// load is pages that start chats all the time.
type load struct {
	done atomic.Int64
	stop context.CancelFunc
	all  sync.WaitGroup
}

// newLoad starts a few pages, some of which keep their connection. Failures are the test's.
func newLoad(t *testing.T, url string) *load {
	t.Helper()
	const (
		pages = 4
		pause = 5 * time.Millisecond
	)
	ctx, stop := context.WithCancel(t.Context())
	l := &load{stop: stop}
	t.Cleanup(l.end)
	for page := range pages {
		client := newClient()
		if page%2 == 0 {
			client = &http.Client{Transport: &http.Transport{}, Timeout: patience}
		}
		l.all.Go(func() {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					client.CloseIdleConnections()
					return
				case <-tick.C:
				}
				// A chat that has been asked for is waited for.
				if err := startChat(context.WithoutCancel(ctx), client, url); err != nil {
					t.Errorf("page %d, after %d chats of all pages: %v", page, l.done.Load(), err)
					continue
				}
				l.done.Add(1)
			}
		})
	}
	return l
}

// end stops the pages and waits for them.
func (l *load) end() {
	l.stop()
	l.all.Wait()
}

// awaitMore waits until so many more chats have been started.
func (l *load) awaitMore(t *testing.T, n int64) {
	t.Helper()
	wanted := l.done.Load() + n
	end := time.NewTimer(patience)
	defer end.Stop()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for l.done.Load() < wanted {
		select {
		case <-again.C:
		case <-end.C:
			t.Fatalf("fewer than %d chats were started within %s", n, patience)
		}
	}
}
