package flowrun

import (
	"cmp"
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// Standing is where the flow of a contact stands.
type Standing struct {
	// Flow is the flow's name, Action and Type are those of the action that waits; empty when no flow
	// runs.
	Flow, Action, Type string
	// Answers are the results that the action's conditions know.
	Answers []string
	// Queue is the queue the contact was put into; empty for none.
	Queue string
	// Due is when the flow goes on by itself; zero for never.
	Due time.Time
	// Contact is the contact, also one that has ended.
	Contact chat.Contact
}

// Await waits until the contact's flow has handled everything that has happened so far, and returns
// where it stands. It is for whoever runs chats in a time of their own. Errors: [chat.ErrNotFound].
func (r *Runner) Await(ctx context.Context, contactID string) (Standing, error) {
	r.mu.Lock()
	s := r.sessions[contactID]
	for ; s != nil && s.pending > 0 && !r.closed; s = r.sessions[contactID] {
		if !r.cfg.Awaited || !s.inbox.Rests() {
			r.moved.Wait()
			continue
		}
		r.mu.Unlock()
		s.inbox.Work()
		r.mu.Lock()
	}
	r.mu.Unlock()
	contact, err := r.cfg.Chats.Contact(ctx, contactID)
	standing := Standing{Contact: contact}
	if err != nil || contact.Flow == nil || s == nil {
		return standing, err
	}
	rec, err := look(contact.Flow.State)
	if err != nil {
		return Standing{}, err
	}
	standing.Due = rec.next()
	if contact.Queue != nil {
		standing.Queue = cmp.Or(contact.Queue.Name, "Default")
	}
	if p, ok := r.program(s, rec.State.Running()); ok {
		standing.Flow, standing.Action = p.Name(), rec.State.Frames[len(rec.State.Frames)-1].Action
		standing.Type, standing.Answers = p.Action(standing.Action)
	}
	return standing, nil
}

// Expect says that the time limit of a contact's flow is about to pass, because the time is skipped:
// the next [Runner.Await] waits for it.
func (r *Runner) Expect(contactID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[contactID]; s != nil && !s.expected {
		s.expected = true
		s.pending++
	}
}
