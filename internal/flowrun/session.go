package flowrun

import (
	"fmt"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/inbox"
	"github.com/parley-chat/parley/internal/transcript"
)

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
	asking  bool   // the call has not been answered
	giveUp  func() // ends what is said in pieces of its answer
	held    []event
	// programs are those the contact runs: a file that changes meanwhile changes nothing for it.
	programs map[string]*flow.Program
	heard    int64 // the Seq of the last item that was handled
	pending  int   // events that were put into the inbox and not handled
	expected bool  // the alarm is about to ring, and counts as one of them
	// known is what the newest state waits for, without reading its text; nil when that has to be read.
	known *known
}

// known is what a state waits for.
type known struct {
	of *chat.FlowState
	awaited
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
		Go: func(f func()) bool { return !r.cfg.Awaited && r.spawn(f) },
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

// put gives an event to the contact's flow. The caller holds the runner's lock.
func (s *session) put(e event) {
	if s.inbox.Put(e) {
		s.pending++
	}
}

// arm sets the alarm of a contact to the time limit of its flow. The caller holds the lock.
func (r *Runner) arm(s *session) {
	s.alarm(nil)
	var a awaited
	if s.known != nil && s.known.of == s.state {
		a = s.known.awaited
	} else if rec, err := look(s.state.State); err == nil { // else it is reported when the record is used
		a = rec.awaited
	}
	s.known = nil
	r.make(s, a.Call)
	if due := a.next(); !due.IsZero() {
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
		if err := r.goOn(&contact); err != nil {
			r.cfg.Failed(contact.ID, fmt.Errorf("going on with a contact flow: %w", err))
		}
	}
}

// goOn goes on with the flow of a stored contact, unless the flow is not here any more.
func (r *Runner) goOn(contact *chat.Contact) error {
	rec, err := decode(contact.Flow.State)
	if err != nil {
		return err
	}
	if _, here := r.cfg.Library.Find(rec.State.Running(), ""); rec.runs() && !here && !contact.Connected.IsZero() {
		return r.adopt(contact.ID, rec)
	}
	page, err := r.cfg.Chats.Transcript(r.ctx, contact.ID, chat.TranscriptQuery{MaxResults: lookBack})
	if err != nil {
		return err
	}
	var missed []event
	for i := range page.Items {
		if item := &page.Items[i]; item.Seq > contact.Flow.Heard && concerns(item) {
			missed = append(missed, event{item: item})
		}
	}
	r.mu.Lock()
	s := r.sessionOf(contact.ID)
	s.state, s.heard = contact.Flow, contact.Flow.Heard
	s.pending += len(missed)
	r.arm(s)
	r.mu.Unlock()
	s.inbox.Fill(missed)
	return nil
}

// adopt lets a contact whose flow is not here any more wait for an agent: nothing else would ever
// happen to it.
func (r *Runner) adopt(contactID string, rec *record) error {
	return r.cfg.Chats.Step(r.ctx, contactID, func(step *chat.Step) error {
		contact := step.Contact()
		r.stopped(step, fmt.Sprintf("its flow %q is not here any more: it waits for an agent; start with the folder of its flow to go on with it", rec.State.Running()))
		if contact.Queue == nil && agentOf(contact) == "" {
			step.Queue("")
		}
		rec.heard = contact.Flow.Heard
		rec.idle(queued)
		return r.keep(step, rec)
	})
}

// lookBack is how many items of a stored contact are looked at for what its flow has not heard.
const lookBack = 100

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
