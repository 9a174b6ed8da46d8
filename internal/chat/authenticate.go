package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// Check returns whom a connection token acts for. It is for calls that are answered without
// this service; all others check by themselves. Errors: ErrAccessDenied.
func (s *Service) Check(token secret.Text) (contactID, participantID string, err error) {
	e, participantID, err := s.use(token)
	if err != nil {
		return "", "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.contact.Participant(participantID)
	if !ok || !p.Active() || e.contact.HasEnded() {
		return "", "", ErrAccessDenied
	}
	return e.contact.ID, participantID, nil
}

// authentication is a customer's sign-in that was asked for. It is not stored: it lasts
// minutes, and a flow that waits for it asks again.
type authentication struct {
	sessionID string
	began     time.Time
	opened    bool // the sign-in page was asked for
}

// authenticationOpens is how long after the request the sign-in page can be asked for.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_GetAuthenticationUrl.html
const authenticationOpens = time.Minute

// BeginAuthentication asks the customer of a contact to sign in and returns the session's
// id. An earlier session of the contact is replaced. Errors: ErrNotFound.
func (s *Service) BeginAuthentication(ctx context.Context, contactID string) (string, error) {
	e := s.find(contactID)
	if e == nil {
		return "", ErrNotFound
	}
	sessionID := newID()
	err := s.change(ctx, e, func(d *draft) error {
		d.authentication(transcript.AuthInitiated, sessionID)
		d.after = append(d.after, func() { e.auth = &authentication{sessionID: sessionID, began: d.now} })
		return nil
	})
	return sessionID, err
}

// OpenAuthentication notes that the customer of a connection token goes to the sign-in page.
// A session serves once, within a minute. Errors: ErrAccessDenied, [InvalidError].
func (s *Service) OpenAuthentication(ctx context.Context, token secret.Text, sessionID string) error {
	e, _, err := s.use(token)
	if err != nil {
		return err
	}
	return s.change(ctx, e, func(d *draft) error {
		a := e.auth
		if a == nil || a.sessionID != sessionID || a.opened || d.now.Sub(a.began) > authenticationOpens {
			return invalid("SessionId", "names no sign-in that was asked for in the last minute and not begun.")
		}
		a.opened = true
		return nil
	})
}

// CancelAuthentication goes on without signing in, as the customer of a connection token.
// Errors: ErrAccessDenied, [InvalidError].
func (s *Service) CancelAuthentication(ctx context.Context, token secret.Text, sessionID string) error {
	e, _, err := s.use(token)
	if err != nil {
		return err
	}
	return s.endAuthentication(ctx, e, sessionID, transcript.AuthCancelled)
}

// EndAuthentication tells how a sign-in went: AuthSucceeded, AuthFailed or AuthTimeout.
// Errors: ErrNotFound, [InvalidError].
func (s *Service) EndAuthentication(ctx context.Context, contactID, sessionID, outcome string) error {
	e := s.find(contactID)
	if e == nil {
		return ErrNotFound
	}
	return s.endAuthentication(ctx, e, sessionID, outcome)
}

func (s *Service) endAuthentication(ctx context.Context, e *entry, sessionID, outcome string) error {
	return s.change(ctx, e, func(d *draft) error {
		if e.auth == nil || e.auth.sessionID != sessionID {
			return invalid("SessionId", "names no sign-in that is going on.")
		}
		d.authentication(outcome, sessionID)
		d.after = append(d.after, func() { e.auth = nil })
		return nil
	})
}

// authentication adds the event that tells the clients about a sign-in.
func (d *draft) authentication(contentType, sessionID string) {
	d.add(transcript.Item{
		Type: transcript.EventItem, ContentType: contentType, Content: `{"SessionId":"` + sessionID + `"}`, HasContent: true,
	}, false)
}
