// Package scenariotest plays scenarios against contact flows: in memory, in a time of its own, as package
// flowtest runs any chat.
//
// A step is done when the chat waits for somebody or something. What is expected may already have come,
// after what was expected before it, or may come when time passes. The first thing that is not as it is
// expected ends the scenario.
package scenariotest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/hours"
	"github.com/parley-chat/parley/internal/scenario"
)

// Kind is that of the reports.
const Kind = "scenario"

// Config is what scenarios run against. It can be used for many at once.
type Config struct {
	// Library are the flows. Required.
	Library *flowrun.Library
	// Outside answers for functions and bots that no scenario answers for, Hours are the hours of operation.
	Outside flowrun.Outside
	Hours   *hours.Book
	// Flow is the flow of every scenario; empty means what each says of itself.
	Flow string
	// At is when the scenarios take place that do not say it; zero means [flowtest.Start].
	At time.Time
	// Read reads a snapshot, by its name beside the file of the scenario; nil has none. Write rewrites
	// snapshots instead of comparing them.
	Read  func(s *scenario.Scenario) ([]byte, error)
	Write func(s *scenario.Scenario, data []byte) error
}

// Unread is the report of a file that cannot be read as scenarios.
func Unread(file string, problems []scenario.Problem) flowtest.Report {
	why := problems[0].String()
	if more := len(problems) - 1; more > 0 {
		why += fmt.Sprintf(" (and %d more)", more)
	}
	return flowtest.Report{Name: file, File: file, Kind: Kind, Verdict: flowtest.Errored, Why: why, Checks: []flowtest.Check{}}
}

// turns bounds how often a scenario can act.
const turns = 10_000

// Run plays a scenario that was read without problems.
func Run(ctx context.Context, cfg Config, s *scenario.Scenario) flowtest.Report {
	report := flowtest.Report{Name: s.Name, File: s.File, Kind: Kind, Flow: s.Flow, Verdict: flowtest.Errored, Checks: []flowtest.Check{}}
	p, note, why := flowtest.Find(cfg.Library, cmp.Or(cfg.Flow, s.Flow), "scenario")
	if report.Why = why; why != "" {
		return report
	}
	report.Flow = p.Name()
	st := newStage(&cfg, s)
	if note != "" {
		st.notes = append(st.notes, note)
	}
	script := flowtest.Script{
		Flow: p.ID(), Name: s.Customer, Attributes: s.Attributes, Outside: cfg.Outside, Hours: cfg.Hours, Seed: s.Seed, Turns: turns,
		Witness: st, Lead: st.lead, Heard: st.hear, At: s.At,
	}
	if script.At.IsZero() {
		if script.At = flowtest.Start(); !cfg.At.IsZero() {
			script.At = cfg.At.Truncate(time.Millisecond)
		}
	}
	if s.Staffing != nil {
		script.Floor = &flowrun.Metrics{
			Available: s.Staffing.Agents, Staffed: s.Staffing.Agents, Online: s.Staffing.Agents, Waiting: s.Staffing.Waiting, Oldest: s.Staffing.Oldest,
		}
	}
	if len(s.Segment) > 0 {
		segment, err := json.Marshal(s.Segment)
		if err != nil {
			report.Why = err.Error()
			return report
		}
		script.Segment = segment
	}
	result, err := flowtest.Run(ctx, cfg.Library, script)
	if err != nil {
		report.Why = err.Error()
		return report
	}
	report.Result = result
	st.finish(&result)
	report.Checks, report.Notes, report.Verdict, report.Why = st.checks, st.told(), flowtest.Passed, ""
	for i := range report.Checks {
		if c := &report.Checks[i]; c.Verdict == flowtest.Failed {
			report.Verdict, report.Why = flowtest.Failed, c.ID+": "+c.Why
			break
		}
	}
	return report
}
