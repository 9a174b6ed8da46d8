package connectserver

import (
	"context"
	"errors"
	"net/http"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
)

// nothing is the answer of actions without output members.
type nothing struct{}

type stopContactInput struct {
	InstanceID string `json:"InstanceId"`
	ContactID  string `json:"ContactId"`
}

// stopContact carries out StopContact.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StopContact.html
func (s *Service) stopContact(ctx context.Context, in *stopContactInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	err := s.chats.End(ctx, contactID(in.ContactID), chat.StoppedByAPI)
	if errors.Is(err, chat.ErrNotFound) {
		return nil, &awswire.Error{Status: http.StatusGone, Name: "ContactNotFoundException", Message: "Contact not found."}
	}
	return &nothing{}, err
}

type getAttributesInput struct {
	InstanceID string `json:"InstanceId"`
	ContactID  string `json:"InitialContactId"`
}

type getAttributesOutput struct{ Attributes map[string]string }

// getAttributes carries out GetContactAttributes.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetContactAttributes.html
func (s *Service) getAttributes(ctx context.Context, in *getAttributesInput) (*getAttributesOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	contact, err := s.chats.Contact(ctx, contactID(in.ContactID))
	if err != nil {
		return nil, err
	}
	return &getAttributesOutput{contact.Attributes.Map()}, nil
}

type updateAttributesInput struct {
	InstanceID string `json:"InstanceId"`
	ContactID  string `json:"InitialContactId"`
	Attributes map[string]string
}

// updateAttributes carries out UpdateContactAttributes: given attributes are added to what
// the contact has, and those given as empty are removed.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateContactAttributes.html
func (s *Service) updateAttributes(ctx context.Context, in *updateAttributesInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	err := s.chats.Annotate(ctx, contactID(in.ContactID), func(step *chat.Step) error {
		step.SetAttributes(func(attributes map[string]string) {
			for key, value := range in.Attributes {
				if value == "" {
					delete(attributes, key)
					continue
				}
				attributes[key] = value
			}
		})
		if refused := attributesFit(step.Contact().Attributes.Map()); refused != nil {
			return refused
		}
		return nil
	})
	return &nothing{}, err
}
