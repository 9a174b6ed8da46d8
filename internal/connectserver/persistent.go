package connectserver

import (
	"context"
	"errors"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
)

type associateInput struct {
	InstanceID      string `json:"InstanceId"`
	ContactID       string `json:"InitialContactId"`
	RehydrationType string
	SourceContactID string `json:"SourceContactId"`
}

type associateOutput struct {
	ContinuedFrom string `json:"ContinuedFromContactId"`
}

// associate carries out CreatePersistentContactAssociation.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreatePersistentContactAssociation.html
func (s *Service) associate(ctx context.Context, in *associateInput) (*associateOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	from, err := s.chats.Continue(ctx, contactID(in.ContactID), contactID(in.SourceContactID), in.RehydrationType == wholeSession)
	if errors.Is(err, chat.ErrConflict) {
		return nil, refusal(invalidRequest, "The contact continues another chat already.")
	}
	if bad, ok := errors.AsType[*chat.InvalidError](err); ok {
		return nil, refusal(invalidRequest, strings.TrimPrefix(bad.Text, "PersistentChat."))
	}
	if err != nil {
		return nil, err
	}
	return &associateOutput{from}, nil
}
