package hours

import (
	"sync"
	"time"
)

// Book are the hours there are, and those of queues. It is safe for concurrent use once it is shared; its
// fields are not to be touched then.
type Book struct {
	// Hours are hours by their names, Queues the names of the hours of queues, by those of the queues.
	Hours  map[string]*Hours
	Queues map[string]string

	mu sync.RWMutex
}

// Set puts others in the place of the hours there are.
func (b *Book) Set(hours map[string]*Hours, queues map[string]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Hours, b.Queues = hours, queues
}

// OfQueue returns the name of the hours of a queue; empty for none.
func (b *Book) OfQueue(queue string) string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.Queues[queue]
}

// Open reports whether hours are open at a time; false for known when nobody has configured them.
func (b *Book) Open(name string, at time.Time) (open, known bool) {
	b.mu.RLock()
	h := b.Hours[name]
	b.mu.RUnlock()
	return h != nil && h.Open(at), h != nil
}
