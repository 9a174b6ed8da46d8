package server_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/server"
)

// limit is how long a test waits for what should happen at once.
const limit = 60 * time.Second

// logBuffer is a log that goroutines may write to while the test reads.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// running is a server under test.
type running struct {
	listen net.Listener
	addr   string
	stop   context.CancelFunc
	result chan error
	log    *logBuffer
}

// start serves on a free loopback port. The test ends with the server stopped.
func start(t *testing.T, config server.Config) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &running{listen: l, addr: l.Addr().String(), stop: cancel, result: make(chan error, 1), log: new(logBuffer)}
	config.HTTP2 = true // with which HTTP/1.1 is as without
	config.Timeouts.Header, config.Timeouts.Read = cmp.Or(config.Timeouts.Header, limit), cmp.Or(config.Timeouts.Read, limit)
	config.Listener, config.Log = l, slog.New(slog.NewTextHandler(s.log, nil))
	if config.Handler == nil {
		config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ok") })
	}
	done := make(chan struct{})
	go func() {
		s.result <- server.Serve(ctx, config)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		await(t, done, "the server's end")
	})
	return s
}

// await waits for the channel to be closed or to deliver.
func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-c:
		return value
	case <-time.After(limit):
		t.Fatalf("waiting for %s: nothing within %s", what, limit)
		panic("unreachable")
	}
}

// closed checks that a socket is closed. Its port says nothing: another server may have it by now.
func closed(t *testing.T, l net.Listener) {
	t.Helper()
	if err := l.(*net.TCPListener).SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) { //nolint:forcetypeassert // server.Listen makes it
		t.Errorf("the socket is open: %v", err)
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// exchange sends raw bytes and reads one answer.
func exchange(t *testing.T, addr, request string) (*http.Response, string) {
	t.Helper()
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return receive(t, conn)
}

func receive(t *testing.T, conn net.Conn) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("reading the answer's body: %v", err)
	}
	return res, string(body)
}

func TestDrainLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	entered, leave, draining := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var ctxErr error
	s := start(t, server.Config{
		OnDrain: func() { close(draining) },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-leave
			ctxErr = r.Context().Err()
			_, _ = io.WriteString(w, "finished")
		}),
	})
	conn := dial(t, s.addr)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	await(t, entered, "the request")
	unused := dial(t, s.addr) // as browsers open in advance
	s.stop()
	await(t, draining, "OnDrain")
	if _, err := unused.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading from the unused connection: %v, want its end", err)
	}
	select {
	case err := <-s.result:
		t.Fatalf("Serve returned %v while a request was in flight", err)
	default:
	}
	close(leave)
	if _, body := receive(t, conn); body != "finished" {
		t.Errorf("answer %q, want the whole of it", body)
	}
	if err := await(t, s.result, "Serve"); err != nil {
		t.Errorf("Serve: %v, want nil", err)
	}
	if ctxErr != nil {
		t.Errorf("the request's context ended with the server's: %v", ctxErr)
	}
	closed(t, s.listen)
}

func TestDrainDoesNotWaitForUnusedConnections(t *testing.T) {
	t.Parallel()
	for try := 1; ; try++ { // a machine that is busy with something else may need another one
		s := start(t, server.Config{})
		unused := dial(t, s.addr)
		begun := time.Now()
		s.stop()
		if _, err := unused.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("reading from the unused connection: %v, want its end", err)
		}
		if err := await(t, s.result, "Serve"); err != nil {
			t.Errorf("Serve: %v", err)
		}
		took := time.Since(begun)
		if took <= 3*time.Second {
			return
		}
		if try == 10 {
			t.Fatalf("stopping took %s: the unused connection held it up", took)
		}
	}
}

func TestDrainTimeoutCutsOff(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan struct{})
	s := start(t, server.Config{
		DrainTimeout: 20 * time.Millisecond,
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			close(ended)
		}),
	})
	conn := dial(t, s.addr)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	await(t, entered, "the request")
	s.stop()
	err := await(t, s.result, "Serve")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "20ms") {
		t.Errorf("Serve: %v, want one that tells of the cut", err)
	}
	select {
	case <-ended:
	default:
		t.Error("Serve returned before the handler did")
	}
}

// A handler that has taken the connection over is invisible to net/http's Shutdown.
func TestEndReachesHijackedConnections(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan struct{})
	s := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		close(entered)
		<-r.Context().Done()
		_ = conn.Close()
		close(ended)
	})})
	conn := dial(t, s.addr)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	await(t, entered, "the request")
	s.stop()
	if err := await(t, s.result, "Serve"); err != nil {
		t.Errorf("Serve: %v, want nil", err)
	}
	select {
	case <-ended:
	default:
		t.Error("Serve returned before the handler did")
	}
}

