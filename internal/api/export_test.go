package api

// Patterns returns the method and address of every call.
func (a *API) Patterns() []string {
	var patterns []string
	for _, e := range a.endpoints() {
		patterns = append(patterns, e.pattern)
	}
	return patterns
}

// Bounds of the stream of events.
const (
	Remembered    = remembered
	Waiting       = waiting
	MostListeners = mostListeners
	MostMissed    = mostMissed
	MaxBody       = maxBody
)

// HearExchanges returns how many streams are told of exchanges at this moment.
func (a *API) HearExchanges() int {
	a.pump.mu.Lock()
	defer a.pump.mu.Unlock()
	return a.pump.listeners
}

// Listener hears events without a connection.
type Listener struct{ l *listener }

// Listen adds a listener to items.
func (e *Events) Listen() *Listener {
	l := &listener{names: map[string]bool{eventItem: true}, events: make(chan event, waiting), cut: make(chan struct{})}
	if _, ok := e.listen(l, nil); !ok {
		return nil
	}
	return &Listener{l}
}

// Next waits for an event, appends it to a text as a stream would, and reports whether the
// listener is still there.
func (l *Listener) Next(text []byte) ([]byte, bool) {
	select {
	case happened := <-l.l.events:
		return happened.appendTo(text), true
	case <-l.l.cut:
		return text, false
	}
}
