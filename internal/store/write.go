package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// step is a part of a change, with everything encoded that can be, to be made in a
// transaction.
type step func(ctx context.Context, c *session) error

// steps returns what makes the changes.
func steps(changes *chat.Changes) ([]step, error) {
	var list []step
	if changes.Contact != nil {
		s, err := putContact(changes.Contact, changes.ClientToken)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	for i := range changes.Items {
		s, err := putItem(&changes.Items[i])
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if changes.Mark != nil {
		list = append(list, putMark(*changes.Mark))
	}
	if changes.File != nil {
		s, err := putFile(changes.File)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	if !changes.Clock.IsZero() {
		list = append(list, putClock(changes.Clock))
	}
	if changes.FileRules != nil {
		s, err := putFileRules(changes.FileRules)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func putContact(contact *chat.Contact, clientToken string) (step, error) {
	body, err := encodeContact(contact)
	if err != nil {
		return nil, err
	}
	var ended sql.NullInt64
	if contact.HasEnded() {
		ended = sql.NullInt64{Int64: millis(contact.Ended), Valid: true}
	}
	args := []any{contact.ID, contact.ID, millis(contact.Started), ended, len(contact.Past), body}
	return func(ctx context.Context, c *session) error {
		_, err := c.run(ctx, `INSERT INTO contacts (id, initial, started, ended, past, body) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET initial = excluded.initial, started = excluded.started, ended = excluded.ended,
			past = excluded.past, body = excluded.body`, args...)
		if err != nil {
			return fmt.Errorf("storing contact %s: %w", args[0], err)
		}
		for s := contact.Latest; s != nil; s = s.Before {
			added, err := c.run(ctx, `INSERT OR IGNORE INTO successors (id, contact) VALUES (?, (SELECT n FROM contacts WHERE id = ?))`, s.ID, args[0])
			if err != nil {
				return fmt.Errorf("storing a contact that follows %s: %w", args[0], err)
			}
			if added == 0 { // it is known, and so are those before it
				break
			}
		}
		if clientToken == "" {
			return nil
		}
		// A token may be used again once the earlier start is too old to count.
		_, err = c.run(ctx, `INSERT OR REPLACE INTO starts (instance, token, contact, started)
			VALUES (?, ?, (SELECT n FROM contacts WHERE id = ?), ?)`, contact.InstanceID, clientToken, args[0], args[2])
		if err != nil {
			return fmt.Errorf("storing a client token: %w", err)
		}
		return nil
	}, nil
}

func putItem(item *transcript.Item) (step, error) {
	if item.Seq < 1 || item.Seq > math.MaxUint32 || item.ID == "" {
		return nil, errors.New("storing an item: it has no id or no place")
	}
	extra, err := encodeExtra(item)
	if err != nil {
		return nil, err
	}
	args := []any{
		item.InitialContactID, item.Seq, packID(item.ID), millis(item.Time), string(item.Type), item.ContentType,
		sql.NullString{String: item.Content, Valid: item.HasContent},
		optionalID(item.ParticipantID), optional(item.DisplayName),
		optional(string(item.Role)), optional(item.ClientToken), extra,
	}
	return func(ctx context.Context, c *session) error {
		_, err := c.run(ctx, `INSERT INTO items
			(n, id, time, type, content_type, content, participant, name, role, token, extra)
			VALUES (ifnull((SELECT n FROM contacts WHERE id = ?) << 32 | ?, -1), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, args...)
		if err == nil {
			return nil
		}
		if isConflict(err) {
			err = replaceItem(ctx, c, args, err)
		}
		if err != nil {
			return fmt.Errorf("storing item %d of contact %s: %w", args[1], args[0], err)
		}
		return nil
	}, nil
}

// replaceItem puts an item in the place of the one with its id. Without one, what was
// refused stays refused: another item has the place, or there is no such contact.
func replaceItem(ctx context.Context, c *session, args []any, refused error) error {
	contact, id, time := args[0], args[2], args[3]
	// The plus keeps the number's type out of the comparison, which the index needs.
	n, err := c.run(ctx, `UPDATE items SET time = ?, type = ?, content_type = ?, content = ?, participant = ?, name = ?,
		role = ?, token = ?, extra = ? WHERE n >> 32 = (SELECT +n FROM contacts WHERE id = ?) AND id = ?`,
		append(append([]any{}, args[3:]...), contact, id)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return refused
	}
	_, err = c.run(ctx, `UPDATE contacts SET revised = max(revised, ?) WHERE id = ?`, time, contact)
	return err
}

// putMark adds a mark unless an earlier one says as much: the first that reaches an item
// is the one that counts.
func putMark(mark chat.Mark) step {
	read := 0
	if mark.Read {
		read = 1
	}
	participant := packID(mark.ParticipantID)
	return func(ctx context.Context, c *session) error {
		n, err := c.number(ctx, `SELECT n FROM contacts WHERE id = ?`, mark.ContactID)
		if err != nil {
			return fmt.Errorf("storing a receipt of contact %s: %w", mark.ContactID, err)
		}
		_, err = c.run(ctx, `INSERT INTO marks (contact, participant, seq, at, read) SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS
			(SELECT 1 FROM marks WHERE contact = ?1 AND participant = ?2 AND seq >= ?3 AND read >= ?5)`,
			n, participant, mark.Seq, millis(mark.At), read)
		if err != nil {
			return fmt.Errorf("storing a receipt of contact %s: %w", mark.ContactID, err)
		}
		return nil
	}
}

func putFile(file *transcript.File) (step, error) {
	body, err := encodeFile(file)
	if err != nil {
		return nil, err
	}
	id, contact := file.ID, file.ContactID
	return func(ctx context.Context, c *session) error {
		_, err := c.run(ctx, `INSERT INTO files (id, contact, body) VALUES (?, (SELECT n FROM contacts WHERE id = ?), ?)
			ON CONFLICT (id) DO UPDATE SET contact = excluded.contact, body = excluded.body`, id, contact, body)
		if err != nil {
			return fmt.Errorf("storing attachment %s: %w", id, err)
		}
		return nil
	}, nil
}

// optionalID is packID with null for an empty id.
func optionalID(id string) any {
	if id == "" {
		return nil
	}
	return packID(id)
}
