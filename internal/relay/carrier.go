package relay

import (
	"bytes"
	"errors"
	"io"

	"github.com/gobwas/ws"
)

// carrier reads the frames of one direction.
type carrier struct {
	longest    int
	fromClient bool
	buffer     []byte
	// fragmented says that a message has begun and not ended; message is what has come of it
	// when it is text, as far as it is kept.
	fragmented, isText bool
	message            []byte
}

// read reads a frame and takes its mask off. The payload is good until the next call.
func (c *carrier) read(from io.Reader) (ws.Header, []byte, error) {
	header, err := ws.ReadHeader(from)
	switch {
	case errors.Is(err, ws.ErrHeaderLengthMSB):
		return header, nil, violation(ws.StatusProtocolError)
	case err != nil:
		return header, nil, err
	case ws.CheckHeader(header, state(c.fromClient, c.fragmented)) != nil:
		return header, nil, violation(ws.StatusProtocolError)
	case header.Length > int64(c.longest):
		return header, nil, violation(ws.StatusMessageTooBig)
	}
	n := int(header.Length)
	if cap(c.buffer) < n || cap(c.buffer) > keptBuffer && n <= keptBuffer {
		c.buffer = make([]byte, max(n, 512))
	}
	payload := c.buffer[:n]
	if _, err := io.ReadFull(from, payload); err != nil {
		return header, nil, err
	}
	if header.Masked {
		ws.Cipher(payload, header.Mask, 0)
	}
	if !header.OpCode.IsControl() {
		c.fragmented = !header.Fin
	}
	return header, payload, nil
}

// text returns the text message that a frame completes; nil for none. Heartbeats are left out.
func (c *carrier) text(header ws.Header, payload []byte) []byte {
	switch {
	case header.OpCode.IsControl():
		return nil
	case header.OpCode == ws.OpText && header.Fin:
		return spoken(payload)
	case header.OpCode == ws.OpText:
		c.isText, c.message = true, append([]byte(nil), payload...)
		return nil
	case header.OpCode == ws.OpBinary:
		c.isText, c.message = false, nil
		return nil
	case !c.isText:
		return nil
	}
	// A message in fragments may be longer than a frame; only this much is looked at.
	c.message = append(c.message, payload[:min(len(payload), c.longest-len(c.message))]...)
	if !header.Fin {
		return nil
	}
	whole := c.message
	c.message = nil
	return spoken(whole)
}

// spoken returns what is no heartbeat or answer to one: those say nothing and are most frames.
func spoken(text []byte) []byte {
	const short = 100
	if len(text) <= short && (bytes.Contains(text, []byte(`"aws/heartbeat"`)) || bytes.Contains(text, []byte(`"aws/ping"`))) {
		return nil
	}
	return text
}

// seen tells the tap of a frame, and learns from it whose chat it is.
func (l *link) seen(out bool, text []byte) {
	if l.relay.tap != nil {
		l.relay.tap.Frame(l.number, out, text)
	}
	if !out || l.known {
		return
	}
	var frame struct{ Content any }
	if !reads(text, &frame) {
		return
	}
	content, _ := frame.Content.(string) // that of an answer is an object
	var item struct{ ContactID string }
	if reads([]byte(content), &item) && item.ContactID != "" {
		l.known = true
		if l.relay.known.of(l.holder).contact == "" {
			l.relay.known.learn(l.holder, holder{contact: item.ContactID})
		}
	}
}
