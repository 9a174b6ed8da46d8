package lex

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"time"
)

// What stands on the wire of the runtime API and in the events of functions.
type (
	wireContext struct {
		Name       string `json:"name"`
		TimeToLive struct {
			Seconds int `json:"timeToLiveInSeconds"`
			Turns   int `json:"turnsToLive"`
		} `json:"timeToLive"`
		Attributes map[string]string `json:"contextAttributes"`
	}
	wireScalar struct {
		Original    string   `json:"originalValue"`
		Interpreted *string  `json:"interpretedValue"`
		Resolved    []string `json:"resolvedValues"`
	}
	wireValue struct {
		Shape  string       `json:"shape"`
		Value  *wireScalar  `json:"value,omitempty"`
		Values []*wireValue `json:"values,omitempty"`
	}
	wireIntent struct {
		Name         string                `json:"name"`
		Slots        map[string]*wireValue `json:"slots"`
		State        string                `json:"state"`
		Confirmation string                `json:"confirmationState"`
	}
	wireAction struct {
		Type string `json:"type"`
		Slot string `json:"slotToElicit,omitempty"`
	}
)

// State is a session's state as the runtime API shows it.
type State struct {
	DialogAction      *wireAction       `json:"dialogAction,omitempty"`
	Intent            *wireIntent       `json:"intent,omitempty"`
	ActiveContexts    []wireContext     `json:"activeContexts"`
	SessionAttributes map[string]string `json:"sessionAttributes"`
	RequestID         string            `json:"originatingRequestId,omitempty"`
}

// Interpretation is one reading of a text. Confidence is an object in the API, and a number in the
// event of a function.
type Interpretation struct {
	Intent     *wireIntent `json:"intent"`
	Confidence any         `json:"nluConfidence,omitempty"`
	Source     string      `json:"interpretationSource"`
}

func (v *Value) wire() *wireValue {
	if v == nil {
		return nil
	}
	w := &wireValue{Shape: "Scalar", Value: &wireScalar{v.Original, v.Interpreted, append([]string{}, v.Resolved...)}}
	if len(v.Values) > 0 {
		w.Shape = "List"
		for _, one := range v.Values {
			w.Values = append(w.Values, one.wire())
		}
	}
	return w
}

// readValue reads a slot's value; nil for one that is not filled.
func readValue(raw json.RawMessage) (*Value, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil //nolint:nilnil // null is no value
	}
	var w wireValue
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, errors.New("it is no object with shape and value")
	}
	return w.value(), nil
}

func (w *wireValue) value() *Value {
	if w == nil || w.Value == nil && len(w.Values) == 0 {
		return nil
	}
	v := &Value{}
	if w.Value != nil {
		v.Original, v.Interpreted, v.Resolved = w.Value.Original, w.Value.Interpreted, w.Value.Resolved
	}
	for _, one := range w.Values {
		if inner := one.value(); inner != nil {
			v.Values = append(v.Values, inner)
		}
	}
	return v
}

// wire is an intent with all its slots, those that are not filled as null.
func (l *Locale) wire(name string, r *Running, state string) *wireIntent {
	w := &wireIntent{Name: name, Slots: map[string]*wireValue{}, State: state, Confirmation: undecided}
	if i := l.byName[name]; i != nil {
		for _, s := range i.Slots {
			w.Slots[s.Name] = nil
		}
	}
	if r != nil && r.Name == name {
		w.Confirmation = r.Confirmation
		for slot, v := range r.Slots {
			w.Slots[slot] = v.wire()
		}
	}
	return w
}

// State is the session's state as the runtime API shows it.
func (l *Locale) State(s *Session) State {
	state := State{ActiveContexts: []wireContext{}, SessionAttributes: maps.Clone(s.Attributes)}
	if state.SessionAttributes == nil {
		state.SessionAttributes = map[string]string{}
	}
	for _, c := range s.Contexts {
		w := wireContext{Name: c.Name, Attributes: c.Attributes}
		w.TimeToLive.Seconds, w.TimeToLive.Turns = max(0, int(c.Until.Sub(s.Used).Seconds())), c.Turns
		state.ActiveContexts = append(state.ActiveContexts, w)
	}
	if s.Intent != nil {
		state.Intent = l.wire(s.Intent.Name, s.Intent, s.Intent.State)
	}
	if s.Dialog != "" {
		state.DialogAction = &wireAction{s.Dialog, s.Asked}
	}
	return state
}

func contextsOf(wire []wireContext, now time.Time) []Context {
	contexts := []Context{}
	for _, w := range wire {
		contexts = append(contexts, Context{w.Name, now.Add(time.Duration(w.TimeToLive.Seconds) * time.Second), w.TimeToLive.Turns, w.Attributes})
	}
	return contexts
}

