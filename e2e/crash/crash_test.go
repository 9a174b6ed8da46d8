//go:build unix

package crash_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/chatclient"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
)

// talks is how many chats go on at the same time; twice as many writers send messages.
const talks = 7

// A server that is killed at any moment has lost nothing it acknowledged and has nothing
// twice. Tokens it gave out work as before, and what was repeated because the answer was lost
// was carried out once.
func TestKill(t *testing.T) {
	t.Parallel()
	place := newSite(t)
	everybody := &crowd{t: t}
	running := place.start()
	everybody.begin(running.url)
	total := 0
	// A kill that comes before anything was acknowledged shows little; a machine that is busy
	// with something else gets further rounds.
	for round := 0; round < *rounds || total < 20**rounds && round < 10**rounds; round++ {
		total += everybody.until(running, time.Duration(rand.IntN(600))*time.Millisecond)
		if round%5 == 4 { // and once more before it is ready, or just then
			unready := place.launch()
			wait(t, time.Duration(rand.IntN(40))*time.Millisecond)
			unready.kill(t)
		}
		running = place.start()
		if t.Failed() {
			running.kill(t)
			t.Fatalf("round %d", round+1)
		}
	}
	everybody.check(running.url)
	running.stop(t)
	everybody.checkStore(filepath.Join(place.data, "chats"))
	t.Logf("%d calls were acknowledged in %d rounds, %d chats started", total, *rounds, len(everybody.started))
	if total < 20**rounds {
		t.Errorf("only %d calls were acknowledged", total)
	}
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// begin starts the chats.
func (c *crowd) begin(base string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	api := chatclient.New(base, 4)
	defer api.Close()
	for n := range talks {
		one, err := newTalk(ctx, api, n)
		if err != nil {
			c.t.Fatal(err)
		}
		c.talks = append(c.talks, one)
	}
}

// until lets everybody work for a time, kills the server in the middle of it and returns how
// many calls it acknowledged.
func (c *crowd) until(running *server, after time.Duration) int {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience+after)
	defer cancel()
	var acknowledged atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() { c.run(ctx, running.url, &acknowledged) })
	wait(c.t, after)
	running.kill(c.t)
	cancel()
	wg.Wait()
	return int(acknowledged.Load())
}

// check repeats what was not acknowledged, and then looks at every chat.
func (c *crowd) check(base string) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 3*patience)
	defer cancel()
	api := chatclient.New(base, 4)
	defer api.Close()
	if err := c.start(ctx, api); err != nil {
		c.t.Errorf("starting a chat again: %v", err)
	}
	known := map[string]bool{}
	for _, chat := range c.started {
		if known[chat.ContactID] {
			c.t.Errorf("chat %s was started twice", chat.ContactID)
		}
		known[chat.ContactID] = true
		if _, err := api.Connect(ctx, chat.ParticipantToken); err != nil {
			c.t.Errorf("connecting to a started chat: %v", err)
		}
	}
	for _, one := range c.talks {
		for _, w := range one.writers {
			if err := w.say(ctx, api); err != nil {
				c.t.Errorf("saying a message again: %v", err)
			}
		}
		one.check(ctx, c.t, api)
	}
}

// check holds a transcript against what was acknowledged and what the sockets showed.
func (one *talk) check(ctx context.Context, t *testing.T, api *chatclient.Client) {
	t.Helper()
	connection, err := api.Connect(ctx, one.ParticipantToken)
	if err != nil {
		t.Errorf("connecting again: %v", err)
		return
	}
	items, err := api.Transcript(ctx, connection.Token)
	if err != nil {
		t.Errorf("reading a transcript: %v", err)
		return
	}
	place := map[string]int{}
	counts := make([]int, len(one.writers))
	last := ""
	for i, item := range items {
		if item.AbsoluteTime <= last {
			t.Errorf("item %d of %s is not later than the one before it", i, one.ContactID)
		}
		last = item.AbsoluteTime
		if _, twice := place[item.ID]; twice {
			t.Errorf("item %s stands twice in the transcript", item.ID)
		}
		place[item.ID] = i
		if item.Type != "MESSAGE" {
			continue
		}
		n := 0
		if strings.HasPrefix(item.Content, one.writers[1].name+" ") {
			n = 1
		}
		w := one.writers[n]
		if counts[n] >= len(w.acked) || item.ID != w.acked[counts[n]] || item.Content != w.content(counts[n]) {
			t.Fatalf("item %d of %s is not message %d of %s: %.60q", i, one.ContactID, counts[n], w.name, item.Content)
		}
		counts[n]++
	}
	for n, w := range one.writers {
		if counts[n] != len(w.acked) {
			t.Errorf("%s said %d messages, the transcript holds %d", w.name, len(w.acked), counts[n])
		}
	}
	one.heard.check(t, one.ContactID, place)
}

// check looks at what a customer was shown: nothing that is not in the transcript, on each socket
// in its order, and nothing twice.
func (l *listener) check(t *testing.T, contactID string, place map[string]int) {
	t.Helper()
	for n, session := range l.sessions {
		before := -1
		for _, item := range session {
			at, known := place[item.ID]
			if !known || at <= before {
				t.Errorf("socket %d of %s showed message %s, which is known: %v, at place %d, after place %d",
					n+1, contactID, item.ID, known, at, before)
				break
			}
			before = at
		}
	}
}

// checkStore counts the chats: none was started that nobody knows of.
func (c *crowd) checkStore(dir string) {
	c.t.Helper()
	kept, err := store.Open(c.t.Context(), store.Config{Dir: dir})
	if err != nil {
		c.t.Fatal(err)
	}
	n := 0
	err = kept.Active(c.t.Context(), func(chat.Loaded) error {
		n++
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
	if err := kept.Close(); err != nil {
		c.t.Error(err)
	}
	if want := talks + len(c.started); n != want {
		c.t.Errorf("there are %d chats, %d were started", n, want)
	}
}
