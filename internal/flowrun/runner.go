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
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/inbox"
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
	// Metrics tells how a queue is. Nil means a queue that nobody waits in and nobody serves.
	Metrics func(queue string) Metrics
	// Outside answers for functions and bots; nil answers for none.
	Outside Outside
	// Strict runs a flow for those chats only that name one which is there.
	Strict bool
	// Traced is told of every action that ran, once that is stored. It must not block, nor call the
	// chats. Nil saves the work.
	Traced func(contactID string, at time.Time, rows []flow.Trace)
	// Told is told in a sentence what became of a flow, as Traced is. Nil does nothing.
	Told func(contactID string, at time.Time, what string)
	// Failed is told of failures of the store and the like. Nil does nothing.
	Failed func(contactID string, err error)
}

// Metrics are those of one queue.
type Metrics struct {
	Available, Staffed, Online, Waiting int
	// Oldest is how long the first contact has waited.
	Oldest time.Duration
}

// Runner runs contact flows.
type Runner struct {
	cfg Config

	ctx     context.Context //nolint:containedctx // ends with the runner, which owns its goroutines
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	sessions map[string]*session // by contact
	moved    sync.Cond           // an event was handled, or a session has ended
}

// session is what the runner knows of an active contact beside what is stored.
type session struct {
	id    string
	inbox *inbox.Inbox[event]
	// state is the stored state that the alarm belongs to.
	state *chat.FlowState
	stop  func() // of the alarm
	// calling is the id of the call that is being made; empty for none. held are the messages that
	// came meanwhile, for the bot that is asked.
	calling string
	asking  bool // the call has not been answered
	held    []event
	// programs are those the contact runs: a file that changes meanwhile changes nothing for it.
	programs map[string]*flow.Program
	heard    int64 // the Seq of the last item that was handled
	pending  int   // events that were put into the inbox and not handled
	expected bool  // the alarm is about to ring, and counts as one of them
}

// event is something that happened to a contact.
type event struct {
	item *transcript.Item
	due  time.Time // of a time limit that has passed
	// answer is the answer to a call; call is its id.
	answer *flow.Event
	call   string
	again  bool // it was held, and is no copy of itself
}

// inboxLimit bounds the events of one contact that wait.
const inboxLimit = 1000

// New returns a runner that listens to the chats. Close ends it.
func New(cfg Config) (*Runner, error) {
	if cfg.Chats == nil || cfg.Library == nil {
		return nil, errors.New("a runner of flows needs chats and a library")
	}
	if cfg.Metrics == nil {
		cfg.Metrics = func(string) Metrics { return Metrics{} }
	}
	if cfg.Outside == nil {
		cfg.Outside = Outsides(nil) // fails calls that were made before a restart
	}
	if cfg.Told == nil {
		cfg.Told = func(string, time.Time, string) {}
	}
	if cfg.Failed == nil {
		cfg.Failed = func(string, error) {}
	}
	r := &Runner{cfg: cfg, sessions: map[string]*session{}}
	r.moved.L = &r.mu
	r.ctx, r.cancel = context.WithCancel(context.Background())
	cfg.Chats.Listen(chat.Listener{Changed: r.changed, Arrived: r.arrived, Remains: r.remains, Exits: r.exits, Begin: r.begin})
	return r, nil
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
	rec := &record{Moment: inbound, State: flow.Begin(p, flow.Kept{Seed: seed(contact.ID)})}
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
func seed(contactID string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(contactID))
	return h.Sum64()
}

// session returns the runner's session of a contact.
func (r *Runner) session(contactID string) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessionOf(contactID)
}

// sessionOf is session for those who hold the lock.
func (r *Runner) sessionOf(contactID string) *session {
	if s := r.sessions[contactID]; s != nil {
		return s
	}
	s := &session{id: contactID, programs: map[string]*flow.Program{}}
	s.inbox = inbox.New(inbox.Config[event]{
		Limit: inboxLimit,
		Key: func(e event) string {
			if e.item == nil {
				return "due " + e.due.String() + e.call
			}
			return e.item.ID + strconv.FormatInt(e.item.Seq, 10) + strconv.FormatBool(e.again)
		},
		Handle: func(e event) {
			r.handle(s, e)
			r.mu.Lock()
			defer r.mu.Unlock()
			s.pending--
			r.moved.Broadcast()
		},
		Go: r.spawn,
	})
	r.sessions[contactID] = s
	if !r.closed {
		s.inbox.Start()
	}
	return s
}

// spawn runs f in a goroutine that Close waits for; false when the runner is closed.
func (r *Runner) spawn(f func()) bool {
	if r.ctx.Err() != nil {
		return false
	}
	r.running.Go(f)
	return true
}

