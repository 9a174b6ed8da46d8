package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

// refused opens a directory that cannot be used and checks what is said about it.
func refused(t *testing.T, dir string, problem error, mentions ...string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err == nil {
		_ = s.Close()
		t.Fatal("opened")
	}
	explained(t, err, problem, append(mentions, dir)...)
}

func explained(t *testing.T, err error, problem error, mentions ...string) {
	t.Helper()
	e, ok := errors.AsType[*store.Error](err)
	if !ok || !errors.Is(err, problem) {
		t.Fatalf("%v is not %v", err, problem)
	}
	for _, text := range mentions {
		if !strings.Contains(err.Error()+e.Hint(), text) {
			t.Errorf("%q and %q do not mention %q", err, e.Hint(), text)
		}
	}
	if !strings.Contains(e.Hint(), "--data-dir") {
		t.Errorf("hint %q", e.Hint())
	}
}

func TestSecondOpener(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir})
	refused(t, dir, store.ErrInUse, fmt.Sprintf("process %d since 20", os.Getpid()), "--ephemeral")
	if err := os.WriteFile(filepath.Join(dir, "parley.pid"), []byte("\x1b[2J"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, store.ErrInUse, "another process")
	if err := os.WriteFile(filepath.Join(dir, "parley.pid"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, store.Config{Dir: dir})
}

func TestForeignFiles(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite", other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE theirs (x); PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		content  []byte
		problem  error
		mentions string
	}{
		"a text":             {[]byte(strings.Repeat("notes ", 50)), store.ErrForeign, "not a database"},
		"a short text":       {[]byte("notes"), store.ErrForeign, "not a database"},
		"zeros":              {make([]byte, 8192), store.ErrForeign, "not a database"},
		"another program's":  {theirs, store.ErrForeign, "another program"},
		"the head of a head": {theirs[:50], store.ErrDamaged, "cut off"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "parley.db")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, dir, test.problem, path, test.mentions)
			if after, err := os.ReadFile(path); err != nil || string(after) != string(test.content) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

// A database from before chats went on in further contacts opens, with what it holds.
func TestOlderSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir})
	c := newContact()
	commit(t, s, chat.Changes{Contact: c, Items: []transcript.Item{message(c, 1)}})
	if err := s.Exec(t.Context(), "DROP TABLE successors; DROP TABLE documents; PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, store.Config{Dir: dir})
	followed := *c
	followed.Latest = &chat.Successor{ID: "second", Method: chat.ByTransfer, First: 2}
	commit(t, s, chat.Changes{Contact: &followed})
	got, err := s.Contact(t.Context(), "second")
	if err != nil || got.ID != c.ID {
		t.Errorf("found %v, %v", got, err)
	}
	if items, err := s.Items(t.Context(), chat.ItemQuery{ContactID: c.ID}); err != nil || len(items) != 1 || items[0].ContactID != c.ID {
		t.Errorf("items %v, %v", items, err)
	}
}

func TestNewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir})
	if err := s.Exec(t.Context(), "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, store.ErrNewer, "schema 99", "newer parley")
}

// What a killed first start can leave is taken for the empty store that it is.
func TestUnfinishedFirstStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"parley.db", "parley.tally", "parley.lock", "parley.pid", "parley.db-wal"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, store.Config{Dir: dir})
	commit(t, s, chat.Changes{Contact: newContact()})
}

// snapshot is a data directory as a killed process leaves it: the log still holds part of it.
func snapshot(t *testing.T) (files map[string][]byte, contact *chat.Contact, items int) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir})
	contact = newContact()
	commit(t, s, chat.Changes{Contact: contact})
	add := func(n int) {
		for range n {
			items++
			commit(t, s, chat.Changes{Items: []transcript.Item{message(contact, int64(items))}})
		}
	}
	add(200)
	if err := s.Exec(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	add(20)
	files = map[string][]byte{}
	for _, name := range []string{"parley.db", "parley.db-wal", "parley.tally"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || len(content) == 0 {
			t.Fatalf("%s: %d bytes, %v", name, len(content), err)
		}
		files[name] = content
	}
	return files, contact, items
}

