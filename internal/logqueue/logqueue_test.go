package logqueue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/logqueue"
)

// output is what a log is written to. Each write first waits for a value of gate, unless gate
// is nil, and then fails as fail says.
type output struct {
	gate chan struct{}
	fail func(text []byte) (int, error)

	mu     sync.Mutex
	text   bytes.Buffer
	writes []string
	times  []time.Time
}

func (o *output) Write(text []byte) (int, error) {
	if o.gate != nil {
		<-o.gate
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := len(text), error(nil)
	if o.fail != nil {
		n, err = o.fail(text)
	}
	o.text.Write(text[:n])
	o.writes = append(o.writes, string(text[:n]))
	o.times = append(o.times, time.Now())
	return n, err
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func notice(dropped uint64) []byte { return fmt.Appendf(nil, "dropped %d\n", dropped) }

// writeLines writes the numbers from first to last, each in a line, from one buffer that is
// used again, as package slog does.
func writeLines(tb testing.TB, w io.Writer, first, last int) {
	tb.Helper()
	var line []byte
	for i := first; i <= last; i++ {
		line = fmt.Appendf(line[:0], "%d\n", i)
		if n, err := w.Write(line); n != len(line) || err != nil {
			tb.Fatalf("writing line %d: %d, %v", i, n, err)
		}
	}
}

// numbers returns the lines with the numbers from first to last.
func numbers(first, last int) string {
	var b strings.Builder
	for i := first; i <= last; i++ {
		fmt.Fprintln(&b, i)
	}
	return b.String()
}

// within returns a context for the last lines, as a server gives it.
func within(tb testing.TB, d time.Duration) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), d)
	tb.Cleanup(cancel)
	return ctx
}

// closeWriter closes a writer in a bubble, in which only what is waited for takes time.
func closeWriter(tb testing.TB, w *logqueue.Writer) {
	tb.Helper()
	if err := w.Close(within(tb, time.Second)); err != nil {
		tb.Errorf("closing: %v", err)
	}
}

func TestWritesInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{}
		w := logqueue.New(out, notice)
		writeLines(t, w, 1, 700)
		synctest.Wait()
		writeLines(t, w, 701, 1400)
		if err := w.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if out.String() != numbers(1, 1400) {
			t.Errorf("written: %s", out)
		}
		writeLines(t, w, 1401, 2400) // fewer than wait at most
		closeWriter(t, w)
		if out.String() != numbers(1, 2400) {
			t.Errorf("written: %s", out)
		}
		writeLines(t, w, 0, 0)
		closeWriter(t, w) // again, with nothing to do
		if out.String() != numbers(1, 2400) {
			t.Errorf("written after the end: %s", out)
		}
	})
}

// An output that takes nothing for a while gets as many lines as wait at most, then, in the
// place of those that are missing, how many they are.
func TestTellsWhereLinesAreMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{gate: make(chan struct{})}
		w := logqueue.New(out, notice)
		writeLines(t, w, 1, 1)
		synctest.Wait() // the goroutine is in its write
		writeLines(t, w, 2, 5000)
		close(out.gate)
		synctest.Wait()
		want := numbers(1, logqueue.Capacity) + fmt.Sprintf("dropped %d\n", 5000-logqueue.Capacity)
		if out.String() != want {
			t.Errorf("written: %s", out)
		}
		writeLines(t, w, 5001, 5002)
		closeWriter(t, w)
		if out.String() != want+numbers(5001, 5002) {
			t.Errorf("written: %s", out)
		}
	})
}

// An output slower than its log gets one notice a second, and every line is either written or
// counted.
func TestOneNoticeASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{gate: make(chan struct{})}
		w := logqueue.New(out, notice)
		const lines, seconds = 10_000, 10
		stop := make(chan struct{})
		go func() { // takes one write, of many lines, every 100 ms
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
				case <-stop:
					close(out.gate)
					return
				}
				select {
				case out.gate <- struct{}{}:
				default:
				}
			}
		}()
		tick := time.NewTicker(seconds * time.Second / lines)
		defer tick.Stop()
		long := strings.Repeat("x", 990)
		for range lines {
			<-tick.C
			if _, err := io.WriteString(w, long+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		close(stop)
		closeWriter(t, w)

		var notices []time.Time
		dropped := 0
		for i, text := range out.writes {
			if n, ok := strings.CutPrefix(text, "dropped "); ok {
				count, err := strconv.Atoi(strings.TrimSpace(n))
				if err != nil {
					t.Fatal(err)
				}
				dropped += count
				notices = append(notices, out.times[i])
			}
		}
		if written := strings.Count(out.String(), long+"\n"); written+dropped != lines || dropped == 0 {
			t.Errorf("%d lines are written and %d told of, of %d", written, dropped, lines)
		}
		for i := 1; i < len(notices)-1; i++ { // the last one comes at the end, when it may
			if gap := notices[i].Sub(notices[i-1]); gap < logqueue.NoticeInterval || gap > logqueue.NoticeInterval+200*time.Millisecond {
				t.Errorf("notice %d comes %s after the one before", i, gap)
			}
		}
		if len(notices) < 5 {
			t.Errorf("%d notices in %d s", len(notices), seconds)
		}
	})
}

