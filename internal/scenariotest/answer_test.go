package scenariotest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
)

// asking is a flow that sets a queue, asks something and says what became of it.
func asking(t *testing.T, kind, parameters string) *flowrun.Library {
	t.Helper()
	var asked map[string]any
	if err := json.Unmarshal([]byte(parameters), &asked); err != nil {
		t.Fatal(err)
	}
	lead := func(to string) flow.Transitions {
		return flow.Transitions{
			NextAction: to, Errors: []flow.ErrorTransition{{ErrorType: "NoMatchingError", NextAction: "failed"}, {ErrorType: "NoMatchingCondition", NextAction: to}},
			Conditions: []flow.ConditionalTransition{{NextAction: "closed", Condition: flow.Condition{Operator: "Equals", Operands: []any{"False"}}}},
		}
	}
	says := func(id, text string) flow.Action {
		return flow.Action{Identifier: id, Type: "MessageParticipant", Parameters: map[string]any{"Text": text}, Transitions: lead("end")}
	}
	p, findings := flow.Compile(flow.Source{ID: "asking", Document: flow.Document{Version: flow.Version, StartAction: "queue", Actions: []flow.Action{
		{Identifier: "queue", Type: "UpdateContactTargetQueue", Parameters: map[string]any{"QueueId": "Support"}, Transitions: lead("ask")},
		{Identifier: "ask", Type: kind, Parameters: asked, Transitions: lead("says")},
		says("says", "got $.External.tier$.Lex.IntentName"), says("failed", "it failed"), says("closed", "it is closed"),
		{Identifier: "end", Type: "DisconnectParticipant"},
	}}})
	if p == nil {
		t.Fatal(findings)
	}
	l := flowrun.NewLibrary(nil)
	l.Set([]*flow.Program{p})
	return l
}

// An answer is for the resource that an action names, and not for one whose name stands elsewhere in its
// parameters.
func TestAnswersAreForTheResource(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ kind, parameters, answers, says string }{
		"a function": {
			"InvokeLambdaFunction", `{"LambdaFunctionARN": "arn:aws:lambda:us-east-1:1:function:lookup", "LambdaInvocationAttributes": {"of": "tier"}}`,
			"[{function: tier, json: {tier: silver}}, {function: lookup, json: {tier: gold}}]", "got gold",
		},
		"a function of a name that is passed": {
			"InvokeLambdaFunction", `{"LambdaFunctionARN": "lookup", "LambdaInvocationAttributes": {"of": "tier"}}`,
			"[{function: tier, json: {tier: silver}}]", "it failed",
		},
		"a bot of the name of a text": {
			"ConnectParticipantWithLexBot", `{"LexV2Bot": {"AliasArn": "arn:aws:lex:us-east-1:1:bot-alias/B/A"}, "Text": "hello", "LexSessionAttributes": {"a": "Shop"}}`,
			"[{bot: hello, intent: Wrong}, {bot: Shop, intent: Wrong}, {bot: B/A, intent: Right}]", "got Right",
		},
		"hours": {
			"CheckHoursOfOperation", `{"HoursOfOperationId": "Nights"}`, "[{hours: Days, open: true}, {hours: Nights, open: false}]", "it is closed",
		},
		"the hours of the queue": {
			"CheckHoursOfOperation", `{}`, "[{hours: Days, open: false}]", "it is closed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, problems := scenario.Read("a.scenario.yaml", []byte("scenario: test\nflow: asking\nanswers: "+c.answers+"\nend: ended\n"))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			cfg := scenariotest.Config{Library: asking(t, c.kind, c.parameters), Hours: &hours.Book{Queues: map[string]string{"Support": "Days"}}}
			r := scenariotest.Run(t.Context(), cfg, &all[0])
			if said := string(scenariotest.Transcript(&r.Result)); r.Verdict != flowtest.Passed || !strings.Contains(said, c.says) {
				t.Errorf("%s %s\n%s", r.Verdict, r.Why, said)
			}
		})
	}
}

// A function that is invoked and not waited for leaves the answer of the one before, in the flow and in its
// trace.
func TestAnswerOfAnInvocation(t *testing.T) {
	t.Parallel()
	lead := func(to string) flow.Transitions {
		return flow.Transitions{NextAction: to, Errors: []flow.ErrorTransition{{ErrorType: "NoMatchingError", NextAction: "end"}}}
	}
	p, findings := flow.Compile(flow.Source{ID: "asking", Document: flow.Document{Version: flow.Version, StartAction: "waited", Actions: []flow.Action{
		{Identifier: "waited", Type: "InvokeLambdaFunction", Parameters: map[string]any{"LambdaFunctionARN": "f"}, Transitions: lead("invoked")},
		{Identifier: "invoked", Type: "InvokeLambdaFunction", Parameters: map[string]any{"LambdaFunctionARN": "g", "InvocationType": "ASYNCHRONOUS"}, Transitions: lead("says")},
		{Identifier: "says", Type: "MessageParticipant", Parameters: map[string]any{"Text": "$.External.tier and $.LambdaInvocation.ResultData.tier"}, Transitions: lead("end")},
		{Identifier: "end", Type: "DisconnectParticipant"},
	}}})
	if p == nil {
		t.Fatal(findings)
	}
	l := flowrun.NewLibrary(nil)
	l.Set([]*flow.Program{p})
	all, problems := scenario.Read("a.scenario.yaml", []byte(`{scenario: test, flow: asking, answers: [{function: f, json: {tier: gold}}, {function: g, json: {tier: silver}, after: 5s}], steps: [expect: gold and silver]}`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := scenariotest.Run(t.Context(), scenariotest.Config{Library: l}, &all[0])
	if r.Verdict != flowtest.Passed {
		t.Errorf("%s %s\n%s", r.Verdict, r.Why, scenariotest.Transcript(&r.Result))
	}
	answers := map[string]any{}
	for i := range r.Result.Way {
		answers[r.Result.Way[i].Action] = r.Result.Way[i].External
	}
	if answers["waited"] == nil || answers["invoked"] != nil {
		t.Error(answers)
	}
}
