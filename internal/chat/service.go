// Package chat holds the rules of Amazon Connect chat: contacts, their participants,
// transcripts, receipts, timers, and the tokens that let a client act for a participant.
//
// It knows no HTTP, no AWS SDK and no storage engine; what speaks a protocol is an adapter
// around it, and storage stands behind [Store].
//
// Every change is a [Step]: it is computed, then made durable in one commit, and only then shown to
// the participants, the listeners and the caller. A contact makes one step at a time, so its items
// have one order for everybody. Locks are taken in the order turn (of a contact), contact, service;
// the contact's lock is held briefly and never while the store works, but for a contact's first
// step. A [Service] is safe for concurrent use.
package chat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/clock"
	"github.com/parley-chat/parley/internal/transcript"
)

// Config is what a [Service] needs.
type Config struct {
	// Store keeps everything. Required.
	Store Store
	// Clock is the service's time; nil makes one.
	Clock *clock.Clock
	// Limits are the service's bounds; the zero value means [DefaultLimits].
	Limits Limits
	// Publish is called in order with every item of a contact that has streaming on. It
	// must not block. Nil does nothing.
	Publish func(contact Contact, item transcript.Item)
	// Showable returns why an interactive message is not said, because it breaks the client that shows
	// it, or else the name of the fault by which it is said all the same, empty for none. It is called in a step, so it must not block, nor call the service. Nil lets all be said.
	Showable func(ctx context.Context, contactID, participantID, content string) (fault string, err error)
	// Process has a function judge a message of a contact whose messages are processed by one, at any
	// time, and in the contact's order. Nil has messages redacted only, within the step that says them.
	Process ProcessFunc
	// Failed is told of operations the service does on its own (timers) that could not be
	// made durable. Nil does nothing.
	Failed func(contactID string, err error)
}

// Service is the chats of one Amazon Connect.
type Service struct {
	store     Store
	clock     *clock.Clock
	limits    Limits
	signer    signer
	showable  func(ctx context.Context, contactID, participantID, content string) (fault string, err error)
	publish   func(Contact, transcript.Item)
	listeners []Listener  // complete before Begin
	process   ProcessFunc // nil without
	failed    func(string, error)

	ctx     context.Context //nolint:containedctx // ends with the service, which owns its goroutines
	cancel  context.CancelFunc
	stop    chan struct{}
	running sync.WaitGroup

	ruling     sync.Mutex // one change of the rules for attachments at a time
	annotating sync.Mutex // one change of an ended contact at a time

	mu     sync.Mutex
	begun  bool
	closed bool
	active map[string]*entry // by the first contact of each chat
	// counted is how many of them each instance has; empty while that is not limited.
	counted map[string]int
	// successors are the chats that active contacts belong to which are not the first ones; nil while
	// there are none.
	successors map[string]string
	starting   map[startKey]*pendingStart
	// fileRules are those that were changed. The slice is not changed, only replaced.
	fileRules []FileRules
}

// entry is an active contact with the state that lives only as long as the program.
type entry struct {
	// turn is held by the one step that changes the contact now: see [turn.take].
	turn turn

	mu       sync.Mutex
	contact  *Contact
	lastSeq  int64
	lastTime time.Time
	feeds    []*Socket
	// lost says, for participants without a socket, up to which item their last socket had
	// delivered, so that the next one can be told what it missed. It is nil until somebody has
	// lost one, as spoke is until somebody has said something: most of what a server holds are
	// contacts.
	lost  map[string]int64
	sent  []sentToken
	spoke map[string]activity
	auth  *authentication
	// tellings are the messages that are being said in pieces. Whoever has the turn may read them; they
	// change when a step is made visible.
	tellings []*telling
	// settling is what is known of held messages; nil until there is one.
	settling *settling
	alarm    clock.Alarm
	// expired is when the connection tokens and tickets issued until then stopped working, in
	// milliseconds since 1970; zero for never.
	expired atomic.Int64
	known   bool // sent holds what was sent before a restart
	// closed says that the service was closed: the contact goes on in another one.
	closed bool
}

