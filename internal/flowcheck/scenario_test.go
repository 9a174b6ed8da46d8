package flowcheck_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
)

// Each rule for scenarios finds something where one thing is changed, in its line, and nothing where a
// flow may take the name from a path.
func TestScenarios(t *testing.T) {
	t.Parallel()
	const played = "scenario: Gold\nflow: f\nanswers:\n  - {function: tier, json: {}}\n  - {bot: Visits, intent: Book}\n  - {block: view, error: NoMatchingError}\nsteps:\n  - expect: {view: form}\n"
	const arns = "arn:aws:connect:eu-central-1:aws:view/"
	as := func(id, block string) string {
		return strings.Replace(block, `"Identifier":"a"`, `"Identifier":"`+id+`"`, 1)
	}
	program := func(view string) []*flow.Program {
		file := read("f.json", inbound(
			block("InvokeLambdaFunction", `{"LambdaFunctionARN":"arn:aws:lambda:eu-central-1:123456789012:function:tier"}`, failures("NoMatchingError")),
			as("bot", block("ConnectParticipantWithLexBot", `{"Text":"Hi","LexBot":{"Name":"Visits","Region":"eu-central-1","Alias":"$LATEST"}}`, failures("NoMatchingError"))),
			as("view", block("ShowView", `{"ViewResource":{"Id":"`+view+`"},"InvocationTimeLimitSeconds":"60","ViewData":{"a":"b"}}`, failures("NoMatchingError")))))
		if len(file.Programs) != 1 {
			t.Fatal(file.Findings)
		}
		return file.Programs
	}
	find := func(name string) string {
		if name == "f" {
			return ""
		}
		return "it is not here"
	}
	own := flowcheck.Flows{Programs: program(arns + "form:2"), Find: find}
	var have []string
	for _, test := range []struct {
		rule     string
		line     int
		from, to string
	}{
		{"", 0, "", ""},
		{"scenario-document", 1, "scenario: Gold", "scenario: [\n"},
		{"scenario-document", 8, "expect", "expekt"},
		{"scenario-flow", 1, "flow: f", "flow: g"},
		{"scenario-entry", 1, "flow: f\n", ""},
		{"scenario-answer", 4, "tier", "tiers"},
		{"scenario-answer", 5, "Visits", "Visit"},
		{"scenario-answer", 6, "block: view", "block: hello"},
		{"scenario-view", 8, "form", "forms"},
		{"", 0, "{view: form}", "form"},
		{"", 0, "{view: form}", "{view: mine}\n  - agent: {sends: {type: a/b, json: {}}}"},
		{"", 0, "block: view, error", "queue: Sales, error"},
	} {
		text := strings.Replace(played, test.from, test.to, 1)
		found := flowcheck.Scenarios("s.yaml", []byte(text), own)
		have = append(have, test.rule)
		if test.rule == "" {
			if len(found) > 0 {
				t.Errorf("%s: %v", text, found)
			}
			continue
		}
		if len(found) == 0 || found[0].Rule != test.rule || found[0].Line != test.line && test.from != "scenario: Gold" || found[0].File != "s.yaml" ||
			!strings.HasPrefix(found[0].Page, "https://") || (test.rule != "scenario-document") != (found[0].Flow == "Gold") {
			t.Errorf("%s for %s: %+v, want %s in line %d", test.to, test.from, found, test.rule, test.line)
		}
	}
	for _, rule := range flowcheck.Rules() {
		if strings.HasPrefix(rule.ID, "scenario-") && !slices.Contains(have, rule.ID) {
			t.Errorf("the rule %s has no case", rule.ID)
		}
	}
	for _, flows := range []flowcheck.Flows{{Programs: program("$.Attributes.view"), Find: find}, {Find: find}} {
		if found := flowcheck.Scenarios("s.yaml", []byte(strings.Replace(played, "view: form", "view: forms", 1)), flows); len(found) > 0 {
			t.Errorf("what may be there: %v", found)
		}
	}
}
