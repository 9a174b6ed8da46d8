package emulator_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/parley-chat/parley/internal/emulator"
)

// written is a log that is read while it is written.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) lines(with string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.text.String(), with)
}

// Without contact flows the chat ends when its customer leaves, and the log says once why there was no
// survey.
func TestExitWithoutFlows(t *testing.T) {
	t.Parallel()
	for body, lines := range map[string]int{`{"DisconnectOnCustomerExit":["AGENT"]}`: 1, `{}`: 0} {
		log := &written{}
		w := newWorld(t, emulator.Config{Ephemeral: true, Log: slog.New(slog.NewTextHandler(log, nil))})
		pat := w.open(body)
		w.must(http.MethodPost, "/participant/disconnect", pat.bearer, `{}`)
		pat.await("chat.ended")
		if n := log.lines("DisconnectOnCustomerExit"); n != lines {
			t.Errorf("%s: %d lines", body, n)
		}
	}
}
