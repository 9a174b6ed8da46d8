// Package logqueue puts a bounded queue between a log and the output it is written to, so
// that writing a line never waits for the output's reader.
//
// A program that starts a server with pipes for its output and does not read them fills the
// pipe after some hundred lines. The next write to it then blocks, and with it the request
// that logs. A [Writer] takes such a line into memory instead, drops lines when its queue is
// full, and says in the log itself how many are missing.
//
// The package knows neither the form of a log line nor where the output leads.
package logqueue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"
)

const (
	// Capacity is the number of lines that a queue holds, those being written included.
	Capacity = 1024
	// NoticeInterval is the shortest time between two notices of dropped lines.
	NoticeInterval = time.Second

	// atomicWrite bounds the bytes that are written at once, unless one line is longer: a
	// pipe takes so many without mixing them with the lines of other processes.
	//
	// Source: PIPE_BUF in pipe(7); POSIX guarantees less, 512.
	atomicWrite = 4096
	// retryInterval is the pause before an output is tried again that was made non-blocking
	// by another process and is full (EAGAIN).
	retryInterval = 10 * time.Millisecond
)

// Writer is an [io.Writer] whose Write only adds to a queue. One goroutine writes the queue to
// the output, in order. Make one with [New] and end it with [Writer.Close]. It is safe for
// concurrent use.
type Writer struct {
	out    io.Writer
	notice func(dropped uint64) []byte
	wake   chan struct{} // holds a value while the goroutine has something to look at
	done   chan struct{} // closed when the goroutine has ended
	closed chan struct{} // closed when the lines that are left are given up

	mu      sync.Mutex
	waiting batch // lines that the goroutine has not taken yet
	// queued and finished count the lines that were ever taken into the queue, and that have
	// left it, whether the output took them or not.
	queued, finished uint64
	lost             losses
	flushed          chan struct{} // for [Writer.Flush]: closed when the queue is empty; nil when nothing waits for it
	closing          bool
}

// losses are the dropped lines that no notice has told of yet.
type losses struct {
	lines uint64
	// after is the number of queued lines that came before the first of them, so that the
	// notice stands where they are missing. A slow output would take minutes to come to that
	// place; it gets the notice a second after moved, when the output first took lines again.
	after uint64
	moved time.Time
	// noticed is the time of the last notice; refused says that the output did not take it.
	noticed time.Time
	refused bool
}

// New returns a Writer to out and starts its goroutine. notice returns the line, with its line
// feed, that tells of dropped lines; it is called in that goroutine. A nil notice tells nothing.
func New(out io.Writer, notice func(dropped uint64) []byte) *Writer {
	if notice == nil {
		notice = func(uint64) []byte { return nil }
	}
	w := &Writer{
		out: out, notice: notice,
		wake: make(chan struct{}, 1), done: make(chan struct{}), closed: make(chan struct{}),
	}
	go w.run() // ends with Close, unless a write to out never returns
	return w
}

// Write takes one line, or one text that belongs together, into the queue. The bytes are copied.
// It never waits for the output and never fails: when the queue is full, or closed, the line is
// dropped and counted.
func (w *Writer) Write(line []byte) (int, error) {
	w.mu.Lock()
	switch {
	case w.closing: // after the last line there is nothing left to count
	case w.queued-w.finished >= Capacity:
		if w.lost.lines == 0 {
			w.lost.after = w.queued
		}
		w.lost.lines++
	default:
		w.waiting.add(line)
		w.queued++
	}
	w.mu.Unlock()
	w.rouse()
	return len(line), nil
}

// Flush waits until the queue is empty and what was dropped is told. The error is that of ctx,
// when it ends before; the lines that wait then keep their place.
func (w *Writer) Flush(ctx context.Context) error {
	w.mu.Lock()
	if w.flushed == nil {
		w.flushed = make(chan struct{})
	}
	flushed := w.flushed
	w.mu.Unlock()
	w.rouse()
	select {
	case <-flushed:
		return nil
	case <-w.done:
		return nil
	case <-ctx.Done():
		w.mu.Lock()
		defer w.mu.Unlock()
		return fmt.Errorf("writing the last %d log lines: %w", w.queued-w.finished, ctx.Err())
	}
}

