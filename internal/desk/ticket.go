package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// ticket is the desk's view of an active contact. Its fields are guarded by the desk's lock.
type ticket struct {
	id, customer string
	// since is when the contact began to wait, in queue.
	since time.Time
	queue *queue
	place
	// routed is how it waits, or waited last: the contact's own, which does not change in place.
	routed *chat.Queued
	waits  bool // in the queue, as routed says, at its place
	bot    bool // a custom bot is there
	// incremental says that the customer's client takes messages in pieces.
	incremental bool
	// opens ends the alarm at which it waits for any agent again; nil for none.
	opens func()
	// ripens ends the alarm at which further agents may take it; nil for none.
	ripens func()
	// claim is the agent who is about to join; nobody else may then.
	claim *agent
	// seats are the agents and supervisors who are there.
	seats []*seat
	// invited are those who were asked to join them.
	invited []*invitation
	// past are the names of agents who have been there.
	past []string
	// rejected are the agents who do not want the contact while it waits, declined those who do not
	// want it at all.
	rejected, declined []*agent
}

// wanted forgets that an agent did not want the contact.
func (t *ticket) wanted(a *agent) {
	t.declined = slices.DeleteFunc(t.declined, func(other *agent) bool { return other == a })
}

// seat is an agent's place in a contact.
type seat struct {
	agent         *agent
	ticket        *ticket
	participantID string
	role          transcript.Role
	since         time.Time
	talk          *Conversation // of a scripted agent
}

// holder returns the agent who answers the contact, or is about to; nil for none.
func (t *ticket) holder() *agent {
	for _, s := range t.seats {
		if s.role == transcript.Agent {
			return s.agent
		}
	}
	return t.claim
}

// syncTicket makes the desk's view of a contact agree with the contact, and reports whether the
// view changed. The caller holds the desk's lock, and calls it with the states of a contact in
// their order.
func (d *Desk) syncTicket(contact *chat.Contact) (changed bool) {
	t := d.tickets[contact.ID]
	if d.closed {
		return false
	}
	d.dismiss(contact.ID)
	if contact.HasEnded() {
		if reserved := d.unreserve(contact.ID); reserved != nil {
			d.fill(reserved)
		}
		if t != nil {
			d.drop(t, contact.Ended)
		}
		return t != nil
	}
	if t == nil {
		if contact.Connected.IsZero() && contact.Queue == nil && !slices.ContainsFunc(contact.Participants, isAgent) {
			return false
		}
		t = &ticket{id: contact.ID, customer: contact.Customer().DisplayName, incremental: contact.Incremental, routed: &chat.Queued{}}
		if q := contact.Queue; q != nil && (q.Agent == "" || q.Name != "") { // where it came from, when an agent has it already
			t.queue = d.queue(q.Name)
		}
		d.tickets[t.id] = t
	}
	changed = d.syncSeats(t, contact) || t.customer != contact.Customer().DisplayName
	t.customer = contact.Customer().DisplayName
	left := t.bot
	t.bot = slices.ContainsFunc(contact.Participants, isBot)
	left = left && !t.bot
	held := slices.ContainsFunc(t.seats, func(s *seat) bool { return s.role == transcript.Agent })
	if !held {
		d.uninvite(t)
	}
	waits := contact.Queue != nil && !held
	switch {
	case waits && !t.waits, waits && *t.routed != *contact.Queue:
		d.leave(t)
		d.enqueue(t, contact)
		return true
	case !waits && t.waits:
		d.leave(t)
		t.rejected = nil
		return true
	case waits && left: // agents who left the contact to the bot may take it now
		d.offer(t)
	}
	return changed
}

// isBot reports whether a participant is a custom bot who is there.
func isBot(p chat.Participant) bool { return p.Active() && p.Role == transcript.CustomBot }

// isAgent reports whether a participant is one of the desk's who is there.
func isAgent(p chat.Participant) bool {
	return p.Active() && (p.Role == transcript.Agent || p.Role == transcript.Supervisor)
}

