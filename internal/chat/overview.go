package chat

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/secret"
)

// Contacts returns the contacts that a query chooses, the newest first. Ended ones are among
// them as long as they are kept.
func (s *Service) Contacts(ctx context.Context, query ContactQuery) ([]Contact, error) {
	contacts, err := s.store.Contacts(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("listing contacts: %w", err)
	}
	return contacts, nil
}

// Files returns the attachments of a contact, whatever their state, the oldest first. Without
// a contact they are those of all contacts that have not ended.
func (s *Service) Files(ctx context.Context, contactID string) ([]File, error) {
	files, err := s.store.ContactFiles(ctx, contactID)
	if err != nil {
		return nil, fmt.Errorf("listing attachments: %w", err)
	}
	return files, nil
}

// Reissue gives a participant a new connection, for someone who needs no token: an agent of
// the desk, a call that is made again. Nobody counts as connected by it. Errors: ErrNotFound
// for a contact that is not active, ErrAccessDenied for someone who is not there.
func (s *Service) Reissue(ctx context.Context, contactID, participantID string) (Connection, error) {
	if err := ctx.Err(); err != nil {
		return Connection{}, fmt.Errorf("reissuing a connection: %w", err)
	}
	e, err := s.there(contactID, participantID)
	if err != nil {
		return Connection{}, err
	}
	contact, participant, err := parseIDs(contactID, participantID)
	if err != nil {
		return Connection{}, err
	}
	return s.connection(e, contact, participant), nil
}

// ReissueToken returns the participant token of someone who is there: the one that was
// answered when the chat was started or the participant made. Errors: those of
// [Service.Reissue].
func (s *Service) ReissueToken(contactID, participantID string) (secret.Text, error) {
	if _, err := s.there(contactID, participantID); err != nil {
		return secret.Text{}, err
	}
	return s.participantToken(contactID, participantID)
}

// there returns an active contact in which someone takes part.
func (s *Service) there(contactID, participantID string) (*entry, error) {
	e := s.find(contactID)
	if e == nil {
		return nil, ErrNotFound
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e, e.admits(participantID)
}
