// Package desk is the agents' side of the embedded Amazon Connect: queues in which contacts
// wait, agents who take them, and the actions of agents in a chat. An agent is a person, who acts
// through the methods of a [Desk], or scripted: then a [Partner] answers in a [Conversation].
//
// It owns the routing of contacts to agents. The rules of chats are package chat's, and the
// answers of partners package partner's. It knows no HTTP. A [Desk] is safe for concurrent use.
//
// The desk's view of a contact holds nothing that the contact itself does not tell: who is in it,
// and since when it waits in which queue. As a listener of package chat the desk follows every
// change, by whatever call. After a restart it restores its view from the stored chats: agents by
// their names, and from transcripts the messages that a partner has not answered yet. A restart
// forgets which people are signed in, and which contacts they have rejected.
//
// Locks are taken in the order contact (package chat), inbox, desk. No call into package chat is
// made while one of the latter two is held.
package desk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

const (
	// DefaultQueue is the queue of contacts that are queued without a name.
	DefaultQueue = "Default"
	// DefaultGreeting is a greeting for customers who wait.
	DefaultGreeting = "Welcome! Please wait a moment, somebody will be with you."
)

// Config is what a [Desk] needs.
type Config struct {
	// Chats are the chats to take part in, opened and not begun: the desk listens to them.
	// Required.
	Chats *chat.Service
	// Greeting is said in the name of the system to a customer for whom no scripted agent is free.
	// Empty says nothing.
	Greeting string
	// Queues are the names of the queues beside [DefaultQueue]. Those that a script or a
	// contact names are added. Capacity is how many contacts may wait in a queue, by its name; a queue
	// that is not there has no bound.
	Queues   []string
	Capacity map[string]int
	// Files keep the attachments that agents send. Nil refuses them.
	Files *blob.Dir
	// Scan is handed every attachment of an agent, and decides about it with
	// [chat.Service.Decide] whenever it wants to. Nil approves all at once.
	Scan func(transcript.File)
	// FailTransfer returns the name of the fault by which a transfer by a participant is to fail, although
	// it could be made; empty for none. It must neither block nor call the desk or the chats. Nil lets
	// none fail.
	FailTransfer func(contactID, participantID string) (fault string)
	// KeepAutoAccept keeps whether a user accepts contacts without being asked, which was said at the desk,
	// and has [Desk.Staff] called with the post that says so before it returns. The desk changes no user by
	// itself, so that it never says something else than the instance. Nil keeps nothing.
	KeepAutoAccept func(ctx context.Context, userID string, on bool) error
	// Changed is called when [Desk.Snapshot] has something new. It must not block, nor call
	// the chats. Nil does nothing.
	Changed func()
	// Failed is told what the desk or a partner could not do. Nil does nothing.
	Failed func(contactID string, err error)
}

// Desk is where agents are and contacts wait.
type Desk struct {
	chats   *chat.Service
	files   *blob.Dir
	scan    func(transcript.File)
	doomed  func(contactID, participantID string) string            // Config.FailTransfer
	keeps   func(ctx context.Context, userID string, on bool) error // Config.KeepAutoAccept
	changed func()
	failed  func(string, error)

	ctx     context.Context //nolint:containedctx // ends with the desk, which owns its goroutines
	cancel  context.CancelFunc
	running sync.WaitGroup
	// leisure ends when what is said in pieces has to be said at once: see Hurry. unfolding are the
	// messages of which there are pieces to come; it is added to under the lock, and not after leisure.
	leisure   context.Context //nolint:containedctx // as ctx, of which it is a part
	hurry     context.CancelFunc
	unfolding sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	agents  []*agent // in the order they came
	named   map[string]*agent
	queues  []*queue           // in the order they were named first
	own     map[string]*queue  // of single agents, by their names
	limits  map[string]int     // Config.Capacity
	turns   int64              // how often a contact was put into a line
	tickets map[string]*ticket // by contact
	// begun says that time passes for the chats. Before, nobody knows who is free: entering are the
	// conversations that begin with it, one by one.
	begun    bool
	entering []*Conversation
	// reserved are the agents for whom a contact is about to be queued, by contact.
	reserved map[string]*agent
	// windows are those of people who have one, and of names at which one is open.
	windows map[string]*window
	// posts are those of users, by the names of their agents.
	posts map[string]*Post
	// admitted are the queues that contacts are about to get into, by contact.
	admitted map[string]*queue
	// loaded says that the stored contacts are known; until then, known are those that changed.
	loaded bool
	known  map[string]bool
}

