package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// listener gives its TCP connections three abilities that net/http lacks: the errors it
// writes before any handler runs become JSON, requests that were sent are answered at the end
// of the server too, and connections that wait for a request can be kept for a successor.
//
// [http.Server.Shutdown] drops a request that it has read but not yet handed to the handler,
// and closes connections on which one may be on its way. So it is called when only
// connections are left that this listener does not know.
type listener struct {
	net.Listener
	docs string

	mu      sync.Mutex
	open    map[*conn]struct{} // those that HTTP/1.1 is spoken on, or nothing yet
	ending  atomic.Bool        // set under mu
	drained chan struct{}      // closed when nothing is open any more; nil until somebody waits
	keep    func(*os.File)     // takes waiting connections; nil closes them
}

// Accept implements [net.Listener]. Connections other than TCP pass as they are.
func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	tcp, ok := accepted.(*net.TCPConn)
	if err != nil || !ok {
		return accepted, err
	}
	c := &conn{TCPConn: tcp, from: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return c, nil
}

// end closes the socket and interrupts the connections that wait for a request: keep takes
// them, or they are closed when it is nil. The others have their request answered first.
func (l *listener) end(keep func(*os.File)) {
	_ = l.Close() // whoever accepts gets the error
	l.mu.Lock()
	l.keep = keep
	l.ending.Store(true)
	waiting := slices.Collect(maps.Keys(l.open))
	l.mu.Unlock()
	for _, c := range waiting {
		c.interrupt()
	}
}

// untilDrained waits until every connection is closed or ctx ends. Nothing may be accepted any
// more.
func (l *listener) untilDrained(ctx context.Context) {
	drained := make(chan struct{})
	l.mu.Lock()
	if len(l.open) > 0 {
		l.drained = drained
	} else {
		close(drained)
	}
	l.mu.Unlock()
	select {
	case <-drained:
	case <-ctx.Done():
	}
}

// forget lets go of a connection that is closed, or that is no longer net/http's alone.
func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, open := l.open[c]; !open {
		return
	}
	delete(l.open, c)
	if l.drained != nil && len(l.open) == 0 {
		close(l.drained)
	}
}

// handOver keeps a copy of a connection that waits for a request.
func (l *listener) handOver(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.keep == nil {
		return
	}
	if file, err := c.File(); err == nil { // else it ends here
		l.keep(file)
	}
}

// follow is the [http.Server.ConnState] of a server with this listener.
func (l *listener) follow(served net.Conn, state http.ConnState) {
	encrypted, isTLS := served.(*tls.Conn)
	if isTLS {
		served = encrypted.NetConn()
	}
	c, ok := served.(*conn)
	switch {
	case !ok:
	case state == http.StateHijacked: // a chat socket, which somebody else ends
		l.forget(c)
	case isTLS && encrypted.ConnectionState().NegotiatedProtocol == "h2":
		c.mu.Lock()
		c.phase, c.bound = many, true
		c.mu.Unlock()
		l.forget(c)
	case state == http.StateActive:
		c.enter(busy)
	case state == http.StateIdle:
		c.mu.Lock()
		if c.bound = c.bound || isTLS; !c.ahead && c.phase != many {
			c.phase, c.head = idle, head{}
		}
		c.mu.Unlock()
	}
}

// phase is what a connection does.
type phase int

const (
	fresh phase = iota // nothing has arrived yet
	busy               // a request has begun to arrive
	idle               // the request is answered, the next one has not begun
	many               // it is HTTP/2, with several requests at once: Shutdown ends it in order
)

// conn embeds the concrete type, so that net/http still finds its CloseWrite and
// ReadFrom.
type conn struct {
	*net.TCPConn
	from *listener

	mu          sync.Mutex
	phase       phase
	deadline    time.Time // for reading, as net/http wants it
	interrupted bool      // while waiting for a request
	ahead       bool      // net/http has the first byte of the next request, read before the answer was out
	begun       int       // how much of HTTP/2's preface has arrived, and nothing else
	head        head      // of the newest request that began with a Read
	bound       bool      // to this process, which knows more of it than what is yet to arrive
}

// Hijacked returns the connection for who took it over from net/http: what this one follows is of
// requests, and a chat socket is held for hours.
func (c *conn) Hijacked() net.Conn { return c.TCPConn }

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (int, error) {
	if c.from.ending.Load() && c.waiting() {
		return 0, os.ErrDeadlineExceeded // net/http closes the connection without a word
	}
	n, err := c.TCPConn.Read(p)
	if c.note(p, n, err) {
		c.from.forget(c)
	}
	return n, err
}

// enter makes a phase the connection's, unless it is HTTP/2.
func (c *conn) enter(p phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase != many {
		c.phase = p
	}
}

