package connectserver

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/rawjson"
	"github.com/parley-chat/parley/internal/transcript"
)

// contentTypes are the messaging content types AWS documents for chats.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
func contentTypes() []string {
	return []string{transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON, transcript.Interactive, transcript.InteractiveResponse}
}

// incremental is the ResponseMode of chats that take answers in pieces.
const incremental = "INCREMENTAL"

// wholeSession is the RehydrationType that continues from the last contact of a session.
const wholeSession = "ENTIRE_PAST_SESSION"

// startChatInput is the part of StartChatContact that is acted on.
type startChatInput struct {
	InstanceID         string `json:"InstanceId"`
	ContactFlowID      string `json:"ContactFlowId"`
	ParticipantDetails struct{ DisplayName string }
	Attributes         map[string]string
	InitialMessage     *transcript.Message
	ClientToken        string
	Duration           int      `json:"ChatDurationInMinutes"`
	ContentTypes       []string `json:"SupportedMessagingContentTypes"`
	RelatedContactID   string   `json:"RelatedContactId"`
	SegmentAttributes  jsontext.Value
	CustomerID         string `json:"CustomerId"`
	PersistentChat     *persistentChat
	// OnExit is AGENT or empty: the model allows nothing else.
	OnExit []string `json:"DisconnectOnCustomerExit"`
	// ParticipantConfiguration is the client's wish for answers in pieces.
	ParticipantConfiguration struct{ ResponseMode string }
}

type persistentChat struct {
	RehydrationType string
	SourceContactID string `json:"SourceContactId"`
}

// startChatOutput is what both actions answer.
type startChatOutput struct {
	ContactID        string `json:"ContactId"`
	ParticipantID    string `json:"ParticipantId"`
	ParticipantToken string
	ContinuedFrom    string `json:"ContinuedFromContactId,omitzero"`

	started chat.Started
}

// rules are those between members, and the set of content types, which the front door leaves
// to the service because AWS may widen it at any time.
func (in *startChatInput) rules() *awswire.Error {
	for i, contentType := range in.ContentTypes {
		if !slices.Contains(contentTypes(), contentType) {
			return refusal(invalidParameter,
				fmt.Sprintf("SupportedMessagingContentTypes[%d] must be one of %s.", i, strings.Join(contentTypes(), ", ")))
		}
	}
	if len(in.ContentTypes) == 0 {
		in.ContentTypes = []string{transcript.TextPlain}
	}
	if m := in.InitialMessage; m != nil && !slices.Contains(in.ContentTypes, m.ContentType) {
		return refusal(invalidRequest, "InitialMessage.ContentType must be one of SupportedMessagingContentTypes.")
	}
	if p := in.PersistentChat; p != nil && (p.RehydrationType == "" || p.SourceContactID == "") {
		return refusal(invalidRequest, "PersistentChat needs a RehydrationType and a SourceContactId.")
	}
	if subtype(in.SegmentAttributes) == "connect:Guide" {
		for _, needed := range []string{transcript.Interactive, transcript.InteractiveResponse} {
			if !slices.Contains(in.ContentTypes, needed) {
				return refusal(invalidRequest, "A connect:Guide chat needs "+needed+" in SupportedMessagingContentTypes.")
			}
		}
	}
	return nil
}

// subtype returns the system attribute that names the kind of a chat.
func subtype(segment jsontext.Value) string {
	for name, attribute := range rawjson.Members(segment) {
		if name != "connect:Subtype" {
			continue
		}
		for member, value := range rawjson.Members(attribute) {
			if member == "ValueString" {
				return rawjson.Text(value)
			}
		}
	}
	return ""
}

// startChat carries out StartChatContact.
func (s *Service) startChat(ctx context.Context, in *startChatInput) (*startChatOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	if refused := s.knownFlow(in.ContactFlowID); refused != nil {
		return nil, refused
	}
	return s.start(ctx, in)
}

// startAssistantInput is StartAssistantContact: an AI agent in the flow's place, and none of
// StartChatContact's other members than these.
type startAssistantInput struct {
	InstanceID         string `json:"InstanceId"`
	ParticipantDetails struct{ DisplayName string }
	AiAgent            struct {
		ID string `json:"AiAgentId"`
	}
	InitialMessage   *transcript.Message
	Attributes       map[string]string
	ClientToken      string
	PersistentChat   *persistentChat
	RelatedContactID string `json:"RelatedContactId"`
}

