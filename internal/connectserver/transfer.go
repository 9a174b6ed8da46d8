package connectserver

import (
	"context"

	"github.com/parley-chat/parley/internal/awswire"
)

type transferInput struct {
	InstanceID string `json:"InstanceId"`
	ContactID  string `json:"ContactId"`
	FlowID     string `json:"ContactFlowId"`
	QueueID    string `json:"QueueId"`
	UserID     string `json:"UserId"`
}

// rules implements [ruled].
func (in *transferInput) rules() *awswire.Error {
	if in.QueueID != "" && in.UserID != "" {
		return refusal(invalidRequest, "Invalid request: QueueId and UserId cannot be used together.")
	}
	return nil
}

// transferContact carries out TransferContact, which moves tasks and e-mails. A chat is none of them:
// its agent passes it on at the desk.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_TransferContact.html
func (s *Service) transferContact(ctx context.Context, in *transferInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	contact, err := s.chats.Contact(ctx, contactID(in.ContactID))
	if err != nil {
		return nil, err
	}
	if contact.HasEnded() {
		return nil, refusal(invalidRequest, "The contact is not active.")
	}
	if refused := s.knownFlow(in.FlowID); refused != nil {
		return nil, refused
	}
	return nil, refusal(invalidRequest, "Only contacts of the channels TASK and EMAIL can be transferred by this operation, "+
		"and this one is a CHAT: its agent passes it on, which runs the flow for transfers.")
}
