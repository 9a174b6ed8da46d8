package serve_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/serve"
)

const aFlow = `{"Version": "2019-10-30", "StartAction": "e", "Actions": [{"Identifier": "e", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}`

// flowLog hears which contact flows there are.
type flowLog struct {
	slog.Handler
	flows chan []string
}

func (l *flowLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if names, ok := a.Value.Any().([]string); ok && r.Message == "contact flows" {
			l.flows <- names
		}
		return true
	})
	return nil
}

func (l *flowLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *flowLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// A folder of contact flows that another one takes the place of, as git does when branches change, is
// followed by its name.
func TestFolderOfFlowsIsReplaced(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "flows")
	write := func(name string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(aFlow), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before")
	heard := &flowLog{slog.DiscardHandler, make(chan []string, 100)}
	cfg, _ := config(t, "--flows", dir)
	cfg.Log = slog.New(heard)
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	write("after")
	patience := time.After(time.Minute)
	for {
		select {
		case names := <-heard.flows:
			if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "after") }) {
				return
			}
		case <-patience:
			t.Fatal("the new folder was not read")
		}
	}
}

// Of two flows neither is the first: whoever starts the server learns how to name one.
func TestNoFirstFlowIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.json", "b.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(aFlow), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said strings.Builder
	cfg, _ := config(t, "--flows", dir)
	cfg.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
	if !strings.Contains(said.String(), "--contact-flow-id") {
		t.Errorf("the log says %s", &said)
	}
}
