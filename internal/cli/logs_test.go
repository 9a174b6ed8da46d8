package cli

import (
	"bytes"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/settings"
)

// TestTextHandlerKeepsContract holds the handler against slog's own rules.
func TestTextHandlerKeepsContract(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return &textHandler{out: &out}
	}, func(t *testing.T) map[string]any {
		t.Helper()
		return parseLine(t, out.String())
	})
}

// parseLine reads a line of the text handler whose message is one word.
func parseLine(t *testing.T, line string) map[string]any {
	t.Helper()
	words := strings.Fields(line)
	result := map[string]any{}
	if _, err := time.Parse(time.TimeOnly, words[0]); err == nil {
		result[slog.TimeKey], words = words[0], words[1:]
	}
	result[slog.LevelKey], result[slog.MessageKey] = words[0], words[1]
	for _, pair := range words[2:] {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			t.Fatalf("%q is no key=value in %q", pair, line)
		}
		groups := strings.Split(key, ".")
		at := result
		for _, group := range groups[:len(groups)-1] {
			if _, ok := at[group]; !ok {
				at[group] = map[string]any{}
			}
			inner, ok := at[group].(map[string]any)
			if !ok {
				t.Fatalf("%q is a group and a value in %q", group, line)
			}
			at = inner
		}
		at[groups[len(groups)-1]] = value
	}
	return result
}

func TestTextHandlerLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(&textHandler{out: &out, level: slog.LevelInfo})
	log.Debug("not shown")
	log.With("a", 1).WithGroup("g").Warn("two words", "dur", 1234567*time.Nanosecond, "empty", "", "evil", "x\n\x1b[31mINFO",
		"token", secret.New("canary"))
	_, line, _ := strings.Cut(out.String(), " ")
	want := `WARN  two words a=1 g.dur=1.235ms g.empty="" g.evil="x\n\x1b[31mINFO" g.token=[redacted]` + "\n"
	if line != want {
		t.Errorf("line %q, want %q", line, want)
	}
}

func TestRoundDuration(t *testing.T) {
	t.Parallel()
	for in, want := range map[time.Duration]string{
		0: "0s", 5: "5ns", 1234: "1.234µs", 12345: "12µs", 1234567: "1.235ms", 12345678: "12ms",
		1234567890: "1.235s", 123456789012: "2m3.457s",
	} {
		if got := roundDuration(in).String(); got != want {
			t.Errorf("roundDuration(%d) = %s, want %s", in, got, want)
		}
	}
}

// TestLogForm: text and colours are for people who watch.
func TestLogForm(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		terminal bool
		environ  []string
		goos     string
		format   settings.Format
		want     string
	}{
		"terminal":           {terminal: true, format: settings.FormatAuto, want: "colour"},
		"no terminal":        {format: settings.FormatAuto, want: "json"},
		"NO_COLOR":           {terminal: true, environ: []string{"NO_COLOR=1"}, format: settings.FormatAuto, want: "text"},
		"empty NO_COLOR":     {terminal: true, environ: []string{"NO_COLOR="}, format: settings.FormatAuto, want: "colour"},
		"dumb terminal":      {terminal: true, environ: []string{"TERM=dumb"}, format: settings.FormatAuto, want: "text"},
		"old console":        {terminal: true, goos: "windows", format: settings.FormatAuto, want: "text"},
		"windows terminal":   {terminal: true, goos: "windows", environ: []string{"WT_SESSION=x"}, format: settings.FormatAuto, want: "colour"},
		"json on a terminal": {terminal: true, format: settings.FormatJSON, want: "json"},
		"text in a file":     {format: settings.FormatText, want: "text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			env := &Env{Stdout: io.Discard, Stderr: &out, StderrTerminal: test.terminal, Environ: test.environ, GOOS: test.goos}
			newLogger(env, &settings.Settings{LogFormat: test.format, LogLevel: "info"}).Info("hello", "dur", 1500*time.Millisecond)
			got := "text"
			switch {
			case strings.Contains(out.String(), "\x1b["):
				got = "colour"
			case strings.HasPrefix(out.String(), "{"):
				got = "json"
				if !strings.Contains(out.String(), `"dur":1.5`) {
					t.Errorf("the length of time is not in seconds: %s", strconv.Quote(out.String()))
				}
			}
			if got != test.want {
				t.Errorf("the log is %s, want %s: %q", got, test.want, out.String())
			}
		})
	}
}

// The line about dropped lines has the log's form, and is there at every level.
func TestDroppedLine(t *testing.T) {
	t.Parallel()
	tests := map[settings.Format]string{
		settings.FormatText: " WARN  log lines dropped: the log is not read, or not fast enough dropped=7\n",
		settings.FormatJSON: `"level":"WARN","msg":"log lines dropped: the log is not read, or not fast enough","dropped":7}` + "\n",
	}
	for format, want := range tests {
		line := droppedLine(&Env{}, &settings.Settings{LogFormat: format, LogLevel: "error"})
		line(3)
		if got := string(line(7)); !strings.HasSuffix(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: %q", format, got)
		}
	}
}
