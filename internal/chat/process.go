package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/redact"
	"github.com/parley-chat/parley/internal/transcript"
)

// Processing is what happens to the messages of a contact before anybody is shown them: what is
// private is taken out first, and a function has the last word. It applies to what is said from then
// on, by whomever, until it is switched off; interactive messages, attachments and events pass as they
// are, messages that wait before them first.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/message-processing.html
type Processing struct {
	// Processor is the function; nil for none.
	Processor *Processor
	// Redaction takes out what is private; nil for nothing.
	Redaction *Redaction
	// Held are the messages that were accepted and not delivered yet, the oldest first.
	Held []Held
	// Ending is why the contact ends once nothing is held; empty while it goes on.
	Ending Reason
}

// Processor is a function that messages pass.
type Processor struct {
	// Function is its name or ARN, Shown what the designer of flows calls it.
	Function, Shown string
	// Deliver says that a message it fails on is delivered as it is; otherwise nobody but its sender
	// learns of it.
	Deliver bool
}

// Redaction takes out of messages what is private.
type Redaction struct {
	redact.Rules
	// Deliver says that a message it fails on is delivered as it is.
	Deliver bool
}

// Held is a message that was accepted and that nobody was shown. What happens to it is what was
// switched on when it was accepted.
type Held struct {
	// Item is the message as far as it is processed, with its id and time; it has no place yet, and belongs
	// to no contact.
	Item transcript.Item
	// Stored says that it will be in the transcript.
	Stored bool
	// Processor is the function that has to judge it; nil for none.
	Processor *Processor
	// Passing says that it is not processed, and waits for those before it only.
	Passing bool
	// Stopped says that its redaction has failed and that it is not to be delivered therefore.
	Stopped bool
}

// Job is a message for a function to judge.
type Job struct {
	Processor
	// InstanceID is that of the contact. Item is the message; its Processed is not looked at.
	InstanceID string
	Item       transcript.Item
}

// Outcome is what a function has made of a message.
type Outcome struct {
	Verdict Verdict
	// ContentType and Content are the message that is delivered instead, with Replaced.
	ContentType, Content string
	// Why says in a sentence what went wrong, with Failed.
	Why string
}

// Verdict is what is to happen to a message.
type Verdict int

// Verdicts.
const (
	Approved Verdict = iota
	Replaced
	Rejected
	Failed
)

// mostHeld is how many messages of a contact may wait for a function. AWS documents no figure.
const mostHeld = 100

// SetProcessor lets the messages of the contact pass a function from now on; nil lets none.
func (step *Step) SetProcessor(p *Processor) {
	step.editProcessing(func(now *Processing) { now.Processor = p })
}

// SetRedaction takes what is private out of the messages of the contact from now on; nil takes nothing.
func (step *Step) SetRedaction(r *Redaction) {
	step.editProcessing(func(now *Processing) { now.Redaction = r })
}

// editProcessing changes a copy of the processing; one that does nothing is none.
func (step *Step) editProcessing(change func(*Processing)) {
	var next Processing
	if now := step.contact.Processing; now != nil {
		next = *now
	}
	change(&next)
	contact := step.edit()
	contact.Processing = &next
	if next.Processor == nil && next.Redaction == nil && len(next.Held) == 0 && next.Ending == "" {
		contact.Processing = nil
	}
}

// held returns the messages that are accepted and not delivered.
func (c *Contact) held() []Held {
	if c.Processing == nil {
		return nil
	}
	return c.Processing.Held
}

// ending reports whether nobody says anything more.
func (step *Step) ending() bool { return step.contact.Ends() }

// Ends reports whether the contact is about to end, once the messages that it holds are delivered.
func (c *Contact) Ends() bool { return c.Processing != nil && c.Processing.Ending != "" }

// isHeld reports whether a message is held.
func (step *Step) isHeld(id string) bool {
	return slices.ContainsFunc(step.contact.held(), func(h Held) bool { return h.Item.ID == id })
}

// mayHold refuses a message of a client when too many wait.
func (step *Step) mayHold() error {
	if n := len(step.contact.held()); n >= mostHeld {
		return &LimitError{ErrBusy, "Too many messages of this chat wait for the function that processes them."}
	}
	return nil
}

