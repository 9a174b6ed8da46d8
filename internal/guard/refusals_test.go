package guard_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/guard"
)

func TestPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	config := guard.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}
	// A real server: the recorder takes the informational answer for the final one.
	server := httptest.NewServer(newGuard(t, config).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Content-Length", "5")
		w.Header().Set("Etag", `"half-made"`)
		panic("boom with internals")
	})))
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "http://localhost:8080")
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })

	if res.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d, want 500", res.StatusCode)
	}
	if res.Header.Get("Access-Control-Allow-Origin") == "" || res.Header.Get("Vary") != "Origin" {
		t.Errorf("the page cannot read the answer: %v", res.Header)
	}
	if res.Header.Get("Etag") != "" || res.ContentLength == 5 {
		t.Errorf("headers of the answer that never came: %v", res.Header)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{"boom", "goroutine", ".go:"} {
		if strings.Contains(string(raw), leak) {
			t.Errorf("answer leaks %q: %s", leak, raw)
		}
	}
	res.Body = io.NopCloser(bytes.NewReader(raw))
	body := decode(t, res)
	if body.Code != "InternalFailure" || body.RequestID == "" || res.Header.Get("X-Amzn-Requestid") != body.RequestID {
		t.Errorf("answer %+v, header %q", body, res.Header.Get("X-Amzn-Requestid"))
	}
	logged := log.String()
	if strings.Count(logged, "\n") != 1 || !strings.Contains(logged, "boom with internals") ||
		!strings.Contains(logged, "refusals_test.go") || !strings.Contains(logged, body.RequestID) {
		t.Errorf("want one log line with cause, stack and request id, got %q", logged)
	}
}

// What customers send may stand in the text of a panic, so that their servers log Go's own
// texts only.
func TestPanicOnServerForCustomers(t *testing.T) {
	t.Parallel()
	for want, fail := range map[string]func(){
		"a value of type string": func() { panic("a customer's message") },
		"index out of range":     func() { _ = strings.Fields("a customer's message")[len("message")] },
	} {
		var log bytes.Buffer
		config := guard.Config{OnlyNamedOrigins: true, Log: slog.New(slog.NewTextHandler(&log, nil))}
		handler := newGuard(t, config).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fail() }))
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, request("POST", endpoint, "{}"))
		if rec.Code != http.StatusInternalServerError || !strings.Contains(log.String(), want) || strings.Contains(log.String(), "message") {
			t.Errorf("%s: status %d, log %s", want, rec.Code, &log)
		}
	}
}

func TestPanicAfterTheAnswerBegan(t *testing.T) {
	t.Parallel()
	begin := map[string]func(w http.ResponseWriter){
		"write":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, "half") },
		"status":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"flush":      func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"flusher":    func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"readerfrom": func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("half")) },
	}
	for name, start := range begin {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := newGuard(t, guard.Config{}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				start(w)
				panic("boom")
			}))
			rec := httptest.NewRecorder()
			reason := panicOf(func() { handler.ServeHTTP(rec, request("POST", endpoint, "{}")) })
			if !errors.Is(reason, http.ErrAbortHandler) {
				t.Errorf("panicked with %v, want ErrAbortHandler", reason)
			}
			if strings.Contains(rec.Body.String(), "InternalFailure") {
				t.Errorf("error answer appended to a begun one: %q", rec.Body)
			}
		})
	}
}

func TestAbortPassesThrough(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	config := guard.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}
	handler := newGuard(t, config).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	reason := panicOf(func() { handler.ServeHTTP(httptest.NewRecorder(), request("POST", endpoint, "{}")) })
	if !errors.Is(reason, http.ErrAbortHandler) || log.Len() != 0 {
		t.Errorf("panicked with %v and logged %q; want ErrAbortHandler and nothing", reason, &log)
	}
}

// panicOf returns what f panicked with.
func panicOf(f func()) (reason error) {
	defer func() {
		if value := recover(); value != nil {
			reason = fmt.Errorf("panicked with %v", value)
			if err, ok := value.(error); ok {
				reason = err
			}
		}
	}()
	f()
	return nil
}

func TestWriterKeepsTheServersAbilities(t *testing.T) {
	t.Parallel()
	problems := make(chan error, 4)
	server := httptest.NewServer(newGuard(t, guard.Config{}).Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		controller := http.NewResponseController(w)
		problems <- controller.SetReadDeadline(time.Now().Add(time.Minute))
		problems <- controller.Flush()
		if _, ok := w.(io.ReaderFrom); !ok {
			problems <- errors.New("no ReaderFrom")
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		problems <- err
		if err == nil {
			_ = conn.Close()
		}
		panic("after the connection was taken over")
	})))
	t.Cleanup(server.Close)
	if res, err := server.Client().Get(server.URL); err == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	for range 3 {
		if err := <-problems; err != nil {
			t.Error(err)
		}
	}
}

func TestRefusalsAreLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		handler := newGuard(t, guard.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}).Wrap(&counter{})
		send := func(r *http.Request) int {
			before := strings.Count(log.String(), "\n")
			handler.ServeHTTP(httptest.NewRecorder(), r)
			return strings.Count(log.String(), "\n") - before
		}
		evil := func() *http.Request { return request("POST", endpoint, "{}", "Origin", "https://evil.example") }
		preflight := func() *http.Request {
			return request("OPTIONS", endpoint, "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
		}
		if n := send(preflight()); n != 1 {
			t.Fatalf("first refusal: %d lines, want 1", n)
		}
		if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "--allow-origin https://evil.example") {
			t.Errorf("line lacks level or remedy: %s", &log)
		}
		if n := send(evil()); n != 0 {
			t.Errorf("same refusal again: %d lines, want none", n)
		}
		if n := send(request("POST", "http://evil.example/", "{}")); n != 1 {
			t.Errorf("another refusal: %d lines, want 1", n)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // the clock of the bubble
		if n := send(evil()); n != 1 {
			t.Errorf("a minute later: %d lines, want 1", n)
		}

		lines := 0
		for i := range 1000 {
			lines += send(request("POST", endpoint, "{}", "Origin", fmt.Sprintf("https://evil%d.example", i)))
		}
		if lines == 0 || lines > 128 {
			t.Errorf("1000 different refusals in no time: %d lines, want at most 128", lines)
		}
		time.Sleep(time.Minute) //nolint:forbidigo // the clock of the bubble
		if n := send(request("POST", endpoint, "{}", "Origin", "https://late.example")); n != 1 {
			t.Errorf("after the flood: %d lines, want 1", n)
		}
	})
}

func TestLogIsOneLinePerRefusal(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := request("POST", endpoint, "{}")
	r.Host = "evil.example\r\nlevel=ERROR msg=forged \x1b[31m" + strings.Repeat("x", 10_000)
	answer(t, guard.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, &counter{}, r)
	if log.Len() > 1000 || strings.Count(log.String(), "\n") != 1 || strings.Contains(log.String(), "\x1b") {
		t.Errorf("log of a hostile host: %d bytes %q", log.Len(), &log)
	}
}
