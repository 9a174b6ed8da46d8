// Package emulator is the embedded Amazon Connect: it composes the rules of chat with
// their store, the protocols around them and a partner to talk to, so that chats work
// without an AWS account.
//
// It is for developers' machines and for tests, not for customers: it accepts any
// credentials and, unless it is strict, any instance and contact flow. It owns the order in
// which its parts begin and end, and nothing of what they do. An [Emulator] is safe for
// concurrent use.
package emulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/lexserver"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/processing"
	"github.com/parley-chat/parley/internal/signin"
	"github.com/parley-chat/parley/internal/startchat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	// DefaultInstanceID is the instance of a page that names none.
	DefaultInstanceID = connectserver.DefaultInstanceID
	// DefaultWidgetID is the hosted widget there is when no token's audience names another.
	DefaultWidgetID = "33333333-3333-4333-8333-333333333333"
	// DefaultContactFlowID is the contact flow of a page that names none. It is always there.
	DefaultContactFlowID = "22222222-2222-4222-8222-222222222222"
)

// Config says what an [Emulator] is like. One of DataDir and Ephemeral is required.
type Config struct {
	// DataDir is the directory under which chats are kept. It belongs to one Emulator at a
	// time.
	DataDir string
	// Ephemeral keeps chats in memory; DataDir is not used then.
	Ephemeral bool
	// Keep is how long ended chats are kept; zero keeps them for ever.
	Keep time.Duration
	// Strict turns on AWS's rates, quotas, short lives and freedoms, and makes unknown ids
	// errors. Seed makes the freedoms repeatable.
	Strict bool
	Seed   uint64
	// PublicURL is where clients reach the server; empty follows the host that each asked.
	PublicURL string
	// Partner brings the built-in partner into every chat while no person is available at the
	// desk; PartnerPause is the Pause of its partner.Echo.
	Partner      bool
	PartnerPause time.Duration
	// Agents are further agents of the desk, who are there from the start.
	Agents []desk.AgentConfig
	// Greeting is said to customers who wait for an agent; empty says nothing. Queues are the
	// names of the desk's queues beside [desk.DefaultQueue].
	Greeting string
	Queues   []string
	// Capacity is how many contacts may wait in a queue, by its name; a queue that is not there has no
	// bound. Hours are the hours of operation of contact flows; nil means none.
	Capacity map[string]int
	Hours    *hours.Book
	// DeskChanged is told of changes at the desk, as [desk.Config] describes; nil does nothing.
	DeskChanged func()
	// Observed is told of every change of a chat, as [chat.Listener] describes; nil costs
	// nothing.
	Observed func(*chat.Contact, *transcript.Item)
	// InstanceID is the one instance there is; empty means [DefaultInstanceID].
	InstanceID string
	// Flows returns contact flows beside the default one, each time anew; nil means none.
	Flows func() []connectserver.Flow
	// Library are the contact flows that run, beside those that are created through the API, which
	// are given to it; nil means that there are no others. Outside answers for their functions and bots; nil answers for none. FlowTraced and FlowTold are told
	// what they do, as [flowrun.Config] describes; nil does nothing.
	Library *flowrun.Library
	Outside flowrun.Outside
	// Bots also answer by the runtime API of Amazon Lex V2; nil leaves it out.
	Bots *lexbot.Bots
	// Functions are those that messages of chats pass, when they are to be processed; nil means none.
	Functions  processing.Functions
	FlowTraced func(contactID string, at time.Time, rows []flow.Trace)
	FlowTold   func(contactID string, at time.Time, what string, stopped bool)
	// ApprovedOrigins are the only origins whose pages may call the Participant Service;
	// empty means any.
	ApprovedOrigins []string
	// Region stands in ARNs; empty means us-east-1.
	Region string
	// ViewsDir holds the views that DescribeView answers, each in a file named by its token
	// and ".json"; empty means that there are none.
	ViewsDir string
	// StreamTargets are the URLs that stand for the endpoints of StartContactStreaming, by
	// ARN. Items for an endpoint without one are logged.
	StreamTargets map[string]string
	// Scan decides about attachments, in a goroutine for each; nil approves all at once.
	Scan func(transcript.File) bool
	// HoldAttachments lets attachments of customers wait until somebody decides about them
	// with [chat.Service.Decide]. It means nothing with Scan.
	HoldAttachments bool
	// AttachmentBytes is how large attachments may be, AttachmentTypes which extensions they may
	// have, until an instance is told otherwise; zero means AWS's defaults.
	AttachmentBytes int64
	AttachmentTypes []string
	// EncryptedAttachments adds the headers of a bucket with a KMS key to those that uploads
	// have to send.
	EncryptedAttachments bool
	// Tap hears of every call and frame, for whoever records them; nil costs nothing.
	Tap participant.Tap
	// Faults is how things can be made to go wrong on purpose, its Chats left out: see
	// [Emulator.Faults]. Nil lets nothing go wrong.
	Faults *fault.Config
	// Log gets what goes on; nil discards. Messages and tokens are never logged.
	Log *slog.Logger
}

