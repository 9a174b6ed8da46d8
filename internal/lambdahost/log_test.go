package lambdahost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/parley-chat/parley/internal/lambdahost"
	"github.com/parley-chat/parley/internal/secret"
)

func TestLogHandlerKeepsContract(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		out.Reset()
		return lambdahost.NewLogHandler(slog.NewJSONHandler(&out, nil), nil)
	}, func(t *testing.T) map[string]any {
		t.Helper()
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		return line
	})
}

// Whatever has the form of a secret does not reach the log, in whichever attribute it stands.
func TestLogHidesSecrets(t *testing.T) {
	t.Parallel()
	secrets := []string{
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "QVFJREFIajhVk0k/EkW+AAA==", "Bearer abc.def-ghi",
		"X-Amz-Security-Token: FwoGZXIvYXdzEJr/abc", `"authorization": "Basic dXNlcjpwYXNz`, "IQoJb3JpZ2luX2VjEJH//abc",
	}
	for _, form := range secrets {
		var out bytes.Buffer
		log := slog.New(lambdahost.NewLogHandler(slog.NewJSONHandler(&out, nil), nil))
		text := "said: " + form + " and more"
		log.With("a", text).WithGroup("g").Info("line", "b", text, "c", errors.New(text), "d", slog.GroupValue(slog.String("e", text)),
			"f", secret.New(form), "g", map[string]string{"k": text}, "n", 1)
		log.Info("m " + text) //nolint:sloglint // the message is what is tested
		if strings.Contains(out.String(), form[len(form)-6:]) {
			t.Errorf("%q was logged: %s", form, out.String())
		}
		if strings.Count(out.String(), "and more") < 6 {
			t.Errorf("with %q more was left out than that: %s", form, out.String())
		}
	}
}

// Sentences about secrets are not secrets.
func TestLogKeepsProse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"there is no bearer token", "Send Authorization: Bearer and a token that your own server signed.", "the token's key is too short",
	} {
		var out bytes.Buffer
		slog.New(lambdahost.NewLogHandler(slog.NewTextHandler(&out, nil), nil)).Info("line", "reason", text)
		if !strings.Contains(out.String(), text) {
			t.Errorf("%q became %s", text, out.String())
		}
	}
}

func TestLogOfInvocation(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	level := slog.LevelWarn
	log := slog.New(lambdahost.NewLogHandler(slog.NewJSONHandler(&out, nil), level))
	host := lambdahost.New(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		log.InfoContext(r.Context(), "not shown")
		log.WarnContext(r.Context(), "shown", "dur", 1500*time.Millisecond)
	}), lambdahost.Options{})
	invokeREST(t, host)
	invokeREST(t, host)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("the log is %s", out.String())
	}
	for i, want := range []string{`"gateway_request_id":"11111111-aaaa-4bbb-8ccc-000000000001","cold":true`, `"gateway_request_id":"11111111-aaaa-4bbb-8ccc-000000000001"}`} {
		if !strings.Contains(lines[i], want) || !strings.Contains(lines[i], `"dur":1.5`) {
			t.Errorf("line %s, want %s", lines[i], want)
		}
	}
}

type faults struct{ error }

func (faults) Sentence() string { return "A is missing; B is bad" }

// What Lambda learns of a failed start is what stands in the log, in one line.
func TestFailInit(t *testing.T) {
	t.Parallel()
	const token = "Bearer abc.def.ghi"
	tests := map[string]struct {
		cause error
		want  string
	}{
		"sentence":    {errors.Join(errors.New("x"), faults{errors.New("two\nlines")}), "A is missing; B is bad"},
		"two lines":   {errors.New("one\n  two"), "one; two"},
		"with secret": {errors.New("refused " + token), "refused Bearer [redacted]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []byte
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				told, _ = io.ReadAll(r.Body)
				if r.Method != http.MethodPost || r.URL.Path != "/2018-06-01/runtime/init/error" || r.Header.Get("Lambda-Runtime-Function-Error-Type") == "" {
					t.Errorf("request %s %s %v", r.Method, r.URL, r.Header)
				}
				w.WriteHeader(http.StatusAccepted)
			}))
			defer api.Close()
			var log bytes.Buffer
			if err := lambdahost.FailInit(t.Context(), tt.cause, strings.TrimPrefix(api.URL, "http://"), &log); err != nil {
				t.Fatal(err)
			}
			var report struct{ ErrorMessage, ErrorType string }
			if err := json.Unmarshal(told, &report); err != nil || report.ErrorMessage != tt.want || report.ErrorType == "" {
				t.Errorf("Lambda was told %s: %v", told, err)
			}
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil || line["reason"] != tt.want || line["level"] != "ERROR" {
				t.Errorf("the log is %s: %v", log.Bytes(), err)
			}
		})
	}
}

func TestFailInitWithoutLambda(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	if err := lambdahost.FailInit(t.Context(), errors.New("x"), "", &log); err != nil || log.Len() == 0 {
		t.Errorf("without an address: %v, log %s", err, log.Bytes())
	}
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tell := range map[string]func() error{
		"refused": func() error {
			return lambdahost.FailInit(t.Context(), errors.New("x"), strings.TrimPrefix(refusing.URL, "http://"), io.Discard)
		},
		"no address": func() error { return lambdahost.FailInit(t.Context(), errors.New("x"), "%", io.Discard) },
		"cancelled":  func() error { return lambdahost.FailInit(gone, errors.New("x"), "127.0.0.1:9", io.Discard) },
	} {
		if tell() == nil {
			t.Errorf("%s: nothing is said about it", name)
		}
	}
}
