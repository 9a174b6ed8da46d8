package participant

import (
	"time"

	"github.com/parley-chat/parley/internal/chatsocket"
)

// Delay is how long a rule holds something up: for a time, or until the rule is taken back, alone (Gone) or
// with all others (Cleared). The time of a rule that has struck as often as it may goes on.
type Delay struct {
	time.Duration
	Gone, Cleared <-chan struct{}
}

// over reports whether the rule was taken back.
func (d Delay) over() bool {
	select {
	case <-d.Gone:
	case <-d.Cleared:
	default:
		return false
	}
	return true
}

// Await lets delays pass, one after the other. It returns false when given is closed before.
func Await(delays []Delay, given <-chan struct{}) bool {
	for _, d := range delays {
		passed := time.NewTimer(d.Duration)
		select {
		case <-passed.C:
		case <-d.Gone:
		case <-d.Cleared:
		case <-given:
			passed.Stop()
			return false
		}
		passed.Stop()
	}
	return true
}

// late is what holds a frame up in the queue of a socket; nil does not.
type late struct {
	since  time.Duration // counted since the service began
	delays []Delay
}

// due is when the frame may be written, by the delays that are not over.
func (l *late) due() time.Duration {
	if l == nil {
		return 0
	}
	due := l.since
	for _, d := range l.delays {
		if !d.over() {
			due += d.Duration
		}
	}
	return due
}

// waits are what a socket waits with: before it writes, and with a late frame of its client.
type waits struct {
	pause *time.Timer
	late  chan struct{} // closed when the socket ends; nil while no frame of the client is late
}

// waiter returns what the socket waits with. The caller holds the lock.
func (k *socket) waiter() *waits {
	if k.waits == nil {
		k.waits = &waits{pause: time.AfterFunc(time.Hour, k.resume)}
		k.waits.pause.Stop()
	}
	return k.waits
}

// pause holds writing back for a moment. The caller holds the lock.
func (k *socket) pause(d time.Duration) {
	if k.held {
		return
	}
	k.held = true
	k.waiter().pause.Reset(d)
}

// resume goes on after a pause.
func (k *socket) resume() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.unhold()
}

// hurry ends a pause early, as what was late may not be any more. The caller holds the lock.
func (k *socket) hurry() {
	if k.waits != nil && k.waits.pause.Stop() {
		k.unhold()
	}
}

// unhold writes again. The caller holds the lock.
func (k *socket) unhold() {
	if !k.subscribing { // else the answer to that goes first
		k.held = false
		k.start()
	}
}

// wait returns what is closed when a frame of the client need not wait any longer, because the socket ends.
func (k *socket) wait() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	late := make(chan struct{})
	if k.code != 0 || k.left {
		close(late)
	} else {
		k.waiter().late = late
	}
	return late
}

// wake ends the wait of a late frame of the client: its reader has to see that the socket ends. The caller
// holds the lock.
func (k *socket) wake() {
	if k.waits != nil && k.waits.late != nil {
		close(k.waits.late)
		k.waits.late = nil
	}
}

// abort ends the connection without a word. The caller holds the lock.
func (k *socket) abort() {
	k.conn.Abort()
	k.wake()
}

// end writes a close frame with a code, after which nothing is written any more. The caller holds the lock.
func (k *socket) end(code chatsocket.Code) {
	k.left = true
	k.wake()
	k.mu.Unlock()
	k.conn.End(code)
	k.mu.Lock()
}
