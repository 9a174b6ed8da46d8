package chatsocket

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

const (
	// refusalPause is how long a refused upgrade waits for its answer. A client that is refused
	// at once comes back at once: amazon-connect-chatjs has no pauses of its own.
	refusalPause = 1500 * time.Millisecond
	// maxHeld bounds how many refusals wait at the same time; further ones are answered at once.
	maxHeld = 512
)

// Socket is a chat socket as a [Hub] knows it. Its methods must not block, and may be called
// before the connection is upgraded and after it is closed.
type Socket interface {
	// Leave closes the socket with a close code, after everything that waits is written.
	Leave(code Code)
	// Cut ends the connection at once.
	Cut()
}

// Hub is the list of a server's open sockets and the goroutines that work for them.
type Hub[K interface {
	comparable
	Socket
}] struct {
	most    int
	held    atomic.Int64  // refusals that wait for their answer
	drained chan struct{} // closed by Drain

	running sync.WaitGroup // sockets and goroutines; added to under mu while not draining
	mu      sync.Mutex
	sockets map[K]struct{} // also those that are just being admitted
}

// NewHub returns a hub for at most so many sockets; zero means no bound.
func NewHub[K interface {
	comparable
	Socket
}](most int) *Hub[K] {
	return &Hub[K]{most: most, drained: make(chan struct{}), sockets: map[K]struct{}{}}
}

// Add reserves a place for a socket, which [Hub.Remove] frees. The error, for a hub that drains
// or is full, is an [awswire.Error] to refuse the request with.
func (h *Hub[K]) Add(k K) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	refusal := &awswire.Error{Status: http.StatusServiceUnavailable, Name: "ServiceUnavailableException"}
	switch {
	case h.isDraining():
		refusal.Message = "The server is shutting down."
		return refusal
	case h.most > 0 && len(h.sockets) >= h.most:
		refusal.Message = "No further socket is taken now."
		return refusal
	}
	h.sockets[k] = struct{}{}
	h.running.Add(1)
	return nil
}

// Remove takes a socket off the list, once for each [Hub.Add].
func (h *Hub[K]) Remove(k K) {
	h.mu.Lock()
	delete(h.sockets, k)
	h.mu.Unlock()
	h.running.Done()
}

// Go runs f in a goroutine that Shutdown waits for. The caller holds a place, or runs in such a
// goroutine itself.
func (h *Hub[K]) Go(f func()) { h.running.Go(f) }

// TryGo is Go for callers without a place. It does nothing and returns false once the hub drains.
func (h *Hub[K]) TryGo(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isDraining() {
		return false
	}
	h.running.Go(f)
	return true
}

// Refuse calls answer to refuse the upgrade that r asks for, after a pause that ends early when
// the hub drains or the client goes away.
func (h *Hub[K]) Refuse(r *http.Request, answer func()) {
	if h.held.Add(1) <= maxHeld {
		pause := time.NewTimer(refusalPause)
		select {
		case <-pause.C:
		case <-h.drained:
		case <-r.Context().Done():
		}
		pause.Stop()
	}
	h.held.Add(-1)
	answer()
}

// All returns the sockets on the list, also those that are just being admitted.
func (h *Hub[K]) All() []K {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.sockets))
}

// Len returns how many sockets are on the list.
func (h *Hub[K]) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sockets)
}

// Drained returns a channel that is closed when the hub begins to drain.
func (h *Hub[K]) Drained() <-chan struct{} { return h.drained }

func (h *Hub[K]) isDraining() bool {
	select {
	case <-h.drained:
		return true
	default:
		return false
	}
}

// Drain tells all sockets to leave and admits no new ones. It does not wait. It belongs before
// the listening socket is closed: clients come back the moment they are sent away, and
// amazon-connect-chatjs gives up for good when the connection is refused then.
func (h *Hub[K]) Drain() {
	h.mu.Lock()
	draining := h.isDraining()
	if !draining {
		close(h.drained)
	}
	h.mu.Unlock()
	if draining {
		return
	}
	for _, k := range h.All() {
		k.Leave(GoingAway)
	}
}

// Shutdown drains and waits until all sockets are removed and all goroutines have ended. When
// ctx ends first the connections are cut and the cause is returned.
func (h *Hub[K]) Shutdown(ctx context.Context) error {
	h.Drain()
	done := make(chan struct{})
	go func() {
		h.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, k := range h.All() {
		k.Cut()
	}
	last := time.NewTimer(2 * parting)
	defer last.Stop()
	select {
	case <-done:
	case <-last.C:
	}
	return fmt.Errorf("waiting for sockets to close: %w", context.Cause(ctx))
}