// passes reports whether messages of a type are processed.
func passes(contentType string) bool {
	switch contentType {
	case transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON:
		return true
	}
	return false
}

// process accepts a message of a contact whose messages are processed. It is shown at once when there
// is nothing to do, and otherwise held: what the others see comes after the answer to its sender.
func (step *Step) process(item transcript.Item, stored bool) Sent {
	now := step.contact.Processing
	item.ID = newID()
	step.last = later(step.now, step.last)
	item.Time = step.last
	h := Held{Item: item, Stored: stored, Passing: !passes(item.ContentType) || now.Processor == nil && now.Redaction == nil}
	if !h.Passing {
		if now.Redaction != nil {
			h.redact(now.Redaction)
		}
		if step.s.process != nil && !h.Stopped {
			h.Processor = now.Processor
		}
	}
	if len(now.Held) == 0 && h.Passing || step.s.process == nil {
		step.deliver(h, Outcome{})
		return Sent{ID: item.ID, Time: item.Time}
	}
	step.editProcessing(func(next *Processing) { next.Held = append(slices.Clone(next.Held), h) })
	return h.sent()
}

// redact takes what is private out of a message. A JSON text that would be none any more is a failure.
func (h *Held) redact(r *Redaction) {
	item := &h.Item
	redacted := r.Apply(item.Content)
	switch {
	case redacted == item.Content:
	case item.ContentType == transcript.ApplicationJSON && json.Valid([]byte(item.Content)) && !json.Valid([]byte(redacted)):
		item.Processed = &transcript.Processed{Why: "what is private in this JSON text cannot be masked: it would be no JSON any more"}
		h.Stopped = !r.Deliver
	default:
		item.Processed = &transcript.Processed{Original: item.Content, OriginalType: item.ContentType}
		item.Content = redacted
	}
}

// sent is what the sender of a held message learned.
func (h *Held) sent() Sent {
	return Sent{ID: h.Item.ID, Time: h.Item.Time, Processing: !h.Passing}
}

// shown is a held message as its sender sees it meanwhile.
func (h *Held) shown() transcript.Item {
	item := h.Item
	if item.Processed != nil && item.Processed.OriginalType != "" {
		item.Content, item.ContentType = item.Processed.Original, item.Processed.OriginalType
	}
	item.Only, item.Processed = item.ParticipantID, nil
	if !h.Passing {
		item.Processed = &transcript.Processed{Status: transcript.MessageProcessing}
	}
	return item
}

// deliver shows a message as a function has judged it. It has a place from now on: after everything
// that was shown meanwhile.
func (step *Step) deliver(h Held, out Outcome) {
	item := h.Item
	was := transcript.Processed{Original: item.Content, OriginalType: item.ContentType}
	if item.Processed != nil {
		was.Why = item.Processed.Why
		if item.Processed.OriginalType != "" {
			was = *item.Processed
		}
	}
	if out.Verdict == Replaced {
		p, _ := step.contact.Participant(item.ParticipantID)
		m := transcript.Message{ContentType: out.ContentType, Content: out.Content}
		if err := step.checkMessage(p, m); err != nil {
			out = Outcome{Verdict: Failed, Why: "the message that the function answers cannot be delivered: " + err.Error()}
		} else if !passes(m.ContentType) {
			out = Outcome{Verdict: Failed, Why: "the function answers a message of another kind: contentType must be text/plain, text/markdown or application/json"}
		}
	}
	if h.Stopped {
		out = Outcome{Verdict: Failed, Why: was.Why}
	}
	switch {
	case out.Verdict == Replaced:
		item.Content, item.ContentType = out.Content, out.ContentType
	case out.Verdict == Failed && h.Processor != nil && h.Processor.Deliver:
		was.Why = out.Why
	case out.Verdict == Rejected:
		was.Status = transcript.MessageRejected
	case out.Verdict == Failed:
		was.Status, was.Why = transcript.MessageFailed, out.Why
	}
	if was.Status != "" { // only the sender sees it, as it was said
		item.Content, item.ContentType, item.Only = was.Original, was.OriginalType, item.ParticipantID
	}
	if item.Content == was.Original && item.ContentType == was.OriginalType {
		was.Original, was.OriginalType = "", ""
	}
	if item.Processed = nil; was != (transcript.Processed{}) {
		item.Processed = &was
	}
	item.ContactID, item.InitialContactID = step.contact.Current(), step.contact.ID
	if h.Stored {
		step.seq++
		item.Seq = step.seq
	}
	step.items = append(step.items, item)
}

