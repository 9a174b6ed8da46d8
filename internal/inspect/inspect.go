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
	"net/url"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/parley-chat/parley/internal/doorpath"
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
	// Public is the address at which clients reach the server through a proxy, which ends their TLS
	// and may lose their port; nil is none.
	Public *url.URL
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
	maxBody int
	clock   func() time.Time // nil is time.Now
	paths   doorpath.Set
	skip    func(*http.Request) bool
	public  *url.URL  // nil is none
	buffers sync.Pool // of *[]byte

	// settling is held while exchanges are put in order, and guards what is known for that.
	settling sync.Mutex
	seen     *seen
	foreign  *rate.Limiter // of exchanges that pages without a right to call bring about
	scratch  scratch
	// filling is the block that is being filled; kept.open is as much of it as can be read.
	filling block

	mu           sync.Mutex
	seq          uint64 // of the last that was recorded
	waiting      []*raw
	waitingBytes int
	timer        *time.Timer
	armed        bool
	hurried      bool
	kept         record
	news         chan struct{} // closed when there is something new; nil when nobody waits
}

// New returns a recorder that remembers nothing yet.
func New(cfg Config) *Recorder {
	r := &Recorder{
		maxBody: cfg.MaxBody, clock: cfg.Clock, paths: doorpath.With(cfg.Paths...), skip: cfg.Skip, public: cfg.Public, seen: newSeen(),
		foreign: rate.NewLimiter(rate.Every(time.Minute), mostForeign),
		kept:    record{max: cfg.Max, maxBytes: cfg.MaxBytes},
	}
	if r.kept.max <= 0 {
		r.kept.max = DefaultMax
	}
	if r.kept.maxBytes <= 0 {
		r.kept.maxBytes = DefaultMaxBytes
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
	compressor     compressor
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
		for i, x := range batch[:n] {
			if e := r.finish(x); e != nil && r.wanted(e) {
				r.scratch.text = pack(r.scratch.text[:0], e)
				r.keep(x.seq, r.scratch.text)
			}
			r.release(x)
			batch[i] = nil
		}
		r.show()
		batch = batch[n:]
	}
}

// keep adds an exchange to the block that is being filled. The caller holds settling.
func (r *Recorder) keep(seq uint64, text []byte) {
	if len(text) > longText {
		r.seal()
		data := make([]byte, 0, len(text)+mostEntryHead)
		r.push(&block{count: 1, last: seq, data: appendEntry(data, seq, text)})
		return
	}
	b := &r.filling
	if len(b.data)+len(text)+mostEntryHead > blockSize {
		r.seal()
	}
	b.data = appendEntry(b.data, seq, text)
	b.count, b.last = b.count+1, seq
}

// seal ends the block that is being filled. The caller holds settling, but not the lock: to
// compress takes time, and nobody waits for it.
func (r *Recorder) seal() {
	b := &r.filling
	if b.count == 0 {
		return
	}
	r.push(r.scratch.compressor.block(b.data, b.count, b.last))
	// Readers copy what they are shown, so the memory can be used again.
	r.filling = block{data: b.data[:0]}
}

// push adds a full block to what is kept.
func (r *Recorder) push(full *block) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept.push(full)
}

// show lets the exchanges be read that were put in order. The caller holds settling.
func (r *Recorder) show() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept.open = r.filling
	r.kept.trim()
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
	r.settling.Lock()
	defer r.settling.Unlock()
	r.filling = block{}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept.clear()
}

// after returns what is kept at this moment after a sequence number, and the last sequence
// number.
func (r *Recorder) after(seq uint64) (found kept, last uint64) {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.after(seq, len(r.kept.blocks)+1), r.last()
}

// last is the sequence number of the newest exchange that can be read. The caller holds the
// lock.
func (r *Recorder) last() uint64 {
	if seq, ok := r.kept.last(); ok {
		return seq
	}
	return r.seq - uint64(len(r.waiting))
}

// Watch yields every exchange after the one of a sequence number, first those that are kept,
// then new ones as they come, until ctx ends or the caller stops. Zero begins with the oldest.
// Who is so slow that exchanges are forgotten meanwhile misses those; sequence numbers tell.
func (r *Recorder) Watch(ctx context.Context, after uint64) iter.Seq[Exchange] {
	return func(yield func(Exchange) bool) {
		for {
			next, news := r.next(after)
			for p := range next.all() {
				if ctx.Err() != nil || !yield(p.unpack(false)) {
					return
				}
				after = p.seq
			}
			if news == nil {
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

// next returns the next exchanges after a sequence number, those of one block, or else a channel
// that is closed when there are some. More would keep more alive for a slow watcher.
func (r *Recorder) next(seq uint64) (kept, <-chan struct{}) {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	if found := r.kept.after(seq, 1); len(found.blocks) > 0 {
		return found, nil
	}
	if r.news == nil {
		r.news = make(chan struct{})
	}
	return kept{}, r.news
}
