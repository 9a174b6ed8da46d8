package chatsocket

import (
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// incoming holds the bytes that were read from a connection and not used yet.
type incoming struct {
	early []byte // came with the request for the upgrade
	// buffer[from:to] was read and not used. The frames of a page are hardly longer.
	buffer   [64]byte
	from, to uint8
	// heading is where the head of a frame is decoded.
	heading [ws.MaxHeaderSize]byte
	// message holds the fragments so far of a message of the kind op; op is [Continuation]
	// outside of one.
	message []byte
	op      Op
}

// await waits for the first bytes of the next frame, where few calls lie between the goroutine
// and the network: that keeps its stack small.
func (c *Conn) await() error {
	if c.from < c.to {
		return nil
	}
	n, err := c.more(c.buffer[:])
	c.from, c.to = 0, uint8(n)
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// next reads the next message or control frame. Its payload is good until the next call.
func (c *Conn) next() (op Op, payload []byte, err error) {
	for {
		h, err := c.head()
		if err != nil {
			return 0, nil, err
		}
		payload, err := c.payload(h)
		if err != nil {
			return 0, nil, err
		}
		switch {
		case h.OpCode.IsControl():
			return h.OpCode, payload, nil
		case h.OpCode != Continuation && h.Fin:
			return h.OpCode, payload, valid(h.OpCode, payload)
		case h.OpCode != Continuation:
			c.op = h.OpCode
		}
		c.message = append(c.message, payload...)
		if h.Fin {
			op, payload = c.op, c.message
			c.op, c.message = Continuation, nil
			return op, payload, valid(op, payload)
		}
	}
}

// valid refuses text that is not UTF-8.
func valid(op Op, payload []byte) error {
	if op == Text && !utf8.Valid(payload) {
		return ViolationError(ws.StatusInvalidFramePayloadData)
	}
	return nil
}

// head reads the head of a frame.
func (c *Conn) head() (ws.Header, error) {
	state := ws.StateServerSide
	if c.op != Continuation {
		state |= ws.StateFragmented
	}
	h, err := ws.ReadHeaderBuffer(unread{c}, c.heading[:])
	return h, checkHead(h, err, state, MaxFromClient-len(c.message))
}

// checkHead refuses the head of a frame (RFC 6455, section 5.2), or the error of reading it, by
// what the library finds wrong in that state and by the longest payload, in bytes.
func checkHead(h ws.Header, err error, state ws.State, longest int) error {
	switch {
	case errors.Is(err, ws.ErrHeaderLengthMSB):
		return ViolationError(ws.StatusProtocolError)
	case err != nil:
		return err
	case ws.CheckHeader(h, state) != nil:
		return ViolationError(ws.StatusProtocolError)
	case h.Length > int64(longest):
		return ViolationError(MessageTooBig)
	}
	return nil
}

// payload reads the payload of a frame and takes its mask off.
func (c *Conn) payload(h ws.Header) (p []byte, err error) {
	if n := int(h.Length); n <= int(c.to-c.from) {
		p = c.buffer[c.from : int(c.from)+n]
		c.from += uint8(n)
	} else {
		p = make([]byte, n)
		_, err = io.ReadFull(unread{c}, p)
	}
	ws.Cipher(p, h.Mask, 0)
	return p, err
}

// unread reads a connection's buffered bytes, then the network.
type unread struct{ *Conn }

// Read implements [io.Reader].
func (c unread) Read(p []byte) (n int, err error) {
	if c.from == c.to && len(p) >= len(c.buffer) {
		return c.more(p)
	}
	if err := c.await(); err != nil {
		return 0, err
	}
	n = copy(p, c.buffer[c.from:c.to])
	c.from += uint8(n)
	return n, nil
}

// more reads what came early, then from the network.
func (c *Conn) more(p []byte) (n int, err error) {
	if len(c.early) == 0 {
		return c.Read(p)
	}
	n = copy(p, c.early)
	if c.early = c.early[n:]; len(c.early) == 0 {
		c.early = nil
	}
	return n, nil
}

// answerTo is the close code that a peer's close frame is answered with (RFC 6455, sections
// 5.5.1 and 7.4), zero for none: its own where that is one that may be sent.
func answerTo(payload []byte) Code {
	if len(payload) == 0 {
		return 0
	}
	if len(payload) == 1 {
		return ws.StatusProtocolError
	}
	switch code := Code(binary.BigEndian.Uint16(payload)); {
	case !utf8.Valid(payload[2:]):
		return ws.StatusInvalidFramePayloadData
	case code.IsApplicationSpec() || code.IsPrivateSpec():
		return code
	// 1012 to 1014 came after the RFC, by IANA's register.
	case code.IsProtocolDefined() && !code.IsProtocolReserved(), code >= 1012 && code <= 1014:
		return ws.StatusNormalClosure
	}
	return ws.StatusProtocolError
}