// deliverAll delivers what is held at the end of the contact: no function is waited for any more.
func (step *Step) deliverAll() {
	held := step.contact.held()
	if len(held) == 0 {
		return
	}
	step.editProcessing(func(next *Processing) { next.Held = nil })
	for _, h := range held {
		var out Outcome
		if h.Processor != nil {
			out = Outcome{Verdict: Failed, Why: "the chat has ended before the function answered"}
		}
		step.deliver(h, out)
	}
}

// endLater lets the contact end once nothing is held; false when nothing is. No flow runs any more.
func (step *Step) endLater(reason Reason) bool {
	if len(step.contact.held()) == 0 {
		return false
	}
	step.editProcessing(func(next *Processing) { next.Ending = reason })
	contact := step.edit()
	contact.Flow, contact.Queue = nil, nil
	return true
}

// settling is what is known of the held messages of a contact beside what is stored.
type settling struct {
	// unanswered are those whose senders have to be answered first; runs says that they are being
	// processed.
	unanswered map[string]bool
	runs       bool
}

// settlement is the entry's settling. The caller holds the contact's lock.
func (e *entry) settlement() *settling {
	if e.settling == nil {
		e.settling = &settling{unanswered: map[string]bool{}}
	}
	return e.settling
}

// due reports whether the oldest held message can be processed. The caller holds the contact's lock.
func (e *entry) due() bool {
	held := e.contact.held()
	return len(held) > 0 && !e.closed && !e.contact.HasEnded() && !e.settlement().unanswered[held[0].Item.ID]
}

// answering notes that the sender of a message has to be answered first. The caller has the contact's
// lock.
func (e *entry) answering(id string) { e.settlement().unanswered[id] = true }

// answered notes that the sender of a message was answered.
func (s *Service) answered(e *entry, id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.settlement().unanswered, id)
	s.attend(e)
}

// attend processes what a contact holds, unless that is being done. The caller holds the contact's
// lock.
func (s *Service) attend(e *entry) {
	if !e.due() || e.settling.runs {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun && !s.closed {
		e.settling.runs = true
		s.running.Go(func() { s.settle(e) })
	}
}

// settle processes what a contact holds, one message after the other, so that they stay in order.
// A message is stored before its function is called, and what became of it in one step: when the
// program ends meanwhile, that one call is made again.
func (s *Service) settle(e *entry) {
	for {
		e.mu.Lock()
		if !e.due() {
			e.settling.runs = false
			e.mu.Unlock()
			return
		}
		h, instance := e.contact.Processing.Held[0], e.contact.InstanceID
		h.Item.ContactID, h.Item.InitialContactID = e.contact.Current(), e.contact.ID
		e.mu.Unlock()
		var out Outcome
		if h.Processor != nil {
			out = s.process(s.ctx, Job{*h.Processor, instance, h.Item})
		}
		if s.ctx.Err() != nil || !s.settled(e, h.Item.ID, out) {
			return
		}
	}
}

// settled stores what became of the oldest held message; false when the service or the contact is over.
func (s *Service) settled(e *entry, id string, out Outcome) bool {
	for {
		err := s.change(s.ctx, e, func(step *Step) error {
			held := step.contact.held()
			if len(held) == 0 || held[0].Item.ID != id {
				return nil
			}
			step.editProcessing(func(next *Processing) { next.Held = slices.Clone(held[1:]) })
			step.deliver(held[0], out)
			if len(held) == 1 && step.ending() {
				step.End(step.contact.Processing.Ending)
			}
			return nil
		})
		switch {
		case err == nil:
			return true
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrEnded), s.ctx.Err() != nil:
			return false
		}
		if s.failed != nil {
			e.mu.Lock()
			contactID := e.contact.ID
			e.mu.Unlock()
			s.failed(contactID, err)
		}
		select {
		case <-s.ctx.Done():
			return false
		case <-time.After(retryTimer):
		}
	}
}

// ProcessFunc has a function judge a message. It may take as long as the function may, and returns
// early when the context ends.
type ProcessFunc func(ctx context.Context, job Job) Outcome
