package flows_test

import (
	"io/fs"
	"testing"

	"github.com/parley-chat/parley/examples/flows"
	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/flowcover"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
	"github.com/parley-chat/parley/internal/testcase"
)

// Each sample with which a chat can begin has a test case of Amazon Connect's that passes, and that
// could be published.
func TestSampleTestCases(t *testing.T) {
	t.Parallel()
	l := library(t)
	tested := map[string]bool{}
	names, err := fs.Glob(flows.Files(), "tests/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(flows.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		f, is := testcase.Read(name, data)
		if !is {
			t.Errorf("%s is no test case", name)
			continue
		}
		if found, _ := flowcheck.TestCase(name, data); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		out := casetest.RunFile(t.Context(), casetest.Config{Library: l}, f)
		if out.Report.Verdict != flowtest.Passed {
			t.Errorf("%s: %s: %s", name, out.Report.Verdict, out.Report.Why)
		}
		tested[out.Report.Flow] = true
	}
	for _, p := range l.Files() {
		if p.Kind() == flow.Inbound && !tested[p.Name()] {
			t.Errorf("%s has no test case", p.Name())
		}
	}
}

// Each sample with which a chat can begin has scenarios, too. All of them pass, and together with the
// test cases they come through everything that a chat can come through.
func TestRowS6SampleScenarios(t *testing.T) {
	t.Parallel()
	l := library(t)
	names, err := fs.Glob(flows.Files(), "tests/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	var runs []*flowtest.Result
	for _, name := range names {
		data, err := fs.ReadFile(flows.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		all, problems := scenario.Read(name, data)
		for _, p := range problems {
			t.Error(p)
		}
		cfg := scenariotest.Config{Library: l, Read: func(s *scenario.Scenario) ([]byte, error) { return fs.ReadFile(flows.Files(), "tests/"+s.Snapshot) }}
		for i := range all {
			r := scenariotest.Run(t.Context(), cfg, &all[i])
			if r.Verdict != flowtest.Passed || len(r.Notes) > 0 {
				t.Errorf("%s:%d: %s: %s %s %v", name, all[i].Line, r.Name, r.Verdict, r.Why, r.Notes)
			}
			for j := range r.Result.Way {
				tested[r.Result.Way[j].FlowName] = true
			}
			runs = append(runs, &r.Result)
		}
	}
	for _, p := range l.Files() {
		if p.Kind() == flow.Inbound && !tested[p.Name()] {
			t.Errorf("%s has no scenario", p.Name())
		}
	}
	c := flowcover.Of(l.Files(), runs)
	for i := range c.Flows {
		if missing := c.Flows[i].Missing; len(missing) > 0 {
			t.Errorf("%s: %v", c.Flows[i].Name, missing)
		}
	}
}
