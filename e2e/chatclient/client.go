// Package chatclient is a customer's chat client in Go, for the tests and the benchmark that
// run the built binary. It speaks the calls of a chat page over HTTP and its socket, as
// amazon-connect-chatjs does.
//
// It knows nothing of the server but its address, and judges nothing: callers look at what
// it hands them. A [Client] is safe for concurrent use.
package chatclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Client calls one server.
type Client struct {
	http *http.Client
	base string
}

// New returns a client of the server at an address such as "http://127.0.0.1:3000" that keeps
// up to so many connections open.
func New(base string, connections int) *Client {
	return Over(base, &http.Transport{
		MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true,
	})
}

// Over returns a client of the server at an address whose calls go over a transport.
func Over(base string, transport http.RoundTripper) *Client {
	return &Client{base: base, http: &http.Client{Transport: transport}}
}

// Close gives the idle connections up.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Chat is a started chat.
type Chat struct {
	ContactID, ParticipantID, ParticipantToken string
}

// Start starts a chat at the front door. A repeated client token gives the first one's chat.
func (c *Client) Start(ctx context.Context, name, clientToken string) (Chat, error) {
	in := map[string]any{"ParticipantDetails": map[string]string{"DisplayName": name}}
	if clientToken != "" {
		in["ClientToken"] = clientToken
	}
	return c.start(ctx, in)
}

// StartIn starts a chat at the front door that takes views, in the contact flow with an id; "" names
// none.
func (c *Client) StartIn(ctx context.Context, flow, name string) (Chat, error) {
	in := map[string]any{"ParticipantDetails": map[string]string{"DisplayName": name}}
	if flow != "" {
		const interactive = "application/vnd.amazonaws.connect.message.interactive"
		in["ContactFlowId"] = flow
		in["SupportedMessagingContentTypes"] = []string{"text/plain", "text/markdown", interactive, interactive + ".response"}
	}
	return c.start(ctx, in)
}

func (c *Client) start(ctx context.Context, in any) (Chat, error) {
	var chat Chat
	err := c.call(ctx, "/startChatContact", "", in, &chat)
	if err == nil && (chat.ContactID == "" || chat.ParticipantID == "" || chat.ParticipantToken == "") {
		err = errors.New("starting a chat: the answer holds none")
	}
	return chat, err
}

// Join brings a bot into a chat with CreateParticipant, and returns its participant token.
func (c *Client) Join(ctx context.Context, contactID, name, clientToken string) (string, error) {
	in := map[string]any{
		"InstanceId": anyInstance, "ContactId": contactID, "ClientToken": clientToken,
		"ParticipantDetails": map[string]string{"ParticipantRole": "CUSTOM_BOT", "DisplayName": name},
	}
	var out struct {
		ParticipantCredentials struct{ ParticipantToken string }
	}
	err := c.call(ctx, "/contact/create-participant", "", in, &out)
	return out.ParticipantCredentials.ParticipantToken, err
}

// anyInstance is an instance's id; the embedded Amazon Connect takes every one.
const anyInstance = "12345678-1234-1234-1234-123456789012"

// Connection is what a client needs to take part.
type Connection struct {
	// URL opens the socket, Token is for the other calls.
	URL, Token string
}

// Connect is CreateParticipantConnection.
func (c *Client) Connect(ctx context.Context, participantToken string) (Connection, error) {
	in := map[string]any{"Type": []string{"WEBSOCKET", "CONNECTION_CREDENTIALS"}}
	var out struct {
		Websocket             struct{ URL string }
		ConnectionCredentials struct{ ConnectionToken string }
	}
	err := c.call(ctx, "/participant/connection", participantToken, in, &out)
	return Connection{out.Websocket.URL, out.ConnectionCredentials.ConnectionToken}, err
}

// MessagePath is the path of SendMessage.
const MessagePath = "/participant/message"

// MessageBody is the body of a SendMessage with plain text.
func MessageBody(content, clientToken string) []byte {
	return ContentBody("text/plain", content, clientToken)
}

// ContentBody is the body of a SendMessage with a content of a type.
func ContentBody(kind, content, clientToken string) []byte {
	body, _ := json.Marshal(map[string]string{ // strings always can be marshalled
		"ContentType": kind, "Content": content, "ClientToken": clientToken,
	})
	return body
}

// Send is SendMessage; it returns the message's id.
func (c *Client) Send(ctx context.Context, token, content, clientToken string) (string, error) {
	var out struct{ ID string }
	err := c.call(ctx, MessagePath, token, json.RawMessage(MessageBody(content, clientToken)), &out)
	return out.ID, err
}

// Disconnect is DisconnectParticipant.
func (c *Client) Disconnect(ctx context.Context, token string) error {
	var out struct{}
	return c.call(ctx, "/participant/disconnect", token, struct{}{}, &out)
}

// Item is what is looked at in an item of a transcript or a socket.
type Item struct {
	ID, Type, ContentType, Content, ContactID, ParticipantID, ParticipantRole, AbsoluteTime string
}

// Transcript reads a chat's whole transcript with GetTranscript, oldest first.
func (c *Client) Transcript(ctx context.Context, token string) ([]Item, error) {
	var all []Item
	for next := ""; ; {
		in := map[string]any{"MaxResults": 100, "ScanDirection": "FORWARD", "SortOrder": "ASCENDING"}
		if next != "" {
			in["NextToken"] = next
		} else {
			in["StartPosition"] = map[string]string{"AbsoluteTime": "2020-01-01T00:00:00.000Z"}
		}
		var page struct {
			Transcript []Item
			NextToken  string
		}
		if err := c.call(ctx, "/participant/transcript", token, in, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Transcript...)
		if next = page.NextToken; next == "" {
			return all, nil
		}
	}
}

// StatusError is an answer other than 200.
type StatusError struct {
	Path, Body string
	Status     int
}

// Error implements error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("calling %s: answer %d %s", e.Path, e.Status, e.Body)
}

// call posts JSON and reads a JSON answer. Members of answers are matched whatever their case.
func (c *Client) call(ctx context.Context, path, bearer string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("calling %s: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("calling %s: %w", path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		request.Header.Set("X-Amz-Bearer", bearer)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("calling %s: %w", path, err)
	}
	answer, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		return &StatusError{Path: path, Status: response.StatusCode, Body: string(answer)}
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("decoding the answer of %s: %w", path, err)
	}
	return nil
}
