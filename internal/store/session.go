package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/internal/chat"
)

// session is a connection to the database with its prepared statements. One goroutine uses
// it at a time.
type session struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

func newSession(ctx context.Context, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	return &session{conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

// exec runs statements once. They are constants of this package or hold only numbers.
func (c *session) exec(ctx context.Context, statements string) error {
	_, err := c.conn.ExecContext(ctx, statements)
	return err
}

// statement returns a statement, prepared the first time.
func (c *session) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := c.prepared[text]; ok {
		return s, nil
	}
	s, err := c.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("preparing a statement: %w", err)
	}
	c.prepared[text] = s
	return s, nil
}

// run runs a prepared statement and returns how many rows it changed.
func (c *session) run(ctx context.Context, text string, args ...any) (int64, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row reads one row into dest; none is [chat.ErrNotFound].
func (c *session) row(ctx context.Context, text string, args []any, dest ...any) error {
	s, err := c.statement(ctx, text)
	if err != nil {
		return err
	}
	err = s.QueryRowContext(ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.ErrNotFound
	}
	return err
}

// rows calls f for every row.
func (c *session) rows(ctx context.Context, text string, args []any, f func(*sql.Rows) error) error {
	s, err := c.statement(ctx, text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(rows); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// number reads one number.
func (c *session) number(ctx context.Context, text string, args ...any) (int64, error) {
	var n int64
	err := c.row(ctx, text, args, &n)
	return n, err
}

// transact runs f in a transaction. When f or the commit fails nothing has changed.
func (c *session) transact(ctx context.Context, f func() error) error {
	if _, err := c.run(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := f()
	if err == nil {
		_, err = c.run(ctx, "COMMIT")
	}
	if err != nil {
		// Some failures have rolled back already; then there is nothing to do.
		_, _ = c.run(ctx, "ROLLBACK")
	}
	return err
}

// take waits for a free connection of a pool and returns how to give it back. Reading is
// not given up halfway when the caller goes away: it takes less than a millisecond, and
// interrupting it would cost more.
func take(ctx context.Context, pool chan *session) (*session, func(), error) {
	select {
	case c := <-pool:
		return c, func() { pool <- c }, nil
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("waiting for the database: %w", context.Cause(ctx))
	}
}
