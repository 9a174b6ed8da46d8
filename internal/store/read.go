package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// look lends a connection to f for reading.
func (s *Store) look(ctx context.Context, f func(context.Context, *session) error) error {
	end, err := s.begin()
	if err != nil {
		return err
	}
	defer end()
	c, free, err := take(ctx, s.read)
	if err != nil {
		return err
	}
	defer free()
	return s.explain(f(context.WithoutCancel(ctx), c))
}

// activePage is how many active contacts are read at a time.
const activePage = 256

// Active calls f with every contact that has not ended, the oldest first. f may use the
// store.
func (s *Store) Active(ctx context.Context, f func(chat.Loaded) error) error {
	for after := int64(0); ; {
		var page []chat.Loaded
		err := s.look(ctx, func(ctx context.Context, c *session) error {
			return c.rows(ctx, `SELECT c.n, c.id, c.body, c.revised,
				(SELECT i.n & 4294967295 FROM items i WHERE i.n > c.n << 32 AND i.n < (c.n + 1) << 32 ORDER BY i.n DESC LIMIT 1),
				(SELECT i.time FROM items i WHERE i.n > c.n << 32 AND i.n < (c.n + 1) << 32 ORDER BY i.n DESC LIMIT 1)
				FROM contacts c WHERE c.ended IS NULL AND c.n > ? ORDER BY c.n LIMIT ?`, []any{after, activePage},
				func(rows *sql.Rows) error {
					loaded, err := scanActive(rows, &after)
					page = append(page, loaded)
					return err
				})
		})
		if err != nil {
			return err
		}
		for _, loaded := range page {
			if err := f(loaded); err != nil {
				return err
			}
		}
		if len(page) < activePage {
			return nil
		}
	}
}

func scanActive(rows *sql.Rows, n *int64) (chat.Loaded, error) {
	var id, body string
	var revised int64
	var seq, last sql.NullInt64
	if err := rows.Scan(n, &id, &body, &revised, &seq, &last); err != nil {
		return chat.Loaded{}, err
	}
	contact, err := decodeContact(id, body)
	loaded := chat.Loaded{Contact: contact, LastSeq: seq.Int64}
	if last.Valid {
		loaded.LastTime = fromMillis(max(last.Int64, revised))
	}
	return loaded, err
}

// Contact returns a chat by the id of any of its contacts, ended ones too, or ErrNotFound.
func (s *Store) Contact(ctx context.Context, id string) (*chat.Contact, error) {
	return s.contact(ctx, `SELECT id, body FROM contacts WHERE id = ?1 OR n = (SELECT contact FROM successors WHERE id = ?1)`, id)
}

// StartedBy returns the contact that was started with a client token since a time, or
// ErrNotFound.
func (s *Store) StartedBy(ctx context.Context, instanceID, clientToken string, since time.Time) (*chat.Contact, error) {
	return s.contact(ctx, `SELECT c.id, c.body FROM starts s JOIN contacts c ON c.n = s.contact
		WHERE s.instance = ? AND s.token = ? AND s.started >= ?`, instanceID, clientToken, fromBound(since))
}

func (s *Store) contact(ctx context.Context, query string, args ...any) (*chat.Contact, error) {
	var contact *chat.Contact
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		var id, body string
		err := c.row(ctx, query, args, &id, &body)
		if err != nil {
			return err
		}
		contact, err = decodeContact(id, body)
		return err
	})
	return contact, err
}

// The columns of an item, and which items a query chooses.
const (
	chooseItems = `SELECT i.n & 4294967295, i.id, i.time, i.type, i.content_type, i.content, i.participant, i.name,
		i.role, i.token, i.extra FROM contacts c CROSS JOIN items i
		WHERE c.id = ? AND i.n > (c.n << 32) + ? AND i.n < (c.n << 32) + ? AND i.time >= ? AND i.time <= ? ORDER BY i.n `
	oldestFirst = chooseItems + `ASC LIMIT ?`
	newestFirst = chooseItems + `DESC LIMIT ?`
)

