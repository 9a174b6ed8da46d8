package guard

import (
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys is how many addresses or customers a limit remembers: about 15 MB when all of
// them are in use, and next to nothing before.
const maxKeys = 1 << 16

// Rate is how much one address or one customer may ask for: N requests at once, and after
// that one every Per/N. So whoever has been quiet for Per may send N again, and no Per
// holds more than 2N of them. The zero Rate sets no limit.
type Rate struct {
	N   int
	Per time.Duration
}

// fault says what is wrong with the rate, or "".
func (r Rate) fault() string {
	switch {
	case r.N < 0:
		return "must not be negative"
	case r.N > 0 && r.Per <= 0:
		return "needs a time above zero in which so many requests are taken"
	}
	return ""
}

// String returns for example "30 in 5m0s".
func (r Rate) String() string { return strconv.Itoa(r.N) + " in " + r.Per.String() }

// Limiter counts requests by key and holds each key to one [Rate]. It remembers a fixed
// number of keys: when another one comes, the one that has been quiet for longest is
// forgotten and begins anew when it comes back. So memory is bounded whatever is sent; the
// price is that somebody with more keys than are remembered is not held to the rate, who
// could not be told from many people anyway.
//
// Keys should have a fixed size (a hash, not a text that a caller chooses), or memory is
// bounded in number only. A Limiter is safe for concurrent use.
type Limiter[K comparable] struct {
	every rate.Limit
	burst int
	size  int

	mu   sync.Mutex
	keys map[K]*bucket[K]
	// recent is the list of buckets as a ring, whose next one was used last, and whose
	// previous one has not been used for longest.
	recent bucket[K]
}

// bucket is what one key has left.
type bucket[K comparable] struct {
	key            K
	left           *rate.Limiter
	previous, next *bucket[K]
}

// NewLimiter returns a limiter that remembers at most size keys. N and Per of the rate must
// be above zero.
func NewLimiter[K comparable](r Rate, size int) *Limiter[K] {
	l := &Limiter[K]{
		every: rate.Limit(float64(r.N) / r.Per.Seconds()), burst: r.N, size: max(size, 1),
		keys: make(map[K]*bucket[K]),
	}
	l.recent.previous, l.recent.next = &l.recent, &l.recent
	return l
}

// Allow takes one request off what the key may ask for. When nothing is left, it returns
// false and how long it takes until there is.
func (l *Limiter[K]) Allow(key K) (wait time.Duration, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(key)
	b.moveTo(&l.recent)
	if b.left.AllowN(now, 1) {
		return 0, true
	}
	missing := (1 - b.left.TokensAt(now)) / float64(l.every)
	// Fractions are rounded up: whoever waits for exactly so long must not be too early.
	return time.Duration(math.Ceil(missing*1000)) * time.Millisecond, false
}

// Len counts the keys that are remembered.
func (l *Limiter[K]) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys)
}

// bucket finds a key's bucket, or makes a full one, in the place of the oldest when there
// are too many.
func (l *Limiter[K]) bucket(key K) *bucket[K] {
	if b, known := l.keys[key]; known {
		return b
	}
	b := new(bucket[K])
	if len(l.keys) >= l.size {
		b = l.recent.previous
		delete(l.keys, b.key)
	}
	b.key, b.left = key, rate.NewLimiter(l.every, l.burst)
	l.keys[key] = b
	return b
}

// moveTo puts a bucket at the beginning of the ring, whether it is in it or new.
func (b *bucket[K]) moveTo(ring *bucket[K]) {
	if b.next != nil {
		b.previous.next, b.next.previous = b.next, b.previous
	}
	b.previous, b.next = ring, ring.next
	b.previous.next, b.next.previous = b, b
}
