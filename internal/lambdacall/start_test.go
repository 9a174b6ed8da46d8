package lambdacall_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"testing"
	"weak"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/lambdacall"
)

// An asynchronous invocation has an id at once, and its result when a Wait asks for it.
func TestAsynchronous(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = io.WriteString(w, `{"a":"1"}`)
	})
	c, _ := calls(t, map[string]lambdacall.Function{"f": {URL: url}, "bad": {Answer: json.RawMessage(`[]`)}})
	start := func(ref string) string {
		e := c.Answer(t.Context(), call(ref, map[string]any{"InvocationType": "ASYNCHRONOUS", "InvocationTimeLimitSeconds": "60"}))
		invocation, _ := e.Results["LambdaInvocation"].(map[string]any)
		id, _ := invocation["InvocationId"].(string)
		if e.Kind != flow.Answered || id == "" || len(e.Results) != 1 || e.Note != "" {
			t.Fatalf("%s: %+v", ref, e)
		}
		return id
	}
	wait := func(id string, parameters map[string]any) flow.Event {
		question := &flowrun.Call{Ask: flow.Ask{Type: "Wait", Text: id, Parameters: parameters}}
		if !c.Answers(&question.Ask) {
			t.Fatalf("nobody knows of %s", id)
		}
		e := c.Answer(t.Context(), question)
		if e.Kind != flow.Answered || !e.HasResult || e.Result != "WaitCompleted" {
			t.Errorf("%+v", e)
		}
		return e
	}
	id := start("f")
	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	if e := c.Answer(waiting, &flowrun.Call{Ask: flow.Ask{Type: "Wait", Text: id}}); e.Results != nil {
		t.Errorf("before it has answered: %+v", e)
	}
	close(release)
	e := wait(id, map[string]any{"TimeLimitSeconds": "60"})
	if data, _ := json.Marshal(e.Results); string(data) != `{"LambdaInvocation":{"InvocationId":"`+id+`","ResultData":{"a":"1"}}}` {
		t.Errorf("the result is %s", data)
	}
	if e := wait(start("bad"), map[string]any{"TimeLimitSeconds": "60"}); e.Results != nil || e.Note != "the answer is a list, and must be an object" {
		t.Errorf("a function that failed: %+v", e)
	}
}

// What is closed is let go of: nothing that remembers an asynchronous invocation outlives it.
func TestClosedIsForgotten(t *testing.T) {
	t.Parallel()
	c, err := lambdacall.New(lambdacall.Config{Functions: map[string]lambdacall.Function{"f": {Answer: json.RawMessage(`{}`)}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	e := c.Answer(t.Context(), call("f", map[string]any{"InvocationType": "ASYNCHRONOUS"}))
	if e.Kind != flow.Answered {
		t.Fatalf("%+v", e)
	}
	id := e.Results["LambdaInvocation"].(map[string]any)["InvocationId"].(string)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c.Answers(&flow.Ask{Type: "Wait", Text: id}) {
		t.Error("an invocation is remembered")
	}
	held := weak.Make(c)
	runtime.KeepAlive(c)
	c = nil
	for range 3 {
		runtime.GC()
	}
	if held.Value() != nil {
		t.Error("something holds what was closed")
	}
}
