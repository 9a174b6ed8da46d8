package participant

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// violation is the close code for what a client must not send.
type violation ws.StatusCode

// Error implements error.
func (v violation) Error() string {
	return fmt.Sprintf("the client's frame is answered with close code %d", uint16(v))
}

// incoming is what was read of a connection.
type incoming struct {
	early []byte // came with the request for the upgrade
	// buffer[from:to] was read and not used. The frames of a page are hardly longer.
	buffer   [64]byte
	from, to uint8
	// heading is where the head of a frame is decoded.
	heading [ws.MaxHeaderSize]byte
	// message is what has come of a message in fragments, of the kind op; op is
	// [ws.OpContinuation] outside of one.
	message []byte
	op      ws.OpCode
}

// await waits for the first bytes of the next frame, where few calls lie between the goroutine
// and the network: that keeps its stack small.
func (c *wire) await() error {
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
func (c *wire) next() (op ws.OpCode, payload []byte, err error) {
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
		case h.OpCode != ws.OpContinuation && h.Fin:
			return h.OpCode, payload, valid(h.OpCode, payload)
		case h.OpCode != ws.OpContinuation:
			c.op = h.OpCode
		}
		c.message = append(c.message, payload...)
		if h.Fin {
			op, payload = c.op, c.message
			c.op, c.message = ws.OpContinuation, nil
			return op, payload, valid(op, payload)
		}
	}
}

// valid refuses text that is not UTF-8.
func valid(op ws.OpCode, payload []byte) error {
	if op == ws.OpText && !utf8.Valid(payload) {
		return violation(ws.StatusInvalidFramePayloadData)
	}
	return nil
}

// head reads the head of a frame (RFC 6455, section 5.2) and refuses what a client must not
// send: what the library checks, and messages that are too long.
func (c *wire) head() (ws.Header, error) {
	state := ws.StateServerSide
	if c.op != ws.OpContinuation {
		state |= ws.StateFragmented
	}
	h, err := ws.ReadHeaderBuffer(unread{c}, c.heading[:])
	switch {
	case errors.Is(err, ws.ErrHeaderLengthMSB):
		return h, violation(ws.StatusProtocolError)
	case err != nil:
		return h, err
	case ws.CheckHeader(h, state) != nil:
		return h, violation(ws.StatusProtocolError)
	case h.Length > maxFrame || int(h.Length)+len(c.message) > maxFrame:
		return h, violation(ws.StatusMessageTooBig)
	}
	return h, nil
}

// payload reads the payload of a frame and takes its mask off.
func (c *wire) payload(h ws.Header) (p []byte, err error) {
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

// unread is what a connection still has to say.
type unread struct{ *wire }

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
func (c *wire) more(p []byte) (n int, err error) {
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
func answerTo(payload []byte) ws.StatusCode {
	if len(payload) == 0 {
		return 0
	}
	if len(payload) == 1 {
		return ws.StatusProtocolError
	}
	switch code := ws.StatusCode(binary.BigEndian.Uint16(payload)); {
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
