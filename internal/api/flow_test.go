package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

// flows are a library of one flow: it greets, compares, waits for the customer, and stops at a
// failure that has no branch.
func flows(t *testing.T) *flowrun.Library {
	t.Helper()
	to := func(next string, errors ...flow.ErrorTransition) flow.Transitions {
		return flow.Transitions{NextAction: next, Errors: errors}
	}
	onResult := func(result, next string) []flow.ConditionalTransition {
		return []flow.ConditionalTransition{{NextAction: next, Condition: flow.Condition{Operator: "Equals", Operands: []any{result}}}}
	}
	p, findings := flow.Compile(flow.Source{File: "main.json", Document: flow.Document{
		Version: flow.Version, StartAction: "Greet", Metadata: flow.Metadata{Name: "Main", ActionMetadata: map[string]flow.ActionMetadata{"Greet": {IsFriendlyName: true}}},
		Actions: []flow.Action{
			{Identifier: "Greet", Type: "MessageParticipant", Parameters: map[string]any{"Text": "Hello, $.Attributes.tier customer with $.Attributes.apiKey."}, Transitions: to("log")},
			{Identifier: "log", Type: "UpdateFlowLoggingBehavior", Parameters: map[string]any{"FlowLoggingBehavior": "Enabled"}, Transitions: to("tier")},
			{Identifier: "tier", Type: "Compare", Parameters: map[string]any{"ComparisonValue": "$.Attributes.tier"}, Transitions: flow.Transitions{
				Conditions: onResult("gold", "pause"), Errors: []flow.ErrorTransition{{NextAction: "menu", ErrorType: "NoMatchingCondition"}},
			}},
			{Identifier: "pause", Type: "Wait", Parameters: map[string]any{"TimeLimitSeconds": "60", "Events": []any{"CustomerReturned"}}, Transitions: flow.Transitions{
				NextAction: "menu", Conditions: onResult("CustomerReturned", "menu"), Errors: []flow.ErrorTransition{{NextAction: "menu", ErrorType: "NoMatchingError"}},
			}},
			{Identifier: "menu", Type: "GetParticipantInput", Parameters: map[string]any{"Text": "1 or 2?", "StoreInput": "False"}, Transitions: to("")},
		},
	}})
	if p == nil {
		t.Fatal(findings)
	}
	library := flowrun.NewLibrary(nil)
	library.Set([]*flow.Program{p})
	return library
}

func TestTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{Library: flows(t)}})
	s := w.listen("topics=flow", "")
	s.wantHello()
	const key = "AKIAIOSFODNN7CANARY"
	c := w.open(`{"Attributes":{"tier":"gold","apiKey":"` + key + `"}}`)
	path := "/api/contacts/" + c.id + "/flow"
	if e := s.next(); e.Name != "flow" || !strings.Contains(e.Data, `"name":"Greet"`) || !strings.Contains(e.Data, c.id) || strings.Contains(e.Data, key) {
		t.Errorf("first %+v", e)
	}
	s.until("flow", `"action":"tier"`)
	before := w.get(path)
	if n := len(list(before.at("steps"))); n != 3 || before.text("contactId") != c.id {
		t.Fatalf("%d steps before the customer says something: %s", n, before.Body)
	}
	if got := before.text("steps", 0, "parameters", "Text"); !strings.HasPrefix(got, "Hello, gold customer with •••") {
		t.Errorf("the greeting has the parameter %q", got)
	}
	if before.at("steps", 0, "logged") != nil || before.at("steps", 1, "logged") != true || before.text("steps", 2, "branch") != "gold" || before.text("steps", 2, "flowName") != "Main" {
		t.Errorf("%s", before.Body)
	}

	c.say("go on")
	told := s.until("flow", `its flow stops`)
	if strings.Contains(told.Data, `"action"`) {
		t.Errorf("what became of the flow names a block: %s", told.Data)
	}
	after := w.get(path)
	steps := list(after.at("steps"))
	if len(steps) != 6 || after.text("steps", 3, "result") != "CustomerReturned" || after.at("steps", 4, "failed") != true || after.text("steps", 4, "note") == "" {
		t.Fatalf("at the end: %s", after.Body)
	}
	seq, _ := object(steps[5])["seq"].(float64)
	x := w.get("/api/exchanges?kind=flow&status=failed")
	if len(list(x.at("exchanges"))) != 1 || x.at("exchanges", 0, "seq") != seq || x.text("exchanges", 0, "problem", "rule") != "contact-flow" {
		t.Errorf("what stops is a failed exchange: %s", x.Body)
	}
	if x := w.get("/api/exchanges?kind=flow&q=1+or+2"); len(list(x.at("exchanges"))) != 1 || x.at("exchanges", 0, "flow", "parameters") != nil {
		t.Errorf("found by a parameter, shown without: %s", x.Body)
	}
	if got := w.get("/api/exchanges/" + w.newest("kind=flow&q=1+or+2")); got.text("flow", "parameters", "Text") != "1 or 2?" {
		t.Errorf("%s", got.Body)
	}
	if got := w.call(http.MethodGet, "/api/contacts/nobody/flow", nil); got.Status != http.StatusNotFound {
		t.Errorf("nobody's flow: %d %s", got.Status, got.Body)
	}
	if other := w.listen("topics=flow&contact=nobody", s.last); other.next().Name != "hello" {
		t.Error("another contact's listener gets this one's steps")
	}

	test := w.get("/api/contacts/" + c.id + "/recorded?form=aws")
	if content := test.text("content"); !strings.Contains(content, `"Text": "Hello, gold customer with"`) || strings.Contains(content, key) || !strings.Contains(test.text("notes", 0), "secret") {
		t.Errorf("recorded: %s", test.Body)
	}
	if got := w.call(http.MethodGet, "/api/contacts/"+c.id+"/recorded?form=tape", nil); got.Status != http.StatusBadRequest {
		t.Errorf("in a form that there is not: %d %s", got.Status, got.Body)
	}
	w.call(http.MethodDelete, "/api/exchanges", nil)
	if got := w.call(http.MethodGet, "/api/contacts/"+c.id+"/recorded", nil); got.Status != http.StatusConflict || !strings.Contains(got.text("error"), "has let its steps go") {
		t.Errorf("with its steps let go: %d %s", got.Status, got.Body)
	}

	deaf := newWorld(t, setup{customers: true})
	if got := deaf.call(http.MethodGet, "/api/contacts/"+c.id+"/recorded", nil); got.Status != http.StatusNotImplemented {
		t.Errorf("recorded without a record: %d %s", got.Status, got.Body)
	}
	if got := deaf.call(http.MethodGet, path, nil); got.Status != http.StatusNotImplemented || !strings.Contains(got.text("error"), "keeps no record") {
		t.Errorf("without a record: %d %s", got.Status, got.Body)
	}
}
