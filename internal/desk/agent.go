package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/parley-chat/parley/internal/transcript"
)

// State says whether an agent takes chats.
type State string

// States of agents.
const (
	Available State = "available"
	Away      State = "away"
	Offline   State = "offline"
)

// standing is whether an agent takes chats, and the name of the status of the instance that says so; empty
// when none does.
type standing struct {
	state  State
	status string
}

// DefaultCapacity is how many chats people take at once: as many as Amazon Connect lets them.
//
// Source: "Amazon Connect service quotas", concurrent active chats per agent.
const DefaultCapacity = 10

// AgentConfig describes an agent, or several alike.
type AgentConfig struct {
	// Name is what customers see, and what an agent is known by after a restart.
	Name string
	// State is empty for available.
	State State
	// KeepState leaves those who are at the desk already as available as they are: what they answer
	// has changed, and not whether they are there.
	KeepState bool
	// Capacity is how many chats the agent takes at once. Zero means [DefaultCapacity] for
	// people, and no limit for scripted agents.
	Capacity int
	// Queues are the names of the queues a scripted agent takes contacts from; empty means
	// all. People choose by themselves.
	Queues []string
	// Partner talks for a scripted agent; nil means a person.
	Partner Partner
	// Standby lets a scripted agent take contacts only while nobody else is there for them:
	// no person, no other scripted agent of the queue who has room, and no custom bot. It leaves
	// a contact to a custom bot that joins.
	Standby bool
	// AutoAccept lets a person take contacts without accepting them, as scripted agents do; nil leaves
	// it as it is for a person who comes back. That of a user is kept by [Config.KeepAutoAccept].
	//
	// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AutoAcceptConfig.html
	AutoAccept *bool
	// Window says that a person is there as long as there is a window of that name: see [Desk.Window].
	Window bool
	// Count makes several scripted agents, "Name", "Name 2" and so on; zero makes one.
	Count int
}

// MaxAgents is the number of agents a desk can have.
const MaxAgents = 10_000

// agent is one who takes contacts. Its fields are guarded by the desk's lock.
type agent struct {
	id, name string
	standing
	capacity int // zero means no limit
	queues   []*queue
	terms    map[*queue]terms // on which it takes those of queues; none when they are not there
	post     *Post            // what a user takes contacts for; nil for other agents
	alone    posting          // what it would take contacts for without a post
	partner  Partner
	standby  bool
	leaves   bool // is being removed
	auto     bool // a person who accepts by itself
	guest    bool // was never added: there as long as it is in a contact
	windowed bool // a person who is away without a window
	// seats are its places, by contact; load counts those of an agent, pending the contacts
	// it is about to get, asked its open invitations.
	seats                map[string]*seat
	load, pending, asked int
}

// takes reports whether the agent takes contacts by itself.
func (a *agent) takes() bool { return a.partner != nil || a.auto }

// has is how many contacts the agent has, is about to get or is asked to join.
func (a *agent) has() int { return a.load + a.pending + a.asked }

// free reports whether the agent may get another contact.
func (a *agent) free() bool { return a.refuses(nil) == nil }

// refuses says why the agent may not get a contact, or with nil any further one. All agents are asked
// for every contact that waits, so it makes no error of its own; see refusal.
func (a *agent) refuses(t *ticket) error {
	switch {
	case t != nil && t.routed.Agent != "" && t.routed.Agent != a.name:
		return ErrReserved
	case t != nil && t.routed.Interrupts && a.state != Offline && !a.leaves:
	case a.state != Available || a.leaves:
		return ErrUnavailable
	case a.capacity > 0 && a.has() >= a.capacity:
		return ErrFull
	}
	return nil
}

// refusal is refuses for people, who are told for whom the contact waits and how many chats there are.
func (a *agent) refusal(t *ticket) error {
	err := a.refuses(t)
	switch {
	case errors.Is(err, ErrReserved):
		return &ReservedError{t.routed.Agent}
	case errors.Is(err, ErrFull):
		return &FullError{Load: a.has(), Capacity: a.capacity}
	}
	return err
}