// Open loads the active contacts from the store and returns the service. No time passes for them
// before [Service.Begin], so that listeners can be added and can look at them first. Close ends it.
func Open(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Store == nil {
		return nil, errors.New("a chat service needs a store")
	}
	if cfg.Clock == nil {
		cfg.Clock = &clock.Clock{}
	}
	key, err := cfg.Store.Key(ctx, newKey)
	if err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	s := &Service{
		store: cfg.Store, clock: cfg.Clock, limits: cfg.Limits.withDefaults(), signer: signer{key},
		publish: cfg.Publish, showable: cfg.Showable, process: cfg.Process, failed: cfg.Failed,
		stop: make(chan struct{}), active: map[string]*entry{}, starting: map[startKey]*pendingStart{}, counted: map[string]int{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if s.fileRules, err = cfg.Store.FileRules(ctx); err != nil {
		return nil, fmt.Errorf("reading the rules for attachments: %w", err)
	}
	newest, err := cfg.Store.Clock(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the time: %w", err)
	}
	err = cfg.Store.Active(ctx, func(loaded Loaded) error {
		e := s.newEntry(loaded.Contact)
		e.lastSeq, e.lastTime, e.known = loaded.LastSeq, loaded.LastTime, false
		s.active[loaded.Contact.ID] = e
		s.count(loaded.Contact, 1)
		s.succeeded(loaded.Contact)
		newest = latest(newest, latest(loaded.LastTime, loaded.Contact.Started))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("loading active contacts: %w", err)
	}
	s.resume(newest)
	return s, nil
}

// resume lets the contacts that were loaded go on. The service's time is not before the newest
// one that is stored: it was skipped before, or the machine's was set back, and what was due then
// is due now.
func (s *Service) resume(newest time.Time) {
	s.clock.Skip(newest.Sub(s.clock.Now()))
	now := s.clock.Now()
	for _, e := range s.active {
		for _, p := range e.contact.Participants {
			if !p.Active() {
				continue
			}
			e.lose(p.ID, e.lastSeq)
			// Nobody could say anything while the service was down.
			e.speak(p.ID, activity{heard: now})
		}
		s.schedule(e)
	}
}

// Skip moves the service's time forward, for good: also after a restart it is not earlier.
func (s *Service) Skip(ctx context.Context, d time.Duration) error {
	if err := s.commit(ctx, Changes{Clock: s.clock.Now().Add(d)}); err != nil {
		return fmt.Errorf("keeping the time: %w", err)
	}
	s.clock.Skip(d)
	return nil
}

func (s *Service) newEntry(contact *Contact) *entry {
	e := &entry{contact: contact, known: true}
	e.alarm = clock.NewAlarm(func() { s.ring(e) })
	return e
}

// lose notes what a participant without a socket has been told. The caller holds the contact's
// lock.
func (e *entry) lose(participantID string, seq int64) {
	if e.lost == nil {
		e.lost = map[string]int64{}
	}
	e.lost[participantID] = seq
}

// speak notes when a participant was heard. The caller holds the contact's lock.
func (e *entry) speak(participantID string, a activity) {
	if e.spoke == nil {
		e.spoke = map[string]activity{}
	}
	e.spoke[participantID] = a
}

// Close stops the timers, ends every feed and waits for what the service does on its own.
// Contacts stay as they are; they go on when the store is opened again.
func (s *Service) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	entries := make([]*entry, 0, len(s.active))
	for _, e := range s.active {
		entries = append(entries, e)
	}
	s.mu.Unlock()
	close(s.stop)
	s.cancel()
	s.running.Wait()
	for _, e := range entries {
		e.turn.wait() // a step that has begun is not given up
		e.mu.Lock()
		feeds := e.feeds
		e.feeds, e.closed = nil, true
		s.clock.Set(&e.alarm, time.Time{}) // the clock may be used for another service
		e.mu.Unlock()
		e.turn.give()
		for _, k := range feeds {
			k.to.End()
		}
	}
}

// Clock returns the service's time.
func (s *Service) Clock() *clock.Clock { return s.clock }

// Limits returns the service's bounds.
func (s *Service) Limits() Limits { return s.limits }

// ActiveContacts returns how many contacts have not ended.
func (s *Service) ActiveContacts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.active)
}

// Contact returns a chat by the id of any of its contacts, ended ones too as long as they are kept, or
// ErrNotFound.
func (s *Service) Contact(ctx context.Context, id string) (Contact, error) {
	if e := s.find(id); e != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		return *e.contact.Clone(), nil
	}
	contact, err := s.store.Contact(ctx, id)
	if err != nil {
		return Contact{}, err
	}
	return *contact, nil
}

func (s *Service) find(contactID string) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.active[contactID]; e != nil || len(s.successors) == 0 {
		return e
	}
	return s.active[s.successors[contactID]]
}
