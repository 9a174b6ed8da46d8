// Package lambdacall calls the Lambda functions that contact flows and bots name, where the
// configuration says that they are: a fixed answer, an address, a local invoke endpoint, a program
// on this machine, or the real one in AWS.
//
// It makes the event that Amazon Connect sends, keeps the limits of the action, and judges the
// answer as Amazon Connect does. [Calls] is safe for concurrent use.
package lambdacall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/glob"
)

// Function says where a function is answered: one of Answer to AWS. The members are those of an
// entry of functions in parley.yaml.
type Function struct {
	// Answer is the one answer there is, Answers are several.
	Answer  json.RawMessage `json:"answer"`
	Answers []Case          `json:"answers"`
	// URL gets the event in a POST. Invoke and Emulator are addresses of Lambda's Invoke API: one that
	// runs calls side by side, and the runtime interface emulator.
	URL      string `json:"url"`
	Invoke   string `json:"invoke"`
	Emulator string `json:"emulator"`
	// Program is a command line.
	Program []string `json:"program"`
	// AWS is the name or ARN of a function of AWS; "aws" and "true" mean the name that was called.
	AWS string `json:"aws"`
	// Name and Qualifier replace what the name that was called says.
	Name      string `json:"name"`
	Qualifier string `json:"qualifier"`
	// Folder is where the program runs, Environment what it gets beside Parley's own variables.
	Folder      string            `json:"folder"`
	Environment map[string]string `json:"environment"`
	// ErrorMessage is "data" when an object with errorMessage is no error.
	ErrorMessage string `json:"error-message"`
}

// Case is an answer for calls with certain parameters.
type Case struct {
	// Parameters are texts, in which * stands for anything.
	Parameters map[string]string `json:"parameters"`
	Answer     json.RawMessage   `json:"answer"`
}

// Config is what [New] needs.
type Config struct {
	// Functions are those of the configuration, by name or ARN; * stands for anything.
	Functions map[string]Function
	// Folder is what relative paths of programs start from; empty means the current one.
	Folder string
	// Region and Profile are for functions of AWS whose name says no Region; empty means as the AWS
	// CLI chooses. UserAgent names the program to AWS.
	Region, Profile, UserAgent string
	// Log gets the output of programs, by the function's name, and what went wrong; nil discards.
	Log *slog.Logger
}

// Calls are the functions of one configuration.
type Calls struct {
	functions map[string]*function
	log       *slog.Logger

	ctx     context.Context //nolint:containedctx // ends with the calls, which own its goroutines
	cancel  context.CancelFunc
	working sync.WaitGroup

	mu       sync.Mutex
	started  map[string]*invocation // asynchronous ones, by id
	programs []*program
}

// function is an entry of the configuration.
type function struct {
	invoker invoker
	// data says that an object with errorMessage is no error.
	data bool
}

// invoker runs a function.
type invoker interface {
	// invoke has the function handle an event. Errors are a [*CallError] or that of the context.
	invoke(ctx context.Context, called arn.Function, event []byte) (reply, error)
}

// reply is what came back from a function.
type reply struct {
	body []byte
	// failed says that it came marked as the function's error.
	failed bool
	// note is what a reader of the trace should know; empty for nothing.
	note string
}

// CallError is a call without a usable answer.
type CallError struct {
	// Late says that the time limit has passed.
	Late bool
	// Text says what was wrong, and what to do.
	Text string

	answer []byte // that cannot be read: for the trace, which masks it, and not for the log
	status int    // that an address answered with; 0 for none
}

// Error implements error.
func (f *CallError) Error() string { return f.Text }

func failuref(format string, args ...any) *CallError {
	return &CallError{Text: fmt.Sprintf(format, args...)}
}

// New returns the functions of a configuration; programs start at once. Close ends them. Errors are
// about the configuration.
func New(cfg Config) (*Calls, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Calls{functions: map[string]*function{}, log: cfg.Log, started: map[string]*invocation{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	local := newLocal(c.ctx, &c.working)
	aws := lambda(&cfg)
	for key, f := range cfg.Functions {
		made := &function{data: f.ErrorMessage == "data"}
		switch {
		case f.Answer != nil:
			made.invoker = fixed{{Answer: f.Answer}}
		case f.Answers != nil:
			made.invoker = fixed(f.Answers)
		case f.URL != "":
			made.invoker = local.address(f.URL)
		case f.Invoke != "":
			made.invoker = local.endpoint(f.Invoke, f.Name, f.Qualifier)
		case f.Emulator != "":
			made.invoker = local.emulator(f.Emulator)
		case f.Program != nil:
			p, err := newProgram(c.ctx, key, f, cfg)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("functions.%s: %w", key, err), c.Close())
			}
			c.programs = append(c.programs, p)
			made.invoker = p
		case f.AWS != "":
			made.invoker = inAWS(aws, f.AWS, f.Qualifier)
		default:
			return nil, errors.Join(fmt.Errorf("functions.%s: it does not say where it is answered", key), c.Close())
		}
		c.functions[key] = made
	}
	return c, nil
}

