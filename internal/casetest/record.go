package casetest

import (
	"maps"
	"slices"

	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/testcase"
)

// Ids of the records that are about no observation.
const initiationID, startID, completionID = "INITIATION", "EXECUTION_START", "COMPLETION"

// initiation is the first record: where the contact begins.
func initiation(c *testcase.Case) map[string]any {
	kind := c.Entry.Type
	if kind == "" {
		kind = testcase.Chat
	}
	parameters := map[string]any{"FlowId": c.Entry.Flow}
	return map[string]any{"Type": initiationID, "EntryPoint": map[string]any{"Type": kind, "Parameters": parameters}}
}

// execution is what came of a test as the service tells it.
func (s *stage) execution(r *flowtest.Report) testcase.Execution {
	result := &r.Result
	e := testcase.Execution{Status: testcase.Passed, Began: result.Began, Ended: result.Ended}
	if r.Verdict != flowtest.Passed {
		e.Status = testcase.Failed
	}
	e.Add(initiationID, testcase.Passed, e.Began, initiation(s.test))
	if result.ContactID != "" {
		e.Add(startID, testcase.Passed, e.Began, map[string]any{"Type": startID, "ContactId": result.ContactID})
	}
	reasons := []string{}
	because := func(reason string) {
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	e.Summary.Total = len(s.watched)
	for i, w := range s.watched {
		check := &r.Checks[i]
		status := testcase.Failed
		switch check.Verdict {
		case flowtest.Passed:
			status = testcase.Passed
			e.Summary.Passed++
		case flowtest.Pending:
			e.Summary.Skipped++
			continue // the service has no record of what it did not wait for
		default:
			e.Summary.Failed++
			if s.failedAt(w) {
				because(testcase.AssertData)
			} else {
				because(testcase.ObserveEvent)
			}
		}
		at := w.at
		if at.IsZero() {
			at = e.Ended
		}
		e.Add(w.ID, status, at, s.observation(w, status))
	}
	kind, message := testcase.Success, ""
	switch {
	case result.Outcome != flowtest.Ended && !s.ended && !s.failed: // there it would wait to the end
		kind, message = testcase.Timeout, "Test case execution exceeded time limit"
		e.Ended = e.Began.Add(testcase.Limit)
	case e.Status == testcase.Failed:
		kind, message = testcase.Failure, r.Why
	}
	completed(&e, kind, message, reasons)
	return e
}

// observation is the record of an observation: what was seen, and not what was expected.
func (s *stage) observation(w *watched, status testcase.Status) map[string]any {
	properties := map[string]any{}
	maps.Copy(properties, w.Event.Properties)
	if w.met != nil && w.met.kind == testcase.MessageReceived {
		properties["Text"] = w.met.text
	}
	actions := []map[string]any{}
	for i := range w.done {
		d := &w.done[i]
		result := testcase.Passed
		if !d.passed {
			result = testcase.Failed
		}
		actions = append(actions, map[string]any{
			"Type": d.action.Type, "Status": result, "ExpectedParameters": d.action.Parameters, "ActualParameters": d.actual,
		})
	}
	return map[string]any{
		"Type": "OBSERVATION", "Identifier": w.ID, "Status": status, "Event": map[string]any{"Type": w.Event.Type, "Properties": properties},
		"ExpectedUsage": map[string]any{"Type": w.Usage.Type, "Times": w.Usage.Times}, "ActualUsage": map[string]any{"Times": w.times}, "Actions": actions,
	}
}

// completed adds the last record.
func completed(e *testcase.Execution, kind, message string, reasons []string) {
	e.Add(completionID, e.Status, e.Ended, map[string]any{
		"Type": completionID, "Status": e.Status,
		"CompletionReason": map[string]any{"Type": kind, "Message": message, "FailureReasons": reasons},
		"ExecutionSummary": map[string]any{
			"TotalObservations": e.Summary.Total, "PassedObservations": e.Summary.Passed, "FailedObservations": e.Summary.Failed,
			"SkippedObservations": e.Summary.Skipped, "ExecutionDurationMs": e.Ended.Sub(e.Began).Milliseconds(),
		},
	})
}