// syncSeats adds the seats of agents who have joined, and removes the seats of agents who have left.
func (d *Desk) syncSeats(t *ticket, contact *chat.Contact) (changed bool) {
	var left []*seat
	t.seats = slices.DeleteFunc(t.seats, func(s *seat) bool {
		p, ok := contact.Participant(s.participantID)
		if ok && p.Active() {
			return false
		}
		left = append(left, s)
		return true
	})
	for _, s := range left {
		p, _ := contact.Participant(s.participantID)
		d.removeSeat(s, p.Left)
		changed = true
	}
	for _, p := range contact.Participants {
		if !p.Active() && p.Role == transcript.Agent && !slices.Contains(t.past, p.DisplayName) && !d.yielded(contact, p) {
			t.past = append(t.past, p.DisplayName)
		}
		if !isAgent(p) || slices.ContainsFunc(t.seats, func(s *seat) bool { return s.participantID == p.ID }) {
			continue
		}
		a := d.named[p.DisplayName]
		if a == nil { // joined by a call of the API, or before a restart
			a = d.addAgent(p.DisplayName)
			a.guest = true
		}
		s := &seat{agent: a, ticket: t, participantID: p.ID, role: p.Role, since: p.Joined}
		t.seats = append(t.seats, s)
		a.addSeat(s)
		d.startPartner(s)
		changed = true
	}
	return changed
}

// yielded reports whether an agent who has left did so in the step in which a custom bot joined, or one
// who only stands by in that in which another agent did: nobody had a reason to pass the contact on.
func (d *Desk) yielded(contact *chat.Contact, agent chat.Participant) bool {
	a := d.named[agent.DisplayName]
	standby := a != nil && a.partner != nil && a.standby
	return slices.ContainsFunc(contact.Participants, func(p chat.Participant) bool {
		return (p.Role == transcript.CustomBot || standby && p.Role == transcript.Agent) && p.ID != agent.ID && p.Joined.Equal(agent.Left)
	})
}

// yields reports whether an agent leaves a contact to a custom bot: one who only stands by does.
func (d *Desk) yields(contact *chat.Contact, p chat.Participant) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tickets[contact.ID]
	return t != nil && slices.ContainsFunc(t.seats, func(s *seat) bool {
		return s.participantID == p.ID && s.agent.partner != nil && s.agent.standby
	})
}

// removeSeat takes an agent's seat away at some time, which makes room for another contact.
func (d *Desk) removeSeat(s *seat, left time.Time) {
	if s.agent.seats[s.ticket.id] == s {
		delete(s.agent.seats, s.ticket.id)
		for _, other := range s.ticket.seats { // it was there as both
			if other.agent == s.agent {
				s.agent.seats[s.ticket.id] = other
			}
		}
	}
	if s.role == transcript.Agent {
		if s.ticket.queue != nil {
			s.ticket.queue.took(left.Sub(s.since))
		}
		s.agent.load--
		d.fill(s.agent)
	}
	if s.agent.guest && len(s.agent.seats) == 0 && s.agent.pending == 0 {
		d.removeAgent(s.agent)
	}
}

// drop forgets a contact that has ended.
func (d *Desk) drop(t *ticket, ended time.Time) {
	delete(d.tickets, t.id)
	d.leave(t)
	d.uninvite(t)
	seats := t.seats
	t.seats = nil
	for _, s := range seats {
		d.removeSeat(s, ended)
	}
}

// enqueue lets a contact wait, unless a scripted agent takes it at once.
func (d *Desk) enqueue(t *ticket, contact *chat.Contact) {
	t.since = later(contact.Connected, contact.Queue.Since)
	for _, p := range contact.Participants {
		if p.Role == transcript.Agent {
			t.since = later(t.since, p.Left)
		}
	}
	d.lineUp(t, contact.Queue)
	d.offer(t)
}