// changed follows a contact. It is called with the contact locked, and returns at once.
func (r *Runner) changed(contact chat.Contact, item *transcript.Item) {
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
	if contact.Flow == nil {
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

// put gives an event to the contact's flow. The caller holds the runner's lock.
func (s *session) put(e event) {
	if s.inbox.Put(e) {
		s.pending++
	}
}

// concerns reports whether flows listen to an item.
func concerns(item *transcript.Item) bool {
	switch item.Type {
	case transcript.MessageItem:
		return item.Role == transcript.Customer
	case transcript.EventItem:
		switch item.ContentType {
		case transcript.ParticipantJoined:
			return item.Role == transcript.Agent
		case transcript.ParticipantLeft, transcript.AuthSucceeded, transcript.AuthFailed,
			transcript.AuthTimeout, transcript.AuthCancelled:
			return true
		}
	case transcript.AttachmentItem, transcript.MetadataItem:
	}
	return false
}

// arm sets the alarm of a contact to the time limit of its flow. The caller holds the lock.
func (r *Runner) arm(s *session) {
	s.alarm(nil)
	due, call := pending(s.state.State)
	r.make(s, call)
	if !due.IsZero() {
		s.alarm(r.cfg.Chats.Clock().At(due, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			if s.expected {
				s.expected = false
				s.pending--
			}
			s.put(event{due: due})
			r.moved.Broadcast()
		}))
	}
}

// alarm replaces the alarm of a session.
func (s *session) alarm(stop func()) {
	if s.stop != nil {
		s.stop()
	}
	s.stop = stop
}

// begin goes on with the flows of stored contacts: it hears what was said since.
func (r *Runner) begin() {
	for _, contact := range r.cfg.Chats.Active() {
		if contact.Flow == nil {
			continue
		}
		var missed []event
		page, err := r.cfg.Chats.Transcript(r.ctx, contact.ID, chat.TranscriptQuery{MaxResults: lookBack})
		if err != nil {
			r.cfg.Failed(contact.ID, fmt.Errorf("going on with a contact flow: %w", err))
			continue
		}
		for i := range page.Items {
			if item := &page.Items[i]; item.Seq > contact.Flow.Heard && concerns(item) {
				missed = append(missed, event{item: item})
			}
		}
		r.mu.Lock()
		s := r.sessionOf(contact.ID)
		s.state, s.heard = contact.Flow, contact.Flow.Heard
		r.arm(s)
		r.mu.Unlock()
		s.inbox.Fill(missed)
		r.mu.Lock()
		s.pending += len(missed)
		r.mu.Unlock()
	}
}

// lookBack is how many items of a stored contact are looked at for what its flow has not heard.
const lookBack = 100

// handle tells a contact's flow of one event. The inbox calls it, one event after the other.
func (r *Runner) handle(s *session, e event) {
	held := false
	err := r.cfg.Chats.Step(r.ctx, s.id, func(step *chat.Step) error {
		contact := step.Contact()
		if contact.Flow == nil {
			return nil
		}
		heard := contact.Flow.Heard
		if e.item != nil && e.item.Seq > 0 {
			if e.item.Seq <= heard {
				return nil
			}
			heard = e.item.Seq
		}
		rec, err := decode(contact.Flow.State)
		if err != nil {
			return err
		}
		if held = r.hold(s, rec, e); held {
			return nil
		}
		rec.heard = max(heard, s.heard)
		return r.hear(step, s, rec, e)
	})
	if e.item != nil && !held {
		s.heard = max(s.heard, e.item.Seq)
	}
	if err != nil && r.ctx.Err() == nil && !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrEnded) {
		r.cfg.Failed(s.id, fmt.Errorf("running a contact flow: %w", err))
	}
}

// hear turns what happened to a contact into an event of its flow.
func (r *Runner) hear(step *chat.Step, s *session, rec *record, e event) error {
	said, ok := flowEvent(rec, e)
	if rec.Call != nil && e.answer == nil {
		ok = false // to a function that is called nothing else means anything
	}
	switch {
	case e.item == nil:
	case e.item.ContentType == transcript.ParticipantJoined && e.item.Role == transcript.Agent && (rec.Moment == queued || rec.Moment.whispers()):
		return r.accepted(step, s, rec, e.item.ParticipantID)
	case rec.Moment == agentWhisper && e.item.ContentType == transcript.ParticipantLeft && agentOf(step.Contact()) == "":
		return r.wait(step, s, rec) // passed on before the agent was told what it is
	case rec.Moment.whispers():
		return nil
	}
	if e.item == nil && e.answer == nil && rec.runs() && !rec.Ends.IsZero() && e.due.Equal(rec.Ends) {
		return r.over(step, s, rec, flow.Effect{Kind: flow.End, How: flow.Stopped, Note: "it has taken as long as it may"})
	}
	if !ok || !rec.runs() || !rec.State.Waiting {
		return nil
	}
	p, ok := r.program(s, rec.State.Running())
	if !ok {
		r.tell(step, fmt.Sprintf("its flow %q is not there any more: the contact ends", rec.State.Running()))
		return r.over(step, s, rec, flow.Effect{Kind: flow.End, How: flow.Stopped})
	}
	if said.Kind != flow.Said { // what was waited for has come
		rec.Due, rec.View, rec.SignIn = time.Time{}, "", ""
	}
	rec.Call = nil
	if rec.Survey {
		rec.Ends = time.Time{}
	}
	return r.run(step, s, rec, p, said)
}

