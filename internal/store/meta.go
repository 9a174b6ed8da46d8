package store

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/internal/chat"
)

// meta returns the value that is kept under a name for the store as a whole; nil for none.
func (s *Store) meta(ctx context.Context, name string) (value []byte, err error) {
	err = s.look(ctx, func(ctx context.Context, c *session) error {
		err := c.row(ctx, "SELECT value FROM meta WHERE name = ?", []any{name}, &value)
		if errors.Is(err, chat.ErrNotFound) {
			return nil
		}
		return err
	})
	return value, err
}

// putMeta keeps a value in the place of the one under its name.
func putMeta(name string, value []byte) step {
	return func(ctx context.Context, c *session) error {
		_, err := c.run(ctx, `INSERT INTO meta (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
		return err
	}
}
