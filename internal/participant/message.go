package participant

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	longestContentType = 100
	longestClientToken = 500
	longestEvent       = 16_384
)

// sentAnswer is the answer of SendMessage and SendEvent.
type sentAnswer struct {
	AbsoluteTime string
	ID           string `json:"Id"`
}

// processingAnswer is that of SendMessage for a message that is processed before anybody sees it.
type processingAnswer struct {
	sentAnswer
	Metadata struct {
		Status transcript.ProcessingStatus `json:"MessageProcessingStatus"`
	} `json:"MessageMetadata"`
}

// sendMessage is SendMessage.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_SendMessage.html
func (s *Service) sendMessage(ctx context.Context, c *call) ([]byte, error) {
	var in struct{ ContentType, Content, ClientToken string }
	err := decode(c.body, &in)
	if err == nil {
		err = first(
			required("ContentType", in.ContentType, longestContentType), required("Content", in.Content, len(in.Content)),
			optional("ClientToken", in.ClientToken, longestClientToken))
	}
	if err != nil {
		return nil, err
	}
	if s.strict.Enabled() && in.ContentType == transcript.InteractiveResponse && c.holder.Role == transcript.Customer {
		if wrong := interactive.CheckResponse(in.Content); wrong != "" {
			return nil, &awswire.Error{Status: http.StatusBadRequest, Name: "InvalidRequestException", Message: wrong}
		}
	}
	sent, answered, err := s.chats.Accept(ctx, c.contactID, c.participantID, transcript.Message(in))
	if err != nil {
		return nil, err
	}
	c.answered = answered
	if in.ContentType == transcript.Interactive && s.log.Enabled(ctx, slog.LevelDebug) {
		for _, finding := range interactive.Check(in.Content) {
			s.log.LogAttrs(ctx, slog.LevelDebug, "interactive message is odd", slog.String("finding", finding.String()))
		}
	}
	answer := sentAnswer{stamp(sent.Time), sent.ID}
	if !sent.Processing {
		return encode(answer)
	}
	processing := processingAnswer{sentAnswer: answer}
	processing.Metadata.Status = transcript.MessageProcessing
	return encode(processing)
}

// sendEvent is SendEvent. The client token is checked and not used: chatjs sends every
// receipt with the same one.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_SendEvent.html
func (s *Service) sendEvent(ctx context.Context, c *call) ([]byte, error) {
	var in struct{ ContentType, Content, ClientToken string }
	err := decode(c.body, &in)
	if err == nil {
		err = first(
			required("ContentType", in.ContentType, longestContentType), optional("Content", in.Content, longestEvent),
			optional("ClientToken", in.ClientToken, longestClientToken))
	}
	if err != nil {
		return nil, err
	}
	sent, err := s.chats.Signal(ctx, c.contactID, c.participantID, in.ContentType, in.Content)
	if err != nil {
		return nil, err
	}
	return encode(sentAnswer{stamp(sent.Time), sent.ID})
}

// disconnect is DisconnectParticipant. A repeat of a call whose answer was lost is answered
// like the first, although the token is dead by then.
func (s *Service) disconnect(ctx context.Context, c *call) ([]byte, error) {
	var in struct{ ClientToken string }
	if err := decode(c.body, &in); err != nil {
		return nil, err
	}
	if err := optional("ClientToken", in.ClientToken, longestClientToken); err != nil {
		return nil, err
	}
	key := repeatKey("disconnect", c.token, in.ClientToken)
	if in.ClientToken != "" && s.recent.has(key) {
		return nothing(), nil
	}
	return s.admitted(func(ctx context.Context, c *call) ([]byte, error) {
		if err := s.chats.Leave(ctx, c.contactID, c.participantID); err != nil {
			return nil, err
		}
		s.recent.add(key)
		return nothing(), nil
	})(ctx, c)
}

// recent remembers the last calls that cannot be carried out a second time, for as long as
// an SDK retries.
type recent struct {
	mu    sync.Mutex
	calls [128]struct {
		key [sha256.Size]byte
		at  time.Time
	}
	next int
}

// retryWindow is longer than any SDK's retries take.
const retryWindow = time.Minute

// repeatKey tells calls apart without keeping their tokens.
func repeatKey(action string, token secret.Text, clientToken string) [sha256.Size]byte {
	return sha256.Sum256([]byte(action + "\x00" + token.Reveal() + "\x00" + clientToken))
}

func (r *recent) add(key [sha256.Size]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	slot := &r.calls[r.next%len(r.calls)]
	slot.key, slot.at = key, time.Now()
	r.next++
}

func (r *recent) has(key [sha256.Size]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.calls {
		if r.calls[i].key == key && time.Since(r.calls[i].at) < retryWindow {
			return true
		}
	}
	return false
}
