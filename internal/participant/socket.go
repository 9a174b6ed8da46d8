package participant

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	// maxWaiting and maxWaitingBytes bound what waits for a slow reader.
	maxWaiting      = 256
	maxWaitingBytes = 256 << 10
	// pingEvery is how often a silent peer is asked whether it is there, pongTime how long it
	// may take to answer. The clients' own heartbeats do not count: native ones stop them
	// after one missed answer, and a page in the background sends them late.
	pingEvery = 30 * time.Second
	pongTime  = 20 * time.Second
	// confirmAfter is how long after an item a ping follows. Its answer is the proof that
	// the client has the item; what is not proven when a connection breaks is shown again.
	confirmAfter = 250 * time.Millisecond
	// farewell is how long a client has after chat.ended to close by itself.
	farewell = 1500 * time.Millisecond
	// lateEcho is how long strict rules hold back the echo of a participant's own item.
	lateEcho = 30 * time.Millisecond
)

// socket is a participant's chat socket. It has one goroutine, which reads; a second one
// exists only while there is something to write. Its one timer is the runtime's: those are
// kept in a heap by the runtime and cost no goroutine until they fire.
type socket struct {
	service *Service
	hold    *chat.Socket
	conn    *chatsocket.Conn
	number  uint64 // what the tap calls it
	timer   *time.Timer

	mu      sync.Mutex
	queue   []outgoing
	waiting int // items in the queue and being written, those of the catch-up left out
	bytes   int // of the waiting items

	writing     bool // the writing goroutine exists
	held        bool // nothing is written for now
	subscribing bool
	code        chatsocket.Code // the close code once the queue is empty; zero while the socket stays
	lingering   bool            // the client is given the time to close first, until
	until       time.Duration
	left        bool // the close frame is out
	closed      bool
	released    bool // the contact was let go of
	confirming  bool
	pinging     bool
	frozen      <-chan struct{} // while it is not nil the connection is half open on purpose
	fault       string          // names what ends it, or leaves it half open, on purpose
	parts       *parts          // nil while nothing is kept of messages in pieces
	waits       *waits          // nil while it never had to wait
	expiry      clock.Alarm     // closes the socket when its time is over

	// Seq of the last stored item that was written, of the last that the client is known
	// to have, and of the last before the ping that is out.
	written, confirmed, asked int64
	pings                     uint64
	pingAt, heard             time.Duration // since the service began
}

var (
	_ chat.Feed          = (*socket)(nil)
	_ chatsocket.Socket  = (*socket)(nil)
	_ chatsocket.Handler = (*socket)(nil)
)

// outgoing is something to be written.
type outgoing struct {
	kind  kind
	free  bool // does not count for the bounds
	quiet bool // the tap does not hear of it
	item  *transcript.Item
	text  string // an answer's, or a control frame's payload
	late  *late  // holds it up; nil does not
	fault string // names the fault that strikes it
	lost  bool   // it is not written: only the tap hears of it
}

type kind uint8

const (
	sendItem kind = iota
	sendText
	sendPing
	sendPong
)

// size is what an outgoing item holds in memory, about.
func (o outgoing) size() int {
	if o.item == nil {
		return len(o.text)
	}
	return 512 + len(o.item.Content)
}

// Deliver implements [chat.Feed]. It does not block: a client that does not read is cut off
// and catches up when it comes back.
func (k *socket) Deliver(item *transcript.Item) {
	rules := k.service.strict
	k.mu.Lock()
	defer k.mu.Unlock()
	if item.Part != nil {
		k.deliverPart(item)
		return
	}
	if rules.Enabled() && item.ParticipantID == k.hold.ParticipantID && !k.subscribing && rules.EchoLate() {
		k.pause(lateEcho)
	}
	k.show(item)
}

// show appends an item to the queue, now and then twice. The caller holds the lock.
func (k *socket) show(item *transcript.Item) {
	k.put(outgoing{kind: sendItem, item: item, free: k.subscribing})
	if k.service.strict.Twice() && item.Type != transcript.EventItem {
		k.put(outgoing{kind: sendItem, item: item, free: k.subscribing})
	}
}

// End implements [chat.Feed]: the chat or the participation is over. The client closes by
// itself on chat.ended; one that does not is closed after a while.
func (k *socket) End() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.code == 0 {
		k.code, k.lingering = chatsocket.NormalClosure, true
		k.start()
	}
}

// Leave implements [chatsocket.Socket].
func (k *socket) Leave(code chatsocket.Code) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.code == 0 {
		k.code = code
	}
	k.lingering, k.frozen = false, nil
	k.wake()
	k.start()
}

