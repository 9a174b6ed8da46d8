package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

var _ chat.Store = (*Memory)(nil)

// Memory keeps chats as plain values for as long as it is reachable, for tests of a few chats that nobody
// reads again: there is no database to open, nothing is encoded, and nothing has to be closed. It answers
// as a [Store] does, and goes through a list where that has an index. The zero value is empty. It is safe
// for concurrent use. It keeps what it is given, and returns copies.
type Memory struct {
	mu    sync.RWMutex
	key   []byte
	clock time.Time
	rules []chat.FileRules
	// chats are found by the first contact of each, followers by those that came after it; order is that in
	// which they were added.
	chats, followers map[string]*kept
	order            []*kept
	starts           map[startedWith]startedAt
	files            map[string]transcript.File
}

// kept is a chat. Its items have the order of their places; revised is the newest time of one that replaced
// another. Its lists grow behind their ends only, so that a copy of it stays as it is; contact and items are
// not changed in place.
type kept struct {
	contact *chat.Contact
	items   []*transcript.Item
	revised time.Time
	marks   []chat.Mark
}

// startedWith is what a chat was started with, and startedAt which one it was, at which millisecond.
type (
	startedWith struct{ instance, token string }
	startedAt   struct {
		chat *kept
		ms   int64
	}
)

// Key implements [chat.Store].
func (m *Memory) Key(_ context.Context, generate func() []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.key == nil {
		m.key = generate()
	}
	return slices.Clone(m.key), nil
}

// Commit implements [chat.Store].
func (m *Memory) Commit(_ context.Context, changes chat.Changes) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := draft{of: m}
	if c := changes.Contact; c != nil {
		d.contact(c)
	}
	for i := range changes.Items {
		item := &changes.Items[i]
		k, err := d.chat(item.InitialContactID)
		if err == nil {
			err = k.put(item)
		}
		if err != nil {
			return fmt.Errorf("storing item %d of contact %s: %w", item.Seq, item.InitialContactID, err)
		}
	}
	if mark := changes.Mark; mark != nil {
		k, err := d.chat(mark.ContactID)
		if err != nil {
			return fmt.Errorf("storing a receipt of contact %s: %w", mark.ContactID, err)
		}
		k.mark(*mark)
	}
	if file := changes.File; file != nil {
		if _, err := d.chat(file.ContactID); err != nil {
			return fmt.Errorf("storing attachment %s: %w", file.ID, err)
		}
	}
	d.keep(&changes)
	return nil
}

// draft is a change that may still be refused: the chats that it is about, as they will be.
type draft struct {
	of    *Memory
	drawn []drawn
}

type drawn struct {
	from *kept
	to   kept
}

// chat is a chat for changing, until another one is asked for.
func (d *draft) chat(id string) (*kept, error) {
	for i := range d.drawn {
		if k := &d.drawn[i].to; k.contact.ID == id {
			return k, nil
		}
	}
	k := d.of.chats[id]
	if k == nil {
		return nil, chat.ErrNotFound
	}
	d.drawn = append(d.drawn, drawn{k, *k})
	return &d.drawn[len(d.drawn)-1].to, nil
}

// contact writes a contact, which may be new.
func (d *draft) contact(c *chat.Contact) {
	if k, err := d.chat(c.ID); err == nil {
		k.contact = c
		return
	}
	d.drawn = append(d.drawn, drawn{&kept{}, kept{contact: c}})
}

// keep makes the change.
func (d *draft) keep(changes *chat.Changes) {
	m := d.of
	if m.chats == nil {
		m.chats, m.followers = map[string]*kept{}, map[string]*kept{}
		m.starts, m.files = map[startedWith]startedAt{}, map[string]transcript.File{}
	}
	for i := range d.drawn {
		*d.drawn[i].from = d.drawn[i].to
	}
	if c := changes.Contact; c != nil {
		k := d.drawn[0].from
		if m.chats[c.ID] == nil {
			m.chats[c.ID], m.order = k, append(m.order, k)
		}
		for s := c.Latest; s != nil && m.followers[s.ID] == nil; s = s.Before {
			m.followers[s.ID] = k
		}
		if changes.ClientToken != "" { // which may be used again once the earlier start is too old to count
			m.starts[startedWith{c.InstanceID, changes.ClientToken}] = startedAt{k, millis(c.Started)}
		}
	}
	if changes.File != nil {
		m.files[changes.File.ID] = *changes.File
	}
	if !changes.Clock.IsZero() {
		m.clock = changes.Clock
	}
	if changes.FileRules != nil {
		m.rules = ownRules(changes.FileRules)
	}
}

// put adds an item, or replaces the one with its id in its place.
func (k *kept) put(item *transcript.Item) error {
	if item.Seq < 1 || item.Seq > math.MaxUint32 || item.ID == "" {
		return errors.New("it has no id or no place")
	}
	if at := k.find(item.ID); at >= 0 {
		own := *item
		own.Seq = k.items[at].Seq
		k.items = slices.Clone(k.items)
		k.items[at] = &own
		if own.Time.After(k.revised) {
			k.revised = own.Time
		}
		return nil
	}
	at, taken := k.place(item.Seq)
	if taken {
		return errors.New("another item has its place")
	}
	if at < len(k.items) {
		k.items = slices.Clip(k.items) // so that all of them move
	}
	k.items = slices.Insert(k.items, at, item)
	return nil
}

// find is where an item is; negative when the chat has none of that id.
func (k *kept) find(id string) int {
	for i := range slices.Backward(k.items) {
		if k.items[i].ID == id {
			return i
		}
	}
	return -1
}

// place is where an item with a number is, or would be.
func (k *kept) place(seq int64) (at int, taken bool) {
	if n := len(k.items); n == 0 || k.items[n-1].Seq < seq {
		return n, false
	}
	return slices.BinarySearchFunc(k.items, seq, func(item *transcript.Item, seq int64) int { return cmp.Compare(item.Seq, seq) })
}

// mark adds a mark unless an earlier one says as much.
func (k *kept) mark(mark chat.Mark) {
	if !slices.ContainsFunc(k.marks, func(m chat.Mark) bool {
		return m.ParticipantID == mark.ParticipantID && m.Seq >= mark.Seq && (m.Read || !mark.Read)
	}) {
		k.marks = append(k.marks, mark)
	}
}

// ownItem is a copy of what was stored that shares nothing with it.
func ownItem(item *transcript.Item) transcript.Item {
	own := *item
	own.Attachments = slices.Clone(item.Attachments)
	own.Fault = ""
	own.Receipt, own.Processed, own.Part = copied(item.Receipt, same), copied(item.Processed, same), copied(item.Part, same)
	return own
}

func same[T any](v T) T { return v }

func ownRules(rules []chat.FileRules) []chat.FileRules {
	own := slices.Clone(rules)
	for i := range own {
		own[i].Extensions = slices.Clone(own[i].Extensions)
	}
	return own
}
