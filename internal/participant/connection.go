package participant

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

const createConnectionName = "CreateParticipantConnection"

// createConnection is CreateParticipantConnection. Clients call it again and again with the
// same token: to reconnect, to refresh and after a reload. It answers what Type asks for.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_CreateParticipantConnection.html
func (s *Service) createConnection(ctx context.Context, c *call) ([]byte, error) {
	var in struct {
		Type               []string
		ConnectParticipant bool
	}
	if err := decode(c.body, &in); err != nil {
		return nil, err
	}
	var socket, credentials bool
	for _, kind := range in.Type {
		switch kind {
		case "WEBSOCKET":
			socket = true
		case "CONNECTION_CREDENTIALS":
			credentials = true
		case "WEBRTC_CONNECTION":
			return nil, &chat.InvalidError{Field: "Type", Text: "Type WEBRTC_CONNECTION is not for chat contacts."}
		default:
			return nil, &chat.InvalidError{Field: "Type", Text: "Type must hold WEBSOCKET or CONNECTION_CREDENTIALS or both."}
		}
	}
	if len(in.Type) == 0 && !in.ConnectParticipant {
		return nil, &chat.InvalidError{Field: "Type", Text: "Type is missing."}
	}
	connection, err := s.chats.Connect(ctx, c.token, in.ConnectParticipant)
	if err != nil {
		return nil, err
	}
	if s.strict.Enabled() {
		// A reconnect that is throttled would break the chat for good in chatjs.
		contact, err := s.chats.Contact(ctx, connection.ContactID)
		if err == nil && contact.Connected.IsZero() && !s.strict.AllowParticipant(createConnectionName) {
			return nil, throttled()
		}
	}
	var out connectionAnswer
	if socket {
		address := s.socketURL(c.request, connection.Ticket)
		out.Websocket = &websocketAnswer{URL: address, ConnectionExpiry: stamp(soon(connection.SocketExpiry))}
	}
	if credentials {
		out.ConnectionCredentials = &credentialsAnswer{
			ConnectionToken: connection.Token.Reveal(), Expiry: stamp(soon(connection.TokenExpiry)),
		}
	}
	return encode(out)
}

type connectionAnswer struct {
	Websocket             *websocketAnswer   `json:",omitzero"`
	ConnectionCredentials *credentialsAnswer `json:",omitzero"`
}

type websocketAnswer struct {
	URL              string `json:"Url"`
	ConnectionExpiry string
}

type credentialsAnswer struct{ ConnectionToken, Expiry string }

// soon keeps an expiry that clients set a timer for below 24.8 days: a browser's timer cannot
// be set for longer and fires at once, and chatjs then asks for a new token without pause.
// An expiry lies so far ahead when the service's clock was skipped forward.
func soon(expiry time.Time) time.Time {
	if limit := time.Now().Add(20 * 24 * time.Hour); expiry.After(limit) {
		return limit
	}
	return expiry
}
