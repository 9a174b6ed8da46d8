// Package startchat is the front door: it turns the POST a chat widget sends into
// one StartChatContact call and the answer into the envelope that widgets read.
//
// It owns the contract with the page (what may be asked, what is filled in, what
// comes back when it fails) and knows neither who may call (package guard) nor who
// answers: Amazon Connect and the embedded one both stand behind [Starter].
package startchat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/secret"
)

// Starter starts chats. A failed call returns a nil result and an error: an
// [awswire.Error] when the service answered, anything else when it did not
// (network, deadline, credentials). Wrap it in [CallError] to say what the attempt
// cost.
type Starter interface {
	StartChatContact(ctx context.Context, request *Request) (*Result, error)
}

// Request is a checked StartChatContact call.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_StartChatContact.html
type Request struct {
	// Body is the complete REST-JSON body: an object with AWS's member names.
	Body []byte
	// InstanceID and ContactFlowID repeat the body's members, as given: an id or
	// an ARN.
	InstanceID, ContactFlowID string
	// ClientToken repeats the body's idempotency key.
	ClientToken string
}

// Result is what StartChatContact answered.
type Result struct {
	ContactID, ParticipantID string
	ParticipantToken         secret.Text
	// ContinuedFromContactID is set for persistent chats only.
	ContinuedFromContactID string
	Metadata               Metadata
}

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

// CallError is a failed call together with how it went.
type CallError struct {
	Metadata Metadata
	Err      error
}

// Error implements error.
func (e *CallError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Err }