// offer lets the agent with the fewest chats, of those who take contacts by themselves, take a contact that waits.
func (d *Desk) offer(t *ticket) {
	reserved := d.unreserve(t.id)
	if !d.begun || t.claim != nil {
		return
	}
	if a := d.best(t); a != nil {
		d.claim(a, t)
	}
	if reserved != nil { // not needed when another agent has taken the contact
		d.fill(reserved)
	}
}

// best returns the agent with the fewest chats of those who are to take a contact; nil for
// none.
func (d *Desk) best(t *ticket) *agent {
	var best *agent
	for _, a := range d.agents {
		if d.wants(a, t) && (best == nil || a.has() < best.has()) {
			best = a
		}
	}
	return best
}

// fill lets an agent who takes contacts by itself take those that wait, as many as it may.
func (d *Desk) fill(a *agent) {
	for a.takes() {
		t := d.next(a)
		if t == nil || !d.claim(a, t) {
			return
		}
	}
}

// wants reports whether an agent is to take a contact by itself: it takes none that it is in already or
// was in before, because somebody had a reason to pass it on, unless the contact waits for nobody
// else, and none that it has rejected.
func (d *Desk) wants(a *agent, t *ticket) bool {
	switch {
	case !d.begun, !a.takes(), t.claim != nil, a.refuses(t) != nil, a.seats[t.id] != nil, slices.Contains(t.rejected, a):
		return false
	case t.routed.Agent != "":
		return true
	case !a.serves(t.queue), slices.Contains(t.past, a.name), !d.ripe(t, a.terms[t.queue]):
		return false
	}
	return !a.standby || !t.bot && !slices.ContainsFunc(d.agents, func(other *agent) bool { return other.attends(t) })
}

// claim lets an agent who takes contacts by itself join a contact in the background.
func (d *Desk) claim(a *agent, t *ticket) bool {
	if !d.start(func() { d.take(a, t) }) {
		return false
	}
	t.claim = a
	a.pending++
	return true
}

// retryAfter is when an agent who could not join lets others try.
const retryAfter = 5 * time.Second

// take carries out a claim.
func (d *Desk) take(a *agent, t *ticket) {
	_, err := d.join(d.ctx, a, t)
	if err != nil && !errors.Is(err, errYielded) {
		d.report(t.id, fmt.Errorf("joining a chat: %w", err))
		if !errors.Is(err, ErrNoContact) && d.chats.Clock().Wait(d.ctx, retryAfter) != nil {
			return // the desk is closed
		}
	}
	d.unclaim(a, t)
}

// errYielded says that a scripted agent leaves a contact to who was faster.
var errYielded = fmt.Errorf("%w: somebody else answers the contact", ErrUnavailable)

// join makes an agent one of the contact's. A scripted agent yields to a person who took the contact
// over, and to a custom bot if it only stands by.
func (d *Desk) join(ctx context.Context, a *agent, t *ticket) (participantID string, err error) {
	d.mu.Lock()
	scripted := a.partner != nil
	standby := a.standby && scripted
	d.mu.Unlock()
	err = d.chats.Step(ctx, t.id, func(step *chat.Step) error {
		yields := func(p chat.Participant) bool { return scripted && answers(p) || standby && isBot(p) }
		if slices.ContainsFunc(step.Contact().Participants, yields) {
			return errYielded
		}
		joined, err := step.Join(transcript.Agent, a.name)
		participantID = joined.ID
		return err
	})
	if err != nil {
		return "", d.gone(t.id, err)
	}
	return participantID, nil
}

// unclaim ends a claim, whatever became of it.
func (d *Desk) unclaim(a *agent, t *ticket) {
	d.mu.Lock()
	t.claim = nil
	a.pending--
	if t.waits && d.tickets[t.id] == t { // nobody has joined
		d.offer(t)
	}
	d.fill(a)
	leaves := a.leaves
	d.mu.Unlock()
	if leaves {
		d.report(t.id, d.vacate(d.ctx, a))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