// New returns a desk without agents. Those that are added before the chats begin find their contacts
// again. Close ends it.
func New(cfg Config) (*Desk, error) {
	if cfg.Chats == nil {
		return nil, errors.New("a desk needs chats")
	}
	if cfg.Failed == nil {
		cfg.Failed = func(string, error) {}
	}
	if cfg.FailTransfer == nil {
		cfg.FailTransfer = func(string, string) string { return "" }
	}
	if cfg.KeepAutoAccept == nil {
		cfg.KeepAutoAccept = func(context.Context, string, bool) error { return nil }
	}
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	d := &Desk{
		chats: cfg.Chats, files: cfg.Files, scan: cfg.Scan, doomed: cfg.FailTransfer, keeps: cfg.KeepAutoAccept, changed: cfg.Changed, failed: cfg.Failed,
		named: map[string]*agent{}, tickets: map[string]*ticket{}, reserved: map[string]*agent{},
		own: map[string]*queue{}, limits: cfg.Capacity, admitted: map[string]*queue{}, known: map[string]bool{},
		windows: map[string]*window{},
	}
	for _, name := range slices.Concat([]string{DefaultQueue}, cfg.Queues, slices.Sorted(maps.Keys(cfg.Capacity))) {
		if err := CheckName("queue", name); err != nil {
			return nil, err
		}
		d.queue(name)
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.leisure, d.hurry = context.WithCancel(d.ctx)
	front := &reception{d, cfg.Greeting}
	d.chats.Listen(chat.Listener{Changed: d.observe, Arrived: front.arrived, Yields: d.yields, Begin: d.begin})
	return d, nil
}

// observe makes the desk's view of a contact agree with the contact. It returns at once.
func (d *Desk) observe(contact *chat.Contact, item *transcript.Item) {
	if item != nil && !moves(item) {
		return
	}
	d.mu.Lock()
	if !d.loaded {
		d.known[contact.ID] = true
	}
	changed := d.syncTicket(contact)
	d.mu.Unlock()
	if changed {
		d.changed()
	}
}

// moves reports whether an item can come with a change of who is in a contact, or of their names.
func moves(item *transcript.Item) bool {
	if item.Type != transcript.EventItem {
		return false
	}
	switch item.ContentType {
	case transcript.ParticipantJoined, transcript.ParticipantLeft, transcript.TransferSucceeded, transcript.ChatEnded,
		transcript.DisplayNameUpdated:
		return true
	}
	return false
}

// begin is called when time begins for the chats. Agents get back the contacts they were in, and
// scripted agents take what waits; they answer what they missed in the background, one chat after
// the other.
func (d *Desk) begin() {
	d.load()
	d.mu.Lock()
	d.begun = true
	talks := d.entering
	d.entering = nil
	for _, q := range d.lines() {
		for _, t := range q.waiting {
			d.offer(t)
		}
	}
	d.fillAll()
	d.mu.Unlock()
	d.changed()
	d.spawn(func() {
		for _, talk := range talks {
			if d.ctx.Err() != nil {
				return
			}
			if talk.enter() {
				d.spawn(talk.run)
			}
		}
	})
}

// load makes the stored contacts known to the desk: when time begins, or when a contact flow asks
// before. What a contact has told of itself meanwhile is newer.
func (d *Desk) load() {
	d.mu.Lock()
	loaded := d.loaded
	d.mu.Unlock()
	if loaded {
		return
	}
	active := d.chats.Active()
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range active {
		if !d.loaded && !d.known[active[i].ID] {
			d.syncTicket(&active[i])
		}
	}
	d.loaded, d.known = true, nil
}

// Close lets go of all chats, without leaving them, and waits for answers in progress to be
// given up.
func (d *Desk) Close() {
	d.mu.Lock()
	d.closed = true
	var talks []*Conversation
	for _, t := range d.tickets {
		for _, s := range t.seats {
			if s.talk != nil {
				talks = append(talks, s.talk)
			}
		}
	}
	clear(d.tickets)
	for _, w := range d.windows {
		if w.timer != nil {
			w.timer.Stop()
		}
	}
	d.mu.Unlock()
	d.cancel()
	d.running.Wait()
	for _, talk := range talks {
		talk.detach()
	}
}

// spawn runs f in a goroutine that Close waits for; false when the desk is closed.
func (d *Desk) spawn(f func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.start(f)
}

// start is spawn for those who hold the desk's lock.
func (d *Desk) start(f func()) bool {
	if d.closed {
		return false
	}
	d.running.Go(f)
	return true
}

// report passes on what went wrong, unless it only means that the chat or the desk is over.
func (d *Desk) report(contactID string, err error) {
	if err == nil || d.ctx.Err() != nil || errors.Is(err, chat.ErrNotFound) || errors.Is(err, chat.ErrAccessDenied) ||
		errors.Is(err, chat.ErrEnded) {
		return
	}
	d.failed(contactID, err)
}
