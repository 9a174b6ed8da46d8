package guard_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/guard"
)

// sink is a writer that costs nothing, so that the guard alone is measured.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

func BenchmarkWrap(b *testing.B) {
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	requests := map[string]*http.Request{
		"widget": request("POST", "http://localhost:3000/startChatContact", "{}", "Origin", "http://localhost:8080",
			"Sec-Fetch-Site", "same-site", "Content-Type", "text/plain;charset=UTF-8"),
		"named":   request("POST", "http://127.0.0.1:3000/startChatContact", "{}", "Origin", "https://www.example.com", "Sec-Fetch-Site", "cross-site"),
		"curl":    request("POST", "http://localhost:3000/startChatContact", "{}"),
		"refused": request("POST", "http://localhost:3000/startChatContact", "{}", "Origin", "https://evil.example"),
		"preflight": request("OPTIONS", "http://localhost:3000/startChatContact", "", "Origin", "http://localhost:8080",
			"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,x-amz-bearer"),
	}
	for _, name := range []string{"widget", "named", "curl", "refused", "preflight"} {
		b.Run(name, func(b *testing.B) {
			handler := newGuard(b, guard.Config{AllowOrigins: []string{"https://www.example.com"}}).Wrap(next)
			r := requests[name]
			r.Body = io.NopCloser(strings.NewReader("{}"))
			w := &sink{header: make(http.Header)}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				handler.ServeHTTP(w, r)
			}
		})
	}
}
