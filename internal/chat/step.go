package chat

import (
	"context"
	"encoding"
	"fmt"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Step is one change of a contact while it is being made. Its methods say what is to happen; all
// of it is stored in one commit when the function that was given to [Service.Step] returns nil,
// and nobody sees any of it before. A Step belongs to that function and ends with it.
type Step struct {
	s       *Service
	ctx     context.Context //nolint:containedctx // of the call, which a step does not outlive
	e       *entry
	now     time.Time
	contact *Contact // as it will be; edit makes a copy before the first change
	edited  bool
	items   []transcript.Item // in the order they will be seen
	mark    *Mark
	file    *transcript.File
	seq     int64
	last    time.Time
	token   string // of a new contact
	over    bool   // the contact ends
	// succeeds says that the chat goes on in another contact.
	succeeds bool
	queued   bool     // the contact is queued, which no item tells
	after    []func() // state beside the contact that changes once the step is stored
	// told are the messages in pieces that the step has completed.
	told []*telling
	// fault names the fault that let the message pass that is about to be said; empty for none.
	fault string
}

// Step changes an active contact: it runs f, stores the changes f asked for in one commit, and then
// shows them to the participants and the listeners. When f or the store fails nothing has changed,
// nothing is shown and no timer is set.
//
// f must only compute. It is called with the contact's turn, so it must not call anything of the
// service that changes the same contact: such a step within a step is refused after some seconds.
// Errors: [ErrNotFound] for a contact that is not active, [ErrEnded], [ErrNested], those of f, and
// failures of the store.
func (s *Service) Step(ctx context.Context, contactID string, f func(*Step) error) error {
	e := s.find(contactID)
	if e == nil {
		return ErrNotFound
	}
	return s.change(ctx, e, f)
}

// change is [Service.Step] for an entry.
func (s *Service) change(ctx context.Context, e *entry, f func(*Step) error) error {
	if err := e.turn.take(ctx); err != nil {
		return err
	}
	defer e.turn.give()
	if e.contact.HasEnded() {
		return ErrNotFound
	}
	if e.closed {
		return ErrEnded
	}
	step := &Step{s: s, ctx: ctx, e: e, now: s.clock.Now(), contact: e.contact, seq: e.lastSeq, last: e.lastTime}
	if err := f(step); err != nil {
		return err
	}
	if err := s.write(step); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.apply(step)
	return nil
}

// write makes a step durable. The caller has the contact's turn.
func (s *Service) write(step *Step) error {
	changes := Changes{Mark: step.mark, File: step.file, ClientToken: step.token}
	if step.edited {
		changes.Contact = step.contact
	}
	changes.Items = step.items
	passing := func(item transcript.Item) bool { return item.Seq == 0 }
	if slices.ContainsFunc(step.items, passing) {
		changes.Items = slices.DeleteFunc(slices.Clone(step.items), passing)
	}
	if changes.Contact == nil && len(changes.Items) == 0 && changes.Mark == nil && changes.File == nil {
		return nil
	}
	err := step.e.turn.store(func() error { return s.commit(step.ctx, changes) })
	if err != nil {
		return fmt.Errorf("storing a change: %w", err)
	}
	return nil
}

// commit makes changes durable. It is the one place that writes to the store. Once begun, a change
// is not given up halfway because its caller went away.
func (s *Service) commit(ctx context.Context, changes Changes) error {
	return s.store.Commit(context.WithoutCancel(ctx), changes)
}

// apply makes a step that was stored visible. The caller has the contact's turn and its lock.
func (s *Service) apply(step *Step) {
	step.e.contact, step.e.lastSeq, step.e.lastTime = step.contact, step.seq, step.last
	for _, f := range step.after {
		f()
	}
	if step.over || step.succeeds {
		s.mu.Lock()
		if step.over {
			s.leave(step.contact)
		}
		s.succeeded(step.contact)
		s.mu.Unlock()
	}
	s.schedule(step.e)
	s.show(step)
	if step.contact.Processing != nil {
		s.attend(step.e)
	}
}

// Contact returns the contact with the changes made so far. It must not be changed, and must not be
// kept after the step.
func (step *Step) Contact() *Contact { return step.contact }

// Now returns the time of the step.
func (step *Step) Now() time.Time { return step.now }

// SetAttributes changes the user-defined attributes of the contact: set gets a copy of them, never
// nil, and changes it.
func (step *Step) SetAttributes(set func(attributes map[string]string)) {
	attributes := step.contact.Attributes.Map()
	if attributes == nil {
		attributes = map[string]string{}
	}
	set(attributes)
	step.edit().Attributes = AttributesOf(attributes)
}

// SetTimers replaces the idle and disconnect timers of the contact.
func (step *Step) SetTimers(timers []Timer) { step.edit().Timers = timers }

// SetStreams replaces the places to which the items of the contact are published.
func (step *Step) SetStreams(streams []Stream) { step.edit().Streaming = streams }

// Keep stores the state of the contact flow that runs for the contact, and the Seq of the last item
// the flow has heard. The state belongs to the contact then. A nil one says that no flow runs.
func (step *Step) Keep(state encoding.BinaryMarshaler, heard int64) {
	if state == nil {
		step.edit().Flow = nil
		return
	}
	step.edit().Flow = &FlowState{State: state, Heard: heard}
}

// After has f called once the step is stored, before it is shown. It must not block, nor call the
// service; a step that fails does not call it.
func (step *Step) After(f func()) { step.after = append(step.after, f) }

// edit returns the contact for changing.
func (step *Step) edit() *Contact {
	if !step.edited {
		step.contact, step.edited = step.contact.Clone(), true
	}
	return step.contact
}

// add appends an item to the conversation: it gets its id, time and, when it is to be stored, its
// place.
func (step *Step) add(item transcript.Item, keep bool) transcript.Item {
	if item.ID == "" {
		item.ID = newID()
	}
	item.ContactID, item.InitialContactID = step.contact.Current(), step.contact.ID
	step.last = later(step.now, step.last)
	item.Time = step.last
	if keep {
		step.seq++
		item.Seq = step.seq
	}
	step.items = append(step.items, item)
	return item
}

// participant returns someone who takes part now. Errors: [ErrAccessDenied] for anybody else.
func (step *Step) participant(id string) (Participant, error) {
	p, ok := step.contact.Participant(id)
	if !ok || !p.Active() || step.contact.HasEnded() {
		return Participant{}, ErrAccessDenied
	}
	return p, nil
}

// by returns an item of a participant.
func by(p Participant, kind transcript.ItemType, contentType string) transcript.Item {
	return transcript.Item{Type: kind, ContentType: contentType, ParticipantID: p.ID, DisplayName: p.DisplayName, Role: p.Role}
}

// later returns the time of the next item: now, to the millisecond, but after the last.
func later(now, last time.Time) time.Time {
	now = now.UTC().Truncate(time.Millisecond)
	if !now.After(last) {
		return last.Add(time.Millisecond)
	}
	return now
}
