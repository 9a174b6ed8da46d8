package lex

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/lexslot"
)

// template is as much of an interactive message as says what can be chosen.
type template struct {
	Data struct {
		Content struct {
			Elements []struct {
				Title, Type, ActionDetail string
			}
			Timeslots []struct{ Date string }
		}
	}
}

// choices are the texts that the choices of a custom payload send: the titles of elements, and the
// dates of a time picker. One that is no template has none.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interactive-messages.html
func choices(payload string) (titles, dates []string) {
	var t template
	if json.Unmarshal([]byte(payload), &t) != nil {
		return nil, nil
	}
	for _, e := range t.Data.Content.Elements {
		if e.Title != "" && e.Type != "hyperlink" && e.ActionDetail == "" { // these send nothing, or a response in JSON
			titles = append(titles, e.Title)
		}
	}
	for _, slot := range t.Data.Content.Timeslots {
		dates = append(dates, slot.Date)
	}
	return titles, dates
}

// offered reports whether the text is a choice that the bot offered with its last messages: the value
// of a button, or what an interactive message sends.
func (m *machine) offered() bool {
	var texts []string
	for _, msg := range m.s.Said {
		if msg.Card != nil {
			for _, b := range msg.Card.Buttons {
				texts = append(texts, b.Value)
			}
		}
		if msg.Type == CustomPayload {
			titles, dates := choices(msg.Content)
			texts = append(append(texts, titles...), dates...)
		}
	}
	plain := lexslot.Plain(m.in.Text)
	for _, text := range texts {
		if lexslot.Plain(text) == plain {
			return true
		}
	}
	return false
}

// titles finds what an intent's interactive messages offer and the bot does not understand: who chooses
// it is asked again, or gets the fallback. Only messages that wait for an answer count, and only
// intents without a function, which could make something of any text.
func (c *check) titles(i *Intent) {
	if i.Calls() {
		return
	}
	v := &visit{c: c, i: i, file: i.File}
	if s := i.Initial; s != nil {
		v.offers("initialResponseSetting", &s.Outcome)
	}
	if s := i.Confirmation; s != nil {
		v.offered("intentConfirmationSetting.promptSpecification", s.Prompt.Response, confirmIntent, nil)
		v.offers("intentConfirmationSetting.confirmation", &s.Confirmed)
		v.offers("intentConfirmationSetting.declination", &s.Declined)
		v.offers("intentConfirmationSetting.failure", &s.Failed)
	}
	if s := i.Fulfilment; s != nil {
		v.offers("fulfillmentCodeHook.success", &s.Success)
		v.offers("fulfillmentCodeHook.failure", &s.Failure)
		v.offers("fulfillmentCodeHook.timeout", &s.Timeout)
	}
	if s := i.Closing; s != nil {
		v.offers("intentClosingSetting", &s.Outcome)
	}
	for _, s := range i.Slots {
		if s.File != "" {
			v.file = s.File
		}
		v.offered("promptSpecification", s.Prompt.Response, elicitSlot, s)
		v.offers("slotCaptureSetting.capture", &s.Capture.Captured)
		v.offers("slotCaptureSetting.failure", &s.Capture.Failed)
	}
}

// offers checks the messages of an outcome and its branches.
func (v *visit) offers(where string, o *Outcome) {
	v.before(where, o.Response, o.Next)
	if o.Conditional == nil {
		return
	}
	for n := range o.Conditional.Branches {
		b := &o.Conditional.Branches[n]
		v.before(fmt.Sprintf("%s branch %q", where, b.Name), b.Response, b.Next)
	}
	if b := o.Conditional.Default; b != nil {
		v.before(where+" default branch", b.Response, b.Next)
	}
}

// before checks messages that stand before a step, if it waits for an answer.
func (v *visit) before(where string, r Response, next *Step) {
	switch {
	case next == nil:
	case next.Type == elicitIntent:
		v.offered(where, r, elicitIntent, nil)
	case next.Type == elicitSlot && next.Suppressed: // else the slot's own prompt is the question
		of := v.i
		if next.Intent != "" {
			of = v.c.l.byName[next.Intent]
		}
		if of != nil && of.Slot(next.Slot) != nil {
			v.offered(where, r, elicitSlot, of.Slot(next.Slot))
		}
	}
}

// offered checks what messages offer as the answer to a question.
func (v *visit) offered(where string, r Response, question string, slot *Slot) {
	for _, g := range r.Groups {
		for _, msg := range g {
			if msg.Type != CustomPayload {
				continue
			}
			titles, _ := choices(msg.Content)
			for _, title := range titles {
				if v.c.l.understands(title, question, slot) {
					continue
				}
				text, remedy := "is no utterance of an intent: who chooses it gets the fallback", "add it as an utterance"
				switch question {
				case elicitSlot:
					text, remedy = fmt.Sprintf("is no value of the type %s: who chooses it is asked again", slot.Type), "add it as a value or a synonym"
				case confirmIntent:
					text, remedy = "is neither a yes nor a no: who chooses it is asked again", "write what the language has for one of them"
				}
				v.c.doubt(v.at(where), "title", fmt.Sprintf("the interactive message offers %q, which %s", title, text), remedy)
			}
		}
	}
}

// understands reports whether a text that was offered is an answer to its question. It answers no other:
// a choice does not begin another intent while a question is open.
func (l *Locale) understands(text, question string, slot *Slot) bool {
	m := &machine{l: l, s: &Session{Intent: &Running{Slots: map[string]*Value{}}}, in: Input{Text: text}}
	switch question {
	case elicitSlot:
		_, how := m.read(slot)
		return how != unread
	case confirmIntent:
		_, decided := lexslot.Decided(text, l.ID)
		return decided
	}
	if slices.ContainsFunc(l.Intents, (*Intent).generative) { // a service answers what nothing else does
		return true
	}
	// However a conversation came there: the contexts that intents want may be active.
	return m.match(func(i *Intent) bool { return !i.Is("AMAZON.FallbackIntent") }).Rule != Unmatched
}
