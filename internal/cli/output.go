package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/parley-chat/parley/internal/logqueue"
	"github.com/parley-chat/parley/internal/settings"
)

const (
	// lastLinesTime bounds the writing of the lines that are left when a server ends: on a busy machine their
	// reader may have no turn for seconds. Only an output that is full and that nobody reads costs that much.
	lastLinesTime = 5 * time.Second
	// inOrderTime is how long the announcement waits for the lines before it.
	inOrderTime = 2 * time.Second
)

// queueOutput lets everything that a server writes go through queues, one for each output: from
// here on no request, and no step of the server's end, waits for the output's reader. What is
// reported when the server has ended follows in the same queue. [Env.closeOutput] ends it.
func (e *Env) queueOutput(s *settings.Settings) {
	if e.SurviveClosedOutput != nil {
		e.SurviveClosedOutput()
	}
	stderr := logqueue.New(e.Stderr, droppedLine(e, s))
	stdout := logqueue.New(e.Stdout, nil) // one announcement, which tells nothing of the log
	e.queues = append(e.queues, stderr, stdout)
	e.Stderr, e.Stdout = stderr, stdout
}

// droppedLine returns a function that makes the log line about dropped lines. It is made at
// every log level, because lines of every level are dropped.
func droppedLine(env *Env, s *settings.Settings) func(dropped uint64) []byte {
	var line bytes.Buffer
	log := slog.New(newLogHandler(&line, env, s.LogFormat, slog.LevelWarn))
	return func(dropped uint64) []byte {
		line.Reset()
		log.Warn("log lines dropped: the log is not read, or not fast enough", slog.Uint64("dropped", dropped))
		return line.Bytes()
	}
}

// flushOutput waits until what was written is out, as long as ctx allows.
func (e *Env) flushOutput(ctx context.Context) {
	for _, queue := range e.queues {
		_ = queue.Flush(ctx) // the output would be the place to say so
	}
}

// closeOutput writes what is left, and gives up what nobody reads.
func (e *Env) closeOutput() {
	ctx, cancel := context.WithTimeout(context.Background(), lastLinesTime)
	defer cancel()
	for _, queue := range e.queues { // each has its own goroutine, so that none waits for another
		_ = queue.Close(ctx) // the output would be the place to say so
	}
}

// printInOrder writes a text to the standard output behind the log lines before it, and before
// those to come, where both are the same terminal. An output that nobody reads holds that up
// for two seconds.
func (e *Env) printInOrder(ctx context.Context, text string) {
	ctx, cancel := context.WithTimeout(ctx, inOrderTime)
	defer cancel()
	e.flushOutput(ctx)
	_, _ = io.WriteString(e.Stdout, text) // a closed standard output is no reason to stop serving
	e.flushOutput(ctx)
}
