package api

import (
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	// remembered is how many events a listener can have missed and still be given, and
	// rememberedBytes how much memory they may take, about.
	remembered      = 4096
	rememberedBytes = 16 << 20
	// waiting is how many events a slow listener may be behind before it is cut off.
	waiting = 512
	// mostListeners bounds how many listen at the same time. Each holds one of the requests
	// that the server handles at once.
	mostListeners = 512
	// strikesAfter is how long after a fault has struck that is told.
	strikesAfter = 300 * time.Millisecond
)

// Names of events.
const (
	eventContact  = "contact"
	eventItem     = "item"
	eventDesk     = "desk"
	eventExchange = "exchange"
	eventFlow     = "flow"
	eventFaults   = "faults"
	eventClock    = "clock"
)

// Events tell listeners what happens. Its methods never block: a listener that cannot keep up
// is cut off and comes back. The zero value is not usable; see [NewEvents].
type Events struct {
	mu sync.Mutex
	// seq is the number of the last event. It begins with the time, so that what a listener
	// has heard of another run of the server is never taken for this one's.
	seq    uint64
	oldest uint64 // the first that is remembered; seq+1 for none
	// recent are those that are remembered, in a ring that grows until it is full: see slot. begins is the
	// number of the first that there was.
	recent []event
	begins uint64
	bytes  int // of those that are remembered
	// forgotten are the last events, by name, that nobody can continue after.
	forgotten map[string]uint64
	listeners map[*listener]struct{}
	closed    bool

	striking atomic.Bool // faults have struck, which is not told yet
}

// event is one thing that happened.
type event struct {
	seq             uint64
	name, contactID string
	told            *told // nil for what says no more than its name
	weight          int
}

// told is what an event tells. It is encoded once, when somebody listens.
type told struct {
	contact  *chat.Contact
	item     *transcript.Item
	exchange *inspect.Exchange
	flow     *flowStep

	once sync.Once
	text []byte
}

// listener is one connection that listens.
type listener struct {
	names   map[string]bool
	alive   bool // wants an event as a sign of life
	contact string
	events  chan event
	cut     chan struct{}
}

// NewEvents returns events that nobody listens to yet.
func NewEvents() *Events {
	first := uint64(max(1, time.Now().UnixMicro()))
	return &Events{
		seq: first, oldest: first + 1, begins: first + 1, forgotten: map[string]uint64{},
		listeners: map[*listener]struct{}{},
	}
}

// Observe tells of a contact that changed, or of an item that was added to it, and then of the
// contact if the item says that it changed. It fits [chat.Config].
func (e *Events) Observe(contact *chat.Contact, item *transcript.Item) {
	if item != nil {
		if item.Only != "" && item.Only == contact.Customer().ID && !item.Undelivered() { // whoever listens looks at the agent's side
			return
		}
		e.tell(event{name: eventItem, contactID: contact.ID, told: &told{item: item}, weight: weigh(len(item.Content))})
		if !changesContact(item) {
			return
		}
	}
	size := len(contact.SegmentAttributes) + contact.Attributes.Size()
	e.tell(event{name: eventContact, contactID: contact.ID, told: &told{contact: contact}, weight: weigh(size)})
}

// changesContact reports whether an item tells of a change of the contact itself: who is in it,
// where it waits, whether it is over.
func changesContact(item *transcript.Item) bool {
	switch item.ContentType {
	case transcript.Typing, transcript.MessageDelivered, transcript.MessageRead:
		return false
	}
	return item.Type == transcript.EventItem
}

// exchange tells of an exchange that was recorded, and of the step of a flow that it is.
func (e *Events) exchange(x *inspect.Exchange) {
	summary := x.Summary()
	e.tell(event{name: eventExchange, contactID: x.ContactID, told: &told{exchange: &summary}, weight: weigh(len(x.Path))})
	if x.Flow != nil {
		step := flowStepOf(x)
		e.tell(event{name: eventFlow, contactID: x.ContactID, told: &told{flow: &step}, weight: weigh(int(x.Size))})
	}
}

// Desk tells that queues or agents changed.
func (e *Events) Desk() { e.tell(event{name: eventDesk}) }

// Faults tells that rules of faults changed.
func (e *Events) Faults() { e.tell(event{name: eventFaults}) }

// Struck tells that faults have struck. They may strike thousands of times a second: what strikes within
// a moment is told of together.
func (e *Events) Struck() {
	if e.striking.CompareAndSwap(false, true) {
		time.AfterFunc(strikesAfter, func() {
			e.striking.Store(false)
			e.Faults()
		})
	}
}

