package store_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

func put(t *testing.T, b *blob.Dir, id, content string) {
	t.Helper()
	u, err := b.Create(id)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(u, strings.NewReader(content))
	if err := errors.Join(err, u.Commit(), u.Close()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, b *blob.Dir, id string) string {
	t.Helper()
	file, err := b.Open(id)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	for name, cfg := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, cfg)
			b := s.Blobs()
			id, other := uuid.NewString(), uuid.NewString()
			c := newContact()
			for _, file := range []string{id, other} { // bytes without a record are swept away when a store opens
				commit(t, s, chat.Changes{Contact: c, File: &transcript.File{ID: file, ContactID: c.ID}})
			}
			put(t, b, id, "first")
			put(t, b, id, "second")
			if got := read(t, b, id); got != "second" {
				t.Errorf("%q", got)
			}
			u, err := b.Create(other)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := u.Write([]byte("half")); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Open(other); !errors.Is(err, chat.ErrNotFound) {
				t.Errorf("can be read before it is complete: %v", err)
			}
			if err := errors.Join(u.Close(), u.Close()); err != nil {
				t.Error(err)
			}
			for range 2 {
				if err := b.Delete(id); err != nil {
					t.Error(err)
				}
			}
			if _, err := b.Open(id); !errors.Is(err, chat.ErrNotFound) {
				t.Error(err)
			}
		})
	}
}

func TestBlobIDs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, store.Config{Dir: dir}).Blobs()
	for _, id := range []string{
		"", ".", "..", "../parley.db", "incoming", "/etc/passwd", `..\parley.db`, "incoming/" + uuid.NewString(), strings.ToUpper(uuid.NewString()),
		"urn:uuid:" + uuid.NewString(),
	} {
		if _, err := b.Create(id); err == nil {
			t.Errorf("created %q", id)
		}
		if _, err := b.Open(id); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
		if err := b.Delete(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "parley.db")); err != nil {
		t.Error(err)
	}
}

// Blobs last; what was not committed is gone after a restart, and leaves nothing behind.
func TestBlobsLast(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, store.Config{Dir: dir})
	c := newContact()
	file := &transcript.File{ID: uuid.NewString(), ContactID: c.ID}
	commit(t, s, chat.Changes{Contact: c, File: file})
	put(t, s.Blobs(), file.ID, "content")
	u, err := s.Blobs().Create(uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, store.Config{Dir: dir})
	if got := read(t, s.Blobs(), file.ID); got != "content" {
		t.Errorf("%q", got)
	}
	left, err := filepath.Glob(filepath.Join(dir, "attachments", "incoming", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q, %v", left, err)
	}
}

// The attachments of a store in memory go with it.
// What is in memory makes a directory for its first attachment, and none once it is closed: nobody would
// remove that.
func TestNoDirectoryAfterTheEnd(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s := open(t, store.Config{Ephemeral: true})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Blobs().Create(uuid.NewString()); err == nil {
		t.Error("an attachment was begun after the end")
	}
	if made, err := os.ReadDir(temp); err != nil || len(made) > 0 {
		t.Errorf("left: %v, %v", made, err)
	}
}

func TestEphemeralLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s := open(t, store.Config{Ephemeral: true})
	unknown := uuid.NewString()
	_, err := s.Blobs().Open(unknown)
	if made, errMade := os.ReadDir(temp); !errors.Is(err, chat.ErrNotFound) || s.Blobs().Delete(unknown) != nil || errMade != nil || len(made) > 0 {
		t.Errorf("without attachments: %v, %v, %v", err, made, errMade)
	}
	put(t, s.Blobs(), uuid.NewString(), "content")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
