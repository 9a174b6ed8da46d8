package desk

import (
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// reception stands in for the contact flow of chats that no flow runs for: in the step in which a
// customer connects it queues the contact, and greets a customer who has to wait.
type reception struct {
	desk *Desk
	// greeting is said in the name of the system to a customer for whom no scripted agent is free.
	// Empty says nothing.
	greeting string
}

// arrived adds to the step in which a customer connects for the first time.
func (r *reception) arrived(step *chat.Step) error {
	contact := step.Contact()
	if contact.Queue != nil || contact.Flow != nil || contact.HasEnded() || contact.Ends() {
		return nil
	}
	for _, p := range contact.Participants {
		if p.Active() && p.Role == transcript.Agent {
			return nil
		}
	}
	bot := slices.ContainsFunc(contact.Participants, isBot) // who speaks for itself
	if r.greeting != "" && !bot && !r.desk.reserve(contact.ID) {
		if _, err := step.Prompt(transcript.Message{ContentType: transcript.TextPlain, Content: r.greeting}); err != nil {
			return err
		}
	}
	step.Queue("")
	return nil
}

// reserve keeps room for a contact at a scripted agent until the contact is queued, when the agent
// takes it; false when no agent is free.
func (d *Desk) reserve(contactID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.unreserve(contactID) // of a step that failed
	a := d.best(&ticket{id: contactID, queue: d.queue(""), routed: &chat.Queued{}})
	if a == nil {
		return false
	}
	a.pending++
	d.reserved[contactID] = a
	return true
}

// unreserve takes back a reservation and returns its agent, whose room may be another contact's
// then; nil for none. An agent that was removed meanwhile is gone with it. The caller holds the
// desk's lock.
func (d *Desk) unreserve(contactID string) *agent {
	a := d.reserved[contactID]
	if a != nil {
		delete(d.reserved, contactID)
		if a.pending--; a.leaves && a.pending == 0 && len(a.seats) == 0 { // else who brings it a contact removes it
			d.removeAgent(a)
		}
	}
	return a
}