// Clock tells that time was skipped.
func (e *Events) Clock() { e.tell(event{name: eventClock}) }

// Close ends all streams, those that begin later at once.
func (e *Events) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for l := range e.listeners {
		close(l.cut)
	}
	clear(e.listeners)
}

// weigh is how much memory an event takes whose texts have a length: what it tells, and that as
// JSON.
func weigh(text int) int { return 1024 + 2*text }

// tell gives an event its number and passes it on. A listener that does not keep up is cut off, and catches
// up when it comes back.
func (e *Events) tell(happened event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seq++
	happened.seq = e.seq
	e.remember(happened)
	for l := range e.listeners {
		if !l.wants(&happened) {
			continue
		}
		select {
		case l.events <- happened:
		default:
			close(l.cut)
			delete(e.listeners, l)
		}
	}
}

// slot is where an event is remembered. The caller holds the lock.
func (e *Events) slot(seq uint64) *event {
	at := int((seq - e.begins) % remembered)
	if at == len(e.recent) {
		e.recent = append(e.recent, event{})
	}
	return &e.recent[at]
}

// remember keeps an event and lets go of the oldest. The caller holds the lock.
func (e *Events) remember(happened event) {
	slot := e.slot(happened.seq)
	*slot, happened = happened, *slot
	if happened.seq >= e.oldest && happened.seq != 0 {
		e.bytes -= happened.weight
		e.oldest = happened.seq + 1
	}
	e.bytes += slot.weight
	for e.bytes > rememberedBytes {
		gone := e.slot(e.oldest)
		e.bytes -= gone.weight
		*gone = event{}
		e.oldest++
	}
}

// forget makes those who have listened to events of a name begin anew when they come back.
func (e *Events) forget(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seq++ // so that whoever comes now is not among them
	e.remember(event{seq: e.seq})
	e.forgotten[name] = e.seq
}

// wants reports whether a listener asked for an event. One that asked for a single contact also hears of what
// belongs to none.
func (l *listener) wants(happened *event) bool {
	switch {
	case !l.names[happened.name]:
		return false
	case l.contact == "" || happened.contactID == l.contact:
		return true
	}
	return happened.name == eventDesk || happened.name == eventFaults || happened.name == eventClock
}

// arrival is where a listener begins.
type arrival struct {
	// after is the last event it has seen, or has no part in.
	after uint64
	// missed are the events since then that it wants.
	missed []event
	// anew says that it has missed more than is remembered.
	anew bool
}

// listen adds a listener, that has seen everything up to an event; nil has seen nothing and
// begins now. It returns false when there are too many.
func (e *Events) listen(l *listener, seen *uint64) (arrival, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		close(l.cut)
	case len(e.listeners) >= mostListeners:
		return arrival{}, false
	default:
		e.listeners[l] = struct{}{}
	}
	if seen == nil {
		return arrival{after: e.seq}, true
	}
	if *seen > e.seq || *seen+1 < e.oldest || e.lost(l, *seen) {
		return arrival{after: e.seq, anew: true}, true
	}
	begin := arrival{after: *seen}
	for seq := *seen + 1; seq <= e.seq; seq++ {
		if happened := *e.slot(seq); l.wants(&happened) {
			begin.missed = append(begin.missed, happened)
		}
	}
	return begin, true
}

// lost reports whether events that a listener wants were forgotten since one it has seen.
func (e *Events) lost(l *listener, seen uint64) bool {
	for name, last := range e.forgotten {
		if l.names[name] && seen < last {
			return true
		}
	}
	return false
}

func (e *Events) leave(l *listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.listeners, l)
}

// appendTo writes an event as a stream has it.
func (h *event) appendTo(b []byte) []byte {
	b = append(append(b, "event: "...), h.name...)
	b = strconv.AppendUint(append(b, "\nid: "...), h.seq, 10)
	b = append(b, "\ndata: "...)
	if h.told == nil {
		b = append(b, "{}"...)
	} else {
		b = append(b, h.told.json()...)
	}
	return append(b, "\n\n"...)
}

// json is what is told, in one line.
func (t *told) json() []byte {
	t.once.Do(func() {
		var value any = t.exchange
		switch {
		case t.item != nil:
			value = encodeItem(t.item)
		case t.contact != nil:
			value = contactJSON(t.contact)
		case t.flow != nil:
			value = t.flow
		}
		var err error
		if t.text, err = json.Marshal(value); err != nil { // the shapes are our own
			t.text = []byte("{}")
		}
	})
	return t.text
}
