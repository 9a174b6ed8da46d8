package flowtest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// Stage directions: what happens beside what the customer says. They stand among the texts of a
// script, where they are to happen.
const (
	// AgentTakes lets an agent take the chat from its queue, and leave it again.
	AgentTakes = "(agent)"
	// SignsIn, OptsOut and FailsToSignIn are how a sign-in goes.
	SignsIn       = "(signed in)"
	OptsOut       = "(opted out)"
	FailsToSignIn = "(not signed in)"
	// Waits lets the customer say nothing until the flow goes on by itself.
	Waits = "(wait)"
)

// Types of actions that wait for something else than a text.
const (
	showView     = "ShowView"
	authenticate = "AuthenticateParticipant"
)

// direction follows a stage direction. It reports whether the text was one that can be followed now;
// one that cannot be yet stays.
func (v *visit) direction(ctx context.Context, standing flowrun.Standing, text string) (done bool, err error) {
	switch text {
	case Waits:
		return v.wait(standing), nil
	case AgentTakes:
		if standing.Queue == "" {
			return false, nil
		}
		return true, v.agent(ctx)
	case SignsIn, OptsOut, FailsToSignIn:
		if standing.Type != authenticate {
			return false, nil
		}
		return true, v.signIn(ctx, text)
	}
	return false, nil
}

// isDirection reports whether a text of a script is a stage direction.
func isDirection(text string) bool {
	switch text {
	case AgentTakes, SignsIn, OptsOut, FailsToSignIn, Waits:
		return true
	}
	return false
}

// signIn ends the sign-in that the customer was asked for.
func (v *visit) signIn(ctx context.Context, how string) error {
	var asked struct{ SessionID string }
	v.mu.Lock()
	content := v.asked
	v.mu.Unlock()
	if err := json.Unmarshal([]byte(content), &asked); err != nil {
		return fmt.Errorf("reading what the customer was asked: %w", err)
	}
	outcome := map[string]string{SignsIn: transcript.AuthSucceeded, OptsOut: transcript.AuthCancelled, FailsToSignIn: transcript.AuthFailed}[how]
	return v.chats.EndAuthentication(ctx, v.chat.ContactID, asked.SessionID, outcome)
}
