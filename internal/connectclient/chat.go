package connectclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/rawjson"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

const jsonType = "application/json"

// StartChatContact implements [startchat.Starter]. The body is sent as it is.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
func (c *Client) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	answer, err := c.connect.Call(ctx, awscall.Operation{Method: http.MethodPut, Path: "/contact/chat", ContentType: jsonType}, request.Body)
	if err != nil {
		return nil, err
	}
	out, err := readChat(answer)
	if err != nil {
		return nil, err
	}
	if out.ContactID == "" || out.ParticipantID == "" || out.ParticipantToken.IsZero() {
		return nil, answer.Strange(errors.New("an id or the token is missing"))
	}
	out.Metadata = answer.Metadata
	return out, nil
}

// readChat decodes the answer in a fifth of the time of [awscall.Answer.JSON], for the one call that
// customers wait for.
func readChat(a *awscall.Answer) (*startchat.Result, error) {
	body := jsontext.Value(a.Body)
	if !body.IsValid() || body.Kind() != '{' {
		return nil, a.Strange(errors.New("not a json object"))
	}
	out := new(startchat.Result)
	for name, value := range rawjson.Members(body) {
		var text string
		switch name {
		case "ContactId", "ParticipantId", "ParticipantToken", "ContinuedFromContactId":
			if kind := value.Kind(); kind != '"' && kind != 'n' {
				return nil, a.Strange(errors.New(name + " is not a string"))
			}
			text = rawjson.Text(value)
		}
		switch name {
		case "ContactId":
			out.ContactID = text
		case "ParticipantId":
			out.ParticipantID = text
		case "ParticipantToken":
			out.ParticipantToken = secret.New(text)
		case "ContinuedFromContactId":
			out.ContinuedFromContactID = text
		}
	}
	return out, nil
}

// StopContact ends a contact. For one that has ended before, the error is an [awswire.Error]
// with the name ContactNotFoundException and the status 410.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StopContact.html
func (c *Client) StopContact(ctx context.Context, instanceID, contactID string) error {
	body, err := json.Marshal(struct {
		InstanceID string `json:"InstanceId"`
		ContactID  string `json:"ContactId"`
	}{instanceID, contactID})
	if err != nil {
		return fmt.Errorf("encoding the call that stops contact %q: %w", contactID, err)
	}
	_, err = c.connect.Call(ctx, awscall.Operation{Method: http.MethodPost, Path: "/contact/stop", ContentType: jsonType}, body)
	return err
}
