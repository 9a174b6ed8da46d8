// Package flowrun runs contact flows for the chats of the embedded Amazon Connect: which flow when,
// what a flow wants done, and going on after a restart.
//
// Package flow says what a flow wants; this package carries it out in one step of package chat, so
// that texts, attributes, the place in a queue and the state of the flow are stored together: a line
// is never said twice or left out, whenever the program is killed. It is a listener of the chats,
// with an inbox for each contact, because a listener must not wait. A [Runner] is safe for
// concurrent use.
package flowrun

import (
	"cmp"
	"context"
	"errors"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/transcript"
)

// Config is what a [Runner] needs.
type Config struct {
	// Chats are the chats to run flows for, opened and not begun. Required.
	Chats *chat.Service
	// Library are the flows. Required.
	Library *Library
	// InstanceARN and Region are what paths say of the instance.
	InstanceARN, Region string
	// Floor is where agents are and contacts wait. Nil is one without agents, with queues of any size.
	Floor Floor
	// Hours are the hours of operation; nil means none, and what nobody configured is always open.
	Hours *hours.Book
	// Outside answers for functions and bots; nil answers for none.
	Outside Outside
	// Witness is told what flows do, and may step in; nil for none.
	Witness Witness
	// Seed is where the random numbers of every chat begin; zero begins with those of the contact's id.
	Seed uint64
	// Strict runs a flow for those chats only that name one which is there.
	Strict bool
	// Awaited lets flows go on within [Runner.Await] alone, in the goroutine of its caller: for chats in
	// which nothing happens beside it.
	Awaited bool
	// Traced is told of every action that ran, once that is stored. It must not block, nor call the
	// chats. Nil saves the work.
	Traced func(contactID string, at time.Time, rows []flow.Trace)
	// Told is told in a sentence what became of a flow, as Traced is. Nil does nothing.
	// A flow that cannot go on has stopped.
	Told func(contactID string, at time.Time, what string, stopped bool)
	// Failed is told of failures of the store and the like. Nil does nothing.
	Failed func(contactID string, err error)
}

// Runner runs contact flows.
type Runner struct {
	cfg Config

	ctx     context.Context //nolint:containedctx // ends with the runner, which owns its goroutines
	cancel  context.CancelFunc
	running sync.WaitGroup
	// leisure ends when what bots say in pieces has to be said at once: see Hurry. unfolding are the
	// answers of which there are pieces to come.
	leisure   context.Context //nolint:containedctx // as ctx, of which it is a part
	hurry     context.CancelFunc
	unfolding sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[string]*session // by contact
	moved    sync.Cond           // an event was handled, or a session has ended
}

// New returns a runner that listens to the chats. Close ends it.
func New(cfg Config) (*Runner, error) {
	if cfg.Chats == nil || cfg.Library == nil {
		return nil, errors.New("a runner of flows needs chats and a library")
	}
	if cfg.Floor == nil {
		cfg.Floor = Empty{}
	}
	if cfg.Hours == nil {
		cfg.Hours = &hours.Book{}
	}
	if cfg.Outside == nil {
		cfg.Outside = Outsides(nil) // fails calls that were made before a restart
	}
	if cfg.Told == nil {
		cfg.Told = func(string, time.Time, string, bool) {}
	}
	if cfg.Failed == nil {
		cfg.Failed = func(string, error) {}
	}
	r := &Runner{cfg: cfg, sessions: map[string]*session{}}
	r.moved.L = &r.mu
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.leisure, r.hurry = context.WithCancel(r.ctx)
	cfg.Chats.Listen(chat.Listener{Changed: r.changed, Arrived: r.arrived, Remains: r.remains, Exits: r.exits, Transfers: r.transfers, Begin: r.begin})
	return r, nil
}

// Hurry completes what bots are saying in pieces, and lets everything be said whole from then on. It
// belongs before the end of the sockets: a page would be left with a message that goes on no more.
func (r *Runner) Hurry() {
	r.mu.Lock()
	r.hurry()
	r.mu.Unlock()
	r.unfolding.Wait()
}

// Close stops running flows and waits for the steps in progress. The flows go on when the chats are
// opened again.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	for _, s := range r.sessions {
		s.inbox.End()
		s.alarm(nil)
	}
	clear(r.sessions)
	r.mu.Unlock()
	r.cancel()
	r.running.Wait()
}

// arrived begins the flow of a chat in the step in which its customer connects.
func (r *Runner) arrived(step *chat.Step) error {
	contact := step.Contact()
	if contact.Flow != nil || contact.Queue != nil {
		return nil
	}
	p, ok := r.cfg.Library.Find(contact.FlowID, "")
	if !ok && !r.cfg.Strict {
		p, ok = r.cfg.Library.Entry()
	}
	if !ok || p.Kind() == flow.Module {
		return nil
	}
	rec := &record{Moment: inbound, State: flow.Begin(p, flow.Kept{Seed: r.seed(contact.ID)})}
	return r.run(step, r.session(contact.ID), rec, p, flow.Event{Kind: flow.Started})
}

