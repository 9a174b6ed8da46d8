package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli"
)

// patience is how long a test waits for something that has to come.
const patience = 60 * time.Second

// screen is what the program prints; await waits for a part of it.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newScreen() *screen { return &screen{changed: make(chan struct{}, 1)} }

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *screen) await(t *testing.T, part string) {
	t.Helper()
	deadline := time.After(patience)
	for !strings.Contains(s.String(), part) {
		select {
		case <-s.changed:
		case <-deadline:
			t.Fatalf("%q was not printed; the screen is %q", part, s)
		}
	}
}

// newEnv is a world without files and variables.
func newEnv(args ...string) (env cli.Env, stdout, stderr *screen) {
	stdout, stderr = newScreen(), newScreen()
	return cli.Env{
		Args: args, Stdout: stdout, Stderr: stderr, GOOS: "linux", Build: cli.ReadBuild("v1.2.3"),
		ReadFile: func(path string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}, stdout, stderr
}

// environ is this process's environment with a home of the test's own: without what Parley finds
// in the user's, such as settings, admin tokens and chats.
func environ(t *testing.T) []string {
	t.Helper()
	own := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "PARLEY_") || strings.HasPrefix(pair, "XDG_") || strings.HasPrefix(pair, "HOME=")
	})
	return append(own, "HOME="+t.TempDir())
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	taken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(taken.Close)
	addr := strings.TrimPrefix(taken.URL, "http://")
	tests := map[string]struct {
		args []string
		code int
	}{
		"version":             {[]string{"version"}, cli.ExitOK},
		"help":                {[]string{"--help"}, cli.ExitOK},
		"help on a command":   {[]string{"help", "serve"}, cli.ExitOK},
		"doctor":              {[]string{"doctor", "--addr", "127.0.0.1:0"}, cli.ExitOK},
		"doctor finds faults": {[]string{"doctor", "--addr", addr}, cli.ExitFailure},
		"port in use":         {[]string{"serve", "--addr", addr}, cli.ExitFailure},
		"no such server":      {[]string{"start", "--server", taken.URL + "/x"}, cli.ExitFailure},
		"no url file":         {[]string{"contacts", "--url-file", "none"}, cli.ExitFailure},
		"url file, not ready": {[]string{"ready", "--url-file", "none"}, cli.ExitFailure},
		"unknown command":     {[]string{"sing"}, cli.ExitUsage},
		"unknown flag":        {[]string{"--sing"}, cli.ExitUsage},
		"unknown subcommand":  {[]string{"config", "prnt"}, cli.ExitUsage},
		"help on nothing":     {[]string{"help", "nope"}, cli.ExitUsage},
		"help below":          {[]string{"help", "config", "print"}, cli.ExitOK},
		"help below nothing":  {[]string{"help", "config", "prnt"}, cli.ExitUsage},
		"help on help":        {[]string{"help", "help"}, cli.ExitOK},
		"completion":          {[]string{"completion", "bash"}, cli.ExitOK},
		"completion menu":     {[]string{"completion"}, cli.ExitOK},
		"completion of none":  {[]string{"completion", "nosh"}, cli.ExitUsage},
		"completion and more": {[]string{"completion", "bash", "x"}, cli.ExitUsage},
		"bad value":           {[]string{"serve", "--addr", "x"}, cli.ExitUsage},
		"bad output":          {[]string{"doctor", "-o", "xml"}, cli.ExitUsage},
		"value missing":       {[]string{"start", "--name"}, cli.ExitUsage},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, stdout, stderr := newEnv(test.args...)
			if code := cli.Run(t.Context(), env); code != test.code {
				t.Errorf("exit code %d, want %d; stdout %q, stderr %q", code, test.code, stdout, stderr)
			}
			complained := regexp.MustCompile(`^parley: error: .+`).MatchString(stderr.String())
			if want := test.code != cli.ExitOK && test.args[0] != "doctor" || test.code == cli.ExitUsage; complained != want {
				t.Errorf("stderr %q", stderr)
			}
		})
	}
}

