package lex

import (
	"maps"
	"strings"
	"time"
)

// stage is a part of an intent.
type stage string

// Stages.
const (
	initialStage     stage = "initial"
	elicitationStage stage = "elicitation" // after an attempt at a slot
	captureStage     stage = "capture"     // after a slot was understood
	missStage        stage = "miss"        // after the last attempt at a slot
	promptStage      stage = "prompt"      // after an attempt at the confirmation
	confirmedStage   stage = "confirmed"
	declinedStage    stage = "declined"
	undecidedStage   stage = "undecided" // after the last attempt at the confirmation
	fulfilmentStage  stage = "fulfilment"
	closingStage     stage = "closing"
	serviceStage     stage = "service" // after the text for a service behind an intent
	everyTurn        stage = "turn"    // of a bot without steps
)

// place is a stage as its steps see it.
type place struct {
	stage stage
	slot  string
	hook  *Hook
	// conditional is what EvaluateConditional means there.
	conditional *Conditional
	// otherwise is what happens when no step says what does.
	otherwise then
}

// initial is the stage in which an intent begins.
func (m *machine) initial(i *Intent, suppressed bool) then {
	if i.generative() {
		return func() (then, error) { return m.generate(i), nil }
	}
	at := m.placeOf(initialStage, "")
	if i.Initial == nil {
		if i.Hooked && m.in.Hooked { // an older bot: its hook is called at every turn
			return func() (then, error) { return m.ask(everyTurn, "", false, ""), nil }
		}
		return at.otherwise
	}
	if !suppressed {
		m.say(i.Initial.Response)
	}
	return m.follow(i.Initial.Next, at, true)
}

// placeOf is a stage of the running intent.
func (m *machine) placeOf(s stage, slot string) place {
	i := m.intent()
	at := place{stage: s, slot: slot, otherwise: m.nextSlot}
	switch s {
	case initialStage:
		if i.Initial != nil {
			at.hook, at.conditional = i.Initial.Hook, i.Initial.Conditional
		}
	case captureStage:
		if def := i.Slot(slot); def != nil {
			at.hook, at.conditional = def.Capture.Hook, def.Capture.Captured.Conditional
		}
	case missStage:
		if def := i.Slot(slot); def != nil {
			at.hook, at.conditional = def.Capture.Hook, def.Capture.Failed.Conditional
		}
		at.otherwise = m.fallback
	case confirmedStage, declinedStage, undecidedStage:
		c := i.Confirmation
		if c == nil { // a function has changed to another intent, which begins with its slots
			break
		}
		at.hook = c.Hook
		switch s {
		case confirmedStage:
			at.conditional, at.otherwise = c.Confirmed.Conditional, m.fulfil
		case declinedStage:
			at.conditional, at.otherwise = c.Declined.Conditional, m.end
		default:
			at.conditional, at.otherwise = c.Failed.Conditional, m.fallback
		}
	case fulfilmentStage:
		at.otherwise = m.closing
	case closingStage:
		at.conditional, at.otherwise = i.Closing.Conditional, m.end
	case elicitationStage, promptStage, everyTurn, serviceStage:
	}
	return at
}

// follow does a step. Where there is none, a hook and then a condition of the stage come first, if
// they are on; they do not unless first is set.
func (m *machine) follow(s *Step, at place, first bool) then {
	if s == nil {
		switch {
		case first && at.hook != nil && at.hook.Active:
			return func() (then, error) { return m.hook(at), nil }
		case first && at.conditional != nil && at.conditional.Active:
			return func() (then, error) { return m.choose(at), nil }
		}
		return at.otherwise
	}
	return func() (then, error) {
		m.set(s)
		switch s.Type {
		case "EndConversation":
			return m.end, nil
		case "StartIntent":
			return m.start(s.Intent, s.Slots, s.Suppressed)
		case elicitSlot:
			m.change(s.Intent)
			return m.elicit(s.Slot, s.Suppressed, false)
		case "InvokeDialogCodeHook":
			return m.hook(at), nil
		case "FulfillIntent":
			m.change(s.Intent)
			return m.fulfil, nil
		case "CloseIntent":
			m.change(s.Intent)
			return m.closing, nil
		case confirmIntent:
			m.change(s.Intent)
			return m.confirm(s.Suppressed), nil
		case "EvaluateConditional":
			return m.choose(at), nil
		case elicitIntent:
			m.s.Intent, m.s.Dialog, m.s.Asked = nil, elicitIntent, ""
			return nil, nil
		}
		return at.otherwise, nil
	}
}

