package testcase

import (
	"encoding/json"
	"time"
)

// Status is how far an execution is, or a part of one.
type Status string

// Statuses.
const (
	Initiated  Status = "INITIATED"
	InProgress Status = "IN_PROGRESS"
	Passed     Status = "PASSED"
	Failed     Status = "FAILED"
	Stopped    Status = "STOPPED"
)

// Types of reasons for the end of an execution, and of failures.
const (
	Success = "SUCCESS"
	Timeout = "TIMEOUT"
	Failure = "FAILURE"

	ObserveEvent          = "OBSERVE_EVENT"
	AssertData            = "ASSERT_DATA"
	InitializationFailure = "INITIALIZATION_FAILURE"
)

// Record is an entry of an execution's records: what Record says is JSON whose members depend on its
// Type, and which no page describes.
type Record struct {
	ObservationID string `json:"ObservationId"`
	Status        Status
	Timestamp     time.Time
	Record        string
}

// Summary counts the observations of an execution.
type Summary struct {
	Total   int
	Passed  int
	Failed  int
	Skipped int
}

// Execution is what came of one execution.
type Execution struct {
	Status       Status
	Began, Ended time.Time
	Summary      Summary
	Records      []Record
}

// Add adds a record, whose content is made of v.
func (e *Execution) Add(id string, status Status, at time.Time, v any) {
	data, err := json.Marshal(v)
	if err != nil { // values of JSON again
		return
	}
	e.Records = append(e.Records, Record{id, status, at.UTC(), string(data)})
}
