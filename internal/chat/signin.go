package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// codeLasts is how long the code of a sign-in page is good for, as that of Amazon Cognito.
//
// Source: https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
const codeLasts = 5 * time.Minute

// SignInRedirect returns where a customer goes from the sign-in page, for the state of a sign-in that
// was begun and has not ended. Errors: [InvalidError].
func (s *Service) SignInRedirect(ctx context.Context, state secret.Text) (redirectURI string, err error) {
	err = s.signIn(ctx, state, func(step *Step) error {
		redirectURI = step.e.auth.redirectURI
		return nil
	})
	return redirectURI, err
}

// Authorize notes on the sign-in page who a customer is, and returns the code that proves it. An
// expired one comes too late for whoever uses it. Errors: [InvalidError].
func (s *Service) Authorize(ctx context.Context, state secret.Text, name string, expired bool) (code secret.Text, err error) {
	err = s.signIn(ctx, state, func(step *Step) error {
		if !expired {
			if err := checkName(name); err != nil {
				return err
			}
		}
		contact, session, err := parseIDs(step.contact.ID, step.e.auth.sessionID)
		if err != nil {
			return err
		}
		until := step.now.Add(codeLasts)
		if expired {
			until = step.now
		}
		code = s.signer.sign(claims{kind: signInCode, contact: contact, participant: session, at: until})
		a := step.e.auth
		step.after = append(step.after, func() { a.name = name })
		return nil
	})
	return code, err
}

// FinishSignIn ends the sign-in of a state: with the code of its page the customer is signed in, under
// the name that the page was told, or too late; without one the sign-in has failed. Errors:
// [InvalidError].
func (s *Service) FinishSignIn(ctx context.Context, state, code secret.Text) error {
	return s.signIn(ctx, state, func(step *Step) error {
		a := step.e.auth
		if code.Reveal() == "" {
			return step.EndSignIn(a.sessionID, transcript.AuthFailed)
		}
		c, err := s.signer.read(signInCode, code)
		switch {
		case err != nil || c.contact.String() != step.contact.ID || c.participant.String() != a.sessionID:
			return invalid("Code", "is not one that the sign-in page gave out for this State.")
		case !c.at.After(step.now):
			return step.EndSignIn(a.sessionID, transcript.AuthExpired)
		}
		if err := step.EndSignIn(a.sessionID, transcript.AuthSucceeded); err != nil {
			return err
		}
		return step.Rename(a.name)
	})
}

// signIn runs a step of the contact of a sign-in that goes on.
func (s *Service) signIn(ctx context.Context, state secret.Text, f func(*Step) error) error {
	over := invalid("State", "names no sign-in that is going on.")
	c, err := s.signer.read(signInState, state)
	if err != nil {
		return over
	}
	e := s.find(c.contact.String())
	if e == nil {
		return over
	}
	return s.change(ctx, e, func(step *Step) error {
		if a := step.e.auth; a == nil || !a.opened || a.sessionID != c.participant.String() {
			return over
		}
		return f(step)
	})
}
