package parleytest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
)

// RunScenarios runs the scenarios of a file against the contact flows of a folder, each as a subtest, as
// `parley flow test` does: in memory and in no time, without a server. Functions and bots answer as the
// scenarios say, and nobody else does. docs/flow-testing.md describes scenarios.
func RunScenarios(t *testing.T, flows, file string) {
	t.Helper()
	library := flowrun.NewLibrary(nil)
	if _, _, err := flowrun.NewFolder(os.DirFS(flows), library).Load(); err != nil {
		t.Fatalf("reading the flows of %s: %v", flows, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("reading scenarios: %v", err)
	}
	all, problems := scenario.Read(file, data)
	for _, p := range problems {
		t.Error(p)
	}
	if len(problems) > 0 {
		return
	}
	cfg := scenariotest.Config{Library: library, Read: func(s *scenario.Scenario) ([]byte, error) {
		return fs.ReadFile(os.DirFS(filepath.Dir(file)), filepath.ToSlash(s.Snapshot))
	}}
	for i := range all {
		t.Run(all[i].Name, func(t *testing.T) {
			r := scenariotest.Run(t.Context(), cfg, &all[i])
			for _, note := range r.Notes {
				t.Log(note)
			}
			if r.Verdict != flowtest.Passed {
				t.Errorf("%s:%d: %s\n%s", file, all[i].Line, r.Why, strings.TrimRight(string(scenariotest.Transcript(&r.Result)), "\n"))
			}
		})
	}
}
