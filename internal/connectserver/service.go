// Package connectserver is the Amazon Connect API of the embedded Amazon Connect: it reads
// the actions a chat backend calls, checks them as AWS does and carries them out on
// package chat.
//
// Every action stands in one registry, with where its behaviour comes from; an operation of
// Amazon Connect that is not in it answers an error with its name. The package knows the
// wire format of these actions and nothing of who may call them, of sockets or of storage.
// Errors are AWS's, by name and status. A [Service] is safe for concurrent use.
package connectserver

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/strict"
)

// Config is what a [Service] needs.
type Config struct {
	// Chats are the chats the actions are about. Required.
	Chats *chat.Service
	// Flows returns the contact flows that nobody can change here, each time anew; nil means none.
	Flows func() []Flow
	// Kept is what the instance was given through this API. Required.
	Kept *instance.Keeper
	// Tests are its test cases. Required.
	Tests *instance.Tests
	// Instance is the one instance there is. Its zero members get values.
	Instance Instance
	// Region and Account stand in ARNs; empty means us-east-1 and 000000000000.
	Region, Account string
	// ApprovedOrigins are what ListApprovedOrigins answers.
	ApprovedOrigins []string
	// Place tells where in its queue a chat is, which it names by its first contact; false for one that
	// does not wait. It must answer at once. Nil knows of no queue.
	Place func(contactID string) (Place, bool)
	// Turn gives the agent of a user a status; false when there is no such agent. It must answer at once.
	// Nil gives it to nobody.
	Turn func(userID string, status *instance.Item[instance.Status]) bool
	// Configured reports whether the configuration says where a function is. Nil knows of none.
	Configured func(function string) bool
	// Strict are AWS's rates, quotas and freedoms; nil is lenient, with ids too: any
	// instance and any flow will do.
	Strict *strict.Rules
	// Called is told the action of every call, and the contact that its request names. It must
	// not block, and is called by many goroutines at once. Nil costs nothing.
	Called func(r *http.Request, action, contactID string)
	// Log is told of every call: Debug when it succeeded, Warn when it was refused, Error
	// when it failed. Nil discards.
	Log *slog.Logger
}

// Instance is an Amazon Connect instance.
type Instance struct {
	// ID is its UUID, or its ARN, which then is its ARN, too; empty means [DefaultInstanceID].
	// ARN is made from ID when empty.
	ID, ARN string
	// Alias is its name; empty means "parley".
	Alias string
	// Created is when it was made; zero means the start of the service.
	Created time.Time
}

// DefaultInstanceID is the id of an instance whose configuration names none.
const DefaultInstanceID = "11111111-1111-4111-8111-111111111111"

// Service is the Amazon Connect API of one embedded Amazon Connect.
type Service struct {
	chats           *chat.Service
	flows           func() []Flow
	kept            *instance.Keeper
	tests           *instance.Tests
	instance        Instance
	region, account string
	origins         []string
	place           func(contactID string) (Place, bool)
	turn            func(userID string, status *instance.Item[instance.Status]) bool
	functions       func(ref string) bool // whether one is configured
	strict          *strict.Rules
	hear            func(r *http.Request, action, contactID string)
	log             *slog.Logger
	actions         func() []*action       // those that are emulated
	starts          func() *action         // StartChatContact
	firstNames      func() map[string]bool // of the paths of all operations, and whether one has no more

	joined      repeats[*createParticipantOutput]
	modules     repeats[*createModuleOutput]
	viewed      repeats[any]
	associated  repeats[*nothing]
	executed    repeats[*startTestOutput]
	integrating sync.Mutex // one SendChatIntegrationEvent at a time, so that two do not start two chats
}