// Emulator is one embedded Amazon Connect.
type Emulator struct {
	store     *store.Store
	chats     *chat.Service
	publisher *connectserver.Publisher
	api       *connectserver.Service
	lex       *lexserver.Service // nil without
	clients   *participant.Service
	desk      *desk.Desk
	flows     *flowrun.Runner
	library   *flowrun.Library
	outside   flowrun.Outside // nil answers for no function or bot
	kept      *instance.Keeper
	tests     *instance.Tests
	// instanceARN is that of the one instance, and region is where it is.
	instanceARN, region string
	hours               hours.Book // of all hours of the instance
	views               *views
	faults              *fault.Rules // nil without
	log                 *slog.Logger

	end    sync.Once
	ended  error
	mu     sync.Mutex
	leaves bool
}

var _ startchat.Starter = (*Emulator)(nil)

// New opens what is kept and returns an embedded Amazon Connect that is ready: chats that
// were active go on. Errors about the data directory are of type [*store.Error].
func New(ctx context.Context, cfg Config) (*Emulator, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.InstanceID, cfg.Region = cmp.Or(cfg.InstanceID, DefaultInstanceID), cmp.Or(cfg.Region, "us-east-1")
	e := &Emulator{log: cfg.Log}
	if err := e.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// StartChatContact implements [startchat.Starter], through the checks of the call on the
// wire.
func (e *Emulator) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	metadata := startchat.Metadata{HTTPStatusCode: http.StatusOK, RequestID: uuid.NewString(), Attempts: 1}
	var started chat.Started
	err := e.faults.Call(ctx, "StartChatContact", func() (err error) {
		started, err = e.api.StartChatContact(ctx, request.Body)
		return err
	})
	if err != nil {
		if refused, ok := errors.AsType[*awswire.Error](err); ok {
			refused.RequestID, metadata.HTTPStatusCode = metadata.RequestID, refused.Status
			err = ofOurs(refused)
		}
		return nil, &startchat.CallError{Metadata: metadata, Err: err}
	}
	return &startchat.Result{
		ContactID: started.ContactID, ParticipantID: started.ParticipantID, ParticipantToken: started.Token,
		ContinuedFromContactID: started.ContinuedFrom, Metadata: metadata,
	}, nil
}

// ofOurs explains a failure of this process: no service of AWS has failed, and none has a remedy.
func ofOurs(refused *awswire.Error) error {
	rule := diagnosis.StoreFailed
	switch {
	case refused.Cause == nil:
		return refused
	case errors.Is(refused, chat.ErrDiskFull):
		rule = diagnosis.DiskFull
	}
	p := diagnosis.New(rule, "")
	p.RequestID, p.Cause = refused.RequestID, refused.Cause
	return p
}

// Handler is Wrap for servers that have nothing else: every other path is an unknown operation.
func (e *Emulator) Handler() http.Handler { return e.Wrap(http.HandlerFunc(e.api.Unknown)) }

