package flows_test

import (
	"io/fs"
	"testing"

	"github.com/parley-chat/parley/examples/flows"
	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/flowtest"
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
