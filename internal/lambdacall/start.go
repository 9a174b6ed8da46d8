package lambdacall

import (
	"context"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

// keptFor is how long the result of an asynchronous invocation can be waited for.
const keptFor = 15 * time.Minute

// invocation is an asynchronous one.
type invocation struct {
	done   chan struct{} // closed when result and err are there
	result map[string]any
	err    error
	kept   *time.Timer // forgets it; nil while it runs
}

// start invokes a function without waiting for it. No endpoint is told so: emulators do not know how.
func (c *Calls) start(call *flowrun.Call, a *action) flow.Event {
	i := &invocation{done: make(chan struct{})}
	id := call.ID
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return flow.Event{Kind: flow.Failed, Note: "the server is being ended"}
	}
	c.started[id] = i
	note := strings.Join(a.notes, "; ")
	c.working.Go(func() {
		i.result, i.err = c.call(c.ctx, call, a)
		close(i.done)
		c.mu.Lock()
		defer c.mu.Unlock()
		i.kept = time.AfterFunc(keptFor, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.started, id)
		})
	})
	return flow.Event{
		Kind: flow.Answered, Note: note,
		Results: map[string]any{"LambdaInvocation": map[string]any{"InvocationId": id}},
	}
}

// forget forgets all invocations, once none is running any more.
func (c *Calls) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, i := range c.started {
		i.kept.Stop()
	}
	clear(c.started)
}

func (c *Calls) startedOf(id string) *invocation {
	if c == nil || id == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.started[id]
}

// wait is the answer to a Wait that goes on with the result of an invocation. How long it waits at most is
// counted by whoever asks.
func (c *Calls) wait(ctx context.Context, ask *flow.Ask) flow.Event {
	e := flow.Event{Kind: flow.Answered, HasResult: true, Result: "WaitCompleted"}
	i := c.startedOf(ask.Text)
	if i == nil {
		e.Note = "there is no invocation " + brief(ask.Text)
		return e
	}
	select {
	case <-i.done:
	case <-ctx.Done():
		return e
	}
	if i.err != nil {
		e.Note = i.err.Error()
		return e
	}
	e.Results = map[string]any{"LambdaInvocation": map[string]any{"InvocationId": ask.Text, "ResultData": i.result}}
	return e
}
