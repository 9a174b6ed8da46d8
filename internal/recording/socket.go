package recording

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"github.com/parley-chat/parley/internal/awswire"
)

const (
	closeGoingAway = int(ws.StatusGoingAway)
	closeAbnormal  = int(ws.StatusAbnormalClosure)
	// refusalPause is how long a refused upgrade is left waiting: chatjs comes back at once.
	refusalPause = 1500 * time.Millisecond
	maxHeld      = 512
	// maxFrame is the longest frame taken from a client, in bytes; maxWaiting how many wait for
	// a slow one.
	maxFrame   = 128 << 10
	maxWaiting = 1024
	// writeTime is how long a client may take to accept a frame, parting how long to answer a
	// close frame.
	writeTime = 10 * time.Second
	parting   = time.Second
)

// Answers of the server.
const (
	heartbeatAnswer = `{"topic":"aws/heartbeat"}`
	pingAnswer      = `{"topic":"aws/ping","statusCode":200,"statusContent":"OK"}`
	subscribed      = `{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}`
	unsubscribed    = `{"topic":"aws/subscribe","content":{"status":"failure","topics":["aws/chat"]}}`
)

// socket is a client's chat socket.
type socket struct {
	session *session
	conn    net.Conn
	number  uint64 // what the tap calls it

	mu      sync.Mutex
	queue   []outgoing
	news    chan struct{} // holds one when there is something to write
	code    int           // of the close frame that ends the queue; zero while the socket stays
	told    bool
	closing bool
}

// outgoing is a frame to be written.
type outgoing struct {
	op     ws.OpCode
	text   []byte
	tapped bool
}

// serveSocket opens a socket.
func (p *Player) serveSocket(w http.ResponseWriter, r *http.Request) {
	s := p.of(r.URL.Query().Get("t"), socketTicket)
	p.called(r, "WebSocket", s)
	k := &socket{session: s, news: make(chan struct{}, 1)}
	if s == nil || s.ended() {
		p.refuse(w, r, denied())
		return
	}
	if !p.admit(k) {
		p.refuse(w, r, &awswire.Error{
			Status: http.StatusServiceUnavailable, Name: "ServiceUnavailableException", Message: "No further socket is taken now.",
		})
		return
	}
	conn, rw, _, err := ws.UpgradeHTTP(r, w)
	if err != nil { // which was answered
		p.forgetSocket(k)
		return
	}
	_ = conn.SetDeadline(time.Time{}) // the server's time limits are for requests
	p.mu.Lock()
	k.conn = conn
	draining := p.draining
	p.mu.Unlock()
	if p.tap != nil {
		contact, who, role := s.holder()
		k.number = p.tap.Opened(r, contact, who, role)
	}
	p.running.Go(k.write)
	// Not on this goroutine: the server would count the request as one in progress.
	go k.read(rw.Reader) // ends with the connection; Shutdown waits for forgetSocket
	if draining {
		k.leave(closeGoingAway)
	}
}

// refuse answers an upgrade with an error, after a pause.
func (p *Player) refuse(w http.ResponseWriter, r *http.Request, refusal *awswire.Error) {
	if p.held.Add(1) <= maxHeld {
		pause := time.NewTimer(refusalPause)
		select {
		case <-pause.C:
		case <-p.ctx.Done():
		case <-r.Context().Done():
		}
		pause.Stop()
	}
	p.held.Add(-1)
	awswire.WriteError(w, refusal)
}

func (p *Player) admit(k *socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.draining || len(p.sockets) >= maxSockets {
		return false
	}
	p.sockets[k] = struct{}{}
	p.running.Add(1)
	return true
}

func (p *Player) forgetSocket(k *socket) {
	p.mu.Lock()
	delete(p.sockets, k)
	p.mu.Unlock()
	p.running.Done()
}

