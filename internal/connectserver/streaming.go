package connectserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
)

// maxStreams is how many endpoints a contact may be streamed to.
const maxStreams = 2

type startStreamingInput struct {
	InstanceID    string `json:"InstanceId"`
	ContactID     string `json:"ContactId"`
	ClientToken   string
	Configuration streamingConfiguration `json:"ChatStreamingConfiguration"`
}

type streamingConfiguration struct {
	Endpoint string `json:"StreamingEndpointArn"`
}

type startStreamingOutput struct {
	StreamingID string `json:"StreamingId"`
}

// startStreaming carries out StartContactStreaming. The id of a stream is made from the
// contact and the client token, so that a repeated call finds it, after a restart too.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartContactStreaming.html
func (s *Service) startStreaming(ctx context.Context, in *startStreamingInput) (*startStreamingOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	id := contactID(in.ContactID)
	stream := chat.Stream{ID: uuid.NewSHA1(uuid.Nil, []byte(id+" "+in.ClientToken)).String(), Endpoint: in.Configuration.Endpoint}
	err := s.chats.Step(ctx, id, func(step *chat.Step) error {
		streams := step.Contact().Streaming
		if slices.ContainsFunc(streams, func(other chat.Stream) bool { return other.ID == stream.ID }) {
			return nil
		}
		if len(streams) >= maxStreams {
			return &awswire.Error{
				Status: http.StatusTooManyRequests, Name: "LimitExceededException",
				Message: fmt.Sprintf("A contact can be streamed to at most %d endpoints, and this one is streamed to %d.", maxStreams, len(streams)),
			}
		}
		step.SetStreams(append(slices.Clone(streams), stream))
		return nil
	})
	return &startStreamingOutput{stream.ID}, err
}

type stopStreamingInput struct {
	InstanceID  string `json:"InstanceId"`
	ContactID   string `json:"ContactId"`
	StreamingID string `json:"StreamingId"`
}

// stopStreaming carries out StopContactStreaming.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StopContactStreaming.html
func (s *Service) stopStreaming(ctx context.Context, in *stopStreamingInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	err := s.chats.Step(ctx, contactID(in.ContactID), func(step *chat.Step) error {
		streams := slices.Clone(step.Contact().Streaming)
		i := slices.IndexFunc(streams, func(stream chat.Stream) bool { return stream.ID == in.StreamingID })
		if i < 0 {
			return resourceNotFound("The contact has no stream with this StreamingId.")
		}
		step.SetStreams(slices.Delete(streams, i, i+1))
		return nil
	})
	return &nothing{}, err
}