// change makes another intent the running one, without its initial stage.
func (m *machine) change(name string) {
	if name == "" || m.s.Intent != nil && m.s.Intent.Name == name {
		return
	}
	m.s.Intent = &Running{Name: name, State: inProgress, Confirmation: undecided, Slots: map[string]*Value{}}
}

// set sets what a step sets.
func (m *machine) set(s *Step) {
	if len(s.Attributes) > 0 {
		next := maps.Clone(m.s.Attributes)
		if next == nil {
			next = map[string]string{}
		}
		for key, value := range s.Attributes {
			next[key] = m.constant(value)
		}
		m.s.Attributes = next
	}
	if s.Type == "StartIntent" || m.s.Intent == nil || len(s.Slots) == 0 {
		return
	}
	m.change(s.Intent)
	slots := maps.Clone(m.s.Intent.Slots)
	if slots == nil {
		slots = map[string]*Value{}
	}
	for name, v := range s.Slots {
		if v == nil || v.Interpreted == nil && len(v.Values) == 0 {
			delete(slots, name)
			continue
		}
		filled := *v
		if v.Interpreted != nil {
			text := m.constant(*v.Interpreted)
			if text == "" {
				delete(slots, name)
				continue
			}
			filled.Interpreted, filled.Original, filled.Resolved = &text, text, []string{text}
		}
		slots[name] = &filled
	}
	m.s.Intent.Slots = slots
}

// constant is a value that a step sets: a text with placeholders, or what the customer has said.
func (m *machine) constant(text string) string {
	if path, is := strings.CutPrefix(text, "$."); is {
		if said, known := (reference{kind: '$', name: path}).read(&values{m.s, m.in.Request}); known {
			return said
		}
	}
	return m.fill(text)
}

// choose takes the first branch that is true.
func (m *machine) choose(at place) then {
	c := at.conditional
	if c == nil || !c.Active {
		return at.otherwise
	}
	v := &values{m.s, m.in.Request}
	for n := range c.Branches {
		if b := &c.Branches[n]; b.parsed != nil && b.parsed.holds(v) {
			m.say(b.Response)
			return m.follow(b.Next, at, false)
		}
	}
	if c.Default == nil {
		return at.otherwise
	}
	m.say(c.Default.Response)
	return m.follow(c.Default.Next, at, false)
}

// nextSlot asks for the next required slot that is empty; then the intent is confirmed.
func (m *machine) nextSlot() (then, error) {
	for _, s := range m.intent().Slots {
		if s.Required && m.s.Intent.Slots[s.Name] == nil {
			return m.elicit(s.Name, false, false)
		}
	}
	if c := m.intent().Confirmation; c != nil && c.On && m.s.Intent.Confirmation == undecided {
		return m.confirm(false), nil
	}
	return m.fulfil, nil
}

// elicit asks for a slot. A step that asks for a filled one leads to what follows it; a function's
// asks nevertheless.
func (m *machine) elicit(name string, suppressed, byFunction bool) (then, error) {
	i := m.intent()
	slot := i.Slot(name)
	if slot == nil {
		return nil, &Failure{"ValidationException", "intent " + i.Name + " has no slot " + name}
	}
	if m.s.Intent.Slots[name] != nil && !byFunction {
		return m.captured(slot, false), nil
	}
	m.s.Intent.State, m.s.Dialog, m.s.Asked, m.s.Attempt = inProgress, elicitSlot, name, 0
	if !suppressed {
		m.prompt(slot.Prompt)
	}
	return nil, nil
}

// captured is what follows a slot that was understood.
func (m *machine) captured(slot *Slot, answered bool) then {
	if answered {
		m.say(slot.Capture.Captured.Response)
	}
	return m.follow(slot.Capture.Captured.Next, m.placeOf(captureStage, slot.Name), answered)
}

// missed is what follows a failed attempt at a slot.
func (m *machine) missed(slot *Slot) then {
	if m.s.Attempt++; m.s.Attempt <= slot.Prompt.MaxRetries {
		m.prompt(slot.Prompt)
		return nil
	}
	m.say(slot.Capture.Failed.Response)
	at := m.placeOf(missStage, slot.Name)
	if slot.Capture.Failed.Next == nil { // by itself the hook follows what was understood only
		at.hook = nil
	}
	return m.follow(slot.Capture.Failed.Next, at, true)
}