// Items returns items of one contact: those with After < Seq < Before, at most Limit (zero:
// all), the oldest of them first or, with Newest, the newest first.
func (s *Store) Items(ctx context.Context, q chat.ItemQuery) ([]transcript.Item, error) {
	text := oldestFirst
	if q.Newest {
		text = newestFirst
	}
	before, limit := q.Before, q.Limit
	if before == 0 {
		before = afterAll
	}
	if limit == 0 {
		limit = -1
	}
	args := []any{q.ContactID, clampSeq(q.After), clampSeq(before), fromBound(q.From), toBound(q.To), limit}
	var items []transcript.Item
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		return c.rows(ctx, text, args, func(rows *sql.Rows) error {
			item, err := scanItem(rows, q.ContactID)
			items = append(items, item)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// afterAll is above the place of every item.
const afterAll = 1 << 32

// clampSeq keeps a bound within the places that a contact has, so that it cannot reach
// into the next contact.
func clampSeq(seq int64) int64 { return min(max(0, seq), afterAll) }

// scanItem reads the row of an item.
func scanItem(row *sql.Rows, contactID string) (transcript.Item, error) {
	item := transcript.Item{ContactID: contactID, InitialContactID: contactID}
	var id, participant any
	var ms int64
	var kind string
	var content, name, role, token, extra sql.NullString
	err := row.Scan(&item.Seq, &id, &ms, &kind, &item.ContentType, &content, &participant, &name, &role,
		&token, &extra)
	if err != nil {
		return item, err
	}
	item.Time, item.Type, item.Role = fromMillis(ms), transcript.ItemType(kind), transcript.Role(role.String)
	item.Content, item.HasContent = content.String, content.Valid
	item.DisplayName, item.ClientToken = name.String, token.String
	if item.ID, err = unpackID(id); err != nil {
		return item, err
	}
	if item.ParticipantID, err = unpackID(participant); err != nil {
		return item, err
	}
	if extra.Valid {
		err = decodeExtra(extra.String, &item)
	}
	return item, err
}

// Find returns the sequence number of an item of a contact, or ErrNotFound.
func (s *Store) Find(ctx context.Context, contactID, itemID string) (int64, error) {
	var seq int64
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		return c.row(ctx, `SELECT i.n & 4294967295 FROM contacts c CROSS JOIN items i
			WHERE c.id = ? AND i.n >> 32 = +c.n AND i.id = ?`,
			[]any{contactID, packID(itemID)}, &seq)
	})
	return seq, err
}

// Marks returns how far the participants of a contact have received and read, in the order
// the marks were set; those that said nothing new are left out.
func (s *Store) Marks(ctx context.Context, contactID string) ([]chat.Mark, error) {
	var marks []chat.Mark
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		return c.rows(ctx, `SELECT m.participant, m.seq, m.at, m.read FROM contacts c JOIN marks m ON m.contact = c.n
			WHERE c.id = ? ORDER BY m.n`, []any{contactID}, func(rows *sql.Rows) error {
			m := chat.Mark{ContactID: contactID}
			var participant any
			var at int64
			if err := rows.Scan(&participant, &m.Seq, &at, &m.Read); err != nil {
				return err
			}
			var err error
			m.At = fromMillis(at)
			m.ParticipantID, err = unpackID(participant)
			marks = append(marks, m)
			return err
		})
	})
	return marks, err
}

// File returns an attachment by id, or ErrNotFound.
func (s *Store) File(ctx context.Context, id string) (*transcript.File, error) {
	var file *transcript.File
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		var body string
		err := c.row(ctx, `SELECT body FROM files WHERE id = ?`, []any{id}, &body)
		if err != nil {
			return err
		}
		file, err = decodeFile(id, body)
		return err
	})
	return file, err
}

// Files returns how many attachments a contact has.
func (s *Store) Files(ctx context.Context, contactID string) (int, error) {
	var n int
	err := s.look(ctx, func(ctx context.Context, c *session) error {
		return c.row(ctx, `SELECT count(*) FROM contacts c JOIN files f ON f.contact = c.n WHERE c.id = ?`, []any{contactID}, &n)
	})
	return n, err
}
