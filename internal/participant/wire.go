package participant

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// This file and receive.go are the only ones that know the WebSocket library. It is gobwas/ws
// because of memory, which is what bounds how many chats a server holds: ten thousand may cost
// 12 KiB each with everything they hold. The library decodes, checks and encodes single frames;
// fragments, control frames and the closing handshake are done here. With lxzan/gws, the
// leanest of those that do that too, they took 15. What made the difference is the stack of the
// goroutine that waits for the client's next frame: it fits into the smallest there is, 2 KiB,
// only while few calls lie between it and the network, and a stack that has grown to 4 KiB
// stays. So [wire.await] waits high up, and a goroutine that had to go deep hands over to a
// fresh one. `make bench-embedded` shows it when that is lost.
//
// permessage-deflate is not offered: a compressor per socket costs tens of KiB, and the
// messages of a chat are short.

const (
	// maxFrame is the longest message taken from a client, in bytes, the limit of API
	// Gateway. A longer one closes the socket with 1009.
	maxFrame = 128 << 10
	// writeTime is how long the peer may take to accept what is written to it, slowTime how
	// long one that was found too slow may go on with the frame it is reading.
	writeTime = 10 * time.Second
	slowTime  = 5 * time.Second
	// parting is how long a peer may take to answer a close frame.
	parting = time.Second
)

// wire is a WebSocket connection.
type wire struct {
	net.Conn
	writing sync.Mutex
	// leaving says that a close frame is out or on its way; nothing is written after it.
	leaving atomic.Bool

	// Only the reading goroutine uses what follows.
	incoming
	lost   bool          // reading failed: the peer is gone without a word
	parted bool          // the peer has said that it closes
	said   ws.StatusCode // the code the peer closes with, or is refused with
}

// errLeft is what writing fails with after the close frame: cutting the connection then would
// lose that.
var errLeft = errors.New("the socket is closing")

// upgrade takes the connection of a request over and answers with the handshake's end (RFC
// 6455, section 4.2.2). After an error the connection is closed.
func upgrade(w http.ResponseWriter, key string) (*wire, error) {
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
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 wants it, and nothing depends on its strength
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	// The server's time limits are for requests.
	err = conn.SetDeadline(time.Time{})
	if err == nil {
		err = c.write([]byte(answer))
	}
	if err != nil {
		_ = conn.Close() // err is the failure to report
		return nil, fmt.Errorf("answering an upgrade: %w", err)
	}
	return c, nil
}

// write writes bytes within a time of their own: that of an earlier write may be over.
func (c *wire) write(p []byte) error {
	_ = c.SetWriteDeadline(time.Now().Add(writeTime)) // a connection without deadlines is closed by the pings
	_, err := c.Write(p)
	return err
}

// send writes a frame. It blocks until the system has taken it, at most for writeTime.
func (c *wire) send(op ws.OpCode, payload []byte) error {
	frame, err := ws.CompileFrame(ws.NewFrame(op, true, payload))
	if err != nil {
		return fmt.Errorf("encoding a frame: %w", err)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.leaving.Load() {
		return errLeft
	}
	return c.write(frame)
}

// end sends a close frame, unless one is out. Nothing more is written then, and what the peer
// still sends is waited for a moment: closing the connection at once would make the kernel
// reset it, and throw the frame away.
func (c *wire) end(code ws.StatusCode) {
	if c.leaving.Swap(true) {
		return
	}
	frame := ws.NewCloseFrame(nil)
	if code != 0 {
		frame = ws.NewCloseFrame(ws.NewCloseFrameBody(code, ""))
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if bytes, err := ws.CompileFrame(frame); err == nil { // it always fits
		_ = c.write(bytes) // a peer that is gone needs none
	}
	_ = c.SetReadDeadline(time.Now().Add(parting))
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the connection is closed soon
	}
}

// hurry shortens the time of the write that is going on.
func (c *wire) hurry() { _ = c.SetWriteDeadline(time.Now().Add(slowTime)) }

// abort ends the connection at once.
func (c *wire) abort() { _ = c.Close() } // serve finds out

// serve reads until the connection ends, closes it and reports to its socket.
func (c *wire) serve(k *socket) {
	if c.read(k) {
		go c.serve(k) // on a fresh stack
		return
	}
	if !c.lost && !c.parted {
		_, _ = io.Copy(io.Discard, c.Conn) // ends with the deadline that end has set
	}
	_ = c.Close() // nothing is expected of it any more
	k.gone(c.lost)
}

// read reads frames until the connection is to be closed, or until handling one may have
// needed a deep stack: then it returns true.
func (c *wire) read(k *socket) (deep bool) {
	defer func() {
		if p := recover(); p != nil {
			k.service.log.Warn("a frame could not be handled", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			c.said = ws.StatusProtocolError
			c.end(c.said)
			deep = false
		}
	}()
	for {
		if err := c.await(); err != nil {
			c.lost = true
			return false
		}
		op, payload, err := c.next()
		if k.isFrozen() {
			if err != nil || op == ws.OpClose {
				c.sink(k)
				return false
			}
			continue
		}
		if err != nil {
			c.fail(err)
			return false
		}
		switch op {
		case ws.OpText:
			if k.service.faults != nil && k.meets(payload) {
				return true
			}
			if light := k.received(payload); !light {
				return true
			}
		case ws.OpBinary:
			k.leave(ws.StatusUnsupportedData)
			return true
		case ws.OpPing:
			k.pinged(payload)
			return true
		case ws.OpPong:
			k.ponged(payload)
			return true
		case ws.OpContinuation: // part of what next puts together
		case ws.OpClose:
			c.parted, c.said = true, codeOf(payload)
			c.end(answerTo(payload))
			return false
		}
	}
}

// sink waits until the client of a frozen socket gives the connection up; it gets no answer.
func (c *wire) sink(k *socket) {
	k.forsake()
	c.lost = true
	_, _ = io.Copy(io.Discard, c.Conn) // ends with the connection
}

// fail ends a connection on which reading failed.
func (c *wire) fail(err error) {
	if wrong, ok := errors.AsType[violation](err); ok {
		c.said = ws.StatusCode(wrong)
		c.end(c.said)
		return
	}
	c.lost = true
}

// codeOf is the code of a peer's close frame.
func codeOf(payload []byte) ws.StatusCode {
	if len(payload) < 2 {
		return closedWithoutACode
	}
	return ws.StatusCode(binary.BigEndian.Uint16(payload))
}
