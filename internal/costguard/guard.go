// Package costguard keeps local work against a real Amazon Connect instance from
// costing more than it should: a [Guard] stands in front of another
// [startchat.Starter], limits how many chats one run starts, and ends the chats it
// started when the run ends, or at the next start when the run crashed.
//
// The rule behind every line: no page ever receives a contact that would not be ended.
// A contact is written to the run's journal, and synced, before the answer is
// returned; a contact that cannot be written down is ended at once. The guard ends
// only contacts whose ids it received as ContactId from its own calls, never the
// ones they continue from, and never those of a run that is still alive, which holds
// a lock on its journal.
//
// The package knows neither HTTP nor AWS beyond the name of one error. A Guard is
// safe for concurrent use. Lock order: Guard.mu and book.mu are never held together.
package costguard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/startchat"
)

const (
	// callerGone is how long a call goes on after its caller has left, so that the id
	// of a contact which is already being made still arrives and can be journalled.
	callerGone = 10 * time.Second
	// undoTime bounds the ending of one contact that must not stay.
	undoTime = 10 * time.Second
)

// Stopper ends contacts. StopContact of a contact that has ended already fails with
// ContactNotFoundException (410); any other error means that the contact may be alive.
type Stopper interface {
	StopContact(ctx context.Context, instanceID, contactID string) error
}

// Target says where contacts are started, so that a later run ends them with the same
// credentials at the same place. It holds names only, never keys. Two runs are taken to
// have the same credentials when their Region, Profile and EndpointURL are equal.
type Target struct {
	// Region, Profile and EndpointURL are the values in effect, wherever they come from;
	// an empty profile or endpoint is the default one.
	Region, Profile, EndpointURL string
	// InstanceID is the configured instance, as id or ARN; empty when requests name it.
	InstanceID string
}

// Config is what a [Guard] needs.
type Config struct {
	// Starter makes the calls; required.
	Starter startchat.Starter
	// Stopper ends contacts; required with EndOnExit.
	Stopper Stopper
	// MaxChats is how many chats this run may start; zero is no limit.
	MaxChats int
	// EndOnExit has Close end every contact of this run, and Recover those of crashed
	// runs. Without it nothing is written and nothing ended.
	EndOnExit bool
	// Dir holds the journals, one file a run. It is made, private to the user, when
	// absent; required with EndOnExit.
	Dir string
	// Target is where Starter starts contacts.
	Target Target
	// Log is told what was ended and what could not be; nil discards.
	Log *slog.Logger
}

// Guard limits and journals chats. Make one with [New].
type Guard struct {
	starter  startchat.Starter
	stopper  Stopper
	maxChats int
	dir      string
	target   Target
	log      *slog.Logger
	// book is nil when nobody asks which contacts were started.
	book *book

	mu       sync.Mutex
	inFlight int
	started  int
	closed   bool
	idle     chan struct{} // closed when the guard is and the last call has returned

	closing  sync.Once
	closeErr error
}

var _ startchat.Starter = (*Guard)(nil)

// New checks the configuration and, with EndOnExit, opens this run's journal, so that a
// directory that cannot be written to is found before a chat is started.
func New(config Config) (*Guard, error) {
	switch {
	case config.Starter == nil:
		return nil, errors.New("costguard: no starter given")
	case config.MaxChats < 0:
		return nil, fmt.Errorf("costguard: the limit of chats is negative: %d", config.MaxChats)
	case config.EndOnExit && config.Stopper == nil:
		return nil, errors.New("costguard: no stopper given")
	case config.EndOnExit && config.Dir == "":
		return nil, errors.New("costguard: no directory for the journal given")
	}
	g := &Guard{
		starter: config.Starter, stopper: config.Stopper, maxChats: config.MaxChats,
		dir: config.Dir, target: config.Target, log: config.Log, idle: make(chan struct{}),
	}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	switch {
	case config.EndOnExit:
		journal, err := openJournal(config.Dir)
		if err != nil {
			return nil, fmt.Errorf("opening the journal of started chats in %s: %w", config.Dir, err)
		}
		g.book = newBook(journal)
	case config.MaxChats > 0:
		g.book = newBook(nil)
	}
	return g, nil
}

// StartChatContact implements [startchat.Starter]. A refusal is a *diagnosis.Problem
// by the rule MaxChatsReached or ShuttingDown; errors of the Starter pass through.
func (g *Guard) StartChatContact(ctx context.Context, request *startchat.Request) (*startchat.Result, error) {
	if err := g.reserve(); err != nil {
		return nil, err
	}
	isNew := false
	defer func() { g.settle(isNew) }()

	if g.book == nil {
		return g.starter.StartChatContact(ctx, request)
	}
	if err := g.book.prepare(); err != nil {
		return nil, g.journalProblem(err, "No chat was started, because it could not be written to the journal of chats to end.")
	}
	if g.book.journals() {
		var cancel context.CancelFunc
		ctx, cancel = outlive(ctx, callerGone)
		defer cancel()
	}
	result, err := g.starter.StartChatContact(ctx, request)
	if err != nil {
		return nil, err
	}
	isNew, err = g.keep(ctx, request, result)
	if err != nil {
		return nil, err
	}
	return result, nil
}

