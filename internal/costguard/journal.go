package costguard

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	journalPrefix = "run-"
	journalSuffix = ".jsonl"
	lockSuffix    = ".lock"
	// rewriteSuffix marks a journal that is being written anew.
	rewriteSuffix = ".tmp"
	// lockTries bounds the search for a name that nobody holds; names are random.
	lockTries = 10
)

var (
	errJournalClosed = errors.New("the journal is closed")
	errJournalBroken = errors.New("an earlier write to the journal failed")
	errInUse         = errors.New("another process holds the journal")
)

// journal is the file of one run: a JSON object a line. The run holds an operating
// system lock, which a crash releases, on a file beside it: on Windows a locked file
// cannot be read or written through another handle.
type journal struct {
	path string
	lock *flock.Flock
	// file is nil after a failed write and when the journal is closed.
	file   *os.File
	closed bool
}

// openJournal makes the directory and, in it, a new locked journal. A directory that
// exists keeps its permissions, because it may hold other things of the user's; the
// files are private in any case.
func openJournal(dir string) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for range lockTries {
		name := journalPrefix + time.Now().UTC().Format("20060102T150405Z") + "-" + strings.ToLower(rand.Text()[:10])
		path := filepath.Join(dir, name+journalSuffix)
		lock, err := lockJournal(path)
		if errors.Is(err, errInUse) {
			continue // somebody tidies up and took the lock file before it was ours
		}
		if err != nil {
			return nil, err
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			removeLock(lock)
			return nil, err
		}
		syncDir(dir)
		return &journal{path: path, lock: lock, file: file}, nil
	}
	return nil, errInUse
}

// beside returns the path of a file that belongs to a journal.
func beside(journalPath, suffix string) string {
	return strings.TrimSuffix(journalPath, journalSuffix) + suffix
}

// lockJournal takes the lock of a journal without waiting. errInUse says that another
// process, or another guard of this one, has it.
func lockJournal(path string) (*flock.Flock, error) {
	lock := flock.New(beside(path, lockSuffix), flock.SetPermissions(0o600))
	taken, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking the journal: %w", err)
	}
	if !taken {
		return nil, errInUse
	}
	// The file may have been removed between opening and locking it: then the lock would
	// protect nothing, because others would lock a new file of the same name.
	held, heldErr := lock.Stat()
	named, namedErr := os.Stat(lock.Path())
	if heldErr != nil || namedErr != nil || !os.SameFile(held, named) {
		_ = lock.Unlock() // nothing depends on it
		return nil, errInUse
	}
	return lock, nil
}

// removeLock releases a lock and removes its file: before the release, so that nobody
// can have locked it in between, where the system allows that. Leftovers do no harm and
// are tidied up by the next start.
func removeLock(lock *flock.Flock) {
	if runtime.GOOS == "windows" { // an open file cannot be removed, whoever has it open
		_ = lock.Unlock()
		_ = os.Remove(lock.Path())
		return
	}
	_ = os.Remove(lock.Path())
	_ = lock.Unlock()
}

// syncDir makes a new or renamed file's name durable. Some systems and file systems
// cannot; the file itself is synced in any case.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

func (j *journal) writable() bool { return j.file != nil }

// append writes an entry and waits until the disk has it.
func (j *journal) append(e entry) error {
	switch {
	case j.closed:
		return errJournalClosed
	case j.file == nil:
		return errJournalBroken
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encoding a journal entry: %w", err)
	}
	if _, err = j.file.Write(append(line, '\n')); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		// Half a line may stand there, and after a failed sync nothing is certain:
		// the journal has to be written anew before it is used again.
		_ = j.file.Close()
		j.file = nil
		return fmt.Errorf("writing to the journal: %w", err)
	}
	return nil
}

// rewrite replaces the journal by one of the given entries, completely or not at all,
// and opens it for more.
func (j *journal) rewrite(entries []entry) error {
	if j.closed {
		return errJournalClosed
	}
	if j.file != nil {
		_ = j.file.Close() // every line in it is synced
		j.file = nil
	}
	if err := replaceFile(j.path, entries); err != nil {
		return fmt.Errorf("writing the journal anew: %w", err)
	}
	file, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("opening the journal again: %w", err)
	}
	j.file = file
	return nil
}

// replaceFile needs the journal's lock, because the name of the new file is fixed: what
// a crash leaves of it is overwritten, or removed with the journal.
func replaceFile(path string, entries []entry) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, e := range entries {
		if err := encoder.Encode(e); err != nil {
			return err
		}
	}
	fresh := beside(path, rewriteSuffix)
	if err := writeSynced(fresh, text.Bytes()); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

func writeSynced(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// close leaves the file to the next start.
func (j *journal) close() error {
	j.closed = true
	var err error
	if j.file != nil {
		err = j.file.Close()
		j.file = nil
	}
	return errors.Join(err, j.lock.Unlock())
}

// remove deletes the journal, of which nothing is left to do.
func (j *journal) remove() error {
	j.closed = true
	if j.file != nil {
		_ = j.file.Close()
		j.file = nil
	}
	_ = os.Remove(beside(j.path, rewriteSuffix)) // normally absent
	err := os.Remove(j.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	removeLock(j.lock)
	return err
}

// readEntries reads a journal. A last line without its end was being written when the
// run died, before its contact was answered; it is left out, as are lines that are not
// entries, of which it returns the number.
func readEntries(path string) (entries []entry, unreadable int, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	for line := range bytes.Lines(text) {
		var e entry
		switch err := json.Unmarshal(line, &e); {
		case err == nil && e.ContactID != "":
			entries = append(entries, e)
		case !bytes.HasSuffix(line, []byte("\n")), len(bytes.TrimSpace(line)) == 0:
		default:
			unreadable++
		}
	}
	return entries, unreadable, nil
}
