package connectserver

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

type integrateInput struct {
	SourceID      string `json:"SourceId"`
	DestinationID string `json:"DestinationId"`
	Subtype       string
	Event         struct {
		Type        string
		ContentType string
		Content     string
	}
	NewSessionDetails *newSession
}

type newSession struct {
	ContentTypes       []string `json:"SupportedMessagingContentTypes"`
	ParticipantDetails struct{ DisplayName string }
	Attributes         map[string]string
	Streaming          streamingConfiguration `json:"StreamingConfiguration"`
}

type integrateOutput struct {
	ContactID string `json:"InitialContactId,omitzero"`
	Created   bool   `json:"NewChatCreated"`
}

func (in *integrateInput) rules() *awswire.Error {
	switch {
	case in.Subtype != "" && in.Subtype != "connect:SMS" && in.Subtype != "connect:WhatsApp":
		return refusal(invalidRequest, "Subtype must be connect:SMS or connect:WhatsApp.")
	case in.Event.Type == "DISCONNECT":
		return nil
	case in.Event.ContentType == "":
		return refusal(invalidRequest, "Event.ContentType is missing.")
	case in.Event.Type == "MESSAGE" && in.Event.Content == "":
		return refusal(invalidRequest, "Event.Content is missing.")
	}
	return nil
}

// Segment attributes that mark a chat of an integration, so that its next event finds it.
const (
	subtypeAttribute     = "connect:Subtype"
	sourceAttribute      = "parley:SourceId"
	destinationAttribute = "parley:DestinationId"
)

// segmentValue is a system attribute that holds a text.
type segmentValue struct{ ValueString string }

// marks are the segment attributes of the chat between a source and a destination.
func (in *integrateInput) marks() map[string]segmentValue {
	marks := map[string]segmentValue{sourceAttribute: {in.SourceID}, destinationAttribute: {in.DestinationID}}
	if in.Subtype != "" {
		marks[subtypeAttribute] = segmentValue{in.Subtype}
	}
	return marks
}

// integrate carries out SendChatIntegrationEvent: it says something in the chat between a
// source and a destination, which it starts when there is none.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_SendChatIntegrationEvent.html
func (s *Service) integrate(ctx context.Context, in *integrateInput) (*integrateOutput, error) {
	if in.Event.Type == "MESSAGE" {
		if refused := s.wellSaid(transcript.Message{ContentType: in.Event.ContentType, Content: in.Event.Content}); refused != nil {
			return nil, refused
		}
	}
	s.integrating.Lock()
	defer s.integrating.Unlock()
	out := &integrateOutput{}
	contact, found := s.session(in)
	if !found {
		if in.NewSessionDetails == nil || in.Event.Type != "MESSAGE" {
			return nil, resourceNotFound("There is no active chat between this SourceId and DestinationId.")
		}
		var err error
		if contact, err = s.startSession(ctx, in); err != nil {
			return nil, err
		}
		out.Created = true
	}
	out.ContactID = contact.ID
	customer := contact.Customer().ID
	var err error
	switch in.Event.Type {
	case "DISCONNECT":
		err = s.chats.Leave(ctx, contact.ID, customer)
	case "EVENT":
		_, err = s.chats.Signal(ctx, contact.ID, customer, in.Event.ContentType, in.Event.Content)
	default:
		_, err = s.chats.Say(ctx, contact.ID, customer, transcript.Message{ContentType: in.Event.ContentType, Content: in.Event.Content})
	}
	if errors.Is(err, chat.ErrAccessDenied) || errors.Is(err, chat.ErrNotFound) { // it ended in between
		return nil, resourceNotFound("The chat has ended.")
	}
	return out, err
}

// session finds the active chat between a source and a destination.
func (s *Service) session(in *integrateInput) (chat.Contact, bool) {
	want := in.marks()
	for _, contact := range s.chats.Active() {
		var marks map[string]segmentValue
		if len(contact.SegmentAttributes) == 0 || json.Unmarshal(contact.SegmentAttributes, &marks) != nil {
			continue
		}
		if marks[sourceAttribute] == want[sourceAttribute] && marks[destinationAttribute] == want[destinationAttribute] &&
			marks[subtypeAttribute] == want[subtypeAttribute] {
			return contact, true
		}
	}
	return chat.Contact{}, false
}

// startSession starts a chat whose customer is behind an integration: there is no socket, what
// is said goes to its stream.
func (s *Service) startSession(ctx context.Context, in *integrateInput) (chat.Contact, error) {
	marks, err := json.Marshal(in.marks(), json.Deterministic(true))
	if err != nil {
		return chat.Contact{}, fmt.Errorf("encoding segment attributes: %w", err)
	}
	details := in.NewSessionDetails
	types := details.ContentTypes
	if len(types) == 0 {
		types = []string{transcript.TextPlain}
	}
	name := details.ParticipantDetails.DisplayName
	if name == "" {
		name = in.SourceID
	}
	started, err := s.chats.Start(ctx, chat.StartRequest{
		InstanceID: s.instance.ID, DisplayName: name, Attributes: details.Attributes, SegmentAttributes: marks, ContentTypes: types,
	})
	if err != nil {
		return chat.Contact{}, err
	}
	err = s.chats.Step(ctx, started.ContactID, func(step *chat.Step) error {
		step.SetStreams([]chat.Stream{{ID: uuid.NewString(), Endpoint: details.Streaming.Endpoint}})
		return nil
	})
	if err != nil {
		return chat.Contact{}, err
	}
	if _, err := s.chats.Connect(ctx, started.Token, true); err != nil {
		return chat.Contact{}, fmt.Errorf("connecting the customer: %w", err)
	}
	return s.chats.Contact(ctx, started.ContactID)
}