// A notice that has to wait for its second comes without a further line.
func TestNoticeOfIdleLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{gate: make(chan struct{})}
		w := logqueue.New(out, notice)
		overflow := func(lines int) {
			writeLines(t, w, 1, 1)
			synctest.Wait() // the goroutine is in its write
			writeLines(t, w, 2, lines)
			for open := true; open; synctest.Wait() {
				select {
				case out.gate <- struct{}{}:
				default:
					open = false // no write waits any more
				}
			}
		}
		overflow(logqueue.Capacity + 5)
		overflow(logqueue.Capacity + 7)
		complete := numbers(1, logqueue.Capacity)
		if want := complete + "dropped 5\n" + complete; out.String() != want {
			t.Errorf("at once: %s", out)
		}
		<-time.After(logqueue.NoticeInterval)
		close(out.gate)
		synctest.Wait()
		if want := complete + "dropped 5\n" + complete + "dropped 7\n"; out.String() != want {
			t.Errorf("a second later: %s", out)
		}
		closeWriter(t, w)
	})
}

// The end waits for an output that takes nothing as long as it is told to, and not longer.
func TestCloseGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{gate: make(chan struct{})}
		w := logqueue.New(out, notice)
		writeLines(t, w, 1, 10)
		begun := time.Now()
		err := w.Close(within(t, time.Second))
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the last 10 log lines") {
			t.Errorf("closing: %v", err)
		}
		if took := time.Since(begun); took != time.Second {
			t.Errorf("closing takes %s", took)
		}
		close(out.gate) // the write ends after all; the rest was given up
		synctest.Wait()
		if n := len(out.writes); n > 1 {
			t.Errorf("%d writes after the end", n)
		}
	})
}

// What is left when the output is slow, and what was dropped before, is written at the end.
func TestCloseWritesTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{gate: make(chan struct{})}
		w := logqueue.New(out, notice)
		writeLines(t, w, 1, logqueue.Capacity+1)
		go func() {
			<-time.After(900 * time.Millisecond)
			close(out.gate)
		}()
		closeWriter(t, w)
		if want := numbers(1, logqueue.Capacity) + "dropped 1\n"; out.String() != want {
			t.Errorf("written: %s", out)
		}
	})
}

// Another process can make a shared output non-blocking; full, it then refuses writes.
func TestOutputThatIsFullForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{}
		refusals := 0
		out.fail = func(text []byte) (int, error) {
			if refusals++; refusals < 20 {
				return min(1, len(text)-1), syscall.EAGAIN
			}
			return len(text), nil
		}
		w := logqueue.New(out, notice)
		writeLines(t, w, 1, 100)
		closeWriter(t, w)
		if out.String() != numbers(1, 100) {
			t.Errorf("written: %s", out)
		}
		out.fail = func([]byte) (int, error) { return 0, syscall.EAGAIN }
		w = logqueue.New(out, notice)
		writeLines(t, w, 1, 1)
		if err := w.Close(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closing with an output that stays full: %v", err)
		}
	})
}

// Lines that a full disk does not take are counted, and told of when it takes lines again.
func TestOutputThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{}
		calls := 0
		out.fail = func(text []byte) (int, error) {
			calls++
			return min(4, len(text)), errors.New("no space") // two lines of the first write, nothing of what they end in
		}
		w := logqueue.New(out, notice)
		writeLines(t, w, 1, 9)
		synctest.Wait()
		out.mu.Lock()
		out.text.Reset() // the beginnings of lines and notices
		out.fail = nil
		out.mu.Unlock()
		if err := w.Flush(t.Context()); err != nil || calls > 3 {
			t.Errorf("flushing: %v, after %d writes", err, calls)
		}
		<-time.After(logqueue.NoticeInterval)
		synctest.Wait()
		writeLines(t, w, 10, 10)
		closeWriter(t, w)
		if want := "dropped 7\n10\n"; out.String() != want {
			t.Errorf("written: %q, want %q", out.String(), want)
		}
	})
}

// Writes are small enough to be atomic on a pipe that other processes write to, and hold whole
// lines only.
func TestWritesWholeLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &output{gate: make(chan struct{})}
		w := logqueue.New(out, nil)
		for i := range 500 {
			fmt.Fprintf(w, "%s\n", strings.Repeat("x", 37*i%1000))
		}
		fmt.Fprintf(w, "%s\n", strings.Repeat("y", 300<<10)) // longer than what is kept for use again
		close(out.gate)
		synctest.Wait()
		writeLines(t, w, 1, 1)
		closeWriter(t, w)
		for _, text := range out.writes {
			if !strings.HasSuffix(text, "\n") || len(text) > 4096 && strings.Count(text, "\n") != 1 {
				t.Errorf("a write of %d bytes with %d line ends", len(text), strings.Count(text, "\n"))
			}
		}
		if len(out.writes) > 80 {
			t.Errorf("%d writes for 502 lines", len(out.writes))
		}
		if n := strings.Count(out.String(), "\n"); n != 502 {
			t.Errorf("%d lines", n)
		}
	})
}
