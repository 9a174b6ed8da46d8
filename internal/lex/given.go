package lex

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// givenState is the state of a session as others give it: a function in its answer, a caller of the
// runtime API in its request. What is absent, or null, stays as it is.
type givenState struct {
	DialogAction *struct {
		Type         string `json:"type"`
		SlotToElicit string `json:"slotToElicit"`
	} `json:"dialogAction"`
	Intent *struct {
		Name              string                     `json:"name"`
		Slots             map[string]json.RawMessage `json:"slots"`
		State             string                     `json:"state"`
		ConfirmationState string                     `json:"confirmationState"`
	} `json:"intent"`
	SessionAttributes map[string]string `json:"sessionAttributes"`
	ActiveContexts    []wireContext     `json:"activeContexts"`
}

// refusal makes the error of a state that is not taken.
type refusal func(format string, args ...any) error

// action is the type of the dialog action; empty for none.
func (g *givenState) action() string {
	if g.DialogAction == nil {
		return ""
	}
	return g.DialogAction.Type
}

// check checks a state by itself, without the bot.
func (g *givenState) check(refuse refusal) error {
	types := []string{delegate, elicitSlot, elicitIntent, confirmIntent, closeDialog, "None"}
	if d := g.DialogAction; d != nil {
		switch {
		case !slices.Contains(types, d.Type):
			return refuse("there is no dialogAction.type %q: the types are %s", d.Type, strings.Join(types, ", "))
		case d.Type == elicitSlot && d.SlotToElicit == "":
			return refuse("ElicitSlot names no slotToElicit")
		}
	}
	intent := g.Intent
	if intent != nil && !slices.Contains([]string{"", inProgress, ready, fulfilled, failedFor, "Waiting", "FulfillmentInProgress"}, intent.State) {
		return refuse("there is no intent.state %q", intent.State)
	}
	return nil
}

// checkMessages checks messages that others give.
func checkMessages(messages []Message, refuse refusal) error {
	for _, msg := range messages {
		if !slices.Contains([]string{PlainText, CustomPayload, SSML, ImageResponseCard}, msg.Type) {
			return refuse("there is no contentType %q of messages", msg.Type)
		}
		if msg.Type == ImageResponseCard && msg.Card == nil {
			return refuse("a message of the type ImageResponseCard has no imageResponseCard")
		}
	}
	return nil
}

// take takes over a state. One that is refused changes nothing.
func (m *machine) take(state *givenState, refuse refusal) error {
	def, given := m.intent(), state.Intent
	if given != nil && (given.Name == "" || state.action() == elicitIntent) {
		given = nil
	}
	slots := map[string]*Value{}
	if given != nil {
		if def = m.l.byName[given.Name]; def == nil {
			return refuse("there is no intent %q", given.Name)
		}
		for name, raw := range given.Slots {
			v, err := readValue(raw)
			if err != nil {
				return refuse("slot %s: %v", name, err)
			}
			if def.Slot(name) == nil {
				return refuse("intent %s has no slot %q", def.Name, name)
			}
			if v != nil {
				slots[name] = v
			}
		}
	}
	if d := state.DialogAction; state.action() == elicitSlot && (def == nil || def.Slot(d.SlotToElicit) == nil) {
		return refuse("the intent has no slot %q", d.SlotToElicit)
	}
	if state.SessionAttributes != nil {
		m.s.Attributes = state.SessionAttributes
	}
	if state.ActiveContexts != nil {
		m.s.Contexts = contextsOf(state.ActiveContexts, m.in.Now)
	}
	if given != nil {
		m.change(given.Name)
		if given.Slots != nil {
			m.s.Intent.Slots = slots
		}
		m.s.Intent.State = cmp.Or(given.State, m.s.Intent.State)
		m.s.Intent.Confirmation = cmp.Or(given.ConfirmationState, m.s.Intent.Confirmation)
	}
	return nil
}

// Given is the state of a session as a caller of the runtime API gives it, and messages to say.
type Given struct {
	state    *givenState
	messages []Message
}

// refused is the refusal of a request.
func refused(format string, args ...any) error {
	return &Failure{"ValidationException", fmt.Sprintf(format, args...)}
}

// Bounds of active contexts.
//
// Source: ActiveContextTimeToLive in the Lex V2 API reference.
const (
	shortestContext, longestContext = 5, 86_400
	mostTurns                       = 20
)

