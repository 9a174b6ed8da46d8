package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Documents returns the documents of a kind, by id. What they hold is known to whoever put them
// there.
func (s *Store) Documents(ctx context.Context, kind string) (map[string][]byte, error) {
	found := map[string][]byte{}
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		return c.rows(ctx, `SELECT id, body FROM documents WHERE kind = ?`, []any{kind}, func(rows *sql.Rows) error {
			var id, body string
			if err := rows.Scan(&id, &body); err != nil {
				return err
			}
			found[id] = []byte(body)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is kept as %s: %w", kind, err)
	}
	return found, nil
}

// PutDocument keeps a document in the place of the one with its kind and id. Without a body that one
// is removed. When it returns nil the change survives any end of the program; errors are those of
// [Store.Commit].
func (s *Store) PutDocument(ctx context.Context, kind, id string, body []byte) error {
	return s.enqueue(ctx, []step{func(ctx context.Context, c *session) error {
		var err error
		if body == nil {
			_, err = c.run(ctx, `DELETE FROM documents WHERE kind = ? AND id = ?`, kind, id)
		} else {
			_, err = c.run(ctx, `INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)
				ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body`, kind, id, string(body))
		}
		if err != nil {
			return fmt.Errorf("keeping %s %s: %w", kind, id, err)
		}
		return nil
	}})
}
