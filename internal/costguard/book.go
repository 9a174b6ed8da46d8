package costguard

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// entry is one started contact, a line of the journal. It holds nothing secret.
type entry struct {
	ContactID string `json:"contact_id"`
	// InstanceID is the one the request named, ConfiguredInstanceID the one the run was
	// started with; requests may name another.
	InstanceID           string    `json:"instance_id"`
	ConfiguredInstanceID string    `json:"configured_instance_id,omitempty"`
	Region               string    `json:"region"`
	Profile              string    `json:"profile,omitempty"`
	EndpointURL          string    `json:"endpoint_url,omitempty"`
	Started              time.Time `json:"started"`
}

// book holds the contacts of this run that have not been ended, in memory and, if it
// has a journal, on disk.
type book struct {
	mu      sync.Mutex
	journal *journal
	open    map[string]entry
}

func newBook(journal *journal) *book {
	return &book{journal: journal, open: make(map[string]entry)}
}

// journals reports whether contacts are written to disk, to be ended later.
func (b *book) journals() bool { return b.journal != nil }

// prepare makes sure that the next entry can be written: after a failed write the
// journal is written anew, and until that works no chat may be started.
func (b *book) prepare() error {
	if !b.journals() {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.journal.writable() {
		return nil
	}
	return b.journal.rewrite(b.sorted())
}

// add writes a contact down and reports whether it was new: a call repeated with the
// same ClientToken returns the same contact.
func (b *book) add(e entry) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.open[e.ContactID]; known {
		return false, nil
	}
	if b.journal != nil {
		if err := b.journal.append(e); err != nil {
			return false, err
		}
	}
	b.open[e.ContactID] = e
	return true, nil
}

// hold keeps a contact that could not be ended in memory, written down or not.
func (b *book) hold(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open[e.ContactID] = e
}

// drop forgets a contact that has ended.
func (b *book) drop(contactID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, contactID)
}

// entries returns the contacts not known to have ended, the oldest first.
func (b *book) entries() []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sorted()
}

// finish removes the journal, or leaves in it the contacts that are still open for the
// next start, and reports how many they are.
func (b *book) finish() (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) == 0 {
		return 0, b.journal.remove()
	}
	err := b.journal.rewrite(b.sorted())
	if closeErr := b.journal.close(); err == nil {
		err = closeErr
	}
	return len(b.open), err
}

func (b *book) sorted() []entry {
	return slices.SortedFunc(maps.Values(b.open), func(x, y entry) int {
		return cmp.Or(x.Started.Compare(y.Started), cmp.Compare(x.ContactID, y.ContactID))
	})
}
