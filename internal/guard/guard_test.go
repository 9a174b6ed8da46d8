package guard_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/guard"
)

// counter is a handler that counts how often it ran.
type counter struct{ runs atomic.Int64 }

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.runs.Add(1)
	w.Header().Set("X-Method", r.Method)
	_, _ = io.Copy(w, r.Body)
}

func newGuard(tb testing.TB, config guard.Config) *guard.Guard {
	tb.Helper()
	g, err := guard.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// request is a widget's post; headers are pairs of name and value.
func request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func answer(tb testing.TB, config guard.Config, next http.Handler, r *http.Request) *http.Response {
	tb.Helper()
	rec := httptest.NewRecorder()
	newGuard(tb, config).Wrap(next).ServeHTTP(rec, r)
	return rec.Result()
}

// refusal is the part of an error answer that pages read.
type refusal struct {
	Error, Code, Hint, Docs, RequestID string
}

func decode(tb testing.TB, res *http.Response) refusal {
	tb.Helper()
	if got := res.Header.Get("Content-Type"); got != "application/json" {
		tb.Errorf("Content-Type %q, want application/json", got)
	}
	var body refusal
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		tb.Errorf("error answer is not json: %v", err)
	}
	return body
}

const endpoint = "http://localhost:3000/startChatContact"

func TestMethodCase(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"post": "POST", "Post": "POST", "get": "GET", "options": "OPTIONS", "put": "PUT", "delete": "DELETE",
		"patch": "PATCH", "PROPFIND": "PROPFIND", "propfind": "propfind", "po\u017ft": "po\u017ft",
	} {
		r := request("POST", endpoint, "{}")
		r.Method = sent
		res := answer(t, guard.Config{}, &counter{}, r)
		if got := res.Header.Get("X-Method"); got != want {
			t.Errorf("%q reached the handler as %q, want %q", sent, got, want)
		}
		if r.Method != sent {
			t.Errorf("the server's own request was changed: %q, want %q", r.Method, sent)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	upload := func(r *http.Request) int64 {
		if strings.HasPrefix(r.URL.Path, "/attachments/") {
			return 1 << 20
		}
		return 0
	}
	tests := []struct {
		name    string
		target  string
		size    int
		chunked bool
		config  guard.Config
		status  int
		read    bool // the handler reads to the end
	}{
		{name: "64 KiB", target: endpoint, size: 64 << 10, status: 200, read: true},
		{name: "65 KiB", target: endpoint, size: 65 << 10, status: 413},
		{name: "65 KiB chunked", target: endpoint, size: 65 << 10, chunked: true, status: 200},
		{name: "own limit", target: endpoint, size: 11, config: guard.Config{MaxBody: 10}, status: 413},
		{name: "upload", target: "http://localhost/attachments/1", size: 1 << 20, config: guard.Config{MaxBodyFor: upload}, status: 200, read: true},
		{name: "upload too large", target: "http://localhost/attachments/1", size: 1<<20 + 1, config: guard.Config{MaxBodyFor: upload}, status: 413},
		{name: "hook without an opinion", target: endpoint, size: 65 << 10, config: guard.Config{MaxBodyFor: upload}, status: 413},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var readErr error
			runs := 0
			next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				runs++
				_, readErr = io.Copy(io.Discard, r.Body)
			})
			r := request("POST", test.target, strings.Repeat("x", test.size), "Origin", "http://localhost:8080")
			if test.chunked {
				r.ContentLength = -1
			}
			res := answer(t, test.config, next, r)
			if res.StatusCode != test.status {
				t.Errorf("status %d, want %d", res.StatusCode, test.status)
			}
			if got := res.Header.Get("Access-Control-Allow-Origin"); got != "http://localhost:8080" {
				t.Errorf("Access-Control-Allow-Origin %q: the page cannot read the answer", got)
			}
			if test.status == http.StatusRequestEntityTooLarge {
				if body := decode(t, res); body.Code != "RequestEntityTooLargeException" || runs != 0 {
					t.Errorf("code %q, handler ran %d times", body.Code, runs)
				}
				return
			}
			if tooLarge, ok := errors.AsType[*http.MaxBytesError](readErr); ok == test.read {
				t.Errorf("reading the body: %v (limit %v), want the whole body: %v", readErr, tooLarge, test.read)
			}
		})
	}
}

