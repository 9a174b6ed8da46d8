package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/parley-chat/parley/internal/blob"
)

// openMemory opens a store that is gone with the process. One connection reads and writes:
// a database in memory belongs to its connection.
func (s *Store) openMemory(ctx context.Context) error {
	s.path = ":memory:"
	s.blobs = blob.OnDemand(func() (path string, err error) {
		if s.temp == "" { // the attempt before this one may have failed behind it
			s.temp, err = os.MkdirTemp("", "parley-attachments-")
		}
		return s.temp, err
	}, func(err error) error { return explainFile(os.TempDir(), err) })
	var err error
	if s.db, err = sql.Open("sqlite", ":memory:"); err != nil {
		return fmt.Errorf("opening a database in memory: %w", err)
	}
	only, err := newSession(ctx, s.db)
	if err != nil {
		return err
	}
	s.write = make(chan *session, 1)
	s.write <- only
	s.read = s.write
	return s.migrate(ctx, only)
}

// openDir opens the store in a directory.
func (s *Store) openDir(ctx context.Context, dir string) error {
	if dir == "" {
		return errors.New("a store needs a directory")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("finding the data directory: %w", err)
	}
	s.path = filepath.Join(dir, databaseName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return explainFile(dir, err)
	}
	if s.lock, err = lockDir(dir, s.now()); err != nil {
		return err
	}
	isNew, err := inspect(s.path)
	if err != nil {
		return err
	}
	if s.tally, err = openTally(filepath.Join(dir, tallyName)); err != nil {
		return err
	}
	if isNew && s.tally.value > 0 {
		return s.missing(0)
	}
	if err := s.openDatabase(ctx, isNew); err != nil {
		return s.suspect(ctx, s.explain(err))
	}
	if s.commits < s.tally.value {
		return s.missing(s.commits)
	}
	if s.blobs, err = openBlobs(filepath.Join(dir, blobsName)); err != nil {
		return err
	}
	return nil
}

func (s *Store) openDatabase(ctx context.Context, isNew bool) error {
	var err error
	if s.db, err = sql.Open("sqlite", address(s.path)); err != nil {
		return err
	}
	writer, err := newSession(ctx, s.db)
	if err != nil {
		return err
	}
	if isNew { // before the database has a write-ahead log, so that the file itself says whose it is
		if err := writer.exec(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	if err := writer.exec(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	// A change is durable when its COMMIT returns, not when the system finds time.
	if err := writer.exec(ctx, "PRAGMA synchronous = FULL"); err != nil {
		return err
	}
	// The log is moved into the file every 32 MB, which a restart can read through in no time,
	// and shrinks again after a burst.
	if err := writer.exec(ctx, "PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864"); err != nil {
		return err
	}
	s.write = make(chan *session, 1)
	s.write <- writer
	if err := s.migrate(ctx, writer); err != nil {
		return err
	}
	if s.commits, err = writer.number(ctx, "SELECT commits FROM ledger"); err != nil {
		return err
	}
	s.read = make(chan *session, readers)
	for range readers {
		reader, err := newSession(ctx, s.db)
		if err != nil {
			return err
		}
		if err := reader.exec(ctx, "PRAGMA query_only = ON"); err != nil {
			return err
		}
		s.read <- reader
	}
	return nil
}

// address is the driver's name of a database file.
func address(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // a drive letter
		path = "/" + path
	}
	pragmas := url.Values{"_pragma": {"busy_timeout(5000)", "cache_size(-2000)", "temp_store(2)"}}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + pragmas.Encode()
}

// missing says that the database lacks transactions that were acknowledged.
func (s *Store) missing(have int64) error {
	detail := fmt.Sprintf("it holds %d of %d acknowledged transactions", have, s.tally.value)
	e := damaged(s.path, detail, nil)
	e.hint = fmt.Sprintf("the file or its log was cut, removed or replaced by an older copy; nothing was deleted. "+
		"To go on without the missing chats remove %s, %s", s.tally.path, elsewhere)
	return e
}

// suspect adds what an integrity check says to an error about a damaged database.
func (s *Store) suspect(ctx context.Context, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || !errors.Is(err, ErrDamaged) || s.db == nil {
		return err
	}
	var found string
	if s.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found) == nil && found != "ok" {
		e.Detail = found
	}
	return e
}
