package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/transcript"
)

// Continue makes an active contact continue an earlier conversation, as if it had been
// started so, and returns the contact it continues from. The clients are told, so that they
// load the older part. Errors: ErrNotFound for a contact that is not active or a source that
// does not exist, ErrConflict when it continues another conversation already, [InvalidError].
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreatePersistentContactAssociation.html
func (s *Service) Continue(ctx context.Context, contactID, sourceID string, whole bool) (string, error) {
	e := s.find(contactID)
	if e == nil {
		return "", ErrNotFound
	}
	past, err := s.past(ctx, sourceID, whole)
	if err != nil {
		return "", err
	}
	err = s.change(ctx, e, func(d *draft) error {
		if len(d.contact.Past) > 0 && d.contact.Past[0] != past[0] {
			return ErrConflict
		}
		if len(d.contact.Past) > 0 { // asked again
			return nil
		}
		contact := d.edit()
		contact.Past, contact.RelatedID = past, past[0]
		d.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.ChatRehydrated}, false)
		return nil
	})
	if errors.Is(err, ErrAccessDenied) { // it ended in between
		return "", ErrNotFound
	}
	return past[0], err
}

// Annotate changes the user-defined attributes of a contact, an ended one too. f gets a copy
// and may refuse. Errors: ErrNotFound, and what f returns.
func (s *Service) Annotate(ctx context.Context, contactID string, f func(*Contact) error) error {
	err := s.Update(ctx, contactID, f)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	// Nothing else changes an ended contact, so these only have to wait for each other.
	s.annotating.Lock()
	defer s.annotating.Unlock()
	contact, err := s.store.Contact(ctx, contactID)
	if err != nil {
		return err
	}
	if contact = contact.clone(); !contact.HasEnded() { // not active, not ended: it is just being started
		return ErrNotFound
	}
	if err := f(contact); err != nil {
		return err
	}
	if err := s.store.Commit(context.WithoutCancel(ctx), Changes{Contact: contact}); err != nil {
		return fmt.Errorf("storing a change: %w", err)
	}
	if s.observed != nil {
		s.observed(*contact, nil)
	}
	return nil
}
