// Package connectsim is the Amazon Connect API of the embedded Amazon Connect: it reads
// the actions a chat backend calls, checks them as AWS does and carries them out on
// package chat.
//
// Errors are AWS's, by name and status. The package is safe for concurrent use.
package connectsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/rawjson"
)

// contentTypes are the messaging content types AWS documents for chats.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
func contentTypes() []string {
	const interactive = "application/vnd.amazonaws.connect.message.interactive"
	return []string{"text/plain", "text/markdown", "application/json", interactive, interactive + ".response"}
}

// wholeSession is the RehydrationType that continues from the last contact of a session.
const wholeSession = "ENTIRE_PAST_SESSION"

// StartChat reads StartChatContact requests.
type StartChat struct{ model *connectmodel.Model }

// NewStartChat returns a reader of StartChatContact requests.
func NewStartChat() *StartChat { return &StartChat{model: connectmodel.StartChatContact()} }

// startBody is the part of the request the embedded Amazon Connect acts on.
type startBody struct {
	InstanceID         string `json:"InstanceId"`
	ContactFlowID      string `json:"ContactFlowId"`
	ParticipantDetails struct{ DisplayName string }
	Attributes         map[string]string
	InitialMessage     *chat.Message
	ClientToken        string
	Duration           int      `json:"ChatDurationInMinutes"`
	ContentTypes       []string `json:"SupportedMessagingContentTypes"`
	RelatedContactID   string   `json:"RelatedContactId"`
	SegmentAttributes  jsontext.Value
	CustomerID         string `json:"CustomerId"`
	PersistentChat     struct {
		RehydrationType string
		SourceContactID string `json:"SourceContactId"`
	}
}

// Decode checks the body of a StartChatContact call in AWS's order (types, required
// members, limits, rules between members) and returns what to start.
func (s *StartChat) Decode(body []byte) (chat.StartRequest, *awswire.Error) {
	doc := jsontext.Value(body)
	if !doc.IsValid() || doc.Kind() != '{' {
		return chat.StartRequest{}, refusal("SerializationException", "The request body is not a JSON object.")
	}
	if refused := s.check(doc); refused != nil {
		return chat.StartRequest{}, refused
	}
	var in startBody
	if err := json.Unmarshal(body, &in); err != nil { // the check has seen every member's type
		return chat.StartRequest{}, refusal("SerializationException", "The request body cannot be read.")
	}
	if refused := rules(in); refused != nil {
		return chat.StartRequest{}, refused
	}
	if len(in.ContentTypes) == 0 {
		in.ContentTypes = []string{"text/plain"}
	}
	return chat.StartRequest{
		InstanceID: bareID(in.InstanceID, ":instance/"), FlowID: bareID(in.ContactFlowID, "/contact-flow/"),
		DisplayName: in.ParticipantDetails.DisplayName, Attributes: in.Attributes, ContentTypes: in.ContentTypes,
		InitialMessage: in.InitialMessage, RelatedID: in.RelatedContactID, CustomerID: in.CustomerID,
		SegmentAttributes: in.SegmentAttributes,
		SourceID:          in.PersistentChat.SourceContactID, Whole: in.PersistentChat.RehydrationType == wholeSession,
		Duration: time.Duration(in.Duration) * time.Minute, ClientToken: in.ClientToken,
	}, nil
}

// check holds the members against the documented model. AWS looks at types first, so a
// wrong type anywhere wins over a missing member, and that over a value out of range.
func (s *StartChat) check(doc jsontext.Value) *awswire.Error {
	members := map[string]jsontext.Value{}
	worst := (*connectmodel.Violation)(nil)
	for name, value := range rawjson.Members(doc) {
		if value.Kind() == 'n' {
			continue
		}
		members[name] = value
		if v := s.model.Check(name, value, nil); v != nil && (worst == nil || v.Kind < worst.Kind) {
			worst = v
		}
	}
	for _, name := range s.model.Required() {
		if members[name] == nil && (worst == nil || worst.Kind > connectmodel.Missing) {
			worst = &connectmodel.Violation{Kind: connectmodel.Missing, Field: name, Sentence: name + " is missing."}
		}
	}
	if worst == nil {
		worst = s.model.CheckRules(func(name string) jsontext.Value { return members[name] })
	}
	if worst == nil {
		return nil
	}
	return refusal(exception(worst.Kind), worst.Sentence)
}

// exception names the AWS error of a violation.
func exception(kind connectmodel.Kind) string {
	switch kind {
	case connectmodel.Type:
		return "SerializationException"
	case connectmodel.Limit:
		return "InvalidParameterException"
	case connectmodel.Missing, connectmodel.Rule:
	}
	return "InvalidRequestException"
}

// rules are those the service keeps although the front door leaves them to it, because
// AWS may widen them at any time.
func rules(in startBody) *awswire.Error {
	known := contentTypes()
	for i, contentType := range in.ContentTypes {
		if !slices.Contains(known, contentType) {
			return refusal("InvalidParameterException",
				fmt.Sprintf("SupportedMessagingContentTypes[%d] must be one of %s.", i, strings.Join(known, ", ")))
		}
	}
	if message := in.InitialMessage; message != nil {
		supported := in.ContentTypes
		if len(supported) == 0 {
			supported = []string{"text/plain"}
		}
		if !slices.Contains(supported, message.ContentType) {
			return refusal("InvalidRequestException",
				"InitialMessage.ContentType must be one of SupportedMessagingContentTypes.")
		}
	}
	return nil
}

func refusal(name, message string) *awswire.Error {
	return &awswire.Error{Status: http.StatusBadRequest, Name: name, Message: message}
}

// bareID returns the id that follows a marker in an ARN; a bare id is returned as it is.
func bareID(id, marker string) string {
	if _, rest, found := strings.Cut(id, marker); found {
		id, _, _ = strings.Cut(rest, "/")
	}
	return id
}