// keep writes a started contact down. It reports whether the contact counts as a new
// chat of this run; after an error that is so only if the contact could not be ended.
func (g *Guard) keep(ctx context.Context, request *startchat.Request, result *startchat.Result) (bool, error) {
	e := entry{
		ContactID: result.ContactID, InstanceID: request.InstanceID, ConfiguredInstanceID: g.target.InstanceID,
		Region: g.target.Region, Profile: g.target.Profile, EndpointURL: g.target.EndpointURL,
		Started: time.Now().UTC(),
	}
	isNew, err := g.book.add(e)
	if err != nil {
		problem := g.journalProblem(err, "The chat was ended at once, because it could not be written to the journal of chats to end.")
		if !g.undo(ctx, e) {
			problem.Sentence = "The chat could neither be written to the journal of chats to end nor be ended."
			return true, problem
		}
		return false, problem
	}
	if g.book.journals() && g.isClosed() {
		// Close may have gone through the book before this contact stood in it.
		return !g.undo(ctx, e), diagnosis.New(diagnosis.ShuttingDown, "The server is shutting down; the chat was ended again.")
	}
	return isNew, nil
}

// undo ends a contact that must not stay, and reports whether it has ended. One that
// has not stays in the book, for Close to try again.
func (g *Guard) undo(ctx context.Context, e entry) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if _, err := stopOne(ctx, g.stopper, e); err != nil {
		g.book.hold(e)
		g.log.ErrorContext(ctx, "a chat stays open: it could not be ended",
			"contact_id", e.ContactID, "instance_id", e.InstanceID, "error", err)
		return false
	}
	g.book.drop(e.ContactID)
	return true
}

func (g *Guard) journalProblem(cause error, sentence string) *diagnosis.Problem {
	p := diagnosis.New(diagnosis.JournalFailed, "%s", sentence)
	p.Hint = fmt.Sprintf("Check that %s can be written to and that its disk has space, or start with --end-on-exit=false.", g.dir)
	p.Cause = cause
	return p
}

// reserve takes a place among the chats of this run.
func (g *Guard) reserve() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return diagnosis.New(diagnosis.ShuttingDown, "")
	}
	if g.maxChats > 0 && g.started+g.inFlight >= g.maxChats {
		return diagnosis.New(diagnosis.MaxChatsReached,
			"This run has started as many chats as it may: %d of %d.", g.started+g.inFlight, g.maxChats)
	}
	g.inFlight++
	return nil
}

// settle turns the place into a started chat, or gives it back.
func (g *Guard) settle(isNew bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inFlight--
	if isNew {
		g.started++
	}
	if g.closed && g.inFlight == 0 {
		close(g.idle)
	}
}

func (g *Guard) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

// Close refuses further chats and, with EndOnExit, ends every contact of this run, a
// few at a time, until ctx is done. Contacts that have ended already are fine. Those
// that could not be ended stay in the journal for the next start, and the error says
// how many they are. A second call returns what the first did.
func (g *Guard) Close(ctx context.Context) error {
	g.closing.Do(func() { g.closeErr = g.close(ctx) })
	return g.closeErr
}

// close ends the contacts of the run. Those that could not be ended stay in the journal.
func (g *Guard) close(ctx context.Context) error {
	g.mu.Lock()
	g.closed = true
	if g.inFlight == 0 {
		close(g.idle)
	}
	g.mu.Unlock()
	if g.book == nil || !g.book.journals() {
		return nil
	}
	result := g.endAll(ctx, g.book.entries())
	for _, id := range result.gone {
		g.book.drop(id)
	}
	// Calls that are still under way end their contacts themselves.
	select {
	case <-g.idle:
	case <-ctx.Done():
	}
	left, err := g.book.finish()
	g.log.InfoContext(ctx, "ended the chats of this run",
		"ended", result.ended, "already_ended", result.already, "left", left)
	if left > 0 {
		err = errors.Join(fmt.Errorf("ending the chats of this run: %d still open, the next start with the same settings tries again: %w",
			left, result.err), err)
	}
	return err
}

// outlive returns a context that keeps ctx's deadline and values but is cancelled only
// some time after ctx was. Call the returned function when done.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	base, cancelBase := context.WithoutCancel(ctx), func() {}
	if deadline, ok := ctx.Deadline(); ok {
		base, cancelBase = context.WithDeadline(base, deadline)
	}
	call, cancel := context.WithCancel(base)
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-call.Done():
		}
	})
	return call, func() { stop(); cancel(); cancelBase() }
}
