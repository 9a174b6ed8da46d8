package costguard

import "errors"

// BreakJournal makes the next write to the journal fail, as a disk that is full does.
func (g *Guard) BreakJournal() { _ = g.book.journal.file.Close() }

// Crash lets go of the journal as the end of the process would, without ending anything.
func (g *Guard) Crash() error {
	return errors.Join(g.book.journal.file.Close(), g.book.journal.lock.Unlock())
}

// JournalPath returns the path of this run's journal.
func (g *Guard) JournalPath() string { return g.book.journal.path }

// ReadJournal returns the contact ids of a journal and the number of lines that are none.
func ReadJournal(path string) (ids []string, unreadable int, err error) {
	entries, unreadable, err := readEntries(path)
	for _, e := range entries {
		ids = append(ids, e.ContactID)
	}
	return ids, unreadable, err
}
