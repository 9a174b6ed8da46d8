package server

import (
	"bytes"
	"context"
	"net"
	"net/http"
)

// head looks for the two header fields that say how long a request's body is, in the bytes of the
// request as they arrive. net/http takes the one for the other and removes both.
type head struct {
	whole bool // it was read from its beginning
	ended bool
	lines int
	line  [len("transfer-encoding:")]byte
	size  int // of what line holds

	length, encoding bool // the fields are there
}

// read takes the next bytes of a request.
func (h *head) read(p []byte) {
	for len(p) > 0 && h.whole && !h.ended {
		line, rest, complete := bytes.Cut(p, []byte("\n"))
		h.size += copy(h.line[h.size:], line)
		if !complete {
			return
		}
		p = rest
		start := bytes.TrimSuffix(h.line[:h.size], []byte("\r"))
		h.ended = len(start) == 0 && h.lines > 0
		h.length = h.length || is(start, "content-length:")
		h.encoding = h.encoding || is(start, "transfer-encoding:")
		h.lines, h.size = h.lines+1, 0
	}
}

func is(line []byte, field string) bool {
	return len(line) >= len(field) && bytes.EqualFold(line[:len(field)], []byte(field))
}

// ambiguous reports whether others could see another end of a request's body than net/http, which
// goes by Transfer-Encoding in HTTP/1.1 and ignores it in HTTP/1.0. Its connection is closed
// after the answer, so that what they take for a part of the body is no request here.
//
// It is true for every body in chunks whose head was not seen: of an encrypted connection, or
// behind another request in the same packet.
//
// Source: RFC 9112, section 6.1.
func ambiguous(r *http.Request) bool {
	chunked := len(r.TransferEncoding) > 0
	if r.ProtoMajor != 1 || r.ProtoAtLeast(1, 1) && !chunked {
		return false
	}
	h := headOf(r.Context())
	if !h.whole || !h.ended {
		return chunked
	}
	return h.encoding && (h.length || !r.ProtoAtLeast(1, 1))
}

// connKey is where the context of a request holds its connection.
type connKey struct{}

// withConn is the [http.Server.ConnContext] of a server.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// headOf returns what is known of the request's head; nothing on connections of other kinds.
func headOf(ctx context.Context) head {
	c, ok := ctx.Value(connKey{}).(*conn)
	if !ok {
		return head{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head
}
