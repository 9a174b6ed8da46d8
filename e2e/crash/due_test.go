//go:build unix

package crash_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/chatclient"
)

// A server that is told to end while thousands of chats are due ends in time and in order. What
// was due, and not done, is done after the restart, although the time was skipped before it.
func TestD6ManyChatsDue(t *testing.T) {
	t.Parallel()
	const chats = 8000
	place := newSite(t)
	running := place.start()
	ctx, cancel := context.WithTimeout(t.Context(), 10*patience)
	defer cancel()
	var left atomic.Int64
	left.Store(chats)
	var starting sync.WaitGroup
	for range 16 {
		starting.Go(func() {
			api := chatclient.New(running.url, 1)
			defer api.Close()
			for left.Add(-1) >= 0 {
				if _, err := api.Start(ctx, "Jane", ""); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	starting.Wait()
	skip := exec.CommandContext(ctx, binary, "clock", "skip", "26h", "--server", running.url)
	skip.Env = append(os.Environ(), "PARLEY_DATA_DIR="+place.data)
	if out, err := skip.CombinedOutput(); err != nil {
		t.Fatalf("skipping time: %v: %s", err, out)
	}
	began := time.Now()
	running.stop(t)
	took := time.Since(began)
	running = place.start()
	began = time.Now()
	for {
		var status struct {
			ActiveContacts int `json:"activeContacts"`
		}
		get(ctx, t, running.url+"/api/status", &status)
		if status.ActiveContacts == 0 {
			break
		}
		wait(t, 50*time.Millisecond)
	}
	// A server that did all of it first would leave nothing to do.
	if rest := time.Since(began); took > 5*time.Second && took > rest {
		t.Errorf("the server took %s to end, and what it left took %s", took, rest)
	}
	running.stop(t)
}

func get(ctx context.Context, t *testing.T, address string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", address, answer.Status, err)
	}
}