// flowEvent is an event as a flow is told it; false for one that flows are not told.
func flowEvent(rec *record, e event) (flow.Event, bool) {
	item := e.item
	switch {
	case e.answer != nil:
		return *e.answer, rec.Call != nil && rec.Call.ID == e.call
	case item == nil:
		return flow.Event{Kind: flow.TimedOut}, e.due.Equal(rec.Due) && !rec.Due.IsZero()
	case item.Type == transcript.MessageItem && rec.View != "":
		if answer, ok := viewAnswer(item); ok {
			return answer, true
		}
		return flow.Event{Kind: flow.Said, Text: item.Content, Content: item.ContentType}, true
	case item.Type == transcript.MessageItem:
		return flow.Event{Kind: flow.Said, Text: item.Content, Content: item.ContentType}, true
	case item.ContentType == transcript.ParticipantLeft:
		return flow.Event{Kind: flow.BotLeft}, item.Role == transcript.CustomBot
	case rec.SignIn != "":
		return signInOutcome(item), item.ContentType != transcript.ParticipantJoined
	}
	return flow.Event{}, false
}

// program returns a program that a contact runs.
func (r *Runner) program(s *session, id string) (*flow.Program, bool) {
	r.mu.Lock()
	p := s.programs[id]
	r.mu.Unlock()
	if p != nil {
		return p, true
	}
	p, ok := r.cfg.Library.Find(id, "")
	if ok {
		r.enter(s, p)
	}
	return p, ok
}

// enter notes that a contact runs a program.
func (r *Runner) enter(s *session, p *flow.Program) {
	r.mu.Lock()
	s.programs[p.ID()] = p
	r.mu.Unlock()
}

// contact is a contact as flows read it.
func (r *Runner) contact(c *chat.Contact, rec *record) flow.Contact {
	view := flow.Contact{
		ID: c.ID, InitialID: c.ID, RelatedID: c.RelatedID, InitiationMethod: string(chat.ByAPI), InstanceARN: r.cfg.InstanceARN,
		Region: r.cfg.Region, CustomerID: c.CustomerID, Attributes: c.Attributes, Segment: segmentOf(c.SegmentAttributes),
		InitialMessage: c.Opening,
	}
	if c.Latest != nil {
		segments := c.Segments()
		current := segments[len(segments)-1]
		view.ID, view.PreviousID, view.InitiationMethod = current.ID, current.PreviousID, string(current.Method)
	}
	if agent, ok := c.Participant(rec.Agent); ok {
		view.Agent = &flow.Agent{UserName: agent.DisplayName, FirstName: agent.DisplayName}
	}
	return view
}

// Standing is where the flow of a contact stands.
type Standing struct {
	// Flow is the flow's name, Action and Type are those of the action that waits; empty when no flow
	// runs.
	Flow, Action, Type string
	// Answers are the results that the action's conditions know.
	Answers []string
	// Queue is the queue the contact was put into; empty for none.
	Queue string
	// Due is when the flow goes on by itself; zero for never.
	Due time.Time
}

// Await waits until the contact's flow has handled everything that has happened so far, and returns
// where it stands. It is for whoever runs chats in a time of their own. Errors: [chat.ErrNotFound].
func (r *Runner) Await(ctx context.Context, contactID string) (Standing, error) {
	r.mu.Lock()
	for r.sessions[contactID] != nil && r.sessions[contactID].pending > 0 && !r.closed {
		r.moved.Wait()
	}
	s := r.sessions[contactID]
	r.mu.Unlock()
	contact, err := r.cfg.Chats.Contact(ctx, contactID)
	if err != nil || contact.Flow == nil || s == nil {
		return Standing{}, err
	}
	rec, err := decode(contact.Flow.State)
	if err != nil {
		return Standing{}, err
	}
	due, _ := pending(contact.Flow.State)
	standing := Standing{Due: due}
	if contact.Queue != nil {
		standing.Queue = cmp.Or(contact.Queue.Name, "Default")
	}
	if p, ok := r.program(s, rec.State.Running()); ok {
		standing.Flow, standing.Action = p.Name(), rec.State.Frames[len(rec.State.Frames)-1].Action
		standing.Type, standing.Answers = p.Action(standing.Action)
	}
	return standing, nil
}

// Expect says that the time limit of a contact's flow is about to pass, because the time is skipped:
// the next [Runner.Await] waits for it.
func (r *Runner) Expect(contactID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[contactID]; s != nil && !s.expected {
		s.expected = true
		s.pending++
	}
}

// agentOf returns the name of the agent who takes part; empty for none.
func agentOf(c *chat.Contact) string {
	at := slices.IndexFunc(c.Participants, func(p chat.Participant) bool { return p.Active() && p.Role == transcript.Agent })
	if at < 0 {
		return ""
	}
	return cmp.Or(c.Participants[at].DisplayName, c.Participants[at].ID)
}
