package connectserver

import (
	"context"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/secret"
)

type updateAuthenticationInput struct {
	InstanceID string `json:"InstanceId"`
	State      string
	Code       string
	Error      string
}

// rules implements [ruled].
func (in *updateAuthenticationInput) rules() *awswire.Error {
	if (in.Code == "") == (in.Error == "") {
		return refusal(invalidRequest, "Give Code, which the sign-in page has added to the RedirectUri, or else Error.")
	}
	return nil
}

// updateAuthentication carries out UpdateParticipantAuthentication: what the sign-in page has told the
// page it redirects to.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateParticipantAuthentication.html
func (s *Service) updateAuthentication(ctx context.Context, in *updateAuthenticationInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	if err := s.chats.FinishSignIn(ctx, secret.New(in.State), secret.New(in.Code)); err != nil {
		return nil, err
	}
	return &nothing{}, nil
}
