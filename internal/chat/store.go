package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Store keeps contacts and their transcripts durably. It is implemented by package store.
// Methods are safe for concurrent use.
type Store interface {
	// Key returns the key tokens are signed with, making it with generate the first time.
	Key(ctx context.Context, generate func() []byte) ([]byte, error)
	// Commit makes the changes durable, all or none. When it returns nil they survive any
	// end of the program.
	Commit(ctx context.Context, changes Changes) error
	// Active calls f with every contact that has not ended, in no particular order.
	Active(ctx context.Context, f func(Loaded) error) error
	// Contact returns a chat by the id of any of its contacts, ended ones too, or ErrNotFound.
	Contact(ctx context.Context, id string) (*Contact, error)
	// StartedBy returns the contact that was started with a client token since a time, or
	// ErrNotFound.
	StartedBy(ctx context.Context, instanceID, clientToken string, since time.Time) (*Contact, error)
	// Items returns items of one contact: those with After < Seq < Before, at most Limit,
	// the oldest of them first or, with Newest, the newest first.
	Items(ctx context.Context, query ItemQuery) ([]transcript.Item, error)
	// Find returns the sequence number of an item of a contact, or ErrNotFound.
	Find(ctx context.Context, contactID, itemID string) (int64, error)
	// Marks returns how far the participants of a contact have received and read.
	Marks(ctx context.Context, contactID string) ([]Mark, error)
	// Clock returns the latest time that [Changes.Clock] has kept; zero for none.
	Clock(ctx context.Context) (time.Time, error)
	// FileRules returns the rules for attachments that were changed.
	FileRules(ctx context.Context) ([]FileRules, error)
	// File returns an attachment by id, or ErrNotFound.
	File(ctx context.Context, id string) (*transcript.File, error)
	// Files returns how many attachments a contact has.
	Files(ctx context.Context, contactID string) (int, error)
	// ContactFiles returns the attachments of a contact or, without an id, of all contacts
	// that have not ended, the oldest first.
	ContactFiles(ctx context.Context, contactID string) ([]transcript.File, error)
	// Contacts returns contacts, the newest first.
	Contacts(ctx context.Context, query ContactQuery) ([]Contact, error)
}

// Loaded is an active contact with the state that lives beside it.
type Loaded struct {
	Contact *Contact
	// LastSeq and LastTime are those of its newest item.
	LastSeq  int64
	LastTime time.Time
}

// Changes are what one operation changes. Nil and empty members change nothing. Nobody changes what is in
// them afterwards, so that a store may keep it.
type Changes struct {
	// Contact is written as a whole.
	Contact *Contact
	// ClientToken is the one a new Contact was started with.
	ClientToken string
	// Items are added to the chat of their InitialContactID. An item whose ID the chat already has
	// replaces it in its place.
	Items []transcript.Item
	Mark  *Mark
	File  *transcript.File
	// FileRules take the place of all that were there.
	FileRules []FileRules
	// Clock is a time at which the service's clock does not start again earlier.
	Clock time.Time
}

// Mark says that a participant of a chat has received (or read) everything up to an item.
type Mark struct {
	ContactID, ParticipantID string
	Seq                      int64
	At                       time.Time
	Read                     bool
}

// ItemQuery chooses items of one chat.
type ItemQuery struct {
	// ContactID is the first contact of the chat.
	ContactID string
	// After and Before are exclusive bounds of Seq; zero Before means no bound.
	After, Before int64
	// From and To are inclusive bounds of Time; zero means no bound.
	From, To time.Time
	Limit    int
	Newest   bool
}

// ContactQuery chooses contacts; its zero value chooses all.
type ContactQuery struct {
	// Ended chooses those that have ended, or those that have not; nil both.
	Ended *bool
	// Before is an exclusive bound of Started; zero means no bound.
	Before time.Time
	// BeforeID chooses those that were started before this contact, so that pages neither
	// overlap nor leave anything out; empty means no bound. An unknown one chooses none.
	BeforeID string
	// Limit is how many contacts are returned at most; zero means all.
	Limit int
}