// Files that were cut, removed or overwritten either still give everything that was
// acknowledged or an error that says what is wrong; never silently less.
func TestCutFiles(t *testing.T) {
	t.Parallel()
	files, contact, items := snapshot(t)
	type edit struct {
		name string
		keep int // bytes; -1 removes the file
		zero int // bytes overwritten at its end
	}
	edits := []edit{
		{},
		{"parley.db", -1, 0},
		{"parley.db", 0, 0},
		{"parley.db-wal", -1, 0},
		{"parley.db-wal", 0, 0},
		{"parley.tally", -1, 0},
		{"parley.tally", 5, 0},
		{"parley.db-wal", 32, 0},
		{"parley.db", 4096, 0},
		{"parley.db", len(files["parley.db"]), 4096},
	}
	random := rand.New(rand.NewPCG(7, 7))
	for range 15 {
		for _, name := range []string{"parley.db", "parley.db-wal"} {
			keep := random.IntN(len(files[name]))
			edits = append(edits, edit{name, keep, 0}, edit{name, keep / 4096 * 4096, 0})
		}
		// Pages of the database have no checksums; what is lost of one in the middle is not noticed.
		pages := len(files["parley.db"]) / 4096
		edits = append(edits, edit{"parley.db", len(files["parley.db"]), random.IntN(pages) * 4096})
		edits = append(edits, edit{"parley.db-wal", len(files["parley.db-wal"]), random.IntN(len(files["parley.db-wal"]))})
	}
	opened := 0
	for _, e := range edits {
		dir := t.TempDir()
		for name, content := range files {
			if name == e.name && e.keep >= 0 {
				content = append([]byte{}, content[:e.keep]...)
				clear(content[len(content)-e.zero:])
			}
			if name == e.name && e.keep < 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if intact(t, dir, contact, items) {
			opened++
		}
		if t.Failed() {
			t.Fatalf("%+v", e)
		}
	}
	if opened < 4 || opened == len(edits) {
		t.Errorf("%d of %d could be used", opened, len(edits))
	}
}

// intact reports whether a store gives everything; if not it has to say that it is damaged.
func intact(t *testing.T, dir string, contact *chat.Contact, items int) bool {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err == nil {
		defer func() { _ = s.Close() }() // a damaged one may not like it
		var got []transcript.Item
		got, err = s.Items(t.Context(), chat.ItemQuery{ContactID: contact.ID})
		if err == nil && len(got) != items {
			t.Errorf("%d items of %d, and no error", len(got), items)
		}
		for _, item := range got {
			if err == nil {
				_, err = s.Find(t.Context(), contact.ID, item.ID)
			}
		}
	}
	if err != nil {
		problem := store.ErrDamaged
		if errors.Is(err, store.ErrForeign) {
			problem = store.ErrForeign // overwritten with zeros there is nothing to know it by
		}
		explained(t, err, problem, dir)
	}
	return err == nil
}

// The remedy that the error names works.
func TestGoOnWithoutTheLog(t *testing.T) {
	t.Parallel()
	files, contact, _ := snapshot(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "parley.db"), files["parley.db"], 0o600); err != nil {
		t.Fatal(err)
	}
	tally := filepath.Join(dir, "parley.tally")
	if err := os.WriteFile(tally, files["parley.tally"], 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, store.ErrDamaged, "acknowledged transactions", "remove "+tally)
	if err := os.Remove(tally); err != nil {
		t.Fatal(err)
	}
	s := open(t, store.Config{Dir: dir})
	items, err := s.Items(t.Context(), chat.ItemQuery{ContactID: contact.ID})
	if err != nil || len(items) != 200 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

// A full disk refuses what is new, keeps what is there, and is forgiven once it has room.
func TestFull(t *testing.T) {
	t.Parallel()
	for name, cfg := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, cfg)
			c := newContact()
			commit(t, s, chat.Changes{Contact: c})
			pages, err := s.Pages(t.Context())
			if err == nil {
				err = s.LimitPages(t.Context(), pages+10)
			}
			if err != nil {
				t.Fatal(err)
			}
			stored := int64(0)
			for ; err == nil; stored++ {
				err = s.Commit(t.Context(), chat.Changes{Items: []transcript.Item{message(c, stored+1)}})
			}
			stored--
			explained(t, err, store.ErrFull, "--keep")
			if stored < 5 {
				t.Errorf("stored only %d", stored)
			}
			items, err := s.Items(t.Context(), chat.ItemQuery{ContactID: c.ID})
			if err != nil || int64(len(items)) != stored {
				t.Errorf("%d items of %d, %v", len(items), stored, err)
			}
			if err := s.LimitPages(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			commit(t, s, chat.Changes{Items: []transcript.Item{message(c, stored+1)}})
		})
	}
}