// ReadGiven reads a sessionState, and the messages that a caller wants said. Errors are a [Failure].
//
// Source: SessionState in the Lex V2 API reference.
func ReadGiven(sessionState json.RawMessage, messages []Message) (*Given, error) {
	g := &Given{state: &givenState{}, messages: messages}
	if err := json.Unmarshal(sessionState, g.state); err != nil {
		if shape, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, refused("sessionState: %s is a %s", cmp.Or(shape.Field, "it"), shape.Value)
		}
		return nil, refused("sessionState is no JSON object")
	}
	where := func(format string, args ...any) error { return refused("sessionState: "+format, args...) }
	if err := g.state.check(where); err != nil {
		return nil, err
	}
	if i := g.state.Intent; i != nil {
		switch {
		case i.Name == "":
			return nil, where("intent.name is missing")
		case !slices.Contains([]string{"", confirmed, denied, undecided}, i.ConfirmationState):
			return nil, where("there is no intent.confirmationState %q", i.ConfirmationState)
		}
	}
	for n, c := range g.state.ActiveContexts {
		switch {
		case c.Name == "":
			return nil, where("activeContexts[%d].name is missing", n)
		case c.TimeToLive.Seconds < shortestContext || c.TimeToLive.Seconds > longestContext:
			return nil, where("activeContexts[%d].timeToLive.timeToLiveInSeconds is %d, and has to be from %d to %d", n, c.TimeToLive.Seconds, shortestContext, longestContext)
		case c.TimeToLive.Turns < 1 || c.TimeToLive.Turns > mostTurns:
			return nil, where("activeContexts[%d].timeToLive.turnsToLive is %d, and has to be from 1 to %d", n, c.TimeToLive.Turns, mostTurns)
		}
	}
	return g, checkMessages(messages, refused)
}

// given takes over the state that came with a text: the text is the answer to what that state says was
// asked.
func (m *machine) given() error {
	state, before := m.in.Given.state, m.running()
	if err := m.taken(state); err != nil {
		return err
	}
	switch state.action() {
	case "":
		if m.running() != before { // nothing was asked about this intent
			m.s.Dialog, m.s.Asked, m.s.Attempt = "", "", 0
		}
	case elicitIntent:
		m.s.Intent, m.s.Dialog, m.s.Asked, m.s.Attempt = nil, elicitIntent, "", 0
	case elicitSlot, confirmIntent, closeDialog:
		m.s.Dialog, m.s.Asked, m.s.Attempt = state.DialogAction.Type, state.DialogAction.SlotToElicit, 0
	}
	return nil
}

// taken takes over a state of a caller.
func (m *machine) taken(state *givenState) error {
	if err := m.take(state, refused); err != nil {
		return err
	}
	if state.Intent != nil && state.action() != elicitIntent { // it begins anew, though it may have ended before
		m.s.Intent.State = cmp.Or(state.Intent.State, inProgress)
		m.s.Intent.Confirmation = cmp.Or(state.Intent.ConfirmationState, undecided)
	}
	if action := state.action(); m.s.Intent == nil && (action == confirmIntent || action == delegate && m.in.Put) {
		return refused("sessionState: %s needs an intent, and none is given or running", action)
	}
	return nil
}

// running is the name of the intent; empty for none.
func (m *machine) running() string {
	if m.s.Intent == nil {
		return ""
	}
	return m.s.Intent.Name
}

// put goes on from a state that a caller has put in the place of the session's. Messages of the caller
// stand for the bot's own.
func (m *machine) put() (then, error) {
	state := m.in.Given.state
	if err := m.taken(state); err != nil {
		return nil, err
	}
	m.out = append(m.out, m.in.Given.messages...)
	switch state.action() {
	case "", "None":
		return nil, nil
	case delegate:
	default:
		return m.act(&Pending{}, &answer{SessionState: state, Messages: m.in.Given.messages})
	}
	switch running := m.s.Intent; {
	case running.State == ready:
		return m.fulfil, nil
	case running.State == fulfilled:
		return m.closing, nil
	case running.Confirmation == confirmed, running.Confirmation == denied:
		return m.decided(running.Confirmation == confirmed), nil
	case state.Intent != nil:
		return m.start(running.Name, running.Slots, len(m.in.Given.messages) > 0)
	}
	return m.nextSlot, nil
}
