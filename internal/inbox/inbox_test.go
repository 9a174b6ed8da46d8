package inbox_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/inbox"
)

// owner owns an inbox of texts and the goroutines that it starts. Each text takes a second to
// handle.
type owner struct {
	*inbox.Inbox[string]

	running sync.WaitGroup
	mu      sync.Mutex
	closed  bool
	handled []string
	active  int
	most    int // that were handled at a time
	started int // goroutines
}

func newOwner(limit int) *owner {
	o := &owner{}
	o.Inbox = inbox.New(inbox.Config[string]{Limit: limit, Key: func(s string) string { return s }, Handle: o.handle, Go: o.spawn})
	return o
}

func (o *owner) spawn(f func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.started++
	o.running.Go(f)
	return true
}

func (o *owner) handle(text string) {
	o.mu.Lock()
	o.active++
	o.most = max(o.most, o.active)
	o.mu.Unlock()
	second := time.NewTimer(time.Second)
	<-second.C
	o.mu.Lock()
	defer o.mu.Unlock()
	o.active--
	o.handled = append(o.handled, text)
}

func (o *owner) check(t *testing.T, want ...string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.Equal(o.handled, want) {
		t.Errorf("handled %q, want %q", o.handled, want)
	}
	if o.most > 1 {
		t.Errorf("%d values were handled at a time", o.most)
	}
}

func pass(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

func TestHandsOverInOrderOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOwner(10)
		o.Start()
		for _, text := range []string{"a", "b", "c"} {
			o.Put(text)
		}
		pass(1500 * time.Millisecond)
		o.check(t, "a")
		pass(2 * time.Second)
		o.check(t, "a", "b", "c")
		o.running.Wait() // no goroutine stays while nothing waits
		o.Put("a")       // a copy of a value that was handled is a value like any other
		o.running.Wait()
		o.check(t, "a", "b", "c", "a")
		if o.started != 2 {
			t.Errorf("%d goroutines for two times of work", o.started)
		}
	})
}

// An owner without goroutines takes the values itself, in order; of two who would, one does.
func TestHandsOverToWhoTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOwner(10)
		o.closed = true
		o.Put("a")
		if o.Work(); o.Rests() {
			t.Error("a value is to be taken before the start")
		}
		o.Start()
		o.Put("b")
		if !o.Rests() {
			t.Error("nothing is to be taken")
		}
		var others sync.WaitGroup
		others.Go(o.Work)
		pass(500 * time.Millisecond)
		if o.check(t); o.Rests() {
			t.Error("a value is to be taken while another one hands over")
		}
		o.Work() // returns at once
		o.Put("c")
		others.Wait()
		o.check(t, "a", "b", "c")
		if o.Rests() || o.started > 0 {
			t.Errorf("a value is left, or one of %d goroutines took them", o.started)
		}
	})
}

func TestKeepsValuesUntilStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOwner(10)
		if o.Waits() {
			t.Error("a value waits in a new inbox")
		}
		o.Put("live")
		pass(time.Minute)
		o.check(t)
		if !o.Waits() {
			t.Error("nothing waits")
		}
		o.Start()
		pass(500 * time.Millisecond)
		if o.Waits() {
			t.Error("a value that is being handled counts as waiting")
		}
		o.running.Wait()
		o.check(t, "live")
	})
}

// The bound is for values that wait: what is being handled, and what was missed, does not count.
func TestIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOwner(2)
		o.Start()
		for i := range 100 {
			o.Put(fmt.Sprint(i))
			if i == 0 {
				pass(time.Millisecond) // the first is taken
			}
		}
		o.Fill([]string{"x", "y", "z"})
		o.Put("too many")
		o.running.Wait()
		o.check(t, "0", "x", "y", "z", "1", "2")
	})
}

func TestFill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOwner(10)
		o.Put("b") // arrived live while the transcript was read, which has it, too
		o.Put("c")
		missed := append(make([]string, 0, 10), "a", "b")
		o.Fill(missed)
		o.Put("a") // arrives late
		o.Put("d")
		if whole := missed[:4]; whole[2] != "" || whole[3] != "" {
			t.Errorf("the caller's array was written to: %q", whole)
		}
		o.Start()
		o.running.Wait()
		o.check(t, "a", "b", "c", "d")
	})
}

func TestEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOwner(10)
		o.Start()
		o.Put("a")
		o.Put("b")
		pass(500 * time.Millisecond)
		o.End()
		o.Put("c")
		o.Fill([]string{"d"})
		if o.Waits() {
			t.Error("a value waits after the end")
		}
		o.running.Wait()
		o.check(t, "a") // which was being handled
	})
}

// An owner that has ended gets no goroutine, and the inbox does not take the refusal for work.
func TestOwnerRefusesGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOwner(10)
		o.closed = true
		o.Start()
		o.Put("a")
		o.mu.Lock()
		o.closed = false
		o.mu.Unlock()
		o.Put("b")
		o.running.Wait()
		o.check(t, "a", "b")
	})
}

// A handler may use its inbox, and values that it adds are handled.
func TestHandlerUsesItsInbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running sync.WaitGroup
		var handled []int
		var box *inbox.Inbox[int]
		box = inbox.New(inbox.Config[int]{
			Limit: 1, Key: func(n int) string { return fmt.Sprint(n) },
			Go: func(f func()) bool { running.Go(f); return true },
			Handle: func(n int) {
				handled = append(handled, n)
				if n > 0 && !box.Waits() {
					box.Put(n - 1)
				}
			},
		})
		box.Start()
		box.Put(3)
		running.Wait()
		if !slices.Equal(handled, []int{3, 2, 1, 0}) {
			t.Errorf("handled %v", handled)
		}
	})
}
