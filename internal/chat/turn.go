package chat

import (
	"context"
	"sync/atomic"
	"time"
)

// turn lets one step at a time change a contact. A step has it while its function runs and while
// its changes are stored and shown.
type turn struct {
	held chan struct{} // holds a value while a step has the turn
	// progress counts what has happened, and storing is true while the step waits for the store.
	// Together they tell a slow disk from a step that waits for itself.
	progress atomic.Int64
	storing  atomic.Bool
}

// functionTime is how long the function of a step may keep others waiting. It only computes, so
// one that takes longer waits for a step of its own contact.
const functionTime = 5 * time.Second

// take waits for the turn. Errors: [ErrNested], and the cause of a context that ended.
func (t *turn) take(ctx context.Context) error {
	select {
	case t.held <- struct{}{}:
		t.progress.Add(1)
		return nil
	default:
	}
	watch := time.NewTicker(functionTime)
	defer watch.Stop()
	for last := t.progress.Load(); ; {
		select {
		case t.held <- struct{}{}:
			t.progress.Add(1)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-watch.C:
			progress := t.progress.Load()
			if progress == last && !t.storing.Load() {
				return ErrNested
			}
			last = progress
		}
	}
}

// wait is take for the end of the service, which nothing may keep from having its turn.
func (t *turn) wait() {
	t.held <- struct{}{}
	t.progress.Add(1)
}

// store runs a function that waits for the store. The caller has the turn.
func (t *turn) store(f func() error) error {
	t.storing.Store(true)
	err := f()
	t.progress.Add(1)
	t.storing.Store(false)
	return err
}

// give ends the turn.
func (t *turn) give() { <-t.held }
