// Package inspect records what goes over the wire, so that people can look at it: calls and
// their answers, the frames of chat sockets, and what was wrong with those that failed.
//
// It owns what is remembered and in which form: the last exchanges within a bound of memory,
// and nothing secret. Secrets are masked before anything is remembered; what can be read back,
// exported or watched is safe to post. It refuses to know what calls mean (it is told by taps:
// [Recorder.Called] and the methods beside it), who may look, and how it is shown.
//
// Recording costs the request little: what passes is copied, and a moment later, off the
// request's path, masked and put in order. Whoever reads has everything up to then, because
// reading does what is left over first.
//
// A [Recorder] is safe for concurrent use. It has no goroutine of its own. Its lock for putting
// in order is taken before the one for what is kept.
package inspect

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config says how much is remembered. The zero value is what a developer's machine needs.
type Config struct {
	// Max is how many exchanges are kept; zero means [DefaultMax].
	Max int
	// MaxBytes is how much memory they may take, about; zero means [DefaultMaxBytes].
	MaxBytes int64
	// MaxBody is how much of a body or frame is kept, in bytes; zero means [DefaultMaxBody].
	MaxBody int
	// Clock is the time exchanges are given; nil means [time.Now]. How long they take is
	// measured without it.
	Clock func() time.Time
	// Paths are addresses of the front door beside those it always has.
	Paths []string
	// Skip says of a request that it is not recorded, beside those for the server's own pages
	// and its API; nil means of none.
	Skip func(*http.Request) bool
}

// Defaults.
const (
	DefaultMax            = 10_000
	DefaultMaxBytes int64 = 60 << 20 // with what is being recorded it stays below 64 MiB
	DefaultMaxBody        = 64 << 10
)

const (
	// settleAfter is how long what was recorded may wait before it is put in order.
	settleAfter = 5 * time.Millisecond
	// hurryAt is at how many exchanges, or bytes of theirs, that is done at once, and waitAt at
	// how many requests do it themselves.
	hurryAt      = 256
	hurryAtBytes = 512 << 10
	waitAt       = 2048
	waitAtBytes  = 2 << 20
)

// Recorder remembers exchanges.
type Recorder struct {
	max      int
	maxBytes int64
	maxBody  int
	clock    func() time.Time // nil is time.Now
	paths    map[string]bool
	skip     func(*http.Request) bool
	buffers  sync.Pool // of *[]byte

	// settling is held while exchanges are put in order, and guards what is known for that.
	settling sync.Mutex
	seen     *seen
	scratch  scratch

	mu           sync.Mutex
	seq          uint64 // of the last that was recorded
	waiting      []*raw
	waitingBytes int
	timer        *time.Timer
	armed        bool
	hurried      bool
	ring         []packed // in order, from head on
	head         int
	bytes        int64
	news         chan struct{} // closed when there is something new; nil when nobody waits
}

// New returns a recorder that remembers nothing yet.
func New(cfg Config) *Recorder {
	r := &Recorder{
		max: cfg.Max, maxBytes: cfg.MaxBytes, maxBody: cfg.MaxBody, clock: cfg.Clock,
		paths: frontDoorPaths(cfg.Paths), skip: cfg.Skip, seen: newSeen(),
	}
	if r.max <= 0 {
		r.max = DefaultMax
	}
	if r.maxBytes <= 0 {
		r.maxBytes = DefaultMaxBytes
	}
	if r.maxBody <= 0 {
		r.maxBody = DefaultMaxBody
	}
	r.buffers.New = func() any { return new([]byte) }
	return r
}

// scratch is memory that is used again and again while exchanges are put in order.
type scratch struct {
	exchange       Exchange
	asked, answers []Header
	masker         masker
	text           []byte
	slab           slab
	done           []packed
}

// record takes an exchange over and returns its sequence number.
func (r *Recorder) record(x *raw) uint64 {
	r.mu.Lock()
	r.seq++
	seq := r.seq
	x.seq = seq
	r.waiting = append(r.waiting, x)
	r.waitingBytes += x.size()
	full := len(r.waiting) >= waitAt || r.waitingBytes >= waitAtBytes
	if !full {
		r.arm()
	}
	r.mu.Unlock()
	if full {
		r.settle()
	}
	return seq
}

