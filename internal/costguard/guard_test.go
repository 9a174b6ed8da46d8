package costguard_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/costguard"
	"github.com/parley-chat/parley/internal/diagnosis"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	a := newAccount()
	notADir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notADir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]costguard.Config{
		"no starter":          {Stopper: a},
		"negative limit":      {Starter: a, MaxChats: -1},
		"no stopper":          {Starter: a, EndOnExit: true, Dir: t.TempDir()},
		"no directory":        {Starter: a, Stopper: a, EndOnExit: true},
		"directory is a file": {Starter: a, Stopper: a, EndOnExit: true, Dir: notADir},
		"below a file":        {Starter: a, Stopper: a, EndOnExit: true, Dir: filepath.Join(notADir, "started")},
	} {
		if _, err := costguard.New(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMaxChats(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		max   int
		flows string
		want  string // s started, f failed, m refused because of the limit
	}{
		{"no limit", 0, "aaaaa", "sssss"},
		{"limit", 2, "aaaa", "ssmm"},
		{"a failed call gives its place back", 2, "axxxaa", "sfffsm"},
		{"a repeated call is one chat", 2, "111a1", "ssssm"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g := newGuard(t, costguard.Config{Starter: newAccount(), MaxChats: tc.max})
			var got strings.Builder
			for _, flow := range tc.flows {
				r := request("flow", "")
				switch flow {
				case 'x':
					r.ContactFlowID = "refuse"
				case '1':
					r.ClientToken = "token-1"
				}
				_, err := g.StartChatContact(t.Context(), r)
				switch {
				case err == nil:
					got.WriteByte('s')
				case problem(err) == diagnosis.MaxChatsReached:
					got.WriteByte('m')
				case errors.Is(err, errRefused):
					got.WriteByte('f')
				default:
					t.Fatal(err)
				}
			}
			if got.String() != tc.want {
				t.Errorf("got %s, want %s", got.String(), tc.want)
			}
		})
	}
}

// Whatever succeeds, fails and repeats at the same time: never more calls under way
// than there are places left, and in the end every place can be used.
func TestMaxChatsConcurrently(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		limit := 1 + random.IntN(8)
		a := newAccount()
		g := newGuard(t, costguard.Config{
			Starter: a, Stopper: a, MaxChats: limit, EndOnExit: seed%2 == 0, Dir: t.TempDir(), Target: target,
		})
		var wg sync.WaitGroup
		for range 60 {
			flow, clientToken := "flow", ""
			switch random.IntN(3) {
			case 0:
				flow = "refuse"
			case 1:
				clientToken = strconv.Itoa(random.IntN(4))
			}
			wg.Go(func() {
				_, err := g.StartChatContact(context.Background(), request(flow, clientToken))
				if err != nil && !errors.Is(err, errRefused) && problem(err) != diagnosis.MaxChatsReached {
					t.Errorf("seed %d: %v", seed, err)
				}
			})
		}
		wg.Wait()
		if a.busiest > limit {
			t.Errorf("seed %d: %d calls at once with a limit of %d", seed, a.busiest, limit)
		}
		for range limit - len(a.openIDs()) {
			start(t, g)
		}
		if _, err := g.StartChatContact(t.Context(), request("flow", "")); problem(err) != diagnosis.MaxChatsReached {
			t.Errorf("seed %d: got %v above the limit", seed, err)
		}
		if got := len(a.openIDs()); got != limit {
			t.Errorf("seed %d: %d chats with a limit of %d", seed, got, limit)
		}
		if err := g.Close(t.Context()); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

func TestJournal(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "started")
	g := guard(t, newAccount(), dir)
	id := start(t, g)

	text, err := os.ReadFile(g.JournalPath())
	if err != nil {
		t.Fatal(err)
	}
	var line map[string]string
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	for member, want := range map[string]string{
		"contact_id": id, "instance_id": "instance-1", "configured_instance_id": "instance-1",
		"region": "us-west-2", "profile": "dev", "endpoint_url": "http://127.0.0.1:9",
	} {
		if line[member] != want {
			t.Errorf("%s is %q, want %q", member, line[member], want)
		}
	}
	if at, err := time.Parse(time.RFC3339, line["started"]); err != nil || time.Since(at) > time.Minute {
		t.Errorf("started is %q", line["started"])
	}
	if strings.Contains(string(text), token) || strings.Contains(string(text), "not-ours") {
		t.Errorf("the journal has more than it should: %s", text)
	}
	if runtime.GOOS != "windows" {
		for path, want := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, g.JournalPath(): 0o600} {
			if info, err := os.Stat(path); err != nil || info.Mode() != want {
				t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
			}
		}
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("Close left %v", left)
	}
}

func TestAnExistingDirectoryKeepsItsPermissions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := guard(t, newAccount(), dir).Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(dir); err != nil || after.Mode() != before.Mode() {
		t.Errorf("%v, %v, was %v", after.Mode(), err, before.Mode())
	}
}