// New returns the API of an embedded Amazon Connect.
func New(cfg Config) (*Service, error) {
	if cfg.Chats == nil || cfg.Kept == nil || cfg.Tests == nil {
		return nil, errors.New("an amazon connect api needs chats, a keeper of what it is given, and its test cases")
	}
	s := &Service{
		chats: cfg.Chats, flows: cfg.Flows, kept: cfg.Kept, tests: cfg.Tests, instance: cfg.Instance, region: cfg.Region, account: cfg.Account,
		origins: cfg.ApprovedOrigins, place: cfg.Place, turn: cfg.Turn, functions: cfg.Configured, strict: cfg.Strict, hear: cfg.Called, log: cfg.Log,
	}
	if s.flows == nil {
		s.flows = func() []Flow { return nil }
	}
	if s.place == nil {
		s.place = func(string) (Place, bool) { return Place{}, false }
	}
	if s.turn == nil {
		s.turn = func(string, *instance.Item[instance.Status]) bool { return false }
	}
	if s.functions == nil {
		s.functions = func(string) bool { return false }
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	fill := func(value *string, fallback string) {
		if *value == "" {
			*value = fallback
		}
	}
	fill(&s.region, "us-east-1")
	fill(&s.account, "000000000000")
	fill(&s.instance.ID, DefaultInstanceID)
	fill(&s.instance.Alias, "parley")
	if id := instanceID(s.instance.ID); id != s.instance.ID {
		s.instance.ID, s.instance.ARN = id, s.instance.ID
	}
	fill(&s.instance.ARN, s.instanceARN(s.instance.ID))
	if s.instance.Created.IsZero() {
		s.instance.Created = s.chats.Clock().Now()
	}
	s.actions = sync.OnceValue(s.registry)
	s.starts = sync.OnceValue(func() *action { return s.chatActions()[0] })
	s.firstNames = sync.OnceValue(firstNames)
	return s, nil
}

// firstNames are the first names of the paths of all operations, and whether one has no more.
func firstNames() map[string]bool {
	names := map[string]bool{}
	for _, op := range operations() {
		first, _, below := strings.Cut(strings.TrimPrefix(op.path, "/"), "/")
		names[first] = names[first] || !below
	}
	return names
}

// instanceARN returns the ARN of an instance in this account.
func (s *Service) instanceARN(id string) string {
	return "arn:aws:connect:" + s.region + ":" + s.account + ":instance/" + id
}

// Routes registers every operation of Amazon Connect: those of the registry, and those that are
// known but not emulated. Each pattern names its method, so that other packages can share the
// mux. wrap goes around the handler of each emulated action, by its name; nil adds nothing. What
// is unknown, and the paths with doubled slashes or dots that the mux redirects with a page of
// HTML, are for [Service.Unknown]; [Service.Near] tells which paths those are.
func (s *Service) Routes(mux *http.ServeMux, wrap func(action string, next http.Handler) http.Handler) {
	emulated := map[string]*action{}
	for _, a := range s.actions() {
		emulated[a.name] = a
	}
	for _, op := range operations() {
		if a := emulated[op.name]; a != nil {
			serve := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, a) }))
			if wrap != nil {
				serve = wrap(a.name, serve)
			}
			mux.Handle(op.method+" "+op.path, serve)
			continue
		}
		mux.HandleFunc(op.method+" "+op.path, func(w http.ResponseWriter, r *http.Request) { s.unemulated(w, r, op.name) })
	}
}

// Near reports whether a path is one of Amazon Connect's API as far as its names go: an operation
// has it, with this method or another, or has one below the same first name.
func (s *Service) Near(path string) bool {
	first, _, below := strings.Cut(strings.TrimLeft(path, "/"), "/")
	whole, known := s.firstNames()[first]
	return known && (below || whole)
}

// withoutWire marks the context of a call that was made within the program.
type withoutWire struct{}

// level is that of a log line about the course of a call. Who calls within the program logs
// it, too, and in its own words.
func level(ctx context.Context, onTheWire slog.Level) slog.Level {
	if ctx.Value(withoutWire{}) != nil {
		return slog.LevelDebug
	}
	return onTheWire
}

// StartChatContact starts a chat from the body of the call, without the wire around it. The
// error is an [awswire.Error].
func (s *Service) StartChatContact(ctx context.Context, body []byte) (chat.Started, error) {
	ctx = context.WithValue(ctx, withoutWire{}, true)
	out, refused := s.invoke(ctx, s.starts(), body)
	if refused != nil {
		return chat.Started{}, refused
	}
	started, ok := out.(*startChatOutput)
	if !ok {
		return chat.Started{}, errors.New("the registry does not begin with StartChatContact")
	}
	return started.started, nil
}
