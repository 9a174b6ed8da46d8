package store

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Active implements [chat.Store].
func (m *Memory) Active(_ context.Context, f func(chat.Loaded) error) error {
	m.mu.RLock()
	var all []chat.Loaded
	for _, k := range m.order {
		if k.contact.HasEnded() {
			continue
		}
		loaded := chat.Loaded{Contact: k.contact.Clone()}
		if n := len(k.items); n > 0 {
			loaded.LastSeq, loaded.LastTime = k.items[n-1].Seq, k.items[n-1].Time
			if k.revised.After(loaded.LastTime) {
				loaded.LastTime = k.revised
			}
		}
		all = append(all, loaded)
	}
	m.mu.RUnlock() // f may use the store
	for _, loaded := range all {
		if err := f(loaded); err != nil {
			return err
		}
	}
	return nil
}

// Contact implements [chat.Store].
func (m *Memory) Contact(_ context.Context, id string) (*chat.Contact, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k := m.chats[id]
	if k == nil {
		k = m.followers[id]
	}
	if k == nil {
		return nil, chat.ErrNotFound
	}
	return k.contact.Clone(), nil
}

// StartedBy implements [chat.Store].
func (m *Memory) StartedBy(_ context.Context, instanceID, clientToken string, since time.Time) (*chat.Contact, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	s := m.starts[startedWith{instanceID, clientToken}]
	if s.chat == nil || s.ms < fromBound(since) {
		return nil, chat.ErrNotFound
	}
	return s.chat.contact.Clone(), nil
}

// Items implements [chat.Store].
func (m *Memory) Items(_ context.Context, q chat.ItemQuery) ([]transcript.Item, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	k := m.chats[q.ContactID]
	if k == nil {
		return nil, nil
	}
	first, _ := k.place(max(0, q.After) + 1)
	end := len(k.items)
	if q.Before != 0 {
		end, _ = k.place(q.Before)
	}
	if first >= end {
		return nil, nil
	}
	from, to := fromBound(q.From), toBound(q.To)
	size := end - first
	if q.Limit > 0 {
		size = min(size, q.Limit)
	}
	items := make([]transcript.Item, 0, size)
	for i := first; i < end && (q.Limit <= 0 || len(items) < q.Limit); i++ {
		item := k.items[i]
		if q.Newest {
			item = k.items[end-1-(i-first)]
		}
		if ms := millis(item.Time); ms >= from && ms <= to {
			items = append(items, ownItem(item))
		}
	}
	return items, nil
}

// Find implements [chat.Store].
func (m *Memory) Find(_ context.Context, contactID, itemID string) (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if k := m.chats[contactID]; k != nil {
		if at := k.find(itemID); at >= 0 {
			return k.items[at].Seq, nil
		}
	}
	return 0, chat.ErrNotFound
}

// Marks implements [chat.Store].
func (m *Memory) Marks(_ context.Context, contactID string) ([]chat.Mark, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if k := m.chats[contactID]; k != nil {
		return slices.Clone(k.marks), nil
	}
	return nil, nil
}

// Clock implements [chat.Store].
func (m *Memory) Clock(context.Context) (time.Time, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.clock, nil
}

// FileRules implements [chat.Store].
func (m *Memory) FileRules(context.Context) ([]chat.FileRules, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return ownRules(m.rules), nil
}

// File implements [chat.Store].
func (m *Memory) File(_ context.Context, id string) (*transcript.File, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	file, ok := m.files[id]
	if !ok {
		return nil, chat.ErrNotFound
	}
	return &file, nil
}

// Files implements [chat.Store].
func (m *Memory) Files(ctx context.Context, contactID string) (int, error) {
	if contactID == "" {
		return 0, nil
	}
	files, err := m.ContactFiles(ctx, contactID)
	return len(files), err
}

// ContactFiles implements [chat.Store].
func (m *Memory) ContactFiles(_ context.Context, contactID string) ([]transcript.File, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var files []transcript.File
	for _, file := range m.files {
		if contactID == file.ContactID || contactID == "" && !m.chats[file.ContactID].contact.HasEnded() {
			files = append(files, file)
		}
	}
	sortFiles(files)
	return files, nil
}

// Contacts implements [chat.Store].
func (m *Memory) Contacts(_ context.Context, q chat.ContactQuery) ([]chat.Contact, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	end := len(m.order)
	if q.BeforeID != "" {
		end = max(0, slices.Index(m.order, m.chats[q.BeforeID]))
	}
	var contacts []chat.Contact
	for _, k := range slices.Backward(m.order[:end]) {
		c := k.contact
		switch {
		case q.Limit > 0 && len(contacts) >= q.Limit:
			return contacts, nil
		case q.Ended != nil && *q.Ended != c.HasEnded():
		case !q.Before.IsZero() && millis(c.Started) >= fromBound(q.Before):
		default:
			contacts = append(contacts, *c.Clone())
		}
	}
	return contacts, nil
}
