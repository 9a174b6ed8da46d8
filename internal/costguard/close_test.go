package costguard_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/costguard"
	"github.com/parley-chat/parley/internal/diagnosis"
)

func TestCloseEndsAll(t *testing.T) {
	t.Parallel()
	a := newAccount()
	var log bytes.Buffer
	g := newGuard(t, costguard.Config{
		Starter: a, Stopper: a, EndOnExit: true, Dir: t.TempDir(), Target: target,
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	for range 25 {
		start(t, g)
	}
	ended := start(t, g)
	if err := a.StopContact(t.Context(), "instance-1", ended); err != nil {
		t.Fatal(err)
	}
	a.busiest = 0
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open := a.openIDs(); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
	if a.busiest > 4 {
		t.Errorf("%d contacts were ended at once", a.busiest)
	}
	if !strings.Contains(log.String(), "ended=25 already_ended=1 left=0") {
		t.Errorf("the log says %s", log.String())
	}
	if strings.Contains(log.String(), token) {
		t.Error("the log has a token")
	}
	for _, id := range a.stops {
		if id == "not-ours" {
			t.Error("a contact was ended that this run did not start")
		}
	}
	before := len(a.stops)
	if err := g.Close(t.Context()); err != nil || len(a.stops) != before {
		t.Errorf("a second Close did something: %v", err)
	}
	if _, err := g.StartChatContact(t.Context(), request("flow", "")); problem(err) != diagnosis.ShuttingDown {
		t.Errorf("after Close: %v", err)
	}
}

func TestCloseEndsAFewAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		g := guard(t, a, t.TempDir())
		for range 20 {
			start(t, g)
		}
		a.busiest = 0
		a.stopping = func(context.Context, string) error { <-time.After(time.Second); return nil }
		begun := time.Now()
		if err := g.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took != 5*time.Second || a.busiest != 4 {
			t.Errorf("20 contacts took %v, %d at once; want 5s, 4 at once", took, a.busiest)
		}
	})
}

func TestCloseKeepsWhatItCouldNotEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := newAccount()
	g := guard(t, a, dir)
	for range 5 {
		start(t, g)
	}
	a.stopping = func(_ context.Context, id string) error {
		if id == "contact-2" || id == "contact-4" {
			return errRefused
		}
		return nil
	}
	err := g.Close(t.Context())
	if !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "2 still open") {
		t.Errorf("got %v", err)
	}
	if got := journalIDs(t, g.JournalPath()); got != "contact-2 contact-4" {
		t.Errorf("the journal has %q", got)
	}

	a.stopping = nil
	next := guard(t, a, dir)
	if err := next.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	if open := a.openIDs(); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
	if err := next.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestCloseWithinTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		g := guard(t, a, t.TempDir())
		for range 10 {
			start(t, g)
		}
		a.stopping = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begun := time.Now()
		err := g.Close(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "10 still open") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun); took != 5*time.Second {
			t.Errorf("Close took %v", took)
		}
		if got := strings.Count(journalIDs(t, g.JournalPath()), "contact-"); got != 10 {
			t.Errorf("%d contacts stand in the journal", got)
		}
	})
}

func TestCloseWhileAChatIsBeingStarted(t *testing.T) {
	t.Parallel()
	a := newAccount()
	dir := t.TempDir()
	g := guard(t, a, dir)
	start(t, g)
	<-a.entered
	a.hold = make(chan struct{})
	started := make(chan error, 1)
	go func() {
		_, err := g.StartChatContact(context.Background(), request("flow", ""))
		started <- err
	}()
	<-a.entered
	firstStopped := make(chan struct{}, 10)
	a.stopping = func(context.Context, string) error { firstStopped <- struct{}{}; return nil }
	closed := make(chan error, 1)
	go func() { closed <- g.Close(context.Background()) }()
	<-firstStopped // Close is under way
	close(a.hold)
	if err := <-started; problem(err) != diagnosis.ShuttingDown {
		t.Errorf("the call under way got %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if open := a.openIDs(); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// When Close has no time left for a call that hangs, the call still ends what it started.
func TestACallThatReturnsAfterClose(t *testing.T) {
	t.Parallel()
	a := newAccount()
	a.hold = make(chan struct{})
	g := guard(t, a, t.TempDir())
	started := make(chan error, 1)
	go func() {
		_, err := g.StartChatContact(context.Background(), request("flow", ""))
		started <- err
	}()
	<-a.entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
	close(a.hold)
	if err := <-started; err == nil {
		t.Error("the call succeeded")
	}
	if open := a.openIDs(); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
}

func TestThrottledStops(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		retryAfter, want time.Duration
	}{
		"without a wait": {0, 3 * time.Second},
		"with a wait":    {5 * time.Second, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newAccount()
				dir := t.TempDir()
				g := guard(t, a, dir)
				start(t, g)
				var calls atomic.Int64
				a.stopping = func(context.Context, string) error {
					if calls.Add(1) <= 3 {
						return &awswire.Error{Name: "TooManyRequestsException", Status: http.StatusTooManyRequests, RetryAfter: tc.retryAfter}
					}
					return nil
				}
				begun := time.Now()
				if err := g.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if took := time.Since(begun); took != tc.want || calls.Load() != 4 {
					t.Errorf("%d calls in %v, want 4 in %v", calls.Load(), took, tc.want)
				}
				if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
					t.Errorf("left: %v", left)
				}
			})
		})
	}
}
