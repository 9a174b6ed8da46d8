package desk

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// queue is where contacts wait. Its fields are guarded by the desk's lock.
type queue struct {
	id, name string
	agent    string // whose own queue it is; empty for a queue of many
	// former are the names it had, by which contacts may wait in it.
	former   []string
	capacity int  // how many may wait in it; zero means any number, a negative one none
	closed   bool // takes no further contacts
	arranged bool // see Desk.Arrange
	admitted int  // contacts that are about to wait in it
	// waiting are all contacts in it, open those that any of its agents may take. Of an agent's own
	// queue, open are those of all queues that wait for this agent.
	waiting, open line
	// taking is how long agents have had contacts of it lately, on average; taken how many.
	taking time.Duration
	taken  int
	// delays are those of users, for how long they leave contacts of it to others, the shortest first.
	delays []time.Duration
}

// line are contacts that wait, in the order in which agents take them.
type line []*ticket

// place is what decides, with the time for which it seems to wait, about the place of a contact in a line:
// lower priorities come first, then those that seem to wait longer, then those that came first. It does
// not change while it waits.
type place struct {
	priority int
	turn     int64
}

func (t *ticket) compare(other *ticket) int {
	return cmp.Or(cmp.Compare(t.priority, other.priority), t.seems().Compare(other.seems()), cmp.Compare(t.turn, other.turn))
}

// seems is when a contact seems to have begun to wait: earlier than it has, by what it is to seem older.
func (t *ticket) seems() time.Time { return t.since.Add(-t.routed.Age) }

func (l *line) add(t *ticket) {
	at, _ := slices.BinarySearchFunc(*l, t, (*ticket).compare)
	*l = slices.Insert(*l, at, t)
}

func (l *line) remove(t *ticket) {
	if at, ok := slices.BinarySearchFunc(*l, t, (*ticket).compare); ok {
		*l = slices.Delete(*l, at, at+1)
	}
}

// queue returns the queue of a name; a new one is added. The caller holds the desk's lock.
func (d *Desk) queue(name string) *queue {
	name = cmp.Or(name, DefaultQueue)
	if q := d.bearing(name); q != nil {
		return q
	}
	q := &queue{id: QueueID(name), name: name, capacity: d.limits[name]}
	d.queues = append(d.queues, q)
	return q
}

// bearing returns the queue that has a name, or had it when no other has it now; nil for none.
func (d *Desk) bearing(name string) *queue {
	var before *queue
	for _, q := range d.queues {
		switch {
		case q.name == name:
			return q
		case slices.Contains(q.former, name):
			before = q
		}
	}
	return before
}

// ownQueue returns the own queue of an agent. The caller holds the desk's lock.
func (d *Desk) ownQueue(agent string) *queue {
	q := d.own[agent]
	if q == nil {
		q = &queue{id: identify("agentqueue", agent), name: agent, agent: agent}
		d.own[agent] = q
	}
	return q
}

// lines are the queues of many, and after them those of single agents in which somebody waits.
func (d *Desk) lines() []*queue {
	lines := slices.Clone(d.queues)
	for _, q := range d.own {
		if len(q.waiting) > 0 {
			lines = append(lines, q)
		}
	}
	slices.SortFunc(lines[len(d.queues):], func(a, b *queue) int { return cmp.Compare(a.name, b.name) })
	return lines
}

// lineUp gives a contact its place. Contacts in an agent's own queue come before all others.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/concepts-queues-standard-and-agent.html
func (d *Desk) lineUp(t *ticket, how *chat.Queued) {
	d.turns++
	t.routed, t.waits = how, true
	t.place = place{priority: cmp.Or(how.Priority, chat.DefaultPriority), turn: d.turns}
	if how.Agent != "" && how.Name == "" {
		t.queue = d.ownQueue(how.Agent)
		t.priority -= math.MaxInt32
	} else {
		t.queue = d.queue(how.Name)
	}
	t.queue.waiting.add(t)
	d.takers(t).open.add(t)
	d.ripen(t)
	if !how.Until.IsZero() && how.Agent != "" {
		t.opens = d.chats.Clock().At(how.Until, func() { d.spawn(func() { d.open(t.id, *how) }) })
	}
}

