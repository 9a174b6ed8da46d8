package lex

import (
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/lexslot"
)

// surely is the score at which another intent wins over the open question.
const surely = 0.8

// Answered is the rule of a text that answered the open question.
const Answered = "answer"

// interpret finds out what the customer's text means, given what the bot asked last.
func (m *machine) interpret() then {
	if i, slots := m.pinned(); i != nil {
		m.s.Match = &Match{Intent: i.Name, Score: 1, Rule: Pinned, Slots: slots}
		return func() (then, error) { return m.start(i.Name, slots, false) }
	}
	i := m.intent()
	switch {
	case i == nil || m.s.Dialog == closeDialog || m.s.Dialog == "":
	case m.s.Dialog == elicitIntent && i.generative():
		m.s.Match = &Match{Intent: i.Name, Rule: Served}
		return m.generate(i)
	case m.s.Dialog == elicitSlot && i.Slot(m.s.Asked) != nil:
		return m.slotAnswer(i, i.Slot(m.s.Asked))
	case m.s.Dialog == confirmIntent:
		return m.confirmAnswer(i)
	}
	return m.intentAnswer()
}

// pinned is what the configuration says that the text means.
func (m *machine) pinned() (*Intent, map[string]*Value) {
	if len(m.in.Options.Pinned) == 0 {
		return nil, nil
	}
	plain := lexslot.Plain(m.in.Text)
	for _, text := range slices.Sorted(maps.Keys(m.in.Options.Pinned)) {
		if lexslot.Plain(text) != plain {
			continue
		}
		pin := m.in.Options.Pinned[text]
		slots := map[string]*Value{}
		for name, value := range pin.Slots {
			slots[name] = &Value{Original: value, Interpreted: &value, Resolved: []string{value}}
		}
		return m.l.byName[pin.Intent], slots
	}
	return nil, nil
}

// open reports whether a text may begin an intent now.
func (m *machine) open(i *Intent) bool {
	if i.Is("AMAZON.FallbackIntent") || i.generative() {
		return false
	}
	for _, c := range i.Inputs {
		if !m.s.active(c) {
			return false
		}
	}
	return true
}

// Match looks a text up, as if nothing had been asked. It is what [Locale.Step] does with a text that
// begins a conversation.
func (l *Locale) Match(text string, in Input) Match {
	m := &machine{l: l, s: &Session{}, in: in}
	m.in.Text = text
	return m.match(m.open)
}

// match finds the intent that a text means; the rule is [Unmatched] when there is none.
func (m *machine) match(allowed func(*Intent) bool) Match {
	q := m.l.newQuery(m.in.Text, m.in.Now, allowed)
	found, exact := q.exact()
	guesses := q.similar(4)
	if !exact {
		found = Match{Rule: Unmatched}
		if len(guesses) > 0 {
			g := guesses[0]
			found = Match{Intent: g.u.intent.Name, Score: g.score, Rule: Similar, Nearest: g.u.text, Slots: g.slots}
		}
	}
	for _, g := range guesses {
		name := g.u.intent.Name
		if exact && name == found.Intent {
			found.Best = append([]Scored{{name, found.Score, found.Nearest}}, found.Best...)
			continue
		}
		found.Best = append(found.Best, Scored{name, g.score, g.u.text})
		if found.RunnerUp == "" && name != found.Intent {
			found.RunnerUp, found.RunnerUpScore = name, g.score
		}
	}
	if found.Rule != Similar {
		return found
	}
	limit := m.l.threshold()
	found.Borderline = found.Score < limit+margin && found.Score > limit-margin || found.Score >= limit && found.Score-found.RunnerUpScore < margin
	if found.Score < limit || found.Score-found.RunnerUpScore < ambiguity || m.in.Options.Strict {
		found.Rule, found.Intent, found.Slots = Unmatched, "", nil
	}
	return found
}

// intentAnswer finds the intent that the text means, and begins it.
func (m *machine) intentAnswer() then {
	found := m.match(m.open)
	m.s.Match = &found
	if found.Rule != Unmatched {
		m.doubtful(&found)
		return func() (then, error) { return m.start(found.Intent, found.Slots, false) }
	}
	for _, i := range m.l.Intents {
		if i.generative() {
			found.Intent, found.Rule = i.Name, Served
			return func() (then, error) { return m.start(i.Name, nil, false) }
		}
	}
	found.Intent = m.l.Fallback().Name
	if m.offered() {
		m.note("the text was offered by the bot's own message, and no intent knows it: add it as an utterance")
	}
	m.doubtful(&found)
	return m.fallback
}

// doubtful notes a guess that the real Lex may well make otherwise.
func (m *machine) doubtful(found *Match) {
	if !found.Borderline {
		return
	}
	if found.Rule == Unmatched {
		m.note("borderline: the text was not understood, %s had %.2f by %q; add it as an utterance, or pin it", found.Best[0].Intent, found.Best[0].Score, found.Nearest)
		return
	}
	behind := ""
	if found.RunnerUp != "" {
		behind = ", " + found.RunnerUp + " behind"
	}
	m.note("borderline: the text is taken for %s with %.2f by %q%s; add it as an utterance, or pin it", found.Intent, found.Score, found.Nearest, behind)
}

// other finds another intent that the text surely means, while a question is open.
func (m *machine) other(exactOnly bool) (Match, bool) {
	found := m.match(func(i *Intent) bool { return m.open(i) && i.Name != m.s.Intent.Name })
	if found.Rule == Exact || found.Rule == Filled {
		return found, true
	}
	return found, !exactOnly && found.Rule == Similar && found.Score >= surely
}

// switchTo begins the intent that the customer changed to.
func (m *machine) switchTo(found Match) then {
	m.s.Match = &found
	return func() (then, error) { return m.start(found.Intent, found.Slots, false) }
}

