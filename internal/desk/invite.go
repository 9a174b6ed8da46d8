package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// MostTogether is how many agents answer one contact, those who are asked to included.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/multi-party-chat.html, six
// participants, of whom one is the customer.
const MostTogether = 5

// invitation is an agent who was asked to join a contact beside those who answer it, and has not
// decided yet. Its fields are guarded by the desk's lock.
type invitation struct {
	agent *agent
	by    string
	since time.Time
	as    chat.Participant // what it becomes
	told  bool             // the chat knows of it; before, nobody can accept it
}

// Invite is how another agent is asked to join a contact.
type Invite struct {
	// Agent is the id or the name of who is asked.
	Agent string
	// After is how long a scripted agent, or one who accepts by itself, takes to join.
	After time.Duration
}

// Invite lets an agent of a contact ask another one to join it. The participants are told. A scripted
// agent and one who accepts by itself joins then; a person decides, with [Desk.Accept] or
// [Desk.Reject]. Who is asked gives room to no other contact meanwhile. Asking once more changes
// nothing. Errors: [ErrNoAgent], [ErrNoContact], [ErrNotThere], [ErrUnavailable], [ErrFull],
// [ErrCrowded], [ErrExists] for an agent who is there.
func (d *Desk) Invite(ctx context.Context, agentRef, contactID string, how Invite) error {
	d.mu.Lock()
	t, i, err := d.ask(agentRef, contactID, how.Agent)
	d.mu.Unlock()
	if err != nil || i == nil {
		return err
	}
	var asked chat.Participant
	err = d.chats.Step(ctx, contactID, func(step *chat.Step) (err error) {
		asked, err = step.Invite(i.agent.name)
		return err
	})
	d.mu.Lock()
	defer d.changed()
	defer d.mu.Unlock()
	if err != nil {
		t.withdraw(i)
		return d.gone(contactID, err)
	}
	i.as, i.told = asked, true
	if i.agent.takes() {
		d.start(func() { d.follow(t, i, how.After) })
	}
	return nil
}

// ask keeps a place for an agent who is to be asked; the invitation is nil when it was asked before.
// The caller holds the desk's lock.
func (d *Desk) ask(agentRef, contactID, guestRef string) (*ticket, *invitation, error) {
	a, t, err := d.both(agentRef, contactID)
	if err != nil {
		return nil, nil, err
	}
	together := len(t.invited)
	for _, s := range t.seats {
		if s.role == transcript.Agent {
			together++
		}
	}
	if a.seats[contactID] == nil || together == len(t.invited) {
		return nil, nil, ErrNotThere
	}
	guest, err := d.find(guestRef)
	switch {
	case err != nil:
		return nil, nil, err
	case guest.seats[contactID] != nil, t.claim == guest:
		return nil, nil, ErrExists
	case t.invitation(guest) != nil:
		return nil, nil, nil
	}
	if err := guest.refusal(nil); err != nil {
		return nil, nil, err
	}
	if together >= MostTogether {
		return nil, nil, ErrCrowded
	}
	i := &invitation{agent: guest, by: a.name, since: d.chats.Clock().Now()}
	t.invited = append(t.invited, i)
	guest.asked++
	return t, i, nil
}

// invitation is that of an agent; nil for none.
func (t *ticket) invitation(a *agent) *invitation {
	at := slices.IndexFunc(t.invited, func(i *invitation) bool { return i.agent == a })
	if at < 0 {
		return nil
	}
	return t.invited[at]
}

// withdraw takes an invitation back, and reports whether it was open.
func (t *ticket) withdraw(i *invitation) bool {
	at := slices.Index(t.invited, i)
	if at < 0 {
		return false
	}
	t.invited = slices.Delete(t.invited, at, at+1)
	i.agent.asked--
	return true
}

// uninvite takes all invitations to a contact back, which makes room for other contacts.
func (d *Desk) uninvite(t *ticket) {
	asked := t.invited
	for _, i := range slices.Clone(asked) {
		t.withdraw(i)
		d.fill(i.agent)
	}
}

// decline takes back all invitations of an agent who goes.
func (d *Desk) decline(a *agent) {
	for _, t := range d.tickets {
		if i := t.invitation(a); i != nil {
			t.withdraw(i)
		}
	}
}

// follow lets an agent who accepts by itself follow an invitation.
func (d *Desk) follow(t *ticket, i *invitation, after time.Duration) {
	if after > 0 && d.chats.Clock().Wait(d.ctx, after) != nil {
		return // the desk is closed
	}
	d.mu.Lock()
	open := t.withdraw(i)
	if open {
		i.agent.pending++
	}
	d.mu.Unlock()
	if open {
		_, err := d.accompany(d.ctx, t, i)
		if !errors.Is(err, ErrNoContact) {
			d.report(t.id, err)
		}
	}
}

// accompany lets an agent for whom a place is kept join the agents of a contact, as long as there is
// one.
func (d *Desk) accompany(ctx context.Context, t *ticket, i *invitation) (participantID string, err error) {
	err = d.chats.Step(ctx, t.id, func(step *chat.Step) error { return step.Follow(i.as) })
	return i.as.ID, errors.Join(d.gone(t.id, err), d.settle(ctx, i.agent))
}

// answers reports whether a participant is an agent who is there.
func answers(p chat.Participant) bool { return p.Active() && p.Role == transcript.Agent }

// leaveOthers takes an agent out of a contact that others answer, and reports whether it did: one who
// looks on is never the last.
func (d *Desk) leaveOthers(ctx context.Context, s *seat) (left bool, err error) {
	err = d.chats.Step(ctx, s.ticket.id, func(step *chat.Step) error {
		left = s.role == transcript.Supervisor || slices.ContainsFunc(step.Contact().Participants, func(p chat.Participant) bool {
			return answers(p) && p.ID != s.participantID
		})
		if !left {
			return nil
		}
		return step.Leave(s.participantID)
	})
	return left, err
}

// settle gives back the place that was kept for an agent, whatever became of it.
func (d *Desk) settle(ctx context.Context, a *agent) error {
	d.mu.Lock()
	a.pending--
	d.fill(a)
	leaves := a.leaves
	d.mu.Unlock()
	if leaves {
		return d.vacate(ctx, a)
	}
	return nil
}
