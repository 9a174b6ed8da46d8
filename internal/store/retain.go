package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Retention works in small transactions, so that chats go on between them.
const (
	retainEvery    = time.Hour
	retainContacts = 50
	retainItems    = 1000
)

// retainAll removes what is old, at once and every hour, until the store is closed.
func (s *Store) retainAll(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ticker := time.NewTicker(retainEvery)
	defer ticker.Stop()
	for {
		if err := s.retain(ctx); err != nil && !errors.Is(err, ErrClosed) {
			s.log.ErrorContext(ctx, "removing old chats failed", "error", err)
		}
		select {
		case <-ticker.C:
		case <-s.stop:
			return
		}
	}
}

// retain finishes what an earlier run began, removes the contacts that ended too long ago
// and the blobs that nobody knows any more.
func (s *Store) retain(ctx context.Context) error {
	if err := s.bury(ctx); err != nil {
		return err
	}
	if s.keep > 0 {
		r := &retention{cutoff: millis(s.now().Add(-s.keep))}
		for more := true; more; {
			var files []string
			err := s.change(ctx, func(c *session) (err error) {
				more, files, err = r.remove(ctx, c)
				return err
			})
			if err != nil {
				return err
			}
			if err := s.deleteBlobs(files); err != nil {
				return err
			}
			if err := s.bury(ctx); err != nil {
				return err
			}
		}
	}
	return s.sweep(ctx)
}

// change lends the writing connection to f for one transaction, unless the store is closed.
func (s *Store) change(ctx context.Context, f func(*session) error) error {
	end, err := s.begin()
	if err != nil {
		return err
	}
	defer end()
	c := <-s.write
	defer func() { s.write <- c }()
	return s.commit(ctx, c, func() error { return f(c) })
}

// retention is one pass over the ended contacts, in the order they ended.
type retention struct {
	cutoff   int64
	ended, n int64 // the last one looked at
}

// remove takes some old contacts out of sight; their items follow. It returns the
// attachments that went with them.
func (r *retention) remove(ctx context.Context, c *session) (more bool, files []string, err error) {
	kept, err := continued(ctx, c)
	if err != nil {
		return false, nil, err
	}
	doomed := map[int64]bool{}
	err = c.rows(ctx, `SELECT n, id, ended FROM contacts WHERE ended < ? AND (ended, n) > (?, ?) ORDER BY ended, n LIMIT ?`,
		[]any{r.cutoff, r.ended, r.n, retainContacts}, func(rows *sql.Rows) error {
			var id string
			more = true
			if err := rows.Scan(&r.n, &id, &r.ended); err != nil {
				return err
			}
			if !kept[id] {
				doomed[r.n] = true
			}
			return nil
		})
	for _, n := range slices.Sorted(maps.Keys(doomed)) {
		if err != nil {
			break
		}
		err = errors.Join(
			c.rows(ctx, `SELECT id FROM files WHERE contact = ?`, []any{n}, func(rows *sql.Rows) error {
				var id string
				err := rows.Scan(&id)
				files = append(files, id)
				return err
			}),
			forget(ctx, c, n))
	}
	return more, files, err
}

// forget removes everything of a contact but its items.
func forget(ctx context.Context, c *session, n int64) error {
	for _, text := range []string{
		`INSERT OR IGNORE INTO doomed (contact) VALUES (?)`, `DELETE FROM contacts WHERE n = ?`,
		`DELETE FROM starts WHERE contact = ?`, `DELETE FROM successors WHERE contact = ?`, `DELETE FROM marks WHERE contact = ?`, `DELETE FROM files WHERE contact = ?`,
	} {
		if _, err := c.run(ctx, text, n); err != nil {
			return fmt.Errorf("removing an old contact: %w", err)
		}
	}
	return nil
}

// continued returns the chats whose conversation an active one continues, from whichever of their
// contacts. They are looked up each time, because a contact can begin to continue another at any time.
func continued(ctx context.Context, c *session) (map[string]bool, error) {
	kept := map[string]bool{}
	err := c.rows(ctx, `SELECT body FROM contacts WHERE ended IS NULL AND past > 0`, nil, func(rows *sql.Rows) error {
		var body string
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var contact struct {
			Past []string `json:"past"`
		}
		if err := json.Unmarshal([]byte(body), &contact); err != nil {
			return fmt.Errorf("reading a contact: %w", err)
		}
		for _, id := range contact.Past {
			kept[id] = true
		}
		return nil
	})
	if err != nil || len(kept) == 0 {
		return kept, err
	}
	err = c.rows(ctx, `SELECT s.id, c.id FROM successors s JOIN contacts c ON c.n = s.contact`, nil, func(rows *sql.Rows) error {
		var id, first string
		err := rows.Scan(&id, &first)
		if kept[id] {
			kept[first] = true
		}
		return err
	})
	return kept, err
}

// bury deletes the items of contacts that were removed.
func (s *Store) bury(ctx context.Context) error {
	for {
		var n int64
		err := s.look(ctx, func(ctx context.Context, c *session) (err error) {
			n, err = c.number(ctx, `SELECT ifnull(min(contact), 0) FROM doomed`)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		err = s.change(ctx, func(c *session) error {
			deleted, err := c.run(ctx, `DELETE FROM items WHERE n IN
				(SELECT n FROM items WHERE n > ?1 << 32 AND n < (?1 + 1) << 32 ORDER BY n LIMIT ?2)`, n, retainItems)
			if err != nil || deleted == retainItems {
				return err
			}
			_, err = c.run(ctx, `DELETE FROM doomed WHERE contact = ?`, n)
			return err
		})
		if err != nil {
			return err
		}
	}
}

// sweep deletes blobs without an attachment: those of contacts that were removed when the
// program ended before it came to them.
func (s *Store) sweep(ctx context.Context) error {
	return s.blobs.IDs(func(names []string) error {
		var orphans []string
		err := s.look(ctx, func(ctx context.Context, c *session) error {
			for _, name := range names {
				known, err := c.number(ctx, `SELECT count(*) FROM files WHERE id = ?`, name)
				if err != nil {
					return err
				}
				if known == 0 {
					orphans = append(orphans, name)
				}
			}
			return nil
		})
		return errors.Join(err, s.deleteBlobs(orphans))
	})
}

func (s *Store) deleteBlobs(ids []string) error {
	var errs []error
	for _, id := range ids {
		errs = append(errs, s.blobs.Delete(id))
	}
	return errors.Join(errs...)
}
