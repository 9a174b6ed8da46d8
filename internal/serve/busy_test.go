package serve_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A server that turns requests away says so to whoever balances between it and others.
func TestD2ReadyzTellsTheTruth(t *testing.T) {
	t.Parallel()
	handler, _ := open(t, "--max-concurrent=1")
	ask := func(path string, want int) {
		t.Helper()
		if got := status(handler, path); got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
	ask("/readyz", http.StatusOK)

	running := httptest.NewServer(handler)
	defer running.Close()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, running.URL+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := running.Client().Do(r) // it has the only place now
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	ask("/api/status", http.StatusServiceUnavailable)
	ask("/readyz", http.StatusServiceUnavailable)
	ask("/healthz", http.StatusOK)

	end()
	running.Close() // waits until the stream has ended
	ask("/api/status", http.StatusOK)
	ask("/readyz", http.StatusOK)
}
