package lex

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Call is a code hook that wants to be called, or a service that answers for an intent.
type Call struct {
	// Service is the intent that a service answers for; empty for a code hook.
	Service string
	// Source is DialogCodeHook or FulfillmentCodeHook.
	Source string
	Label  string
	// Proposed is the slot that would be asked for next, Attempt of which question; empty for none.
	Proposed, Attempt string
}

// Answer is the answer to a [Call].
type Answer struct {
	// Generated is the answer of a service. The others are those of a function.
	Generated *Generated
	// Body is its JSON.
	Body []byte
	// Failed says why there is none; TimedOut that it took too long.
	Failed   string
	TimedOut bool
}

// ask calls a function, and waits for its answer.
func (m *machine) ask(at stage, slot string, understood bool, label string) then {
	m.s.Pending = &Pending{Stage: at, Slot: slot, Messages: m.out, Steps: m.steps, Notes: m.notes}
	m.call = &Call{Source: "DialogCodeHook", Label: label}
	if at == fulfilmentStage {
		m.call.Source = "FulfillmentCodeHook"
		return nil
	}
	m.propose(at, slot, understood)
	return nil
}

// propose says which slot would be asked for next, as the event tells the function.
func (m *machine) propose(at stage, slot string, understood bool) {
	i := m.intent()
	if at == elicitationStage && !understood {
		if m.s.Attempt < i.Slot(slot).Prompt.MaxRetries {
			m.call.Proposed, m.call.Attempt = slot, fmt.Sprintf("Retry%d", m.s.Attempt+1)
		}
		return
	}
	if h := m.placeOf(at, slot).hook; h != nil && h.Success.Next != nil {
		if h.Success.Next.Type == elicitSlot && m.s.Intent.Slots[h.Success.Next.Slot] == nil {
			m.call.Proposed, m.call.Attempt = h.Success.Next.Slot, "Initial"
		}
		return
	}
	for _, s := range i.Slots {
		if s.Required && m.s.Intent.Slots[s.Name] == nil {
			m.call.Proposed, m.call.Attempt = s.Name, "Initial"
			return
		}
	}
}

// hook calls the code hook of a stage. One that is not on, or has no function, is as if it had
// succeeded.
func (m *machine) hook(at place) then {
	h, i := at.hook, m.intent()
	switch {
	case h == nil:
		return at.otherwise
	case !h.Active, !h.Invoked, !i.Hooked: // the console puts such a hook into every intent
	case !m.in.Hooked:
		m.note("a code hook of %s wants a function, and none is known for the bot: it succeeds as in Lex without one", i.Name)
	default:
		return m.ask(at.stage, at.slot, true, h.Label)
	}
	return m.after(h.Success, at, nil)
}

// answer is the JSON of a function's answer.
type answer struct {
	SessionState      *givenState       `json:"sessionState"`
	Messages          []Message         `json:"messages"`
	RequestAttributes map[string]string `json:"requestAttributes"`
}

// longestAnswer is how many bytes the answer of a function may have.
//
// Source: "Using an AWS Lambda function" in the Lex V2 developer guide.
const longestAnswer = 25 * 1024

// invalid is the refusal of an answer, as Lex words it.
func invalid(format string, args ...any) error {
	return &Failure{"DependencyFailedException", "Invalid Lambda Response: " + fmt.Sprintf(format, args...)}
}

// readAnswer reads what a function answered.
func readAnswer(body []byte) (*answer, error) {
	if len(body) > longestAnswer {
		return nil, invalid("it has %d bytes, and may have at most %d", len(body), longestAnswer)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		if shape, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, invalid("%s is a %s", cmp.Or(shape.Field, "it"), shape.Value)
		}
		return nil, invalid("it is no JSON")
	}
	if a.SessionState == nil || a.SessionState.DialogAction == nil || a.SessionState.DialogAction.Type == "" {
		return nil, invalid("sessionState.dialogAction.type is missing")
	}
	if err := a.SessionState.check(invalid); err != nil {
		return nil, err
	}
	if err := checkMessages(a.Messages, invalid); err != nil {
		return nil, err
	}
	if a.SessionState.DialogAction.Type == elicitIntent && len(a.Messages) == 0 {
		return nil, invalid("ElicitIntent needs a message")
	}
	return &a, nil
}