// arm sees to it that what waits is put in order soon. The caller holds the lock.
func (r *Recorder) arm() {
	switch {
	case r.timer == nil:
		r.armed = true
		r.timer = time.AfterFunc(settleAfter, r.settle)
	case !r.armed:
		r.armed = true
		r.timer.Reset(settleAfter)
	case !r.hurried && (len(r.waiting) >= hurryAt || r.waitingBytes >= hurryAtBytes):
		r.hurried = true
		r.timer.Reset(0)
	}
}

// settle puts what waits in order.
func (r *Recorder) settle() {
	r.settling.Lock()
	defer r.settling.Unlock()
	r.mu.Lock()
	batch := r.waiting
	r.waiting, r.waitingBytes, r.armed, r.hurried = nil, 0, false, false
	r.mu.Unlock()
	if len(batch) == 0 {
		return
	}
	for len(batch) > 0 {
		// A few at a time, so that readers need not wait for all.
		n := min(64, len(batch))
		done := r.scratch.done[:0]
		for i, x := range batch[:n] {
			if e := r.finish(x); e != nil {
				r.scratch.text = pack(r.scratch.text[:0], e)
				done = append(done, packed{x.seq, r.scratch.slab.keep(r.scratch.text)})
			}
			r.release(x)
			batch[i] = nil
		}
		r.keep(done)
		r.scratch.done = done
		batch = batch[n:]
	}
}

// keep adds exchanges to what is kept, and lets go of the oldest.
func (r *Recorder) keep(done []packed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range done {
		r.ring = append(r.ring, p)
		r.bytes += p.weight()
	}
	for len(r.ring)-r.head > r.max || r.bytes > r.maxBytes && r.head < len(r.ring) {
		r.bytes -= r.ring[r.head].weight()
		r.ring[r.head] = packed{}
		r.head++
	}
	if r.head > 256 && r.head > len(r.ring)/2 {
		n := copy(r.ring, r.ring[r.head:])
		clear(r.ring[n:])
		r.ring, r.head = r.ring[:n], 0
	}
	if r.news != nil {
		close(r.news)
		r.news = nil
	}
}

// now is the time that is recorded.
func (r *Recorder) now() time.Time {
	if r.clock != nil {
		return r.clock()
	}
	return time.Now()
}

// Clear forgets everything.
func (r *Recorder) Clear() {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring, r.head, r.bytes = nil, 0, 0
}

// kept returns what is kept at this moment, oldest first, and the last sequence number.
func (r *Recorder) kept() (list []packed, last uint64) {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ring[r.head:]), r.last()
}

// last is the sequence number of the newest exchange that can be read. The caller holds the
// lock.
func (r *Recorder) last() uint64 {
	if r.head < len(r.ring) {
		return r.ring[len(r.ring)-1].seq
	}
	return r.seq - uint64(len(r.waiting))
}

// Watch yields every exchange after the one of a sequence number, first those that are kept,
// then new ones as they come, until ctx ends or the caller stops. Zero begins with the oldest.
// Who is so slow that exchanges are forgotten meanwhile misses those; sequence numbers tell.
func (r *Recorder) Watch(ctx context.Context, after uint64) iter.Seq[Exchange] {
	return func(yield func(Exchange) bool) {
		for {
			list, news := r.after(after)
			for _, p := range list {
				if ctx.Err() != nil || !yield(p.unpack(false)) {
					return
				}
				after = p.seq
			}
			if len(list) > 0 {
				continue
			}
			select {
			case <-news:
			case <-ctx.Done():
				return
			}
		}
	}
}

// atOnce bounds how many exchanges are taken for a watcher at a time, and with them what is
// kept alive for a slow one.
const atOnce = 128

// after returns the next exchanges after a sequence number, or else a channel that is closed
// when there are some.
func (r *Recorder) after(seq uint64) ([]packed, <-chan struct{}) {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.ring[r.head:]
	i := indexAfter(kept, seq)
	if i < len(kept) {
		return slices.Clone(kept[i:min(len(kept), i+atOnce)]), nil
	}
	if r.news == nil {
		r.news = make(chan struct{})
	}
	return nil, r.news
}