// put appends to the queue. The caller holds the lock.
func (k *socket) put(out outgoing) {
	if k.service.faults != nil && out.opcode() == chatsocket.Text {
		k.putFated(out)
		return
	}
	k.enqueue(out)
}

func (k *socket) enqueue(out outgoing) {
	if k.closed || k.code != 0 {
		return
	}
	if !out.free {
		if k.waiting >= maxWaiting || k.bytes+out.size() > maxWaitingBytes {
			k.tooSlow()
			return
		}
		k.waiting++
		k.bytes += out.size()
	}
	k.queue = append(k.queue, out)
	k.start()
}

// tooSlow cuts a reader off that does not keep up. The caller holds the lock.
func (k *socket) tooSlow() {
	k.queue, k.code = nil, chatsocket.TooSlow
	k.conn.Hurry()
	k.start()
}

// start makes sure that someone writes. The caller holds the lock.
func (k *socket) start() {
	if k.writing || k.closed || k.conn == nil || k.frozen != nil || k.held && k.code == 0 || len(k.queue) == 0 && k.code == 0 {
		return
	}
	k.writing = true
	k.service.sockets.Go(k.write)
}

// write writes until nothing waits.
func (k *socket) write() {
	frames := new(frames)
	for batch := k.next(); batch != nil; batch = k.next() {
		for _, out := range batch {
			if err := k.send(frames, out); err != nil {
				k.mu.Lock()
				if !errors.Is(err, chatsocket.ErrLeft) {
					k.abort()
				}
				k.closed, k.queue = true, nil
				k.mu.Unlock()
				return
			}
			if !k.wrote(out) {
				break
			}
		}
	}
}

// next takes what waits. With nothing left the writer ends, and closes when that is due.
func (k *socket) next() []outgoing {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.frozen != nil {
		k.writing = false
		return nil
	}
	if len(k.queue) > 0 && (!k.held || k.code != 0) {
		batch := k.ripe()
		k.writing = batch != nil
		return batch
	}
	switch {
	case k.code == 0 || k.left:
	case k.lingering:
		k.until = k.service.now() + farewell
		k.timer.Reset(farewell)
	default:
		k.end(k.code)
	}
	k.writing = false
	return nil
}

// frames are a writer's buffers.
type frames struct{ frame, scratch []byte }

// opcode is the frame an outgoing one is sent in.
func (o outgoing) opcode() chatsocket.Op {
	switch o.kind {
	case sendPing:
		return chatsocket.Ping
	case sendPong:
		return chatsocket.Pong
	case sendItem, sendText:
	}
	return chatsocket.Text
}

func (k *socket) send(f *frames, out outgoing) error {
	if out.item != nil {
		f.frame, f.scratch = appendFrame(f.frame[:0], f.scratch, out.item, k.service.strict)
	} else {
		f.frame = append(f.frame[:0], out.text...)
	}
	k.tappedOut(out, f.frame)
	if out.lost {
		return nil
	}
	return k.conn.Send(out.opcode(), f.frame)
}

// wrote notes that something was written; false means that the rest was dropped meanwhile.
func (k *socket) wrote(out outgoing) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !out.free {
		k.waiting--
		k.bytes -= out.size()
	}
	if out.item != nil && !out.lost && out.item.Seq > k.written {
		k.written = out.item.Seq
		if !k.confirming && !k.pinging && k.code == 0 && k.frozen == nil {
			k.confirming = true
			k.timer.Reset(confirmAfter)
		}
	}
	return k.code != chatsocket.TooSlow
}

// Text implements [chatsocket.Handler].
func (k *socket) Text(frame []byte) (plain bool) {
	if k.service.faults != nil {
		k.handleFaulty(frame)
		return false
	}
	return k.handle(frame, "")
}

