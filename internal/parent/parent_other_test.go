//go:build !windows

package parent

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAwait(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, after int }{
		"the first process takes over": {4711, 1},
		"a subreaper takes over":       {4711, 815},
		"started by the first process": {1, 815},
		"parent in another namespace":  {0, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const ends = time.Hour + 10*time.Millisecond
				begun := time.Now()
				p := Process{pid: test.before, getpid: func() int {
					if time.Since(begun) < ends {
						return test.before
					}
					return test.after
				}}
				if err := p.Await(t.Context()); err != nil {
					t.Error(err)
				}
				if late := time.Since(begun) - ends; late < 0 || late >= Interval {
					t.Errorf("noticed %s after the end", late)
				}
			})
		})
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := Current().Await(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("while the parent lives: %v", err)
		}
	})
}
