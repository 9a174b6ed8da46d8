// Package emulator is the embedded Amazon Connect: it composes the rules of chat with
// the protocols around them, so that chats work without an AWS account.
//
// It is for one developer's machine and for tests, not for customers: it accepts any
// instance and contact flow, and any credentials. An [Emulator] is safe for concurrent
// use.
package emulator

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectsim"
	"github.com/parley-chat/parley/internal/startchat"
)

// What stands in for an instance and a contact flow when a page names none, so that any
// widget starts a chat. Every other id is accepted too.
const (
	DefaultInstanceID    = "00000000-0000-4000-8000-000000000001"
	DefaultContactFlowID = "00000000-0000-4000-8000-0000000000f1"
)

// Config is what an [Emulator] needs; the zero value works.
type Config struct {
	// Log gets one line per started contact; nil discards.
	Log *slog.Logger
}

// Emulator is one embedded Amazon Connect.
type Emulator struct {
	chats *chat.Service
	start *connectsim.StartChat
	log   *slog.Logger
}

var _ startchat.Starter = (*Emulator)(nil)

// New returns an embedded Amazon Connect without contacts.
func New(cfg Config) (*Emulator, error) {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Emulator{chats: chat.NewService(), start: connectsim.NewStartChat(), log: log}, nil
}

// StartChatContact implements [startchat.Starter]. It checks the request as AWS does and
// starts a contact; a repeated client token returns the first one.
func (e *Emulator) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	metadata := startchat.Metadata{HTTPStatusCode: http.StatusOK, RequestID: uuid.NewString(), Attempts: 1}
	wanted, refused := e.start.Decode(request.Body)
	if refused != nil {
		refused.RequestID, metadata.HTTPStatusCode = metadata.RequestID, refused.Status
		return nil, &startchat.CallError{Metadata: metadata, Err: refused}
	}
	started := e.chats.Start(wanted)
	e.log.LogAttrs(ctx, slog.LevelDebug, "contact started",
		slog.String("contact_id", started.ContactID), slog.String("participant_id", started.ParticipantID),
		slog.String("flow", wanted.FlowID), slog.Bool("repeated", started.Repeated))
	return &startchat.Result{
		ContactID: started.ContactID, ParticipantID: started.ParticipantID, ParticipantToken: started.Token,
		ContinuedFromContactID: wanted.ContinuedFromID, Metadata: metadata,
	}, nil
}

// Close ends the embedded Amazon Connect. Its contacts are gone with it.
func (e *Emulator) Close() error { return nil }
