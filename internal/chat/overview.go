package chat

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
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
func (s *Service) Files(ctx context.Context, contactID string) ([]transcript.File, error) {
	files, err := s.store.ContactFiles(ctx, contactID)
	if err != nil {
		return nil, fmt.Errorf("listing attachments: %w", err)
	}
	return files, nil
}

// Reissue gives a participant a new connection, and the participant token that was answered when the
// chat was started or the participant was added, for a caller that needs no token. Nobody counts as
// connected by it. Errors: [ErrNotFound] for a contact that is not active, [ErrAccessDenied] for
// someone who does not take part.
func (s *Service) Reissue(contactID, participantID string) (secret.Text, Connection, error) {
	contactID = s.Chat(contactID)
	e, err := s.there(contactID, participantID)
	if err != nil {
		return secret.Text{}, Connection{}, err
	}
	contact, participant, err := parseIDs(contactID, participantID)
	if err != nil {
		return secret.Text{}, Connection{}, err
	}
	token, err := s.participantToken(contactID, participantID)
	return token, s.connection(e, contact, participant), err
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
