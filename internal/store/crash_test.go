package store_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

var crashRounds = flag.Int("crash.rounds", 10, "how often the writing process is killed")

// childRole and childDir name the variables that make this test program another process.
const (
	childRole = "PARLEY_TEST_STORE_ROLE"
	childDir  = "PARLEY_TEST_STORE_DIR"
)

func TestMain(m *testing.M) {
	roles := map[string]func(dir string) error{"write": writeForEver, "fill": fillUp, "open": openOnce}
	if role, ok := roles[os.Getenv(childRole)]; ok {
		if err := role(os.Getenv(childDir)); err != nil {
			_, _ = fmt.Fprintln(os.Stdout, "error:", err)
		}
		return
	}
	m.Run()
}

// child returns a command that runs this test program in a role.
func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir)
	return cmd
}

// crashWriters is how many chats the process to be killed writes at the same time.
const crashWriters = 16

// writeForEver stores messages as fast as it can and prints each that was acknowledged. It
// goes on where an earlier run was killed.
func writeForEver(dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{Dir: dir})
	if err != nil {
		return err
	}
	var chats []chat.Loaded
	if err := s.Active(ctx, func(l chat.Loaded) error { chats = append(chats, l); return nil }); err != nil {
		return err
	}
	for len(chats) < crashWriters {
		c := newContact()
		if err := s.Commit(ctx, chat.Changes{Contact: c, ClientToken: uuid.NewString()}); err != nil {
			return err
		}
		chats = append(chats, chat.Loaded{Contact: c})
	}
	failed := make(chan error)
	for _, l := range chats {
		go func() { // until the process is killed
			for seq := l.LastSeq + 1; ; seq++ {
				item := message(l.Contact, seq)
				item.Content = item.ID + strings.Repeat("x", int(seq%700))
				changes := chat.Changes{Items: []transcript.Item{item}}
				if seq%10 == 0 {
					changes.Contact = l.Contact
					changes.Mark = &chat.Mark{ContactID: l.Contact.ID, ParticipantID: "p", Seq: seq}
				}
				if err := s.Commit(ctx, changes); err != nil {
					failed <- err
					return
				}
				_, _ = fmt.Fprintln(os.Stdout, l.Contact.ID, seq, item.ID) // one write, whole or not at all
			}
		}()
	}
	return <-failed
}

// A process that is killed at any moment has lost nothing it acknowledged, has nothing twice
// and everything in order.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := map[string]map[int64]string{} // by contact and place
	total := 0
	for round := range *crashRounds {
		total += crash(t, dir, rand.IntN(1500), acknowledged)
		checkCrashed(t, dir, acknowledged)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d messages were acknowledged in %d rounds", total, *crashRounds)
	if total < 10**crashRounds {
		t.Errorf("only %d messages", total)
	}
}

// crash runs the writing process and kills it when it has acknowledged so many messages,
// which is at any point of what it does for the next ones.
func crash(t *testing.T, dir string, after int, acknowledged map[string]map[int64]string) int {
	t.Helper()
	cmd := child(t, "write", dir)
	output, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
	})
	if after == 0 {
		kill()
	}
	n := 0
	for lines := bufio.NewReader(output); ; {
		line, err := lines.ReadString('\n') // also what was printed before it died
		if errors.Is(err, io.EOF) {
			break
		}
		var contact, id string
		var seq int64
		if _, scan := fmt.Sscan(line, &contact, &seq, &id); err != nil || scan != nil {
			t.Errorf("%q: %v, %v", line, err, scan)
			break
		}
		if acknowledged[contact] == nil {
			acknowledged[contact] = map[int64]string{}
		}
		if _, twice := acknowledged[contact][seq]; twice {
			t.Errorf("place %d of %s was acknowledged twice", seq, contact)
		}
		acknowledged[contact][seq] = id
		if n++; n == after {
			kill()
		}
	}
	kill()
	_ = cmd.Wait() // it was killed
	return n
}

func checkCrashed(t *testing.T, dir string, acknowledged map[string]map[int64]string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	seen := map[string]bool{}
	for contact, ids := range acknowledged {
		items, err := s.Items(t.Context(), chat.ItemQuery{ContactID: contact})
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for i, item := range items {
			if item.Seq != int64(i+1) || seen[item.ID] || !strings.HasPrefix(item.Content, item.ID) || len(item.Content) != 36+int(item.Seq%700) {
				t.Errorf("contact %s, place %d: %+v", contact, i+1, item)
			}
			seen[item.ID] = true
			if id, ok := ids[item.Seq]; ok && id == item.ID {
				found++
			}
		}
		if found != len(ids) {
			t.Errorf("contact %s lost %d of %d acknowledged messages", contact, len(ids)-found, len(ids))
		}
	}
}
