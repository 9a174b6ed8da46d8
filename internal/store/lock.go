package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// dirLock is a process's claim on a data directory. The operating system drops it when the
// process ends in any way.
type dirLock struct {
	file  *flock.Flock
	owner string
}

// lockDir claims a directory, or says who has it.
func lockDir(dir string, now time.Time) (*dirLock, error) {
	l := &dirLock{
		file:  flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600)),
		owner: filepath.Join(dir, ownerName),
	}
	ok, err := l.file.TryLock()
	if err != nil {
		return nil, explainFile(dir, err)
	}
	if !ok {
		return nil, &Error{
			Problem: ErrInUse, Path: dir, Detail: holder(l.owner),
			hint: "stop that process, or give this one a directory of its own with --data-dir, or none with --ephemeral",
		}
	}
	// A file of its own, because some systems let nobody read a locked file.
	text := fmt.Sprintf("process %d since %s", os.Getpid(), now.UTC().Format(time.RFC3339))
	if err := os.WriteFile(l.owner, []byte(text), 0o600); err != nil {
		return nil, errors.Join(explainFile(l.owner, err), l.file.Close())
	}
	return l, nil
}

// holder describes who has the directory.
func holder(path string) string {
	text, err := os.ReadFile(path)
	if err != nil || len(text) == 0 || len(text) > 200 || strings.ContainsFunc(string(text), func(r rune) bool { return r < ' ' }) {
		return "held by another process"
	}
	return "held by " + string(text)
}

// release gives the directory back. The lock file stays: removing it would let two
// processes lock two files of the same name.
func (l *dirLock) release() error {
	return errors.Join(os.Remove(l.owner), l.file.Close())
}