// Close takes no further lines, and waits as [Writer.Flush] does until what is left is written.
// When ctx ends before, it gives up what is left. A write that nobody reads may never return and
// cannot be called off, so that the goroutine may then still be in it: it is left to the end of
// the process.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	again := w.closing
	w.closing = true
	w.mu.Unlock()
	err := w.Flush(ctx)
	if !again {
		close(w.closed)
	}
	return err
}

// rouse makes the goroutine look at the queue.
func (w *Writer) rouse() {
	select {
	case w.wake <- struct{}{}:
	default: // it has yet to look
	}
}

// run writes the queue to the output.
func (w *Writer) run() {
	defer close(w.done)
	var taken batch
	for {
		dropped, before := w.next(&taken)
		switch {
		case dropped > 0:
			w.tell(dropped)
		case taken.len() > 0:
			text, lines := taken.front(before)
			written, _ := w.write(text) // an output that fails is asked again; its lines are lost
			w.finish(lines, taken.take(lines, written))
		default:
			if !w.rest() {
				return
			}
		}
		select {
		case <-w.closed:
			return
		default:
		}
	}
}

// next takes the waiting lines when those taken before are written, and decides between them
// and a notice. It returns the number of dropped lines to tell of now, zero for none, and else
// the number of lines that may be written before a notice.
func (w *Writer) next(taken *batch) (dropped uint64, before int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if taken.len() == 0 {
		*taken, w.waiting = w.waiting, taken.emptied()
	}
	switch {
	case w.lost.lines == 0:
		return 0, Capacity
	case w.lost.after > w.finished && (w.lost.moved.IsZero() || time.Since(w.lost.moved) < NoticeInterval):
		return 0, int(min(w.lost.after-w.finished, Capacity))
	case w.untilNotice() > 0:
		return 0, Capacity
	}
	return w.lost.lines, 0
}

// untilNotice returns how long the next notice has to wait. At the end it does not wait, but an
// output that refuses notices is not asked more often than otherwise. It is called with mu held.
func (w *Writer) untilNotice() time.Duration {
	if w.flushed != nil && !w.lost.refused {
		return 0
	}
	return NoticeInterval - time.Since(w.lost.noticed)
}

// tell writes a notice.
func (w *Writer) tell(dropped uint64) {
	var err error
	if text := w.notice(dropped); len(text) > 0 {
		_, err = w.write(text)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lost.noticed, w.lost.refused = time.Now(), err != nil
	if err == nil {
		w.lost.lines -= dropped
		w.lost.after, w.lost.moved = w.queued, time.Time{} // for the lines that were dropped meanwhile
	}
}

// finish counts lines out of the queue. Those that the output did not take completely are lost.
func (w *Writer) finish(lines, complete int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished += uint64(lines)
	if w.lost.lines > 0 && w.lost.moved.IsZero() {
		w.lost.moved = time.Now()
	}
	if complete == lines {
		return
	}
	if w.lost.lines == 0 {
		w.lost.after = w.finished
	}
	w.lost.lines += uint64(lines - complete)
}

// write writes a text, and waits for an output that takes no more at the moment.
func (w *Writer) write(text []byte) (written int, err error) {
	for {
		n, err := w.out.Write(text[written:])
		written += n
		if !errors.Is(err, syscall.EAGAIN) {
			return written, err
		}
		timer := time.NewTimer(retryInterval)
		select {
		case <-timer.C:
		case <-w.closed:
			timer.Stop()
			return written, err
		}
	}
}

// rest waits until there is something to write, and returns false when there will be nothing
// any more.
func (w *Writer) rest() bool {
	w.mu.Lock()
	if w.waiting.len() > 0 {
		w.mu.Unlock()
		return true
	}
	if w.flushed != nil {
		close(w.flushed)
		w.flushed = nil
	}
	closing, dropped, wait := w.closing, w.lost.lines, w.untilNotice()
	w.mu.Unlock()
	if closing {
		return false
	}
	var notice <-chan time.Time
	if dropped > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		notice = timer.C
	}
	select {
	case <-w.wake:
	case <-notice:
	}
	return true
}
