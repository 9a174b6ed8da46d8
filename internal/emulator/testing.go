package emulator

import (
	"context"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flowcover"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
	"github.com/parley-chat/parley/internal/testcase"
)

// TestFlows runs the test case or the scenarios of a file against the flows of the instance, in chats of
// their own in a time of their own. It returns what came of each, and what of the flows they came
// through; no reports for a file that is neither.
func (e *Emulator) TestFlows(ctx context.Context, name string, content []byte) ([]flowtest.Report, *flowcover.Coverage) {
	var tests []func(context.Context) flowtest.Report
	now := e.chats.Clock().Now()
	if f, is := testcase.Read(name, content); is {
		cfg := casetest.Config{Library: e.library, Outside: e.outside, Hours: &e.hours, At: now}
		tests = append(tests, func(ctx context.Context) flowtest.Report { return casetest.RunFile(ctx, cfg, f).Report })
	} else if scenario.Is(name, content) {
		cfg := scenariotest.Config{Library: e.library, Outside: e.outside, Hours: &e.hours, At: now}
		all, problems := scenario.Read(name, content)
		if len(problems) > 0 {
			return []flowtest.Report{scenariotest.Unread(name, problems)}, flowcover.Of(e.library.Files(), nil)
		}
		for i := range all {
			tests = append(tests, func(ctx context.Context) flowtest.Report { return scenariotest.Run(ctx, cfg, &all[i]) })
		}
	}
	reports := flowtest.All(ctx, tests)
	runs := make([]*flowtest.Result, len(reports))
	for i := range reports {
		runs[i] = &reports[i].Result
	}
	return reports, flowcover.Of(e.library.Files(), runs)
}
