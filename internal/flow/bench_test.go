package flow

import (
	"fmt"
	"maps"
	"testing"
)

// chain is a flow whose actions follow each other, as far as they do not say something else.
func chain(b *testing.B, actions ...Action) *Program {
	b.Helper()
	for i := range actions {
		if a := &actions[i]; a.Transitions.NextAction == "" && i+1 < len(actions) {
			a.Transitions.NextAction = actions[i+1].Identifier
			a.Transitions.Errors = []ErrorTransition{{NextAction: actions[len(actions)-1].Identifier, ErrorType: noMatch}}
		}
	}
	p, findings := Compile(Source{File: "bench", Document: Document{Version: Version, StartAction: actions[0].Identifier, Actions: actions}})
	if p == nil {
		b.Fatal(findings)
	}
	return p
}

// monologue runs a flow that waits for nobody to its end, and returns how often it spoke.
func monologue(b *testing.B, p *Program, contact *Contact) (said int) {
	b.Helper()
	state, event := Begin(p, Kept{}), Event{Kind: Started}
	for {
		turn, err := Step(p, state, Input{Contact: *contact, Event: event})
		if err != nil {
			b.Fatal(err)
		}
		for i := range turn.Effects {
			switch e := &turn.Effects[i]; e.Kind { //nolint:exhaustive // a flow that asks nothing
			case Say:
				said++
			case SetAttributes:
				next := make(map[string]string, len(contact.Attributes)+len(e.Attributes))
				maps.Copy(next, contact.Attributes)
				maps.Copy(next, e.Attributes)
				contact.Attributes = next
			case End:
				return said
			}
		}
		if !turn.Continues {
			b.Fatalf("the flow waits at %+v", turn.State.Frames)
		}
		state = turn.State
	}
}

// BenchmarkMixedFlow is a conversation of twenty blocks: texts with paths, attributes, compares and a
// loop, through which 29 actions run. BenchmarkMixedGo is the same written out.
func BenchmarkMixedFlow(b *testing.B) {
	say := func(id, text string) Action {
		return Action{Identifier: id, Type: "MessageParticipant", Parameters: map[string]any{"Text": text}}
	}
	set := func(id, key, value string) Action {
		return Action{Identifier: id, Type: "UpdateContactAttributes", Parameters: map[string]any{"Attributes": map[string]any{key: value}}}
	}
	compare := func(id, path, value, then, otherwise string) Action {
		return Action{Identifier: id, Type: "Compare", Parameters: map[string]any{"ComparisonValue": path}, Transitions: Transitions{
			NextAction: otherwise, Errors: []ErrorTransition{{NextAction: otherwise, ErrorType: noMatchingCondition}},
			Conditions: []ConditionalTransition{{NextAction: then, Condition: Condition{Operator: "Equals", Operands: []any{value}}}},
		}}
	}
	again := Action{Identifier: "again", Type: "Loop", Parameters: map[string]any{"LoopCount": "3"}, Transitions: Transitions{
		NextAction: "late", Conditions: []ConditionalTransition{
			{NextAction: "round", Condition: Condition{Operator: "Equals", Operands: []any{continueLooping}}},
			{NextAction: "late", Condition: Condition{Operator: "Equals", Operands: []any{doneLooping}}},
		},
	}}
	round := say("round", "$.Attributes.name, this is one of our offers.")
	mark := set("mark", "offer", "shown to $.Attributes.name")
	mark.Transitions = Transitions{NextAction: "again", Errors: []ErrorTransition{{NextAction: "end", ErrorType: noMatch}}}
	p := chain(b,
		say("hello", "Hello $.Attributes.name!"), set("lang", "language", "en"), compare("gold", "$.Attributes.tier", "gold", "thanks", "plain"),
		say("plain", "You are welcome."), say("thanks", "Thank you for your loyalty, $.Attributes.name."),
		set("queue", "queue", "$.Attributes.tier-queue"), compare("english", "$.Attributes.language", "en", "english1", "end"),
		say("english1", "We speak English."), say("terms", "These are our terms."), set("seen", "terms", "seen"),
		compare("check", "$.Attributes.terms", "seen", "again", "end"), again, round, mark,
		say("late", "That was all, $.Attributes.name."), set("done", "state", "done"), compare("state", "$.Attributes.state", "done", "bye", "end"),
		say("bye", "Goodbye $.Attributes.name."), say("last", "Come back soon."), Action{Identifier: "end", Type: "DisconnectParticipant"},
	)
	b.ReportAllocs()
	for b.Loop() {
		if said := monologue(b, p, &Contact{Attributes: map[string]string{"name": "Ada", "tier": "gold"}}); said != 10 {
			b.Fatal(said)
		}
	}
}

// BenchmarkMixedGo does what BenchmarkMixedFlow does, without a flow: each text is said by itself,
// and attributes are changed all or none.
func BenchmarkMixedGo(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if said := mixed(map[string]string{"name": "Ada", "tier": "gold"}); len(said) != 10 {
			b.Fatal(said)
		}
	}
}

func mixed(attributes map[string]string) (said []string) {
	say := func(text string) { said = append(said, text) }
	update := func(key, value string) {
		next := make(map[string]string, len(attributes)+1)
		maps.Copy(next, attributes)
		next[key] = value
		attributes = next
	}
	say(fmt.Sprintf("Hello %s!", attributes["name"]))
	update("language", "en")
	if attributes["tier"] != "gold" {
		say("You are welcome.")
	}
	say(fmt.Sprintf("Thank you for your loyalty, %s.", attributes["name"]))
	update("queue", attributes["tier"]+"-queue")
	if attributes["language"] != "en" {
		return said
	}
	say("We speak English.")
	say("These are our terms.")
	update("terms", "seen")
	if attributes["terms"] != "seen" {
		return said
	}
	for range 3 {
		say(fmt.Sprintf("%s, this is one of our offers.", attributes["name"]))
		update("offer", "shown to "+attributes["name"])
	}
	say(fmt.Sprintf("That was all, %s.", attributes["name"]))
	update("state", "done")
	if attributes["state"] != "done" {
		return said
	}
	say(fmt.Sprintf("Goodbye %s.", attributes["name"]))
	say("Come back soon.")
	return said
}
