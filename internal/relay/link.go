package relay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

const (
	// maxFromClient is the longest frame taken from a client, in bytes, the limit of API
	// Gateway; maxFromService that of the service. Longer ones end the link with 1009.
	maxFromClient  = 128 << 10
	maxFromService = 1 << 20
	// writeTime is how long a side may take to accept what is written to it.
	writeTime = 10 * time.Second
	// parting is how long a side may take to answer a close frame.
	parting = 2 * time.Second
)

// link carries frames between a client's socket and the service's. Each direction has one
// goroutine and one buffer: it reads a frame and writes it before it reads the next, so that
// nothing piles up here and a slow reader slows down the sender, as without a relay.
//
// Frames go over as they came: fragments, pings and pongs, close frames with their codes. A
// side that is lost without a close frame is lost for the other one, too.
type link struct {
	relay  *Relay
	holder digest
	known  bool   // whose chat it is; only the goroutine that reads the service uses it
	number uint64 // what the tap calls it

	client, service *side

	mu     sync.Mutex
	told   bool // the tap of the end
	ending *time.Timer
	over   bool // no new timer
}

// side is one of the two sockets.
type side struct {
	conn   io.ReadWriteCloser
	reader *bufio.Reader
	mask   bool // of what is written

	writing sync.Mutex
	left    bool   // a close frame is out; nothing is written after it
	frame   []byte // a buffer for what is written
}

// begin gives a link its two sides.
func (l *link) begin(conn net.Conn, reader *bufio.Reader, o *opened) {
	l.relay.mu.Lock()
	defer l.relay.mu.Unlock()
	l.client = &side{conn: conn, reader: reader}
	l.service = &side{conn: o.conn, reader: bufio.NewReader(o.conn), mask: true}
	if l.relay.draining { // it began between admission and here
		go l.leave(ws.StatusGoingAway) // it ends with the link
	}
}

// run carries frames until both directions have ended.
func (l *link) run() {
	var directions sync.WaitGroup
	directions.Go(func() { l.carry(l.client, l.service, true) })
	l.carry(l.service, l.client, false)
	directions.Wait()
	l.mu.Lock()
	l.over = true
	if l.ending != nil {
		l.ending.Stop()
	}
	l.mu.Unlock()
	l.close()
	l.relay.forget(l)
}

// close ends both connections.
func (l *link) close() {
	for _, s := range []*side{l.client, l.service} {
		_ = s.conn.Close() // nothing is expected of it any more
	}
}

// cut is close for a link that may not have begun. The caller holds the relay's lock.
func (l *link) cut() {
	if l.client != nil {
		l.close()
	}
}

// violation is a frame that is not passed on; its code ends the link.
type violation ws.StatusCode

// Error implements error.
func (violation) Error() string { return "a frame was not passed on" }

// carry carries the frames of one direction until a close frame has passed or a connection has
// ended.
func (l *link) carry(from, to *side, fromClient bool) {
	c := carrier{longest: maxFromService, fromClient: fromClient}
	if fromClient {
		c.longest = maxFromClient
	}
	for {
		header, payload, err := c.read(from.reader)
		if wrong, ok := errors.AsType[violation](err); ok {
			l.leave(ws.StatusCode(wrong))
			return
		}
		if err != nil {
			// After a close frame the connection's end is the ordinary one. Before, it is what
			// the other side has to see.
			l.ended(!fromClient, ws.StatusAbnormalClosure)
			l.close()
			return
		}
		if header.OpCode == ws.OpClose {
			l.ended(!fromClient, codeOf(payload))
			if to.write(header, payload) != nil {
				l.close()
			}
			l.end()
			return
		}
		if text := c.text(header, payload); text != nil {
			l.seen(!fromClient, text)
		}
		switch err := to.write(header, payload); {
		case errors.Is(err, errLeft): // what comes after the close frame is for nobody
		case err != nil:
			l.ended(fromClient, ws.StatusAbnormalClosure)
			l.close()
			return
		}
	}
}

// codeOf is the code of a close frame.
func codeOf(payload []byte) ws.StatusCode {
	if len(payload) < 2 {
		return ws.StatusNoStatusRcvd
	}
	return ws.StatusCode(binary.BigEndian.Uint16(payload))
}

// leave ends the link from here, with a close frame to either side.
func (l *link) leave(code ws.StatusCode) {
	l.relay.mu.Lock()
	begun := l.client != nil
	l.relay.mu.Unlock()
	if !begun {
		return // begin finds out
	}
	l.ended(true, code)
	l.end()
	body := ws.NewCloseFrameBody(code, "")
	header := ws.Header{Fin: true, OpCode: ws.OpClose, Length: int64(len(body))}
	for _, s := range []*side{l.client, l.service} {
		_ = s.write(header, body) // one that is gone needs none
	}
}

// end gives the sides a moment to say goodbye.
func (l *link) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending == nil && !l.over {
		l.ending = time.AfterFunc(parting, l.close)
	}
}

// ended tells the tap of the end, once: what was first.
func (l *link) ended(out bool, code ws.StatusCode) {
	l.mu.Lock()
	told := l.told
	l.told = true
	l.mu.Unlock()
	if !told && l.relay.tap != nil {
		l.relay.tap.Closed(l.number, out, int(code))
	}
}

// errLeft is what writing fails with after the close frame.
var errLeft = errors.New("the socket is closing")

// write writes a frame in one piece. It blocks until the system has taken it, at most for
// writeTime: then the connection is closed.
func (s *side) write(header ws.Header, payload []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.left {
		return errLeft
	}
	s.left = header.OpCode == ws.OpClose
	frame := ws.Frame{Header: header, Payload: payload}
	frame.Header.Masked, frame.Header.Mask = false, [4]byte{}
	if s.mask {
		frame = ws.MaskFrame(frame) // copies the payload
	}
	s.frame = appendFrame(s.frame[:0], frame)
	stalled := time.AfterFunc(writeTime, func() { _ = s.conn.Close() })
	defer stalled.Stop()
	_, err := s.conn.Write(s.frame)
	if cap(s.frame) > keptBuffer {
		s.frame = nil
	}
	return err
}

// keptBuffer is how long a buffer may be to be kept for the next frame.
const keptBuffer = 16 << 10

// appendFrame encodes a frame.
func appendFrame(to []byte, f ws.Frame) []byte {
	b := writer{to}
	_ = ws.WriteHeader(&b, f.Header) // fails for a negative length only
	return append(b.bytes, f.Payload...)
}

type writer struct{ bytes []byte }

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (int, error) {
	w.bytes = append(w.bytes, p...)
	return len(p), nil
}
