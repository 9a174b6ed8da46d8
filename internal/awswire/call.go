package awswire

import "time"

// Metadata tells how a call went, as AWS SDKs report it in $metadata.
type Metadata struct {
	// HTTPStatusCode is the status of the last attempt; zero when none was answered.
	HTTPStatusCode int
	// RequestID is AWS's id of the last attempt.
	RequestID string
	// ExtendedRequestID and CFID are AWS's x-amz-id-2 and x-amz-cf-id; normally empty.
	ExtendedRequestID, CFID string
	// Attempts counts calls on the wire, the first included.
	Attempts int
	// TotalRetryDelay is the time spent waiting between attempts.
	TotalRetryDelay time.Duration
}

// CallError is a failed call together with how it went: around an [Error] when the service answered,
// around the failure on the way otherwise.
type CallError struct {
	Metadata Metadata
	Err      error
}

// Error implements error.
func (e *CallError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Err }
