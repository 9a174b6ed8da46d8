package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/testcase"
)

// Kinds of documents of test cases.
const (
	testDocument      = "testcase"
	executionDocument = "testexecution"
)

// How many executions run, and how many wait for that, when quotas are enforced.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/testing-simulation.html
const (
	MaxRunning    = 5
	MaxExecutions = 100
)

// KeptExecutions is how many executions are kept. Of more, the oldest that have come to their end are
// let go. Guessed: AWS names no number.
const KeptExecutions = 1000

// TestBody is what a test case says.
type TestBody struct {
	Content string `json:"content"`
	// Entry is the entry point as the API has it; empty for none.
	Entry    json.RawMessage `json:"entry,omitempty"`
	Data     string          `json:"data,omitempty"`
	Modified time.Time       `json:"modified"`
}

// TestCase is a test case of the instance.
type TestCase struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	// Published is what can be run, Saved what was saved since; nil for nothing.
	Published *TestBody `json:"published,omitempty"`
	Saved     *TestBody `json:"saved,omitempty"`
	Created   time.Time `json:"created"`
}

// Execution is a test case that was run, or runs.
type Execution struct {
	ID     string `json:"id"`
	TestID string `json:"test"`
	// Name and Tags are those of the test case when it was started.
	Name string            `json:"name"`
	Tags map[string]string `json:"tags,omitempty"`
	testcase.Execution

	cancel context.CancelFunc
}

// running reports whether an execution has not come to its end.
func (e *Execution) running() bool {
	return e.Status == testcase.Initiated || e.Status == testcase.InProgress
}

// TestsConfig is what [Tests] need.
type TestsConfig struct {
	// Store keeps what there is. Required.
	Store Store
	// Run runs a test case, without a change of anything. Required.
	Run func(ctx context.Context, f *testcase.File) testcase.Execution
	// Now is the time of changes; nil means time.Now.
	Now func() time.Time
	// Limited enforces the quota of executions.
	Limited bool
	// Failed is told of failures of the store; nil does nothing.
	Failed func(error)
}

// Tests are the test cases of an instance and their executions. Close ends it. It is safe for concurrent
// use.
type Tests struct {
	cfg     TestsConfig
	ctx     context.Context //nolint:containedctx // ends with the tests, which own their executions
	cancel  context.CancelFunc
	turns   chan struct{}
	working sync.WaitGroup

	changing   sync.Mutex           // one change at a time
	mu         sync.RWMutex         // held to read, and by who changes for the moment of writing: not while the store works
	tests      map[string]*TestCase // what is here does not change: another takes its place
	executions map[string]*Execution
}

// OpenTests reads what is kept. An execution that ran when the program ended was stopped by that.
func OpenTests(ctx context.Context, cfg TestsConfig) (*Tests, error) {
	if cfg.Store == nil || cfg.Run == nil {
		return nil, errors.New("test cases need a store and somebody who runs them")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Failed == nil {
		cfg.Failed = func(error) {}
	}
	t := &Tests{cfg: cfg, turns: make(chan struct{}, MaxRunning), tests: map[string]*TestCase{}, executions: map[string]*Execution{}}
	if err := load(ctx, cfg.Store, testDocument, t.tests); err != nil {
		return nil, err
	}
	if err := load(ctx, cfg.Store, executionDocument, t.executions); err != nil {
		return nil, err
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t, nil
}

// load reads the documents of a kind.
func load[T any](ctx context.Context, store Store, kind string, into map[string]*T) error {
	stored, err := store.Documents(ctx, kind)
	if err != nil {
		return fmt.Errorf("opening what the instance was given: %w", err)
	}
	for id, body := range stored {
		one := new(T)
		if err := json.Unmarshal(body, one); err != nil {
			return fmt.Errorf("reading the %s %s of the instance: %w", kind, id, err)
		}
		into[id] = one
	}
	return nil
}

// Close stops what runs.
func (t *Tests) Close() {
	t.cancel()
	t.working.Wait()
}

// All are the test cases, the oldest first. What they hold is not to be changed.
func (t *Tests) All() []TestCase {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []TestCase
	for _, c := range t.tests {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b TestCase) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) })
	return all
}

// Find returns a test case.
func (t *Tests) Find(id string) (TestCase, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if c := t.tests[id]; c != nil {
		return *c, true
	}
	return TestCase{}, false
}

// Create keeps a new test case, which gets an id. Errors: ErrDuplicate, [*InvalidError] and those of the
// store.
func (t *Tests) Create(ctx context.Context, c TestCase) (TestCase, error) {
	t.changing.Lock()
	defer t.changing.Unlock()
	c.ID, c.Created = uuid.NewString(), t.cfg.Now()
	return c, t.put(ctx, &c)
}

// Change lets f change a test case. Errors: those of f and of [Tests.Create], and ErrNotFound.
func (t *Tests) Change(ctx context.Context, id string, f func(*TestCase) error) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	old := t.tests[id]
	if old == nil {
		return ErrNotFound
	}
	c := *old
	c.Tags = maps.Clone(old.Tags)
	if err := f(&c); err != nil {
		return err
	}
	return t.put(ctx, &c)
}

// put keeps a test case, whose published body must be one that can be published. The caller is the
// one who changes.
func (t *Tests) put(ctx context.Context, c *TestCase) error {
	for _, other := range t.tests {
		if other.ID != c.ID && other.Name == c.Name {
			return ErrDuplicate
		}
	}
	old := t.tests[c.ID]
	if c.Published != nil && (old == nil || old.Published != c.Published) {
		if err := c.publishable(); err != nil {
			return err
		}
	}
	body, err := json.Marshal(c)
	if err == nil {
		err = t.cfg.Store.PutDocument(ctx, testDocument, c.ID, body)
	}
	if err != nil {
		return fmt.Errorf("keeping a test case of the instance: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tests[c.ID] = c
	return nil
}

// Remove removes a test case. Its executions stay.
func (t *Tests) Remove(ctx context.Context, id string) error {
	t.changing.Lock()
	defer t.changing.Unlock()
	if t.tests[id] == nil {
		return ErrNotFound
	}
	if err := t.cfg.Store.PutDocument(ctx, testDocument, id, nil); err != nil {
		return fmt.Errorf("removing a test case of the instance: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tests, id)
	return nil
}

// file is a body as a file of the API's shape has it.
func (c *TestCase) file(body *TestBody) ([]byte, error) {
	around := map[string]any{"Name": c.Name, "Description": c.Description, "Content": body.Content}
	if len(body.Entry) > 0 {
		around["EntryPoint"] = body.Entry
	}
	if body.Data != "" {
		around["InitializationData"] = body.Data
	}
	data, err := json.Marshal(around)
	if err != nil {
		return nil, fmt.Errorf("reading a test case: %w", err)
	}
	return data, nil
}

// publishable holds the published body against the rules of `parley flow check`: whatever Amazon Connect
// would refuse is refused here.
func (c *TestCase) publishable() error {
	data, err := c.file(c.Published)
	if err != nil {
		return err
	}
	found, is := flowcheck.TestCase(c.Name, data)
	if !is {
		return &InvalidError{[]string{"The content is no test case in the Testing language: it has no Observations."}}
	}
	var problems []string
	for i := range found {
		if found[i].Level != flow.Doubtful {
			problems = append(problems, problem(&found[i]))
		}
	}
	if len(problems) > 0 {
		return &InvalidError{problems}
	}
	return nil
}