// Wrap serves the Amazon Connect API, the runtime API of Amazon Lex, the Participant Service, the chat sockets and attachments,
// at the paths of AWS, and hands every other request to next. A mux finds the action of a request, and one
// behind it that of the Amazon Connect API; faults are wrapped around each action as it is registered.
func (e *Emulator) Wrap(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	e.clients.Routes(mux, e.faults.Wrap)
	signin.Routes(mux, e.chats, e.log)
	if e.lex != nil {
		e.lex.Routes(mux)
	}
	other := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isParticipant(r.URL.Path) { // with an escaped slash in front of the action
			participant.Unknown(w, r)
			return
		}
		if e.api.Near(r.URL.Path) {
			e.api.Unknown(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
	// The hundreds of operations of Amazon Connect are entered when the first of them may be called.
	operations := sync.OnceValue(func() *http.ServeMux {
		operations := http.NewServeMux()
		e.api.Routes(operations, e.faults.Wrap)
		operations.Handle("/", other)
		return operations
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { operations().ServeHTTP(w, r) })
	// Without patterns of their own the mux would redirect the two that lack the slash.
	for _, pattern := range []string{"/participant", "/attachments"} {
		mux.Handle(pattern, other)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.EscapedPath()
		if path.Clean(p) == strings.TrimSuffix(p, "/") && p != "//" || p == "/" {
			mux.ServeHTTP(w, r)
			return
		}
		// The mux would redirect such a path, with a page of HTML that no SDK can read.
		_, pattern := mux.Handler(r)
		if pattern == "/" {
			_, pattern = operations().Handler(r)
		}
		if pattern == "/" || isParticipant(pattern+"/") || isParticipant(r.URL.Path) {
			other.ServeHTTP(w, r)
			return
		}
		e.api.Unknown(w, r)
	})
}

// MaxBodyFor returns how long the body of a request may be, in bytes; zero leaves it to the
// caller.
func (e *Emulator) MaxBodyFor(r *http.Request) int64 {
	return cmp.Or(e.clients.MaxBodyFor(r), e.api.MaxBodyFor(r))
}

// Chats are the chats themselves, for what is built around them.
func (e *Emulator) Chats() *chat.Service { return e.chats }

// Faults are what is to go wrong on purpose, for what is built around them; nil when
// Config.Faults is. They apply to what Wrap and StartChatContact do. A server's front door
// belongs into their WrapFrontDoor, so that answers to pages can get lost, too.
func (e *Emulator) Faults() *fault.Rules { return e.faults }

// Sockets returns how many chat sockets are open.
func (e *Emulator) Sockets() int { return e.clients.Sockets() }

// Ready reports whether new chats and sockets are welcome: from New to Drain.
func (e *Emulator) Ready() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.leaves
}

// Drain tells all chat sockets to leave and admits no new ones. It does not wait, and belongs
// before the listening socket is closed: clients come back the moment they are sent away.
func (e *Emulator) Drain() {
	e.mu.Lock()
	e.leaves = true
	e.mu.Unlock()
	e.faults.Clear() // so that delays and half-open sockets do not hold up the end
	if e.desk != nil {
		e.desk.Hurry()
	}
	if e.flows != nil {
		e.flows.Hurry()
	}
	e.clients.Drain()
}

// Shutdown ends the embedded Amazon Connect: sockets first, which are cut when ctx ends,
// then the desk, the chats and their store. Active chats go on when the directory is
// opened again. Later calls wait for the first and return what it returned.
func (e *Emulator) Shutdown(ctx context.Context) error {
	e.end.Do(func() { e.ended = e.shutdown(ctx) })
	return e.ended
}

// closeWithin is how long Close lets sockets take their leave. Each of them ends by itself before, unless its
// client does not read; to cut one that had no turn yet on a busy machine would be told as a failure.
const closeWithin = 5 * time.Second

// Close is Shutdown within a short time.
func (e *Emulator) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	return e.Shutdown(ctx)
}

// shutdown ends whatever was opened.
func (e *Emulator) shutdown(ctx context.Context) error {
	var errs []error
	if e.clients != nil {
		e.Drain()
		errs = append(errs, e.clients.Shutdown(ctx))
	}
	e.faults.Close()
	if e.tests != nil {
		e.tests.Close()
	}
	if e.flows != nil {
		e.flows.Close()
	}
	if e.desk != nil {
		e.desk.Close()
	}
	if e.chats != nil {
		e.chats.Close()
	}
	if e.publisher != nil {
		errs = append(errs, e.publisher.Close(ctx))
	}
	if e.views != nil {
		errs = append(errs, e.views.close())
	}
	if e.store != nil {
		if err := e.store.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing the store: %w", err))
		}
	}
	return errors.Join(errs...)
}

// isParticipant reports whether a path belongs to the Participant Service.
func isParticipant(path string) bool {
	return strings.HasPrefix(path, "/participant/") || strings.HasPrefix(path, "/attachments/")
}
