package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Transfer says where an agent's contact goes; one member is set.
type Transfer struct {
	// Agent is the name of the agent who takes it, at once.
	Agent string
	// Queue is the name of the queue in which it waits for the next agent.
	Queue string
}

// Transfer lets an agent pass a contact on, in one step: the agent leaves, another one joins
// or the contact waits in a queue, and the others are told that it succeeded. The contact
// goes on meanwhile. The result is that of [Service.Join] for the new agent, and empty for a
// queue. Errors: ErrNotFound, ErrAccessDenied for someone who is not there or no agent.
func (s *Service) Transfer(ctx context.Context, contactID, participantID string, to Transfer) (Joined, error) {
	e := s.find(contactID)
	if e == nil {
		return Joined{}, ErrNotFound
	}
	var joined Participant
	err := s.change(ctx, e, func(d *draft) error {
		p, ok := d.contact.Participant(participantID)
		if !ok || !p.Active() || p.Role != transcript.Agent {
			return ErrAccessDenied
		}
		d.leave(participantID)
		if to.Agent != "" {
			joined = d.join(transcript.Agent, to.Agent)
		} else {
			d.edit().Queue = &Queued{Name: to.Queue, Since: d.now.UTC().Truncate(time.Millisecond)}
		}
		d.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.TransferSucceeded}, true)
		return nil
	})
	if err != nil || joined.ID == "" {
		return Joined{}, err
	}
	return s.joined(contactID, joined)
}

// Prompt says something in the name of the instance itself, as a flow does: as a participant
// with the role of the system, who comes with the first such message and is not announced.
// Errors: ErrNotFound, [InvalidError].
func (s *Service) Prompt(ctx context.Context, contactID string, m transcript.Message) error {
	e := s.find(contactID)
	if e == nil {
		return ErrNotFound
	}
	err := s.change(ctx, e, func(d *draft) error {
		if err := s.checkMessage(d.contact, transcript.System, m); err != nil {
			return err
		}
		system, ok := d.contact.system()
		if !ok {
			system = d.join(transcript.System, systemName)
		}
		item := by(system, transcript.MessageItem, m.ContentType)
		item.Content, item.HasContent = m.Content, true
		d.add(item, true)
		return nil
	})
	if errors.Is(err, ErrAccessDenied) { // it ended in between
		return ErrNotFound
	}
	return err
}

// systemName is what clients are told as the name of the system.
const systemName = "SYSTEM_MESSAGE"

// system returns the participant in whose name the instance itself speaks.
func (c *Contact) system() (Participant, bool) {
	for _, p := range c.Participants {
		if p.Role == transcript.System && p.Active() {
			return p, true
		}
	}
	return Participant{}, false
}
