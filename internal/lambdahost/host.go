// Package lambdahost runs an [http.Handler] as an AWS Lambda function: it turns the events
// of API Gateway's REST and HTTP APIs, of function URLs and of Application Load Balancers
// into requests, and the handler's answers into what each of them expects.
//
// It owns the shapes of those events, the time a request may take, what becomes of panics,
// and the form of log lines in Lambda. It refuses to know routes, chats and settings. A
// [Host] is safe for concurrent use, as far as its handler is.
//
// Events are told apart by what they hold, not by configuration, so one function may stand
// behind several kinds of gateway at once. Some traits of theirs that this package evens out
// (sources: the Lambda integration pages of API Gateway, "Invoking Lambda functions from
// function URLs" and "Lambda functions as targets" of the load balancers):
//
//   - an HTTP API puts its stage into the path, a REST API does not;
//   - a REST API sends each header twice, and only one of the two forms is complete;
//   - a load balancer leaves query parameters percent-encoded, the others do not, and it wants
//     its answers in the form of header that it was set to send;
//   - a load balancer names the client only as the last entry of X-Forwarded-For: everything
//     before it comes from the client itself;
//   - a body may be missing, null, empty, text or base64, whatever its type.
package lambdahost

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// DefaultMargin is what is kept of the invocation's time for the answer, unless the options
// say otherwise.
const DefaultMargin = 500 * time.Millisecond

// Options are what a [Host] may be told beside its handler.
type Options struct {
	// Margin is how long before the end of the invocation's time the request's context ends,
	// so that a slow upstream still leads to an answer instead of a killed function. Zero means
	// [DefaultMargin]. A short invocation keeps half of its time for the work.
	Margin time.Duration
	// Log gets panics; nil discards them.
	Log *slog.Logger
}

// Host runs a handler for events. It implements [lambda.Handler].
type Host struct {
	handler http.Handler
	margin  time.Duration
	log     *slog.Logger
	warm    atomic.Bool
}

var _ lambda.Handler = (*Host)(nil)

// New returns a host for the handler.
func New(handler http.Handler, options Options) *Host {
	h := &Host{handler: handler, margin: options.Margin, log: options.Log}
	if h.margin <= 0 {
		h.margin = DefaultMargin
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return h
}

// Start takes events from Lambda's Runtime API until Lambda ends the process. It does not
// return.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (h *Host) Start() { lambda.Start(h) }

// Invoke handles one event. The error, for an event that is no HTTP request, says so and
// repeats nothing of the event.
func (h *Host) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := decode(payload)
	if err != nil {
		return nil, err
	}
	ctx, cancel := h.bounded(ctx)
	defer cancel()
	invocation := &Invocation{GatewayRequestID: e.Context.RequestID, Cold: !h.warm.Swap(true)}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		invocation.LambdaRequestID = lc.AwsRequestID
	}
	r, err := e.request(context.WithValue(ctx, invocationKey{}, invocation))
	if err != nil {
		return nil, err
	}
	w := newRecorder()
	h.serve(w, r, invocation)
	return e.reply(w, r.Method), nil
}

// bounded ends the context early enough for the answer to get out.
func (h *Host) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-min(h.margin, time.Until(deadline)/2)))
}

// serve calls the handler. A panic becomes one log line and a 500: without that, the function
// would end, its caller would see the gateway's own 502 that no page can read, and the next
// customer would wait for a new start.
func (h *Host) serve(w *recorder, r *http.Request, invocation *Invocation) {
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		if reason != http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this; whoever panics with it has logged why
			h.logPanic(r, reason)
		}
		w.startOver()
		p := diagnosis.New(diagnosis.InternalFailure, "")
		p.RequestID = invocation.LambdaRequestID
		p.Write(w, "")
	}()
	h.handler.ServeHTTP(w, r)
}

// logPanic writes down where it happened. The text of a panic may hold what a customer sent,
// so only those of Go itself (an index out of range, a nil pointer) are repeated.
func (h *Host) logPanic(r *http.Request, reason any) {
	attrs := []slog.Attr{slog.String("type", reflect.TypeOf(reason).String())}
	if failed, ok := reason.(runtime.Error); ok {
		attrs = append(attrs, slog.String("panic", failed.Error()))
	}
	attrs = append(attrs, slog.String("stack", stack(debug.Stack())))
	h.log.LogAttrs(r.Context(), slog.LevelError, "handler panicked", attrs...)
}

// stack leaves the goroutine's own lines and those of the panic's handling out.
func stack(trace []byte) string {
	text := string(trace)
	if at := strings.LastIndex(text, "\npanic("); at >= 0 {
		text = text[at+1:]
	}
	return text
}

// Invocation is what is known of the event behind a request.
type Invocation struct {
	// LambdaRequestID is the id Lambda gave the invocation, as in its own log lines.
	LambdaRequestID string
	// GatewayRequestID is the id API Gateway or the function URL gave the request; a load
	// balancer gives none.
	GatewayRequestID string
	// Cold says that it is the first one of this process.
	Cold bool
}

type invocationKey struct{}

// From returns the invocation behind a request's context.
func From(ctx context.Context) (*Invocation, bool) {
	invocation, ok := ctx.Value(invocationKey{}).(*Invocation)
	return invocation, ok
}
