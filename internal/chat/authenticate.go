package chat

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// authentication is a customer's sign-in that was asked for. It is not stored: it lasts
// minutes, and a flow that waits for it asks again.
type authentication struct {
	sessionID string
	began     time.Time
	opened    bool // the sign-in page was asked for
	// redirectURI is where the customer goes from the page, and name who the customer is, as the page was
	// told.
	redirectURI, name string
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

// OpenAuthentication notes that the customer of a contact goes to the sign-in page, and from there to
// an address, which the caller has checked. A session serves once, within a minute. The state names
// the sign-in from then on, until it has ended. Errors: [ErrNotFound], [InvalidError].
func (s *Service) OpenAuthentication(ctx context.Context, contactID, sessionID, redirectURI string) (state secret.Text, err error) {
	err = s.Step(ctx, contactID, func(step *Step) error {
		a := step.e.auth
		if a == nil || a.sessionID != sessionID || a.opened || step.now.Sub(a.began) > authenticationOpens {
			return invalid("SessionId", "names no sign-in that was asked for in the last minute and not begun.")
		}
		contact, session, err := parseIDs(step.contact.ID, sessionID)
		if err != nil {
			return err
		}
		state = s.signer.sign(claims{kind: signInState, contact: contact, participant: session})
		step.after = append(step.after, func() { a.opened, a.redirectURI = true, redirectURI })
		return nil
	})
	return state, err
}

// EndAuthentication tells how a sign-in went: AuthSucceeded, AuthFailed, AuthTimeout or AuthExpired,
// or AuthCancelled for a customer who goes on without it. An empty session id means the sign-in that is
// going on. Errors: [ErrNotFound], [InvalidError].
func (s *Service) EndAuthentication(ctx context.Context, contactID, sessionID, outcome string) error {
	return s.Step(ctx, contactID, func(step *Step) error { return step.EndSignIn(sessionID, outcome) })
}

// EndSignIn is [Service.EndAuthentication] within a step.
func (step *Step) EndSignIn(sessionID, outcome string) error {
	a := step.e.auth
	if a == nil || sessionID != "" && a.sessionID != sessionID {
		return invalid("SessionId", "names no sign-in that is going on.")
	}
	step.authentication(outcome, a.sessionID)
	step.after = append(step.after, func() { step.e.auth = nil })
	return nil
}

// SigningIn reports whether the customer was asked to sign in, and has not answered.
func (step *Step) SigningIn() bool { return step.e.auth != nil }

// expires returns when a sign-in that nobody has begun can be begun no more; zero for never.
func (a *authentication) expires() time.Time {
	if a == nil || a.opened {
		return time.Time{}
	}
	return a.began.Add(authenticationOpens + time.Millisecond)
}

// longestName is the length limit of a participant's name, in characters.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ParticipantDetails.html
const longestName = 256

// Rename gives the customer of a contact another name, as a profile does that a sign-in finds. Items
// that were stored keep the name they had. Errors: [ErrNotFound], [InvalidError].
func (step *Step) Rename(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if step.over {
		return ErrNotFound
	}
	if step.contact.Customer().DisplayName == name {
		return nil
	}
	step.edit().Participants[0].DisplayName = name
	step.add(by(step.contact.Customer(), transcript.EventItem, transcript.DisplayNameUpdated), false)
	return nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > longestName || !utf8.ValidString(name) {
		return invalid("DisplayName", "must have from 1 to %d characters, but has %d.", longestName, n)
	}
	return nil
}

// authentication adds the event that tells the clients about a sign-in.
func (step *Step) authentication(contentType, sessionID string) {
	step.add(transcript.Item{
		Type: transcript.EventItem, ContentType: contentType, Content: `{"SessionId":"` + sessionID + `"}`, HasContent: true,
	}, false)
}
