package cli

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
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/secret"
)

// customerSide is a customer in a chat, by the Participant Service, as any chat client.
type customerSide struct {
	r                        *remote
	contactID, participantID string
	// token stands for the participant.
	token secret.Text

	mu         sync.Mutex
	connection secret.Text
}

// chatAsCustomer starts a chat and holds it.
func chatAsCustomer(ctx context.Context, r *remote, o chatOptions) error {
	c := &customerSide{r: r}
	if err := c.start(ctx, o); err != nil {
		return err
	}
	socket, err := c.connect(ctx)
	if err != nil {
		return err
	}
	r.note("the chat %s has started; /help lists what can be done beside talking", screen.Cell(c.contactID))
	view, heard := listeningView(r, c.participantID)
	listening, stop := context.WithCancel(ctx)
	over, done := make(chan error, 1), make(chan struct{})
	defer func() { stop(); <-done }()
	go func() {
		defer close(done)
		over <- c.listen(listening, socket, view)
	}()
	return hold(ctx, r, c, conversation{o.linger, over, heard, leaveTime}) // a chat ends with its customer
}

// start starts the chat at the front door. The terminal shows more than plain text.
func (c *customerSide) start(ctx context.Context, o chatOptions) error {
	body, err := startBody(c.r.settings, &startOptions{name: o.name, attributes: o.attributes})
	if err != nil {
		return err
	}
	var request map[string]any
	if err := json.Unmarshal(body, &request); err != nil {
		return err
	}
	if !c.r.settings.Given("content-types") {
		request["SupportedMessagingContentTypes"] = []string{"text/plain", "text/markdown", interactiveType, responseType}
	}
	if body, err = json.Marshal(request); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	post, err := http.NewRequestWithContext(bounded, http.MethodPost, c.r.door, bytes.NewReader(body))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("User-Agent", c.r.env.Build.userAgent())
	status, _, text, err := c.r.send(post)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return callError(err, c.r.door)
	}
	var answer startAnswer
	if json.Unmarshal(text, &answer) != nil || status != http.StatusOK || answer.Data.Result == nil {
		return c.r.refused(status, text)
	}
	c.contactID, c.participantID = answer.Data.Result.ContactID, answer.Data.Result.ParticipantID
	c.token = answer.Data.Result.ParticipantToken.Text
	return nil
}

// send sends a request and reads the answer to its end.
func (r *remote) send(request *http.Request) (status int, header http.Header, text []byte, err error) {
	answer, err := r.http.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }() // read to its end or given up
	text, err = io.ReadAll(io.LimitReader(answer.Body, maxListing))
	return answer.StatusCode, answer.Header, text, err
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

