package connectserver

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

type startTestInput struct {
	InstanceID  string `json:"InstanceId"`
	TestID      string `json:"TestCaseId"`
	ClientToken string
}

type startTestOutput struct {
	ID      string `json:"TestCaseExecutionId"`
	TestARN string `json:"TestCaseId"` // the service answers the ARN
	Status  string
}

// startTest carries out StartTestCaseExecution.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartTestCaseExecution.html
func (s *Service) startTest(ctx context.Context, in *startTestInput) (*startTestOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	id := testID(in.TestID)
	return s.executed.do(id, in.ClientToken, func() (*startTestOutput, error) {
		e, err := s.tests.Start(ctx, id)
		if err != nil {
			return nil, testRefused(err)
		}
		return &startTestOutput{e.ID, s.testARN(in.InstanceID, id), string(e.Status)}, nil
	})
}

type executionInput struct {
	InstanceID string `json:"InstanceId"`
	TestID     string `json:"TestCaseId"`
	ID         string `json:"TestCaseExecutionId"`
	Status     string `json:"status"`
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

// stopTest carries out StopTestCaseExecution.
func (s *Service) stopTest(_ context.Context, in *executionInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	if err := s.tests.Stop(testID(in.TestID), in.ID); err != nil {
		return nil, testRefused(err)
	}
	return &nothing{}, nil
}

type observationSummary struct {
	TotalObservations, ObservationsPassed, ObservationsFailed int
}

type executionSummaryOutput struct {
	StartTime          epoch
	EndTime            *epoch `json:",omitzero"`
	Status             string
	ObservationSummary observationSummary
}

// ends is when an execution has ended; nil for one that runs.
func ends(e *instance.Execution) *epoch {
	if e.Ended.IsZero() {
		return nil
	}
	return &epoch{e.Ended}
}

// summarizeTest carries out GetTestCaseExecutionSummary.
func (s *Service) summarizeTest(_ context.Context, in *executionInput) (*executionSummaryOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	e, err := s.tests.Execution(testID(in.TestID), in.ID)
	if err != nil {
		return nil, testRefused(err)
	}
	return &executionSummaryOutput{
		epoch{e.Began}, ends(&e), string(e.Status), observationSummary{e.Summary.Total, e.Summary.Passed, e.Summary.Failed},
	}, nil
}

type executionRecord struct {
	ObservationID string `json:"ObservationId"`
	Status        string
	Timestamp     epoch
	Record        string
}

type recordsOutput struct {
	Records   []executionRecord `json:"ExecutionRecords"`
	NextToken string            `json:",omitzero"`
}

// listRecords carries out ListTestCaseExecutionRecords.
func (s *Service) listRecords(_ context.Context, in *executionInput) (*recordsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	e, err := s.tests.Execution(testID(in.TestID), in.ID)
	if err != nil {
		return nil, testRefused(err)
	}
	var all []executionRecord
	for _, r := range e.Records {
		if in.Status == "" || in.Status == string(r.Status) {
			all = append(all, executionRecord{r.ObservationID, string(r.Status), epoch{r.Timestamp}, r.Record})
		}
	}
	records, next, err := page(all, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &recordsOutput{records, next}, nil
}

type listExecutionsInput struct {
	InstanceID string `json:"InstanceId"`
	TestID     string `json:"testCaseId"`
	Name       string `json:"testCaseName"`
	Start      int64  `json:"startTime"`
	End        int64  `json:"endTime"`
	Status     string `json:"status"`
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

type executionOutput struct {
	StartTime epoch
	EndTime   *epoch `json:",omitzero"`
	ID        string `json:"TestCaseExecutionId"`
	TestID    string `json:"TestCaseId"`
	Status    string `json:"TestCaseExecutionStatus"`
	Tags      map[string]string
}

type executionsOutput struct {
	Executions []executionOutput `json:"TestCaseExecutions"`
	NextToken  string            `json:",omitzero"`
}

// given is a time in a query: seconds since 1970, or milliseconds.
func given(n int64) time.Time {
	const seconds = 100_000_000_000 // would be in the year 5138
	if n < seconds {
		return time.Unix(n, 0)
	}
	return time.UnixMilli(n)
}

// listExecutions carries out ListTestCaseExecutions.
func (s *Service) listExecutions(_ context.Context, in *listExecutionsInput) (*executionsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	var all []executionOutput
	for _, e := range s.tests.Executions() {
		if in.TestID != "" && testID(in.TestID) != e.TestID || in.Name != "" && in.Name != e.Name || in.Status != "" && in.Status != string(e.Status) ||
			in.Start != 0 && e.Began.Before(given(in.Start)) || in.End != 0 && e.Began.After(given(in.End)) {
			continue
		}
		all = append(all, executionOutput{epoch{e.Began}, ends(&e), e.ID, e.TestID, string(e.Status), e.Tags})
	}
	executions, next, err := page(all, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &executionsOutput{executions, next}, nil
}

// testActions are those of test cases, and of running them.
func (s *Service) testActions() []*action {
	status := parameter{"status", oneText}
	return []*action{
		{
			name: "CreateTestCase", model: connectmodel.CreateTestCase(), run: bind(s.createTest), source: fidelity.Documentation,
			note: "Kept in the data directory. Publishing refuses what `parley flow check` calls an error or refused: `InvalidTestCaseException` with " +
				"`Problems` and, as the service was seen to send it, `problemDetails`. Without `Status` it is published, and a name can be used once (guessed). `TestCaseId`, for replicas, is ignored.",
		},
		{
			name: "UpdateTestCase", model: connectmodel.UpdateTestCase(), run: bind(s.updateTest), source: fidelity.Documentation,
			note: "What the request leaves out stays. With the status `SAVED` what is published stays beside it (guessed).",
		},
		{name: "DescribeTestCase", query: []parameter{status}, model: connectmodel.DescribeTestCase(), run: bind(s.describeTest), source: fidelity.Documentation},
		{
			name: "DeleteTestCase", model: connectmodel.DescribeTestCase(), run: bind(s.deleteTest), source: fidelity.Model,
			note: "Its executions stay (guessed).",
		},
		{name: "ListTestCases", query: paging(), model: connectmodel.ListTestCases(), run: bind(s.listTests), source: fidelity.Model},
		{name: "SearchTestCases", model: connectmodel.SearchTestCases(), run: bind(s.searchTests), source: fidelity.Model, note: "As SearchContactFlows."},
		{
			name: "StartTestCaseExecution", model: connectmodel.StartTestCaseExecution(), run: bind(s.startTest), source: fidelity.Documentation,
			note: "Runs the published test as `parley flow test` does, in no time; its times are those it would have had. A test for calls fails with " +
				"`INITIALIZATION_FAILURE`. When strict: 100 that run or wait, then `ServiceQuotaExceededException`.",
		},
		{
			name: "StopTestCaseExecution", model: connectmodel.StopTestCaseExecution(), run: bind(s.stopTest), source: fidelity.Documentation,
			note: "An execution that has ended stays as it is (guessed).",
		},
		{name: "GetTestCaseExecutionSummary", model: connectmodel.GetTestCaseExecutionSummary(), run: bind(s.summarizeTest), source: fidelity.Documentation},
		{
			name: "ListTestCaseExecutionRecords", query: append([]parameter{status}, paging()...), model: connectmodel.ListTestCaseExecutionRecords(),
			run: bind(s.listRecords), source: fidelity.Observed, note: "No page describes `Record`; it has the members that were seen.",
		},
		{
			name: "ListTestCaseExecutions", query: append([]parameter{status, {"testCaseId", oneText}, {"testCaseName", oneText}, {"startTime", oneNumber}, {"endTime", oneNumber}}, paging()...),
			model: connectmodel.ListTestCaseExecutions(), run: bind(s.listExecutions), source: fidelity.Model,
			note: "The newest first, and of more than 1,000 the newest (guessed). `startTime` and `endTime` are seconds or milliseconds (guessed).",
		},
	}
}