// preface is how HTTP/2 begins with prior knowledge (RFC 9113, section 3.4), as far as no request of
// HTTP/1.1 does.
const preface = "PRI "

// note follows what Read got. It reports whether the connection turns out to be HTTP/2. Its preface
// may arrive in pieces.
func (c *conn) note(p []byte, n int, err error) (other bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if missing := len(preface) - c.begun; missing > 0 && c.phase != many {
		if preface[c.begun:c.begun+min(n, missing)] != string(p[:min(n, missing)]) {
			c.begun = len(preface) + 1
		} else if c.begun += min(n, missing); c.begun == len(preface) {
			c.phase, c.bound = many, true
			_ = c.TCPConn.SetReadDeadline(c.deadline) // it may be that of interrupt
			return true
		}
	}
	switch {
	case c.phase == many:
	case n > 0 && c.phase != busy:
		c.phase, c.ahead = busy, false
		c.head = head{whole: true}
		c.head.read(p[:n])
		if c.from.ending.Load() { // and the deadline may be that of interrupt
			_ = c.TCPConn.SetReadDeadline(c.deadline)
		}
	case n > 0:
		reading := c.head.whole && !c.head.ended // also by the byte, where HTTP/2 would begin
		if c.ahead = n == 1 && len(p) == 1 && !reading; c.ahead {
			c.head = head{whole: true}
		}
		c.head.read(p[:n])
	case n == 0 && c.phase != busy && errors.Is(err, os.ErrDeadlineExceeded):
		c.interrupted = true
	}
	return other
}

// waiting reports whether the connection waits for a request, as one that is interrupted.
func (c *conn) waiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting := c.phase == fresh || c.phase == idle
	c.interrupted = c.interrupted || waiting
	return waiting
}

// interrupt ends a Read that waits for a request.
func (c *conn) interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == fresh || c.phase == idle {
		_ = c.TCPConn.SetReadDeadline(time.Unix(1, 0)) // a closed connection does not wait
	}
}

// SetReadDeadline implements [net.Conn].
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return c.TCPConn.SetReadDeadline(t)
}

// SetDeadline implements [net.Conn].
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.mu.Lock()
	keep := c.interrupted && !c.bound
	c.interrupted = false
	c.mu.Unlock()
	if keep && c.from.ending.Load() {
		c.from.handOver(c)
	}
	c.from.forget(c)
	return c.TCPConn.Close()
}

// Write implements [net.Conn]. It passes everything on but net/http's own early
// errors, which it replaces.
func (c *conn) Write(p []byte) (int, error) {
	if answer := jsonError(p, c.from.docs); answer != nil {
		if _, err := c.TCPConn.Write(answer); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return c.TCPConn.Write(p)
}

// earlyHeaders is what follows the status line of every error that net/http writes
// to a connection by itself (server.go, conn.serve: oversized or malformed headers,
// unknown transfer encodings, two Host headers). It does so in one Write, and no
// handler's answer looks like it, because those carry a Date.
const earlyHeaders = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// jsonError returns the answer to give instead of an early error, or nil when p is
// something else.
func jsonError(p []byte, docs string) []byte {
	const start = len("HTTP/1.1 ")
	if len(p) < start+3 || p[start] != '4' && p[start] != '5' || !bytes.HasPrefix(p, []byte("HTTP/1.1 ")) {
		return nil
	}
	line, text, ok := bytes.Cut(p, []byte(earlyHeaders))
	if !ok || bytes.IndexByte(line, '\r') >= 0 {
		return nil
	}
	status, err := strconv.Atoi(string(p[start : start+3]))
	if err != nil {
		return nil
	}
	var problem *diagnosis.Problem
	if status == http.StatusRequestHeaderFieldsTooLarge {
		problem = diagnosis.New(diagnosis.HeadersTooLarge, "")
	} else {
		problem = diagnosis.New(diagnosis.MalformedRequest, "")
		problem.Status = status
		if _, detail, ok := bytes.Cut(text, []byte(": ")); ok { // "400 Bad Request: missing required Host header"
			problem = diagnosis.New(diagnosis.MalformedRequest, "The request is not valid HTTP: %s.", detail)
			problem.Status = status
		}
	}
	var r recorder
	problem.Write(&r, docs)
	answer := http.Response{
		StatusCode: r.status, ProtoMajor: 1, ProtoMinor: 1, Header: r.header, Close: true,
		ContentLength: int64(r.body.Len()), Body: io.NopCloser(&r.body),
	}
	var out bytes.Buffer
	if answer.Write(&out) != nil { // memory to memory
		return nil
	}
	return out.Bytes()
}

// recorder takes an answer down.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = make(http.Header)
	}
	return r.header
}

func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