// Interpretations are the readings of the last text, the best first. The fallback stands where the
// threshold is, and has no score. number says that scores are bare numbers, as in events.
func (l *Locale) Interpretations(s *Session, number bool) []Interpretation {
	confidence := func(score float64) any {
		if number {
			return score
		}
		return map[string]float64{"score": score}
	}
	state := inProgress
	if s.Intent != nil {
		state = s.Intent.State
	}
	var all []Interpretation
	fallback := l.Fallback()
	add := func(name string, score float64) {
		in := Interpretation{Intent: l.wire(name, s.Intent, state), Source: "Lex"}
		if name != fallback.Name {
			in.Confidence = confidence(score)
		}
		all = append(all, in)
	}
	running, below := "", s.Intent != nil && s.Intent.Name == fallback.Name
	if s.Intent != nil {
		running = s.Intent.Name
		score := 1.0
		if s.Match != nil && s.Match.Intent == running {
			score = s.Match.Score
		}
		add(running, score)
	}
	if s.Match != nil {
		for _, b := range s.Match.Best {
			if b.Intent == running || len(all) == 5 {
				continue
			}
			if !below && b.Score < l.threshold() {
				add(fallback.Name, 0)
				below = true
			}
			add(b.Intent, b.Score)
		}
	}
	if !below && len(all) < 5 {
		add(fallback.Name, 0)
	}
	return all[:min(5, len(all))]
}

// Caller is who calls a bot, as the event of a function tells it.
type Caller struct {
	SessionID, RequestID                           string
	BotID, BotName, BotVersion, AliasID, AliasName string
}

// Event is the event of a code hook: JSON, as Lex sends it for a text.
//
// Source: "AWS Lambda input event for Lex V2" in the developer guide, and logged events.
func (l *Locale) Event(turn *Turn, in Input, by Caller) ([]byte, error) {
	s := &turn.Session
	type event struct {
		Version     string `json:"messageVersion"`
		Source      string `json:"invocationSource"`
		Label       string `json:"invocationLabel,omitempty"`
		InputMode   string `json:"inputMode"`
		ContentType string `json:"responseContentType"`
		SessionID   string `json:"sessionId"`
		Transcript  string `json:"inputTranscript"`
		Bot         any    `json:"bot"`
		Readings    any    `json:"interpretations"`
		Proposed    any    `json:"proposedNextState"`
		Request     any    `json:"requestAttributes"`
		State       State  `json:"sessionState"`
		Transcripts any    `json:"transcriptions"`
	}
	state := l.State(s)
	state.DialogAction, state.RequestID = nil, by.RequestID
	e := event{
		Version: "1.0", Source: turn.Call.Source, Label: turn.Call.Label, InputMode: "Text", ContentType: "text/plain; charset=utf-8",
		SessionID: by.SessionID, Transcript: s.Transcript, Readings: l.Interpretations(s, true), Request: in.Request, State: state,
		Bot: map[string]string{
			"id": by.BotID, "name": by.BotName, "aliasId": by.AliasID, "aliasName": by.AliasName, "localeId": l.ID, "version": by.BotVersion,
		},
	}
	resolved := map[string]*wireValue{}
	for name, v := range s.Intent.Slots {
		resolved[name] = v.wire()
	}
	e.Transcripts = []any{map[string]any{
		"transcription": s.Transcript, "transcriptionConfidence": 1.0, "resolvedContext": map[string]string{"intent": s.Intent.Name}, "resolvedSlots": resolved,
	}}
	if turn.Call.Proposed != "" {
		e.Proposed = map[string]any{
			"dialogAction": wireAction{elicitSlot, turn.Call.Proposed}, "intent": state.Intent, "prompt": map[string]string{"attempt": turn.Call.Attempt},
		}
	}
	return json.Marshal(e) //nolint:wrapcheck // maps and texts always encode
}

// Running is the name and the state of the intent; empty for none.
func (s *State) Running() (name, state string) {
	if s.Intent == nil {
		return "", ""
	}
	return s.Intent.Name, s.Intent.State
}

// Waits reports whether the bot waits for the customer.
func (s *State) Waits() bool { return s.DialogAction != nil && s.DialogAction.Type != closeDialog }

// Slots are the interpreted values of the intent's slots; empty for one that is not filled.
func (s *State) Slots() map[string]string { return s.Intent.texts() }

// Name is the name of the intent.
func (i *Interpretation) Name() string {
	if i.Intent == nil {
		return ""
	}
	return i.Intent.Name
}

// Slots are the interpreted values of the intent's slots.
func (i *Interpretation) Slots() map[string]string { return i.Intent.texts() }

// Score is the score as a text; empty for none.
func (i *Interpretation) Score() string {
	switch c := i.Confidence.(type) {
	case map[string]float64:
		return strconv.FormatFloat(c["score"], 'g', -1, 64)
	case map[string]any:
		if score, ok := c["score"].(float64); ok {
			return strconv.FormatFloat(score, 'g', -1, 64)
		}
	case float64:
		return strconv.FormatFloat(c, 'g', -1, 64)
	}
	return ""
}

func (i *wireIntent) texts() map[string]string {
	out := map[string]string{}
	if i == nil {
		return out
	}
	for name, v := range i.Slots {
		out[name] = v.value().Text()
	}
	return out
}
