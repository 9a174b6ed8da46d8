package costguard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/costguard"
)

func TestRecover(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := newAccount()
	crashed := guard(t, a, dir)
	start(t, crashed)
	start(t, crashed)
	ended := start(t, crashed)
	if err := a.StopContact(t.Context(), "instance-1", ended); err != nil {
		t.Fatal(err)
	}
	if err := crashed.Crash(); err != nil {
		t.Fatal(err)
	}
	next := guard(t, a, dir)
	mine := start(t, next)
	if err := next.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{mine}, a.openIDs()); diff != "" {
		t.Error(diff)
	}
	if err := next.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := newAccount()
	one, two := guard(t, a, dir), guard(t, a, dir)
	start(t, one)
	start(t, two)
	for _, g := range []*costguard.Guard{one, two} {
		if err := g.Recover(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if got := len(a.openIDs()); got != 2 {
		t.Fatalf("%d chats are open, want both: a run ended another's", got)
	}
	if err := one.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"contact-2"}, a.openIDs()); diff != "" {
		t.Error(diff)
	}
	if err := two.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Runs that come, go and crash all the time in one directory never end a chat of a run
// that is alive, and leave nothing behind.
func TestManyRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := newAccount()
	isOpen := func(id string) bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.open[id]
	}
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			for i := range 15 {
				g, err := costguard.New(costguard.Config{Starter: a, Stopper: a, EndOnExit: true, Dir: dir, Target: target})
				if err != nil {
					t.Error(err)
					return
				}
				result, err := g.StartChatContact(context.Background(), request("flow", ""))
				if err != nil {
					t.Error(err)
					return
				}
				if err := g.Recover(context.Background()); err != nil {
					t.Error(err)
				}
				if !isOpen(result.ContactID) {
					t.Errorf("the chat of a run that is alive was ended")
				}
				end := func() error { return g.Close(context.Background()) }
				if (i+worker)%3 == 0 {
					end = g.Crash
				}
				if err := end(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	last := guard(t, a, dir)
	for range 2 { // the second time for lock files that came after their journals in the list
		if err := last.Recover(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := last.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if left, open := files(t, dir), a.openIDs(); len(left)+len(open) != 0 {
		t.Errorf("left: %v, open: %v", left, open)
	}
}

// line writes one entry as a crashed run leaves it.
func line(tb testing.TB, id string, change func(map[string]any)) string {
	tb.Helper()
	e := map[string]any{
		"contact_id": id, "instance_id": "instance-1", "configured_instance_id": "instance-1", "region": "us-west-2",
		"profile": "dev", "endpoint_url": "http://127.0.0.1:9", "started": time.Now().UTC(),
	}
	if change != nil {
		change(e)
	}
	text, err := json.Marshal(e)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text) + "\n"
}

func TestRecoverFiles(t *testing.T) {
	t.Parallel()
	whole := line(t, "c1", nil)
	set := func(member string, value any) string {
		return line(t, "c1", func(e map[string]any) { e[member] = value })
	}
	elsewhere := func(instance, configured string) string {
		return line(t, "c1", func(e map[string]any) { e["instance_id"], e["configured_instance_id"] = instance, configured })
	}
	const arn = "arn:aws:connect:us-west-2:123456789012:instance/Instance-1"
	for _, tc := range []struct {
		name, journal string
		stops         []string
		kept          string
	}{
		{name: "empty"},
		{name: "one", journal: whole, stops: []string{"c1"}},
		{name: "torn last line", journal: whole + whole[:20], stops: []string{"c1"}},
		{name: "only a torn line", journal: whole[:20]},
		{name: "last line without its end", journal: strings.TrimSpace(whole), stops: []string{"c1"}},
		{name: "rubbish between", journal: "rubbish\n\n{}\n" + whole, stops: []string{"c1"}},
		{name: "zero bytes at the end", journal: whole + "\x00\x00\x00", stops: []string{"c1"}},
		{name: "another region", journal: set("region", "eu-west-2"), kept: "c1"},
		{name: "another profile", journal: set("profile", ""), kept: "c1"},
		{name: "another endpoint", journal: set("endpoint_url", ""), kept: "c1"},
		{name: "another instance", journal: elsewhere("instance-2", "instance-2"), kept: "c1"},
		{name: "a page's own instance", journal: elsewhere("instance-2", "instance-1"), stops: []string{"c1"}},
		{name: "asked for by its arn", journal: elsewhere(arn, ""), stops: []string{"c1"}},
		{name: "too old to be alive", journal: set("started", time.Now().Add(-9*24*time.Hour))},
		{name: "as old as a chat can be", journal: set("started", time.Now().Add(-7*24*time.Hour)), stops: []string{"c1"}},
		{name: "without a time", journal: set("started", time.Time{}), stops: []string{"c1"}},
		{name: "one of two", journal: whole + strings.ReplaceAll(set("region", "eu-west-2"), "c1", "c2"), stops: []string{"c1"}, kept: "c2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "run-20260101T000000Z-crashed.jsonl")
			if err := os.WriteFile(path, []byte(tc.journal), 0o600); err != nil {
				t.Fatal(err)
			}
			a := newAccount()
			a.open["c1"] = true
			g := guard(t, a, dir)
			if err := g.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.stops, a.stops); diff != "" {
				t.Error(diff)
			}
			if err := g.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			left := files(t, dir)
			if tc.kept == "" {
				if len(left) != 0 {
					t.Errorf("left: %v", left)
				}
				return
			}
			if got := journalIDs(t, path); got != tc.kept {
				t.Errorf("the journal has %q, want %q", got, tc.kept)
			}
		})
	}
}

func TestRecoverKeepsWhatItCouldNotEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "run-1.jsonl")
	text := line(t, "c1", nil) + line(t, "c2", nil) + line(t, "c3", func(e map[string]any) { e["region"] = "eu-west-2" })
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newAccount()
	a.open["c1"], a.open["c2"] = true, true
	// With the credentials of another account the instance is not found, which says
	// nothing about the contact.
	a.stopping = func(_ context.Context, id string) error {
		if id == "c1" {
			return &awswire.Error{Name: "ResourceNotFoundException", Status: http.StatusNotFound}
		}
		return nil
	}
	var log bytes.Buffer
	g := newGuard(t, costguard.Config{
		Starter: a, Stopper: a, EndOnExit: true, Dir: dir, Target: target, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	err := g.Recover(t.Context())
	if err == nil || !strings.Contains(err.Error(), "1 still open") {
		t.Errorf("got %v", err)
	}
	if got := journalIDs(t, path); got != "c1 c3" {
		t.Errorf("the journal has %q", got)
	}
	for _, want := range []string{"ended=1 already_ended=0 left=1", "another region", "chats=1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, log.String())
		}
	}
}

func TestRecoverLeavesOtherFilesAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"notes.jsonl", "notes.lock", "run-1.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(line(t, "c1", nil)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A run that died before it had a journal leaves its lock file, which goes.
	if err := os.WriteFile(filepath.Join(dir, "run-2.lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := newAccount()
	g := guard(t, a, dir)
	if err := g.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"notes.jsonl", "notes.lock", "run-1.txt"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
	if len(a.stops) != 0 {
		t.Errorf("ended %v", a.stops)
	}
}

func TestRecoverOutOfTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "run-1.jsonl")
	if err := os.WriteFile(path, []byte(line(t, "c1", nil)), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newAccount()
	g := guard(t, a, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Recover(ctx); err == nil {
		t.Error("no error")
	}
	if got := journalIDs(t, path); got != "c1" || len(a.stops) != 0 {
		t.Errorf("the journal has %q, ended %v", got, a.stops)
	}
}

func FuzzReadJournal(f *testing.F) {
	whole := line(f, "c1", nil)
	for _, seed := range []string{"", whole, whole + whole[:10], "\n\n", "null\n", "[]\n{}\n", "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "run.jsonl")
		if err := os.WriteFile(path, append(text, "\n"+whole...), 0o600); err != nil {
			t.Fatal(err)
		}
		ids, unreadable, err := costguard.ReadJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.Count(text, []byte("\n")) + 2
		if len(ids)+unreadable > lines || len(ids) == 0 || ids[len(ids)-1] != "c1" {
			t.Errorf("%d ids and %d others of %d lines: %s", len(ids), unreadable, lines, fmt.Sprint(ids))
		}
	})
}
