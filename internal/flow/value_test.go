package flow

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What an answer brings is read the same before its state was stored and after.
func TestResultsAreReadAsStored(t *testing.T) {
	t.Parallel()
	p, findings := Compile(Source{File: "f", Document: Document{Version: Version, StartAction: "look", Actions: []Action{
		{Identifier: "look", Type: "GetCase", Parameters: map[string]any{"Fields": map[string]any{"a": "b"}}, Transitions: Transitions{NextAction: "wait"}},
		{Identifier: "wait", Type: "ShowView", Parameters: map[string]any{
			"ViewResource": map[string]any{"Id": "list"}, "ViewData": map[string]any{"Heading": "$.Case.n $.Case.names.1 $.Case.by.who $.Case"},
		}, Transitions: Transitions{NextAction: "wait"}},
	}}})
	if p == nil {
		t.Fatal(findings)
	}
	turn, err := Step(p, Begin(p, Kept{}), Input{Event: Event{Kind: Started}})
	if err != nil {
		t.Fatal(err)
	}
	asked := turn.State
	found := map[string]any{"Case": map[string]any{
		"n": 3, "names": []string{"a", "b"}, "by": map[string]string{"who": "Ada"},
	}}
	const want = `3 b Ada {"by":{"who":"Ada"},"n":3,"names":["a","b"]}`
	turn, err = Step(p, asked, Input{Event: Event{Kind: Answered, Results: found}})
	if err != nil || len(turn.Effects) != 1 {
		t.Fatalf("%+v %v", turn.Effects, err)
	}
	data, _ := turn.Effects[0].Ask.Parameters["ViewData"].(map[string]any)
	if data["Heading"] != want {
		t.Errorf("the flow reads %q instead of %q", data["Heading"], want)
	}
	text, err := json.Marshal(turn.State)
	var stored State
	if err != nil || json.Unmarshal(text, &stored) != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(turn.State.Results, stored.Results); diff != "" {
		t.Errorf("the results when they are stored (-kept +stored):\n%s", diff)
	}
	if _, err := Step(p, asked, Input{Event: Event{Kind: Answered, Results: map[string]any{"Case": math.Inf(1)}}}); err == nil {
		t.Error("what has no form in JSON is kept")
	}
}
