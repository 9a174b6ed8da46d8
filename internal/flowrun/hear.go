package flowrun

import (
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

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
	if rec.Call != nil && e.answer == nil { // to a function that is called nothing else means anything
		ok = ok && said.Kind == flow.TimedOut && rec.Call.Ask.Type == waitBlock
		said.Note = "the function has not answered yet"
	}
	if rec.Later != nil && e.item != nil {
		ok = false
	}
	switch {
	case e.item == nil:
	case e.item.ContentType == transcript.ParticipantJoined && e.item.Role == transcript.Agent && (rec.Moment == queued || rec.Moment.whispers()):
		if beside(step.Contact(), e.item.ParticipantID) {
			return nil
		}
		return r.accepted(step, s, rec, e.item.ParticipantID)
	case e.item.ContentType == transcript.TransferSucceeded && (rec.Moment == queued || rec.Moment.whispers()):
		return r.sent(step, s, rec)
	case rec.Moment.whispers():
		return nil
	}
	if e.item == nil && e.answer == nil && rec.runs() && !rec.Ends.IsZero() && e.due.Equal(rec.Ends) {
		return r.over(step, s, rec, flow.Effect{Kind: flow.End, How: flow.Stopped, Note: "it has taken as long as it may"})
	}
	if !ok || !rec.runs() || !rec.State.Waiting {
		return nil
	}
	if e.answer != nil && rec.early(&said, step.Now()) {
		return r.keep(step, rec)
	}
	p, ok := r.program(s, rec.State.Running())
	if !ok {
		return r.halt(step, s, rec, fmt.Sprintf("its flow %q is not there any more: the contact ends", rec.State.Running()))
	}
	if said.Kind == flow.TimedOut && rec.SignIn != "" {
		_ = step.EndSignIn(rec.SignIn, transcript.AuthTimeout) // unless it has expired, which the client knows
	}
	if said.Kind != flow.Said && said.Kind != flow.BotLeft { // what was waited for has come; those two may be nothing to it
		rec.Due, rec.View, rec.SignIn, rec.Later = time.Time{}, "", "", nil
	}
	if note := rec.chained(e, &said, step.Now()); note != "" {
		r.tell(step, note)
	}
	rec.Call = nil
	if rec.Survey && !rec.Ends.IsZero() { // somebody is there
		rec.Ends = surveyEnds(step)
	}
	return r.run(step, s, rec, p, said)
}

// flowEvent is an event as a flow is told it; false for one that flows are not told.
func flowEvent(rec *record, e event) (flow.Event, bool) {
	item := e.item
	switch {
	case e.answer != nil:
		return *e.answer, rec.Call != nil && rec.Call.ID == e.call
	case item == nil && rec.Later != nil:
		return *rec.Later, e.due.Equal(rec.Due)
	case item == nil:
		return flow.Event{Kind: flow.TimedOut}, e.due.Equal(rec.Due) && !rec.Due.IsZero()
	case item.Type == transcript.MessageItem:
		if answer, ok := viewAnswer(item); ok && rec.View != "" {
			return answer, true
		}
		return flow.Event{Kind: flow.Said, Text: item.Content, Content: item.ContentType}, true
	case item.ContentType == transcript.ParticipantLeft:
		return flow.Event{Kind: flow.BotLeft}, item.Role == transcript.CustomBot
	case rec.SignIn != "":
		return signInOutcome(item), item.ContentType != transcript.ParticipantJoined && item.ContentType != transcript.TransferSucceeded
	}
	return flow.Event{}, false
}
