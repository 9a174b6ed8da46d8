package cli

import (
	"context"
	"os"
	"path/filepath"
	"regexp"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
)

// scenarioFile is a file with scenarios.
type scenarioFile struct {
	name      string
	scenarios []scenario.Scenario
	problems  []scenario.Problem
}

// tests are the scenarios of a file whose name, or the file's, matches. A file that cannot be read is one
// test, which says so.
func (f *scenarioFile) tests(cfg scenariotest.Config, wanted *regexp.Regexp) []func(context.Context) casetest.Outcome {
	if len(f.problems) > 0 {
		return []func(context.Context) casetest.Outcome{func(context.Context) casetest.Outcome {
			return casetest.Outcome{Report: scenariotest.Unread(f.name, f.problems)}
		}}
	}
	var tests []func(context.Context) casetest.Outcome
	for i := range f.scenarios {
		s := &f.scenarios[i]
		if wanted.MatchString(s.Name) || wanted.MatchString(f.name) {
			tests = append(tests, func(ctx context.Context) casetest.Outcome {
				return casetest.Outcome{Report: scenariotest.Run(ctx, cfg, s)}
			})
		}
	}
	return tests
}

// snapshotOf is the name of the file with the transcript of a scenario.
func snapshotOf(s *scenario.Scenario) string {
	return filepath.Join(filepath.Dir(filepath.FromSlash(s.File)), filepath.FromSlash(s.Snapshot))
}

func readSnapshot(s *scenario.Scenario) ([]byte, error) { return os.ReadFile(snapshotOf(s)) }

func writeSnapshot(s *scenario.Scenario, data []byte) error {
	return os.WriteFile(snapshotOf(s), data, 0o644)
}