// answered goes on with what a function answered.
func (m *machine) answered(p *Pending, given *Answer) (then, error) {
	if p.Stage == serviceStage {
		if given.Generated == nil || m.intent() == nil {
			return nil, &Failure{"DependencyFailedException", cmp.Or(given.Failed, "the service did not answer")}
		}
		return m.generated(m.intent(), given.Generated), nil
	}
	failure := given.Failed
	var a *answer
	if failure == "" && !given.TimedOut {
		var err error
		if a, err = readAnswer(given.Body); err == nil {
			if err = m.take(a.SessionState, invalid); err == nil {
				m.out = append(m.out, a.Messages...)
				if a.RequestAttributes != nil {
					m.in.Request = a.RequestAttributes
				}
			}
		}
		if err != nil {
			failure = err.Error()
		}
	}
	if failure != "" || given.TimedOut {
		return m.unanswered(p, given.TimedOut, failure)
	}
	return m.act(p, a)
}

// unanswered goes on after a function that failed or took too long: as the stage says, else the turn
// fails.
func (m *machine) unanswered(p *Pending, timedOut bool, why string) (then, error) {
	at := m.placeOf(p.Stage, p.Slot)
	var o *Outcome
	switch i := m.intent(); {
	case p.Stage == fulfilmentStage && timedOut:
		o = &i.Fulfilment.Timeout
	case p.Stage == fulfilmentStage:
		o = &i.Fulfilment.Failure
	case at.hook != nil && at.hook.Declared && timedOut:
		o = &at.hook.Timeout
	case at.hook != nil && at.hook.Declared:
		o = &at.hook.Failure
	}
	if timedOut && why == "" {
		why = "the function took too long"
	}
	if o == nil || len(o.Response.Groups) == 0 && o.Next == nil && (o.Conditional == nil || !o.Conditional.Active) {
		return nil, &Failure{"DependencyFailedException", strings.TrimPrefix(why, "DependencyFailedException: ")}
	}
	m.note("a code hook of %s failed: %s", m.s.Intent.Name, why)
	m.s.Intent.State = failedFor
	return m.after(*o, at, nil), nil
}

// act does the dialog action of an answer.
func (m *machine) act(p *Pending, a *answer) (then, error) {
	said := a.Messages
	action := a.SessionState.DialogAction
	switch action.Type {
	case elicitSlot:
		return m.elicit(action.SlotToElicit, len(said) > 0, true)
	case elicitIntent:
		m.s.Intent, m.s.Dialog, m.s.Asked = nil, elicitIntent, ""
		return nil, nil
	case confirmIntent:
		m.s.Intent.Confirmation = undecided
		return m.confirm(len(said) > 0), nil
	case closeDialog:
		if p.Stage == fulfilmentStage {
			return m.carriedOut(a), nil
		}
		m.s.Dialog, m.s.Asked = closeDialog, ""
		if a.SessionState.Intent == nil || a.SessionState.Intent.State == "" {
			return m.end, nil
		}
		return nil, nil
	case "None":
		m.note("the function answered with the dialog action None, which is taken for Delegate")
	}
	return m.delegated(p, a), nil
}

// carriedOut goes on after a fulfilment by a function.
func (m *machine) carriedOut(a *answer) then {
	state := fulfilled
	if a.SessionState.Intent != nil && a.SessionState.Intent.State != "" {
		state = a.SessionState.Intent.State
	}
	switch m.s.Intent.State = state; state {
	case failedFor:
		f := m.intent().Fulfilment
		if f == nil { // of an intent that the function changed to
			return m.closing
		}
		return m.after(f.Failure, m.placeOf(fulfilmentStage, ""), a.Messages)
	case inProgress:
		m.s.Dialog, m.s.Asked = closeDialog, ""
		return nil
	}
	return m.fulfilled(a.Messages)
}

// delegated lets the bot go on by itself.
func (m *machine) delegated(p *Pending, a *answer) then {
	if p.Stage == fulfilmentStage {
		return m.carriedOut(a)
	}
	switch m.s.Intent.State {
	case ready:
		return m.fulfil
	case failedFor:
		if at := m.placeOf(p.Stage, p.Slot); at.hook != nil && at.hook.Declared {
			return m.after(at.hook.Failure, at, a.Messages)
		}
	case fulfilled:
		return m.fulfilled(a.Messages)
	}
	switch p.Stage { //nolint:exhaustive // the others go on as their hooks say
	case elicitationStage:
		slot := m.intent().Slot(p.Slot)
		if slot == nil {
			return m.nextSlot
		}
		_, filled := m.s.Intent.Slots[p.Slot].text()
		return m.attempted(slot, filled)
	case promptStage:
		return m.answeredConfirmation()
	case everyTurn:
		return m.nextSlot
	}
	at := m.placeOf(p.Stage, p.Slot)
	if at.hook == nil {
		return at.otherwise
	}
	return m.after(at.hook.Success, at, a.Messages)
}
