package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/secret"
)

// CustomerChat is a chat held as a customer, by the Participant Service, as every chat client
// does.
type CustomerChat struct {
	s *Server
	// ContactID is the chat, ParticipantID its customer.
	ContactID, ParticipantID string
	// token stands for the participant.
	token secret.Text

	mu         sync.Mutex
	connection secret.Text
}

// View takes the items of a chat as they come. It belongs to one goroutine at a time.
type View interface {
	// Add takes an item that may have come before, and reports whether it ends the chat. An
	// error ends listening.
	Add(item json.RawMessage) (ended bool, err error)
	// Knows reports whether an item was added before.
	Knows(item json.RawMessage) bool
}

// StartChat starts a chat at the front door, with the JSON of a start request.
func (s *Server) StartChat(ctx context.Context, request []byte) (*CustomerChat, error) {
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	status, text, err := Start(bounded, s.http.Transport, s.door, s.config.UserAgent, request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	var answer StartAnswer
	if json.Unmarshal(text, &answer) != nil || status != http.StatusOK || answer.Data.Result == nil {
		return nil, s.refused(status, text)
	}
	result := answer.Data.Result
	return &CustomerChat{
		s: s, ContactID: result.ContactID, ParticipantID: result.ParticipantID, token: result.ParticipantToken.Text,
	}, nil
}

// Start posts a start request to an address and returns the answer as it came.
func Start(ctx context.Context, transport http.RoundTripper, address, userAgent string, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	response, err := (&http.Client{Transport: transport, CheckRedirect: noRedirects}).Do(request)
	if err != nil {
		return 0, nil, callError(err, address)
	}
	defer func() { _ = response.Body.Close() }() // read to its end or given up
	if answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return 0, nil, callError(err, address)
	}
	return response.StatusCode, answer, nil
}

// participantError is a refusal of the Participant Service.
type participantError struct {
	action  string
	refusal *awswire.Error
}

// Error implements error.
func (e *participantError) Error() string {
	text := e.action + ": " + screen.Printable(cmp.Or(e.refusal.Name, "refused"))
	if e.refusal.Message != "" {
		text += ": " + screen.Printable(e.refusal.Message)
	}
	return text + fmt.Sprintf(" (status %d)", e.refusal.Status)
}

// action is a call of the Participant Service.
type action struct{ name, path string }

// call calls the Participant Service once. A call without a body is a GET.
func (c *CustomerChat) call(ctx context.Context, a action, bearer secret.Text, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	method := http.MethodPost
	if body == nil {
		method, text = http.MethodGet, nil
	}
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	request, err := http.NewRequestWithContext(bounded, method, c.s.URL()+"/participant/"+a.path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", c.s.config.UserAgent)
	request.Header.Set("X-Amz-Bearer", bearer.Reveal())
	status, header, answer, err := c.s.send(request)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &lostError{callError(err, c.s.URL())}
	case status != http.StatusOK:
		return &participantError{a.name, awswire.ParseError(status, header, answer)}
	}
	return decodeAnswer(answer, into)
}

// again reports whether a call may succeed when it is made again, with a new connection or
// after a pause.
func again(err error) (renew, pause bool) {
	if _, lost := errors.AsType[*lostError](err); lost {
		return false, true
	}
	refused, ok := errors.AsType[*participantError](err)
	if !ok {
		return false, false
	}
	return refused.refusal.Status == http.StatusForbidden, refused.refusal.Status >= http.StatusInternalServerError || refused.refusal.Status == http.StatusTooManyRequests
}

// isFinal reports whether no new connection can help.
func isFinal(err error) bool {
	if _, printing := errors.AsType[*fs.PathError](err); printing {
		return true
	}
	renew, pause := again(err)
	_, refused := errors.AsType[*participantError](err)
	return refused && !renew && !pause
}

// act calls the Participant Service with the connection, a few times where that helps. The
// body has to be the same each time: its ClientToken keeps it from happening twice.
func (c *CustomerChat) act(ctx context.Context, a action, body, into any) error {
	const attempts = 4
	renewed := false
	pause := firstPause
	for attempt := 1; ; attempt++ {
		c.mu.Lock()
		bearer := c.connection
		c.mu.Unlock()
		err := c.call(ctx, a, bearer, body, into)
		renew, later := again(err)
		switch {
		case err == nil || attempt == attempts:
			return err
		case renew && !renewed:
			renewed = true
			if _, failed := c.Connect(ctx); failed != nil {
				return err // the refusal says more than that its remedy failed
			}
		case later:
			if err := wait(ctx, pause); err != nil {
				return err
			}
			pause *= 2
		default:
			return err
		}
	}
}

// Connect gets a new connection and returns the address of its socket, which is a secret.
func (c *CustomerChat) Connect(ctx context.Context) (socket secret.Text, err error) {
	var answer struct {
		Websocket struct {
			URL Token `json:"Url"`
		} `json:"Websocket"`
		ConnectionCredentials struct {
			ConnectionToken Token `json:"ConnectionToken"`
		} `json:"ConnectionCredentials"`
	}
	body := map[string]any{"Type": []string{"WEBSOCKET", "CONNECTION_CREDENTIALS"}}
	if err := c.call(ctx, action{"CreateParticipantConnection", "connection"}, c.token, body, &answer); err != nil {
		return secret.Text{}, err
	}
	c.mu.Lock()
	c.connection = answer.ConnectionCredentials.ConnectionToken.Text
	c.mu.Unlock()
	return answer.Websocket.URL.Text, nil
}

