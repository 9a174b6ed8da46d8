package startchat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/secret"
)

// DefaultTimeout bounds one call to Amazon Connect, repetitions included, when the
// configuration does not say otherwise. It is below the 29 s after which API Gateway
// gives up.
const DefaultTimeout = 25 * time.Second

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

	markdown bool // whether the page can show it, for the answer
}

// Result is what StartChatContact answered.
type Result struct {
	ContactID, ParticipantID string
	ParticipantToken         secret.Text
	// ContinuedFromContactID is set for persistent chats only.
	ContinuedFromContactID string
	Metadata               Metadata
}

type (
	// Metadata tells how a call went.
	Metadata = awswire.Metadata
	// CallError is a failed call together with how it went.
	CallError = awswire.CallError
)

// call is the sixth stage: it makes the call, or explains why it failed.
func (h *Handler) call(ctx context.Context, request *Request) (*Result, *diagnosis.Problem) {
	ctx, cancel := h.callContext(ctx)
	defer cancel()
	result, err := h.starter.StartChatContact(ctx, request)
	if err != nil {
		return nil, diagnosis.Explain(diagnosis.Failure{
			Err: err, InstanceID: request.InstanceID, ContactFlowID: request.ContactFlowID, Region: h.region,
		}, h.public)
	}
	return result, nil
}

// callContext bounds the call by the timeout and by the request's own deadline, but not
// by the page's patience: a call that was sent is waited for, because otherwise a chat
// could exist that nobody knows of.
func (h *Handler) callContext(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline := time.Now().Add(h.timeout)
	if own, ok := ctx.Deadline(); ok && own.Before(deadline) {
		deadline = own
	}
	return context.WithDeadline(context.WithoutCancel(ctx), deadline)
}