// Who takes a connection over can have it without what the server follows its requests with.
func TestHijackedConnectionIsBare(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		outer, ok := conn.(interface{ Hijacked() net.Conn })
		if !ok {
			t.Errorf("a %T does not give its connection away", conn)
			return
		}
		if _, ok := outer.Hijacked().(*net.TCPConn); !ok {
			t.Errorf("it holds a %T", outer.Hijacked())
		}
		_, _ = io.WriteString(outer.Hijacked(), "HTTP/1.1 204 No Content\r\n\r\n")
	})})
	if res, _ := exchange(t, s.addr, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); res.StatusCode != http.StatusNoContent {
		t.Errorf("status %d, want 204", res.StatusCode)
	}
	s.stop()
	if err := await(t, s.result, "Serve"); err != nil {
		t.Errorf("Serve: %v, want nil", err)
	}
}

func TestSlowBodyGetsAnAnswer(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{
		Timeouts: server.Timeouts{Header: limit, Read: time.Second}, // in which the head of the request has to have come
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("reading the slow body: %v, want a deadline error", err)
			}
			w.WriteHeader(http.StatusRequestTimeout)
		}),
	})
	res, _ := exchange(t, s.addr, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
	if res.StatusCode != http.StatusRequestTimeout {
		t.Errorf("status %d, want 408", res.StatusCode)
	}
}

func TestSlowHeadersAndIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{Timeouts: server.Timeouts{Header: 30 * time.Millisecond, Idle: 30 * time.Millisecond}})
	for name, sent := range map[string]string{
		"half a header": "GET / HTTP/1.1\r\nHost: loc",
		"idle":          "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"silent":        "",
	} {
		conn := dial(t, s.addr)
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the server left the connection open", name)
		}
	}
}

func TestEarlyErrorsAreJSON(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{DocsURL: "/docs/errors"})
	tests := []struct {
		name, request string
		status        int
		code, text    string
	}{
		{"oversized header", "GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + strings.Repeat("x", 40<<10) + "\r\n\r\n", 431, "RequestHeaderFieldsTooLarge", "32 KiB"},
		{"oversized line", "GET /" + strings.Repeat("x", 40<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "RequestHeaderFieldsTooLarge", "32 KiB"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, "MalformedRequest", "missing required Host header"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "MalformedRequest", "not valid HTTP"},
		{"garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "MalformedRequest", "not valid HTTP"},
		{"bad length", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n", 400, "MalformedRequest", "not valid HTTP"},
		{"transfer coding", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: br\r\n\r\n", 501, "MalformedRequest", "not valid HTTP"},
		{"version", "GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505, "MalformedRequest", "unsupported protocol version"},
		{"star", "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "MalformedRequest", "OPTIONS only"},
		{"connect", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 405, "MethodNotAllowed", "not a proxy"},
	}
	for _, test := range tests {
		res, raw := exchange(t, s.addr, test.request)
		var body struct {
			Error, Code, Hint, Docs string
			Data                    struct{ Error struct{ StatusCode int } }
		}
		if err := json.Unmarshal([]byte(raw), &body); err != nil {
			t.Errorf("%s: answer %q is not json: %v", test.name, raw, err)
			continue
		}
		if res.StatusCode != test.status || body.Data.Error.StatusCode != test.status || body.Code != test.code || !strings.Contains(body.Error, test.text) {
			t.Errorf("%s: status %d, answer %s", test.name, res.StatusCode, raw)
		}
		if body.Hint == "" || !strings.HasPrefix(body.Docs, "/docs/errors#") || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers %v, answer %s", test.name, res.Header, raw)
		}
	}
	res, body := exchange(t, s.addr, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if res.StatusCode != http.StatusNoContent || res.Header.Get("Allow") == "" || body != "" {
		t.Errorf("OPTIONS *: status %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
}

// What handlers answer must never be taken for an early error.
func TestHandlersErrorsAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := start(t, server.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "HTTP/1.1 400 Bad Request\r\nmine")
	})})
	res, body := exchange(t, s.addr, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if body != "HTTP/1.1 400 Bad Request\r\nmine" || res.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("answer %q %v", body, res.Header)
	}
}

func TestServeReportsABrokenSocket(t *testing.T) {
	t.Parallel()
	l, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := server.Serve(t.Context(), server.Config{Listener: l, Handler: http.NotFoundHandler()}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve on a closed socket: %v", err)
	}
}

// TestNoGoroutineIsLeft is not parallel: it looks at all goroutines.
func TestNoGoroutineIsLeft(t *testing.T) { //nolint:paralleltest // see above
	s := start(t, server.Config{})
	for range 5 {
		exchange(t, s.addr, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	dial(t, s.addr)
	s.stop()
	if err := await(t, s.result, "Serve"); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(limit)
	for {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("net/http.(*")) && !bytes.Contains(stacks, []byte("internal/server.")) {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("goroutines left:\n%s", stacks)
		default:
			runtime.Gosched()
		}
	}
}
