package chatsocket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// Conn is a server's end of a chat socket. Send, End, Hurry and Abort may be called by any
// goroutine; [Conn.Serve] runs once.
type Conn struct {
	net.Conn
	writing sync.Mutex
	// leaving is not zero when a close frame is out or on its way: the code, marked. Nothing is
	// written after it.
	leaving atomic.Uint32

	// Only the reading goroutine uses the rest.
	incoming
	lost   bool // reading failed: the peer is gone without a close frame
	parted bool // the peer has sent a close frame
	said   Code // the code of the peer's close frame when that came first
}

// marked tells a close frame without a code from none.
const marked = 1 << 16

// Handler is a server's side of a [Conn]: it takes what the client sends. Only the reading
// goroutine calls it. Payloads are good until a method returns.
type Handler interface {
	// Text takes a text message. plain reports that it took next to no stack, so that the
	// goroutine's stack has not grown.
	Text(payload []byte) (plain bool)
	// Control takes a ping or pong.
	Control(op Op, payload []byte)
	// Frozen reports whether the client is not heard for now. ending says that the client closes
	// or has broken off, which is not answered then.
	Frozen(ending bool) bool
	// Leave is [Socket.Leave]; binary frames lead to it.
	Leave(code Code)
	// Failed tells of a panic of the handler. The socket is closed with a code.
	Failed(err error)
	// Gone tells of the end, as the last call.
	Gone(end Ending)
}

// Ending is how a socket ended.
type Ending struct {
	// Code is that of the first close frame: NoCode for one without, AbnormalClosure when there
	// was none.
	Code Code
	// Ours reports that the server sent that frame.
	Ours bool
	// Lost reports that the connection broke, before the client closed or answered.
	Lost bool
}

// ErrLeft is the error for writing after the close frame. Cutting the connection then would lose
// the close frame.
var ErrLeft = errors.New("the socket is closing")

// write writes bytes within a time of their own: that of an earlier write may be over.
func (c *Conn) write(p []byte) error {
	_ = c.SetWriteDeadline(time.Now().Add(writeTime)) // a connection without deadlines is closed by the pings
	_, err := c.Write(p)
	return err
}

// Send writes a frame. It blocks until the system has taken it, at most for ten seconds.
func (c *Conn) Send(op Op, payload []byte) error {
	frame, err := ws.CompileFrame(ws.NewFrame(op, true, payload))
	if err != nil {
		return fmt.Errorf("encoding a frame: %w", err)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.leaving.Load() != 0 {
		return ErrLeft
	}
	return c.write(frame)
}

// End sends a close frame, unless one is out, and reports whether it was this one. Nothing more
// is written then, and the peer has a moment to answer: closing the connection at once would make
// the kernel reset it, and throw the frame away.
func (c *Conn) End(code Code) (first bool) {
	if !c.leaving.CompareAndSwap(0, marked|uint32(code)) {
		return false
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
	return true
}

// Hurry shortens the time of the write that is going on.
func (c *Conn) Hurry() { _ = c.SetWriteDeadline(time.Now().Add(slowTime)) }

// Abort ends the connection at once, without a close frame.
func (c *Conn) Abort() { _ = c.Close() } // Serve finds out

// Serve reads until the connection ends, closes it and tells the handler.
func (c *Conn) Serve(h Handler) {
	if c.read(h) {
		go c.Serve(h) // on a fresh stack
		return
	}
	if !c.lost && !c.parted {
		_, _ = io.Copy(io.Discard, c.Conn) // ends with the deadline that End has set
	}
	_ = c.Close() // nothing is expected of it any more
	end := Ending{Code: AbnormalClosure, Lost: c.lost}
	if sent := c.leaving.Load(); c.said != 0 {
		end.Code = c.said
	} else if sent != 0 {
		end.Code, end.Ours = Code(sent&^marked), true
	}
	h.Gone(end)
}

// read reads frames until the connection is to be closed, or until handling one may have
// needed a deep stack: then it returns true.
func (c *Conn) read(h Handler) (deep bool) {
	defer func() {
		if p := recover(); p != nil {
			h.Failed(fmt.Errorf("panic while handling a frame: %v\n%s", p, debug.Stack()))
			c.End(ws.StatusProtocolError)
			deep = false
		}
	}()
	for {
		if err := c.await(); err != nil {
			c.lost = true
			return false
		}
		op, payload, err := c.next()
		if over := err != nil || op == Close; h.Frozen(over) {
			if over {
				c.sink()
				return false
			}
			continue
		}
		if err != nil {
			c.fail(err)
			return false
		}
		switch op {
		case Text:
			if plain := h.Text(payload); !plain {
				return true
			}
		case Binary:
			h.Leave(UnsupportedData)
			return true
		case Ping, Pong:
			h.Control(op, payload)
			return true
		case Continuation: // part of what next puts together
		case Close:
			c.parted = true
			if c.End(answerTo(payload)) {
				c.said = CodeOf(payload)
			}
			return false
		}
	}
}

// sink waits until the client gives the connection up, without an answer to it.
func (c *Conn) sink() {
	c.lost = true
	_, _ = io.Copy(io.Discard, c.Conn) // ends with the connection
}

// fail ends a connection on which reading failed.
func (c *Conn) fail(err error) {
	if wrong, ok := errors.AsType[ViolationError](err); ok {
		c.End(Code(wrong))
		return
	}
	c.lost = true
}

// CodeOf returns the code of a close frame's payload.
func CodeOf(payload []byte) Code {
	if len(payload) < 2 {
		return NoCode
	}
	return Code(binary.BigEndian.Uint16(payload))
}
