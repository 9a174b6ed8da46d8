package desk

import (
	"cmp"
	"time"
)

// Metrics are those of one queue, as metrics of Amazon Connect count them: available is who could
// take a contact now, staffed who takes contacts, online who is there at all.
type Metrics struct {
	Available, Staffed, Online, Waiting int
	// Oldest is how long the first contact has waited.
	Oldest time.Duration
}

// Metrics returns the metrics of a queue. A queue nobody has named has its agents and nobody waiting.
func (d *Desk) Metrics(queueName string) Metrics {
	now := d.chats.Clock().Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	name := cmp.Or(queueName, DefaultQueue)
	q := &queue{name: name}
	for _, known := range d.queues {
		if known.name == name {
			q = known
		}
	}
	m := Metrics{Waiting: q.waiting.Len()}
	if first := q.waiting.Front(); first != nil {
		m.Oldest = max(0, now.Sub(first.Value.(*ticket).since)) //nolint:errcheck,forcetypeassert // nothing else is in it
	}
	for _, a := range d.agents {
		if a.state == Offline || !a.serves(q) {
			continue
		}
		m.Online++
		if a.state == Available {
			m.Staffed++
		}
		if a.free() {
			m.Available++
		}
	}
	return m
}