// handle processes a text frame, which a fault may have struck; plain is that of [chatsocket.Handler].
func (k *socket) handle(frame []byte, fault string) (plain bool) {
	request, plain := chatsocket.ReadRequest(frame)
	if !request.IsHeartbeat() {
		k.tapped(frame, fault)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.heard = k.service.now()
	if answer := request.Answer(); answer != "" {
		k.put(outgoing{kind: sendText, text: answer, quiet: request.IsHeartbeat()})
	}
	if request == chatsocket.SubscribeRequest && !k.subscribing && k.code == 0 && !k.closed {
		// In a goroutine of its own: it goes down to the store, and the reader's stack
		// would stay as deep.
		k.subscribing, k.held = true, true
		k.service.sockets.Go(k.subscribe)
	}
	return plain
}

// Control implements [chatsocket.Handler]. Android's client sends pings.
func (k *socket) Control(op chatsocket.Op, payload []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.heard = k.service.now()
	if op == chatsocket.Pong {
		k.ponged(payload)
		return
	}
	k.put(outgoing{kind: sendPong, text: string(payload)})
}

// subscribe begins delivery. The answer goes out before what was missed.
func (k *socket) subscribe() {
	ctx := context.Background()
	err := k.hold.Subscribe(ctx)
	answer := outgoing{kind: sendText, text: chatsocket.Subscribed, free: true}
	if err != nil {
		answer.text = chatsocket.NotSubscribed
		if !errors.Is(err, chat.ErrAccessDenied) {
			k.service.log.LogAttrs(ctx, slog.LevelError, "subscribing failed",
				slog.String("contact_id", k.hold.ContactID), slog.String("participant_id", k.hold.ParticipantID), slog.Any("error", err))
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.subscribing, k.held = false, false
	if !k.closed && k.code != chatsocket.TooSlow {
		k.queue = slices.Insert(k.queue, 0, answer)
	}
	k.start()
}

// ponged takes the answer to a ping: the client has everything that was written before it. The
// caller holds the lock.
func (k *socket) ponged(payload []byte) {
	if !k.pinging || len(payload) != 8 || binary.BigEndian.Uint64(payload) != k.pings {
		return
	}
	k.pinging, k.confirmed = false, max(k.confirmed, k.asked)
	if k.closed || k.code != 0 {
		return
	}
	if k.confirming = k.written > k.confirmed; k.confirming {
		k.timer.Reset(confirmAfter)
	} else {
		k.timer.Reset(pingEvery)
	}
}

// tick is what the timer does.
func (k *socket) tick() {
	if k.isFrozen() {
		k.forsake()
		return
	}
	expired := !k.service.chats.Clock().Now().Before(k.hold.Expiry)
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.service.now()
	silent := now - max(k.pingAt, k.heard)
	switch {
	case k.closed || k.left || k.lingering && k.until == 0:
	case k.lingering && now < k.until:
		k.timer.Reset(k.until - now)
	case k.code != 0: // the client had its time
		k.lingering = false
		k.start()
	case expired:
		k.code = chatsocket.GoingAway
		k.start()
	case k.pinging && silent >= pongTime:
		k.abort()
	case k.pinging:
		k.timer.Reset(pongTime - silent)
	default:
		k.pings++
		k.pinging, k.confirming, k.pingAt, k.asked = true, false, now, k.written
		k.put(outgoing{kind: sendPing, text: string(binary.BigEndian.AppendUint64(nil, k.pings))})
		k.timer.Reset(pongTime)
	}
}

// expire closes the socket because its time on the service's clock is over. The timer above
// finds that out, too, after the machine has slept.
func (k *socket) expire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.code == 0 {
		k.code = chatsocket.GoingAway
		k.start()
	}
}

// Cut implements [chatsocket.Socket].
func (k *socket) Cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn != nil {
		k.abort()
	}
}

// open begins the life of a socket whose connection stands.
func (k *socket) open(conn *chatsocket.Conn, fate Fate) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conn = conn
	k.timer = time.AfterFunc(pingEvery, k.tick)
	k.expiry = clock.NewAlarm(k.expire)
	k.service.chats.Clock().Set(&k.expiry, k.hold.Expiry)
	k.afflict(fate)
	k.start()
}

// Failed implements [chatsocket.Handler].
func (k *socket) Failed(err error) {
	k.service.log.Warn("a frame could not be handled", slog.Any("error", err))
}

// Gone implements [chatsocket.Handler]. What the client is not known to have is shown to its
// next socket: after an orderly end that is what was not written.
func (k *socket) Gone(end chatsocket.Ending) {
	k.mu.Lock()
	k.closed, k.queue = true, nil
	k.timer.Stop()
	if k.waits != nil {
		k.waits.pause.Stop()
	}
	k.service.chats.Clock().Set(&k.expiry, time.Time{})
	delivered, fault := k.written, k.fault
	if end.Lost {
		delivered = k.confirmed
	}
	k.mu.Unlock()
	k.release(delivered)
	if tap := k.service.tap; tap != nil {
		tap.Closed(k.number, end.Ours, int(end.Code), fault)
	}
	k.service.sockets.Remove(k)
}
