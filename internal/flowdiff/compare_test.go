package flowdiff_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowdiff"
)

func same(text string) string { return text }

// document is a flow of three blocks with a loop, in which a placeholder can be replaced.
func document(t *testing.T, replace ...string) *flow.Document {
	t.Helper()
	text := strings.NewReplacer(replace...).Replace(`{"Version":"2019-10-30","StartAction":"hello","Actions":[
	 {"Identifier":"hello","Type":"MessageParticipant","Parameters":{"Text":"Hello"},"Transitions":{"NextAction":"ask"}},
	 {"Identifier":"ask","Type":"GetParticipantInput","Parameters":{"Text":"1 or 2?","InputTimeLimitSeconds":"60","List":["a","b"]},"Transitions":{
	  "NextAction":"end","Conditions":[{"NextAction":"hello","Condition":{"Operator":"Equals","Operands":["1"]}}],
	  "Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}]}},
	 {"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`)
	var d flow.Document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

func TestCompare(t *testing.T) {
	t.Parallel()
	ask := flowdiff.Block{ID: "ask", Name: "GetParticipantInput", Type: "GetParticipantInput"}
	for _, test := range []struct {
		name    string
		replace []string
		want    flowdiff.Diff
	}{
		{"nothing", nil, flowdiff.Diff{}},
		{"a text", []string{"1 or 2?", "Which?"}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{Block: ask, Changes: []flowdiff.Change{{"Text", "1 or 2?", "Which?"}}}},
		}},
		{"a parameter that goes", []string{`"InputTimeLimitSeconds":"60",`, ``}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{Block: ask, Changes: []flowdiff.Change{{"InputTimeLimitSeconds", "60", nil}}}},
		}},
		{"an item of a list", []string{`["a","b"]`, `["a","c","d"]`}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{Block: ask, Changes: []flowdiff.Change{{"List[1]", "b", "c"}, {"List[2]", nil, "d"}}}},
		}},
		{"a value of another kind", []string{`"60"`, `{"a":1}`}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{Block: ask, Changes: []flowdiff.Change{{"InputTimeLimitSeconds", "60", map[string]any{"a": 1.0}}}}},
		}},
		{"an operand", []string{`["1"]`, `["2"]`}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{Block: ask, Branches: []flowdiff.Change{
				{"Equals 1", "MessageParticipant hello", nil}, {"Equals 2", nil, "MessageParticipant hello"},
			}}},
		}},
		{"an error that leads elsewhere", []string{`"Errors":[{"NextAction":"end"`, `"Errors":[{"NextAction":"hello"`}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{Block: ask, Branches: []flowdiff.Change{
				{"NoMatchingError", "DisconnectParticipant end", "MessageParticipant hello"},
			}}},
		}},
		{"the first block", []string{`"StartAction":"hello"`, `"StartAction":"ask"`}, flowdiff.Diff{
			Start: &flowdiff.Change{Place: "StartAction", Old: "MessageParticipant hello", New: "GetParticipantInput ask"},
		}},
		{"an id", []string{`"ask"`, `"question"`}, flowdiff.Diff{}},
		{"an id and a text", []string{`"ask"`, `"question"`, "1 or 2?", "Which?"}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{
				Block: flowdiff.Block{ID: "question", Name: "GetParticipantInput", Type: "GetParticipantInput"}, Was: "ask",
				Changes: []flowdiff.Change{{"Text", "1 or 2?", "Which?"}},
			}},
		}},
		{"another type", []string{"DisconnectParticipant", "EndFlowExecution"}, flowdiff.Diff{
			Removed: []flowdiff.Block{{ID: "end", Name: "DisconnectParticipant", Type: "DisconnectParticipant"}},
			Added:   []flowdiff.Block{{ID: "end", Name: "EndFlowExecution", Type: "EndFlowExecution"}},
			Changed: []flowdiff.Changed{{Block: ask, Branches: []flowdiff.Change{
				{"NextAction", "DisconnectParticipant end", "EndFlowExecution end"},
				{"NoMatchingError", "DisconnectParticipant end", "EndFlowExecution end"},
			}}},
		}},
		{"a link to nowhere", []string{`"NextAction":"ask"`, `"NextAction":"gone"`}, flowdiff.Diff{
			Changed: []flowdiff.Changed{{
				Block:    flowdiff.Block{ID: "hello", Name: "MessageParticipant", Type: "MessageParticipant"},
				Branches: []flowdiff.Change{{"NextAction", "GetParticipantInput ask", "gone"}},
			}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := flowdiff.Compare(document(t), document(t, test.replace...), same)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if back := flowdiff.Compare(document(t, test.replace...), document(t), same); back.Equal() != got.Equal() {
				t.Error("the way back differs otherwise")
			}
		})
	}
}

