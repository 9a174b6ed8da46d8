package flow_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
)

// What a chat can take counts: not the branch of calls, nor a failure that an action cannot have, nor
// what comes after a transfer.
func TestRowS5Passable(t *testing.T) {
	t.Parallel()
	const text = `{"Version":"2019-10-30","StartAction":"which","Actions":[
		{"Identifier":"which","Type":"Compare","Parameters":{"ComparisonValue":"$.Channel"},"Transitions":{"NextAction":"call","Conditions":[{"NextAction":"wait","Condition":{"Operator":"Equals","Operands":["CHAT"]}}],"Errors":[{"NextAction":"call","ErrorType":"NoMatchingCondition"}]}},
		{"Identifier":"call","Type":"DisconnectParticipant","Transitions":{}},
		{"Identifier":"wait","Type":"Wait","Parameters":{"TimeLimitSeconds":"5"},"Transitions":{"NextAction":"queue","Conditions":[{"NextAction":"queue","Condition":{"Operator":"Equals","Operands":["WaitCompleted"]}}],"Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
		{"Identifier":"queue","Type":"TransferContactToQueue","Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"QueueAtCapacity"},{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
		{"Identifier":"end","Type":"DisconnectParticipant","Transitions":{}}]}`
	want := map[string][]string{
		"which": {"Equals CHAT"}, "wait": {"Equals WaitCompleted"}, "queue": {"QueueAtCapacity", "NoMatchingError"}, "end": {},
	}
	if diff := cmp.Diff(want, passable(t, text)); diff != "" {
		t.Error(diff)
	}
}

// What a result is compared with may be a path, and need not be compared with anything.
func TestPassableWithPaths(t *testing.T) {
	t.Parallel()
	const text = `{"Version":"2019-10-30","StartAction":"which","Actions":[
		{"Identifier":"which","Type":"Compare","Parameters":{"ComparisonValue":"$.Channel"},"Transitions":{"NextAction":"end","Conditions":[
			{"NextAction":"there","Condition":{"Operator":"Equals","Operands":["$.External.channel"]}},{"NextAction":"end","Condition":{"Operator":"Equals","Operands":["$.FlowAttributes.channel"]}}],
			"Errors":[{"NextAction":"end","ErrorType":"NoMatchingCondition"}]}},
		{"Identifier":"there","Type":"Compare","Parameters":{"ComparisonValue":"$.Attributes.name"},"Transitions":{"NextAction":"end","Conditions":[
			{"NextAction":"end","Condition":{"Operator":"KeyExists","Operands":["name"]}}],"Errors":[{"NextAction":"end","ErrorType":"NoMatchingCondition"}]}},
		{"Identifier":"end","Type":"DisconnectParticipant","Transitions":{}}]}`
	want := map[string][]string{
		"which": {"Equals $.External.channel", "Equals $.FlowAttributes.channel", "NoMatchingCondition"}, "there": {"KeyExists name", "NoMatchingCondition"}, "end": {},
	}
	if diff := cmp.Diff(want, passable(t, text)); diff != "" {
		t.Error(diff)
	}
}

// passable are the names of the branches that a chat can take, by the actions that it can come to.
func passable(t *testing.T, text string) map[string][]string {
	t.Helper()
	var d flow.Document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	p, findings := flow.Compile(flow.Source{File: "f.json", Document: d})
	if p == nil {
		t.Fatal(findings)
	}
	got := map[string][]string{}
	for _, each := range p.Passable() {
		names := []string{}
		for _, n := range each.Branches {
			names = append(names, each.Action.Transitions.Branches()[n].String())
		}
		got[each.Action.Identifier] = names
	}
	return got
}

func TestRowS5Taken(t *testing.T) {
	t.Parallel()
	condition := func(operator, operand string) flow.ConditionalTransition {
		return flow.ConditionalTransition{NextAction: "x", Condition: flow.Condition{Operator: operator, Operands: []any{operand}}}
	}
	transitions := flow.Transitions{
		NextAction: "x", Conditions: []flow.ConditionalTransition{condition("NumberLessThan", "5"), condition("NumberGreaterThan", "5"), condition("Equals", "$.Attributes.a")},
		Errors: []flow.ErrorTransition{{NextAction: "x", ErrorType: "NoMatchingError"}},
	}
	for want, row := range map[int]flow.Trace{
		0: {Branch: "5", Result: "3"}, 1: {Branch: "5", Result: "7"}, 2: {Branch: "gold", Result: "gold"}, 3: {Branch: "NextAction"},
		4: {Branch: "NoMatchingError", Failed: true}, -1: {},
	} {
		if got := transitions.Taken(&row); got != want {
			t.Errorf("%+v: %d instead of %d", row, got, want)
		}
	}
}
