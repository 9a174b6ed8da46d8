package flowrun_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

// A Wait for a function that nobody knows of any more waits for its time, however a file writes it.
func TestWaitForNobody(t *testing.T) {
	t.Parallel()
	for _, parameters := range []map[string]any{{"TimeLimitSeconds": "900"}, {"TimeLimitSeconds": "900.0"}, {"TimeLimitSeconds": 900.0}, {"TimeoutSeconds": "900"}} {
		e := flowrun.Outsides(nil).Answer(t.Context(), &flowrun.Call{Ask: flow.Ask{Type: "Wait", Parameters: parameters}})
		if e.Kind != flow.Answered || !e.Open || e.Seconds != 900 {
			t.Errorf("%v: %+v", parameters, e)
		}
	}
}

// lasting is a flow that waits for a function beside it, and says when that is over and what came.
func lasting(parameters map[string]any) flow.Document {
	parameters["ContinueExecution"] = "True"
	return document(
		do("call", "InvokeLambdaFunction", map[string]any{"LambdaFunctionARN": "f", "InvocationType": "ASYNCHRONOUS"}, "wait", "!NoMatchingError", "end"),
		do("wait", "Wait", parameters, "end", "Continue", "wait", "WaitCompleted", "say", "!NoMatchingError", "end"),
		do("say", "MessageParticipant", text("It is $.LambdaInvocation.ResultData."), "end"), do("end", "DisconnectParticipant", nil, ""),
	)
}

// A Wait for a function goes on by the clock of the chats: no earlier than its least time, no later than
// its limit, whichever way a skipped clock or a restart takes.
func TestWaitForAFunction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		parameters map[string]any
		takes      time.Duration // the function
		until      time.Duration // the flow goes on
		says       string
		skips      bool // the time does not pass, but is skipped
		restarts   bool // the function is known no more
	}{
		"an answer":           {map[string]any{"TimeLimitSeconds": "60"}, 10 * time.Second, 10 * time.Second, "SYSTEM: It is here.", false, false},
		"too early":           {map[string]any{"TimeLimitSeconds": "60", "MinimumWaitTimeSeconds": "30"}, 10 * time.Second, 30 * time.Second, "SYSTEM: It is here.", false, false},
		"too early, skipped":  {map[string]any{"TimeLimitSeconds": "7200", "MinimumWaitTimeSeconds": "3600"}, 0, time.Hour, "SYSTEM: It is here.", true, false},
		"none":                {map[string]any{"TimeLimitSeconds": "20"}, time.Minute, 20 * time.Second, "SYSTEM: It is .", false, false},
		"none, skipped":       {map[string]any{"TimeoutSeconds": "3600"}, 2 * time.Hour, time.Hour, "SYSTEM: It is .", true, false},
		"none, after restart": {map[string]any{"TimeLimitSeconds": "60"}, time.Hour, time.Minute, "SYSTEM: It is .", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]flow.Document{"main": lasting(c.parameters)})
				w.outside = func(ctx context.Context, call *flowrun.Call) flow.Event {
					if call.Ask.Type != "Wait" {
						return flow.Event{Kind: flow.Answered, Results: map[string]any{"LambdaInvocation": map[string]any{"InvocationId": "i"}}}
					}
					select {
					case <-time.After(c.takes):
					case <-ctx.Done():
					}
					return flow.Event{Kind: flow.Answered, HasResult: true, Result: "WaitCompleted", Results: map[string]any{"LambdaInvocation": map[string]any{"ResultData": "here"}}}
				}
				w.restart()
				customer := w.customer("main")
				pass := func(d time.Duration) {
					if c.skips {
						w.Clock().Skip(d)
						synctest.Wait()
						return
					}
					customer.pass(d)
				}
				synctest.Wait()
				pass(c.until - 2*time.Second)
				if c.restarts {
					w.outside = nil
					w.restart()
					synctest.Wait()
				}
				customer.expect()
				pass(3 * time.Second)
				customer.expect(c.says, "chat.ended")
			})
		})
	}
}
