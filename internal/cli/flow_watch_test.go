package cli

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// Tests run again after each change, a change during a run included, and no more often.
func TestRowS7Watch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var now atomic.Value
		now.Store("one")
		runs, ended := make(chan int), make(chan error)
		go func() {
			n := 0
			ended <- watch(ctx, func() string { return now.Load().(string) }, func() error {
				n++
				if n == 2 {
					now.Store("three") // while it runs
				}
				runs <- n
				return nil
			})
		}()
		<-runs
		synctest.Wait()
		now.Store("two")
		if n := <-runs; n != 2 {
			t.Error(n)
		}
		if n := <-runs; n != 3 {
			t.Error(n)
		}
		synctest.Wait()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestRowS7Stamps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty := stamps([]string{dir})
	name := filepath.Join(dir, "a.scenario.yaml")
	if err := os.WriteFile(name, []byte("scenario: a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := stamps([]string{dir})
	if err := os.WriteFile(name, []byte("scenario: longer\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if two := stamps([]string{dir}); empty == one || one == two {
		t.Errorf("%q %q %q", empty, one, two)
	}
}