// read reads frames until the connection ends.
func (k *socket) read(from io.Reader) {
	p := k.session.player
	defer p.forgetSocket(k)
	code, out := closeAbnormal, false
	reader := wsutil.Reader{
		Source: from, State: ws.StateServerSide, CheckUTF8: true, MaxFrameSize: maxFrame,
		OnIntermediate: func(h ws.Header, payload io.Reader) error { return k.control(h, payload) },
	}
	for {
		header, err := reader.NextFrame()
		if errors.Is(err, wsutil.ErrFrameTooLarge) {
			code, out = int(ws.StatusMessageTooBig), true
			k.leave(code)
		}
		if err != nil {
			break
		}
		if header.OpCode == ws.OpClose {
			body, _ := io.ReadAll(&reader) // a close frame without a code has none
			code = int(ws.StatusNoStatusRcvd)
			if len(body) >= 2 {
				status, _ := ws.ParseCloseFrameData(body)
				code = int(status)
			}
			k.leave(int(ws.StatusNormalClosure))
			break
		}
		if header.OpCode.IsControl() {
			if k.control(header, &reader) != nil {
				break
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(&reader, maxFrame+1))
		if err != nil || len(text) > maxFrame {
			if len(text) > maxFrame { // in fragments
				code, out = int(ws.StatusMessageTooBig), true
				k.leave(code)
			}
			break
		}
		k.received(string(text))
	}
	k.end(out, code)
}

// end ends the life of a socket whose reading has ended.
func (k *socket) end(out bool, code int) {
	p := k.session.player
	k.session.left(k)
	k.mu.Lock()
	if left := k.code; left != 0 && code == closeAbnormal {
		out, code = true, left // the client closed without an answer to the close frame
	}
	told := k.told
	k.told = true
	if k.code == 0 {
		k.code = int(ws.StatusNormalClosure) // ends the writer
	}
	k.mu.Unlock()
	k.wake()
	if !told && p.tap != nil {
		p.tap.Closed(k.number, out, code)
	}
}

// control answers a ping.
func (k *socket) control(h ws.Header, payload io.Reader) error {
	const longest = 125 // RFC 6455, section 5.5
	body, err := io.ReadAll(io.LimitReader(payload, longest))
	if err == nil && h.OpCode == ws.OpPing {
		k.put(outgoing{op: ws.OpPong, text: body})
	}
	return err
}

// received heeds a frame of the client.
func (k *socket) received(frame string) {
	switch topic := topicOf(frame); topic {
	case "aws/heartbeat":
		k.put(outgoing{op: ws.OpText, text: []byte(heartbeatAnswer)})
	case "aws/ping":
		k.put(outgoing{op: ws.OpText, text: []byte(pingAnswer)})
	default:
		if tap := k.session.player.tap; tap != nil {
			tap.Frame(k.number, false, []byte(frame))
		}
		if topic != "aws/subscribe" {
			return
		}
		if !strings.Contains(frame, `"aws/chat"`) {
			k.send([]byte(unsubscribed), true)
			return
		}
		k.send([]byte(subscribed), true)
		k.session.subscribed(k)
	}
}

// topicOf reads what a frame is about. The iOS SDK writes a stray ")" after it.
func topicOf(frame string) string {
	var in struct{ Topic string }
	if decode(strings.TrimRight(strings.TrimSpace(frame), ")"), &in) != nil {
		return ""
	}
	return in.Topic
}

// send sends a text frame.
func (k *socket) send(text []byte, tapped bool) {
	k.put(outgoing{op: ws.OpText, text: text, tapped: tapped})
}

// put appends to what is written. A client that does not read is cut off.
func (k *socket) put(o outgoing) {
	k.mu.Lock()
	if k.code == 0 {
		k.queue = append(k.queue, o)
		if len(k.queue) > maxWaiting {
			k.code = int(ws.StatusPolicyViolation)
			k.queue = nil
		}
	}
	k.mu.Unlock()
	k.wake()
}

func (k *socket) wake() {
	select {
	case k.news <- struct{}{}:
	default:
	}
}

// leave closes the socket once everything that waits is written.
func (k *socket) leave(code int) {
	k.mu.Lock()
	if k.code == 0 {
		k.code = code
	}
	k.mu.Unlock()
	k.wake()
}

// cut ends the connection at once.
func (k *socket) cut() {
	k.mu.Lock()
	k.closing = true
	k.mu.Unlock()
	if k.conn != nil {
		_ = k.conn.Close() // reading ends with it
	}
	k.wake()
}

// write writes what is put, until the socket is closed.
func (k *socket) write() {
	defer func() { _ = k.conn.Close() }() // nothing is expected of it any more
	for range k.news {
		k.mu.Lock()
		queue, code, closing := k.queue, k.code, k.closing
		k.queue = nil
		k.mu.Unlock()
		if closing {
			return
		}
		for _, o := range queue {
			if o.tapped && k.session.player.tap != nil {
				k.session.player.tap.Frame(k.number, true, o.text)
			}
			if k.frame(o.op, o.text) != nil {
				return
			}
		}
		if code != 0 {
			if code != closeAbnormal { // which is to be no close frame at all
				k.goodbye(code)
			}
			return
		}
	}
}

// goodbye sends a close frame and gives the client a moment to answer.
func (k *socket) goodbye(code int) {
	if k.frame(ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), "")) != nil {
		return
	}
	k.mu.Lock()
	answered := k.told
	k.mu.Unlock()
	if answered {
		return
	}
	late := time.NewTimer(parting)
	defer late.Stop()
	for {
		select {
		case <-late.C:
			return
		case <-k.news:
			k.mu.Lock()
			over := k.told || k.closing
			k.mu.Unlock()
			if over {
				return
			}
		}
	}
}

func (k *socket) frame(op ws.OpCode, text []byte) error {
	_ = k.conn.SetWriteDeadline(time.Now().Add(writeTime)) // a connection without deadlines has none to keep
	frame, err := ws.CompileFrame(ws.NewFrame(op, true, text))
	if err != nil {
		return err
	}
	_, err = k.conn.Write(frame)
	return err
}