// remains begins the disconnect flow of a chat in the step in which its last agent leaves, on a new
// contact, and reports whether there is one. The contact has what the flows before have set.
func (r *Runner) remains(step *chat.Step, reason chat.Reason) (bool, error) {
	contact := step.Contact()
	if contact.Flow == nil {
		return false, nil
	}
	rec, err := decode(contact.Flow.State)
	if err != nil {
		return false, err
	}
	if rec.Moment == agentWhisper { // the next agent is waited for
		rec.heard = contact.Flow.Heard
		return true, r.wait(step, r.session(contact.ID), rec)
	}
	p, ok := r.cfg.Library.Find(rec.State.Kept.Hooks["CustomerRemaining"], "")
	if !ok || rec.Moment == remaining && rec.runs() {
		return false, nil
	}
	return true, r.disconnect(step, rec, p, reason)
}

// disconnect begins the disconnect flow on a new contact.
func (r *Runner) disconnect(step *chat.Step, rec *record, p *flow.Program, reason chat.Reason) error {
	step.Dequeue()
	step.Succeed(chat.ByDisconnect, reason)
	contact := step.Contact()
	next := &record{
		Moment: remaining, State: flow.Begin(p, rec.State.Kept), heard: contact.Flow.Heard, Survey: reason == chat.CustomerDisconnect,
	}
	return r.run(step, r.session(contact.ID), next, p, flow.Event{Kind: flow.Started})
}

// seed is the beginning of a contact's random numbers, the same for the same contact.
func (r *Runner) seed(contactID string) uint64 {
	if r.cfg.Seed != 0 {
		return r.cfg.Seed
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(contactID))
	return h.Sum64()
}

// changed follows a contact. It is called with the contact locked, and returns at once.
func (r *Runner) changed(contact *chat.Contact, item *transcript.Item) {
	if contact.Flow == nil && !contact.HasEnded() { // most chats, whose messages need not pass one by one
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	if contact.HasEnded() {
		if s := r.sessions[contact.ID]; s != nil {
			s.inbox.End()
			s.alarm(nil)
			delete(r.sessions, contact.ID)
			r.moved.Broadcast()
		}
		return
	}
	s := r.sessionOf(contact.ID)
	if contact.Flow != s.state {
		s.state = contact.Flow
		r.arm(s)
	}
	if item != nil && concerns(item) {
		s.put(event{item: item})
	}
}

// concerns reports whether flows listen to an item.
func concerns(item *transcript.Item) bool {
	switch item.Type {
	case transcript.MessageItem:
		return item.Role == transcript.Customer && !item.Undelivered()
	case transcript.EventItem:
		switch item.ContentType {
		case transcript.ParticipantJoined:
			return item.Role == transcript.Agent
		case transcript.ParticipantLeft, transcript.TransferSucceeded, transcript.AuthSucceeded, transcript.AuthFailed,
			transcript.AuthTimeout, transcript.AuthCancelled:
			return true
		}
	case transcript.AttachmentItem, transcript.MetadataItem:
	}
	return false
}

// contact is a contact as flows read it.
func (r *Runner) contact(c *chat.Contact, rec *record) flow.Contact {
	view := flow.Contact{
		ID: c.ID, InitialID: c.ID, RelatedID: c.RelatedID, InitiationMethod: string(chat.ByAPI), InstanceARN: r.cfg.InstanceARN,
		Region: r.cfg.Region, CustomerID: c.CustomerID, Attributes: c.Attributes.Map(), Segment: segmentOf(c.SegmentAttributes),
		InitialMessage: c.Opening,
	}
	if c.Latest != nil {
		segments := c.Segments()
		current := segments[len(segments)-1]
		view.ID, view.PreviousID, view.InitiationMethod = current.ID, current.PreviousID, string(current.Method)
	}
	name := rec.Chosen
	if agent, ok := c.Participant(rec.Agent); ok {
		name = agent.DisplayName
	}
	if name != "" {
		view.Agent = &flow.Agent{UserName: name, FirstName: name}
	}
	return view
}

// beside reports whether an agent has joined another one, who was there first. Nobody whispers to it.
func beside(c *chat.Contact, agentID string) bool {
	first := slices.IndexFunc(c.Participants, func(p chat.Participant) bool { return p.Active() && p.Role == transcript.Agent })
	return first >= 0 && c.Participants[first].ID != agentID
}

// agentOf returns the name of the agent who takes part; empty for none.
func agentOf(c *chat.Contact) string {
	at := slices.IndexFunc(c.Participants, func(p chat.Participant) bool { return p.Active() && p.Role == transcript.Agent })
	if at < 0 {
		return ""
	}
	return cmp.Or(c.Participants[at].DisplayName, c.Participants[at].ID)
}
