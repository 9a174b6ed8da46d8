package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
)

// newLogger returns the log the settings ask for.
func newLogger(env *Env, s *settings.Settings) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		level = slog.LevelInfo // settings allow only levels that slog knows
	}
	if s.Quiet {
		level = max(level, slog.LevelWarn)
	}
	return slog.New(newLogHandler(env.Stderr, env, s.LogFormat, level))
}

// newLogHandler returns the handler that writes the lines of a log, as they are to look on the
// standard error, to out.
func newLogHandler(out io.Writer, env *Env, format settings.Format, level slog.Level) slog.Handler {
	if format == settings.FormatJSON || format == settings.FormatAuto && !env.StderrTerminal {
		return slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: secondsJSON})
	}
	return &textHandler{level: level, color: env.color(env.StderrTerminal), out: &lockedWriter{w: out}}
}

// secondsJSON writes lengths of time in seconds, as Prometheus and most log tools
// expect them, instead of slog's nanoseconds.
func secondsJSON(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.Float64Value(a.Value.Duration().Seconds())
	}
	return a
}

// lockedWriter writes one line at a time.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(line)
}

// textHandler is a [slog.Handler] for people: time of day, level, message, and what
// belongs to it as key=value. Values that hold anything but plain characters are
// quoted, because callers choose some of them.
type textHandler struct {
	level slog.Level
	color bool
	out   io.Writer
	// attrs are rendered already; group is the prefix of keys, with its dot.
	attrs, group string
}

// Enabled implements [slog.Handler].
func (h *textHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }

// WithAttrs implements [slog.Handler].
func (h *textHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b bytes.Buffer
	for _, a := range attrs {
		h.appendAttr(&b, h.group, a)
	}
	clone := *h
	clone.attrs += b.String()
	return &clone
}

// WithGroup implements [slog.Handler].
func (h *textHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	clone := *h
	clone.group += name + "."
	return &clone
}

// Handle implements [slog.Handler].
func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	const gray = "90"
	var b bytes.Buffer
	if !r.Time.IsZero() {
		b.WriteString(h.paint(gray, r.Time.Format(time.TimeOnly)) + " ")
	}
	b.WriteString(h.levelText(r.Level) + " " + screen.Printable(r.Message) + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		h.appendAttr(&b, h.group, a)
		return true
	})
	b.WriteByte('\n')
	_, err := h.out.Write(b.Bytes())
	return err
}

func (h *textHandler) levelText(level slog.Level) string {
	colors := map[slog.Level]string{slog.LevelDebug: "90", slog.LevelInfo: "32", slog.LevelWarn: "33", slog.LevelError: "31"}
	return h.paint(colors[level], fmt.Sprintf("%-5s", level))
}

func (h *textHandler) appendAttr(b *bytes.Buffer, group string, a slog.Attr) {
	value := a.Value.Resolve()
	if a.Key == "" && value.Kind() != slog.KindGroup || a.Equal(slog.Attr{}) {
		return
	}
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, member := range value.Group() {
			h.appendAttr(b, group, member)
		}
		return
	}
	const cyan = "36"
	b.WriteString(" " + h.paint(cyan, group+a.Key+"=") + logValue(value))
}

func logValue(value slog.Value) string {
	if value.Kind() == slog.KindDuration {
		return roundDuration(value.Duration()).String()
	}
	text := value.String()
	quotable := func(r rune) bool { return r == ' ' || r == '"' || r == '=' || !unicode.IsPrint(r) }
	if text == "" || strings.ContainsFunc(text, quotable) {
		return strconv.Quote(text)
	}
	return text
}

// roundDuration keeps three digits or so: a person compares times, not nanoseconds.
func roundDuration(d time.Duration) time.Duration {
	for _, unit := range slices.Backward([]time.Duration{time.Nanosecond, time.Microsecond, time.Millisecond}) {
		if d >= 10*unit {
			return d.Round(unit)
		}
	}
	return d
}

func (h *textHandler) paint(code, text string) string {
	if !h.color || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
