package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
)

const (
	// heartbeat is the pause after which a comment is sent, so that a dead connection is
	// noticed by both sides. Scripts in browsers are not shown comments: who listens to "alive" gets
	// an event instead, so often that a silence of 20 seconds means something.
	heartbeat    = 15 * time.Second
	alivePause   = 10 * time.Second
	aliveTopic   = "alive"
	aliveText    = "event: " + aliveTopic + "\ndata: {}\n\n"
	aliveComment = ": alive\n\n"
	// writeWithin is how long a listener may take to read what it is sent.
	writeWithin = 10 * time.Second
	// batch is about how much is written at once, in bytes.
	batch = 32 << 10
)

// topic is something that can be listened to, and the event that tells of it.
type topic struct{ name, event string }

// topics are what can be listened to.
func topics() []topic {
	return []topic{
		{"contacts", eventContact},
		{"items", eventItem},
		{"desk", eventDesk},
		{"exchanges", eventExchange},
		{"flow", eventFlow},
		{"faults", eventFaults},
		{"clock", eventClock},
	}
}

// listenerOf reads what a call wants to listen to.
func (a *API) listenerOf(r *http.Request) (*listener, error) {
	l := &listener{names: map[string]bool{}, contact: a.chat(r.Context(), r.URL.Query().Get("contact")), events: make(chan event, waiting), cut: make(chan struct{})}
	known := map[string]string{}
	var names []string
	for _, t := range topics() {
		known[t.name] = t.event
		names = append(names, t.name)
	}
	wanted := names
	if given := r.URL.Query().Get("topics"); given != "" {
		wanted = strings.Split(given, ",")
	}
	for _, name := range wanted {
		event, ok := known[name]
		if name == aliveTopic {
			l.alive = true
			continue
		}
		if !ok {
			return nil, bad("topics", fmt.Sprintf("topics has %q, which is not one of %s", excerpt.Of(name, longestQuote), strings.Join(names, ", ")))
		}
		l.names[event] = true
	}
	return l, nil
}

// seenBy reads the last event that a listener has seen; nil when it comes for the first time.
func seenBy(r *http.Request) (*uint64, error) {
	id, from := r.Header.Get("Last-Event-ID"), "Last-Event-ID"
	if id == "" { // a script in a browser cannot set it when it opens a stream
		id, from = r.URL.Query().Get("after"), "after"
	}
	if id == "" {
		return nil, nil
	}
	seen, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return nil, bad(from, from+" is not the id of an event of this stream")
	}
	return &seen, nil
}

// events is GET /api/events: server-sent events (HTML standard, section 9.2). A listener that
// comes back says by Last-Event-ID what it has seen; when that is too long ago, or of another
// run of the server, it is told to begin anew ("reset").
func (a *API) events(w http.ResponseWriter, r *http.Request) error {
	l, err := a.listenerOf(r)
	if err != nil {
		return err
	}
	seen, err := seenBy(r)
	if err != nil {
		return err
	}
	describe(w, "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies keep such answers back otherwise
	if r.Method == http.MethodHead {
		return nil
	}
	control := http.NewResponseController(w)
	// The time limit is for calls; this one lasts, and has its own for each write.
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("letting a stream last: %w", err)
	}
	if a.pump != nil && (l.names[eventExchange] || l.names[eventFlow]) {
		defer a.pump.start()()
	}
	begin, ok := a.cfg.Events.listen(l, seen)
	if !ok {
		p := diagnosis.New(diagnosis.TooBusy, "There can be %d listeners, and are %d.", mostListeners, mostListeners)
		p.Hint = "Close pages that nobody looks at, and end streams when they are not needed any more."
		return p
	}
	defer a.cfg.Events.leave(l)
	if a.cfg.Desk != nil {
		defer a.cfg.Desk.Window(r.URL.Query()["agent"]...)()
	}
	var first []byte
	if begin.anew {
		first = fmt.Appendf(first, "event: reset\nid: %d\ndata: {}\n\n", begin.after)
	}
	first = fmt.Appendf(first, "retry: 1000\nevent: hello\nid: %d\ndata: {}\n\n", begin.after)
	if !send(w, control, first, begin.missed) {
		return nil
	}
	stream(w, r, control, l)
	return nil
}

// stream writes events until one side has enough.
func stream(w http.ResponseWriter, r *http.Request, control *http.ResponseController, l *listener) {
	pause, beat := heartbeat, aliveComment
	if l.alive {
		pause, beat = alivePause, aliveText
	}
	alive := time.NewTicker(pause)
	defer alive.Stop()
	for {
		select {
		case <-l.cut: // before whatever else there is
			return
		default:
		}
		var text []byte
		var happened []event
		select {
		case first := <-l.events:
			happened = append(happened, first)
			for range len(l.events) { // what has come together leaves together
				happened = append(happened, <-l.events)
			}
		case <-alive.C:
			text = []byte(beat)
		case <-l.cut:
			return
		case <-r.Context().Done():
			return
		}
		if !send(w, control, text, happened) {
			return
		}
	}
}

// send writes a text and events, and reports whether they have arrived where they can be read.
func send(w http.ResponseWriter, control *http.ResponseController, text []byte, happened []event) bool {
	for i := range happened {
		text = happened[i].appendTo(text)
		if len(text) < batch {
			continue
		}
		if !flush(w, control, text) {
			return false
		}
		text = text[:0]
	}
	return len(text) == 0 || flush(w, control, text)
}

func flush(w http.ResponseWriter, control *http.ResponseController, text []byte) bool {
	if control.SetWriteDeadline(time.Now().Add(writeWithin)) != nil {
		return false
	}
	if _, err := w.Write(text); err != nil {
		return false
	}
	return control.Flush() == nil
}
