package participant

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/lxzan/gws"
)

// This file is the only one that knows the WebSocket library. It is lxzan/gws because of
// memory: a chat may cost 12 KiB with everything it holds. In the comparison that the choice
// was made by, an idle connection took 6.5 KiB with gws, 8.5 with gorilla/websocket and 17.4
// with coder/websocket, at equal throughput. gobwas/ws took 5.0, but leaves fragments,
// control frames and the closing handshake to its user.
//
// permessage-deflate is not offered: a compressor per socket costs tens of KiB, and the
// messages of a chat are short.
//
// Two habits of the library are mended here. It closes the TCP connection right behind its
// close frame, and what the peer was still sending then makes the kernel reset the connection
// and throw the frame away: so [wire.Close] closes one half, and the other once the peer has.
// And a frame with a length beyond 2^63 makes it panic.

const (
	// maxFrame is the longest message taken from a client, in bytes, the limit of API
	// Gateway. A longer one closes the socket with 1009.
	maxFrame = 128 << 10
	// readBuffer is per socket; clients mostly send frames of 30 bytes.
	readBuffer = 512
	// writeTime is how long the peer may take to accept what is written to it, slowTime how
	// long one that was found too slow may go on with the frame it is reading.
	writeTime = 10 * time.Second
	slowTime  = 5 * time.Second
	// handshakeTime is for writing the answer to the upgrade.
	handshakeTime = 5 * time.Second
	// parting is how long a peer may take to answer a close frame.
	parting = time.Second
)

// Close codes (RFC 6455, section 7.4.1).
const (
	closeNormal      = 1000
	closeGoingAway   = 1001
	closeProtocol    = 1002
	closeUnsupported = 1003
	closePolicy      = 1008
)

// upgrader turns requests into sockets.
type upgrader struct {
	gws *gws.Upgrader
	log *slog.Logger
}

func newUpgrader(log *slog.Logger) *upgrader {
	return &upgrader{log: log, gws: gws.NewUpgrader(events{}, &gws.ServerOption{
		ReadMaxPayloadSize: maxFrame, ReadBufferSize: readBuffer, ParallelGolimit: 1, CheckUtf8Enabled: true,
		HandshakeTimeout: handshakeTime, NewSession: func() gws.SessionStorage { return &session{} },
		Logger: complaints{log},
	})}
}

// upgrade takes the connection of a request over. After an error the connection is closed.
func (u *upgrader) upgrade(w http.ResponseWriter, key string, k *socket) (*wire, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, fmt.Errorf("taking a connection over: %w", err)
	}
	c := &wire{Conn: conn}
	if n := rw.Reader.Buffered(); n > 0 { // a client that did not wait for the answer
		if early, err := rw.Peek(n); err == nil {
			c.early = append(c.early, early...)
		}
	}
	// The server's time limits are for requests.
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("taking a connection over: %w", closing(conn, err))
	}
	// Only what concerns the handshake, in the spelling the library looks for.
	request := &http.Request{Method: http.MethodGet, Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {key},
	}}
	c.ws, err = u.gws.UpgradeFromConn(c, bufio.NewReaderSize(c, readBuffer), request)
	if err != nil {
		return nil, fmt.Errorf("answering an upgrade: %w", closing(conn, err))
	}
	if s, ok := c.ws.Session().(*session); ok {
		s.wire, s.socket = c, k
	}
	return c, nil
}

func closing(conn net.Conn, err error) error {
	_ = conn.Close() // err is the failure to report
	return err
}

// wire is a WebSocket connection. It is also the library's view of the network connection.
type wire struct {
	net.Conn
	ws    *gws.Conn
	early []byte // came before the library read
	// Only the reading goroutine uses these.
	lost   bool // reading failed: the peer is gone without a word
	parted bool // the peer has said that it closes
}

// Read implements [net.Conn].
func (c *wire) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	n, err := c.Conn.Read(p)
	if err != nil {
		c.lost = true
	}
	return n, err
}

