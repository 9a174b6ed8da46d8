package participant

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// SignIn is a customer's sign-in in a chat.
type SignIn struct {
	ContactID, ParticipantID string
	// SessionID names it for the customer's client, and State for whoever finishes it; RedirectURI is where
	// the customer's page wants to be afterwards.
	SessionID, RedirectURI string
	State                  secret.Text
	// Base is where the client reaches the server, without a slash at the end.
	Base string
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
		err = first(checkSession(in.SessionID), required("RedirectUri", in.RedirectURI, longestRedirect), checkRedirect(in.RedirectURI))
	}
	if err != nil {
		return nil, err
	}
	if s.signIn == nil {
		return nil, &chat.InvalidError{Field: "SessionId", Text: "No sign-in page is configured for this instance."}
	}
	state, err := s.chats.OpenAuthentication(ctx, c.contactID, in.SessionID, in.RedirectURI)
	if err != nil {
		return nil, err
	}
	b := s.baseOf(c.request)
	address := s.signIn(SignIn{
		ContactID: c.contactID, ParticipantID: c.participantID, SessionID: in.SessionID, RedirectURI: in.RedirectURI, State: state, Base: b.http(""),
	})
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

// checkRedirect refuses what Amazon Cognito takes for no callback address, and what would run in the
// page instead of leaving it. An app has a scheme of its own.
//
// Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-app-idp-settings.html
func checkRedirect(address string) error {
	refused := func(why string) error { return &chat.InvalidError{Field: "RedirectUri", Text: "RedirectUri " + why} }
	u, err := url.Parse(address)
	switch {
	case address == "": // which is missing
		return nil
	case strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }):
		return refused("must have the characters of addresses alone, others percent-encoded.")
	case err != nil || u.Scheme == "" || u.Host == "" || u.Opaque != "":
		return refused("must be a whole address, such as https://shop.example/signed-in or myapp://signed-in.")
	case u.Fragment != "" || strings.Contains(address, "#"):
		return refused("must not have a fragment: the code of the sign-in is added to its query.")
	case u.User != nil:
		return refused("must not hold a name or a password.")
	}
	switch u.Scheme {
	case "javascript", "data", "vbscript", "file", "filesystem", "blob", "about", "view-source", "ftp", "ws", "wss":
		return refused("must be one of https, http or an app's own scheme, and is " + u.Scheme + ".")
	}
	return nil
}
