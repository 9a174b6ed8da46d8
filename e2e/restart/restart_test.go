//go:build unix

package restart_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/chatclient"
	"github.com/parley-chat/parley/internal/program"
)

var (
	restarts = flag.Int("restarts", 10, "how often the server is replaced under load")
	storms   = flag.Int("storms", 2, "how often it gets a signal every 2 ms for a second")
)

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
	cmd          *exec.Cmd
	url, urlFile string
	file         os.FileInfo // the URL file of the program that was seen last
}

// start starts a server that keeps its chats, and waits until it is ready.
func start(t *testing.T) *server {
	t.Helper()
	dir := t.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{urlFile: filepath.Join(dir, "url")}
	s.cmd = exec.Command(binary, "serve", "--addr", "127.0.0.1:0", "--url-file", s.urlFile,
		"--data-dir", filepath.Join(dir, "data"), "--partner=false", "--greeting=", "--log-level", "warn")
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + os.TempDir(), "GORACE=atexit_sleep_ms=0"}
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has ended, unless the test failed
		if err := log.Close(); err != nil {
			t.Error(err)
		}
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("the server's log ends:\n%s", text[max(0, len(text)-4000):])
		}
	})
	s.awaitNext(t)
	return s
}

// awaitNext waits until a program other than the one seen last is ready.
func (s *server) awaitNext(t *testing.T) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := os.Stat(s.urlFile)
		if err == nil && (s.file == nil || !os.SameFile(info, s.file)) {
			text, err := os.ReadFile(s.urlFile)
			if err != nil {
				t.Fatal(err)
			}
			s.file = info
			s.url, _, _ = strings.Cut(string(text), "\n") // the second line is the process id
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("no program became ready")
		}
	}
}

func (s *server) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		t.Fatalf("sending %v: %v", signal, err)
	}
}

// wait waits for the end of the server.
func (s *server) wait() error {
	overdue := time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	defer overdue.Stop()
	return s.cmd.Wait()
}

// ended waits for the end of the server, which must be in order.
func (s *server) ended(t *testing.T) {
	t.Helper()
	if err := s.wait(); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	if _, err := os.Stat(s.urlFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the url file is still there: %v", err)
	}
}

// call is a SendMessage, and reports how it went.
type call func(ctx context.Context, content string) error

// newCall is a caller's own chat, in which it speaks on a new connection each time.
func newCall(ctx context.Context, url, name string) (call, string, error) {
	api := chatclient.New(url, 1)
	defer api.Close()
	chat, err := api.Start(ctx, name, "")
	if err != nil {
		return nil, "", err
	}
	connection, err := api.Connect(ctx, chat.ParticipantToken)
	return func(ctx context.Context, content string) error {
		once := chatclient.New(url, 1)
		defer once.Close()
		_, err := once.Send(ctx, connection.Token, content, "")
		return err
	}, connection.Token, err
}

// kept is a connection that is used for many calls and makes a new one only when it was told to.
type kept struct {
	address, token string
	conn           net.Conn
	reader         *bufio.Reader
}

func (k *kept) send(_ context.Context, content string) (err error) {
	if k.conn == nil {
		if k.conn, err = net.DialTimeout("tcp", k.address, patience); err != nil {
			return err
		}
		k.reader = bufio.NewReader(k.conn)
	}
	if err := k.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, "http://"+k.address+chatclient.MessagePath,
		bytes.NewReader(chatclient.MessageBody(content, "")))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Bearer", k.token)
	if err := request.Write(k.conn); err != nil {
		return err
	}
	response, err := http.ReadResponse(k.reader, request)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.Close {
		err, k.conn = k.conn.Close(), nil
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", response.Status)
	}
	return err
}

// A server that is replaced again and again answers every call: eight callers open a connection
// for each, and four keep theirs, with pauses in which it may be handed over.
func TestD1RestartsDropNoCall(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var made, failed atomic.Int64
	var callers sync.WaitGroup
	for n := range 12 {
		one, token, err := newCall(ctx, s.url, "caller "+strconv.Itoa(n))
		if err != nil {
			t.Fatal(err)
		}
		if n >= 8 {
			connection := &kept{address: strings.TrimPrefix(s.url, "http://"), token: token}
			one = connection.send
		}
		callers.Go(func() {
			pause := time.NewTicker(time.Duration(4+n) * time.Millisecond)
			defer pause.Stop()
			for i := 0; ; i++ {
				select {
				case <-ctx.Done():
					return
				case <-pause.C:
				}
				made.Add(1)
				if err := one(context.WithoutCancel(ctx), strconv.Itoa(i)); err != nil && failed.Add(1) < 20 {
					t.Errorf("caller %d, call %d: %v", n, i, err)
				}
			}
		})
	}
	for range *restarts {
		before := made.Load()
		s.signal(t, syscall.SIGUSR2)
		s.awaitNext(t)
		for more := time.Now().Add(patience); made.Load() < before+100; { // it is at work again
			if time.Now().After(more) {
				t.Fatal("no calls are made")
			}
			wait(t, 2*time.Millisecond)
		}
	}
	stop()
	callers.Wait()
	t.Logf("%d of %d calls failed in %d restarts", failed.Load(), made.Load(), *restarts)
	s.signal(t, syscall.SIGTERM)
	s.ended(t)
}

// A server that is told to restart while it restarts, at every moment of that, lives and answers.
func TestD1SignalsWhileRestarting(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range *storms {
		tick := time.NewTicker(2 * time.Millisecond)
		for range 500 {
			<-tick.C
			s.signal(t, syscall.SIGUSR2)
		}
		tick.Stop()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		api := chatclient.New(s.url, 1)
		if _, err := api.Start(ctx, "Jane", ""); err != nil {
			t.Errorf("after a second of signals: %v", err)
		}
		api.Close()
		cancel()
	}
	s.signal(t, syscall.SIGTERM)
	s.over(t) // the last of the signals may still be at work
}

// A server that is told to end while it restarts ends: in order or, while it is nothing but a
// process that is being replaced, by the signal.
func TestD1EndWhileRestarting(t *testing.T) {
	t.Parallel()
	for round := range 2 * *restarts {
		s := start(t)
		s.signal(t, syscall.SIGUSR2)
		wait(t, time.Duration(round%20)*4*time.Millisecond)
		s.signal(t, syscall.SIGTERM)
		s.over(t)
	}
}

// over waits until a server that may be restarting has ended, in order or by the signal.
func (s *server) over(t *testing.T) {
	t.Helper()
	err := s.wait()
	if state, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, unix := state.Sys().(syscall.WaitStatus); unix && status.Signal() == syscall.SIGTERM {
			err = nil
		}
	}
	if err != nil {
		t.Errorf("the server ends with %v", err)
	}
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}
