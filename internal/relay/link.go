package relay

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chatsocket"
)

// parting is how long both sides may take to answer a close frame.
const parting = 2 * time.Second

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
	number uint64 // the tap's number of it

	client, service *chatsocket.Side // set under mu

	mu      sync.Mutex
	leaving chatsocket.Code // with which it was told to leave before it began
	told    bool            // the tap of the end
	ending  *time.Timer
	over    bool // no new timer
}

var _ chatsocket.Socket = (*link)(nil)

// begin gives a link its two sides.
func (l *link) begin(client, service *chatsocket.Side) {
	l.mu.Lock()
	l.client, l.service = client, service
	leaving := l.leaving
	l.mu.Unlock()
	if leaving != 0 { // it was told between admission and here
		l.Leave(leaving)
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
	l.relay.sockets.Remove(l)
}

// close ends both connections.
func (l *link) close() {
	l.client.Close()
	l.service.Close()
}

// Cut implements [chatsocket.Socket].
func (l *link) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client != nil {
		l.close()
	}
}

// carry carries the frames of one direction until a close frame has passed or a connection has
// ended.
func (l *link) carry(from, to *chatsocket.Side, fromClient bool) {
	for {
		frame, err := from.Read()
		if wrong, ok := errors.AsType[chatsocket.ViolationError](err); ok {
			l.leave(chatsocket.Code(wrong))
			return
		}
		if err != nil {
			// After a close frame the connection's end is the ordinary one. Before, it is what
			// the other side has to see.
			l.ended(!fromClient, chatsocket.AbnormalClosure)
			l.close()
			return
		}
		if frame.Op == chatsocket.Close {
			l.ended(!fromClient, chatsocket.CodeOf(frame.Payload))
			if to.Write(frame) != nil {
				l.close()
			}
			l.end()
			return
		}
		if text, ok := from.Message(frame); ok && !chatsocket.IsHeartbeat(text) {
			l.seen(!fromClient, text)
		}
		switch err := to.Write(frame); {
		case errors.Is(err, chatsocket.ErrLeft): // what comes after the close frame is for nobody
		case err != nil:
			l.ended(fromClient, chatsocket.AbnormalClosure)
			l.close()
			return
		}
	}
}

// Leave implements [chatsocket.Socket].
func (l *link) Leave(code chatsocket.Code) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil {
		l.leaving = code
		return
	}
	go l.leave(code) // writing blocks; it ends with the link
}

// leave ends the link from here, with a close frame to either side.
func (l *link) leave(code chatsocket.Code) {
	l.ended(true, code)
	l.end()
	for _, s := range []*chatsocket.Side{l.client, l.service} {
		_ = s.WriteClose(code) // one that is gone needs none
	}
}

// end gives the sides a moment to answer a close frame.
func (l *link) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending == nil && !l.over {
		l.ending = time.AfterFunc(parting, l.close)
	}
}

// ended tells the tap of the first end, once.
func (l *link) ended(out bool, code chatsocket.Code) {
	l.mu.Lock()
	told := l.told
	l.told = true
	l.mu.Unlock()
	if !told && l.relay.tap != nil {
		l.relay.tap.Closed(l.number, out, int(code), "")
	}
}

// seen tells the tap of a text message, and learns from it whose chat it is.
func (l *link) seen(out bool, text []byte) {
	if l.relay.tap != nil {
		l.relay.tap.Frame(l.number, out, text, "")
	}
	if !out || l.known {
		return
	}
	_, content := chatsocket.Read(text)
	var item struct{ InitialContactID, ContactID string }
	if !reads([]byte(content), &item) {
		return
	}
	if contact := cmp.Or(item.InitialContactID, item.ContactID); contact != "" {
		l.known = true
		if l.relay.known.of(l.holder).contact == "" {
			l.relay.known.learn(l.holder, holder{contact: contact})
		}
	}
}
