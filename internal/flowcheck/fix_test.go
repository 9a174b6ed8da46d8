package flowcheck_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
)

// untidy is a flow with each thing that has one right form, spaced as nobody's encoder would.
const untidy = `{"Version" : "2019-10-31",
  "StartAction":"tag", "Metadata":{"type":"contactFlow", "note":"\u00e4\/ä", "n": 1.50},
  "Actions":[
    { "Identifier":"tag","Type":"UnTagContact", "Parameters":{"TagKeys":["a"]},
      "Transitions":{"NextAction":"route",   "Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]} },
    {"Identifier":"route","Type":"UpdateContactRoutingBehavior","Parameters":{"QueuePriority":"1"},
     "Transitions":{"NextAction":"wait","Errors":[ {"NextAction":"end","ErrorType":"NoMatchingError"} ]}},
    {"Identifier":"wait","Type":"wait","Parameters":{"TimeoutSeconds" : 5},
     "Transitions":{
       "Errors":[{"NextAction":"attributes","ErrorType":"NoMatchingError"}],
       "Conditions":[{"NextAction":"attributes","Condition":{"Operator":"Equals","Operands":["WaitCompleted"]}}]}},
    {"Identifier":"attributes","Type":"UpdateFlowAttributes","Parameters":{"FlowAttributes":{"a": "b", "c":{"Value":"d"}}},
     "Transitions":{"NextAction":"share","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
    {"Identifier":"share","Type":"DistributeByPercentage",
     "Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingCondition"}],
       "Conditions":[{"NextAction":"end","Condition":{"Operator":"NumericLessThan","Operands":["51"]}}]}},
    {"Identifier":"end", "Type":"DisconnectParticipant",
     "Transitions":{}}
  ]}
`

// tidy is what becomes of it, line for line.
func tidy() string {
	return strings.NewReplacer(
		"2019-10-31", "2019-10-30",
		"UnTagContact", "UntagContact",
		`[ {"NextAction":"end","ErrorType":"NoMatchingError"} ]`, `[]`,
		`"Type":"wait"`, `"Type":"Wait"`,
		`"TimeoutSeconds"`, `"TimeLimitSeconds"`,
		`"Operands":["WaitCompleted"]}}]}},`, `"Operands":["WaitCompleted"]}}],
       "NextAction":"attributes"}},`,
		`{"a": "b",`, `{"a": {"Value": "b"},`,
		`"Type":"DistributeByPercentage"`, `"Type":"DistributeByPercentage","Parameters":{}`,
		"NumericLessThan", "NumberLessThan",
		`"Type":"DisconnectParticipant"`, `"Type":"DisconnectParticipant", "Parameters":{}`,
	).Replace(untidy)
}

func TestFix(t *testing.T) {
	t.Parallel()
	got, fixed := flowcheck.Fix([]byte(untidy))
	if diff := cmp.Diff(tidy(), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var rules []string
	for _, f := range fixed {
		rules = append(rules, f.Rule)
	}
	slices.Sort(rules)
	var can []string
	for _, rule := range flowcheck.Rules() {
		if rule.Fix != "" && !strings.HasPrefix(rule.ID, "test-") { // TestFixTestCases has those
			can = append(can, rule.ID)
		}
	}
	slices.Sort(can)
	if diff := cmp.Diff(can, slices.Compact(rules)); diff != "" {
		t.Errorf("the rules that say they fix, and those that did (-say +did):\n%s", diff)
	}
	for _, f := range check(read("f.json", string(got))) {
		t.Error(f.Level, f.Rule, f)
	}
	if again, more := flowcheck.Fix(got); len(more) > 0 || string(again) != string(got) {
		t.Errorf("a second time: %v", more)
	}
}

// A flow is changed within what its file wraps it in, and the rest of the text stays as it was
// written, with its escapes.
func TestFixWrapped(t *testing.T) {
	t.Parallel()
	quoted := func(text string) string {
		text = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "ä", `\u00E4`, "5", `\u0035`).Replace(text)
		return `"` + text + `"`
	}
	for name, wrap := range map[string]func(flow string) string{
		"mark": func(flow string) string { return "\xef\xbb\xbf" + flow },
		"text": func(flow string) string { return " " + quoted(flow) + "\n" },
		"described": func(flow string) string {
			return `{"ContactFlow": {"Name":"<&> \ud83d\ude00", "Content": ` + quoted(flow) + "}\t}"
		},
		"text in text": func(flow string) string { return `{"Content":` + quoted(quoted(flow)) + `}` },
		"template": func(flow string) string {
			return `{"Resources":{"A":{"Type":"AWS::Connect::ContactFlow","Properties":{"Content":{"Fn::Sub": ` + quoted(flow) + `}}}}}`
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, fixed := flowcheck.Fix([]byte(wrap(untidy)))
			if diff := cmp.Diff(wrap(tidy()), string(got)); diff != "" || len(fixed) < 10 {
				t.Errorf("%d (-want +got):\n%s", len(fixed), diff)
			}
		})
	}
	for _, file := range []string{"", "{", "Actions", `{"Actions":[1],"StartAction":"a"}`, strings.Repeat("[", 1<<20), "\xff\xfe{\x00}\x00"} {
		if got, fixed := flowcheck.Fix([]byte(file)); len(fixed) > 0 || string(got) != file {
			t.Errorf("changed: %.50q", file)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	want := map[string]int{"tag": 4, "route": 6, "wait": 8, "attributes": 12, "share": 14, "end": 17}
	if diff := cmp.Diff(want, flowcheck.Lines([]byte(untidy))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	two := `{"a":` + untidy + `,"b":` + untidy + `}`
	if got := flowcheck.Lines([]byte(two)); got["end"] != 0 {
		t.Errorf("a line for a block that is there twice: %v", got)
	}
}

// Whatever the file, the fixed one is as good a JSON text, nothing is left to fix in it, and as many
// flows are read from it.
func FuzzFix(f *testing.F) {
	f.Add([]byte(untidy))
	f.Add([]byte(`"` + `{\"StartAction\":\"a\",\"Actions\":[{\"Type\":\"WAIT\"\u002c\"Transitions\":{}}]}` + `"`))
	names, err := filepath.Glob("../flow/testdata/corpus/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = flowcheck.Lines(data)
		got, fixed := flowcheck.Fix(data)
		if len(fixed) == 0 {
			if string(got) != string(data) {
				t.Error("changed, and nothing was fixed")
			}
			return
		}
		if text := strings.TrimPrefix(string(got), "\xef\xbb\xbf"); !json.Valid([]byte(text)) {
			t.Errorf("no JSON any more: %s", got)
		}
		before, _ := flow.Read("f", data)
		after, _ := flow.Read("f", got)
		if len(after) < len(before) {
			t.Errorf("%d flows, and %d when fixed", len(before), len(after))
		}
		check(read("f", string(got)))
	})
}