func TestARepeatedContactIsJournalledOnce(t *testing.T) {
	t.Parallel()
	g := guard(t, newAccount(), t.TempDir())
	for range 3 {
		if _, err := g.StartChatContact(t.Context(), request("flow", "same")); err != nil {
			t.Fatal(err)
		}
	}
	if got := journalIDs(t, g.JournalPath()); got != "contact-1" {
		t.Errorf("the journal has %q", got)
	}
}

func TestNothingIsWrittenWithoutEndOnExit(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "started")
	a := newAccount()
	g := newGuard(t, costguard.Config{Starter: a, MaxChats: 5, Dir: dir})
	start(t, g)
	if err := g.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	if err := g.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory was made: %v", err)
	}
	if len(a.openIDs()) != 1 {
		t.Error("the chat was ended")
	}
	if _, err := g.StartChatContact(t.Context(), request("flow", "")); problem(err) != diagnosis.ShuttingDown {
		t.Errorf("after Close: %v", err)
	}
}

func TestAChatThatCannotBeJournalledIsEnded(t *testing.T) {
	t.Parallel()
	a := newAccount()
	g := newGuard(t, costguard.Config{Starter: a, Stopper: a, MaxChats: 3, EndOnExit: true, Dir: t.TempDir(), Target: target})
	first := start(t, g)
	g.BreakJournal()
	result, err := g.StartChatContact(t.Context(), request("flow", ""))
	p, ok := errors.AsType[*diagnosis.Problem](err)
	if !ok || result != nil || !strings.Contains(p.Sentence, "ended at once") || !strings.Contains(p.Hint, "--end-on-exit=false") || p.Cause == nil {
		t.Fatalf("got %v, %#v", result, err)
	}
	if got := a.openIDs(); len(got) != 1 || got[0] != first {
		t.Errorf("open: %v", got)
	}

	// The next chat finds the journal written anew, and the place is free again.
	third := start(t, g)
	fourth := start(t, g)
	if got := journalIDs(t, g.JournalPath()); got != strings.Join([]string{first, third, fourth}, " ") {
		t.Errorf("the journal has %q", got)
	}
	if err := g.Close(t.Context()); err != nil || len(a.openIDs()) != 0 {
		t.Errorf("Close: %v, open %v", err, a.openIDs())
	}
}

func TestAChatThatCanNeitherBeJournalledNorEnded(t *testing.T) {
	t.Parallel()
	a := newAccount()
	g := guard(t, a, t.TempDir())
	start(t, g)
	g.BreakJournal()
	a.stopping = func(context.Context, string) error { return errRefused }
	_, err := g.StartChatContact(t.Context(), request("flow", ""))
	if err == nil || !strings.Contains(err.Error(), "nor be ended") {
		t.Fatalf("got %v", err)
	}
	a.stopping = nil
	start(t, g)
	if got := journalIDs(t, g.JournalPath()); got != "contact-1 contact-2 contact-3" {
		t.Errorf("the journal has %q", got)
	}
	if err := g.Close(t.Context()); err != nil || len(a.openIDs()) != 0 {
		t.Errorf("Close: %v, open %v", err, a.openIDs())
	}
}

func TestNoChatIsStartedWhileTheJournalCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "started")
	a := newAccount()
	g := guard(t, a, dir)
	g.BreakJournal()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, err := g.StartChatContact(t.Context(), request("flow", ""))
		if problem(err) != diagnosis.JournalFailed {
			t.Fatalf("got %v", err)
		}
	}
	if a.next != 1 {
		t.Errorf("%d chats were started, want only the one before the fault was noticed", a.next)
	}
	if len(a.openIDs()) != 0 {
		t.Errorf("open: %v", a.openIDs())
	}
}

// A page that leaves while its chat is being started must not leave a contact behind
// that nobody knows.
func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	a := newAccount()
	a.hold = make(chan struct{})
	g := guard(t, a, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := g.StartChatContact(ctx, request("flow", ""))
		done <- err
	}()
	<-a.entered
	cancel()
	close(a.hold)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := journalIDs(t, g.JournalPath()); got != "contact-1" {
		t.Errorf("the journal has %q", got)
	}
}

func TestCallsOfCallersThatLeftEnd(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(context.Context) (context.Context, context.CancelFunc, time.Duration, error){
		"cancelled": func(ctx context.Context) (context.Context, context.CancelFunc, time.Duration, error) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel, 10 * time.Second, context.Canceled
		},
		"out of time": func(ctx context.Context) (context.Context, context.CancelFunc, time.Duration, error) {
			ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
			return ctx, cancel, 3 * time.Second, context.DeadlineExceeded
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newAccount()
				a.hold = make(chan struct{})
				g := guard(t, a, t.TempDir())
				ctx, cancel, after, want := leave(t.Context())
				defer cancel()
				begun := time.Now()
				_, err := g.StartChatContact(ctx, request("flow", ""))
				if !errors.Is(err, want) || time.Since(begun) != after {
					t.Errorf("got %v after %v, want %v after %v", err, time.Since(begun), want, after)
				}
				if err := g.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
