package flowrun

import (
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// Witness is told what flows do, in its order and before anything comes of it, so that a test can look
// and step in. It is called within steps: it must return at once, and not call the chats. What its
// methods return as end ends the contact, for which no flow then runs any more.
type Witness interface {
	// Says is told of a message that the customer gets from a flow or a bot.
	Says(at *Scene, m transcript.Message) (end bool)
	// Asks is told of an action that begins and needs an answer from around the flow. It may change the
	// parameters that are asked with, or give the answer.
	Asks(at *Scene, ask *flow.Ask) Intervention
	// Answered is told with what results the action has succeeded that asked last.
	Answered(at *Scene, results map[string]any) (end bool)
}

// Scene is a contact at one moment, as flows read it. It is valid during a call only.
type Scene struct {
	Now   time.Time
	State *flow.State

	contact func() flow.Contact
}

// Contact is what flows read beside their state.
func (s *Scene) Contact() flow.Contact { return s.contact() }

// Intervention is what a [Witness] does about a question. The zero value leaves it as it is.
type Intervention struct {
	// Answer is given in the place of what is around the flow, After some time; nil for none.
	Answer *flow.Event
	After  time.Duration
	// Queue is where the contact waits in the place of its queue, of which the flow hears nothing.
	Queue string
	// End ends the contact before the action does anything.
	End bool
}

// scene is the contact as it is within a step; nil without a witness.
func (r *Runner) scene(step *chat.Step, rec *record) *Scene {
	if r.cfg.Witness == nil {
		return nil
	}
	return &Scene{step.Now(), &rec.State, func() flow.Contact { return r.contact(step.Contact(), rec) }}
}

// question answers a question of a flow, unless a witness does, or ends the contact.
func (r *Runner) question(step *chat.Step, rec *record, ask *flow.Ask) flow.Event {
	at := r.scene(step, rec)
	if at == nil || rec.Moment.whispers() && unheard(ask.Type) != "" {
		return r.answer(step, rec, ask, "")
	}
	does := r.cfg.Witness.Asks(at, ask)
	switch {
	case does.End:
		rec.cut = true
	case does.Answer == nil:
		return r.answer(step, rec, ask, does.Queue)
	case does.After > 0:
		rec.Later, rec.Due = does.Answer, later(step, does.After)
	default:
		return *does.Answer
	}
	return flow.Event{}
}

// witness tells a witness of a message to the customer.
func (r *Runner) witness(step *chat.Step, rec *record, m transcript.Message) {
	if at := r.scene(step, rec); at != nil && rec.Moment != agentWhisper && r.cfg.Witness.Says(at, m) {
		rec.cut = true
	}
}

// succeeded tells a witness that the answer to a question was a success.
func (r *Runner) succeeded(step *chat.Step, rec *record, e *flow.Event) {
	if e.Kind != flow.Answered || e.Open {
		return
	}
	if at := r.scene(step, rec); at != nil && r.cfg.Witness.Answered(at, e.Results) {
		rec.cut = true
	}
}

// end ends a contact because a witness has said so.
func (r *Runner) end(step *chat.Step, rec *record) {
	rec.idle(rec.Moment)
	step.End(chat.Other)
}

// instead is the queue in which a contact waits in the place of another.
func (r *Runner) instead(q *flow.Queue, ref string) (*flow.Queue, error) {
	if ref == "" {
		return q, nil
	}
	found := r.target(&flow.Ask{Parameters: map[string]any{"QueueId": ref}})
	if found.Kind != flow.Answered {
		return nil, fmt.Errorf("the queue in its place: %s", found.Note)
	}
	return queueIn(found), nil
}