// slotAnswer reads the text as the answer to the question for a slot.
func (m *machine) slotAnswer(i *Intent, slot *Slot) then {
	value, how := m.read(slot)
	free := strings.EqualFold(slot.Type, "AMAZON.FreeFormInput")
	exactly := how == sure && lexslot.Plain(value.Original) == lexslot.Plain(m.in.Text)
	if !free && !exactly && !m.offered() {
		if found, ok := m.other(how == sure); ok {
			return m.switchTo(found)
		}
	}
	m.s.Match = &Match{Intent: i.Name, Score: 1, Rule: Answered}
	if how != unread {
		m.s.Intent.Slots[slot.Name] = value
		if value.Unlisted {
			m.note("the answer is none of the values of slot %s: accepted, as its type takes what is similar", slot.Name)
		}
	}
	understood := how != unread && (value.Interpreted != nil || len(value.Values) > 0)
	if m.called(slot.Capture.Elicitation) {
		return func() (then, error) {
			return m.ask(elicitationStage, slot.Name, understood, label(slot.Capture.Elicitation)), nil
		}
	}
	if !understood && m.offered() {
		m.note("the text was offered by the bot's own message, and is no value of slot %s: add it to the type %s", slot.Name, slot.Type)
	}
	return m.attempted(slot, understood)
}

// read reads the text for a slot, by the slot's own utterances first.
func (m *machine) read(slot *Slot) (*Value, reading) {
	q := &query{l: m.l, text: m.in.Text, today: m.in.Now, words: lexslot.Words(m.in.Text, m.l.index.letters)}
	for n := range slot.phrases {
		if filled, ok := q.align(&slot.phrases[n]); ok {
			maps.Copy(m.s.Intent.Slots, filled)
			if v := filled[slot.Name]; v != nil {
				if v.Interpreted == nil { // the words around it may decide
					break
				}
				return v, sure
			}
		}
	}
	return m.l.resolve(slot, m.in.Text, true, m.in.Now)
}

// attempted goes on after an attempt at a slot, and after its hook.
func (m *machine) attempted(slot *Slot, understood bool) then {
	if understood {
		m.s.Attempt = 0
		return m.captured(slot, true)
	}
	delete(m.s.Intent.Slots, slot.Name)
	return m.missed(slot)
}

// called reports whether the hook after an attempt is called: it is on, the intent's hooks are, and
// there is a function. An older bot, that has no steps, calls it at every turn.
func (m *machine) called(e *Elicitation) bool {
	i := m.intent()
	return m.in.Hooked && i.Hooked && (e != nil && e.On || i.Initial == nil)
}

func label(e *Elicitation) string {
	if e == nil {
		return ""
	}
	return e.Label
}

// confirmAnswer reads the text as the answer to a confirmation.
func (m *machine) confirmAnswer(i *Intent) then {
	yes, understood := lexslot.Decided(m.in.Text, m.l.ID)
	if !understood && !m.offered() {
		if found, ok := m.other(false); ok {
			return m.switchTo(found)
		}
	}
	own := m.match(func(o *Intent) bool { return o == i })
	m.s.Match = &Match{Intent: i.Name, Score: 1, Rule: Answered}
	if own.Rule == Filled && len(own.Slots) > 0 { // "no, three of them": changed, and asked again
		maps.Copy(m.s.Intent.Slots, own.Slots)
		return m.confirm(false)
	}
	if understood {
		m.s.Intent.Confirmation = denied
		if yes {
			m.s.Intent.Confirmation = confirmed
		}
	}
	var elicitation *Elicitation
	if i.Confirmation != nil {
		elicitation = i.Confirmation.Elicitation
	}
	if m.called(elicitation) {
		return func() (then, error) { return m.ask(promptStage, "", understood, label(elicitation)), nil }
	}
	return m.answeredConfirmation()
}

// answeredConfirmation goes on after an answer to a confirmation, and after its hook.
func (m *machine) answeredConfirmation() then {
	switch m.s.Intent.Confirmation {
	case confirmed:
		return m.decided(true)
	case denied:
		return m.decided(false)
	}
	return m.unsure()
}

// generate answers for an intent for which a service answers: as the configuration or the service
// says, else the fallback follows.
func (m *machine) generate(i *Intent) then {
	if m.in.Options.Served[i.Name] {
		m.s.Pending = &Pending{Stage: serviceStage, Messages: m.out, Steps: m.steps, Notes: m.notes}
		m.call = &Call{Service: i.Name}
		return nil
	}
	if g := Choose(m.in.Options.Generated[i.Name], m.s.Transcript); g != nil {
		filled := *g
		filled.Say, filled.Attributes = m.fill(g.Say), maps.Clone(g.Attributes)
		for key, value := range filled.Attributes {
			filled.Attributes[key] = m.fill(value)
		}
		return m.generated(i, &filled)
	}
	m.note("%s is answered by a service, and the configuration has no answer for it: write one under answers, or the fallback follows", i.Name)
	return m.fallback
}

// generated goes on with the answer of a service. An AI agent goes on with the conversation until it
// hands it back.
func (m *machine) generated(i *Intent, g *Generated) then {
	next := maps.Clone(m.s.Attributes)
	if next == nil {
		next = map[string]string{}
	}
	maps.Copy(next, g.Attributes)
	if g.Tool != "" {
		next["Tool"] = g.Tool
	}
	m.s.Attributes = next
	m.out = append(m.out, g.Said()...)
	if g.Ends() || !i.Is("AMAZON.QinConnectIntent") {
		m.s.Intent.State = fulfilled
		return m.end
	}
	m.s.Dialog, m.s.Asked = elicitIntent, ""
	return nil
}
