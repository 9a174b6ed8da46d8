package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

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
// id. An earlier session of the contact is replaced. Errors: [ErrNotFound].
func (s *Service) BeginAuthentication(ctx context.Context, contactID string) (sessionID string, err error) {
	err = s.Step(ctx, contactID, func(step *Step) error {
		sessionID = step.AskSignIn()
		return nil
	})
	return sessionID, err
}

// AskSignIn is [Service.BeginAuthentication] within a step.
func (step *Step) AskSignIn() (sessionID string) {
	sessionID = newID()
	step.authentication(transcript.AuthInitiated, sessionID)
	step.after = append(step.after, func() { step.e.auth = &authentication{sessionID: sessionID, began: step.now} })
	return sessionID
}

// OpenAuthentication notes that the customer of a contact goes to the sign-in page. A session
// serves once, within a minute. Errors: [ErrNotFound], [InvalidError].
func (s *Service) OpenAuthentication(ctx context.Context, contactID, sessionID string) error {
	return s.Step(ctx, contactID, func(step *Step) error {
		a := step.e.auth
		if a == nil || a.sessionID != sessionID || a.opened || step.now.Sub(a.began) > authenticationOpens {
			return invalid("SessionId", "names no sign-in that was asked for in the last minute and not begun.")
		}
		step.after = append(step.after, func() { a.opened = true })
		return nil
	})
}

// EndAuthentication tells how a sign-in went: AuthSucceeded, AuthFailed or AuthTimeout, or
// AuthCancelled for a customer who goes on without it. Errors: [ErrNotFound], [InvalidError].
func (s *Service) EndAuthentication(ctx context.Context, contactID, sessionID, outcome string) error {
	return s.Step(ctx, contactID, func(step *Step) error {
		if step.e.auth == nil || step.e.auth.sessionID != sessionID {
			return invalid("SessionId", "names no sign-in that is going on.")
		}
		step.authentication(outcome, sessionID)
		step.after = append(step.after, func() { step.e.auth = nil })
		return nil
	})
}

// authentication adds the event that tells the clients about a sign-in.
func (step *Step) authentication(contentType, sessionID string) {
	step.add(transcript.Item{
		Type: transcript.EventItem, ContentType: contentType, Content: `{"SessionId":"` + sessionID + `"}`, HasContent: true,
	}, false)
}