// Listen adds the chat's items to a view until the chat ends. When the socket breaks it opens
// another and fetches the items between.
func (c *CustomerChat) Listen(ctx context.Context, socket secret.Text, view View) error {
	pause := firstPause
	for {
		ended, err := c.listenOnce(ctx, socket, view, func() { pause = firstPause })
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case ended:
			return nil
		case isFinal(err):
			return err
		case pause == firstPause:
			c.s.lost(err)
		}
		for {
			if err := wait(ctx, pause); err != nil {
				return err
			}
			pause = min(2*pause, longestPause)
			socket, err = c.Connect(ctx)
			if err == nil {
				break
			}
			if isFinal(err) {
				return err
			}
			if renew, _ := again(err); renew {
				return hint.New(err, "most likely the chat has ended; `parley transcript "+screen.Printable(c.ContactID)+"` shows what was said")
			}
		}
	}
}

// catchUp adds the items of the transcript that the view does not know.
func (c *CustomerChat) catchUp(ctx context.Context, view View) (ended bool, err error) {
	var pages [][]json.RawMessage
	for next := ""; ; {
		body := map[string]any{"MaxResults": 100, "ScanDirection": "BACKWARD", "SortOrder": "ASCENDING"}
		if next != "" {
			body["NextToken"] = next
		}
		var page struct {
			Transcript []json.RawMessage
			NextToken  string
		}
		if err := c.act(ctx, action{"GetTranscript", "transcript"}, body, &page); err != nil {
			return false, err
		}
		pages = append(pages, page.Transcript)
		if next = page.NextToken; next == "" || len(page.Transcript) > 0 && view.Knows(page.Transcript[0]) {
			break
		}
	}
	for _, page := range slices.Backward(pages) {
		for _, raw := range page {
			over, err := view.Add(raw)
			if err != nil {
				return false, err
			}
			ended = ended || over
		}
	}
	return ended, nil
}

// Send sends a message of a content type.
func (c *CustomerChat) Send(ctx context.Context, contentType, content string) error {
	return c.act(ctx, action{"SendMessage", "message"}, map[string]string{
		"ContentType": contentType, "Content": content, "ClientToken": uuid.NewString(),
	}, &struct{}{})
}

// SendEvent sends an event of a content type, such as [transcript.Typing].
func (c *CustomerChat) SendEvent(ctx context.Context, contentType string) error {
	return c.act(ctx, action{"SendEvent", "event"}, map[string]string{"ContentType": contentType, "ClientToken": uuid.NewString()}, &struct{}{})
}

// ViewActions returns the actions of a view, by its token.
func (c *CustomerChat) ViewActions(ctx context.Context, token string) ([]string, error) {
	var answer struct {
		View struct {
			Content struct{ Actions []string }
		}
	}
	err := c.act(ctx, action{"DescribeView", "views/" + url.PathEscape(token)}, nil, &answer)
	return answer.View.Content.Actions, err
}

// Leave leaves the chat, which ends with its customer.
func (c *CustomerChat) Leave(ctx context.Context) error {
	return c.act(ctx, action{"DisconnectParticipant", "disconnect"}, map[string]string{"ClientToken": uuid.NewString()}, &struct{}{})
}

// SendFile sends an attachment: the service gives the address for its bytes and is told when they
// are there.
func (c *CustomerChat) SendFile(ctx context.Context, file File) error {
	var upload struct {
		AttachmentID   string `json:"AttachmentId"`
		UploadMetadata struct {
			URL              Token             `json:"Url"`
			HeadersToInclude map[string]string `json:"HeadersToInclude"`
		} `json:"UploadMetadata"`
	}
	err := c.act(ctx, action{"StartAttachmentUpload", "start-attachment-upload"}, map[string]any{
		"AttachmentName": file.Name, "AttachmentSizeInBytes": len(file.Content), "ContentType": file.ContentType, "ClientToken": uuid.NewString(),
	}, &upload)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	put, err := http.NewRequestWithContext(bounded, http.MethodPut, upload.UploadMetadata.URL.Reveal(), bytes.NewReader(file.Content))
	if err != nil {
		return errors.New("the server names no address for the attachment")
	}
	for header, value := range upload.UploadMetadata.HeadersToInclude {
		if http.CanonicalHeaderKey(header) != "Content-Length" { // set already
			put.Header.Set(header, value)
		}
	}
	status, _, _, err := c.s.send(put)
	if err != nil {
		return callError(err, c.s.URL())
	}
	if status/100 != 2 {
		return fmt.Errorf("uploading the attachment: the server answered %d", status)
	}
	return c.act(ctx, action{"CompleteAttachmentUpload", "complete-attachment-upload"}, map[string]any{
		"AttachmentIds": []string{upload.AttachmentID}, "ClientToken": uuid.NewString(),
	}, &struct{}{})
}

// File is an attachment to send.
type File struct {
	Name, ContentType string
	Content           []byte
}
