package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/participant"
)

const (
	// remembered is how many events a listener can have missed and still be given.
	remembered = 4096
	// waiting is how many events a slow listener may be behind before it is cut off.
	waiting = 512
	// heartbeat is the pause after which a comment is sent, so that a dead connection is
	// noticed by both sides.
	heartbeat = 15 * time.Second
)

// Names of events, and by their plural of topics.
const (
	eventContact  = "contact"
	eventItem     = "item"
	eventDesk     = "desk"
	eventExchange = "exchange"
	eventFaults   = "faults"
	eventClock    = "clock"
)

// topics are what can be listened to, and the event of each.
func topics() map[string]string {
	return map[string]string{
		"contacts": eventContact, "items": eventItem, "desk": eventDesk, "exchanges": eventExchange,
		"faults": eventFaults, "clock": eventClock,
	}
}

// Events tell listeners what happens. Its methods never block: a listener that cannot keep up
// is cut off and comes back. The zero value is not usable; see [NewEvents].
type Events struct {
	mu        sync.Mutex
	seq       uint64
	recent    []event // a ring; the event seq stands at seq % remembered
	listeners map[*listener]struct{}
	closed    bool
}

// event is one thing that happened. What it tells is encoded when somebody listens.
type event struct {
	seq       uint64
	name      string
	contactID string
	contact   *chat.Contact
	item      *chat.Item
	exchange  *inspect.Exchange
}

// listener is one connection that listens.
type listener struct {
	names   map[string]bool
	contact string
	events  chan event
	cut     chan struct{}
}

// NewEvents returns events that nobody listens to yet.
func NewEvents() *Events {
	return &Events{recent: make([]event, remembered), listeners: map[*listener]struct{}{}}
}

// Observe tells of a contact that changed, or of an item that was added to it. It fits
// [chat.Config].
func (e *Events) Observe(contact chat.Contact, item *chat.Item) {
	if item == nil {
		e.tell(event{name: eventContact, contactID: contact.ID, contact: &contact})
		return
	}
	e.tell(event{name: eventItem, contactID: contact.ID, item: item})
}

// Exchange tells of an exchange that was recorded.
func (e *Events) Exchange(x *inspect.Exchange) {
	e.tell(event{name: eventExchange, contactID: x.ContactID, exchange: x})
}

// Desk tells that queues or agents changed, Faults that rules did, Clock that time was
// skipped.
func (e *Events) Desk()   { e.tell(event{name: eventDesk}) }
func (e *Events) Faults() { e.tell(event{name: eventFaults}) }
func (e *Events) Clock()  { e.tell(event{name: eventClock}) }

// Close ends all streams.
func (e *Events) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for l := range e.listeners {
		close(l.cut)
	}
	clear(e.listeners)
}

func (e *Events) tell(happened event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seq++
	happened.seq = e.seq
	e.recent[e.seq%remembered] = happened
	for l := range e.listeners {
		if !l.wants(happened) {
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

func (l *listener) wants(happened event) bool {
	return l.names[happened.name] && (l.contact == "" || happened.contactID == "" || happened.contactID == l.contact)
}

// listen adds a listener that has seen everything up to an event; zero has seen nothing and
// begins now. whole says that it is given everything it has missed.
func (e *Events) listen(l *listener, after uint64) (now uint64, missed []event, whole bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		close(l.cut)
		return e.seq, nil, true
	}
	e.listeners[l] = struct{}{}
	if after == 0 {
		return e.seq, nil, true
	}
	if after > e.seq || e.seq-after >= remembered {
		return e.seq, nil, false
	}
	for seq := after + 1; seq <= e.seq; seq++ {
		if happened := e.recent[seq%remembered]; l.wants(happened) {
			missed = append(missed, happened)
		}
	}
	return e.seq, missed, true
}

func (e *Events) leave(l *listener) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.listeners, l)
}

// data is what an event tells, as JSON in one line.
func (h event) data() []byte {
	var told any = struct{}{}
	switch {
	case h.item != nil:
		told = json.RawMessage(participant.Encode(h.item))
	case h.contact != nil:
		told = contactJSON(h.contact)
	case h.exchange != nil:
		told = h.exchange
	}
	text, err := json.Marshal(told)
	if err != nil { // the shapes are our own
		return []byte("{}")
	}
	return text
}

// listenerOf reads what a call wants to listen to.
func listenerOf(r *http.Request) (*listener, error) {
	l := &listener{names: map[string]bool{}, contact: r.URL.Query().Get("contact"), events: make(chan event, waiting), cut: make(chan struct{})}
	known := topics()
	wanted := r.URL.Query().Get("topics")
	if wanted == "" {
		for _, name := range known {
			l.names[name] = true
		}
		return l, nil
	}
	for topic := range strings.SplitSeq(wanted, ",") {
		name, ok := known[topic]
		if !ok {
			names := make([]string, 0, len(known))
			for name := range known {
				names = append(names, name)
			}
			slices.Sort(names)
			return nil, bad("topics", fmt.Sprintf("%q is not one of the topics %s", shorten(topic), strings.Join(names, ", ")))
		}
		l.names[name] = true
	}
	return l, nil
}

// events is GET /api/events: server-sent events (HTML standard, section 9.2). A listener that
// comes back says by Last-Event-ID what it has seen; when that is too long ago it is told to
// begin anew ("reset").
func (a *API) events(w http.ResponseWriter, r *http.Request) error {
	l, err := listenerOf(r)
	if err != nil {
		return err
	}
	var after uint64
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		if after, err = strconv.ParseUint(id, 10, 64); err != nil {
			return bad("Last-Event-ID", "the id of the last event is not one of this stream")
		}
	}
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		return diagnosis.New(diagnosis.InternalFailure, "This connection cannot carry a stream.")
	}
	if l.names[eventExchange] {
		defer a.pump()()
	}
	now, missed, whole := a.Events.listen(l, after)
	defer a.Events.leave(l)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if !whole {
		fmt.Fprintf(w, "event: reset\nid: %d\ndata: {}\n\n", now)
	}
	fmt.Fprintf(w, "retry: 1000\nevent: hello\nid: %d\ndata: {}\n\n", now-uint64(len(missed)))
	for _, happened := range missed {
		writeEvent(w, happened)
	}
	if control.Flush() != nil {
		return nil
	}
	a.stream(w, r, control, l)
	return nil
}

// stream writes events until one side has enough.
func (a *API) stream(w http.ResponseWriter, r *http.Request, control *http.ResponseController, l *listener) {
	alive := time.NewTicker(heartbeat)
	defer alive.Stop()
	for {
		select {
		case happened := <-l.events:
			writeEvent(w, happened)
			for len(l.events) > 0 { // what has come together leaves together
				writeEvent(w, <-l.events)
			}
		case <-alive.C:
			_, _ = w.Write([]byte(": alive\n\n"))
		case <-l.cut:
			return
		case <-r.Context().Done():
			return
		}
		if control.Flush() != nil {
			return
		}
	}
}

func writeEvent(w http.ResponseWriter, happened event) {
	fmt.Fprintf(w, "event: %s\nid: %d\ndata: %s\n\n", happened.name, happened.seq, happened.data())
}
