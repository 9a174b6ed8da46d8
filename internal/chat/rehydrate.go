package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/transcript"
)

// Continue makes an active contact continue an earlier conversation, as if it had been
// started so, and returns the contact it continues from. The clients are told, so that they
// load the older part. Errors: ErrNotFound for a contact that is not active or a source that
// does not exist, ErrConflict when it continues another conversation already, [InvalidError].
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreatePersistentContactAssociation.html
func (s *Service) Continue(ctx context.Context, contactID, sourceID string, whole bool) (string, error) {
	if s.find(contactID) == nil {
		return "", ErrNotFound
	}
	past, err := s.past(ctx, sourceID, whole)
	switch {
	case err != nil:
		return "", err
	case s.Chat(sourceID) == s.Chat(contactID):
		return "", invalid("PersistentChat.SourceContactId", "names a contact of the same chat.")
	}
	err = s.Step(ctx, contactID, func(step *Step) error {
		if len(step.contact.Past) > 0 && step.contact.Past[0] != past[0] {
			return ErrConflict
		}
		if len(step.contact.Past) > 0 { // asked again
			return nil
		}
		contact := step.edit()
		contact.Past, contact.RelatedID = past, past[0]
		step.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.ChatRehydrated}, false)
		return nil
	})
	return past[0], err
}

// Annotate is [Service.Step] for the user-defined attributes of a contact, which may have ended:
// whatever else a step does is lost on an ended contact. Errors: [ErrNotFound], those of f, and
// failures of the store.
func (s *Service) Annotate(ctx context.Context, contactID string, f func(*Step) error) error {
	err := s.Step(ctx, contactID, f)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	// Nothing else changes an ended contact, so these only have to wait for each other.
	s.annotating.Lock()
	defer s.annotating.Unlock()
	ended, err := s.store.Contact(ctx, contactID)
	if err != nil {
		return err
	}
	if !ended.HasEnded() { // not active, not ended: it is just being started
		return ErrNotFound
	}
	step := &Step{s: s, ctx: ctx, e: s.newEntry(ended), now: s.clock.Now(), contact: ended, over: true}
	if err := f(step); err != nil {
		return err
	}
	attributes := step.contact.Attributes
	step = &Step{s: s, ctx: ctx, e: step.e, now: step.now, contact: ended, over: true}
	step.edit().Attributes = attributes
	if err := s.write(step); err != nil {
		return err
	}
	step.e.mu.Lock()
	defer step.e.mu.Unlock()
	s.apply(step)
	return nil
}
