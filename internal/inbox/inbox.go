// Package inbox keeps a listener's values until the listener can take them: in the order in which
// they came, bounded, and one at a time.
//
// A listener of package chat must return at once, and a partner or a contact flow takes time to
// answer. An [Inbox] per contact lies between the two. The package knows neither contacts nor the
// meaning of a value. An Inbox is safe for concurrent use.
package inbox

import (
	"slices"
	"sync"
)

// Config describes an [Inbox]. All fields are required.
type Config[T any] struct {
	// Limit is the number of values that may wait. A value that comes to a full inbox is dropped.
	Limit int
	// Key identifies a value: two values with the same key are copies of each other.
	Key func(T) string
	// Handle takes a value. The inbox never runs it twice at a time.
	Handle func(T)
	// Go runs a function in a goroutine that the owner waits for, or returns false when the owner
	// has ended, or takes the values itself with [Inbox.Work]. The inbox calls it with its lock held, so
	// that it must not call the inbox.
	Go func(func()) bool
}

// Inbox holds the values that wait for one listener.
type Inbox[T any] struct {
	cfg Config[T]

	mu      sync.Mutex
	waiting []T
	filled  map[string]bool // keys of the values that Fill has brought
	started bool
	busy    bool // a goroutine hands values over
	ended   bool
}

// New returns an empty inbox, which keeps its values until Start.
func New[T any](cfg Config[T]) *Inbox[T] { return &Inbox[T]{cfg: cfg, filled: map[string]bool{}} }

// Put adds a value behind the others, and reports whether it did. It drops the value when the inbox
// is full or has ended, and when Fill has brought a copy of it.
func (b *Inbox[T]) Put(value T) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || len(b.waiting) >= b.cfg.Limit || len(b.filled) > 0 && b.filled[b.cfg.Key(value)] {
		return false
	}
	b.waiting = append(b.waiting, value)
	b.wake()
	return true
}

// Fill puts values that the listener has missed before the values that wait, whatever the limit.
// Copies of them that wait already, or come later, are dropped.
func (b *Inbox[T]) Fill(missed []T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	for _, value := range missed {
		b.filled[b.cfg.Key(value)] = true
	}
	live := slices.DeleteFunc(b.waiting, func(value T) bool { return b.filled[b.cfg.Key(value)] })
	b.waiting = append(slices.Clip(missed), live...)
	b.wake()
}

// Start begins to hand the values over.
func (b *Inbox[T]) Start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.started = true
	b.wake()
}

// Waits reports whether a value waits, beside the one that Handle has.
func (b *Inbox[T]) Waits() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting) > 0
}

// End drops the values that wait, and all that come later. It does not wait for Handle.
func (b *Inbox[T]) End() {
	b.mu.Lock()
	b.ended, b.waiting = true, nil
	b.mu.Unlock()
}

// wake starts a goroutine unless one is at work or nothing waits. The caller holds the lock.
func (b *Inbox[T]) wake() {
	if b.rests() {
		b.busy = b.cfg.Go(b.work)
	}
}

// Rests reports whether a value waits that nobody hands over.
func (b *Inbox[T]) Rests() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rests()
}

func (b *Inbox[T]) rests() bool { return b.started && !b.busy && len(b.waiting) > 0 }

// Work hands values over in the goroutine of its caller until none waits, unless another one does.
func (b *Inbox[T]) Work() {
	b.mu.Lock()
	does := b.rests()
	b.busy = b.busy || does
	b.mu.Unlock()
	if does {
		b.work()
	}
}

// work hands values over until none waits.
func (b *Inbox[T]) work() {
	for {
		b.mu.Lock()
		if len(b.waiting) == 0 {
			b.busy, b.waiting = false, nil
			b.mu.Unlock()
			return
		}
		value := b.waiting[0]
		b.waiting = b.waiting[1:]
		b.mu.Unlock()
		b.cfg.Handle(value)
	}
}
