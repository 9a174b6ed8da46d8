package server_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/server"
)

func TestListenExplains(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	port := taken.Addr().(*net.TCPAddr).Port
	tests := []struct {
		addr, reason string
		hints        []string
	}{
		{taken.Addr().String(), "in use", []string{"--addr 127.0.0.1:" + strconv.Itoa(port+1), "--addr 127.0.0.1:0", ":" + strconv.Itoa(port)}},
		{"no such host:3000", `host "no such host" cannot be resolved`, []string{"127.0.0.1"}},
		{"3000", "not HOST:PORT", []string{"--addr 127.0.0.1:3000"}},
		{"127.0.0.1:70000", "between 0 and 65535", []string{"--addr"}},
		{"127.0.0.1:-1", "between 0 and 65535", []string{"--addr"}},
		{"127.0.0.1:chat-port", `port "chat-port" is not a number`, []string{"--addr"}},
		{"192.0.2.1:3000", "not one of this machine's", []string{"127.0.0.1", "0.0.0.0"}},
	}
	for _, test := range tests {
		t.Run(test.addr, func(t *testing.T) {
			t.Parallel()
			l, err := server.Listen(t.Context(), test.addr)
			if err == nil {
				_ = l.Close()
				t.Fatal("listening succeeded")
			}
			refused, ok := errors.AsType[*server.ListenError](err)
			if !ok || refused.Addr != test.addr || errors.Unwrap(err) == nil {
				t.Fatalf("error %#v is no ListenError of the address", err)
			}
			if !strings.Contains(err.Error(), test.reason) || !strings.HasPrefix(err.Error(), "listening on "+test.addr+": ") {
				t.Errorf("error %q, want reason %q", err, test.reason)
			}
			for _, hint := range test.hints {
				if !strings.Contains(refused.Hint(), hint) {
					t.Errorf("hint %q lacks %q", refused.Hint(), hint)
				}
			}
		})
	}
}

// The tests may run as a user to whom every port is open, so the system's refusal is
// handed in.
func TestListenExplainsPermissions(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{syscall.EACCES, syscall.Errno(10013)} {
		refused := server.Explain("127.0.0.1:80", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", cause)})
		if refused.Reason != "permission denied" || !strings.Contains(refused.Hint(), "--addr 127.0.0.1:3000") {
			t.Errorf("%v: %q, hint %q", cause, refused, refused.Hint())
		}
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		addr    string
		url     string
		exposed bool
	}{
		{"127.0.0.1:3000", "http://localhost:3000", false},
		{"127.0.0.2:3000", "http://127.0.0.2:3000", false},
		{"[::1]:3000", "http://[::1]:3000", false},
		{"0.0.0.0:3000", "http://localhost:3000", true},
		{"[::]:3000", "http://localhost:3000", true},
		{":3000", "http://localhost:3000", true},
		{"192.168.1.5:80", "http://192.168.1.5:80", true},
		{"[fd00::5]:80", "http://[fd00::5]:80", true},
	}
	for _, test := range tests {
		addr, err := net.ResolveTCPAddr("tcp", test.addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := server.URL(addr); got != test.url {
			t.Errorf("URL(%s) = %q, want %q", test.addr, got, test.url)
		}
		if got := server.Exposure(addr); (got != "") != test.exposed {
			t.Errorf("Exposure(%s) = %q", test.addr, got)
		}
	}
}

func TestURLFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(name, []byte("http://localhost:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	s := start(t, server.Config{URLFile: name, OnReady: func() { close(ready) }})
	await(t, ready, "OnReady")
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if want := fmt.Sprintf("http://localhost:%s\n%d\n", port, os.Getpid()); err != nil || string(content) != want {
		t.Errorf("url file has %q (%v), want %q", content, err, want)
	}
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("directory has %v (%v), want the url file alone", entries, err)
	}
	s.stop()
	if err := await(t, s.result, "Serve"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("url file after the end: %v, want none", err)
	}
}

func TestURLFileOfAnotherServerIsKept(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "url")
	s := start(t, server.Config{URLFile: name})
	exchange(t, s.addr, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	if err := os.WriteFile(name, []byte("http://localhost:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.stop()
	if err := await(t, s.result, "Serve"); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(name); err != nil || string(content) != "http://localhost:1\n" {
		t.Errorf("the other server's file: %q, %v", content, err)
	}
}

// TestURLFileStaysForTheSuccessor ends a server because another program takes its socket over:
// whoever looks for the server meanwhile finds it.
func TestURLFileStaysForTheSuccessor(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "url")
	ctx, stop := context.WithCancelCause(t.Context())
	l, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	err = server.Serve(ctx, server.Config{Listener: l, URLFile: name, OnReady: func() { stop(server.ErrRestart) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); err != nil {
		t.Errorf("url file after the end: %v", err)
	}
}

func TestURLFileThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	l, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "missing", "url")
	err = server.Serve(t.Context(), server.Config{Listener: l, URLFile: name})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "writing url file") {
		t.Errorf("Serve: %v", err)
	}
	closed(t, l)
}
