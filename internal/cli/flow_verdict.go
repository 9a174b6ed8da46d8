package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flowcover"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenariotest"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/testreport"
)

// testForms are the forms of a result of tests beside text and json.
func testForms() []string { return []string{"junit", "tap", "aws"} }

// writeTests writes what came of tests. Coverage of nil was not asked for.
func writeTests(w io.Writer, form string, outcomes []casetest.Outcome, covered *flowcover.Coverage) error {
	reports := make([]flowtest.Report, len(outcomes))
	for i := range outcomes {
		reports[i] = outcomes[i].Report
	}
	switch form {
	case "json":
		result := map[string]any{"tests": reports}
		if covered != nil {
			result["coverage"] = covered
		}
		return writeJSON(w, result)
	case "junit":
		return testreport.JUnit(w, reports, testDetail)
	case "tap":
		return testreport.TAP(w, reports, testDetail)
	case "aws":
		return writeExecutions(w, outcomes)
	}
	return writeReports(w, reports)
}

// writeReports shows tests to a person.
func writeReports(w io.Writer, reports []flowtest.Report) error {
	var b strings.Builder
	count := map[flowtest.Verdict]int{}
	for i := range reports {
		r := &reports[i]
		count[r.Verdict]++
		fmt.Fprintf(&b, "%s: %s (%s): ", r.Verdict, screen.Text(r.Name, "  "), screen.Text(r.File, "  "))
		if r.Verdict == flowtest.Errored {
			fmt.Fprintf(&b, "%s\n", screen.Text(r.Why, "  "))
		} else {
			what := "observations"
			if r.Kind == scenariotest.Kind {
				what = "expectations"
			}
			fmt.Fprintf(&b, "%d of %d %s\n", r.Count(flowtest.Passed), len(r.Checks), what)
		}
		for _, note := range r.Notes {
			fmt.Fprintf(&b, "  note: %s\n", screen.Text(note, "    "))
		}
		for _, label := range slices.Sorted(maps.Keys(r.Logged)) {
			fmt.Fprintf(&b, "  %s: %s\n", screen.Text(label, "    "), screen.Text(r.Logged[label], "    "))
		}
		if r.Verdict == flowtest.Failed {
			for line := range strings.Lines(testDetail(r)) {
				b.WriteString("  " + line)
			}
		}
	}
	fmt.Fprintf(&b, "%s, %d passed", counted(len(reports), "test"), count[flowtest.Passed])
	for _, v := range []flowtest.Verdict{flowtest.Failed, flowtest.Errored} {
		if n := count[v]; n > 0 {
			fmt.Fprintf(&b, ", %d %s", n, map[flowtest.Verdict]string{flowtest.Failed: "failed", flowtest.Errored: "could not run"}[v])
		}
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// testDetail says what a test expected and what has happened instead.
func testDetail(r *flowtest.Report) string {
	var b strings.Builder
	for i := range r.Checks {
		c := &r.Checks[i]
		fmt.Fprintf(&b, "%s: %s", c.Verdict, screen.Text(c.ID, "  "))
		if c.Why != "" {
			fmt.Fprintf(&b, ": %s", screen.Text(c.Why, "  "))
		}
		b.WriteByte('\n')
		if c.Verdict != flowtest.Passed {
			fmt.Fprintf(&b, "  expected: %s\n", screen.Text(c.Expected, "    "))
		}
		if c.Best != nil {
			fmt.Fprintf(&b, "  best match: %q, %.2f", c.Best.Text, c.Best.Score)
			if c.Best.Hint != "" {
				fmt.Fprintf(&b, " (%s)", c.Best.Hint)
			}
			b.WriteByte('\n')
		}
	}
	if r.Verdict == flowtest.Errored {
		fmt.Fprintf(&b, "%s\n", screen.Text(r.Why, "  "))
	}
	if len(r.Result.Transcript)+len(r.Result.Way) > 0 {
		b.WriteString(strings.TrimRight(runText(&r.Result), "\n") + "\n")
		b.WriteString(endText(&r.Result))
	}
	return b.String()
}

// writeExecutions writes tests as Amazon Connect tells of them: the answers of
// GetTestCaseExecutionSummary and ListTestCaseExecutionRecords.
func writeExecutions(w io.Writer, outcomes []casetest.Outcome) error {
	type summary struct {
		TotalObservations, ObservationsPassed, ObservationsFailed int
	}
	type execution struct {
		Name               string
		Status             testcase.Status
		StartTime, EndTime time.Time
		ObservationSummary summary
		ExecutionRecords   []testcase.Record
	}
	all := []execution{}
	for i := range outcomes {
		if outcomes[i].Report.Kind != casetest.Kind { // which the service knows nothing of
			continue
		}
		e := &outcomes[i].Execution
		all = append(all, execution{
			outcomes[i].Report.Name, e.Status, e.Began, e.Ended, summary{e.Summary.Total, e.Summary.Passed, e.Summary.Failed}, e.Records,
		})
	}
	return writeJSON(w, map[string]any{"TestCaseExecutions": all})
}
