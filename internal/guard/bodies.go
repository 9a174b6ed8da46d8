package guard

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// What unfinished request bodies may cost. Whoever sends the beginning of many and leaves it at that
// has nothing but connections then: no slot, little memory, and none of it for long.
const (
	// maxUnfinished is how many bodies of one address are read at the same time. Further ones wait
	// for bodyGrace: most bodies arrive with their headers.
	maxUnfinished = 16
	// maxHeld bounds the memory of all unfinished bodies together, in bytes.
	maxHeld = 64 << 20
	// bodyTime is the time for a whole body; in it every second after the first needs bodyRate bytes.
	bodyTime  = 10 * time.Second
	bodyGrace = time.Second
	bodyRate  = 1 << 10
	// longestWhole is the longest body that is read before its handler runs, in bytes. Longer ones
	// (files) would need memory that their handlers do not: those read them piece by piece, and only
	// from callers that they know.
	longestWhole = 1 << 20
	// firstPiece is the memory that a body begins with.
	firstPiece = 2 << 10
)

// bodies are the request bodies that are being read. The zero value needs its map.
type bodies struct {
	mu      sync.Mutex
	held    int
	senders map[[16]byte]*sender
}

// sender is an address with unfinished bodies.
type sender struct {
	reading chan struct{} // has as much room as bodies may be read
	bodies  int           // those that wait for room included
}

// enter waits until another body of an address may be read; false means that it may not. leave is to
// be called in both cases.
func (b *bodies) enter(key [16]byte) (leave func(), ok bool) {
	b.mu.Lock()
	s := b.senders[key]
	if s == nil {
		s = &sender{reading: make(chan struct{}, maxUnfinished)}
		b.senders[key] = s
	}
	s.bodies++
	b.mu.Unlock()
	select {
	case s.reading <- struct{}{}:
		ok = true
	default:
		grace := time.NewTimer(bodyGrace)
		defer grace.Stop()
		select {
		case s.reading <- struct{}{}:
			ok = true
		case <-grace.C:
		}
	}
	return func() {
		if ok {
			<-s.reading
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if s.bodies--; s.bodies == 0 {
			delete(b.senders, key)
		}
	}, ok
}

// hold takes bytes of the memory for unfinished bodies, or gives them back when n is negative.
func (b *bodies) hold(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n > 0 && b.held+n > maxHeld {
		return false
	}
	b.held += n
	return true
}

// full reports whether no body is taken at the moment.
func (b *bodies) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held+firstPiece > maxHeld
}

// receive reads the body of a request before the request takes a slot, so that whoever sends slowly
// keeps nobody else from being answered. The handler is given what came, and the error that ended it. It
// reports whether the request goes on; when not, it has been answered.
func (g *Guard) receive(w http.ResponseWriter, r *http.Request) bool {
	addr := clientAddr(r, g.proxies)
	leave, ok := g.bodies.enter(addressKey(addr))
	defer leave()
	connection := http.NewResponseController(w)
	if ok && g.bodies.read(connection, r) {
		return true
	}
	// Without waiting for the rest of the body: net/http would read on before it answers.
	_ = connection.SetReadDeadline(time.Now())
	w.Header().Set("Connection", "close")
	if ok {
		g.refuseBusy(w, r)
	} else {
		g.refuseUnfinished(w, r, addr)
	}
	return false
}

// read reads a body; false means that there is no memory for it.
func (b *bodies) read(connection *http.ResponseController, r *http.Request) bool {
	began, timed := time.Now(), time.Duration(0)
	size := firstPiece
	if r.ContentLength >= 0 && r.ContentLength < firstPiece {
		size = int(r.ContentLength) + 1 // for the end to be seen
	}
	if !b.hold(size) {
		return false
	}
	content := make([]byte, 0, size)
	defer func() { b.hold(-cap(content)) }()
	for {
		// Counted in whole seconds: a body is not cut off for a packet that comes a bit late.
		if limit := min(bodyTime, 2*bodyGrace+time.Duration(len(content)/bodyRate)*time.Second); limit != timed {
			timed = limit
			_ = connection.SetReadDeadline(began.Add(limit)) // a writer without connections has no slow bodies either
		}
		n, err := r.Body.Read(content[len(content):cap(content)])
		content = content[:len(content)+n]
		if err == io.EOF {
			_ = connection.SetReadDeadline(time.Time{}) // net/http goes on reading, to see whether the caller leaves
		}
		if err != nil {
			r.Body = &whole{content: content, end: err, closer: r.Body}
			return true
		}
		if len(content) < cap(content) {
			continue
		}
		if !b.hold(cap(content)) {
			return false
		}
		content = append(make([]byte, 0, 2*cap(content)), content...)
	}
}

// whole is a body that has been read, or as much of it as came.
type whole struct {
	content []byte
	end     error
	closer  io.Closer
}

// Read implements [io.Reader].
func (b *whole) Read(p []byte) (int, error) {
	n := copy(p, b.content)
	if b.content = b.content[n:]; len(b.content) == 0 {
		return n, b.end
	}
	return n, nil
}

// Content returns what Read has not given yet, to be changed by nobody, and the error behind it unless
// that is the end.
func (b *whole) Content() ([]byte, error) {
	content := b.content
	b.content = nil
	if errors.Is(b.end, io.EOF) {
		return content, nil
	}
	return content, b.end
}

// Close implements [io.Closer].
func (b *whole) Close() error { return b.closer.Close() }

func (g *Guard) refuseUnfinished(w http.ResponseWriter, r *http.Request, addr netip.Addr) {
	p := diagnosis.New(diagnosis.RateLimited, "This address has %d requests open whose bodies have not arrived; further ones are not taken.", maxUnfinished)
	p.Hint = "Send each body with its request. Behind a proxy all requests are of its address, unless trusted-proxies is set."
	p.RetryAfter = retryAfter
	g.report(r, p, "address", addr.String())
	g.problem(w, r, p)
}
