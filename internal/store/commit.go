package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/internal/chat"
)

// pending is a change on its way to the disk.
type pending struct {
	steps []step
	done  chan error // has room for the result
}

// largestBatch bounds how many changes share a transaction.
const largestBatch = 256

// Commit makes changes durable, all or none. It waits for its turn as long as ctx lasts;
// once the change is being written its result is waited for. Errors: [*Error], ErrClosed,
// and others for changes that do not fit what is stored.
func (s *Store) Commit(ctx context.Context, changes chat.Changes) error {
	list, err := steps(&changes)
	if err != nil || len(list) == 0 {
		return err
	}
	return s.enqueue(ctx, list)
}

// enqueue makes steps durable, all or none, as [Store.Commit] describes.
func (s *Store) enqueue(ctx context.Context, list []step) error {
	end, err := s.begin()
	if err != nil {
		return err
	}
	defer end()
	p := &pending{steps: list, done: make(chan error, 1)}
	select {
	case s.queue <- p:
		return <-p.done
	case <-ctx.Done():
		return fmt.Errorf("waiting to store a change: %w", context.Cause(ctx))
	}
}

// commitAll writes what is queued, as much at a time as has come, until the queue is closed.
func (s *Store) commitAll(ctx context.Context) {
	for first := range s.queue {
		batch := []*pending{first}
		for more := true; more && len(batch) < largestBatch; {
			select {
			case next, ok := <-s.queue:
				if more = ok; ok {
					batch = append(batch, next)
				}
			default:
				more = false
			}
		}
		s.commitBatch(ctx, batch)
	}
}

// commitBatch writes changes in one transaction. One that cannot be made fails alone; a
// transaction that cannot be committed fails for all.
func (s *Store) commitBatch(ctx context.Context, batch []*pending) {
	c := <-s.write
	defer func() { s.write <- c }()
	for len(batch) > 0 {
		failed := -1
		err := s.commit(ctx, c, func() error {
			for i, p := range batch {
				for _, f := range p.steps {
					if err := f(ctx, c); err != nil {
						failed = i
						return err
					}
				}
			}
			return nil
		})
		if failed < 0 {
			for _, p := range batch {
				p.done <- err
			}
			return
		}
		batch[failed].done <- err
		batch = slices.Delete(batch, failed, failed+1)
	}
}

// commit runs f in a transaction that counts, and notes once it is durable that it can be
// acknowledged.
func (s *Store) commit(ctx context.Context, c *session, f func() error) error {
	err := c.transact(ctx, func() error {
		if err := f(); err != nil {
			return err
		}
		if s.tally == nil {
			return nil
		}
		_, err := c.run(ctx, "UPDATE ledger SET commits = ?", s.commits+1)
		return err
	})
	if err != nil {
		return s.explain(err)
	}
	s.commits++
	if s.tally != nil {
		if err := s.tally.set(s.commits); err != nil { // the change is durable all the same
			s.log.WarnContext(ctx, "counting a transaction failed", "error", err)
		}
	}
	return nil
}

// Key returns the key tokens are signed with, making it with generate the first time.
func (s *Store) Key(ctx context.Context, generate func() []byte) ([]byte, error) {
	end, err := s.begin()
	if err != nil {
		return nil, err
	}
	defer end()
	c, free, err := take(ctx, s.write)
	if err != nil {
		return nil, err
	}
	defer free()
	ctx = context.WithoutCancel(ctx)
	var key []byte
	err = c.row(ctx, "SELECT value FROM meta WHERE name = 'key'", nil, &key)
	if !errors.Is(err, chat.ErrNotFound) {
		return key, s.explain(err)
	}
	key = generate()
	err = s.commit(ctx, c, func() error {
		_, err := c.run(ctx, "INSERT INTO meta (name, value) VALUES ('key', ?)", key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("storing the signing key: %w", err)
	}
	return key, nil
}