func TestConcurrencyCap(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/startChatContact" && r.Method == http.MethodPost {
			entered <- struct{}{}
			<-leave
		}
	})
	handler := newGuard(t, guard.Config{MaxConcurrent: 2}).Wrap(next)
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() { handler.ServeHTTP(httptest.NewRecorder(), request("POST", endpoint, "{}")) })
		<-entered
	}

	tests := []struct {
		name   string
		r      *http.Request
		status int
	}{
		{"third post", request("POST", endpoint, "{}", "Origin", "http://localhost:8080"), 503},
		{"console page", request("GET", "http://localhost:3000/", ""), 503},
		{"health", request("GET", "http://localhost:3000/healthz", ""), 200},
		{"readiness", request("HEAD", "http://localhost:3000/readyz", ""), 200},
		{"metrics", request("GET", "http://localhost:3000/metrics", ""), 200},
		{"post to health", request("POST", "http://localhost:3000/healthz", ""), 503},
		{"websocket", request("GET", "http://localhost:3000/participant/websocket", "", "Upgrade", "websocket", "Connection", "Upgrade"), 200},
		{"preflight", request("OPTIONS", endpoint, "", "Origin", "http://localhost:8080", "Access-Control-Request-Method", "POST"), 204},
		{"evil host", request("POST", "http://evil.example/startChatContact", "{}"), 403},
	}
	for _, test := range tests {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, test.r)
		res := rec.Result()
		if res.StatusCode != test.status {
			t.Errorf("%s: status %d, want %d", test.name, res.StatusCode, test.status)
		}
		if test.status != http.StatusServiceUnavailable {
			continue
		}
		if got := res.Header.Get("Retry-After"); got != "1" {
			t.Errorf("%s: Retry-After %q, want 1", test.name, got)
		}
		if got, want := res.Header.Get("Access-Control-Allow-Origin"), test.r.Header.Get("Origin"); got != want {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want %q", test.name, got, want)
		}
		if body := decode(t, res); body.Code != "ServiceUnavailable" {
			t.Errorf("%s: code %q", test.name, body.Code)
		}
	}

	close(leave)
	running.Wait()
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, request("GET", "http://localhost:3000/", ""))
	if rec.Code != 200 {
		t.Errorf("after the slots were given back: status %d, want 200", rec.Code)
	}
}

func TestSlotIsGivenBackAfterPanic(t *testing.T) {
	t.Parallel()
	handler := newGuard(t, guard.Config{MaxConcurrent: 1}).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("no")
	}))
	for range 3 {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, request("POST", endpoint, "{}"))
		if rec.Code != http.StatusInternalServerError {
			t.Fatalf("status %d, want 500", rec.Code)
		}
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := guard.New(guard.Config{
		AllowOrigins: []string{
			"*", "", "https://www.example.com/", "www.example.com", "https://*.example.com", "https://example.com?x",
			"https://user:hunter2@example.com", "https://example.com:x", "https://bücher.example", "https://example.com#",
		},
		AllowHosts:    []string{"*.example.com", "https://example.com", "example.com:443", "", "a b", "fe80::1%eth0", "-..x"},
		Listen:        "3000",
		MaxConcurrent: -1,
		MaxBody:       -1,
	})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("error %v does not join several", err)
	}
	got := map[string]int{}
	var count func(error)
	count = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				count(err)
			}
			return
		}
		fault, ok := errors.AsType[*guard.ConfigError](err)
		if !ok || fault.Reason == "" || !strings.Contains(fault.Error(), fault.Reason) {
			t.Fatalf("fault %v is no ConfigError with a reason", err)
		}
		got[fault.Field]++
	}
	for _, err := range joined.Unwrap() {
		count(err)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a password is shown: %v", err)
	}
	want := map[string]int{"AllowOrigins": 10, "AllowHosts": 7, "Listen": 1, "MaxConcurrent": 1, "MaxBody": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults per field (-want +got):\n%s\n%v", diff, err)
	}
}
