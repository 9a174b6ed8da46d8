// Package emulator is the embedded Amazon Connect: it composes the rules of chat with
// the protocols around them, so that chats work without an AWS account.
//
// It is for one developer's machine and for tests, not for customers: it accepts any
// instance and contact flow, and any credentials. An [Emulator] is safe for concurrent
// use.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectsim"
	"github.com/parley-chat/parley/internal/startchat"
	"github.com/parley-chat/parley/internal/store"
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
	store *store.Store
	chats *chat.Service
	api   *connectsim.Service
}

var _ startchat.Starter = (*Emulator)(nil)

// New returns an embedded Amazon Connect without contacts.
func New(cfg Config) (*Emulator, error) {
	log := cfg.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx := context.Background()
	kept, err := store.Open(ctx, store.Config{Ephemeral: true, Log: log})
	if err != nil {
		return nil, err
	}
	chats, err := chat.Open(ctx, chat.Config{Store: kept})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the chats: %w", err), kept.Close())
	}
	api, err := connectsim.New(connectsim.Config{Chats: chats, Log: log})
	if err != nil {
		chats.Close()
		return nil, errors.Join(err, kept.Close())
	}
	return &Emulator{store: kept, chats: chats, api: api}, nil
}

// StartChatContact implements [startchat.Starter]. It checks the request as AWS does and
// starts a contact; a repeated client token returns the first one.
func (e *Emulator) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	metadata := startchat.Metadata{HTTPStatusCode: http.StatusOK, RequestID: uuid.NewString(), Attempts: 1}
	started, err := e.api.StartChatContact(ctx, request.Body)
	if err != nil {
		if refused, ok := errors.AsType[*awswire.Error](err); ok {
			refused.RequestID, metadata.HTTPStatusCode = metadata.RequestID, refused.Status
		}
		return nil, &startchat.CallError{Metadata: metadata, Err: err}
	}
	return &startchat.Result{
		ContactID: started.ContactID, ParticipantID: started.ParticipantID, ParticipantToken: started.Token,
		ContinuedFromContactID: started.ContinuedFrom, Metadata: metadata,
	}, nil
}

// Close ends the embedded Amazon Connect. Its contacts are gone with it.
func (e *Emulator) Close() error {
	e.chats.Close()
	return e.store.Close()
}