// attends reports whether a contact that waits is left to the agent by those who only stand
// by: to a person who takes chats, or to a script with room.
func (a *agent) attends(t *ticket) bool {
	if a.partner == nil {
		return a.state == Available
	}
	return !a.standby && a.free() && a.serves(t.queue) && !slices.Contains(t.past, a.name)
}

func (a *agent) serves(q *queue) bool {
	return len(a.queues) == 0 && a.post == nil || slices.Contains(a.queues, q)
}

// addSeat gives the agent a seat in a contact. In a contact where it is agent and supervisor at
// once, the agent's seat counts.
func (a *agent) addSeat(s *seat) {
	if held := a.seats[s.ticket.id]; held == nil || held.role == transcript.Supervisor {
		a.seats[s.ticket.id] = s
	}
	if s.role == transcript.Agent {
		a.load++
	}
}

// addAgent adds an agent, offline at first.
func (d *Desk) addAgent(name string) *agent {
	a := &agent{
		id: identify("agent", name), name: name, standing: standing{state: Offline}, capacity: DefaultCapacity, seats: map[string]*seat{},
	}
	d.named[name] = a
	d.agents = append(d.agents, a)
	return a
}

// removeAgent removes an agent from the list.
func (d *Desk) removeAgent(a *agent) {
	if d.named[a.name] == a {
		delete(d.named, a.name)
		d.agents = slices.DeleteFunc(d.agents, func(other *agent) bool { return other == a })
	}
}

