package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// Clock implements [chat.Store].
func (s *Store) Clock(ctx context.Context) (at time.Time, err error) {
	err = s.look(ctx, func(ctx context.Context, c *session) error {
		var value int64
		err := c.row(ctx, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'clock'", nil, &value)
		if errors.Is(err, chat.ErrNotFound) {
			return nil
		}
		at = fromMillis(value)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the time: %w", err)
	}
	return at, nil
}

// putClock keeps a time, in decimal digits.
func putClock(at time.Time) step {
	return func(ctx context.Context, c *session) error {
		_, err := c.run(ctx, `INSERT INTO meta (name, value) VALUES ('clock', CAST(CAST(? AS TEXT) AS BLOB))
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, millis(at))
		if err != nil {
			return fmt.Errorf("storing the time: %w", err)
		}
		return nil
	}
}
