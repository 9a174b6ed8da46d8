package emulator

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"

	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/lexserver"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/processing"
	"github.com/parley-chat/parley/internal/signin"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/strict"
	"github.com/parley-chat/parley/internal/transcript"
)

// chatsDir is the store's directory within the data directory.
const chatsDir = "chats"

// open opens the parts, from the store outwards. What was opened before an error is the
// caller's to close.
func (e *Emulator) open(ctx context.Context, cfg Config) error {
	clock := &clock.Clock{}
	var rules *strict.Rules
	if cfg.Strict {
		rules = strict.New(strict.Config{Seed: cfg.Seed, Now: clock.Now})
	}
	if err := e.openChats(ctx, cfg, clock, rules); err != nil {
		return err
	}
	config := connectserver.Config{
		Chats: e.chats, Flows: flows(cfg.Flows), Kept: e.kept, Tests: e.tests, Instance: connectserver.Instance{ID: cfg.InstanceID}, Region: cfg.Region,
		ApprovedOrigins: cfg.ApprovedOrigins, Strict: rules, Log: cfg.Log, Place: func(contactID string) (connectserver.Place, bool) {
			place, ok := e.desk.Place(contactID)
			return connectserver.Place(place), ok
		}, Turn: e.turn,
	}
	if cfg.Functions != nil {
		config.Configured = func(function string) bool { return cfg.Functions.Has(function, "") }
	}
	if tap := cfg.Tap; tap != nil {
		config.Called = func(r *http.Request, action, contactID string) {
			tap.Called(r, action, e.chats.Chat(contactID), "", "")
		}
	}
	var err error
	if e.api, err = connectserver.New(config); err != nil {
		return err
	}
	if err := e.openLex(cfg); err != nil {
		return err
	}
	if err := e.openFaults(cfg); err != nil {
		return err
	}
	if err := e.openClients(ctx, cfg, rules); err != nil {
		return err
	}
	if err := e.chats.Begin(ctx); err != nil {
		return fmt.Errorf("going on with the chats: %w", err)
	}
	return nil
}

// openLex opens the runtime API of Amazon Lex, if there are bots.
func (e *Emulator) openLex(cfg Config) (err error) {
	if cfg.Bots == nil {
		return nil
	}
	config := lexserver.Config{Bots: cfg.Bots, Now: e.chats.Clock().Now, Log: cfg.Log}
	if tap := cfg.Tap; tap != nil {
		config.Called = func(r *http.Request, operation string) { tap.Called(r, operation, "", "", "") }
	}
	e.lex, err = lexserver.New(config)
	return err
}

// openChats opens the store, the chats and what hears of them.
func (e *Emulator) openChats(ctx context.Context, cfg Config, clock *clock.Clock, rules *strict.Rules) error {
	var err error
	stored := store.Config{Ephemeral: cfg.Ephemeral, Keep: cfg.Keep, Now: clock.Now, Log: cfg.Log}
	if !cfg.Ephemeral {
		if cfg.DataDir == "" {
			return errors.New("an embedded amazon connect needs a data directory, or has to be ephemeral")
		}
		stored.Dir = filepath.Join(cfg.DataDir, chatsDir)
	}
	for arn, target := range cfg.StreamTargets {
		if u, err := url.Parse(target); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("using %q as the target of the stream %s: it is not an http or https URL", target, arn)
		}
	}
	if e.store, err = store.Open(ctx, stored); err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	e.publisher, err = connectserver.NewPublisher(connectserver.PublisherConfig{
		Targets: cfg.StreamTargets, Log: cfg.Log,
		Encode: func(item *transcript.Item) ([]byte, error) { return participant.Encode(item), nil },
	})
	if err != nil {
		return err
	}
	failed := func(contactID string, err error) {
		cfg.Log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "something due in a chat failed",
			slog.String("contact_id", contactID), slog.Any("error", err))
	}
	limits := chat.DefaultLimits()
	limits.FileBytes = cmp.Or(cfg.AttachmentBytes, limits.FileBytes)
	if cfg.AttachmentTypes != nil {
		limits.Extensions = cfg.AttachmentTypes
	}
	config := chat.Config{
		Store: e.store, Clock: clock, Limits: rules.Limits(limits), Publish: e.publisher.Publish,
		Showable: e.showable, Failed: failed,
	}
	if cfg.Functions != nil {
		config.Process = processing.New(processing.Config{
			Functions: cfg.Functions, Region: cfg.Region, Strict: cfg.Strict, Now: clock.Now, Traced: cfg.FlowTraced, Log: cfg.Log,
		}).Judge
	}
	e.chats, err = chat.Open(ctx, config)
	if err != nil {
		return fmt.Errorf("opening the chats: %w", err)
	}
	if err := e.openFlows(ctx, cfg, failed); err != nil { // before the desk, which queues what no flow runs for
		return err
	}
	if err := e.openDesk(ctx, cfg, failed); err != nil {
		return err
	}
	if cfg.Observed != nil {
		e.chats.Listen(chat.Listener{Changed: cfg.Observed})
	}
	return nil
}

