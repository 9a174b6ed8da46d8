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
// [ErrFull], [ErrTaken], [ErrReserved].
func (d *Desk) Accept(ctx context.Context, agentRef, contactID string) (participantID string, err error) {
	d.mu.Lock()
	a, t, err := d.both(agentRef, contactID)
	if err == nil {
		if s := a.seats[contactID]; s != nil && s.role == transcript.Agent {
			d.mu.Unlock()
			return s.participantID, nil
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
// others, who cannot transfer it to this agent until the agent joins it after all. Errors: [ErrNoAgent], [ErrNoContact], [ErrTaken].
func (d *Desk) Reject(agentRef, contactID string) error {
	d.mu.Lock()
	a, t, err := d.both(agentRef, contactID)
	switch {
	case err != nil:
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
	d.mu.Lock()
	a.pending--
	leaves := a.leaves
	d.mu.Unlock()
	if leaves {
		err = errors.Join(err, d.vacate(ctx, a))
	}
	return joined.ParticipantID, d.gone(contactID, err)
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
// available; in a queue it waits. The participants are told of a transfer that fails because of its
// target, and the agent keeps the contact. Errors: [ErrNoAgent], [ErrNoQueue], [ErrNoContact],
// [ErrNotThere], [ErrUnavailable], [ErrFull], [ErrQueueFull], [ErrDeclined], [ErrTransfer], [ErrExists] for an agent
// who is there.
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
	target, next, err := d.target(t, to) // admits it to a queue
	if err == nil && d.doomed(contactID, s.participantID) {
		d.dismiss(contactID)
		next, err = nil, ErrTransfer
	}
	if next != nil {
		next.pending++
	}
	d.mu.Unlock()
	if err != nil {
		return errors.Join(err, d.gone(contactID, d.chats.FailTransfer(ctx, contactID, s.participantID)))
	}
	_, err = d.chats.Transfer(ctx, contactID, s.participantID, target)
	if err != nil {
		d.mu.Lock()
		d.dismiss(contactID)
		d.mu.Unlock()
	}
	if next != nil {
		d.mu.Lock()
		next.pending--
		d.fill(next)
		leaves := next.leaves
		d.mu.Unlock()
		if leaves {
			err = errors.Join(err, d.vacate(ctx, next))
		}
	}
	return d.gone(contactID, err)
}

// target looks up where a contact is to go; next is the agent, if it is one.
func (d *Desk) target(t *ticket, to Target) (target chat.Transfer, next *agent, err error) {
	if to.Agent == "" {
		q, err := d.findQueue(to.Queue)
		if err != nil {
			return target, nil, err
		}
		return chat.Transfer{Queue: q.name}, nil, d.admit(t.id, q)
	}
	next, err = d.find(to.Agent)
	if err != nil {
		return target, nil, err
	}
	switch {
	case next.seats[t.id] != nil:
		return target, nil, ErrExists
	case slices.Contains(t.declined, next):
		return target, nil, ErrDeclined
	}
	if err := next.refusal(nil); err != nil {
		return target, nil, err
	}
	return chat.Transfer{Agent: next.name}, next, nil
}
