package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// LimitPages makes the database full at so many pages; zero lets it grow again.
func (s *Store) LimitPages(ctx context.Context, pages int64) error {
	c := <-s.write
	defer func() { s.write <- c }()
	if pages == 0 {
		pages = 1 << 30
	}
	_, err := c.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	return err
}

// Pages returns how many pages the database has.
func (s *Store) Pages(ctx context.Context) (int64, error) {
	c := <-s.write
	defer func() { s.write <- c }()
	return c.number(ctx, "PRAGMA page_count")
}

// Exec runs statements on the database, as another program could.
func (s *Store) Exec(ctx context.Context, statements string) error {
	c := <-s.write
	defer func() { s.write <- c }()
	return c.exec(ctx, statements)
}

// Retain removes what is old now.
func (s *Store) Retain(ctx context.Context) error { return s.retain(ctx) }

// Count returns how many rows a table has.
func (s *Store) Count(ctx context.Context, table string) (n int64, err error) {
	err = s.look(ctx, func(ctx context.Context, c *session) error {
		n, err = c.number(ctx, "SELECT count(*) FROM "+table)
		return err
	})
	return n, err
}

// Plans returns how the engine carries out the queries that are made often.
func (s *Store) Plans(ctx context.Context) (plans []string, err error) {
	err = s.look(ctx, func(ctx context.Context, c *session) error {
		for text := range c.prepared {
			if verb, _, _ := strings.Cut(text, " "); !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE"}, verb) {
				continue
			}
			rows, err := c.conn.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
			if err != nil {
				return err
			}
			for rows.Next() {
				var a, b, n any
				var detail string
				if err := rows.Scan(&a, &b, &n, &detail); err != nil {
					return err
				}
				plans = append(plans, detail)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		return nil
	})
	return plans, err
}

// The records, for fuzzing.
func EncodeContact(c *chat.Contact) (string, error) { return encodeContact(c) }

func DecodeContact(id, body string) (*chat.Contact, error) { return decodeContact(id, body) }

func DecodeFile(id, body string) (*transcript.File, error) { return decodeFile(id, body) }
func EncodeFile(f *transcript.File) (string, error)        { return encodeFile(f) }
func DecodeExtra(text string, item *transcript.Item) error { return decodeExtra(text, item) }
func PackID(id string) any                                 { return packID(id) }
func UnpackID(value any) (string, error)                   { return unpackID(value) }
func EncodeExtra(item *transcript.Item) (string, error) {
	text, err := encodeExtra(item)
	return text.String, err
}
