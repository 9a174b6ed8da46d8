package lambdacall_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/lambdacall"
)

var update = flag.Bool("update", false, "rewrite testdata")

// asProgram is the variable that makes the test's binary a function.
const asProgram = "PROGRAM_OF_A_TEST"

func TestMain(m *testing.M) {
	if kind := os.Getenv(asProgram); kind != "" {
		runProgram(kind)
		return
	}
	os.Exit(m.Run()) //nolint:forbidigo // what TestMain is for
}

// sent is the part of an event that the functions of tests read.
type sent struct {
	Details struct{ Parameters map[string]string }
}

// runProgram is a function: what it does stands in the parameter do of its event.
func runProgram(kind string) {
	if kind == "no start" {
		os.Stderr.WriteString("no licence\n")
		os.Exit(3) //nolint:forbidigo // a program that does not start
	}
	if kind == "http" {
		serveHandler()
		return
	}
	lambda.Start(func(_ context.Context, event sent) (map[string]any, error) {
		do := event.Details.Parameters["do"]
		if do != "" {
			os.Stdout.WriteString("about to " + do + "\n")
		}
		switch do {
		case "fail":
			return nil, os.ErrPermission
		case "die":
			os.Exit(4) //nolint:forbidigo // a program that dies
		case "hang":
			select {}
		}
		return map[string]any{"kind": kind, "do": do, "pid": os.Getpid(), "secret": os.Getenv("PARLEY_ADMIN_TOKEN"), "name": os.Getenv("AWS_LAMBDA_FUNCTION_NAME")}, nil
	})
}

// logged is a log that tests read.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed by the next line
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(p)
}

// await returns when the log holds a text.
func (l *logged) await(text string) {
	for {
		l.mu.Lock()
		found, more := strings.Contains(l.text.String(), text), l.more
		l.mu.Unlock()
		if found {
			return
		}
		<-more
	}
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// calls are functions of a configuration, ended with the test.
func calls(t *testing.T, functions map[string]lambdacall.Function) (*lambdacall.Calls, *logged) {
	t.Helper()
	log := &logged{more: make(chan struct{})}
	c, err := lambdacall.New(lambdacall.Config{Functions: functions, Log: slog.New(slog.NewTextHandler(log, nil)), UserAgent: "parley/test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, log
}

// limit is a time limit that is over when the test says so, and not before a slow machine has come to what
// the limit is for.
type limit struct {
	context.Context //nolint:containedctx // it is one

	asked, over chan struct{} // asked holds a value once somebody goes by it
}

func newLimit(t *testing.T) *limit {
	t.Helper()
	return &limit{t.Context(), make(chan struct{}, 1), make(chan struct{})}
}

// Done implements [context.Context].
func (l *limit) Done() <-chan struct{} {
	select {
	case l.asked <- struct{}{}:
	default:
	}
	return l.over
}

// Err implements [context.Context].
func (l *limit) Err() error {
	select {
	case <-l.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// call is a call of a function by an action, which waits as long as one may.
func call(ref string, more ...map[string]any) *flowrun.Call {
	parameters := map[string]any{"LambdaFunctionARN": ref, "InvocationTimeLimitSeconds": "8"}
	for _, m := range more {
		maps.Copy(parameters, m)
	}
	return &flowrun.Call{
		ID: "call-" + ref, ContactID: "c1", Ask: flow.Ask{Type: "InvokeLambdaFunction", Action: "a", Parameters: parameters},
		Contact: flow.Contact{ID: "c1", InstanceARN: "arn:aws:connect:us-east-1:000000000000:instance/i1", Region: "us-east-1", InitiationMethod: "API"},
	}
}

// external is the answer that a flow got, as JSON.
func external(t *testing.T, e flow.Event) string {
	t.Helper()
	if e.Kind != flow.Answered {
		t.Fatalf("failed: %s %s", e.Error, e.Note)
	}
	data, err := json.Marshal(e.Results["External"])
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// failed expects a failure whose note holds a text.
func failed(t *testing.T, e flow.Event, errorType, note string) {
	t.Helper()
	if e.Kind != flow.Failed || e.Error != errorType || !strings.Contains(e.Note, note) {
		t.Errorf("got %v %q %q, want the failure %q with %q", e.Kind, e.Error, e.Note, errorType, note)
	}
	if e.Results != nil {
		t.Errorf("a failure sets %v", e.Results)
	}
}

// serve serves a handler until the test ends.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// With parts of a name, and by the name that the designer shows.
func TestWhichFunction(t *testing.T) {
	t.Parallel()
	answer := func(name string) lambdacall.Function {
		return lambdacall.Function{Answer: json.RawMessage(`{"name":"` + name + `"}`)}
	}
	c, _ := calls(t, map[string]lambdacall.Function{
		"order": answer("bare"), "order:live": answer("alias"), "arn:aws:lambda:*:function:price*": answer("glob"),
		"arn:aws:lambda:us-east-1:123456789012:function:exact": answer("exact"), "Shown name": answer("shown"),
	})
	for ref, want := range map[string]string{
		"order": "bare", "arn:aws:lambda:us-east-1:123456789012:function:order": "bare", "order:2": "bare",
		"arn:aws:lambda:us-east-1:123456789012:function:order:live": "alias", "order:live": "alias", "123456789012:function:order": "bare",
		"arn:aws:lambda:eu-west-1:1:function:prices:7": "glob", "arn:aws:lambda:us-east-1:123456789012:function:exact:$LATEST": "exact",
		"${Function}": "shown",
	} {
		question := call(ref)
		if ref == "${Function}" {
			question.Ask.Shown = "Shown name"
		}
		if !c.Answers(&question.Ask) {
			t.Errorf("%s is not answered", ref)
			continue
		}
		if got := external(t, c.Answer(t.Context(), question)); got != `{"name":"`+want+`"}` {
			t.Errorf("%s: %s, want %s", ref, got, want)
		}
	}
	if c.Answers(&call("other").Ask) || c.Answers(&flow.Ask{Type: "ShowView"}) || c.Answers(&flow.Ask{Type: "Wait", Text: "x"}) {
		t.Error("what nobody configured is answered")
	}
	var none *lambdacall.Calls
	if none.Has("order", "") || none.Close() != nil {
		t.Error("no functions at all")
	}
}

// An answer in the configuration is chosen by the parameters.
func TestFixedAnswers(t *testing.T) {
	t.Parallel()
	c, _ := calls(t, map[string]lambdacall.Function{"f": {Answers: []lambdacall.Case{
		{Parameters: map[string]string{"tier": "gold", "n": "1"}, Answer: json.RawMessage(`{"a":"1"}`)},
		{Parameters: map[string]string{"tier": "g*"}, Answer: json.RawMessage(`{"a":"2"}`)},
		{Parameters: map[string]string{"tier": "none"}, Answer: json.RawMessage(`{"errorMessage":"no such tier"}`)},
	}}})
	with := func(parameters map[string]any) flow.Event {
		return c.Answer(t.Context(), call("f", map[string]any{"LambdaInvocationAttributes": parameters}))
	}
	if got := external(t, with(map[string]any{"tier": "gold", "n": 1.0})); got != `{"a":"1"}` {
		t.Error(got)
	}
	if got := external(t, with(map[string]any{"tier": "grey"})); got != `{"a":"2"}` {
		t.Error(got)
	}
	failed(t, with(map[string]any{"tier": "none"}), "", "the function failed: no such tier")
	failed(t, with(nil), "", "none of the answers in parley.yaml is for these parameters")
}
