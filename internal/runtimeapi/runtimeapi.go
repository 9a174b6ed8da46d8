// Package runtimeapi is Lambda's side of its Runtime API for one process on this machine: it
// hands a function its events, one at a time, and takes the answers.
//
// It starts and ends no process. It is safe for concurrent use.
package runtimeapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// DefaultTimeout is how long an invocation may take when a [Config] does not say.
const DefaultTimeout = 10 * time.Second

// Config says what an [API] is like.
type Config struct {
	// Timeout is how long an invocation may take; zero means [DefaultTimeout].
	Timeout time.Duration
	// Exited is closed when the function's process has ended; nil means never.
	Exited <-chan struct{}
	// TimedOut is called when an invocation took too long, before [API.Invoke] returns; it may
	// be nil.
	TimedOut func()
	// ARN is what the function is told of its own name; empty means a function called startchat.
	ARN string
}

// Error is what a function, or Lambda in its place, says of a failed invocation or init.
type Error struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
	// Last says that the process can be given no other event: it has ended, did not begin, or still
	// works on this one.
	Last bool `json:"-"`
}

// Error implements error.
func (e *Error) Error() string { return e.Type + ": " + e.Message }

// API is a Runtime API that listens on a port of its own. Like a Lambda environment it hands
// out one event at a time; further ones wait.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type API struct {
	config  Config
	address string
	server  *http.Server
	served  chan error
	events  chan *Invocation
	turn    chan struct{} // holds one token: whose turn it is to invoke

	once    sync.Once
	ready   chan struct{} // closed at the first request for an event
	began   time.Time     // of that request; set before ready is closed
	refused chan struct{} // closed when the init failed

	mu      sync.Mutex
	current *Invocation
	failed  *Error
}

// Invocation is an event that a function was given. It is for one goroutine at a time.
type Invocation struct {
	api      *API
	id       string
	payload  []byte
	deadline time.Time
	late     *time.Timer
	done     chan result
}

type result struct {
	payload []byte
	err     *Error
}

// Listen starts a Runtime API. The caller closes it.
func Listen(ctx context.Context, config Config) (*API, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the function: %w", err)
	}
	config.Timeout = cmp.Or(config.Timeout, DefaultTimeout)
	config.ARN = cmp.Or(config.ARN, "arn:aws:lambda:us-west-2:123456789012:function:startchat")
	a := &API{
		config: config, address: listener.Addr().String(), served: make(chan error, 1), events: make(chan *Invocation),
		turn: make(chan struct{}, 1), ready: make(chan struct{}), refused: make(chan struct{}),
	}
	a.turn <- struct{}{}
	a.server = &http.Server{Handler: a.handler(), ReadHeaderTimeout: config.Timeout}
	go func() { a.served <- a.server.Serve(listener) }()
	return a, nil
}

// Environ returns the variable by which a function finds the API.
func (a *API) Environ() string { return "AWS_LAMBDA_RUNTIME_API=" + a.address }

// Close ends the API, with the connections that wait for an event.
func (a *API) Close() error {
	_ = a.server.Close() // connections are cut on purpose
	if err := <-a.served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the runtime api: %w", err)
	}
	return nil
}

// Ready returns when the function has asked for its first event, and the time of that; or the
// reason why it will not, which is an [*Error] when the function said so or has ended.
func (a *API) Ready(ctx context.Context) (time.Time, error) {
	select {
	case <-a.ready:
		return a.began, nil
	case <-a.refused:
	case <-a.config.Exited:
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("waiting for the function: %w", ctx.Err())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil {
		return time.Time{}, a.failed
	}
	return time.Time{}, &Error{"Runtime.ExitError", "the process ended", true}
}

// Invoke has the function handle one event; further ones wait for their turn. The error is an [*Error]
// when the function failed, ended or took too long.
func (a *API) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	select {
	case <-a.turn:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a turn: %w", ctx.Err())
	}
	defer func() { a.turn <- struct{}{} }()
	i, err := a.Start(ctx, payload)
	if err != nil {
		return nil, err
	}
	return i.Wait(context.WithoutCancel(ctx))
}

// Start gives the function an event, for callers that let it have one at a time. The error is an
// [*Error] when the function has ended, or did not ask for one in time.
func (a *API) Start(ctx context.Context, payload []byte) (*Invocation, error) {
	if _, err := a.Ready(ctx); err != nil {
		return nil, err
	}
	timeout := a.config.Timeout
	i := &Invocation{
		api: a, id: uuid.NewString(), payload: payload, deadline: time.Now().Add(timeout), done: make(chan result, 1), late: time.NewTimer(timeout),
	}
	var err error
	select {
	case a.events <- i:
		return i, nil
	case <-a.config.Exited:
		err = &Error{"Runtime.ExitError", "the process ended", true}
	case <-i.late.C:
		err = &Error{"Sandbox.Timedout", "the function does not ask for events", true}
	case <-ctx.Done():
		err = fmt.Errorf("waiting until the function asks for an event: %w", ctx.Err())
	}
	i.late.Stop()
	return nil, err
}

// Wait returns what the function has made of the event. When the context ends before that, it returns
// its error, and may be called again.
func (i *Invocation) Wait(ctx context.Context) ([]byte, error) {
	config := &i.api.config
	var r result
	select {
	case r = <-i.done:
	case <-config.Exited:
		r.err = &Error{"Runtime.ExitError", "the process ended while it handled an event", true}
	case <-i.late.C:
		if config.TimedOut != nil {
			config.TimedOut()
		}
		r.err = &Error{"Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", config.Timeout.Seconds()), true}
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the function: %w", ctx.Err())
	}
	i.late.Stop()
	if r.err != nil {
		return nil, r.err
	}
	return r.payload, nil
}

func (a *API) handler() http.Handler {
	const base = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", a.next)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		a.finish(w, r, func(body []byte) result { return result{payload: body} })
	})
	mux.HandleFunc("POST "+base+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		a.finish(w, r, func(body []byte) result { return result{err: readError(body)} })
	})
	mux.HandleFunc("POST "+base+"init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxPayload)) // an incomplete text is shown as it is
		a.mu.Lock()
		if a.failed == nil {
			a.failed = readError(body)
			a.failed.Last = true
			close(a.refused)
		}
		a.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

func readError(body []byte) *Error {
	e := new(Error)
	if err := json.Unmarshal(body, e); err != nil {
		e.Type, e.Message = "Runtime.Unknown", string(body)
	}
	return e
}

func (a *API) next(w http.ResponseWriter, r *http.Request) {
	a.once.Do(func() {
		a.began = time.Now()
		close(a.ready)
	})
	select {
	case i := <-a.events:
		a.mu.Lock()
		a.current = i
		a.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", a.config.ARN)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
		_, _ = w.Write(i.payload) // Exited tells of a process that is gone
	case <-a.config.Exited:
	case <-r.Context().Done():
	}
}

// maxPayload is how many bytes an answer may have.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxPayload = 6 << 20

// finish takes the result of the current invocation; a late one finds another or none.
func (a *API) finish(w http.ResponseWriter, r *http.Request, read func([]byte) result) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	a.mu.Lock()
	i := a.current
	if i == nil || i.id != r.PathValue("id") || err != nil {
		a.mu.Unlock()
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	a.current = nil
	a.mu.Unlock()
	if len(body) > maxPayload {
		i.done <- result{err: &Error{Type: "Function.ResponseSizeTooLarge", Message: fmt.Sprintf("the answer has more than %d bytes", maxPayload)}}
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	i.done <- read(body)
	w.WriteHeader(http.StatusAccepted)
}
