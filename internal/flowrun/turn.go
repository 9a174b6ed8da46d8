package flowrun

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// run tells a flow of an event and carries out what it wants, within a step, until it waits for
// another event. The record is changed; it is stored with the step.
func (r *Runner) run(step *chat.Step, s *session, rec *record, p *flow.Program, e flow.Event) error {
	for {
		r.enter(s, p)
		turn, err := flow.Step(p, rec.State, flow.Input{Contact: r.contact(step.Contact(), rec), Event: e, Traced: r.cfg.Traced != nil})
		if err != nil {
			return r.halt(step, s, rec, fmt.Sprintf("its flow cannot go on: %v", err))
		}
		r.route(step, rec.Moment, &rec.State.Kept, &turn.State.Kept)
		rec.State = turn.State
		r.trace(step, turn.Trace)
		next, waits, err := r.carryOut(step, s, rec, turn, e)
		if err != nil || waits {
			return err
		}
		if next == nil {
			return nil // it is over, which has been stored
		}
		e = *next
		var ok bool
		if p, ok = r.program(s, rec.State.Running()); !ok {
			return r.halt(step, s, rec, fmt.Sprintf("flow %q is not there any more", rec.State.Running()))
		}
	}
}

// halt ends a flow that cannot go on, and tells why.
func (r *Runner) halt(step *chat.Step, s *session, rec *record, why string) error {
	r.stopped(step, why)
	return r.over(step, s, rec, flow.Effect{Kind: flow.End, How: flow.Stopped})
}

// trace tells of actions that ran. A flow without an ARN gets one of the instance.
func (r *Runner) trace(step *chat.Step, rows []flow.Trace) {
	if len(rows) == 0 {
		return
	}
	for i := range rows {
		if row := &rows[i]; row.FlowARN == "" {
			row.FlowARN = r.cfg.InstanceARN + "/contact-flow/" + row.Flow
		}
	}
	id, at := step.Contact().ID, step.Now()
	step.After(func() { r.cfg.Traced(id, at, rows) })
}

// tell tells what became of a flow, stopped of one that cannot go on.
func (r *Runner) tell(step *chat.Step, what string) { r.told(step, what, false) }

func (r *Runner) stopped(step *chat.Step, what string) { r.told(step, what, true) }

func (r *Runner) told(step *chat.Step, what string, stopped bool) {
	id, at := step.Contact().ID, step.Now()
	step.After(func() { r.cfg.Told(id, at, what, stopped) })
}

// carryOut does what a turn of a flow wants. It returns the event to go on with at once, or waits
// when the flow waits for one; neither when the flow is over. A witness hears of an answer after what a
// bot said with it.
func (r *Runner) carryOut(step *chat.Step, s *session, rec *record, turn flow.Turn, e flow.Event) (next *flow.Event, waits bool, err error) {
	for i, effect := range turn.Effects {
		if i == len(e.Replies) {
			r.succeeded(step, rec, &e)
		}
		if rec.cut {
			r.end(step, rec)
			return nil, false, nil
		}
		switch effect.Kind {
		case flow.Say:
			r.say(step, rec, effect)
		case flow.SetAttributes:
			step.SetAttributes(func(attributes map[string]string) {
				maps.Copy(attributes, effect.Attributes)
			})
		case flow.Question:
			answer := r.question(step, rec, effect.Ask)
			if rec.cut {
				r.end(step, rec)
				return nil, false, nil
			}
			if rec.Call != nil || rec.Later != nil {
				return nil, true, r.keep(step, rec) // the answer comes as an event
			}
			if answer.Program != nil {
				r.enter(s, answer.Program)
			}
			return &answer, false, nil
		case flow.Await:
			rec.Due = time.Time{}
			switch {
			case rec.Survey && effect.Seconds == 0:
				rec.Ends = surveyEnds(step)
			case rec.Survey:
				rec.Ends = time.Time{}
			}
			if effect.Seconds > 0 {
				rec.Due = later(step, time.Duration(effect.Seconds)*time.Second)
			}
			return nil, true, r.keep(step, rec)
		case flow.End:
			return nil, false, r.over(step, s, rec, effect)
		}
	}
	if len(turn.Effects) <= len(e.Replies) {
		r.succeeded(step, rec, &e)
	}
	if rec.cut {
		r.end(step, rec)
		return nil, false, nil
	}
	if turn.Continues {
		return &flow.Event{Kind: flow.Started}, false, nil
	}
	return nil, true, r.keep(step, rec) // an event that changed nothing
}

// say says a text of the flow's, or of a bot's.
func (r *Runner) say(step *chat.Step, rec *record, effect flow.Effect) {
	var err error
	m := transcript.Message{ContentType: cmp.Or(effect.Content, transcript.TextPlain), Content: effect.Text}
	switch {
	case rec.Moment.whispers():
		err = r.whispered(step, rec, m)
	case effect.Content == "":
		_, err = step.Prompt(m)
	default:
		_, err = step.Reply(m)
	}
	if err != nil {
		r.tell(step, fmt.Sprintf("a text of its flow cannot be said: %v", err))
		return
	}
	rec.Chain = 0
	r.witness(step, rec, m)
}

// keep stores the record with the step: its text, which takes the least memory and is stored anyway, or
// where flows are awaited, in tests, a copy of the record.
func (r *Runner) keep(step *chat.Step, rec *record) error {
	called := rec.Call != nil || rec.Later != nil // which are read as they are stored
	if r.cfg.Awaited && !called {
		kept := *rec
		kept.cut, kept.heard = false, 0 // which its text does not have
		step.Keep(&kept, rec.heard)
		return nil
	}
	data, err := rec.MarshalBinary()
	if err != nil {
		return err
	}
	step.Keep(chat.Encoded(data), rec.heard)
	if called {
		return nil
	}
	state, next := step.Contact().Flow, rec.awaited
	s := r.session(step.Contact().ID)
	step.After(func() {
		r.mu.Lock()
		s.known = &known{of: state, awaited: next}
		r.mu.Unlock()
	})
	return nil
}

// over is the end of a flow, which means what its moment says: in a queue the contact waits on, of a
// whisper the other side's turn has come, a flow that put it into a queue leaves it there, and
// otherwise the contact ends.
//
// Source: "How a flow ends" in the administrator guide, and the page of each terminal block.
func (r *Runner) over(step *chat.Step, s *session, rec *record, end flow.Effect) error {
	if end.Note != "" && (end.How == flow.Stopped || end.How == flow.Circled) {
		r.stopped(step, "its flow stops: "+end.Note)
	}
	if rec.Moment.whispers() {
		next := customerWhisper
		if rec.Moment == customerWhisper {
			next = queued
		}
		return r.whisper(step, s, rec, next)
	}
	rec.idle(rec.Moment)
	switch {
	case end.How == flow.Disconnected, rec.Moment != queued && end.How != flow.Left:
		step.End(chat.FlowDisconnect)
		return nil
	case end.How == flow.Left:
		return r.wait(step, s, rec)
	}
	return r.keep(step, rec)
}

// segmentOf are the segment attributes of a contact as JSON values.
func segmentOf(data []byte) map[string]any {
	if len(data) == 0 {
		return nil
	}
	var segment map[string]any
	_ = json.Unmarshal(data, &segment) // checked when the chat was started
	return segment
}