// chat is what the action asks for, as StartChatContact would.
func (in *startAssistantInput) chat() *startChatInput {
	return &startChatInput{
		InstanceID: in.InstanceID, ParticipantDetails: in.ParticipantDetails, Attributes: in.Attributes, InitialMessage: in.InitialMessage,
		ClientToken: in.ClientToken, PersistentChat: in.PersistentChat, RelatedContactID: in.RelatedContactID,
		ContentTypes: []string{transcript.TextPlain},
	}
}

// rules are those between members.
func (in *startAssistantInput) rules() *awswire.Error {
	if m := in.InitialMessage; m != nil && m.ContentType != transcript.TextPlain {
		return refusal(invalidRequest, "InitialMessage.ContentType must be "+transcript.TextPlain+".")
	}
	return in.chat().rules()
}

// startAssistant carries out StartAssistantContact.
func (s *Service) startAssistant(ctx context.Context, in *startAssistantInput) (*startChatOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "there are no ai agents: the chat is like any other", slog.String("ai_agent", in.AiAgent.ID))
	return s.start(ctx, in.chat())
}

func (s *Service) start(ctx context.Context, in *startChatInput) (*startChatOutput, error) {
	if m := in.InitialMessage; m != nil {
		if refused := s.wellSaid(*m); refused != nil {
			return nil, refused
		}
	}
	request := chat.StartRequest{
		InstanceID: instanceID(in.InstanceID), FlowID: flowID(in.ContactFlowID),
		DisplayName: in.ParticipantDetails.DisplayName, Attributes: in.Attributes, SegmentAttributes: in.SegmentAttributes,
		ContentTypes: in.ContentTypes, Incremental: in.ParticipantConfiguration.ResponseMode == incremental, DismissOnExit: len(in.OnExit) > 0,
		InitialMessage: in.InitialMessage, CustomerID: in.CustomerID,
		RelatedID: contactID(in.RelatedContactID), Duration: time.Duration(in.Duration) * time.Minute, ClientToken: in.ClientToken,
	}
	if p := in.PersistentChat; p != nil {
		request.SourceID, request.Whole = contactID(p.SourceContactID), p.RehydrationType == wholeSession
	}
	if request.RelatedID != "" {
		var err error
		if request.Attributes, err = s.inherited(ctx, request.RelatedID, in.Attributes); err != nil {
			return nil, err
		}
	}
	started, err := s.chats.Start(ctx, request)
	if err != nil {
		return nil, err
	}
	s.log.LogAttrs(ctx, level(ctx, slog.LevelInfo), "contact started", slog.String("contact_id", started.ContactID),
		slog.String("participant_id", started.ParticipantID), slog.String("flow", request.FlowID), slog.Bool("repeated", started.Repeated))
	return &startChatOutput{
		ContactID: started.ContactID, ParticipantID: started.ParticipantID, ParticipantToken: started.Token.Reveal(),
		ContinuedFrom: started.ContinuedFrom, started: started,
	}, nil
}

// wellSaid refuses what a customer's message may not hold, when strict.
func (s *Service) wellSaid(m transcript.Message) *awswire.Error {
	if s.strict.Enabled() && m.ContentType == transcript.InteractiveResponse {
		if wrong := interactive.CheckResponse(m.Content); wrong != "" {
			return refusal(invalidRequest, wrong)
		}
	}
	return nil
}

// inherited returns the attributes of a chat that is related to another one: the other's,
// and its own over them.
func (s *Service) inherited(ctx context.Context, relatedID string, own map[string]string) (map[string]string, error) {
	related, err := s.chats.Contact(ctx, relatedID)
	if err != nil {
		return nil, err
	}
	merged := related.Attributes.Map()
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, own)
	if refused := attributesFit(merged); refused != nil {
		return nil, refused
	}
	return merged, nil
}

// attributesFit holds all attributes of a contact together against their documented limit.
func attributesFit(attributes map[string]string) *awswire.Error {
	size := 0
	for key, value := range attributes {
		size += len(key) + len(value)
	}
	if size > connectmodel.MaxAttributeBytes {
		return &awswire.Error{
			Status: http.StatusBadRequest, Name: invalidRequest,
			Message: fmt.Sprintf("The contact would have %d bytes of attributes; at most %d are allowed.", size, connectmodel.MaxAttributeBytes),
		}
	}
	return nil
}