// find returns an agent by id or name.
func (d *Desk) find(ref string) (*agent, error) {
	if a := d.named[ref]; a != nil {
		return a, nil
	}
	for _, a := range d.agents {
		if a.id == ref || a.post != nil && a.post.UserID == ref {
			return a, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrNoAgent, ref)
}

// findQueue returns a queue by id or name.
func (d *Desk) findQueue(ref string) (*queue, error) {
	for _, q := range d.queues {
		if q.id == ref {
			return q, nil
		}
	}
	if q := d.bearing(ref); q != nil {
		return q, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrNoQueue, ref)
}

// Add adds agents. A person of a known name comes back, and finds the own contacts; a
// scripted agent takes the place of one who is scripted or offline. Errors: [NameError],
// [ErrExists], and that of keeping AutoAccept: the agents are there then.
func (d *Desk) Add(cfg AgentConfig) ([]Agent, error) {
	names, err := cfg.names()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	if len(d.agents)+len(names) > MaxAgents {
		d.mu.Unlock()
		return nil, &NameError{fmt.Sprintf("there can be %d agents, and with these there would be %d", MaxAgents, len(d.agents)+len(names))}
	}
	for _, name := range names {
		a := d.named[name]
		if a == nil {
			continue
		}
		if a.leaves || cfg.Partner == nil && a.partner != nil || cfg.Partner != nil && a.partner == nil && a.state != Offline {
			d.mu.Unlock()
			return nil, fmt.Errorf("%w: %q", ErrExists, name)
		}
	}
	agents := make([]*agent, 0, len(names))
	for _, name := range names {
		a, known := d.named[name]
		if !known {
			a = d.addAgent(name)
		}
		d.configure(a, cfg, known)
		agents = append(agents, a)
	}
	d.fillAll()
	d.mu.Unlock()
	d.changed()
	for _, name := range names {
		if err := d.keepAuto(name, cfg.AutoAccept); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	states := make([]Agent, 0, len(agents))
	for _, a := range agents {
		states = append(states, a.show())
	}
	return states, nil
}

// names returns the names of the agents that are described.
func (cfg AgentConfig) names() ([]string, error) {
	if err := CheckName("agent", cfg.Name); err != nil {
		return nil, err
	}
	if err := checkState(cfg.State); err != nil && cfg.State != "" {
		return nil, err
	}
	if cfg.Capacity < 0 || cfg.Count < 0 || cfg.Count > MaxAgents || cfg.Count > 1 && cfg.Partner == nil {
		return nil, &NameError{"the capacity and the count of an agent are not below zero, and people are one each"}
	}
	for _, queue := range cfg.Queues {
		if err := CheckName("queue", queue); err != nil {
			return nil, err
		}
	}
	return cfg.Names(), nil
}

// Names returns the names of the agents that are described: several alike are numbered from 2.
func (cfg AgentConfig) Names() []string {
	names := []string{cfg.Name}
	for i := 2; i <= cfg.Count; i++ {
		names = append(names, cfg.Name+" "+strconv.Itoa(i))
	}
	return names
}

// configure makes an agent what is described; known says that it was at the desk before.
func (d *Desk) configure(a *agent, cfg AgentConfig, known bool) {
	if !cfg.KeepState || !known || a.guest {
		a.standing = standing{state: cmp.Or(cfg.State, Available)}
	}
	a.partner, a.standby, a.queues, a.guest = cfg.Partner, cfg.Standby, nil, false
	auto := a.alone.auto
	if cfg.AutoAccept != nil {
		auto = *cfg.AutoAccept
	}
	a.capacity = cfg.Capacity
	if a.capacity == 0 && a.partner == nil {
		a.capacity = DefaultCapacity
	}
	for _, name := range cfg.Queues {
		a.queues = append(a.queues, d.queue(name))
	}
	a.alone = posting{a.queues, a.capacity, auto}
	d.place(a)
	d.sits(a, cfg.Window)
	for _, s := range a.seats {
		d.startPartner(s)
	}
}

// fillAll lets those who take contacts by themselves take what waits.
func (d *Desk) fillAll() {
	for _, a := range d.agents {
		d.fill(a)
	}
}

// startPartner begins the conversation of a scripted agent that has a new seat. It does nothing for
// a person, a supervisor, and a conversation that goes on.
func (d *Desk) startPartner(s *seat) {
	if s.agent.partner == nil || s.role != transcript.Agent || s.talk != nil {
		return
	}
	talk := newConversation(d, s)
	s.talk = talk
	if !d.begun {
		d.entering = append(d.entering, talk)
		return
	}
	d.start(func() {
		if talk.enter() {
			talk.run()
		}
	})
}

// Remove removes an agent. The contacts it has wait again in the queues they came from.
// Errors: [ErrNoAgent], and failures of the store; the agent is there then, and takes nothing.
func (d *Desk) Remove(ctx context.Context, ref string) error {
	d.mu.Lock()
	a, err := d.find(ref)
	if err != nil {
		d.mu.Unlock()
		return err
	}
	a.standing, a.leaves = standing{state: Offline}, true
	d.decline(a)
	d.fillAll()
	d.mu.Unlock()
	if err := d.vacate(ctx, a); err != nil {
		d.mu.Lock()
		a.leaves = false
		d.mu.Unlock()
		return fmt.Errorf("removing agent %q: %w", a.name, err)
	}
	return nil
}

// vacate gives the contacts of a leaving agent back to their queues, but for those that others answer, and removes the agent unless
// it is about to get another contact.
func (d *Desk) vacate(ctx context.Context, a *agent) error {
	if err := d.giveBack(ctx, a); err != nil {
		return err
	}
	d.mu.Lock()
	switch {
	case a.pending > 0: // the goroutine that brings the contact calls vacate again
	case len(a.seats) == 0:
		d.removeAgent(a)
	default: // it joined otherwise meanwhile
		a.leaves = false
	}
	d.mu.Unlock()
	d.changed()
	return nil
}

// origin returns the name of the queue a contact came from.
func (d *Desk) origin(t *ticket) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.queue == nil || t.queue.agent != "" {
		return DefaultQueue
	}
	return t.queue.name
}
