// Package store keeps chats durably: contacts, transcripts, receipts, attachments and the
// key that tokens are signed with. It implements [chat.Store] over one SQLite database and
// keeps the bytes of attachments as files beside it.
//
// It knows no rule of a chat. What it promises: a change that was reported as stored is
// there after any end of the program, whole or not at all, and what cannot be stored is
// refused and never seen.
//
// Changes that arrive while another is being written to disk share the next transaction
// and the next flush. One connection writes, a few read; whoever uses a connection holds it
// alone. A [Store] is safe for concurrent use, and a directory belongs to one Store at a time.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the database driver, in Go

	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
)

var _ chat.Store = (*Store)(nil)

// Config is what a [Store] needs.
type Config struct {
	// Dir is the directory that holds everything; it is made when it is not there.
	// Required unless Ephemeral.
	Dir string
	// Ephemeral keeps everything in memory, and attachments in a temporary directory that
	// goes away with Close. Dir is ignored then.
	Ephemeral bool
	// Keep is how long ended contacts are kept; zero keeps them for ever. Active ones, and
	// those whose conversation an active one continues, are always kept.
	Keep time.Duration
	// Now is the time that Keep counts from; nil means time.Now.
	Now func() time.Time
	// Log is told what goes wrong while old contacts are removed; nil discards it.
	Log *slog.Logger
}

// Names within a data directory.
const (
	databaseName = "parley.db"
	lockName     = "parley.lock"
	ownerName    = "parley.pid"
	tallyName    = "parley.tally"
	blobsName    = "attachments"
)

// readers is how many connections read at the same time.
const readers = 4

// Store is an open data directory.
type Store struct {
	path  string // of the database
	db    *sql.DB
	write chan *session // holds the connection that writes while it is free
	read  chan *session // holds the connections that read and are free
	lock  *dirLock
	tally *tally
	blobs *blob.Dir
	temp  string // the attachments' directory, when it is temporary

	commits  int64 // how many transactions were committed; the writer's
	queue    chan *pending
	stop     chan struct{}
	running  sync.WaitGroup
	inflight sync.WaitGroup

	mu     sync.RWMutex
	closed bool

	keep time.Duration
	now  func() time.Time
	log  *slog.Logger
}

// Open opens a data directory, or a store in memory. What it finds wrong is an [*Error].
// Close ends it.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{
		queue: make(chan *pending, 1024), stop: make(chan struct{}),
		keep: cfg.Keep, now: cfg.Now, log: cfg.Log,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if cfg.Ephemeral {
		err = s.openMemory(ctx)
	} else {
		err = s.openDir(ctx, cfg.Dir)
	}
	if err != nil {
		if failed := s.release(); failed != nil {
			err = errors.Join(err, failed)
		}
		return nil, err
	}
	background := context.WithoutCancel(ctx)
	s.running.Go(func() { s.commitAll(background) })
	if !cfg.Ephemeral || cfg.Keep > 0 { // nothing was left by anybody, and nothing goes
		s.running.Go(func() { s.retainAll(background) })
	}
	return s, nil
}

// Close waits for the changes that were begun and gives the directory back. Later calls of
// any method answer [ErrClosed].
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.stop)
	s.inflight.Wait()
	close(s.queue)
	s.running.Wait()
	return s.release()
}

// begin keeps the store open until done is called.
func (s *Store) begin() (done func(), err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	s.inflight.Add(1)
	return s.inflight.Done, nil
}

// release gives back whatever was opened.
func (s *Store) release() error {
	var errs []error
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			errs = append(errs, fmt.Errorf("closing the database: %w", err))
		}
	}
	if s.blobs != nil {
		errs = append(errs, s.blobs.Close())
	}
	if s.temp != "" {
		errs = append(errs, os.RemoveAll(s.temp))
	}
	if s.tally != nil {
		errs = append(errs, s.tally.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}
