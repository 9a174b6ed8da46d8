// Package blob keeps the bytes of attachments: one file each, named by the attachment's id, in
// one directory. Nothing outside the directory can be reached through an id.
//
// The package knows neither what attachments are nor who may read them. A [Dir] is safe for
// concurrent use, an [Upload] is not.
package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
)

// Dir is a directory of blobs. It belongs to one Dir at a time.
type Dir struct {
	explain func(error) error

	mu   sync.Mutex
	root *os.Root               // nil until it is there
	find func() (string, error) // where it is to be
}

// incoming is where bytes are until all of them are there.
const incoming = "incoming"

// Open opens the directory at a path and makes it when it is missing. Blobs that an earlier
// process did not commit are removed. Errors of the file system pass through explain, which may
// be nil, before they are returned.
func Open(path string, explain func(error) error) (*Dir, error) {
	d := OnDemand(func() (string, error) { return path, nil }, explain)
	if err := d.make(); err != nil {
		return nil, err
	}
	return d, nil
}

// OnDemand is [Open] once there is something to keep, at a path that is found then.
func OnDemand(find func() (string, error), explain func(error) error) *Dir {
	if explain == nil {
		explain = func(err error) error { return err }
	}
	return &Dir{find: find, explain: explain}
}

// make makes the directory if it is not there.
func (d *Dir) make() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.root != nil {
		return nil
	}
	path, err := d.find()
	if err == nil {
		err = os.MkdirAll(path, 0o700)
	}
	if err != nil {
		return d.explain(err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return d.explain(err)
	}
	err = root.RemoveAll(incoming)
	if err == nil {
		err = root.Mkdir(incoming, 0o700)
	}
	if err != nil {
		return errors.Join(d.explain(err), root.Close())
	}
	d.root = root
	return nil
}

// there is the directory; nil when it was not made yet.
func (d *Dir) there() *os.Root {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.root
}

// Close closes the directory, and none is made any more. Blobs that are open can still be read.
func (d *Dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.find = func() (string, error) { return "", fs.ErrClosed }
	if d.root != nil {
		return d.root.Close()
	}
	return nil
}

// Upload is a blob that is being written. The caller must call Close once, after Commit or
// instead of it.
type Upload struct {
	dir  *Dir
	file *os.File
	id   string
	name string // while it is incoming
}

// Create begins the blob of an id, which must be a UUID. It replaces an earlier one when it
// is committed.
func (d *Dir) Create(id string) (*Upload, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	if err := d.make(); err != nil {
		return nil, err
	}
	name := incoming + "/" + uuid.NewString() // two may be on their way to the same id
	file, err := d.there().OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, d.failed(id, err)
	}
	return &Upload{dir: d, file: file, id: id, name: name}, nil
}

// Write adds bytes.
func (u *Upload) Write(p []byte) (int, error) {
	n, err := u.file.Write(p)
	if err != nil {
		err = u.dir.failed(u.id, err)
	}
	return n, err
}

// Commit makes the blob durable and lets it be opened.
func (u *Upload) Commit() error {
	file := u.file
	u.file = nil
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return errors.Join(u.dir.failed(u.id, err), u.dir.there().Remove(u.name))
	}
	if err := u.dir.there().Rename(u.name, u.id); err != nil {
		return errors.Join(u.dir.failed(u.id, err), u.dir.there().Remove(u.name))
	}
	return u.dir.sync()
}

// Close gives up a blob that was not committed.
func (u *Upload) Close() error {
	if u.file == nil {
		return nil
	}
	err := errors.Join(u.file.Close(), u.dir.there().Remove(u.name))
	u.file = nil
	return err
}

// Open opens a blob for reading, or returns [chat.ErrNotFound]. The caller closes it.
func (d *Dir) Open(id string) (*os.File, error) {
	root := d.there()
	if checkID(id) != nil || root == nil {
		return nil, chat.ErrNotFound
	}
	file, err := root.Open(id)
	if err != nil {
		return nil, d.failed(id, err)
	}
	return file, nil
}

// Delete removes a blob; one that is not there is no error.
func (d *Dir) Delete(id string) error {
	root := d.there()
	if checkID(id) != nil || root == nil {
		return nil //nolint:nilerr // no blob can have such an id
	}
	if err := root.Remove(id); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return d.failed(id, err)
	}
	return nil
}

// IDs calls f with the ids of the blobs that are there, some at a time.
func (d *Dir) IDs(f func([]string) error) error {
	root := d.there()
	if root == nil {
		return nil
	}
	dir, err := root.Open(".")
	if err != nil {
		return d.failed("", err)
	}
	defer func() { _ = dir.Close() }() // it was only read
	for {
		names, err := dir.Readdirnames(256)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return d.failed("", err)
		}
		names = slices.DeleteFunc(names, func(name string) bool { return checkID(name) != nil }) // what others left here
		if err := f(names); err != nil {
			return err
		}
	}
}

// sync makes the names in the directory durable. Windows does so by itself.
func (d *Dir) sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := d.there().Open(".")
	if err != nil {
		return d.failed("", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return d.failed("", err)
	}
	return nil
}

func (d *Dir) failed(id string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("opening attachment %q: %w", id, chat.ErrNotFound)
	}
	return fmt.Errorf("keeping attachment %q: %w", id, d.explain(err))
}

func checkID(id string) error {
	if u, err := uuid.Parse(id); err != nil || u.String() != id {
		return errors.New("keeping an attachment: its id is not a UUID")
	}
	return nil
}