// open lets a contact that has waited for one agent, and still does, wait for any.
func (d *Desk) open(contactID string, how chat.Queued) {
	for {
		err := d.gone(contactID, d.chats.Step(d.ctx, contactID, func(step *chat.Step) error {
			if q := step.Contact().Queue; q != nil && *q == how {
				step.Route(func(how *chat.Queued) { how.Agent, how.Until = "", time.Time{} })
			}
			return nil
		}))
		if err == nil || errors.Is(err, ErrNoContact) {
			return
		}
		d.report(contactID, err)
		if d.chats.Clock().Wait(d.ctx, retryAfter) != nil {
			return // the desk is closed
		}
	}
}

// leave takes a contact out of its line, if it is in one.
func (d *Desk) leave(t *ticket) {
	if t.waits {
		t.queue.waiting.remove(t)
		d.takers(t).open.remove(t)
		t.waits = false
		if t.opens != nil {
			t.opens()
			t.opens = nil
		}
		d.ripen(t)
	}
}

// takers is the queue whose agents may take a contact.
func (d *Desk) takers(t *ticket) *queue {
	if t.routed.Agent != "" {
		return d.ownQueue(t.routed.Agent)
	}
	return t.queue
}

// next is the contact that an agent who takes contacts by itself is to take next: those of the own queue
// and of the queues that come first for the agent come first, and among them the first in line. Nil is
// for none.
func (d *Desk) next(a *agent) *ticket {
	var first *ticket
	rank := 0 // of the queue of first
	see := func(l line, of terms) {
		for i := 0; i < len(l); {
			t := l[i]
			if first != nil && cmp.Or(cmp.Compare(rank, of.priority), first.compare(t)) < 0 {
				return
			}
			if !d.ripe(t, of) { // then those are not that came after it, up to the next priority
				later, _ := slices.BinarySearchFunc(l[i:], t.priority+1, func(t *ticket, priority int) int { return cmp.Compare(t.priority, priority) })
				i += later
				continue
			}
			if d.wants(a, t) {
				first, rank = t, of.priority
				return
			}
			i++
		}
	}
	if own := d.own[a.name]; own != nil {
		see(own.open, terms{})
	}
	if !a.free() || a.standby && slices.ContainsFunc(d.agents, func(other *agent) bool { return other.partner == nil && other.state == Available }) {
		return first
	}
	for _, q := range d.queues {
		if a.serves(q) {
			see(q.open, a.terms[q])
		}
	}
	return first
}

// Admit keeps a place in a queue for a contact that a contact flow is about to put into it, until the
// next change of the contact. It is called in the step that does so. Errors: [ErrQueueFull],
// [ErrQueueClosed].
func (d *Desk) Admit(contactID, queueName string) error {
	d.load()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.admit(contactID, d.queue(queueName))
}

// admit is Admit for those who hold the desk's lock.
func (d *Desk) admit(contactID string, q *queue) error {
	d.dismiss(contactID) // of a step that failed
	if t := d.tickets[contactID]; t != nil && t.waits && t.queue == q {
		return nil
	}
	switch {
	case q.closed:
		return ErrQueueClosed
	case q.capacity != 0 && len(q.waiting)+q.admitted >= q.capacity:
		return ErrQueueFull
	}
	d.admitted[contactID] = q
	q.admitted++
	return nil
}

// dismiss takes back the place that was kept for a contact.
func (d *Desk) dismiss(contactID string) {
	if q := d.admitted[contactID]; q != nil {
		delete(d.admitted, contactID)
		q.admitted--
	}
}