// Write implements [net.Conn]. Every write gets its own time, the library's too: the time of
// an earlier one may be over.
func (c *wire) Write(p []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(writeTime)) // a connection without deadlines is closed by the pings
	return c.Conn.Write(p)
}

// hurry shortens the time of the write that is going on.
func (c *wire) hurry() { _ = c.SetWriteDeadline(time.Now().Add(slowTime)) }

// Close implements [net.Conn] for the library: nothing more is written, and what the peer
// still sends is waited for a moment. serve closes the connection.
func (c *wire) Close() error {
	_ = c.SetReadDeadline(time.Now().Add(parting))
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// serve reads until the connection ends, closes it and reports to its socket.
func (c *wire) serve(k *socket) {
	defer func() {
		if p := recover(); p != nil {
			k.service.log.Warn("a frame could not be read", "panic", p, "stack", string(debug.Stack()))
			_ = c.ws.WriteClose(closeProtocol, nil)
		}
		if !c.lost && !c.parted {
			_, _ = io.Copy(io.Discard, c.Conn) // ends with the deadline that Close has set
		}
		_ = c.Conn.Close() // nothing is expected of it any more
		k.gone(c.lost)
	}()
	c.ws.ReadLoop()
}

// abort ends the connection at once.
func (c *wire) abort() { _ = c.Conn.Close() } // serve finds out

// text sends a text frame, ping and pong control frames. Each blocks until the system has
// taken it, at most for writeTime.
func (c *wire) text(p []byte) error { return c.ws.WriteMessage(gws.OpcodeText, p) }
func (c *wire) ping(p []byte) error { return c.ws.WritePing(p) }
func (c *wire) pong(p []byte) error { return c.ws.WritePong(p) }

// leaving reports whether a write failed because the reading side is answering the peer's
// close frame just now: cutting the connection then would lose the answer.
func leaving(err error) bool { return errors.Is(err, gws.ErrConnClosed) }

// end sends a close frame.
func (c *wire) end(code uint16) { _ = c.ws.WriteClose(code, nil) } // a peer that is gone needs none

// session ties a library connection to its socket.
type session struct {
	wire   *wire
	socket *socket
}

var _ gws.SessionStorage = (*session)(nil)

// Len, Load, Delete, Store and Range implement [gws.SessionStorage], of which nothing is used.
func (*session) Len() int                     { return 0 }
func (*session) Load(string) (any, bool)      { return nil, false }
func (*session) Delete(string)                {}
func (*session) Store(string, any)            {}
func (*session) Range(func(string, any) bool) {}

// events passes what the library reads to the sockets.
type events struct{ gws.BuiltinEventHandler }

var _ gws.Event = events{}

func of(c *gws.Conn) *session {
	if s, ok := c.Session().(*session); ok {
		return s
	}
	return &session{} // there is no other kind
}

// OnMessage implements [gws.Event].
func (events) OnMessage(c *gws.Conn, message *gws.Message) {
	if message.Opcode == gws.OpcodeText {
		of(c).socket.received(message.Bytes())
	} else {
		of(c).socket.leave(closeUnsupported)
	}
	_ = message.Close() // gives the buffer back
}

// OnPing implements [gws.Event].
func (events) OnPing(c *gws.Conn, payload []byte) { of(c).socket.pinged(payload) }

// OnPong implements [gws.Event].
func (events) OnPong(c *gws.Conn, payload []byte) { of(c).socket.ponged(payload) }

// OnClose implements [gws.Event]. The library names no error of reading here when this side
// had closed before: wire.lost tells.
func (events) OnClose(c *gws.Conn, err error) {
	s := of(c)
	_, peer := err.(*gws.CloseError) //nolint:errorlint // the library returns it as it is
	s.wire.parted = peer || s.socket.hasLeft()
}

// complaints writes what the library has to say into our log.
type complaints struct{ log *slog.Logger }

// Error implements [gws.Logger].
func (c complaints) Error(v ...any) {
	c.log.Warn("websocket library", "complaint", fmt.Sprint(v...))
}
