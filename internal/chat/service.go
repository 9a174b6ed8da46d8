// Package chat holds the rules of Amazon Connect chat: contacts, their participants,
// transcripts, receipts, timers, and the tokens that let a client act for a participant.
//
// It knows no HTTP, no AWS SDK and no storage engine; what speaks a protocol is an adapter
// around it, and storage stands behind [Store].
//
// Nothing is visible before it is durable: an operation commits its changes first and only
// then shows them to the participants and answers. Each contact has a lock that is held for
// that long, so its items have one order for everybody. The locks are taken contact first,
// service second. A [Service] is safe for concurrent use.
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
	// Connected is called in a goroutine of its own when a customer has connected for the
	// first time. Nil does nothing.
	Connected func(contact Contact)
	// Publish is called in order with every item of a contact that has streaming on. It
	// must not block. Nil does nothing.
	Publish func(contact Contact, item transcript.Item)
	// Observed is called with every change of any contact, in the contact's order and before
	// the operation answers: once for each item, stored or not, and with a nil item when only
	// the contact changed. The contact is as it is after the change. Both share memory with
	// the service: they may be kept, but not be changed. It must not block, nor call the
	// service: the contact is locked meanwhile. Nil costs nothing.
	Observed func(contact Contact, item *transcript.Item)
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
	connected func(Contact)
	publish   func(Contact, transcript.Item)
	observed  func(Contact, *transcript.Item)
	failed    func(string, error)

	stop    chan struct{}
	running sync.WaitGroup

	annotating sync.Mutex // one change of an ended contact at a time

	mu       sync.Mutex
	closed   bool
	active   map[string]*entry
	starting map[startKey]*pendingStart
}

// entry is an active contact with what lives only as long as the program.
type entry struct {
	mu       sync.Mutex
	contact  *Contact
	lastSeq  int64
	lastTime time.Time
	feeds    []*feed
	// lost says, for participants without a socket, up to which item their last socket had
	// delivered, so that the next one can be told what it missed. It is nil until somebody has
	// lost one, as spoke is until somebody has said something: most of what a server holds are
	// contacts.
	lost  map[string]int64
	sent  []sentToken
	known bool // sent holds what was sent before a restart
	spoke map[string]activity
	auth  *authentication
	alarm clock.Alarm
	// expired is when the connection tokens and tickets issued until then stopped working, in
	// milliseconds since 1970; zero for never.
	expired atomic.Int64
	// closed says that the service was closed: the contact goes on in another one.
	closed bool
}

// Open loads what is active from the store and returns the service. Close ends it.
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
		connected: cfg.Connected, publish: cfg.Publish, observed: cfg.Observed, failed: cfg.Failed,
		stop: make(chan struct{}), active: map[string]*entry{}, starting: map[startKey]*pendingStart{},
	}
	now := s.clock.Now()
	err = cfg.Store.Active(ctx, func(loaded Loaded) error {
		e := s.newEntry(loaded.Contact)
		e.lastSeq, e.lastTime, e.known = loaded.LastSeq, loaded.LastTime, false
		for _, p := range loaded.Contact.Participants {
			if !p.Active() {
				continue
			}
			e.lose(p.ID, loaded.LastSeq)
			// Nobody could say anything while the service was down.
			e.speak(p.ID, activity{heard: now})
		}
		s.active[loaded.Contact.ID] = e
		s.schedule(e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("loading active contacts: %w", err)
	}
	s.running.Go(func() { s.clock.Run(s.stop) })
	return s, nil
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
	s.running.Wait()
	for _, e := range entries {
		e.mu.Lock()
		feeds := e.feeds
		e.feeds, e.closed = nil, true
		s.clock.Set(&e.alarm, time.Time{}) // the clock may be used for another service
		e.mu.Unlock()
		for _, f := range feeds {
			f.to.End()
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

// Contact returns a contact, ended ones too as long as they are kept, or ErrNotFound.
func (s *Service) Contact(ctx context.Context, id string) (Contact, error) {
	if e := s.find(id); e != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		return *e.contact.clone(), nil
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
	return s.active[contactID]
}

// draft is one operation's changes while they are being made. It exists under the
// contact's lock.
type draft struct {
	s       *Service
	e       *entry
	now     time.Time
	contact *Contact // as it will be; edit makes a copy before the first change
	edited  bool
	items   []transcript.Item // in the order they will be seen
	mark    *Mark
	file    *File
	seq     int64
	last    time.Time
	token   string   // of a new contact
	over    bool     // the contact ends
	after   []func() // what to remember once the changes are durable
}

// change runs f under the contact's lock, makes its changes durable and then shows them. A
// contact that has ended is ErrAccessDenied, a service that was closed ErrEnded. When f or the
// store fails nothing has changed.
func (s *Service) change(ctx context.Context, e *entry, f func(*draft) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.contact.HasEnded() {
		return ErrAccessDenied
	}
	if e.closed {
		return ErrEnded
	}
	d := &draft{s: s, e: e, now: s.clock.Now(), contact: e.contact, seq: e.lastSeq, last: e.lastTime}
	if err := f(d); err != nil {
		return err
	}
	return s.commit(ctx, d)
}

// commit makes a draft durable and visible. The caller holds the contact's lock.
func (s *Service) commit(ctx context.Context, d *draft) error {
	changes := Changes{Mark: d.mark, File: d.file, ClientToken: d.token}
	if d.edited {
		changes.Contact = d.contact
	}
	for _, item := range d.items {
		if item.Seq != 0 {
			changes.Items = append(changes.Items, item)
		}
	}
	if changes.Contact != nil || len(changes.Items) > 0 || changes.Mark != nil || changes.File != nil {
		// Once begun, a change is not given up halfway because its caller went away.
		if err := s.store.Commit(context.WithoutCancel(ctx), changes); err != nil {
			return fmt.Errorf("storing a change: %w", err)
		}
	}
	d.e.contact, d.e.lastSeq, d.e.lastTime = d.contact, d.seq, d.last
	for _, f := range d.after {
		f()
	}
	if d.over {
		s.mu.Lock()
		delete(s.active, d.contact.ID)
		s.mu.Unlock()
	}
	s.schedule(d.e)
	s.show(d)
	return nil
}

// edit returns the contact for changing.
func (d *draft) edit() *Contact {
	if !d.edited {
		d.contact, d.edited = d.contact.clone(), true
	}
	return d.contact
}

// add appends an item to the conversation: it gets its id, time and, when it is to be
// stored, its place.
func (d *draft) add(item transcript.Item, keep bool) transcript.Item {
	if item.ID == "" {
		item.ID = newID()
	}
	item.ContactID, item.InitialContactID = d.contact.ID, d.contact.InitialID
	d.last = later(d.now, d.last)
	item.Time = d.last
	if keep {
		d.seq++
		item.Seq = d.seq
	}
	d.items = append(d.items, item)
	return item
}

// by returns an item of a participant.
func by(p Participant, kind transcript.ItemType, contentType string) transcript.Item {
	return transcript.Item{Type: kind, ContentType: contentType, ParticipantID: p.ID, DisplayName: p.DisplayName, Role: p.Role}
}

// later returns the time of the next item: now, to the millisecond, but after the last.
func later(now, last time.Time) time.Time {
	now = now.UTC().Truncate(time.Millisecond)
	if !now.After(last) {
		return last.Add(time.Millisecond)
	}
	return now
}
