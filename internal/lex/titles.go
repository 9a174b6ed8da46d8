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

// question is a message that waits for an answer: for an intent, a slot or a yes.
type question struct {
	at, kind string
	slot     *Slot
	said     Response
}

// asks keeps a question for later: what its interactive messages offer is looked up as a customer's text
// is, once the whole locale is read. An intent with a function is left out, as that could make something
// of any text.
func (v *visit) asks(where string, r Response, kind string, slot *Slot) {
	if !v.i.Calls() {
		v.c.questions = append(v.c.questions, question{v.at(where), kind, slot, r})
	}
}

// before keeps what stands before a step as a question, if the step waits for an answer.
func (v *visit) before(where string, r Response, next *Step) {
	switch {
	case next == nil:
	case next.Type == elicitIntent:
		v.asks(where, r, elicitIntent, nil)
	case next.Type == elicitSlot && next.Suppressed: // else the slot's own prompt is the question
		of := v.i
		if next.Intent != "" {
			of = v.c.l.byName[next.Intent]
		}
		if of != nil && of.Slot(next.Slot) != nil {
			v.asks(where, r, elicitSlot, of.Slot(next.Slot))
		}
	}
}

// titles finds what the interactive messages of questions offer and the bot does not understand: who
// chooses it is asked again, or gets the fallback.
func (c *check) titles() {
	for _, q := range c.questions {
		for _, g := range q.said.Groups {
			for _, msg := range g {
				if msg.Type != CustomPayload {
					continue
				}
				titles, _ := choices(msg.Content)
				for _, title := range titles {
					if !c.l.understands(title, q.kind, q.slot) {
						c.unknown(&q, title)
					}
				}
			}
		}
	}
}

// unknown says that a title is no answer to its question.
func (c *check) unknown(q *question, title string) {
	text, remedy := "is no utterance of an intent: who chooses it gets the fallback", "add it as an utterance"
	switch q.kind {
	case elicitSlot:
		text, remedy = fmt.Sprintf("is no value of the type %s: who chooses it is asked again", q.slot.Type), "add it as a value or a synonym"
	case confirmIntent:
		text, remedy = "is neither a yes nor a no: who chooses it is asked again", "write what the language has for one of them"
	}
	c.doubt(q.at, "title", fmt.Sprintf("the interactive message offers %q, which %s", title, text), remedy)
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
