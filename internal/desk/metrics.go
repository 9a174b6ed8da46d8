package desk

import (
	"cmp"
	"slices"
	"time"
)

// Metrics are those of one queue, or of one agent, as metrics of Amazon Connect count them: available
// is who could take a contact now, staffed who takes contacts, online who is there at all, busy who
// has a contact.
type Metrics struct {
	Available, Staffed, Online, Busy, Waiting int
	// Oldest is how long the first contact has waited.
	Oldest time.Duration
	// Wait is how long a contact would wait that came now, about; negative when nobody can say,
	// because nobody takes contacts.
	Wait time.Duration
}

// Metrics returns the metrics of a queue, or with the name of an agent those of the agent and the
// agent's own queue. A queue nobody has named has its agents and nobody waiting.
func (d *Desk) Metrics(queueName, agentName string) Metrics {
	now := d.chats.Clock().Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	q := &queue{name: cmp.Or(queueName, DefaultQueue)}
	if agentName != "" {
		q = cmp.Or(d.own[agentName], &queue{name: agentName, agent: agentName})
	} else if other := d.bearing(q.name); other != nil {
		q = other
	}
	m := Metrics{Waiting: len(q.waiting), Wait: d.estimate(q, len(q.waiting))}
	for _, t := range q.waiting {
		m.Oldest = max(m.Oldest, now.Sub(t.since))
	}
	for _, a := range d.agents {
		if a.state == Offline || !a.answers(q) {
			continue
		}
		m.Online++
		if a.state == Available {
			m.Staffed++
		}
		if a.free() {
			m.Available++
		}
		if a.load > 0 {
			m.Busy++
		}
	}
	return m
}

// answers reports whether contacts of a queue are for an agent.
func (a *agent) answers(q *queue) bool {
	if q.agent != "" {
		return a.name == q.agent
	}
	return a.serves(q)
}

// Place is the place of a contact in its queue.
type Place struct {
	// Position is 1 for the contact that comes next.
	Position int
	// Wait is how long it will wait from now on, about; negative when nobody can say.
	Wait time.Duration
}

// Place returns the place of a contact in its queue; false for one that does not wait.
func (d *Desk) Place(contactID string) (Place, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tickets[contactID]
	if t == nil || !t.waits {
		return Place{}, false
	}
	before, _ := slices.BinarySearchFunc(t.queue.waiting, t, (*ticket).compare)
	return Place{before + 1, d.estimate(t.queue, before)}, true
}

const (
	// usualTaking is how long an agent is taken to have a contact of a queue of which no contact was
	// answered yet.
	usualTaking = 5 * time.Minute
	// lately is how many contacts of a queue count for the average.
	lately = 20
)

// took notes how long an agent had a contact of the queue.
func (q *queue) took(d time.Duration) {
	q.taken = min(q.taken+1, lately)
	q.taking += (max(0, d) - q.taking) / time.Duration(q.taken)
}

// estimate says how long a contact waits that has so many before it in a queue: until as many have
// been answered, and room is left for it, if each takes as long as those before. Negative when nobody
// takes contacts.
func (d *Desk) estimate(q *queue, before int) time.Duration {
	places, free := 0, 0
	for _, a := range d.agents {
		switch {
		case a.state != Available || !a.answers(q):
		case a.capacity == 0: // any number
			return 0
		default:
			places += a.capacity
			free += max(0, a.capacity-a.load-a.pending)
		}
	}
	taking := q.taking
	if q.taken == 0 {
		taking = usualTaking
	}
	switch {
	case places == 0:
		return -1
	case before < free:
		return 0
	}
	return (time.Duration(before-free+1) * taking / time.Duration(places)).Round(time.Second)
}
