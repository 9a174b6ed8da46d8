package participant

import (
	"context"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// SignIn is a customer's sign-in in a chat.
type SignIn struct {
	ContactID, ParticipantID string
	// SessionID names it; RedirectURI is where the customer's page wants to be afterwards.
	SessionID, RedirectURI string
}

const (
	sessionLength   = 36
	longestRedirect = 1024
)

// authenticationURL is GetAuthenticationUrl. The widget appends "&identity_provider=…" to the
// address, so it always has a query.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_GetAuthenticationUrl.html
func (s *Service) authenticationURL(ctx context.Context, c *call) ([]byte, error) {
	var in struct {
		SessionID   string `json:"SessionId"`
		RedirectURI string `json:"RedirectUri"`
	}
	err := decode(c.body, &in)
	if err == nil {
		err = first(checkSession(in.SessionID), required("RedirectUri", in.RedirectURI, longestRedirect))
	}
	if err != nil {
		return nil, err
	}
	if s.signIn == nil {
		return nil, &chat.InvalidError{Field: "SessionId", Text: "No sign-in page is configured for this instance."}
	}
	if err := s.chats.OpenAuthentication(ctx, c.contactID, in.SessionID); err != nil {
		return nil, err
	}
	address := s.signIn(SignIn{c.contactID, c.participantID, in.SessionID, in.RedirectURI})
	if !strings.Contains(address, "?") {
		address += "?session=" + in.SessionID
	}
	return encode(struct {
		AuthenticationURL string `json:"AuthenticationUrl"`
	}{address})
}

// cancelAuthentication is CancelParticipantAuthentication.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_CancelParticipantAuthentication.html
func (s *Service) cancelAuthentication(ctx context.Context, c *call) ([]byte, error) {
	var in struct {
		SessionID string `json:"SessionId"`
	}
	if err := decode(c.body, &in); err != nil {
		return nil, err
	}
	if err := checkSession(in.SessionID); err != nil {
		return nil, err
	}
	if err := s.chats.EndAuthentication(ctx, c.contactID, in.SessionID, transcript.AuthCancelled); err != nil {
		return nil, err
	}
	return nothing(), nil
}

func checkSession(id string) error {
	if err := required("SessionId", id, sessionLength); err != nil {
		return err
	}
	if len(id) != sessionLength {
		return &chat.InvalidError{Field: "SessionId", Text: fmt.Sprintf("SessionId must have %d characters, but has %d.", sessionLength, len(id))}
	}
	return nil
}
