package costguard

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

const (
	// stopsAtOnce keeps well below AWS's quota of StopContact calls (10 a second, 15 in a
	// burst, for the account and Region together).
	stopsAtOnce = 4
	// throttledPause is the wait after an answer that says "too often" without saying how
	// long to wait.
	throttledPause = time.Second
)

// outcome is what became of a number of contacts.
type outcome struct {
	ended, already, failed int
	// gone are the ids of the contacts that have ended, whoever ended them.
	gone []string
	// err is the first failure, as an example of all.
	err error
}

// endAll ends contacts, a few at a time, until ctx is done.
func (g *Guard) endAll(ctx context.Context, entries []entry) outcome {
	var (
		mu     sync.Mutex
		result outcome
		wg     sync.WaitGroup
		queue  = make(chan entry)
	)
	for range min(stopsAtOnce, len(entries)) {
		wg.Go(func() {
			for e := range queue {
				already, err := stopOne(ctx, g.stopper, e)
				if err != nil && ctx.Err() == nil { // out of time: the summary says how many are left
					g.log.WarnContext(ctx, "a chat could not be ended",
						"contact_id", e.ContactID, "instance_id", e.InstanceID, "error", err)
				}
				mu.Lock()
				result.note(e, already, err)
				mu.Unlock()
			}
		})
	}
	for _, e := range entries {
		queue <- e // the workers fail fast once ctx is done
	}
	close(queue)
	wg.Wait()
	return result
}

func (o *outcome) note(e entry, already bool, err error) {
	switch {
	case err != nil:
		o.failed++
		if o.err == nil {
			o.err = err
		}
		return
	case already:
		o.already++
	default:
		o.ended++
	}
	o.gone = append(o.gone, e.ContactID)
}

// stopOne ends a contact and reports whether it had ended before. While AWS says that
// calls come too often it tries again, until ctx is done.
func stopOne(ctx context.Context, stopper Stopper, e entry) (already bool, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		err := stopper.StopContact(ctx, e.InstanceID, e.ContactID)
		if err == nil {
			return false, nil
		}
		answer, ok := errors.AsType[*awswire.Error](err)
		if !ok {
			return false, err
		}
		// A 404 is something else: the instance is not found, for example with the
		// credentials of another account, and the contact may well be alive.
		if answer.Status == http.StatusGone || answer.Name == "ContactNotFoundException" {
			return true, nil
		}
		if answer.Status != http.StatusTooManyRequests {
			return false, err
		}
		pause := answer.RetryAfter
		if pause <= 0 {
			pause = throttledPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, err
		}
	}
}
