package instance_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/testcase"
)

const greets = `{"Version":"2019-10-30","Observations":[{"Identifier":"o","Event":{"Identifier":"e","Type":"TestInitiated","Properties":{}}}]}`

// openTests opens test cases whose executions wait until they are let go.
func openTests(t *testing.T, kept instance.Store, let <-chan struct{}) *instance.Tests {
	t.Helper()
	tests, err := instance.OpenTests(t.Context(), instance.TestsConfig{
		Store: kept, Limited: true, Failed: func(err error) { t.Error(err) },
		Run: func(ctx context.Context, _ *testcase.File) testcase.Execution {
			select {
			case <-let:
			case <-ctx.Done():
			}
			return testcase.Execution{Status: testcase.Passed, Summary: testcase.Summary{Total: 1, Passed: 1}}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

// Five executions run at once, the others wait for their turn, and more than a hundred are refused.
func TestExecutionsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
		if err != nil {
			t.Fatal(err)
		}
		let := make(chan struct{})
		tests := openTests(t, kept, let)
		c, err := tests.Create(t.Context(), instance.TestCase{Name: "Greets", Published: &instance.TestBody{Content: greets}})
		if err != nil {
			t.Fatal(err)
		}
		var first string
		for i := range instance.MaxExecutions {
			e, err := tests.Start(t.Context(), c.ID)
			if err != nil {
				t.Fatal(i, err)
			}
			if first == "" {
				first = e.ID
			}
			synctest.Wait()
		}
		if _, err := tests.Start(t.Context(), c.ID); !errors.Is(err, instance.ErrLimit) {
			t.Error(err)
		}
		count := func() string {
			n := map[testcase.Status]int{}
			for _, e := range tests.Executions() {
				n[e.Status]++
			}
			return fmt.Sprint(n[testcase.Initiated], n[testcase.InProgress], n[testcase.Passed], n[testcase.Stopped])
		}
		if got := count(); got != "95 5 0 0" {
			t.Errorf("waiting, running, passed, stopped: %s", got)
		}
		let <- struct{}{}
		synctest.Wait()
		if got := count(); got != "94 5 1 0" {
			t.Errorf("after one has ended: %s", got)
		}
		if err := tests.Stop(c.ID, first); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		tests.Close()
		if got := count(); got != "0 0 1 99" && got != "0 0 2 98" {
			t.Errorf("after the end: %s", got)
		}
		if err := tests.Stop("another", first); !errors.Is(err, instance.ErrNotFound) {
			t.Error(err)
		}

		again := openTests(t, kept, let)
		defer again.Close()
		if found := again.All(); len(found) != 1 || found[0].Name != "Greets" || found[0].Published.Content != greets {
			t.Errorf("after a restart: %+v", found)
		}
		tests = again
		if got := count(); got != "0 0 1 99" && got != "0 0 2 98" {
			t.Errorf("after a restart: %s", got)
		}
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
}

// What is published can be published; what is saved need not be.
func TestPublishedTests(t *testing.T) {
	t.Parallel()
	kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	tests := openTests(t, kept, nil)
	t.Cleanup(tests.Close)
	if _, err := tests.Create(t.Context(), instance.TestCase{Name: "a", Published: &instance.TestBody{Content: "{}"}}); err == nil {
		t.Error("no test case was published")
	}
	c, err := tests.Create(t.Context(), instance.TestCase{Name: "a", Saved: &instance.TestBody{Content: "{}"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tests.Start(t.Context(), c.ID); !errors.Is(err, instance.ErrUnpublished) {
		t.Error(err)
	}
	err = tests.Change(t.Context(), c.ID, func(c *instance.TestCase) error {
		c.Published, c.Saved = &instance.TestBody{Content: greets}, nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tests.Start(t.Context(), c.ID); err != nil {
		t.Error(err)
	}
	if err := tests.Remove(t.Context(), c.ID); err != nil || len(tests.All()) > 0 || len(tests.Executions()) != 1 {
		t.Errorf("removed: %v, %+v", err, tests.All())
	}
}

// Of very many executions the oldest are let go, in the store as well.
func TestExecutionsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
		if err != nil {
			t.Fatal(err)
		}
		let := make(chan struct{})
		close(let)
		tests := openTests(t, kept, let)
		c, err := tests.Create(t.Context(), instance.TestCase{Name: "Greets", Published: &instance.TestBody{Content: greets}})
		if err != nil {
			t.Fatal(err)
		}
		var first, last string
		for range instance.KeptExecutions + 3 {
			e, err := tests.Start(t.Context(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			first, last = cmp.Or(first, e.ID), e.ID
			<-time.After(time.Millisecond) // of the bubble
		}
		synctest.Wait()
		for range 2 {
			if n := len(tests.Executions()); n != instance.KeptExecutions {
				t.Errorf("%d executions are kept", n)
			}
			if _, err := tests.Execution(c.ID, first); !errors.Is(err, instance.ErrNotFound) {
				t.Errorf("the first one: %v", err)
			}
			if _, err := tests.Execution(c.ID, last); err != nil {
				t.Errorf("the last one: %v", err)
			}
			tests.Close()
			tests = openTests(t, kept, let) // as another run of the program does
		}
		tests.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
}

// slowStore keeps documents when it is let, once it has said that it is about to.
type slowStore struct {
	instance.Store
	asked, let chan struct{} // nil lets at once
}

func (s *slowStore) PutDocument(ctx context.Context, kind, id string, body []byte) error {
	if s.let != nil {
		s.asked <- struct{}{}
		<-s.let
	}
	return s.Store.PutDocument(ctx, kind, id, body) //nolint:wrapcheck // it stands in its place
}

// While the store keeps a change, everybody sees what there is; what is not kept yet is seen by nobody.
func TestSeenWhileTheStoreWorks(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(tests *instance.Tests, testID, executionID string) error{
		"create": func(tests *instance.Tests, _, _ string) error {
			_, err := tests.Create(context.Background(), instance.TestCase{Name: "Another"})
			return err
		},
		"change": func(tests *instance.Tests, id, _ string) error {
			return tests.Change(context.Background(), id, func(c *instance.TestCase) error { c.Description = "new"; return nil })
		},
		"start": func(tests *instance.Tests, id, _ string) error {
			_, err := tests.Start(context.Background(), id)
			return err
		},
		"stop":   func(tests *instance.Tests, id, execution string) error { return tests.Stop(id, execution) },
		"remove": func(tests *instance.Tests, id, _ string) error { return tests.Remove(context.Background(), id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kept, err := store.Open(t.Context(), store.Config{Ephemeral: true})
			if err != nil {
				t.Fatal(err)
			}
			slow := &slowStore{Store: kept}
			tests := openTests(t, slow, nil)
			c, err := tests.Create(t.Context(), instance.TestCase{Name: "Greets", Published: &instance.TestBody{Content: greets}})
			if err != nil {
				t.Fatal(err)
			}
			e, err := tests.Start(t.Context(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			seen := func() string {
				found, is := tests.Find(c.ID)
				e, err := tests.Execution(c.ID, e.ID)
				return fmt.Sprint(len(tests.All()), is, found.Description, len(tests.Executions()), e.Status == testcase.Stopped, err)
			}
			before := seen()
			slow.asked, slow.let = make(chan struct{}), make(chan struct{})
			done := make(chan error)
			go func() { done <- change(tests, c.ID, e.ID) }()
			<-slow.asked
			during := make(chan string, 1)
			go func() { during <- seen() }()
			select {
			case got := <-during:
				if got != before {
					t.Errorf("%s, and before it was kept %s", before, got)
				}
			case <-time.After(time.Minute):
				t.Error("nobody sees anything while the store works")
			}
			close(slow.let)
			if err := <-done; err != nil {
				t.Error(err)
			}
			if got := seen(); got == before {
				t.Errorf("%s before and after", got)
			}
			go func() { // what ends now is kept as well
				for range slow.asked {
				}
			}()
			tests.Close()
			close(slow.asked)
			if err := kept.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
