package desk

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Accept lets an agent take a contact that waits, and returns the participant it is then.
// When two agents accept at once one of them gets it and the other a [TakenError]. Who has
// it already gets it again. Errors: [ErrNoAgent], [ErrNoContact], [ErrUnavailable],
// [ErrFull], [ErrTaken], [ErrReserved]. Who was asked to join a contact joins those who have it.
func (d *Desk) Accept(ctx context.Context, agentRef, contactID string) (participantID string, err error) {
	d.mu.Lock()
	a, t, err := d.both(agentRef, contactID)
	if err == nil {
		if s := a.seats[contactID]; s != nil && s.role == transcript.Agent {
			d.mu.Unlock()
			return s.participantID, nil
		}
		if i := t.invitation(a); i != nil && i.told {
			if a.state == Available {
				t.withdraw(i)
				a.pending++
			}
			d.mu.Unlock()
			if a.state != Available {
				return "", ErrUnavailable
			}
			return d.accompany(ctx, t, i)
		}
		if holder := t.holder(); holder != nil {
			err = &TakenError{holder.name}
		} else if !t.waits {
			err = ErrNoContact // its customer has not come yet
		} else {
			err = a.refusal(t)
		}
	}
	if err != nil {
		d.mu.Unlock()
		return "", err
	}
	t.claim = a
	t.wanted(a)
	a.pending++
	watched := a.seats[contactID] // as a supervisor
	d.mu.Unlock()
	defer d.unclaim(a, t)
	participantID, err = d.join(ctx, a, t)
	if err == nil && watched != nil {
		err = d.gone(contactID, d.chats.Leave(ctx, contactID, watched.participantID))
	}
	return participantID, err
}

// both returns an agent and an active contact.
func (d *Desk) both(agentRef, contactID string) (*agent, *ticket, error) {
	a, err := d.find(agentRef)
	if err != nil {
		return nil, nil, err
	}
	t := d.tickets[contactID]
	if t == nil {
		return nil, nil, ErrNoContact
	}
	return a, t, nil
}

// Reject notes that an agent does not want a contact that waits. It goes on waiting, for the
// others, who cannot transfer it to this agent until the agent joins it after all. An agent who was
// asked to join a contact is not asked any more. Errors: [ErrNoAgent], [ErrNoContact], [ErrTaken].
func (d *Desk) Reject(agentRef, contactID string) error {
	d.mu.Lock()
	a, t, err := d.both(agentRef, contactID)
	switch {
	case err != nil:
	case t.withdraw(t.invitation(a)):
		d.fill(a)
	case t.holder() != nil:
		err = &TakenError{t.holder().name}
	case !t.waits:
		err = ErrNoContact
	case !slices.Contains(t.rejected, a):
		t.rejected, t.declined = append(t.rejected, a), append(t.declined, a)
	}
	d.mu.Unlock()
	if err == nil {
		d.changed()
	}
	return err
}

// Supervise lets an agent join a contact beside the one who answers it, if any, and returns
// the participant it is then. Who is there already stays what it is. Errors: [ErrNoAgent],
// [ErrNoContact].
func (d *Desk) Supervise(ctx context.Context, agentRef, contactID string) (participantID string, err error) {
	d.mu.Lock()
	a, t, err := d.both(agentRef, contactID)
	if err != nil || a.seats[contactID] != nil {
		if err == nil {
			participantID = a.seats[contactID].participantID
		}
		d.mu.Unlock()
		return participantID, err
	}
	if a.leaves || t.claim == a {
		d.mu.Unlock()
		return "", ErrUnavailable
	}
	t.wanted(a)
	a.pending++ // keeps the agent from being removed meanwhile
	d.mu.Unlock()
	joined, err := d.chats.Join(ctx, contactID, transcript.Supervisor, a.name)
	return joined.ParticipantID, errors.Join(d.gone(contactID, err), d.settle(ctx, a))
}

// Leave lets an agent leave a contact. It ends when it was the last agent; a supervisor's
// leaving changes nothing else. Errors: [ErrNoAgent], [ErrNoContact], [ErrNotThere].
func (d *Desk) Leave(ctx context.Context, agentRef, contactID string) error {
	return d.as(agentRef, contactID, func(participantID string) error {
		return d.chats.Leave(ctx, contactID, participantID)
	})
}

