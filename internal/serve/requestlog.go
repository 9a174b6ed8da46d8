package serve

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/inspect"
)

// requestLog writes one line for each request at debug level. It reads what the recorder keeps, where
// every secret is masked already, so a line can be posted as a recording can.
type requestLog struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// logRequests begins a log of requests, until close. It returns nil when nobody would see the lines, and
// where nothing is recorded: on a server for customers nobody's words are written down.
func (o *observers) logRequests(ctx context.Context, log *slog.Logger) *requestLog {
	if o.recorder == nil || !log.Enabled(ctx, slog.LevelDebug) {
		return nil
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &requestLog{cancel: cancel}
	l.done.Go(func() {
		last := uint64(0)
		for e := range o.recorder.Watch(ctx, 0) {
			logRequest(ctx, log, &e)
			last = e.Seq
		}
		rest, _ := o.recorder.List(inspect.Query{After: last}) // what came just before the end
		for i := range rest {
			logRequest(ctx, log, &rest[i])
		}
	})
	return l
}

// logRequest writes the line of one request: what was asked, what came of it, who asked, and the
// beginning of what was said.
func logRequest(ctx context.Context, log *slog.Logger, e *inspect.Exchange) {
	if e.Method == "" { // a frame, the end of a socket, or a step of a flow
		return
	}
	attributes := []slog.Attr{
		slog.String("action", cmp.Or(e.Action, e.Method+" "+e.Path)), slog.Int("status", e.Status),
		slog.Duration("took", time.Duration(e.DurationMs*float64(time.Millisecond))),
	}
	for _, a := range []struct{ name, value string }{
		{"who", e.Role}, {"contact", e.ContactID}, {"words", e.Summary().Preview}, {"fault", e.Fault},
	} {
		if a.value != "" {
			attributes = append(attributes, slog.String(a.name, a.value))
		}
	}
	if e.Problem != nil {
		attributes = append(attributes, slog.String("problem", e.Problem.Rule))
	}
	log.LogAttrs(ctx, slog.LevelDebug, "request", attributes...)
}

// close ends the log; it does nothing without one.
func (l *requestLog) close() {
	if l == nil {
		return
	}
	l.cancel()
	l.done.Wait()
}
