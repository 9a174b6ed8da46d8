package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/secret"
)

const (
	// maxKeyFile bounds what is read of a key file, in bytes.
	maxKeyFile = 16 << 10
	// settled is the age from which on an unchanged modification time means an unchanged
	// file: below it, two writes may have the same one.
	settled = 2 * time.Second
)

// KeyFile is a file of keys, one a line: the current one, and below it the one before, if
// tokens that it signed may still be about. Space around a key does not belong to it, and
// empty lines do not count.
type KeyFile struct {
	path string
	log  *slog.Logger

	mu      sync.Mutex
	keys    []secret.Text
	info    fs.FileInfo // of the file when it was read
	read    time.Time
	failing bool
}

var _ KeySource = (*KeyFile)(nil)

// FileKeys reads a key file. It is read again when it has changed, so that keys can be
// exchanged while the server runs; when that fails, the keys before stay good, and log says
// so once. log may be nil. Errors never hold a key.
func FileKeys(path string, log *slog.Logger) (*KeyFile, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	f := &KeyFile{path: path, log: log}
	if err := f.load(); err != nil {
		return nil, fmt.Errorf("reading the key file %q: %w", path, err)
	}
	return f, nil
}

// Keys implements [KeySource].
func (f *KeyFile) Keys(ctx context.Context) ([]secret.Text, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.changed() {
		return f.keys, nil
	}
	err := f.load()
	if err != nil && !f.failing {
		f.log.ErrorContext(ctx, "cannot read the changed key file; the keys before stay in use", "file", f.path, "error", err)
	}
	f.failing = err != nil
	return f.keys, nil
}

// changed reports whether the file may be another than the one that was read. Whoever
// replaces it by renaming, as Kubernetes does, makes another file under the same name.
func (f *KeyFile) changed() bool {
	info, err := os.Stat(f.path)
	return err != nil || f.failing || !os.SameFile(info, f.info) || info.Size() != f.info.Size() ||
		!info.ModTime().Equal(f.info.ModTime()) || f.read.Sub(info.ModTime()) < settled
}

// load reads the file and keeps its keys if they are good ones.
func (f *KeyFile) load() error {
	now := time.Now()
	file, err := os.Open(f.path)
	if err != nil {
		return underlying(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return underlying(err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return underlying(err)
	}
	if len(text) > maxKeyFile {
		return errors.New("it is longer than 16 KiB")
	}
	keys, err := parseKeys(string(text))
	if err != nil {
		return err
	}
	f.keys, f.info, f.read = keys, info, now
	return nil
}

func parseKeys(text string) ([]secret.Text, error) {
	var keys []secret.Text
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(line) < MinKeyBytes {
			return nil, CheckKeys([]secret.Text{secret.New(line)})
		}
		keys = append(keys, secret.New(line))
	}
	const most = 2
	if len(keys) > most {
		return nil, errors.New("it holds more than two keys; the current one and the one before are enough")
	}
	return keys, CheckKeys(keys)
}

// underlying takes the path out of an error, which stands in the text around it already.
func underlying(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