// End lets an agent end a contact for everybody. Errors: [ErrNoAgent], [ErrNoContact],
// [ErrNotThere].
func (d *Desk) End(ctx context.Context, agentRef, contactID string) error {
	return d.as(agentRef, contactID, func(string) error {
		return d.chats.End(ctx, contactID, chat.AgentDisconnect)
	})
}

// as does something as the participant that an agent is in a contact.
func (d *Desk) as(agentRef, contactID string, f func(participantID string) error) error {
	d.mu.Lock()
	a, _, err := d.both(agentRef, contactID)
	if err != nil {
		d.mu.Unlock()
		return err
	}
	s := a.seats[contactID]
	d.mu.Unlock()
	if s == nil {
		return ErrNotThere
	}
	return d.gone(contactID, f(s.participantID))
}

// Target is where a contact is passed on to: an agent, or a queue. Each is an id or a name;
// one member is set.
type Target struct{ Agent, Queue string }

// Transfer lets an agent pass a contact on. Another agent has it at once and needs to be
// available; in a queue it waits. Where a contact flow for transfers runs, that decides instead
// what becomes of the contact, whether the target has room or not. The participants are told of a
// transfer that fails because of its target, and the agent keeps the contact. Errors: [ErrNoAgent],
// [ErrNoQueue], [ErrNoContact], [ErrNotThere], [ErrUnavailable], [ErrFull], [ErrQueueFull],
// [ErrDeclined], [ErrTransfer], [ErrExists] for an agent who is there.
func (d *Desk) Transfer(ctx context.Context, agentRef, contactID string, to Target) error {
	d.mu.Lock()
	a, t, err := d.both(agentRef, contactID)
	if err != nil {
		d.mu.Unlock()
		return err
	}
	s := a.seats[contactID]
	if s == nil || s.role != transcript.Agent {
		d.mu.Unlock()
		return ErrNotThere
	}
	p := &passing{desk: d, ticket: t}
	target, refused := p.target(to)
	fault := ""
	if refused == nil {
		fault = d.doomed(contactID, s.participantID)
	}
	if fault != "" {
		refused = ErrTransfer
	}
	d.mu.Unlock()
	if refused == nil {
		_, err = d.chats.Transfer(ctx, contactID, s.participantID, target)
		refused = p.refused
	}
	leaves := p.over(err != nil)
	if refused != nil {
		return errors.Join(refused, d.gone(contactID, d.chats.FailTransfer(ctx, contactID, s.participantID, fault)))
	}
	if leaves {
		err = errors.Join(err, d.vacate(ctx, p.next))
	}
	return d.gone(contactID, err)
}

// passing is a transfer while it is being made. The desk's lock guards it.
type passing struct {
	desk    *Desk
	ticket  *ticket
	next    *agent // who is to have the contact; nil for a queue
	pending bool   // next is about to get it
	refused error  // why there was no room for it
}

// target looks up where the contact is to go.
func (p *passing) target(to Target) (target chat.Transfer, err error) {
	if to.Agent == "" {
		q, err := p.desk.findQueue(to.Queue)
		if err != nil {
			return target, err
		}
		return chat.Transfer{Queue: q.name, Ready: p.ready(func() error { return p.desk.admit(p.ticket.id, q) })}, nil
	}
	if p.next, err = p.desk.find(to.Agent); err != nil {
		return target, err
	}
	if p.next.seats[p.ticket.id] != nil {
		return target, ErrExists
	}
	return chat.Transfer{Agent: p.next.name, Ready: p.ready(func() error {
		if slices.Contains(p.ticket.declined, p.next) {
			return ErrDeclined
		}
		if err := p.next.refusal(nil); err != nil {
			return err
		}
		p.next.pending, p.pending = p.next.pending+1, true
		return nil
	})}, nil
}

// ready makes a function for the step of the transfer of one that keeps room for the contact.
func (p *passing) ready(room func() error) func() error {
	return func() error {
		p.desk.mu.Lock()
		defer p.desk.mu.Unlock()
		p.refused = room()
		return p.refused
	}
}

// over ends the transfer, and reports whether the next agent is leaving.
func (p *passing) over(failed bool) (leaves bool) {
	p.desk.mu.Lock()
	defer p.desk.mu.Unlock()
	if failed {
		p.desk.dismiss(p.ticket.id)
	}
	if !p.pending {
		return false
	}
	p.next.pending--
	p.desk.fill(p.next)
	return p.next.leaves
}