// confirm asks whether everything is right.
func (m *machine) confirm(suppressed bool) then {
	c := m.intent().Confirmation
	if c == nil || !suppressed && len(c.Prompt.Groups) == 0 {
		return m.fulfil
	}
	m.s.Intent.State, m.s.Dialog, m.s.Asked, m.s.Attempt, m.s.Intent.Confirmation = inProgress, confirmIntent, "", 0, undecided
	if !suppressed {
		m.prompt(c.Prompt)
	}
	return nil
}

// decided is what follows a yes or a no.
func (m *machine) decided(yes bool) then {
	c := m.intent().Confirmation
	if yes {
		m.s.Intent.Confirmation = confirmed
		if c == nil {
			return m.fulfil
		}
		m.say(c.Confirmed.Response)
		return m.follow(c.Confirmed.Next, m.placeOf(confirmedStage, ""), true)
	}
	m.s.Intent.Confirmation, m.s.Intent.State = denied, failedFor
	if c == nil {
		return m.end
	}
	m.say(c.Declined.Response)
	return m.follow(c.Declined.Next, m.placeOf(declinedStage, ""), true)
}

// unsure is what follows an answer to the confirmation that is neither yes nor no.
func (m *machine) unsure() then {
	c := m.intent().Confirmation
	if c == nil {
		return m.fallback
	}
	if m.s.Attempt++; m.s.Attempt <= c.Prompt.MaxRetries {
		m.prompt(c.Prompt)
		return nil
	}
	m.say(c.Failed.Response)
	return m.follow(c.Failed.Next, m.placeOf(undecidedStage, ""), true)
}

// fallback begins the fallback intent.
func (m *machine) fallback() (then, error) {
	return m.start(m.l.Fallback().Name, nil, false)
}

// fulfil carries the intent out.
func (m *machine) fulfil() (then, error) {
	i := m.intent()
	m.s.Intent.State = ready
	f := i.Fulfilment
	if f != nil && f.Hooked && !f.Inactive {
		if m.in.Hooked {
			return m.ask(fulfilmentStage, "", true, ""), nil
		}
		m.note("the fulfilment of %s wants a function, and none is known for the bot: it succeeds as in Lex without one", i.Name)
	} else if f != nil && !f.Inactive {
		m.s.Intent.State = fulfilled
	}
	return m.fulfilled(nil), nil
}

// fulfilled is what follows a fulfilment that needed no function, or one that succeeded. Messages of
// the function stand for the response.
func (m *machine) fulfilled(said []Message) then {
	i := m.intent()
	m.activate(i)
	if i.Fulfilment == nil {
		return m.closing
	}
	return m.after(i.Fulfilment.Success, place{stage: fulfilmentStage, conditional: i.Fulfilment.Success.Conditional, otherwise: m.closing}, said)
}

// after says and does an outcome; messages of a function stand for its response.
func (m *machine) after(o Outcome, at place, said []Message) then {
	if len(said) == 0 {
		m.say(o.Response)
	}
	at.conditional = o.Conditional
	at.hook = nil
	return m.follow(o.Next, at, true)
}

// activate makes the output contexts of an intent active.
func (m *machine) activate(i *Intent) {
	for _, o := range i.Outputs {
		attributes := map[string]string{}
		for name, v := range m.s.Intent.Slots {
			if text, ok := v.text(); ok {
				attributes[name] = text
			}
		}
		kept := m.s.Contexts[:0:0]
		for _, c := range m.s.Contexts {
			if c.Name != o.Name {
				kept = append(kept, c)
			}
		}
		m.s.Contexts = append(kept, Context{Name: o.Name, Until: m.in.Now.Add(time.Duration(o.Seconds) * time.Second), Turns: o.Turns, Attributes: attributes})
	}
}

// closing is the last stage.
func (m *machine) closing() (then, error) {
	c := m.intent().Closing
	if c == nil || !c.On {
		return m.end, nil
	}
	m.say(c.Response)
	return m.follow(c.Next, m.placeOf(closingStage, ""), true), nil
}

// end ends the conversation about the intent.
func (m *machine) end() (then, error) {
	if m.s.Intent != nil && m.s.Intent.State == inProgress {
		m.s.Intent.State = ready
	}
	m.s.Dialog, m.s.Asked, m.s.Attempt = closeDialog, "", 0
	return nil, nil
}
