package serve_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/hint"
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
	if _, err := os.Stat(filepath.Join(state, "parley-"+port, "chats")); err != nil {
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

// The banner says why the port is another one, and the last of the next ports is 3010.
func TestB3NextPorts(t *testing.T) {
	t.Parallel()
	cfg, _ := config(t)
	cfg.Settings, cfg.ReadFile = loadIn(t, []string{"XDG_STATE_HOME=" + t.TempDir()}), os.ReadFile
	var asked []string
	used := taken(t)
	cfg.Listen = func(ctx context.Context, addr string) (net.Listener, error) {
		asked = append(asked, addr)
		if !strings.HasSuffix(addr, ":3010") {
			return used(ctx, "127.0.0.1:3000")
		}
		return server.Listen(ctx, "127.0.0.1:0")
	}
	ready := make(chan serve.Announcement, 1)
	cfg.OnReady = func(a serve.Announcement) { ready <- a }
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := s.Run(ctx); ended <- err }()
	said := (<-ready).Moved
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(asked) != 11 || asked[1] != "127.0.0.1:3001" {
		t.Errorf("it tried %q", asked)
	}
	if _, port, _ := net.SplitHostPort(s.Addr().String()); !strings.Contains(said, "port 3000 is taken") || !strings.Contains(said, "parley-"+port) {
		t.Errorf("the banner says %q", said)
	}
}

// A port that was chosen is the one, or none, and the error names who has it.
func TestB3ChosenPortIsTaken(t *testing.T) {
	t.Parallel()
	cfg, _ := config(t, "--addr", "127.0.0.1:3000", "--ephemeral")
	cfg.Listen = taken(t)
	s, err := serve.Open(t.Context(), cfg)
	if err == nil {
		_ = s.Close(t.Context())
		t.Fatalf("it listens at %s", s.Addr())
	}
	if want := fmt.Sprintf("(process %d)", os.Getpid()); !server.InUse(err) || runtime.GOOS == "linux" && !strings.Contains(err.Error(), want) {
		t.Errorf("got %v; want the name and %s", err, want)
	}
	if next := hint.Of(err); runtime.GOOS == "linux" && (!strings.HasPrefix(next, "Use another port (--addr ") || strings.Contains(next, "lsof")) {
		t.Errorf("the hint: %q", next)
	}
}
