//go:build unix

package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// fillUp stores until the system lets no file grow any more, and checks what it is left with.
func fillUp(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{}
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	unlimited := limit
	limit.Cur = 400_000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{Dir: dir})
	if err != nil {
		return err
	}
	c := newContact()
	err = s.Commit(ctx, chat.Changes{Contact: c})
	stored := int64(0)
	for ; err == nil; stored++ {
		err = s.Commit(ctx, chat.Changes{Items: []transcript.Item{message(c, stored+1)}})
	}
	stored--
	if e, ok := errors.AsType[*store.Error](err); !ok || !errors.Is(err, store.ErrDisk) || e.Hint() == "" || stored < 10 {
		return fmt.Errorf("stored %d, then: %w", stored, err)
	}
	if err := errors.Join(count(ctx, s, c, stored), syscall.Setrlimit(syscall.RLIMIT_FSIZE, &unlimited)); err != nil {
		return err
	}
	if err := s.Commit(ctx, chat.Changes{Items: []transcript.Item{message(c, stored+1)}}); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := errors.Join(count(ctx, s, c, stored+1), s.Close()); err != nil {
		return err
	}
	if s, err = store.Open(ctx, store.Config{Dir: dir}); err != nil {
		return err
	}
	return errors.Join(count(ctx, s, c, stored+1), s.Close())
}

func count(ctx context.Context, s *store.Store, c *chat.Contact, want int64) error {
	items, err := s.Items(ctx, chat.ItemQuery{ContactID: c.ID})
	if err == nil && int64(len(items)) != want {
		err = fmt.Errorf("%d items instead of %d", len(items), want)
	}
	return err
}

func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	output, err := child(t, "fill", t.TempDir()).CombinedOutput()
	if err != nil || len(output) > 0 {
		t.Errorf("%s %v", output, err)
	}
}

// openOnce opens the store and says how that went.
func openOnce(dir string) error {
	s, err := store.Open(context.Background(), store.Config{Dir: dir})
	if e, ok := errors.AsType[*store.Error](err); ok && errors.Is(err, store.ErrReadOnly) && strings.Contains(e.Hint(), "the right to write") {
		_, _ = fmt.Fprintln(os.Stdout, "refused:", err)
		return nil
	}
	if err != nil {
		return err
	}
	return s.Close()
}

// A directory or file that may not be written is refused with its name, without a change.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		at   string
		mode os.FileMode
	}{
		"the directory":             {".", 0o500},
		"a directory without names": {".", 0o000},
		"its parent":                {"..", 0o500},
		"the database":              {"parley.db", 0o400},
		"the tally":                 {"parley.tally", 0o400},
		"the attachments":           {"attachments", 0o500},
	}
	program, public := publicProgram(t)
	for name, test := range tests {
		dir := filepath.Join(public, strings.ReplaceAll(name, " ", "-"), "data")
		path := filepath.Join(dir, test.at)
		if test.at == ".." {
			if err := os.Mkdir(filepath.Dir(dir), 0o700); err != nil {
				t.Fatal(err)
			}
		} else {
			s, err := store.Open(t.Context(), store.Config{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			commit(t, s, chat.Changes{Contact: newContact()})
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		disown(t, filepath.Dir(dir))
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		cmd := child(t, "open", dir)
		cmd.Path = program
		if os.Getuid() == 0 { // whom no mode stops
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		}
		output, err := cmd.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(output), "refused: ") || !strings.Contains(string(output), strings.TrimSuffix(dir, "/data")) {
			t.Errorf("%s: %s %v", name, output, err)
		}
		if err := os.Chmod(path, 0o700); err != nil { // for it to be removed
			t.Error(err)
		}
	}
}

const nobody = 65534

// publicProgram returns a copy of the test program, and a directory for data, that any user
// can reach.
func publicProgram(t *testing.T) (program, dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "parley-store-") //nolint:usetesting // the test's own directory is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	source, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(source)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	program = filepath.Join(dir, "program")
	syscall.ForkLock.RLock() // no child of another test has it open for writing when it is run
	defer syscall.ForkLock.RUnlock()
	to, err := os.OpenFile(program, os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return program, dir
}

// disown gives a tree to the user that the test program runs as.
func disown(t *testing.T, root string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, nobody, nobody))
	})
	if err != nil {
		t.Fatal(err)
	}
}
