//go:build unix

package crash_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/program"
)

var rounds = flag.Int("rounds", 10, "how often the server is killed")

// patience bounds everything that is waited for.
const patience = 60 * time.Second

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(program.WithServer(func(path string) int { //nolint:forbidigo // what TestMain is for
		binary = path
		return m.Run()
	}))
}

// server is a running Parley.
type server struct {
	cmd *exec.Cmd
	url string
}

// site is where servers run, one after the other.
type site struct {
	t             *testing.T
	data, urlFile string
	within        []string // a program, with its arguments, that runs the server
	flags         []string // further ones
	log           *os.File
}

func newSite(t *testing.T) *site {
	t.Helper()
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("the server's log ends:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return &site{t: t, data: filepath.Join(dir, "data"), urlFile: filepath.Join(dir, "url"), log: log}
}

// launch starts a server and does not wait for it.
func (s *site) launch() *server {
	s.t.Helper()
	if err := os.Remove(s.urlFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	args := append(slices.Clone(s.within), binary, "serve", "--addr", "127.0.0.1:0", "--url-file", s.urlFile,
		"--data-dir", s.data, "--partner=false", "--greeting=", "--log-level", "warn")
	args = append(args, s.flags...)
	cmd := exec.CommandContext(s.t.Context(), args[0], args[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.data, "TMPDIR=" + os.TempDir()}
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return &server{cmd: cmd}
}

// start starts a server and waits until it is ready.
func (s *site) start() *server {
	s.t.Helper()
	running := s.launch()
	end := time.NewTimer(patience)
	defer end.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		if text, err := os.ReadFile(s.urlFile); err == nil {
			running.url, _, _ = strings.Cut(string(text), "\n") // the second line is the process id
			return running
		}
		select {
		case <-again.C:
		case <-end.C:
			running.kill(s.t)
			s.t.Fatal("the server did not become ready")
		}
	}
}

// pid is the server's process id.
func (s *server) pid() string { return strconv.Itoa(s.cmd.Process.Pid) }

// kill ends a server as a crash does.
func (s *server) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Errorf("killing the server: %v", err)
	}
	state, ok := errors.AsType[*exec.ExitError](s.cmd.Wait())
	if !ok {
		t.Error("the server had ended by itself")
		return
	}
	if status, unix := state.Sys().(syscall.WaitStatus); unix && status.Signal() != syscall.SIGKILL {
		t.Errorf("the server had ended by itself: %v", state)
	}
}

// stop ends a server as an administrator does.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the server did not stop well: %v", err)
	}
}
