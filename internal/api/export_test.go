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
