package serve_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/serve"
)

// logged are the lines of a log.
type logged chan string

// Write implements [io.Writer].
func (l logged) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

func (l logged) await(t *testing.T, part string) {
	t.Helper()
	for {
		select {
		case line := <-l:
			if strings.Contains(line, part) {
				return
			}
		case <-time.After(time.Minute):
			t.Fatalf("the log does not say %q", part)
		}
	}
}

// replace writes a file so that nobody sees half of it.
func replace(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

// A script that has changed is read again: the agent at the desk answers by it, one that it no longer
// names is gone, and a fault leaves the agents as they are.
func TestB5ScriptsAreReadAgain(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "answers.yaml")
	write := func(text string) { t.Helper(); replace(t, name, text) }
	write("name: Robin\nrules:\n  - reply: first\n")
	cfg, _ := config(t, "--ephemeral", "--addr=127.0.0.1:0", "--agent="+name)
	said := make(logged, 100)
	cfg.ReadFile, cfg.Log = os.ReadFile, slog.New(slog.NewTextHandler(said, nil))
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.WithoutCancel(t.Context())) }()
	names := func() string {
		var all []string
		for _, a := range s.Embedded().Desk().Snapshot().Agents {
			all = append(all, a.Name)
		}
		return strings.Join(all, " ")
	}
	write("name: Robin\nrules: 7\n")
	said.await(t, "cannot be used; its agents go on as before")
	if got := names(); !strings.Contains(got, "Robin") {
		t.Errorf("at the desk: %s", got)
	}
	write("name: Kim\nrules:\n  - reply: second\n")
	said.await(t, "the script has changed and was read again")
	if got := names(); !strings.Contains(got, "Kim") || strings.Contains(got, "Robin") {
		t.Errorf("at the desk: %s", got)
	}
}

// Whoever was set away or offline stays so when the script is read again; who is new is available.
func TestB5ScriptReadAgainKeepsAgentsAway(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "answers.yaml")
	write := func(text string) { t.Helper(); replace(t, name, text) }
	write("name: Robin\ncount: 3\nrules:\n  - reply: first\n")
	cfg, _ := config(t, "--ephemeral", "--addr=127.0.0.1:0", "--agent="+name)
	said := make(logged, 100)
	cfg.ReadFile, cfg.Log = os.ReadFile, slog.New(slog.NewTextHandler(said, nil))
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.WithoutCancel(t.Context())) }()
	at := s.Embedded().Desk()
	for who, state := range map[string]desk.State{"Robin": desk.Away, "Robin 2": desk.Offline} {
		if _, err := at.Change(who, desk.AgentChange{State: &state}); err != nil {
			t.Fatal(err)
		}
	}
	write("name: Robin\ncount: 4\nrules:\n  - reply: second\n")
	said.await(t, "the script has changed and was read again")
	want := map[string]desk.State{"Robin": desk.Away, "Robin 2": desk.Offline, "Robin 3": desk.Available, "Robin 4": desk.Available}
	for _, a := range at.Snapshot().Agents {
		if state, named := want[a.Name]; named && a.State != state {
			t.Errorf("%s is %s, want %s", a.Name, a.State, state)
		}
		delete(want, a.Name)
	}
	if len(want) > 0 {
		t.Errorf("not at the desk: %v", want)
	}
}
