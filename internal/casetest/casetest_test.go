package casetest_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/testcase"
)

// library are the flows of texts.
func library(t *testing.T, files map[string]string) *flowrun.Library {
	t.Helper()
	l := flowrun.NewLibrary(nil)
	var programs []*flow.Program
	for name, text := range files {
		sources, findings := flow.Read(name, []byte(text))
		for _, s := range sources {
			p, more := flow.Compile(s)
			if p == nil {
				t.Fatalf("%s: %v %v", name, findings, more)
			}
			programs = append(programs, p)
		}
	}
	l.Set(programs)
	return l
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func file(t *testing.T, name, text string) *testcase.File {
	t.Helper()
	f, is := testcase.Read(name, []byte(text))
	if !is {
		t.Fatalf("no test case: %s", text)
	}
	return f
}

// The worked example: gold customers come to the queue Priority.
func TestRowF15WorkedExample(t *testing.T) {
	t.Parallel()
	cfg := casetest.Config{Library: library(t, map[string]string{"main.json": read(t, "main.json")})}
	out := casetest.RunFile(t.Context(), cfg, file(t, "priority.json", read(t, "priority.json")))
	r := &out.Report
	if r.Verdict != flowtest.Passed || len(r.Checks) != 3 || r.Count(flowtest.Passed) != 3 {
		t.Fatalf("%+v", r)
	}
	if want := (testcase.Summary{Total: 3, Passed: 3}); out.Execution.Summary != want || out.Execution.Status != testcase.Passed {
		t.Errorf("%+v", out.Execution)
	}
	if r.Result.Reason != "OTHER" || r.Result.Queue != "" {
		t.Errorf("the contact ended with %s, in the queue %q", r.Result.Reason, r.Result.Queue)
	}
	if len(r.Notes) > 0 {
		t.Errorf("notes: %q", r.Notes)
	}
}

// With the Compare inverted the contact waits in the other queue, and the report says so.
func TestRowF15InvertedCompare(t *testing.T) {
	t.Parallel()
	inverted := strings.Replace(read(t, "main.json"), `"gold"`, `"silver"`, 1)
	cfg := casetest.Config{Library: library(t, map[string]string{"main.json": inverted})}
	out := casetest.RunFile(t.Context(), cfg, file(t, "priority.json", read(t, "priority.json")))
	r := &out.Report
	if r.Verdict != flowtest.Failed || r.Count(flowtest.Passed) != 2 || r.Checks[2].Verdict != flowtest.Failed {
		t.Fatalf("%+v", r)
	}
	if want := "TransferContactToQueue (Standard)"; r.Checks[2].Seen != want || !strings.Contains(r.Why, want) {
		t.Errorf("seen %q, why %q", r.Checks[2].Seen, r.Why)
	}
	if r.Result.Queue != "Standard" {
		t.Errorf("the contact waits in %q", r.Result.Queue)
	}
	last := out.Execution.Records[len(out.Execution.Records)-1]
	var record struct {
		CompletionReason struct {
			Type           string
			FailureReasons []string
		}
	}
	if err := json.Unmarshal([]byte(last.Record), &record); err != nil {
		t.Fatal(err)
	}
	if record.CompletionReason.Type != testcase.Timeout || !cmp.Equal(record.CompletionReason.FailureReasons, []string{testcase.ObserveEvent}) {
		t.Errorf("%+v", record)
	}
}

// A test of another instance names its queues by ARNs: the configuration says which one is meant, or
// else the name that the designer keeps.
func TestResourcesOfAnotherInstance(t *testing.T) {
	t.Parallel()
	const foreign = "arn:aws:connect:eu-west-1:123456789012:instance/i/queue/q-1"
	named := `"Metadata":{"ActionMetadata":{"e2":{"parameters":{"Event":{"Properties":{"ActionParameters":{"QueueId":{"displayName":"Priority"}}}}}}}}`
	example := strings.Replace(read(t, "priority.json"), `\"QueueId\": \"Priority\"`, `\"QueueId\": \"`+foreign+`\"`, 1)
	shown := strings.Replace(example, `\"Metadata\": {}`, strings.ReplaceAll(named, `"`, `\"`), 1)
	for name, c := range map[string]struct {
		names map[string]string
		text  string
		want  flowtest.Verdict
	}{
		"unknown":    {nil, example, flowtest.Failed},
		"configured": {map[string]string{"arn:aws:connect:*/queue/q-1": "Priority"}, example, flowtest.Passed},
		"shown":      {nil, shown, flowtest.Passed},
	} {
		l := flowrun.NewLibrary(c.names)
		l.Set(library(t, map[string]string{"main.json": read(t, "main.json")}).Files())
		out := casetest.RunFile(t.Context(), casetest.Config{Library: l}, file(t, "t.json", c.text))
		if out.Report.Verdict != c.want {
			t.Errorf("%s: %s: %s", name, out.Report.Verdict, out.Report.Why)
		}
	}
}
