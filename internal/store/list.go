package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// The queries of Contacts. The plus keeps the engine from sorting all ended contacts by the
// time of their end: they are wanted in the order of their start, in which they were added.
const (
	listContacts = `SELECT id, body FROM contacts WHERE n < CASE WHEN ?1 = '' THEN ?2
		ELSE ifnull((SELECT c.n FROM contacts c WHERE c.id = ?1), 0) END AND started < ?3 `
	newestContacts = `ORDER BY n DESC LIMIT ?4`
	listAll        = listContacts + newestContacts
	listActive     = listContacts + `AND ended IS NULL ` + newestContacts
	listEnded      = listContacts + `AND +ended IS NOT NULL ` + newestContacts
)

// Contacts returns contacts, the newest first.
func (s *Store) Contacts(ctx context.Context, q chat.ContactQuery) ([]chat.Contact, error) {
	text, limit := listAll, q.Limit
	switch {
	case q.Ended == nil:
	case *q.Ended:
		text = listEnded
	default:
		text = listActive
	}
	if limit <= 0 {
		limit = -1
	}
	before := int64(math.MaxInt64)
	if !q.Before.IsZero() {
		before = fromBound(q.Before) // the first millisecond that is not before it
	}
	var contacts []chat.Contact
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		return c.rows(ctx, text, []any{q.BeforeID, int64(math.MaxInt64), before, limit}, func(rows *sql.Rows) error {
			var id, body string
			if err := rows.Scan(&id, &body); err != nil {
				return err
			}
			contact, err := decodeContact(id, body)
			if err != nil {
				return err
			}
			contacts = append(contacts, *contact)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return contacts, nil
}

// ContactFiles returns the attachments of a contact or, without an id, of all contacts that
// have not ended, the oldest first.
func (s *Store) ContactFiles(ctx context.Context, contactID string) ([]transcript.File, error) {
	const choose = `SELECT f.id, f.body FROM contacts c CROSS JOIN files f ON f.contact = c.n WHERE `
	text, args := choose+`c.id = ?`, []any{contactID}
	if contactID == "" {
		text, args = choose+`c.ended IS NULL`, nil
	}
	var files []transcript.File
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		return c.rows(ctx, text, args, func(rows *sql.Rows) error {
			var id, body string
			if err := rows.Scan(&id, &body); err != nil {
				return err
			}
			file, err := decodeFile(id, body)
			if err != nil {
				return err
			}
			files = append(files, *file)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	sortFiles(files)
	return files, nil
}

// sortFiles puts the oldest first.
func sortFiles(files []transcript.File) {
	slices.SortFunc(files, func(a, b transcript.File) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
}
