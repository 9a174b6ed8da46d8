package recording

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/participant"
)

// maxWaiting is how many frames wait for a slow client. One that has more to read is cut off.
const maxWaiting = 1024

// socket is a client's chat socket. Its connection's goroutine reads; a second one exists while
// there is something to write.
type socket struct {
	session *session
	number  uint64 // the tap's number of it

	mu      sync.Mutex
	conn    *chatsocket.Conn // nil before the upgrade
	queue   []outgoing
	writing bool            // the writing goroutine exists
	code    chatsocket.Code // ends the queue; zero while the socket stays
	gone    bool
}

var (
	_ chatsocket.Socket  = (*socket)(nil)
	_ chatsocket.Handler = (*socket)(nil)
)

// outgoing is a frame to be written.
type outgoing struct {
	op     chatsocket.Op
	text   string
	tapped bool
}

// serveSocket opens a socket.
func (p *Player) serveSocket(w http.ResponseWriter, r *http.Request) {
	key, ok := chatsocket.Handshake(w, r)
	if !ok {
		return
	}
	k := &socket{session: p.of(r.URL.Query().Get("t"), socketTicket)}
	p.called(r, participant.SocketAction, k.session)
	refusal := p.open.Add(k)
	if refusal == nil && (k.session == nil || k.session.ended()) {
		p.open.Remove(k)
		refusal = denied()
	}
	if wire, ok := errors.AsType[*awswire.Error](refusal); ok {
		p.open.Refuse(r, func() { awswire.WriteError(w, wire) })
		return
	}
	conn, err := chatsocket.Upgrade(w, key, "")
	if err != nil {
		p.log.LogAttrs(r.Context(), slog.LevelWarn, "socket not opened", slog.Any("error", err))
		p.open.Remove(k)
		return
	}
	if p.tap != nil {
		contact, who, role := k.session.holder()
		k.number = p.tap.Opened(r, contact, who, role)
	}
	k.mu.Lock()
	k.conn = conn
	k.start() // it may have been told to leave meanwhile
	k.mu.Unlock()
	// Not on this goroutine: the server would count the request as one in progress.
	go conn.Serve(k) // ends with the connection; Shutdown waits for Remove
}

// Text implements [chatsocket.Handler].
func (k *socket) Text(frame []byte) (plain bool) {
	request, plain := chatsocket.ReadRequest(frame)
	if tap := k.session.player.tap; tap != nil && !request.IsHeartbeat() {
		tap.Frame(k.number, false, frame, "")
	}
	if request == chatsocket.SubscribeRequest {
		k.send(chatsocket.Subscribed)
		k.session.subscribed(k)
	} else if answer := request.Answer(); answer != "" {
		k.put(outgoing{op: chatsocket.Text, text: answer, tapped: !request.IsHeartbeat()})
	}
	return plain
}

// Control implements [chatsocket.Handler].
func (k *socket) Control(op chatsocket.Op, payload []byte) {
	if op == chatsocket.Ping {
		k.put(outgoing{op: chatsocket.Pong, text: string(payload)})
	}
}

// Frozen implements [chatsocket.Handler].
func (*socket) Frozen(bool) bool { return false }

// Failed implements [chatsocket.Handler].
func (k *socket) Failed(err error) {
	k.session.player.log.Warn("a frame could not be handled", slog.Any("error", err))
}

// Gone implements [chatsocket.Handler].
func (k *socket) Gone(end chatsocket.Ending) {
	p := k.session.player
	k.session.left(k)
	k.mu.Lock()
	k.gone, k.queue = true, nil
	cut := k.code == chatsocket.AbnormalClosure // by the recorded server
	k.mu.Unlock()
	if p.tap != nil {
		p.tap.Closed(k.number, end.Ours || cut, int(end.Code), "")
	}
	p.open.Remove(k)
}

// send sends a text frame that the tap hears of.
func (k *socket) send(text string) {
	k.put(outgoing{op: chatsocket.Text, text: text, tapped: true})
}

// put appends to the queue. A client that does not read is cut off.
func (k *socket) put(o outgoing) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.code != 0 {
		return
	}
	if k.queue = append(k.queue, o); len(k.queue) > maxWaiting {
		k.queue, k.code = nil, chatsocket.TooSlow
		if k.conn != nil {
			k.conn.Hurry()
		}
	}
	k.start()
}

// Leave implements [chatsocket.Socket]. The code of an abnormal closure cuts the connection.
func (k *socket) Leave(code chatsocket.Code) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.code == 0 {
		k.code = code
	}
	k.start()
}

// Cut implements [chatsocket.Socket].
func (k *socket) Cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn != nil {
		k.conn.Abort()
	}
}

// start makes sure that somebody writes. The caller holds the lock.
func (k *socket) start() {
	if k.conn != nil && !k.writing && !k.gone {
		k.writing = true
		k.session.player.open.Go(k.write)
	}
}

// write writes what waits, and closes the socket when that is due.
func (k *socket) write() {
	for {
		k.mu.Lock()
		queue, code := k.queue, k.code
		k.queue = nil
		if len(queue) == 0 && code == 0 {
			k.writing = false
			k.mu.Unlock()
			return
		}
		k.mu.Unlock()
		for _, o := range queue {
			if tap := k.session.player.tap; tap != nil && o.tapped {
				tap.Frame(k.number, true, []byte(o.text), "")
			}
			if err := k.conn.Send(o.op, []byte(o.text)); err != nil {
				if !errors.Is(err, chatsocket.ErrLeft) {
					k.conn.Abort()
				}
				return // with writing set: nothing more is written
			}
		}
		switch code {
		case 0:
		case chatsocket.AbnormalClosure:
			k.conn.Abort()
			return
		default:
			k.conn.End(code)
			return
		}
	}
}