// TestServeColors runs a server as on a terminal, with and without NO_COLOR.
func TestServeColors(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string][]string{"colours": nil, "no colours": {"NO_COLOR=1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, stdout, stderr := newEnv("--addr", "127.0.0.1:0", "--ephemeral")
			env.StdoutTerminal = true
			env.StdoutTerminal, env.StderrTerminal, env.Environ = true, true, environ
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			code := make(chan int, 1)
			go func() { code <- cli.Run(ctx, env) }()
			stdout.await(t, "Stop with Ctrl+C.")
			stop()
			if got := <-code; got != cli.ExitOK {
				t.Errorf("exit code %d, stderr %q", got, stderr)
			}
			for _, s := range []*screen{stdout, stderr} {
				if colored := strings.Contains(s.String(), "\x1b["); colored != (environ == nil) {
					t.Errorf("colours %v in %q", colored, s)
				}
			}
		})
	}
}

func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does net/http notice that the caller is gone
		close(arrived)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	env, _, stderr := newEnv("start", "--server", server.URL)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	code := make(chan int, 1)
	go func() { code <- cli.Run(ctx, env) }()
	<-arrived
	stop()
	if got := <-code; got != cli.ExitInterrupted || stderr.String() != "parley: error: interrupted\n" {
		t.Errorf("exit code %d, stderr %q", got, stderr)
	}
}

// TestStartAnswers shows what "start" makes of answers that are none of Parley's, or
// that try to act on the terminal.
func TestStartAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status     int
		body, want string
	}{
		"html":            {200, "<html>", "answered 200 with something that is not an answer of Parley"},
		"other json":      {200, `{"ok":true}`, "not an answer of Parley"},
		"redirect":        {301, "", "answered 301"},
		"empty":           {502, "", "answered 502"},
		"escape sequence": {400, `{"error":"\u001b[2Jgone","code":"X","hint":"do\u0007this"}`, `parley: error: "\x1b[2Jgone"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			env, stdout, stderr := newEnv("start", "--server", server.URL)
			if code := cli.Run(t.Context(), env); code != cli.ExitFailure {
				t.Errorf("exit code %d", code)
			}
			if !strings.Contains(stderr.String(), test.want) || strings.ContainsAny(stderr.String(), "\x1b\x07") || stdout.String() != "" {
				t.Errorf("stdout %q, stderr %q, want %q", stdout, stderr, test.want)
			}
		})
	}
}

// TestBrokenOutput: a result that cannot be printed is a failure.
func TestBrokenOutput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"version", "-o", "json"}, {"config", "print"}, {"config", "print", "-o", "json"}, {"doctor", "--addr=127.0.0.1:0"}} {
		env, _, _ := newEnv(args...)
		env.Stdout = brokenWriter{}
		if code := cli.Run(t.Context(), env); code != cli.ExitFailure {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// The flags of settings are known to a command wherever they stand, although only the command
// that runs gets them.
func TestSettingsOfCommands(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"serve", "start", "ready", "config print", "contacts", "tail", "fault list", "agent list"} {
		words := strings.Fields(command)
		for name, args := range map[string][]string{
			"after": append(words, "--log-level", "nope"), "before": append([]string{"--log-level", "nope"}, words...),
		} {
			env, _, stderr := newEnv(args...)
			code := cli.Run(t.Context(), env)
			if code != cli.ExitUsage || !strings.Contains(stderr.String(), "nope") || strings.Contains(stderr.String(), "no such flag") {
				t.Errorf("%s, %s: exit code %d\n%s", command, name, code, stderr)
			}
		}
	}
}

// A start makes what the command needs: the settings' flags of every command would take longer
// than the rest of it.
//
//nolint:paralleltest // it counts what the whole process allocates
func TestStartIsLight(t *testing.T) {
	all := testing.AllocsPerRun(10, func() {
		env, _, _ := newEnv("--help")
		cli.Run(t.Context(), env)
	})
	one := testing.AllocsPerRun(10, func() {
		env, _, _ := newEnv("config", "print")
		cli.Run(t.Context(), env)
	})
	if one > all/2 {
		t.Errorf("a command makes %.0f allocations to print the settings, help for all %.0f", one, all)
	}
}
