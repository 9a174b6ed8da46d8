package flowrecord

import (
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/transcript"
)

// kind is what an event is.
type kind int

const (
	says    kind = iota // the flow says something
	starts              // an action begins that a test can perceive
	hears               // the customer says something
	answers             // the customer answers a view
	leaves              // the customer leaves
	signsIn             // the customer signs in, or does not want to
	other               // somebody else does something, or the customer what is no text
)

// event is something that happened in a chat, in the order in which it did.
type event struct {
	kind kind
	item *transcript.Item // of all others
	step *Step            // of starts and signsIn
	// queue is the reference by which the flow named the queue that the contact is in or gets into.
	queue string
}

// time is when it happened; an action begins before the time that is known of it.
func (e *event) time() time.Time {
	if e.item == nil {
		return e.step.Time
	}
	return e.item.Time
}

// slack is how far the times of items, which are never the same, run ahead of those of steps.
const slack = 5 * time.Millisecond

// course orders what was said and what blocks did. A step is known by its end, and an action of a flow
// begins when the one before has ended: what was said in between belongs to it.
type course struct {
	held   *Held
	items  []*transcript.Item // that mean something to a test
	at     int                // the first item that is not in events yet
	events []event
}

func courseOf(h *Held) []event {
	c := &course{held: h}
	for i := range h.Items {
		item := &h.Items[i]
		message := item.Type == transcript.MessageItem && !item.Undelivered()
		agent := item.Role == transcript.Agent && (item.ContentType == transcript.ParticipantJoined || item.ContentType == transcript.ParticipantLeft)
		left := item.ContentType == transcript.ParticipantLeft && item.Role == transcript.Customer && h.Left
		passed := item.ContentType == transcript.TransferSucceeded
		if message || agent || passed || left || item.Type == transcript.AttachmentItem {
			c.items = append(c.items, item)
		}
	}
	queue := ""
	for i := range h.Steps {
		step := &h.Steps[i]
		if step.Type == "UpdateContactTargetQueue" && !step.Failed {
			queue = flow.Text(step.Parameters["QueueId"]) // none is the queue of an agent
		}
		if _, known := testcase.Resource(step.Type); known {
			c.events = append(c.events, event{kind: starts, step: step, queue: queue})
		}
		c.claim(i)
	}
	c.until(len(c.items))
	return c.events
}

// until takes the items before one of them.
func (c *course) until(end int) {
	for ; c.at < end; c.at++ {
		c.events = append(c.events, event{kind: kindOf(c.items[c.at]), item: c.items[c.at]})
	}
}

func kindOf(item *transcript.Item) kind {
	switch {
	case item.Type == transcript.MessageItem && item.Role == transcript.Customer:
		if item.ContentType == transcript.InteractiveResponse && interactive.AnswersView(item.Content) {
			return answers
		}
		return hears
	case item.Type == transcript.MessageItem && item.Role == transcript.System:
		return says
	case item.ContentType == transcript.ParticipantLeft && item.Role == transcript.Customer:
		return leaves
	}
	return other
}

// claim takes the items that belong to a step.
func (c *course) claim(i int) {
	step := &c.held.Steps[i]
	if speaks(step) {
		rest := c.items[c.at:]
		said := slices.IndexFunc(rest, func(item *transcript.Item) bool {
			return kindOf(item) == says && c.said(step, item)
		})
		if said >= 0 && !rest[said].Time.After(step.Time.Add(time.Second)) {
			c.until(c.at + said + 1)
		}
	}
	bot := false
	switch step.Type {
	case "ConnectParticipantWithLexBot", "ConnectParticipantWithAgenticCX":
		bot = true
	case "AuthenticateParticipant": // which comes to its end by itself after its time
		if step.Branch != "TimeLimitExceeded" {
			c.events = append(c.events, event{kind: signsIn, step: step})
		}
	case "Wait", "ShowView", "GetParticipantInput":
	default:
		return
	}
	for c.at < len(c.items) && !c.items[c.at].Time.After(step.Time.Add(slack)) {
		item := c.items[c.at]
		if kindOf(item) == says && (!bot || c.later(i, item)) {
			return
		}
		c.until(c.at + 1)
	}
}

// speaks reports whether a step says something of its own.
func speaks(step *Step) bool {
	switch step.Type {
	case "MessageParticipant":
		return !step.Failed
	case "ShowView", "GetParticipantInput":
		return true
	}
	return false
}

// said reports whether a message is that of a step. The text of a step can have masks in it.
func (c *course) said(step *Step, item *transcript.Item) bool {
	if step.Type == "ShowView" {
		return item.ContentType == transcript.Interactive
	}
	text := flow.Text(step.Parameters["Text"])
	if text == "" || strings.Contains(text, c.held.Mask) {
		return !item.Time.After(step.Time.Add(slack))
	}
	return item.Content == text
}

// later reports whether the next step after one that says something of its own has said a message.
func (c *course) later(i int, item *transcript.Item) bool {
	for j := i + 1; j < len(c.held.Steps); j++ {
		if step := &c.held.Steps[j]; speaks(step) {
			return c.said(step, item)
		}
	}
	return false
}
