package awsfake

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Step says how one call is answered. The zero step answers as if there were no
// script. Signatures are checked before: a badly signed call does not use a step up.
type Step struct {
	// Operation names the call the step is for ("DescribeInstance"); empty means
	// whichever comes next.
	Operation string
	// Status is the HTTP status; zero stands for 200, or 400 when Error is set.
	Status int
	// Error is the exception's name and Message its text.
	Error, Message string
	// Header is added to the answer (Retry-After, X-Amz-Id-2 …).
	Header http.Header
	// Body is sent as it is, in place of an answer of the service.
	Body string
	// Truncate announces the body as longer than it is and cuts the connection.
	Truncate bool
	// Reset breaks the connection without an answer (TCP RST where possible).
	Reset bool
	// Hang sends nothing until the caller gives up or the endpoint is closed.
	Hang bool
	// Skew moves this answer's Date header, and nothing else; see
	// [Endpoint.SetClock] for a clock that is wrong.
	Skew time.Duration
}

// Script appends answers for the next calls. When it is used up, calls are answered
// as usual.
func (e *Endpoint) Script(steps ...Step) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.script = append(e.script, steps...)
}

// ScriptLeft counts the steps not used yet.
func (e *Endpoint) ScriptLeft() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.script)
}

// next takes the first step that fits the operation.
func (e *Endpoint) next(operation string) Step {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, step := range e.script {
		if step.Operation == "" || step.Operation == operation {
			e.script = slices.Delete(e.script, i, i+1)
			return step
		}
	}
	return Step{}
}

// play carries out a step and reports whether that was the whole answer.
func (e *Endpoint) play(w http.ResponseWriter, r *http.Request, step Step) bool {
	for name, values := range step.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	switch {
	case step.Hang:
		select {
		case <-r.Context().Done():
		case <-e.closed:
		}
		panic(http.ErrAbortHandler)
	case step.Reset:
		reset(w)
	case step.Truncate:
		w.Header().Set("Content-Length", strconv.Itoa(len(step.Body)+100))
		w.WriteHeader(statusOr(step.Status, http.StatusOK))
		_, _ = w.Write([]byte(step.Body)) // the connection is cut next anyway
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case step.Body != "":
		w.WriteHeader(statusOr(step.Status, http.StatusOK))
		_, _ = w.Write([]byte(step.Body)) // a caller that is gone needs no answer
	case step.Error != "" || step.Status >= 300:
		writeFault(w, r, fault{status: statusOr(step.Status, http.StatusBadRequest), name: step.Error, message: step.Message})
	default:
		return false
	}
	return true
}

// reset breaks the connection as hard as the server allows.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // without it the caller sees an orderly end
	}
	_ = conn.Close() // closing is all that is left to do
}

func statusOr(status, otherwise int) int {
	if status == 0 {
		return otherwise
	}
	return status
}
