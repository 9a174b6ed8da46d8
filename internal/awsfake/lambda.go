package awsfake

import (
	"net/http"
	"net/url"
	"strings"
)

const (
	invoke        = "Invoke"
	functionsPath = "/2015-03-31/functions/"
)

// Invocation is a call of a function of AWS Lambda.
type Invocation struct {
	// Function is the name or ARN that was called, Qualifier the version or alias; empty for none.
	Function, Qualifier string
	Event               []byte
}

// Invoked is what a function did.
type Invoked struct {
	// Answer is its answer, or the description of its failure; Failed marks it as one.
	Answer []byte
	Failed bool
}

// Functions lets f stand for the functions of the account. Without it there are none.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (e *Endpoint) Functions(f func(Invocation) Invoked) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.invoked = f
}

// routeInvoke finds out which function is called. An ARN is one segment of the path, escaped.
func (c *call) routeInvoke(path string) {
	segment, ok := strings.CutSuffix(strings.TrimPrefix(path, functionsPath), "/invocations")
	name, err := url.PathUnescape(segment)
	if ok && err == nil && !strings.Contains(segment, "/") {
		c.operation, c.service, c.segments = invoke, serviceLambda, []string{name}
	}
}

func (e *Endpoint) invoke(w http.ResponseWriter, r *http.Request, c call) {
	e.mu.Lock()
	invoked := e.invoked
	e.mu.Unlock()
	if invoked == nil {
		writeFault(w, r, fault{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + c.segments[0]})
		return
	}
	did := invoked(Invocation{Function: c.segments[0], Qualifier: r.URL.Query().Get("Qualifier"), Event: append([]byte(nil), c.body...)})
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Amz-Executed-Version", "$LATEST")
	if did.Failed {
		header.Set("X-Amz-Function-Error", "Unhandled")
	}
	_, _ = w.Write(did.Answer) // a caller that is gone needs no answer
}
