package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/parley-chat/parley/internal/chat"
)

// Problems with a data directory, to be told apart with [errors.Is].
var (
	// ErrInUse says that another process has the directory.
	ErrInUse = errors.New("the data directory is in use")
	// ErrForeign says that a file is not Parley's.
	ErrForeign = errors.New("the file is not a store of Parley's")
	// ErrNewer says that a newer program has written the store.
	ErrNewer = errors.New("the store was written by a newer version of Parley")
	// ErrDamaged says that the store is broken, or lacks what was acknowledged.
	ErrDamaged = errors.New("the store is damaged")
	// ErrReadOnly says that the directory or a file in it cannot be written.
	ErrReadOnly = errors.New("the data directory cannot be written")
	// ErrFull says that there is no room left; what was stored before is still there.
	ErrFull = chat.ErrDiskFull
	// ErrDisk says that the disk failed; what was stored before is still there.
	ErrDisk = errors.New("the disk failed")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("the store is closed")
)

// Error is a problem with a data directory, and what to do about it.
type Error struct {
	// Problem is one of the sentinel errors.
	Problem error
	// Path is the directory or file at fault.
	Path string
	// Detail says more, as the end of a sentence; it may be empty.
	Detail string
	// Cause is the underlying error; it may be nil.
	Cause error
	hint  string
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("%v: %s", e.Problem, e.Path)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Hint says what to do next.
func (e *Error) Hint() string { return e.hint }

// Unwrap gives the problem and the cause to [errors.Is].
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Problem}
	}
	return []error{e.Problem, e.Cause}
}

// elsewhere ends the hints that are about a directory that cannot be used.
const elsewhere = "or choose another directory with --data-dir, or keep nothing with --ephemeral"

func damaged(path, detail string, cause error) *Error {
	return &Error{
		Problem: ErrDamaged, Path: path, Detail: detail, Cause: cause,
		hint: "nothing was deleted; keep a copy of the directory and put a backup in its place, " + elsewhere,
	}
}

func readOnly(path string, cause error) *Error {
	return &Error{
		Problem: ErrReadOnly, Path: path, Cause: cause,
		hint: "give the user that runs parley the right to write there, " + elsewhere,
	}
}

// explainFile names the known problems among errors of the file system.
func explainFile(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return readOnly(path, err)
	case errors.Is(err, syscall.ENOSPC):
		return full(path, err)
	}
	return fmt.Errorf("opening the data directory: %w", err)
}

func full(path string, cause error) *Error {
	return &Error{
		Problem: ErrFull, Path: path, Cause: cause,
		hint: "make room on the disk, remove old chats with --keep, or choose another directory with --data-dir",
	}
}

// explain names the known problems among errors of the database.
func (s *Store) explain(err error) error {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged(s.path, "", err)
	case sqlite3.SQLITE_FULL:
		return full(s.path, err)
	case sqlite3.SQLITE_IOERR:
		return &Error{
			Problem: ErrDisk, Path: s.path, Cause: err,
			hint: "look for errors of the disk in the system's log, and whether a limit on file sizes is set, " + elsewhere,
		}
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return readOnly(s.path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return &Error{
			Problem: ErrInUse, Path: s.path, Detail: "another program holds the database", Cause: err,
			hint: "close the program that has the database open, " + elsewhere,
		}
	}
	return err
}

// isConflict reports whether a statement failed because it would break a constraint.
func isConflict(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	return ok && failure.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}
