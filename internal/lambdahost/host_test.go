package lambdahost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/lambdahost"
)

// answer is what the tests read of an answer to a REST event.
type answer struct {
	StatusCode        int
	MultiValueHeaders http.Header
	Body              string
}

func invokeREST(t *testing.T, host *lambdahost.Host) answer {
	t.Helper()
	payload, err := os.ReadFile("testdata/events/rest.json")
	if err != nil {
		t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "lambda-1"})
	out, err := host.Invoke(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return a
}

// The handler has the invocation's time without the margin, and half of it when there is
// hardly more than the margin.
func TestDeadline(t *testing.T) {
	t.Parallel()
	tests := []struct{ margin, time, want time.Duration }{
		{0, 10 * time.Second, 9500 * time.Millisecond},
		{2 * time.Second, 10 * time.Second, 8 * time.Second},
		{0, time.Second, 500 * time.Millisecond},
		{0, 600 * time.Millisecond, 300 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.time.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					<-r.Context().Done()
					if !errors.Is(r.Context().Err(), context.DeadlineExceeded) {
						t.Errorf("the context ended with %v", r.Context().Err())
					}
					w.WriteHeader(http.StatusGatewayTimeout)
				})
				ctx, cancel := context.WithTimeout(t.Context(), tt.time)
				defer cancel()
				host := lambdahost.New(handler, lambdahost.Options{Margin: tt.margin})
				out, err := host.Invoke(ctx, []byte(`{"httpMethod":"POST","path":"/"}`))
				if err != nil || !bytes.Contains(out, []byte(`"statusCode":504`)) {
					t.Errorf("answer %s, error %v", out, err)
				}
				if took := time.Since(began); took != tt.want {
					t.Errorf("the handler had %s, want %s", took, tt.want)
				}
			})
		})
	}
}

func TestNoDeadline(t *testing.T) {
	t.Parallel()
	invokeREST(t, lambdahost.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if deadline, ok := r.Context().Deadline(); ok {
			t.Errorf("an invocation without a deadline got one: %s", deadline)
		}
	}), lambdahost.Options{}))
}

const canary = "CANARY0secret"

// A panic is one log line without what the customer sent, and a 500 that the page can read.
func TestPanic(t *testing.T) {
	t.Parallel()
	var none map[string]string
	tests := map[string]struct {
		handler  func(w http.ResponseWriter, r *http.Request)
		inLog    string
		unlogged bool
	}{
		"text":       {handler: func(http.ResponseWriter, *http.Request) { panic("bad: " + canary) }, inLog: `"type":"string"`},
		"error":      {handler: func(http.ResponseWriter, *http.Request) { panic(errors.New(canary)) }, inLog: `"type":"*errors.errorString"`},
		"runtime":    {handler: func(http.ResponseWriter, *http.Request) { none["a"] = canary }, inLog: "assignment to entry in nil map"},
		"bad status": {handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(0) }, inLog: "reply.go"},
		"after the answer began": {handler: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte(canary))
			panic(canary)
		}, inLog: "host_test.go"},
		"abort": {handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, unlogged: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			host := lambdahost.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", "https://shop.example")
				w.Header().Set("Vary", "Origin")
				w.Header().Set("X-Secret", canary)
				tt.handler(w, r)
			}), lambdahost.Options{Log: slog.New(slog.NewJSONHandler(&log, nil))})

			got := invokeREST(t, host)
			if got.StatusCode != 500 || got.MultiValueHeaders.Get("Access-Control-Allow-Origin") != "https://shop.example" ||
				got.MultiValueHeaders.Get("Vary") != "Origin" || got.MultiValueHeaders.Get("Content-Type") != "application/json" {
				t.Errorf("answer %d %v", got.StatusCode, got.MultiValueHeaders)
			}
			var envelope struct {
				Code, RequestID string
				Data            struct{ Error struct{ StatusCode int } }
			}
			if err := json.Unmarshal([]byte(got.Body), &envelope); err != nil || envelope.Code != "InternalFailure" ||
				envelope.RequestID != "lambda-1" || envelope.Data.Error.StatusCode != 500 {
				t.Errorf("body %s: %v", got.Body, err)
			}
			lines := strings.Count(log.String(), "\n")
			if want := map[bool]int{true: 0, false: 1}[tt.unlogged]; lines != want || !strings.Contains(log.String(), tt.inLog) {
				t.Errorf("%d log lines, want %d with %s: %s", lines, want, tt.inLog, log.String())
			}
			if all := log.String() + got.Body + got.MultiValueHeaders.Get("X-Secret"); strings.Contains(all, canary) {
				t.Errorf("the secret was given away: %s", all)
			}
			if again := invokeREST(t, host); again.StatusCode != 500 {
				t.Errorf("the host does not go on: %d", again.StatusCode)
			}
		})
	}
}

