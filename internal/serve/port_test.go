package serve_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/server"
)

// taken opens ports for a server as a machine does on which the usual port is taken: that port is
// another one here, which really is.
func taken(t *testing.T) func(ctx context.Context, addr string) (net.Listener, error) {
	t.Helper()
	other, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	return func(ctx context.Context, addr string) (net.Listener, error) {
		if strings.HasSuffix(addr, ":3000") {
			return server.Listen(ctx, other.Addr().String())
		}
		return server.Listen(ctx, "127.0.0.1:0") // whichever is free stands for the next one
	}
}

// A server whose port nobody chose takes another one when the usual one is taken, keeps its chats
// apart, and shares its admin token under the address it has.
func TestUsualPortIsTaken(t *testing.T) {
	t.Parallel()
	cfg, _ := config(t)
	cfg.Listen, cfg.ReadFile, cfg.RuntimeDirs = taken(t), os.ReadFile, []string{filepath.Join(t.TempDir(), "run")}
	state := t.TempDir()
	cfg.Settings = loadIn(t, []string{"XDG_STATE_HOME=" + state})
	var said strings.Builder
	cfg.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	_, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil || port == "3000" {
		t.Fatalf("it listens at %s, %v", s.Addr(), err)
	}
	if hint := "--server http://localhost:" + port; !strings.Contains(said.String(), hint) { // else commands call the other one
		t.Errorf("the log does not say %s: %s", hint, &said)
	}
	if _, err := os.Stat(filepath.Join(state, "parley", "port-"+port, "chats")); err != nil {
		t.Errorf("its chats: %v", err)
	}
	if _, err := os.Stat(filepath.Join(state, "parley", "chats")); err == nil {
		t.Error("it uses the chats of the usual port")
	}
	shared, err := os.ReadFile(filepath.Join(cfg.RuntimeDirs[0], "admin-token-localhost-"+port))
	if err != nil || !strings.Contains(string(shared), s.AdminToken().Reveal()) {
		t.Errorf("the shared token: %q, %v", shared, err)
	}
}

// A port that was chosen is the one, or none.
func TestChosenPortIsTaken(t *testing.T) {
	t.Parallel()
	cfg, _ := config(t, "--addr", "127.0.0.1:3000", "--ephemeral")
	cfg.Listen = taken(t)
	s, err := serve.Open(t.Context(), cfg)
	if err == nil {
		_ = s.Close(t.Context())
		t.Fatalf("it listens at %s", s.Addr())
	}
	if !server.InUse(err) {
		t.Errorf("got %v", err)
	}
}