// Close ends the programs and the calls in progress.
func (c *Calls) Close() error {
	if c == nil {
		return nil
	}
	c.cancel()
	c.working.Wait()
	c.forget()
	for _, p := range c.programs {
		p.close()
	}
	return nil
}

// Has reports whether the configuration says where a function is answered: by the name or ARN that
// names it, or by the name that the designer shows for it.
func (c *Calls) Has(ref, shown string) bool {
	_, ok := c.find(ref, shown)
	return ok
}

func (c *Calls) find(ref, shown string) (*function, bool) {
	if c == nil {
		return nil, false
	}
	called := arn.FunctionOf(ref)
	return glob.Find(c.functions, ref, called.Unqualified, strings.TrimSuffix(called.Name+":"+called.Qualifier, ":"), called.Name, shown)
}

// Answers implements [flowrun.Outside].
func (c *Calls) Answers(ask *flow.Ask) bool {
	switch ask.Type {
	case "InvokeLambdaFunction":
		return c.Has(functionOf(ask), ask.Shown)
	case "Wait":
		return c.startedOf(ask.Text) != nil
	}
	return false
}

func functionOf(ask *flow.Ask) string {
	ref, _ := ask.Parameters["LambdaFunctionARN"].(string)
	return ref
}

// Answer implements [flowrun.Outside].
func (c *Calls) Answer(ctx context.Context, call *flowrun.Call) flow.Event {
	ask := &call.Ask
	if ask.Type == "Wait" {
		return c.wait(ctx, ask)
	}
	a := readAction(ask)
	if a.asynchronous {
		return c.start(call, &a)
	}
	result, err := c.call(ctx, call, &a)
	note := strings.Join(a.notes, "; ")
	if err != nil {
		return failure(err, note)
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"External": result}, Note: note}
}

// failure is an error as a flow is told of it.
func failure(err error, note string) flow.Event {
	e := flow.Event{Kind: flow.Failed, Note: err.Error()}
	if f, ok := errors.AsType[*CallError](err); ok {
		if len(f.answer) > 0 {
			e.Note += ": " + brief(string(f.answer))
		}
		if f.Late {
			e.Error = "TimeLimitExceeded"
		}
	}
	if note != "" {
		e.Note += "; " + note
	}
	return e
}

// call calls the function of an action within its limit, and returns the answer as flows read it.
func (c *Calls) call(ctx context.Context, call *flowrun.Call, a *action) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, a.limit)
	defer cancel()
	ref := functionOf(&call.Ask)
	r, err := c.invoke(ctx, ref, call.Ask.Shown, eventOf(call))
	if r.note != "" {
		a.notes = append(a.notes, r.note)
	}
	var result map[string]any
	if err == nil {
		result, err = decode(r.body, a.nested)
	}
	if err != nil {
		c.log.LogAttrs(ctx, slog.LevelWarn, "function failed", slog.String("function", arn.FunctionOf(ref).Name),
			slog.String("cause", err.Error()), slog.String("contact_id", call.ContactID))
	}
	return result, err
}

// Invoke has a function handle an event, and returns its answer as it came. The context's deadline
// is the limit. Errors are a [*CallError], also where the answer says that the function failed.
func (c *Calls) Invoke(ctx context.Context, ref, shown string, event []byte) ([]byte, error) {
	r, err := c.invoke(ctx, ref, shown, event)
	return r.body, err
}

// invoke calls a function wherever it is answered, and judges what comes. A call whose time was over is
// told by the time it had, whatever the transport's error says.
func (c *Calls) invoke(ctx context.Context, ref, shown string, event []byte) (reply, error) {
	f, ok := c.find(ref, shown)
	if !ok {
		return reply{}, failuref("no function is configured for %q", ref)
	}
	began := time.Now()
	r, err := f.invoker.invoke(ctx, arn.FunctionOf(ref), event)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		limit := time.Since(began)
		if deadline, ok := ctx.Deadline(); ok {
			limit = deadline.Sub(began)
		}
		return r, &CallError{Late: true, Text: fmt.Sprintf("no answer within %s", limit.Round(100*time.Millisecond))}
	case err != nil:
		return r, err
	}
	return r, judge(&r, f.data)
}

// brief bounds a text of a function.
func brief(text string) string { return excerpt.Of(strings.TrimSpace(text), 300) }

// newClient returns the client for addresses of this machine and its network: a function is called
// once, wherever it sends its caller.
func newClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
