// Package gateway is what stands around a Lambda function in AWS, for tests on one machine:
// the Runtime API that starts a program and gives it events ([Function]), and the gateways
// that turn HTTP requests into events and answers into HTTP ([Gateway]).
//
// The program is the real one, built as for a deployment, in its own process. What the package
// knows of AWS is what AWS documents; it shares no code with the function's own decoding of
// events, and takes the shapes of events from aws-lambda-go.
package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Config says which program a [Function] runs, and how.
type Config struct {
	// Program is the path of the bootstrap.
	Program string
	// Env is its whole environment beside what Lambda sets, as NAME=value.
	Env []string
	// Timeout is how long an invocation may take; zero means 10 s.
	Timeout time.Duration
}

// FunctionError is what a function, or Lambda in its place, says of a failed invocation or
// init.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Error implements error.
func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Function is a program under the Runtime API. Like a Lambda environment it handles one event
// at a time; further ones wait. It is safe for concurrent use.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type Function struct {
	timeout time.Duration
	cmd     *exec.Cmd
	output  string // the file of what the process prints
	events  chan *invocation
	turn    chan struct{} // holds one token: whose turn it is to invoke

	ready  chan struct{} // closed at the first request for an event
	once   sync.Once
	exited chan struct{}

	mu      sync.Mutex
	current *invocation
	failed  *FunctionError
	status  error
}

type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	done     chan result
}

type result struct {
	payload []byte
	err     *FunctionError
}

// Start starts the program. It ends with the test.
func Start(tb testing.TB, config Config) *Function {
	tb.Helper()
	f := &Function{
		timeout: config.Timeout, events: make(chan *invocation), turn: make(chan struct{}, 1),
		ready: make(chan struct{}), exited: make(chan struct{}),
	}
	f.turn <- struct{}{}
	if f.timeout == 0 {
		f.timeout = 10 * time.Second
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listening for the function: %v", err)
	}
	api := &http.Server{Handler: f.api(), ReadHeaderTimeout: f.timeout}
	served := make(chan error, 1)
	go func() { served <- api.Serve(listener) }()

	f.cmd = exec.CommandContext(context.Background(), config.Program)
	f.cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String(),
		"AWS_LAMBDA_FUNCTION_NAME=startchat", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_EC2_METADATA_DISABLED=true", "TZ=:UTC",
	}, config.Env...)
	// A file, because what stands in a pipe when an answer has come may not have been read yet.
	f.output = filepath.Join(tb.TempDir(), "output")
	output, err := os.Create(f.output)
	if err != nil {
		tb.Fatalf("making a file for the function's output: %v", err)
	}
	f.cmd.Stdout, f.cmd.Stderr = output, output
	err = f.cmd.Start()
	if err := errors.Join(err, output.Close()); err != nil {
		tb.Fatalf("starting the function: %v", err)
	}
	go func() {
		f.status = f.cmd.Wait()
		close(f.exited)
	}()
	tb.Cleanup(func() {
		f.Kill()
		<-f.exited
		_ = api.Close() // connections that wait for an event are cut on purpose
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			tb.Errorf("serving the runtime api: %v", err)
		}
		if tb.Failed() {
			text := f.Output()
			tb.Logf("the function's output ends:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return f
}

// Kill ends the process the way Lambda does. That it has ended by itself is no matter.
func (f *Function) Kill() { _ = f.cmd.Process.Kill() }

// Ready returns when the function asks for its first event, or with the reason why it will
// not.
func (f *Function) Ready(ctx context.Context) error {
	select {
	case <-f.ready:
		return nil
	case <-f.exited:
	case <-ctx.Done():
		return fmt.Errorf("waiting for the function: %w", ctx.Err())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed != nil {
		return f.failed
	}
	return &FunctionError{"Runtime.ExitError", fmt.Sprintf("the process ended: %v", f.status)}
}

// Exited returns a channel that is closed when the process has ended.
func (f *Function) Exited() <-chan struct{} { return f.exited }

// ExitCode returns the exit code of a process that has ended.
func (f *Function) ExitCode() int { return f.cmd.ProcessState.ExitCode() }

// PID returns the process's id.
func (f *Function) PID() int { return f.cmd.Process.Pid }

// Output returns everything the process has printed so far, all of what it printed before an
// answer included.
func (f *Function) Output() string {
	text, err := os.ReadFile(f.output)
	if err != nil {
		panic(err) // it was there when the process was started
	}
	return string(text)
}

// Invoke has the function handle one event. The error is a [*FunctionError] when the function
// failed, ended or took too long; in the last case the process is killed.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	select {
	case <-f.turn:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a turn: %w", ctx.Err())
	}
	defer func() { f.turn <- struct{}{} }()
	if err := f.Ready(ctx); err != nil {
		return nil, err
	}
	i := &invocation{id: uuid.NewString(), payload: payload, deadline: time.Now().Add(f.timeout), done: make(chan result, 1)}
	late := time.NewTimer(f.timeout)
	defer late.Stop()
	select {
	case f.events <- i:
	case <-f.exited:
		return nil, f.Ready(ctx)
	case <-late.C:
		return nil, &FunctionError{"Sandbox.Timedout", "the function does not ask for events"}
	}
	select {
	case r := <-i.done:
		if r.err != nil {
			return nil, r.err
		}
		return r.payload, nil
	case <-f.exited:
		return nil, &FunctionError{"Runtime.ExitError", "the process ended while it handled an event"}
	case <-late.C:
		f.Kill()
		<-f.exited
		return nil, &FunctionError{"Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", f.timeout.Seconds())}
	}
}

// api returns the Runtime API.
func (f *Function) api() http.Handler {
	const base = "/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"invocation/next", f.next)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		f.finish(w, r, func(body []byte) result { return result{payload: body} })
	})
	mux.HandleFunc("POST "+base+"invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) {
		f.finish(w, r, func(body []byte) result { return result{err: readError(body)} })
	})
	mux.HandleFunc("POST "+base+"init/error", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is missing makes the test fail
		f.mu.Lock()
		f.failed = readError(body)
		f.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
	})
	return mux
}

func readError(body []byte) *FunctionError {
	e := new(FunctionError)
	if err := json.Unmarshal(body, e); err != nil {
		e.Type, e.Message = "Runtime.Unknown", string(body)
	}
	return e
}

func (f *Function) next(w http.ResponseWriter, r *http.Request) {
	f.once.Do(func() { close(f.ready) })
	select {
	case i := <-f.events:
		f.mu.Lock()
		f.current = i
		f.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-west-2:123456789012:function:startchat")
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
		_, _ = w.Write(i.payload) // a process that is gone is noticed elsewhere
	case <-f.exited:
	case <-r.Context().Done():
	}
}

// finish takes the result of the current invocation; a late one finds another or none.
func (f *Function) finish(w http.ResponseWriter, r *http.Request, read func([]byte) result) {
	body, err := io.ReadAll(r.Body)
	f.mu.Lock()
	i := f.current
	if i == nil || i.id != r.PathValue("id") || err != nil {
		f.mu.Unlock()
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.current = nil
	f.mu.Unlock()
	i.done <- read(body)
	w.WriteHeader(http.StatusAccepted)
}
