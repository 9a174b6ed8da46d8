package api_test

import (
	"net/http"
	"os"
	"testing"
)

// TestStop ends a server that may be ended, once, and no other one.
func TestStop(t *testing.T) {
	t.Parallel()
	stops := 0
	w := newWorld(t, setup{stop: func() { stops++ }})
	a := w.call(http.MethodPost, "/api/stop", nil)
	if a.Status != http.StatusOK || stops != 1 || a.at("process") != float64(os.Getpid()) {
		t.Errorf("%d %s after %d stops", a.Status, a.Body, stops)
	}
	if a := newWorld(t, setup{}).call(http.MethodPost, "/api/stop", nil); a.Status != http.StatusConflict {
		t.Errorf("a server of a program: %d %s", a.Status, a.Body)
	}
}
