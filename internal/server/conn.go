package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// listener gives its TCP connections two abilities that net/http lacks: the errors it
// writes before any handler runs become JSON, and connections that have not been
// spoken on can be closed at the end.
type listener struct {
	net.Listener
	docs string

	mu      sync.Mutex
	fresh   map[*conn]struct{}
	closing bool
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
	if l.closing {
		return nil, errors.Join(net.ErrClosed, tcp.Close())
	}
	l.fresh[c] = struct{}{}
	return c, nil
}

// closeFresh closes the connections on which nothing has arrived yet, and takes no
// new ones.
func (l *listener) closeFresh() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closing = true
	for c := range l.fresh {
		_ = c.TCPConn.Close() // nothing was sent and nothing is expected
	}
	clear(l.fresh)
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.fresh, c)
}

// conn embeds the concrete type, so that net/http still finds its CloseWrite and
// ReadFrom.
type conn struct {
	*net.TCPConn
	from   *listener
	spoken atomic.Bool
}

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if n > 0 && !c.spoken.Load() {
		c.spoken.Store(true)
		c.from.forget(c)
	}
	return n, err
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	if !c.spoken.Load() {
		c.from.forget(c)
	}
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
