package inspect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/inspect"
)

// Steps of contact flows stand among the exchanges, whole by themselves, without their values in
// lists, and are found by what is in them.
func TestTraceRecorded(t *testing.T) {
	t.Parallel()
	now, at := time.Unix(100, 0).UTC(), time.Unix(7200, 0).UTC()
	r := inspect.New(inspect.Config{Clock: func() time.Time { return now }})
	r.FlowTraced("c1", at, []flow.Trace{
		{
			Flow: "main.json", FlowName: "Main", FlowARN: "arn:main", Action: "6f", Name: "Greet", Type: "MessageParticipant",
			Parameters: map[string]any{"Text": "Hello, gold customer."}, Branch: "NextAction", Logged: true,
		},
		{
			Flow: "main.json", FlowName: "Main", Action: "70", Name: "InvokeLambdaFunction", Type: "InvokeLambdaFunction",
			Branch: "NoMatchingError", Result: "NoMatchingError", Failed: true, Note: "functions are not called", External: map[string]any{"a": 1.0},
		},
	})
	r.FlowTold("c1", at, "its flow stops", true)
	r.FlowTold("c1", at, "its survey did not run", false)
	list, _ := r.List(inspect.Query{ContactID: "c1", Kind: inspect.Flow})
	want := []inspect.Exchange{
		{
			ID: "1", Seq: 1, Time: now, Kind: inspect.Flow, ContactID: "c1", Action: "MessageParticipant", Size: 32, Flow: &inspect.FlowStep{
				Time: at, Flow: "main.json", FlowName: "Main", FlowARN: "arn:main", Action: "6f", Name: "Greet", Type: "MessageParticipant",
				Parameters: []byte(`{"Text":"Hello, gold customer."}`), Branch: "NextAction", Logged: true, External: []byte{},
			},
		},
		{
			ID: "2", Seq: 2, Time: now, Kind: inspect.Flow, ContactID: "c1", Action: "InvokeLambdaFunction", Size: 7, Flow: &inspect.FlowStep{
				Time: at, Flow: "main.json", FlowName: "Main", Action: "70", Name: "InvokeLambdaFunction", Type: "InvokeLambdaFunction",
				Branch: "NoMatchingError", Result: "NoMatchingError", Failed: true, Note: "functions are not called", External: []byte(`{"a":1}`), Parameters: []byte{},
			},
		},
		{
			ID: "3", Seq: 3, Time: now, Kind: inspect.Flow, ContactID: "c1",
			Flow: &inspect.FlowStep{Time: at, Note: "its flow stops", Failed: true, Parameters: []byte{}, External: []byte{}},
			Problem: &inspect.Problem{
				Rule: "contact-flow", Sentence: "its flow stops", Hint: "`parley flow check` says what in a flow will not run, where, and what to do.",
			},
		},
		{
			ID: "4", Seq: 4, Time: now, Kind: inspect.Flow, ContactID: "c1",
			Flow: &inspect.FlowStep{Time: at, Note: "its survey did not run", Parameters: []byte{}, External: []byte{}},
		},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	if s := list[0].Summary(); s.Flow.Parameters != nil || s.Flow.Name != "Greet" || list[0].Flow.Parameters == nil {
		t.Errorf("the summary %+v of %+v", s.Flow, list[0].Flow)
	}
	for text, want := range map[string]int{"GOLD CUSTOMER": 1, "greet": 1, "not called": 1, "main": 2, "stops": 1, "silver": 0} {
		if found, _ := r.List(inspect.Query{Text: text}); len(found) != want {
			t.Errorf("%q finds %d steps, not %d", text, len(found), want)
		}
	}
	if failed, _ := r.List(inspect.Query{Status: "failed"}); len(failed) != 1 || failed[0].ID != "3" {
		t.Errorf("failed: %+v", failed)
	}
	if har := string(r.HAR(inspect.Query{})); strings.Contains(har, "Greet") {
		t.Errorf("a step of a flow is no call: %s", har)
	}
}

// What gives access is masked in the steps of flows as in calls, and what is too long is left out.
func TestTraceMasked(t *testing.T) {
	t.Parallel()
	secrets := []string{"CANARY-api-key-0123456789", "AKIAIOSFODNN7CANARY", "CANARY-hidden-0123456789"}
	r := inspect.New(inspect.Config{MaxBody: 600})
	row := flow.Trace{
		Flow: "f", Action: "a", Type: "InvokeLambdaFunction", Result: "AKIAIOSFODNN7CANARY", Branch: "say CANARY-hidden-0123456789", Note: "with AKIAIOSFODNN7CANARY",
		Parameters: map[string]any{"LambdaInvocationAttributes": map[string]any{
			"apiKey": "CANARY-api-key-0123456789", "url": "https://example.com/?k=AKIAIOSFODNN7CANARY", "again": "CANARY-hidden-0123456789",
		}},
		External: map[string]any{"Password": "CANARY-hidden-0123456789"},
	}
	r.FlowTraced("c1", time.Unix(1, 0), []flow.Trace{row})
	row.Parameters = map[string]any{"Text": strings.Repeat("long", 200)}
	r.FlowTraced("c1", time.Unix(1, 0), []flow.Trace{row})
	r.FlowTold("c1", time.Unix(1, 0), "it stops at AKIAIOSFODNN7CANARY", true)
	sing(t, r, "a flow", secrets...)
	list, _ := r.List(inspect.Query{})
	if len(list) != 3 || len(list[0].Flow.Parameters) == 0 || list[0].Truncated || len(list[1].Flow.Parameters) != 0 || !list[1].Truncated {
		t.Errorf("%+v", list)
	}
}

// Steps of flows keep within the bound of the record, as calls do.
func TestTraceBounded(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	r := inspect.New(inspect.Config{MaxBytes: bound, Max: 1000})
	for i := range 5000 {
		r.FlowTraced("c1", time.Unix(int64(i), 0), []flow.Trace{{Action: "a", Parameters: map[string]any{"Text": strings.Repeat("x", i)}}})
	}
	list, _ := r.List(inspect.Query{})
	if held := r.Held(); len(list) == 0 || len(list) > 1000 || held > bound+inspect.BlockSize {
		t.Errorf("%d steps are kept, in %d bytes", len(list), held)
	}
	if last := list[len(list)-1].Flow; last.Time.Unix() != 4999 {
		t.Errorf("the last one is %v", last.Time)
	}
}
