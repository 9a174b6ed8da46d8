package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
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

// A change of the configuration counts wherever it is.
func TestWatchedConfiguration(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "other.yaml")
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("quiet: true\n")
	env := &Env{Environ: []string{"PARLEY_CONFIG=" + name}, ReadFile: os.ReadFile, Stderr: io.Discard}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		runs, ended := make(chan bool), make(chan error)
		go func() {
			ended <- watchFlows(ctx, env, []string{filepath.Dir(name) + "/none"}, func(context.Context) error {
				runs <- true
				return nil
			})
		}()
		<-runs
		synctest.Wait()
		write("quiet: false\n")
		select {
		case <-runs:
		case <-time.After(time.Minute):
			t.Error("the tests did not run again")
		}
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
