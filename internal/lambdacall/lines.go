package lambdacall

import (
	"bytes"
	"context"
	"log/slog"
	"sync"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/screen"
)

// maxLine is how many bytes of a line of a program's output are logged.
const maxLine = 4 << 10

// lines puts what a program writes into the log, line by line.
type lines struct {
	log *slog.Logger
	ctx context.Context //nolint:containedctx // for the log

	mu      sync.Mutex
	pending []byte
}

// Write implements [io.Writer].
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for {
		line, rest, found := bytes.Cut(p, []byte("\n"))
		if room := maxLine + 1 - len(l.pending); room > 0 {
			l.pending = append(l.pending, line[:min(room, len(line))]...)
		}
		if !found {
			return n, nil
		}
		l.write()
		p = rest
	}
}

// end writes what has no line break behind it.
func (l *lines) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write()
}

func (l *lines) write() {
	if text := bytes.TrimSpace(l.pending); len(text) > 0 {
		l.log.LogAttrs(l.ctx, slog.LevelInfo, "function says", slog.String("line", screen.Printable(excerpt.Of(string(text), maxLine))))
	}
	l.pending = l.pending[:0]
}
