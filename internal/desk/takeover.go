package desk

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// TakeOver lets a person answer a contact in the place of agents who are scripted or offline, in one step:
// the person joins, and they leave, also those who are only about to join. Who is offline answers nobody: a
// person who went home, a script that this server does not have any more. A contact that waits is accepted.
// Returns the participant that the person is then.
// Errors: those of [Desk.Accept]; a [TakenError] names the person who answers the contact.
func (d *Desk) TakeOver(ctx context.Context, agentRef, contactID string) (participantID string, err error) {
	d.mu.Lock()
	a, t, err := d.both(agentRef, contactID)
	if err != nil {
		d.mu.Unlock()
		return "", err
	}
	replaces := t.claim != nil && t.claim.partner != nil
	for _, s := range t.seats {
		if s.role != transcript.Agent || s.agent == a {
			continue
		}
		if !s.agent.givesWay() {
			d.mu.Unlock()
			return "", &TakenError{s.agent.name}
		}
		replaces = true
	}
	if !replaces || a.partner != nil {
		d.mu.Unlock()
		return d.Accept(ctx, agentRef, contactID)
	}
	if err := a.refusal(nil); err != nil {
		d.mu.Unlock()
		return "", err
	}
	t.wanted(a)
	a.pending++
	watched := a.seats[contactID] // as a supervisor
	d.mu.Unlock()
	err = d.chats.Step(ctx, contactID, func(step *chat.Step) error {
		replaced := slices.DeleteFunc(slices.Clone(step.Contact().Participants), func(p chat.Participant) bool { return !answers(p) })
		if by := d.person(replaced); by != "" {
			return &TakenError{by}
		}
		joined, err := step.Join(transcript.Agent, a.name)
		if err != nil {
			return err
		}
		participantID = joined.ID
		for _, p := range replaced {
			if err := step.Leave(p.ID); err != nil {
				return err
			}
		}
		if watched != nil {
			return step.Leave(watched.participantID)
		}
		return nil
	})
	return participantID, errors.Join(d.gone(contactID, err), d.settle(ctx, a))
}

// givesWay reports whether a person may answer in the place of the agent.
func (a *agent) givesWay() bool { return a.partner != nil || a.state == Offline }

// person is the name of the first of some participants who does not give way; empty for none.
func (d *Desk) person(participants []chat.Participant) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range participants {
		if a := d.named[p.DisplayName]; a == nil || !a.givesWay() {
			return p.DisplayName
		}
	}
	return ""
}
