package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/testcase"
)

// ErrUnpublished says that a test case was only saved, and cannot be run.
var ErrUnpublished = errors.New("the test case is saved and not published")

// Start begins an execution of what a test case has published. Errors: ErrNotFound, ErrUnpublished,
// ErrLimit and those of the store.
func (t *Tests) Start(ctx context.Context, id string) (Execution, error) {
	t.changing.Lock()
	defer t.changing.Unlock()
	c := t.tests[id]
	switch {
	case c == nil:
		return Execution{}, ErrNotFound
	case c.Published == nil:
		return Execution{}, ErrUnpublished
	}
	running := 0
	for _, e := range t.executions {
		if e.cancel != nil && e.running() {
			running++
		}
	}
	if t.cfg.Limited && running >= MaxExecutions {
		return Execution{}, ErrLimit
	}
	data, err := c.file(c.Published)
	if err != nil {
		return Execution{}, err
	}
	f, is := testcase.Read(c.Name, data)
	if !is {
		return Execution{}, ErrUnpublished
	}
	e := &Execution{ID: uuid.NewString(), TestID: id, Name: c.Name, Tags: maps.Clone(c.Tags)}
	e.Status, e.Began = testcase.Initiated, t.cfg.Now()
	if err := t.keep(ctx, e); err != nil {
		return Execution{}, err
	}
	var inTime context.Context
	inTime, e.cancel = context.WithCancel(t.ctx)
	t.show(e)
	t.working.Go(func() { t.run(inTime, e.ID, f) })
	return *e, nil
}

// run runs a test case when its turn has come.
func (t *Tests) run(ctx context.Context, id string, f *testcase.File) {
	var came testcase.Execution
	select {
	case t.turns <- struct{}{}:
		t.advance(id, func(e *Execution) { e.Status = testcase.InProgress })
		came = t.cfg.Run(ctx, f)
		<-t.turns
	case <-ctx.Done():
	}
	t.advance(id, func(e *Execution) {
		began := e.Began
		if ctx.Err() == nil {
			e.Execution = came
		} else {
			e.Status, e.Ended = testcase.Stopped, t.cfg.Now()
		}
		e.Began = began
	})
}

// advance changes an execution that runs.
func (t *Tests) advance(id string, f func(*Execution)) {
	t.changing.Lock()
	defer t.changing.Unlock()
	old := t.executions[id]
	if old == nil || !old.running() {
		return
	}
	e := *old
	f(&e)
	if e.running() {
		t.show(&e)
		return
	}
	e.cancel()
	ctx := context.WithoutCancel(t.ctx)
	err := t.keep(ctx, &e)
	t.show(&e) // it has come to its end, kept or not
	if err = errors.Join(err, t.letGo(ctx)); err != nil {
		t.cfg.Failed(err)
	}
}

// show lets an execution be seen. The caller is the one who changes.
func (t *Tests) show(e *Execution) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.executions[e.ID] = e
}

// letGo lets go of executions that are too many. The caller is the one who changes.
func (t *Tests) letGo(ctx context.Context) error {
	over := len(t.executions) - KeptExecutions
	if over <= 0 {
		return nil
	}
	var ended []*Execution
	for _, e := range t.executions {
		if e.cancel == nil || !e.running() {
			ended = append(ended, e)
		}
	}
	slices.SortFunc(ended, func(a, b *Execution) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(b.ID, a.ID)) })
	for _, e := range ended[:min(over, len(ended))] {
		if err := t.cfg.Store.PutDocument(ctx, executionDocument, e.ID, nil); err != nil {
			return fmt.Errorf("letting go of an execution of a test case: %w", err)
		}
		t.mu.Lock()
		delete(t.executions, e.ID)
		t.mu.Unlock()
	}
	return nil
}

func (t *Tests) keep(ctx context.Context, e *Execution) error {
	body, err := json.Marshal(e)
	if err == nil {
		err = t.cfg.Store.PutDocument(ctx, executionDocument, e.ID, body)
	}
	if err != nil {
		return fmt.Errorf("keeping an execution of a test case: %w", err)
	}
	return nil
}

// Stop stops an execution of a test case; one that has come to its end stays as it is. Errors:
// ErrNotFound.
func (t *Tests) Stop(testID, id string) error {
	if _, err := t.Execution(testID, id); err != nil {
		return err
	}
	t.advance(id, func(e *Execution) { e.Status, e.Ended = testcase.Stopped, t.cfg.Now() })
	return nil
}

// Execution returns an execution of a test case. Errors: ErrNotFound.
func (t *Tests) Execution(testID, id string) (Execution, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if e := t.executions[id]; e != nil && e.TestID == testID {
		return t.seen(e), nil
	}
	return Execution{}, ErrNotFound
}

// seen is an execution as it is now: one that another run of the program had begun is not running any
// more.
func (t *Tests) seen(e *Execution) Execution {
	seen := *e
	if e.cancel == nil && e.running() {
		seen.Status, seen.Ended = testcase.Stopped, e.Began
	}
	return seen
}

// Executions are all executions, the newest first.
func (t *Tests) Executions() []Execution {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var all []Execution
	for _, e := range t.executions {
		all = append(all, t.seen(e))
	}
	slices.SortFunc(all, func(a, b Execution) int { return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.ID, b.ID)) })
	return all
}
