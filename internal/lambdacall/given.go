package lambdacall

import (
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/flow"
)

// Given is what a flow is told of an answer that somebody gives in the place of a function, and after
// what time: no later than the action's own limit, which then has passed. One that is invoked and not
// waited for has answered at once, and is read as such.
func Given(ask *flow.Ask, body []byte, delay time.Duration) (answer flow.Event, after time.Duration) {
	a := readAction(ask)
	if a.asynchronous {
		invocation := map[string]any{"InvocationId": "given-" + ask.Action}
		if result, err := decode(body, a.nested); err == nil {
			invocation["ResultData"] = result
		}
		return flow.Event{Kind: flow.Answered, Results: map[string]any{"LambdaInvocation": invocation}}, 0
	}
	if delay > a.limit {
		return failure(&CallError{Late: true, Text: fmt.Sprintf("the function took longer than %s", a.limit)}, ""), a.limit
	}
	result, err := decode(body, a.nested)
	if err != nil {
		return failure(err, ""), delay
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"External": result}}, delay
}
