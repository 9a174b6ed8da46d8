package chat

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/parley-chat/parley/internal/transcript"
)

// Listener hears of the changes of all contacts. Its functions must not block, nor call the
// service: the contact is locked meanwhile.
type Listener struct {
	// Changed is called with every change of a contact, in the contact's order and before the
	// operation answers: once for each item, stored or not, but the pieces of a message, and once with a nil item when only
	// the contact changed or when it was queued. The contact is as it is after the change. Both share memory with the
	// service: they may be kept, but not changed. Required.
	Changed func(contact *Contact, item *transcript.Item)
	// Arrived adds to the step in which the customer of a contact connects for the first time.
	// It only computes, as every function of a step; its error fails the step. Nil adds nothing.
	Arrived func(step *Step) error
	// Yields reports whether an agent of a contact leaves it to a custom bot that is being added. It
	// is called within the step that adds the bot. Nil keeps every agent.
	Yields func(contact *Contact, agent Participant) bool
	// Remains is asked in the step in which the last agent of a contact leaves and the customer is
	// still there, with the reason for which the contact would end. When it says that the contact goes
	// on, the contact does not end; what goes on is added to that step, which may begin another contact
	// with [Step.Succeed]. Nil lets it end.
	Remains func(step *Step, reason Reason) (goesOn bool, err error)
	// Exits is asked in the step in which the customer of a contact leaves, before that. When it says
	// that the chat goes on, the customer has not left; what goes on is added to that step, as with
	// Remains. Nil lets the customer leave, which ends the chat.
	Exits func(step *Step) (goesOn bool, err error)
	// Transfers is asked in the step in which an agent passes a contact on, before that. A function that
	// it returns decides what becomes of the contact instead: it is called in the contact that follows,
	// which has no agent and waits in no queue. Nil lets the contact go where it was sent.
	Transfers func(step *Step, to Transfer) (instead func() error)
	// Begin is called by [Service.Begin], once every stored contact is as it goes on. It may
	// call the service. Nil does nothing.
	Begin func()
}

// Listen adds a listener. It belongs between [Open] and [Service.Begin]: whoever listens then
// misses nothing, and can look at the active contacts beforehand.
func (s *Service) Listen(l Listener) { s.listeners = append(s.listeners, l) }

// Begin lets time pass: what is due happens from now on. Contacts that are connected and have
// neither an agent, nor a queue, nor a flow come from a build that queued every contact by itself;
// they are queued now, in the order of their start. Errors are failures of the store.
func (s *Service) Begin(ctx context.Context) error {
	s.mu.Lock()
	if s.begun || s.closed {
		s.mu.Unlock()
		return nil
	}
	s.begun = true
	s.mu.Unlock()
	for _, contact := range s.unserved() {
		err := s.Step(ctx, contact.ID, func(step *Step) error {
			step.Queue("")
			return nil
		})
		if err != nil {
			return fmt.Errorf("queueing a stored contact: %w", err)
		}
	}
	for _, l := range s.listeners {
		if l.Begin != nil {
			l.Begin()
		}
	}
	s.mu.Lock()
	if !s.closed {
		s.running.Go(func() { s.clock.Run(s.stop) })
	}
	entries := slices.Collect(maps.Values(s.active))
	s.mu.Unlock()
	for _, e := range entries { // go on with what they hold
		e.mu.Lock()
		s.attend(e)
		e.mu.Unlock()
	}
	return nil
}

// unserved returns the active contacts that nothing has queued and nobody answers, the oldest
// first.
func (s *Service) unserved() []Contact {
	contacts := slices.DeleteFunc(s.Active(), func(c Contact) bool {
		agent := slices.ContainsFunc(c.Participants, func(p Participant) bool { return p.Active() && p.Role == transcript.Agent })
		return c.Connected.IsZero() || c.Queue != nil || c.Flow != nil || agent || c.Ends()
	})
	slices.SortFunc(contacts, func(a, b Contact) int { return a.Started.Compare(b.Started) })
	return contacts
}
