package connectserver

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/parley-chat/parley/internal/chat"
)

type startProcessingInput struct {
	InstanceID   string `json:"InstanceId"`
	ContactID    string `json:"ContactId"`
	ProcessorARN string `json:"ProcessorArn"`
	FailureMode  string
}

// startProcessing carries out StartContactMediaProcessing. A second one replaces the first.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartContactMediaProcessing.html
func (s *Service) startProcessing(ctx context.Context, in *startProcessingInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	if !s.functions(in.ProcessorARN) {
		remedy := fmt.Sprintf("No function is configured for %q: write under functions of parley.yaml where it is (docs/functions.md).", in.ProcessorARN)
		if s.strict.Enabled() {
			return nil, resourceNotFound(remedy)
		}
		s.log.LogAttrs(ctx, slog.LevelWarn, "messages of a chat pass unprocessed", slog.String("cause", remedy), slog.String("contact_id", in.ContactID))
	}
	err := s.chats.Step(ctx, contactID(in.ContactID), func(step *chat.Step) error {
		step.SetProcessor(&chat.Processor{Function: in.ProcessorARN, Deliver: in.FailureMode == "DELIVER_UNPROCESSED_MESSAGE"})
		return nil
	})
	return &nothing{}, err
}

type stopProcessingInput struct {
	InstanceID string `json:"InstanceId"`
	ContactID  string `json:"ContactId"`
}

// stopProcessing carries out StopContactMediaProcessing, which says nothing of redaction. Of a contact
// whose messages pass no function it changes nothing.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StopContactMediaProcessing.html
func (s *Service) stopProcessing(ctx context.Context, in *stopProcessingInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	err := s.chats.Step(ctx, contactID(in.ContactID), func(step *chat.Step) error {
		step.SetProcessor(nil)
		return nil
	})
	return &nothing{}, err
}
