// Package desk is the agents' side of the embedded Amazon Connect: it brings a [Partner]
// into every chat whose customer has connected and lets the two talk.
//
// It owns who answers which contact and in what order a partner hears things; the rules of
// chats are package chat's, and what is said is the partner's. It knows no HTTP. A [Desk] is
// safe for concurrent use.
//
// Chats outlive the program, so nothing a partner needs is kept here: after a restart
// [Desk.Resume] finds the contacts in which the desk takes part and, in their transcripts,
// what was not answered yet.
//
// Locks are taken in the order contact (package chat), conversation, desk. No call into
// package chat is made while one of the latter two is held.
package desk

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/parley-chat/parley/internal/chat"
)

// DefaultName is what customers see as the name of the one they talk to.
const DefaultName = "Parley"

// Partner is someone who talks with customers. Its methods are called by the desk, for one
// conversation never two at a time; they return when they have answered. An error is
// reported and the conversation goes on.
type Partner interface {
	// Greet begins a conversation.
	Greet(ctx context.Context, talk *Conversation) error
	// Hear takes the next thing that somebody else said or did: a message, an attachment,
	// an event, a receipt.
	Hear(ctx context.Context, talk *Conversation, item *chat.Item) error
}

// Config is what a [Desk] needs.
type Config struct {
	// Chats are the chats to take part in. Required.
	Chats *chat.Service
	// Partner talks with the customers. Required.
	Partner Partner
	// Name is what customers see, and what the desk knows its own participants by after a
	// restart. Empty means [DefaultName].
	Name string
	// Failed is told what a partner could not do. Nil does nothing.
	Failed func(contactID string, err error)
}

// Desk brings one partner into many chats.
type Desk struct {
	chats   *chat.Service
	partner Partner
	name    string
	failed  func(string, error)

	ctx     context.Context //nolint:containedctx // ends with the desk, which owns its goroutines
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool
	talks  map[string]*Conversation // by contact
}

// New returns a desk without conversations. Close ends it.
func New(cfg Config) (*Desk, error) {
	if cfg.Chats == nil || cfg.Partner == nil {
		return nil, errors.New("a desk needs chats and a partner")
	}
	if cfg.Failed == nil {
		cfg.Failed = func(string, error) {}
	}
	d := &Desk{
		chats: cfg.Chats, partner: cfg.Partner, name: cmp.Or(cfg.Name, DefaultName), failed: cfg.Failed,
		talks: map[string]*Conversation{},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d, nil
}

// Admit brings the partner into a chat whose customer has connected. It returns at once, and
// does nothing for a chat that the partner is in or another agent answers.
func (d *Desk) Admit(contact chat.Contact) {
	if talk := d.begin(contact); talk != nil {
		d.spawn(func() {
			if greet, ok := talk.enter(d.ctx); ok {
				talk.run(greet)
			}
		})
	}
}

// Resume brings the partner back into the chats it was in, and into those whose customer
// connected when nobody was there to notice. It returns at once; the chats follow one after
// the other.
func (d *Desk) Resume() {
	d.spawn(func() {
		for _, contact := range d.chats.Active() {
			if d.ctx.Err() != nil {
				return
			}
			if contact.Connected.IsZero() {
				continue
			}
			talk := d.begin(contact)
			if talk == nil {
				continue
			}
			if greet, ok := talk.enter(d.ctx); ok {
				d.spawn(func() { talk.run(greet) })
			}
		}
	})
}

// Close lets go of all chats, without leaving them, and waits for answers in progress to be
// given up.
func (d *Desk) Close() {
	d.mu.Lock()
	d.closed = true
	talks := d.talks
	d.talks = map[string]*Conversation{}
	d.mu.Unlock()
	d.cancel()
	d.running.Wait()
	for _, talk := range talks {
		talk.detach()
	}
}

// begin makes the conversation of a contact, unless there is one or it is not the desk's.
func (d *Desk) begin(contact chat.Contact) *Conversation {
	self := ""
	for _, p := range contact.Participants {
		if !p.Active() || p.Role != chat.Agent {
			continue
		}
		if p.DisplayName != d.name {
			return nil
		}
		self = p.ID
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.talks[contact.ID] != nil {
		return nil
	}
	talk := &Conversation{desk: d, contact: contact, self: self, busy: true}
	d.talks[contact.ID] = talk
	return talk
}

// forget drops a conversation that is over.
func (d *Desk) forget(talk *Conversation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.talks[talk.contact.ID] == talk {
		delete(d.talks, talk.contact.ID)
	}
}

// spawn runs f in a goroutine that Close waits for; false when the desk is closed.
func (d *Desk) spawn(f func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return false
	}
	d.running.Go(f)
	return true
}

// report passes on what went wrong, unless it only means that the chat or the desk is over.
func (d *Desk) report(contactID string, err error) {
	if err == nil || d.ctx.Err() != nil || errors.Is(err, chat.ErrNotFound) || errors.Is(err, chat.ErrAccessDenied) {
		return
	}
	d.failed(contactID, err)
}
