package chat

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// turn lets one step at a time change a contact. A step has it while its function runs and while
// its changes are stored and shown. The zero value is a turn that nobody has.
type turn struct {
	// progress counts what has happened, and storing is true while the step waits for the store.
	// Together they tell a slow disk from a step that waits for itself.
	progress atomic.Int64
	storing  atomic.Bool

	taken   bool            // guarded by mu, as the next
	waiting []chan struct{} // closed when the turn is theirs, in the order in which they came
	mu      sync.Mutex
}

// functionTime is how long the function of a step may keep others waiting. It only computes, so
// one that takes longer waits for a step of its own contact. Who waits looks so many times meanwhile:
// a program that the machine stops for a while looks once when it goes on, and is not taken for such a step.
const (
	functionTime = 5 * time.Second
	looks        = 10
)

// take waits for the turn. Errors: [ErrNested], and the cause of a context that ended.
func (t *turn) take(ctx context.Context) error {
	mine := t.ask()
	if mine == nil {
		return nil
	}
	watch := time.NewTicker(functionTime / looks)
	defer watch.Stop()
	for last, still := t.progress.Load(), 0; ; {
		select {
		case <-mine:
			return nil
		case <-ctx.Done():
			return t.renounce(mine, context.Cause(ctx))
		case <-watch.C:
			if progress := t.progress.Load(); progress != last || t.storing.Load() {
				last, still = progress, 0
				continue
			}
			if still++; still == looks {
				return t.renounce(mine, ErrNested)
			}
		}
	}
}

// wait is take for the end of the service, which nothing may keep from having its turn.
func (t *turn) wait() {
	if mine := t.ask(); mine != nil {
		<-mine
	}
}

// ask takes the turn, or returns what is closed once it is the caller's.
func (t *turn) ask() (mine chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken {
		mine = make(chan struct{})
		t.waiting = append(t.waiting, mine)
		return mine
	}
	t.taken = true
	t.progress.Add(1)
	return nil
}

// renounce waits no longer and returns why, unless the caller got the turn in the same moment.
func (t *turn) renounce(mine chan struct{}, why error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.Index(t.waiting, mine)
	if at < 0 {
		return nil
	}
	t.waiting = slices.Delete(t.waiting, at, at+1)
	return why
}

// store runs a function that waits for the store. The caller has the turn.
func (t *turn) store(f func() error) error {
	t.storing.Store(true)
	err := f()
	t.progress.Add(1)
	t.storing.Store(false)
	return err
}

// give ends the turn. It is then the first one's who waits for it.
func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.taken, t.waiting = false, nil
		return
	}
	close(t.waiting[0])
	t.waiting = slices.Delete(t.waiting, 0, 1)
	t.progress.Add(1)
}
