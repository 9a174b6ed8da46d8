package lambdahost_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/lambdahost"
)

// FuzzEvent: whatever arrives, the handler sees a request that a server could have made of
// bytes on a connection, and the answer is one JSON object with a status. What is no request
// is an error.
func FuzzEvent(f *testing.F) {
	own, err := filepath.Glob("testdata/events/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range append(own, samples(f)...) {
		payload, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Add([]byte(`{"httpMethod":"POST","path":"%zz?#","queryStringParameters":{"a":"\ud800"},"headers":{"Host":"x\u0000"},"body":"\ud800"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		called := false
		host := lambdahost.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			called = true
			checkRequest(t, r)
			mirror(w, r)
		}), lambdahost.Options{})
		out, err := host.Invoke(t.Context(), payload)
		if err != nil {
			if out != nil || called || !isEventError(err) {
				t.Errorf("answer %s, error %v", out, err)
			}
			return
		}
		var answer struct{ StatusCode int }
		if err := json.Unmarshal(out, &answer); err != nil || !called {
			t.Errorf("answer %s: %v", out, err)
		}
		if answer.StatusCode != http.StatusAccepted && answer.StatusCode != http.StatusOK {
			t.Errorf("the handler failed: %s", out)
		}
	})
}

func checkRequest(t *testing.T, r *http.Request) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil || int64(len(body)) != r.ContentLength {
		t.Errorf("a body of %d bytes is announced as %d: %v", len(body), r.ContentLength, err)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if host, port, err := net.SplitHostPort(r.RemoteAddr); err != nil || host == "" || port == "" {
		t.Errorf("the client's address is %q: %v", r.RemoteAddr, err)
	}
	if r.Method == "" || !strings.HasPrefix(r.URL.Path, "/") {
		t.Errorf("the request is %q %q", r.Method, r.URL.Path)
	}
	for name, values := range r.Header {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
			t.Errorf("a header breaks lines: %q: %q", name, values)
		}
	}
}