// TestCompareNames compares what the configuration gives one name.
func TestCompareNames(t *testing.T) {
	t.Parallel()
	names := func(text string) string { return strings.TrimPrefix(text, "live ") }
	if d := flowdiff.Compare(document(t), document(t, "Hello", "live Hello"), names); !d.Equal() {
		t.Errorf("%+v", d)
	}
	d := flowdiff.Compare(document(t), document(t, "Hello", "live Good day"), names)
	if len(d.Changed) != 1 || d.Changed[0].Changes[0].New != "live Good day" {
		t.Errorf("a change has the value of the file: %+v", d)
	}
}

// TestCompareSettings compares what modules declare.
func TestCompareSettings(t *testing.T) {
	t.Parallel()
	x, y := document(t), document(t)
	y.Settings = json.RawMessage(`{"InputParameters":[]}`)
	d := flowdiff.Compare(x, y, same)
	want := []flowdiff.Change{{".", nil, map[string]any{"InputParameters": []any{}}}}
	if diff := cmp.Diff(want, d.Settings); diff != "" || d.Equal() {
		t.Error(diff)
	}
}

// samples are the flows that the project comes with.
func samples(t *testing.T) map[string]*flow.Document {
	t.Helper()
	files, err := filepath.Glob("../../examples/flows/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	documents := map[string]*flow.Document{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources, findings := flow.Read(filepath.Base(file), data)
		if len(sources) == 0 {
			t.Fatal(file, findings)
		}
		documents[filepath.Base(file)] = &sources[0].Document
	}
	return documents
}

// copied is a flow as the designer copies it: new ids throughout, in another order, drawn nowhere.
func copied(d *flow.Document, random *rand.Rand) *flow.Document {
	ids := map[string]string{"": ""}
	for i := range d.Actions {
		ids[d.Actions[i].Identifier] = fmt.Sprintf("%08x", random.Uint32())
	}
	id := func(old string) string {
		if to, ok := ids[old]; ok {
			return to
		}
		return old
	}
	c := &flow.Document{Version: d.Version, StartAction: id(d.StartAction), Settings: d.Settings}
	for _, i := range random.Perm(len(d.Actions)) {
		a := d.Actions[i]
		a.Identifier = id(a.Identifier)
		a.Transitions.NextAction = id(a.Transitions.NextAction)
		a.Transitions.Errors = append([]flow.ErrorTransition(nil), a.Transitions.Errors...)
		for j := range a.Transitions.Errors {
			a.Transitions.Errors[j].NextAction = id(a.Transitions.Errors[j].NextAction)
		}
		a.Transitions.Conditions = append([]flow.ConditionalTransition(nil), a.Transitions.Conditions...)
		for j := range a.Transitions.Conditions {
			a.Transitions.Conditions[j].NextAction = id(a.Transitions.Conditions[j].NextAction)
		}
		c.Actions = append(c.Actions, a)
	}
	return c
}

// TestCompareCopies holds a flow against copies of it, and against copies in which one block says
// something else: that block is the one difference.
func TestCompareCopies(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for name, d := range samples(t) {
		c := copied(d, random)
		if diff := flowdiff.Compare(d, c, same); !diff.Equal() {
			t.Errorf("%s and a copy: %+v", name, diff)
		}
		for i := range c.Actions {
			was := c.Actions[i].Parameters
			c.Actions[i].Parameters = map[string]any{"Text": "a text of this test"}
			diff := flowdiff.Compare(d, c, same)
			if diff.Equal() || len(diff.Changed) > 1 || len(diff.Removed)+len(diff.Added) > 0 {
				t.Errorf("%s with another %s: %+v", name, c.Actions[i].Type, diff)
			}
			c.Actions[i].Parameters = was
		}
	}
}
