// Package clock is the time of the embedded Amazon Connect: the machine's, plus what was skipped, so
// that a test or the console can let hours pass at once.
//
// It owns alarms and the order in which they fire, and refuses to know what they are for. A [Clock]
// is safe for concurrent use.
package clock

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Clock is the machine's time plus what was skipped. Everything that happens to a chat by itself
// goes by it, the lives of tokens and sockets included; what is about connections (pings, pauses,
// retries) goes by the machine's. It is safe for concurrent use. The zero value is ready.
type Clock struct {
	mu      sync.Mutex
	offset  time.Duration
	still   time.Time // where the machine's time does not count; zero where it does
	alarms  alarmHeap
	changed chan struct{} // closed and replaced when run has to look again
}

// Alarm is a call that a [Clock] makes at some time. Its owner keeps it, so that moving it
// allocates nothing.
type Alarm struct {
	at    time.Time
	fire  func()
	index int // in the heap; -1 when not set
}

// NewAlarm returns an alarm that calls fire, and is not set. The clock makes one call at a time and
// waits for it, so fire must not block.
func NewAlarm(fire func()) Alarm { return Alarm{fire: fire, index: -1} }

// Still returns a clock that shows a time until some is skipped, so that what happens in it depends on
// nothing else.
func Still(at time.Time) *Clock { return &Clock{still: at} }

// now is the service's time. The caller holds the lock.
func (c *Clock) now() time.Time {
	if !c.still.IsZero() {
		return c.still.Add(c.offset)
	}
	return time.Now().Add(c.offset)
}

// Now returns the service's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

// Skip moves the service's time forward and fires what became due.
func (c *Clock) Skip(d time.Duration) {
	c.mu.Lock()
	c.offset += max(0, d)
	c.wake()
	c.mu.Unlock()
}

// Offset returns how much was skipped in all.
func (c *Clock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// At calls f once this clock shows t or later, unless stop was called before. The clock waits
// for f, which therefore must not block.
func (c *Clock) At(t time.Time, f func()) (stop func()) {
	a := NewAlarm(f)
	c.Set(&a, t)
	return func() { c.Set(&a, time.Time{}) }
}

// Wait blocks until d has passed on this clock, skipped time included, or ctx ends; it then
// returns the cause.
func (c *Clock) Wait(ctx context.Context, d time.Duration) error {
	done := make(chan struct{})
	a := NewAlarm(func() { close(done) })
	c.Set(&a, c.Now().Add(d))
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		c.Set(&a, time.Time{})
		return context.Cause(ctx)
	}
}

// Next returns how long it is until the next alarm; false when none is set.
func (c *Clock) Next() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.alarms) == 0 {
		return 0, false
	}
	return max(0, c.alarms[0].at.Sub(c.now())), true
}

// Set sets an alarm to a time, or moves it; the zero time unsets it.
func (c *Clock) Set(a *Alarm, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case at.IsZero():
		if a.index >= 0 {
			heap.Remove(&c.alarms, a.index)
		}
		return
	case a.index >= 0:
		a.at = at
		heap.Fix(&c.alarms, a.index)
	default:
		a.at = at
		heap.Push(&c.alarms, a)
	}
	if a.index == 0 {
		c.wake()
	}
}

func (c *Clock) wake() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// lookAgain is the longest wait for an alarm. Timers stand still while the machine sleeps and do
// not see its time being set, and alarms are at times of day.
const lookAgain = 30 * time.Second

// Run fires alarms, one after the other, until stop is closed; what is due by then and was not
// fired stays set. Time passes only while it runs.
func (c *Clock) Run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		due, wait, changed := c.next()
		if due != nil {
			due.fire()
			continue
		}
		var timer <-chan time.Time
		var t *time.Timer
		if wait > 0 {
			t = time.NewTimer(min(wait, lookAgain))
			timer = t.C
		}
		select {
		case <-timer:
		case <-changed:
		case <-stop:
			if t != nil {
				t.Stop()
			}
			return
		}
		if t != nil {
			t.Stop()
		}
	}
}

// next takes the alarm that is due, or says how long to wait for one (zero: for ever).
func (c *Clock) next() (due *Alarm, wait time.Duration, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	if len(c.alarms) == 0 {
		return nil, 0, c.changed
	}
	first := c.alarms[0]
	if wait := first.at.Sub(c.now()); wait > 0 {
		return nil, wait, c.changed
	}
	heap.Pop(&c.alarms)
	return first, 0, c.changed
}

// alarmHeap implements [heap.Interface], earliest first.
type alarmHeap []*Alarm

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h alarmHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *alarmHeap) Push(x any) {
	if a, ok := x.(*Alarm); ok {
		a.index = len(*h)
		*h = append(*h, a)
	}
}

func (h *alarmHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	last.index = -1
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