// call calls the Participant Service once.
func (c *customerSide) call(ctx context.Context, a action, bearer secret.Text, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	request, err := http.NewRequestWithContext(bounded, http.MethodPost, c.r.base.String()+"/participant/"+a.path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", c.r.env.Build.userAgent())
	request.Header.Set("X-Amz-Bearer", bearer.Reveal())
	status, header, answer, err := c.r.send(request)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &lostError{callError(err, c.r.base.String())}
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
func (c *customerSide) act(ctx context.Context, a action, body, into any) error {
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
			if _, failed := c.connect(ctx); failed != nil {
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

// connect gets a new connection and returns the address of its socket.
func (c *customerSide) connect(ctx context.Context) (socket secret.Text, err error) {
	var answer struct {
		Websocket struct {
			URL token `json:"Url"`
		} `json:"Websocket"`
		ConnectionCredentials struct {
			ConnectionToken token `json:"ConnectionToken"`
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

// listen prints what is said until the chat ends. When the socket breaks it opens another and
// fetches what was missed.
func (c *customerSide) listen(ctx context.Context, socket secret.Text, view *shown) error {
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
			c.r.note("the connection is lost (%s); trying again", screen.Text(err.Error(), "  "))
		}
		for {
			if err := wait(ctx, pause); err != nil {
				return err
			}
			pause = min(2*pause, longestPause)
			socket, err = c.connect(ctx)
			if err == nil {
				break
			}
			if isFinal(err) {
				return err
			}
			if renew, _ := again(err); renew {
				return hint.New(err, "most likely the chat has ended; `parley transcript "+screen.Printable(c.contactID)+"` shows what was said")
			}
		}
	}
}

// catchUp prints what is in the transcript and not on the screen.
func (c *customerSide) catchUp(ctx context.Context, view *shown) (ended bool, err error) {
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
		if next = page.NextToken; next == "" || len(page.Transcript) > 0 && view.knows(page.Transcript[0]) {
			break
		}
	}
	for _, page := range slices.Backward(pages) {
		for _, raw := range page {
			over, err := view.add(raw)
			if err != nil {
				return false, err
			}
			ended = ended || over
		}
	}
	return ended, nil
}

// say implements [party].
func (c *customerSide) say(ctx context.Context, text string) error {
	return c.act(ctx, action{"SendMessage", "message"}, map[string]string{
		"ContentType": "text/plain", "Content": text, "ClientToken": uuid.NewString(),
	}, &struct{}{})
}

// leave implements [party]: the chat ends with its customer.
func (c *customerSide) leave(ctx context.Context) error {
	return c.act(ctx, action{"DisconnectParticipant", "disconnect"}, map[string]string{"ClientToken": uuid.NewString()}, &struct{}{})
}

// commands implements [party].
func (c *customerSide) commands() []chatCommand {
	return []chatCommand{
		{"typing", "", "show that you are typing", func(ctx context.Context, _ string) (bool, error) {
			return false, c.act(ctx, action{"SendEvent", "event"}, map[string]string{
				"ContentType": typingEvent, "ClientToken": uuid.NewString(),
			}, &struct{}{})
		}},
		{"answer", "JSON", "answer an interactive message", func(ctx context.Context, content string) (bool, error) {
			return false, c.act(ctx, action{"SendMessage", "message"}, map[string]string{
				"ContentType": responseType, "Content": content, "ClientToken": uuid.NewString(),
			}, &struct{}{})
		}},
		{"file", "FILE", "send an attachment", c.sendFile},
	}
}

// sendFile sends an attachment: the service says where to, and is told when it is there.
func (c *customerSide) sendFile(ctx context.Context, path string) (left bool, err error) {
	name, contentType, content, err := readAttachment(c.r.env, path)
	if err != nil {
		return false, err
	}
	var upload struct {
		AttachmentID   string `json:"AttachmentId"`
		UploadMetadata struct {
			URL              token             `json:"Url"`
			HeadersToInclude map[string]string `json:"HeadersToInclude"`
		} `json:"UploadMetadata"`
	}
	err = c.act(ctx, action{"StartAttachmentUpload", "start-attachment-upload"}, map[string]any{
		"AttachmentName": name, "AttachmentSizeInBytes": len(content), "ContentType": contentType, "ClientToken": uuid.NewString(),
	}, &upload)
	if err != nil {
		return false, err
	}
	bounded, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	put, err := http.NewRequestWithContext(bounded, http.MethodPut, upload.UploadMetadata.URL.Reveal(), bytes.NewReader(content))
	if err != nil {
		return false, errors.New("the server names no address for the attachment")
	}
	for header, value := range upload.UploadMetadata.HeadersToInclude {
		if http.CanonicalHeaderKey(header) != "Content-Length" { // set already
			put.Header.Set(header, value)
		}
	}
	status, _, _, err := c.r.send(put)
	if err != nil {
		return false, callError(err, c.r.base.String())
	}
	if status/100 != 2 {
		return false, fmt.Errorf("uploading the attachment: the server answered %d", status)
	}
	return false, c.act(ctx, action{"CompleteAttachmentUpload", "complete-attachment-upload"}, map[string]any{
		"AttachmentIds": []string{upload.AttachmentID}, "ClientToken": uuid.NewString(),
	}, &struct{}{})
}
