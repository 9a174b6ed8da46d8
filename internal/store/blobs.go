package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
)

// Blobs are the bytes of attachments: one file each, named by the attachment's id. Nothing
// outside their directory can be reached through an id. It is safe for concurrent use.
type Blobs struct {
	root *os.Root
	path string
}

// incoming is where bytes are until all of them are there.
const incoming = "incoming"

func openBlobs(path string) (*Blobs, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, explainFile(path, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, explainFile(path, err)
	}
	// What an earlier run did not finish was never reported.
	err = root.RemoveAll(incoming)
	if err == nil {
		err = root.Mkdir(incoming, 0o700)
	}
	if err != nil {
		return nil, errors.Join(explainFile(path, err), root.Close())
	}
	return &Blobs{root: root, path: path}, nil
}

func (b *Blobs) close() error { return b.root.Close() }

// Upload is a blob that is being written. The caller must call Close once, after Commit or
// instead of it.
type Upload struct {
	blobs *Blobs
	file  *os.File
	id    string
	name  string // while it is incoming
}

// Create begins the blob of an id, which must be a UUID. It replaces an earlier one when it
// is committed.
func (b *Blobs) Create(id string) (*Upload, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	name := incoming + "/" + uuid.NewString() // two may be on their way to the same id
	file, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, b.explain(id, err)
	}
	return &Upload{blobs: b, file: file, id: id, name: name}, nil
}

// Write adds bytes. When the disk is full the error wraps ErrFull.
func (u *Upload) Write(p []byte) (int, error) {
	n, err := u.file.Write(p)
	if err != nil {
		err = u.blobs.explain(u.id, err)
	}
	return n, err
}

// Commit makes the blob durable and lets it be opened.
func (u *Upload) Commit() error {
	file := u.file
	u.file = nil
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return errors.Join(u.blobs.explain(u.id, err), u.blobs.root.Remove(u.name))
	}
	if err := u.blobs.root.Rename(u.name, u.id); err != nil {
		return errors.Join(u.blobs.explain(u.id, err), u.blobs.root.Remove(u.name))
	}
	return u.blobs.sync()
}

// Close gives up a blob that was not committed.
func (u *Upload) Close() error {
	if u.file == nil {
		return nil
	}
	err := errors.Join(u.file.Close(), u.blobs.root.Remove(u.name))
	u.file = nil
	return err
}

// Open opens a blob for reading, or returns [chat.ErrNotFound]. The caller closes it.
func (b *Blobs) Open(id string) (*os.File, error) {
	if checkID(id) != nil {
		return nil, chat.ErrNotFound
	}
	file, err := b.root.Open(id)
	if err != nil {
		return nil, b.explain(id, err)
	}
	return file, nil
}

// Delete removes a blob; one that is not there is no error.
func (b *Blobs) Delete(id string) error {
	if checkID(id) != nil {
		return nil //nolint:nilerr // no blob can have such an id
	}
	if err := b.root.Remove(id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return b.explain(id, err)
	}
	return nil
}

// ids calls f with the ids of the blobs that are there, some at a time.
func (b *Blobs) ids(f func([]string) error) error {
	dir, err := b.root.Open(".")
	if err != nil {
		return b.explain("", err)
	}
	defer func() { _ = dir.Close() }() // it was only read
	for {
		names, err := dir.Readdirnames(256)
		if len(names) == 0 {
			return ignoreEOF(err)
		}
		if err := f(names); err != nil {
			return err
		}
	}
}

// sync makes the names in the directory durable. Windows does so by itself.
func (b *Blobs) sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := b.root.Open(".")
	if err != nil {
		return b.explain("", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return b.explain("", err)
	}
	return nil
}

func (b *Blobs) explain(id string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("opening attachment %q: %w", id, chat.ErrNotFound)
	}
	if known := explainFile(b.path, err); errors.Is(known, ErrFull) || errors.Is(known, ErrReadOnly) {
		return known
	}
	return fmt.Errorf("keeping attachment %q: %w", id, err)
}

func checkID(id string) error {
	if u, err := uuid.Parse(id); err != nil || u.String() != id {
		return errors.New("keeping an attachment: its id is not a UUID")
	}
	return nil
}
