package chatsocket

import (
	"bufio"
	"io"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// Frame is one frame without its mask.
type Frame struct {
	Op Op
	// Final reports that no fragment of the message follows.
	Final   bool
	Payload []byte
}

// Side is one end of a socket that is read and written frame by frame: fragments and control
// frames pass as they are, and nothing is answered. One goroutine may read; Write and Close may be
// called by any.
type Side struct {
	conn    io.ReadWriteCloser
	from    io.Reader
	state   ws.State // what frames that come are checked against; the reader's
	masks   bool     // frames that leave, as a client has to
	longest int      // of frames that come
	heading [ws.MaxHeaderSize]byte
	payload []byte
	isText  bool   // the message in fragments that has begun is text
	message []byte // its fragments so far

	writing sync.Mutex
	left    bool   // a close frame is out; nothing is written after it
	frame   []byte // a buffer for writing
}

// keptBuffer is how long a buffer may be, in bytes, to be kept for the next frame.
const keptBuffer = 16 << 10

// ServerSide returns the end of a server. The connection must not be used otherwise.
func ServerSide(conn *Conn) *Side {
	return &Side{conn: conn.Conn, from: bufio.NewReader(unread{conn}), state: ws.StateServerSide, longest: MaxFromClient}
}

// ClientSide returns the end of a client, on a connection that [Dial] has opened.
func ClientSide(conn io.ReadWriteCloser) *Side {
	return &Side{conn: conn, from: bufio.NewReader(conn), state: ws.StateClientSide, masks: true, longest: MaxFromServer}
}

// Read reads a frame. The payload is good until the next call. The error for a frame that the
// peer must not send is a [ViolationError].
func (s *Side) Read() (Frame, error) {
	h, err := ws.ReadHeaderBuffer(s.from, s.heading[:])
	if err := checkHead(h, err, s.state, s.longest); err != nil {
		return Frame{}, err
	}
	n := int(h.Length)
	if cap(s.payload) < n || cap(s.payload) > keptBuffer && n <= keptBuffer {
		s.payload = make([]byte, max(n, 512))
	}
	payload := s.payload[:n]
	if _, err := io.ReadFull(s.from, payload); err != nil {
		return Frame{}, err
	}
	if h.Masked {
		ws.Cipher(payload, h.Mask, 0)
	}
	if !h.OpCode.IsControl() {
		s.state = s.state.Clear(ws.StateFragmented)
		if !h.Fin {
			s.state = s.state.Set(ws.StateFragmented)
		}
	}
	return Frame{h.OpCode, h.Fin, payload}, nil
}

// Write writes a frame in one piece. It blocks until the system has taken it, at most for ten
// seconds: then the connection is closed. After a close frame it fails with [ErrLeft].
func (s *Side) Write(f Frame) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.left {
		return ErrLeft
	}
	s.left = f.Op == Close
	out := ws.Frame{Header: ws.Header{Fin: f.Final, OpCode: f.Op, Length: int64(len(f.Payload))}, Payload: f.Payload}
	if s.masks {
		out = ws.MaskFrame(out) // copies the payload
	}
	b := writer{s.frame[:0]}
	_ = ws.WriteHeader(&b, out.Header) // fails for a negative length only
	s.frame = append(b.bytes, out.Payload...)
	stalled := time.AfterFunc(writeTime, s.Close)
	defer stalled.Stop()
	_, err := s.conn.Write(s.frame)
	if cap(s.frame) > keptBuffer {
		s.frame = nil
	}
	return err
}

// WriteClose writes a close frame.
func (s *Side) WriteClose(code Code) error {
	return s.Write(Frame{Close, true, ws.NewCloseFrameBody(code, "")})
}

// Close closes the connection, without a close frame.
func (s *Side) Close() { _ = s.conn.Close() } // nothing is expected of it any more

type writer struct{ bytes []byte }

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}

// Message puts text messages together. It takes every frame that was read and returns the text
// message that the frame completes; ok is false for a frame that completes none. What exceeds the
// longest frame is cut off. Only the reading goroutine calls it.
func (s *Side) Message(f Frame) (text []byte, ok bool) {
	switch {
	case f.Op.IsControl():
		return nil, false
	case f.Op == Text && f.Final:
		return f.Payload, true
	case f.Op == Text || f.Op == Binary:
		s.isText, s.message = f.Op == Text, nil
	}
	if !s.isText {
		return nil, false
	}
	s.message = append(s.message, f.Payload[:min(len(f.Payload), s.longest-len(s.message))]...)
	if !f.Final {
		return nil, false
	}
	text, s.message, s.isText = s.message, nil, false
	return text, true
}
