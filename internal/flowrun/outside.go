package flowrun

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// Outside answers for what a flow names and an embedded Amazon Connect does not have: functions and
// bots.
type Outside interface {
	// Answers reports whether it answers a question; a question it does not answer takes the error
	// branch at once. It is called within a step, and must return at once.
	Answers(ask *flow.Ask) bool
	// Answer answers a call; what goes wrong is an answer, too. It may take as long as the action
	// allows, and is called again with the same call after a restart of the program.
	Answer(ctx context.Context, call *Call) flow.Event
}

// Outsides are several that answer, each for its own: the first that answers a question is asked.
type Outsides []Outside

// Answers implements [Outside].
func (o Outsides) Answers(ask *flow.Ask) bool { return o.of(ask) != nil }

// Answer implements [Outside]. A question that nobody answers any more, after a restart with another
// configuration, has failed.
func (o Outsides) Answer(ctx context.Context, call *Call) flow.Event {
	if outside := o.of(&call.Ask); outside != nil {
		return outside.Answer(ctx, call)
	}
	return elsewhere(call.ContactID, &call.Ask)
}

// of is the one that answers a question; nil for none.
func (o Outsides) of(ask *flow.Ask) Outside {
	for _, outside := range o {
		if outside.Answers(ask) {
			return outside
		}
	}
	return nil
}

// Call is a question to the outside, with what the called one is told of the contact. It is stored
// before it is asked, so that a restart repeats this one question at most.
type Call struct {
	ID        string    `json:"id"`
	ContactID string    `json:"contact"`
	Asked     time.Time `json:"asked"`
	Ask       flow.Ask  `json:"ask"`
	// Contact and Kept are the contact as flows read it.
	Contact flow.Contact `json:"of"`
	Kept    flow.Kept    `json:"kept"`
	// ContentTypes are the types of messages that the customer's client can show.
	ContentTypes []string `json:"types,omitempty"`
	// Incremental says that the client takes messages in pieces, for which a bot has more time.
	Incremental bool `json:"incremental,omitempty"`
	// Answer is an answer of which a part has been said, without that part; nil for none.
	Answer *flow.Event `json:"answer,omitempty"`
}

// call is the call of a question.
func (r *Runner) call(step *chat.Step, rec *record, ask *flow.Ask) *Call {
	contact := step.Contact()
	return &Call{
		ID: uuid.NewString(), ContactID: contact.ID, Asked: step.Now().UTC(), Ask: *ask, Contact: r.contact(contact, rec), Kept: rec.State.Kept,
		ContentTypes: contact.ContentTypes, Incremental: contact.Incremental,
	}
}

// make asks the outside, unless it is being asked already. The caller holds the runner's lock.
func (r *Runner) make(s *session, call *Call) {
	if call != nil && call.ID == s.calling {
		return
	}
	if s.giveUp != nil {
		s.giveUp()
	}
	if call == nil {
		s.calling, s.giveUp = "", nil
		return
	}
	wanted, done := context.WithCancel(r.leisure) // while somebody waits for the answer
	s.giveUp = done
	s.calling, s.asking = call.ID, true
	s.pending++ // until the answer is in the inbox
	asked := r.spawn(func() {
		defer done()
		answer := call.Answer
		if answer == nil {
			said := r.cfg.Outside.Answer(r.ctx, call)
			answer = &said
		}
		r.unfold(wanted, call, answer)
		r.mu.Lock()
		defer r.mu.Unlock()
		s.pending--
		if s.calling != call.ID { // nobody waits for it any more: an agent came, or the time was over
			r.moved.Broadcast()
			return
		}
		s.asking = false
		if r.ctx.Err() == nil { // else it is asked again when the chats go on
			s.put(event{answer: answer, call: call.ID})
		}
		for _, held := range s.held {
			s.put(held)
		}
		s.held = nil
		r.moved.Broadcast()
	})
	if !asked {
		done()
		s.pending--
		s.asking = false
	}
}

// hold keeps a message that came while a bot was being asked until the bot has answered; false for
// one that no bot is asked about. To a function it means nothing.
func (r *Runner) hold(s *session, rec *record, e event) bool {
	if rec.Call == nil || rec.Call.Ask.Type == "InvokeLambdaFunction" || rec.Call.Ask.Type == waitBlock || e.item == nil || e.item.Type != transcript.MessageItem {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e.again = true
	if s.asking {
		s.held = append(s.held, e)
	} else { // the answer is in the inbox
		s.put(e)
	}
	return true
}