// The guard in front of the handler has its own way with panics; both together log once.
func TestPanicBehindGuard(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	access, err := guard.New(guard.Config{AllowHosts: []string{"*"}, AllowOrigins: []string{"https://shop.example"}, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	for name, begin := range map[string]bool{"before the answer": false, "in the answer": true} {
		log.Reset()
		host := lambdahost.New(access.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if begin {
				_, _ = w.Write([]byte("half"))
			}
			panic("oh")
		})), lambdahost.Options{Log: logger})
		got := invokeREST(t, host)
		if got.StatusCode != 500 || !strings.Contains(got.Body, "InternalFailure") ||
			got.MultiValueHeaders.Get("Access-Control-Allow-Origin") != "https://shop.example" {
			t.Errorf("%s: %+v", name, got)
		}
		if strings.Count(log.String(), "\n") != 1 {
			t.Errorf("%s: the log is %s", name, log.String())
		}
	}
}

// A handler finds in the context what its log needs.
func TestInvocation(t *testing.T) {
	t.Parallel()
	var seen []lambdahost.Invocation
	host := lambdahost.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		invocation, ok := lambdahost.From(r.Context())
		if !ok {
			t.Fatal("there is no invocation in the context")
		}
		seen = append(seen, *invocation)
	}), lambdahost.Options{})
	invokeREST(t, host)
	invokeREST(t, host)
	first := lambdahost.Invocation{LambdaRequestID: "lambda-1", GatewayRequestID: "11111111-aaaa-4bbb-8ccc-000000000001", Cold: true}
	second := first
	second.Cold = false
	if len(seen) != 2 || seen[0] != first || seen[1] != second {
		t.Errorf("invocations %+v", seen)
	}
	if _, ok := lambdahost.From(t.Context()); ok {
		t.Error("a context without an event has an invocation")
	}
}

// The writer keeps the rules of net/http's own.
func TestWriter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handler func(w http.ResponseWriter)
		status  int
		header  http.Header
		body    string
	}{
		"nothing": {func(http.ResponseWriter) {}, 200, http.Header{}, ""},
		"hints": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
		}, 418, http.Header{}, ""},
		"sniffed": {func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, 200, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, "<html>"},
		"own of the connection": {func(w http.ResponseWriter) {
			w.Header().Set("Connection", "close")
			w.Header().Set("Content-Length", "5")
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 429, http.Header{"Retry-After": {"1"}}, ""},
		"no content": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "x/y")
			w.WriteHeader(http.StatusNoContent)
			_, _ = w.Write([]byte("x"))
		}, 204, http.Header{"Content-Type": {"x/y"}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := invokeREST(t, lambdahost.New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tt.handler(w) }), lambdahost.Options{}))
			if got.StatusCode != tt.status || got.Body != tt.body || len(got.MultiValueHeaders) != len(tt.header) {
				t.Errorf("answer %+v", got)
			}
			for name := range tt.header {
				if got.MultiValueHeaders.Get(name) != tt.header.Get(name) {
					t.Errorf("header %v, want %v", got.MultiValueHeaders, tt.header)
				}
			}
		})
	}
	out, err := lambdahost.New(http.HandlerFunc(mirror), lambdahost.Options{}).Invoke(t.Context(), []byte(`{"httpMethod":"HEAD","path":"/"}`))
	if err != nil || !bytes.Contains(out, []byte(`"body":""`)) {
		t.Errorf("the answer to HEAD is %s, %v", out, err)
	}
}
