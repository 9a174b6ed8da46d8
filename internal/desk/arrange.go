package desk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// QueueConfig is a queue as the instance has it at a time.
type QueueConfig struct {
	ID, Name string
	// Former are the names it had: contacts may wait in it by them.
	Former []string
	// Capacity is how many contacts may wait in it; zero means any number, a negative one none.
	Capacity int
	// Closed takes no further contacts; those in it go on waiting.
	Closed bool
}

// Arrange makes the queues those of the instance. A queue that was one of them and is none any more is
// gone once nobody waits in it, or takes contacts from it.
func (d *Desk) Arrange(queues []QueueConfig) {
	d.mu.Lock()
	for _, cfg := range queues {
		at := slices.IndexFunc(d.queues, func(q *queue) bool { return q.id == cfg.ID })
		if at < 0 { // a contact or a script has named it before
			at = slices.IndexFunc(d.queues, func(q *queue) bool { return q.name == cfg.Name && !q.arranged })
		}
		if at < 0 {
			at = len(d.queues)
			d.queues = append(d.queues, &queue{})
		}
		q := d.queues[at]
		q.id, q.name, q.former, q.capacity, q.closed, q.arranged = cfg.ID, cfg.Name, cfg.Former, cfg.Capacity, cfg.Closed, true
	}
	d.queues = slices.DeleteFunc(d.queues, func(q *queue) bool {
		if !q.arranged || slices.ContainsFunc(queues, func(cfg QueueConfig) bool { return cfg.ID == q.id }) {
			return false
		}
		q.arranged, q.closed, q.capacity = false, false, 0
		return len(q.waiting)+q.admitted == 0 && !slices.ContainsFunc(d.agents, func(a *agent) bool { return slices.Contains(a.queues, q) })
	})
	d.mu.Unlock()
	d.changed()
}

// Retire lets no further contact into the queue with an id, until the next [Desk.Arrange]; false when
// contacts wait in it, or are about to.
func (d *Desk) Retire(id string) bool {
	d.load()
	d.mu.Lock()
	defer d.mu.Unlock()
	q, err := d.findQueue(id)
	switch {
	case err != nil:
		return true
	case len(q.waiting)+q.admitted > 0:
		return false
	}
	q.closed = true
	return true
}

// Post is what a user takes contacts for.
type Post struct {
	UserID, Name string
	// Queues are those whose contacts the user gets, Chats is how many at once.
	Queues []PostQueue
	Chats  int
	// AutoAccept lets the user take contacts without accepting them.
	AutoAccept bool
}

// PostQueue is a queue from which a user takes contacts.
type PostQueue struct {
	Name string
	// Priority puts contacts of a queue with a lower one before all of the others.
	Priority int
	// Delay is how long a contact waits, or seems to wait, before the user gets it without asking.
	Delay time.Duration
}

// posting is what an agent takes contacts for.
type posting struct {
	queues   []*queue
	capacity int
	auto     bool
}

// Staff makes the users of the instance agents: people who are offline until they come, or those who
// have their names already, scripted ones too. The agent of a user who is none any more is removed, with
// [Desk.Remove], and a scripted one is what it was before. Errors: those of removing.
func (d *Desk) Staff(ctx context.Context, posts []Post) error {
	d.mu.Lock()
	before := d.posts
	d.posts = map[string]*Post{}
	for _, p := range posts {
		d.posts[p.Name] = &p
		d.enlist(p.Name)
	}
	var leaving []string
	for _, name := range slices.Sorted(maps.Keys(before)) {
		a := d.named[name]
		if a == nil || d.posts[name] != nil {
			continue
		}
		d.place(a)
		if a.partner == nil {
			leaving = append(leaving, name)
		}
	}
	d.delay()
	d.fillAll()
	d.mu.Unlock()
	var failed []error
	for _, name := range leaving {
		failed = append(failed, d.Remove(ctx, name))
	}
	d.changed()
	return errors.Join(failed...)
}

// enlist makes a user the agent of that name. The caller holds the desk's lock.
func (d *Desk) enlist(name string) *agent {
	a := d.named[name]
	if a == nil {
		a = d.addAgent(name)
		a.alone.capacity = DefaultCapacity
	}
	a.guest = false
	d.place(a)
	return a
}

// recall makes the user with an id, who was removed from the desk, an agent again; nil when there is no
// such user. The caller holds the desk's lock.
func (d *Desk) recall(userID string) *agent {
	for name, p := range d.posts {
		if p.UserID == userID {
			return d.enlist(name)
		}
	}
	return nil
}

// place gives an agent the queues, the capacity and the switch of its post, or its own without one. The caller holds
// the desk's lock.
func (d *Desk) place(a *agent) {
	a.queues, a.capacity, a.auto, a.terms = a.alone.queues, a.alone.capacity, a.alone.auto, nil
	if a.post = d.posts[a.name]; a.post == nil {
		return
	}
	a.queues, a.auto, a.terms = nil, a.post.AutoAccept, map[*queue]terms{}
	for _, given := range a.post.Queues {
		q := d.queue(given.Name)
		a.queues = append(a.queues, q)
		a.terms[q] = terms{given.Priority, given.Delay}
	}
	if a.post.Chats > 0 {
		a.capacity = a.post.Chats
	}
}