// showable refuses an interactive message that breaks the client that shows it, unless that is to go
// wrong.
func (e *Emulator) showable(ctx context.Context, contactID, participantID, content string) (fault string, err error) {
	finding, broken := interactive.Broken(content)
	if broken {
		fault = e.faults.PassesBroken(ctx, contactID, participantID)
	}
	if !broken || fault != "" {
		return fault, nil
	}
	return "", &chat.InvalidError{Field: "Content", Text: "Content: " + finding.String()}
}

// openFaults prepares what can go wrong on purpose.
func (e *Emulator) openFaults(cfg Config) (err error) {
	if cfg.Faults == nil {
		return nil
	}
	config := *cfg.Faults
	config.Chats = e.chats
	config.Injected = func(ctx context.Context, what fault.Injection) {
		if what.Request != nil { // frames are too many
			cfg.Log.LogAttrs(ctx, slog.LevelInfo, "fault injected",
				slog.String("action", what.Action), slog.String("rule", what.Rule.Name), slog.String("contact_id", what.ContactID))
		}
		if cfg.Faults.Injected != nil {
			cfg.Faults.Injected(ctx, what)
		}
	}
	e.faults, err = fault.New(config)
	return err
}

// openClients opens the Participant Service.
func (e *Emulator) openClients(ctx context.Context, cfg Config, rules *strict.Rules) error {
	key, err := e.store.Key(ctx, func() []byte { return nil }) // the chats have made it
	if err != nil {
		return fmt.Errorf("reading the signing key: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("addresses of attachments"))
	config := participant.Config{
		Chats: e.chats, Blobs: e.store.Blobs(), Key: mac.Sum(nil), PublicURL: cfg.PublicURL,
		ApprovedOrigins: cfg.ApprovedOrigins, Strict: rules, Tap: cfg.Tap, Log: cfg.Log,
	}
	if cfg.EncryptedAttachments {
		config.EncryptionKey = "arn:aws:kms:" + cfg.Region + ":000000000000:key/" + DefaultInstanceID
	}
	if cfg.ViewsDir != "" {
		if e.views, err = openViews(cfg.ViewsDir, cfg.Region, cfg.Log); err != nil {
			return err
		}
	}
	config.Views = e.view
	config.SignIn = func(s participant.SignIn) string { return signin.Address(s.Base, s.State) }
	switch {
	case cfg.Scan != nil:
		config.Scan = func(file transcript.File) { e.scan(context.WithoutCancel(ctx), cfg, file) }
	case cfg.HoldAttachments:
		config.Scan = func(transcript.File) {} // somebody decides
	}
	if e.faults != nil { // not the nil pointer, which would be Faults
		config.Faults = e.faults
	}
	e.clients, err = participant.New(config)
	if err == nil && e.faults != nil {
		e.faults.Attach(e.clients.Review)
	}
	return err
}

// scan decides about an attachment.
func (e *Emulator) scan(ctx context.Context, cfg Config, file transcript.File) {
	err := e.chats.Decide(ctx, file.ID, cfg.Scan(file))
	if err != nil && !errors.Is(err, chat.ErrAccessDenied) { // unless the chat has ended meanwhile
		cfg.Log.LogAttrs(ctx, slog.LevelError, "deciding about an attachment failed",
			slog.String("contact_id", file.ContactID), slog.Any("error", err))
	}
}

// Export returns what was created on the instance as files, and notes of what is not in them.
func (e *Emulator) Export() (files []instance.File, notes []string, err error) {
	return e.kept.Export()
}

// Blobs returns the bytes of attachments, for packages that stand around the emulator.
func (e *Emulator) Blobs() *blob.Dir { return e.store.Blobs() }

// defaultFlow is what the contact flow of a page that names none looks like: the customer
// waits in a queue until somebody answers.
const defaultFlow = `{"Version":"2019-10-30","StartAction":"queue","Metadata":{},"Actions":[` +
	`{"Identifier":"queue","Type":"TransferContactToQueue","Parameters":{},"Transitions":{"NextAction":"end","Errors":[` +
	`{"NextAction":"end","ErrorType":"QueueAtCapacity"},{"NextAction":"end","ErrorType":"NoMatchingError"}],"Conditions":[]}},` +
	`{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`

// flows adds the default flow to the configured ones.
func flows(configured func() []connectserver.Flow) func() []connectserver.Flow {
	return func() []connectserver.Flow {
		all := []connectserver.Flow{{
			ID: DefaultContactFlowID, Name: "Parley default flow", Content: defaultFlow,
			Description: "Used when a chat is started without a contact flow",
		}}
		if configured != nil {
			all = append(all, configured()...)
		}
		return all
	}
}
