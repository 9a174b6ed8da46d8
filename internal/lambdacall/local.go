package lambdacall

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awswire"
)

// local are the functions at addresses of the developer's.
type local struct {
	ctx     context.Context //nolint:containedctx // of calls that outlive the flow's patience
	working *sync.WaitGroup
	client  *http.Client
	turns   map[string]chan struct{} // by emulator: whose turn it is
}

func newLocal(ctx context.Context, working *sync.WaitGroup) *local {
	return &local{ctx: ctx, working: working, client: newClient(), turns: map[string]chan struct{}{}}
}

// Parts of the path of Lambda's Invoke API.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
const (
	functionsPath   = "/2015-03-31/functions/"
	invocationsPath = "/invocations"
	// emulated is the only name that the runtime interface emulator knows.
	emulated = "function"
)

// address is a function at an address. One of the Invoke API, as people copy it from the
// documentation of an emulator, is that.
func (l *local) address(address string) invoker {
	base, rest, found := strings.Cut(address, functionsPath)
	if name, ok := strings.CutSuffix(rest, invocationsPath); found && ok {
		if name == emulated {
			return l.emulator(base)
		}
		if plain, err := url.PathUnescape(name); err == nil {
			return l.endpoint(base, plain, "")
		}
	}
	return posted{l, address}
}

// endpoint is a function behind an address of the Invoke API, under the name that it is called by
// unless another is given.
func (l *local) endpoint(base, name, qualifier string) invoker {
	return endpoint{l, strings.TrimRight(base, "/"), name, qualifier}
}

// emulator is the function of a runtime interface emulator.
func (l *local) emulator(base string) invoker {
	base = strings.TrimRight(base, "/")
	base, _, _ = strings.Cut(base, functionsPath)
	turn := l.turns[base]
	if turn == nil {
		turn = make(chan struct{}, 1)
		l.turns[base] = turn
	}
	return emulator{l, base + functionsPath + emulated + invocationsPath, turn}
}

// posted gets the event in a POST, and answers with its body.
type posted struct {
	*local
	address string
}

func (p posted) invoke(ctx context.Context, _ arn.Function, event []byte) (reply, error) {
	return p.post(ctx, p.address, event)
}

// endpoint is an Invoke API that runs calls side by side.
type endpoint struct {
	*local
	base, name, qualifier string
}

// invoke implements [invoker]. Name and qualifier are the configured ones, or else those of the ARN that
// the flow has.
func (e endpoint) invoke(ctx context.Context, called arn.Function, event []byte) (reply, error) {
	name, qualifier := cmp.Or(e.name, called.Name), cmp.Or(e.qualifier, called.Qualifier)
	address := e.base + functionsPath + url.PathEscape(name) + invocationsPath
	if qualifier != "" {
		address += "?Qualifier=" + url.QueryEscape(qualifier)
	}
	r, err := e.post(ctx, address, event)
	if f, ok := errors.AsType[*CallError](err); ok && f.status == http.StatusNotFound {
		f.Text += fmt.Sprintf("; it was called %q: `name` in parley.yaml says what it is called there", name)
	}
	return r, err
}

// emulator is a runtime interface emulator. It does not stay up when a second call comes while one
// is running, so that they go one after the other; a call that the flow no longer waits for keeps
// its turn until it has ended.
type emulator struct {
	*local
	address string
	turn    chan struct{}
}

// invoke implements [invoker]. Which function is called is not said: an emulator has one.
func (e emulator) invoke(ctx context.Context, _ arn.Function, event []byte) (reply, error) {
	var waited time.Duration
	select {
	case e.turn <- struct{}{}:
	default:
		began := time.Now()
		select {
		case e.turn <- struct{}{}:
		case <-ctx.Done():
			return reply{note: "an earlier call kept the emulator busy, which takes one at a time"}, ctx.Err()
		}
		waited = time.Since(began)
	}
	type outcome struct {
		reply
		err error
	}
	done := make(chan outcome, 1)
	e.working.Go(func() {
		r, err := e.post(e.ctx, e.address, event)
		<-e.turn
		done <- outcome{r, err}
	})
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done():
		o.err = ctx.Err()
	}
	if f, ok := errors.AsType[*CallError](o.err); ok && f.status == http.StatusBadGateway {
		f.Text += "; see the emulator's log"
	}
	if waited > 50*time.Millisecond {
		o.note = fmt.Sprintf("it waited %s for its turn: the emulator takes one call at a time", waited.Round(10*time.Millisecond))
	}
	return o.reply, o.err
}

// maxRead bounds what is read of an answer: Lambda's own limit.
const maxRead = 6 << 20

// post posts an event, once.
func (l *local) post(ctx context.Context, address string, event []byte) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(event))
	if err != nil {
		return reply{}, failuref("%s is no address", address)
	}
	request.GetBody = nil // a function is called once
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	response, err := l.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return reply{}, fmt.Errorf("calling %s: %w", address, ctx.Err())
		}
		return reply{}, failuref("%s does not answer (is it running?): %v", address, cause(err))
	}
	defer func() { _ = response.Body.Close() }() // nothing is left to read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxRead))
	if err != nil {
		if ctx.Err() != nil {
			return reply{}, fmt.Errorf("reading the answer of %s: %w", address, ctx.Err())
		}
		return reply{}, failuref("%s broke off its answer: %v", address, err)
	}
	if status := response.StatusCode; status/100 != 2 {
		text := string(body)
		if refused := awswire.ParseError(status, response.Header, body); refused.Message != "" {
			text = refused.Name + ": " + refused.Message
		}
		return reply{}, &CallError{status: status, Text: fmt.Sprintf("%s answered with status %d: %s", address, status, brief(text))}
	}
	return reply{body: body, failed: response.Header.Get("X-Amz-Function-Error") != ""}, nil
}

// cause leaves out the method and address that [url.Error] repeats.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
