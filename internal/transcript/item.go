// Package transcript is the vocabulary of a chat's conversation: its items, their types and
// content types, the roles of those who take part, receipts and attachments, in the spelling of
// Amazon Connect.
//
// It holds no rules: package chat decides which items there are, and the packages that speak a
// protocol write them down. An item that was delivered or stored is not changed any more, so items
// may be read by several goroutines.
package transcript

import "time"

// Item is one entry of a conversation: what a client sees as a transcript item or as a
// frame on its socket. An item that was delivered or stored is not changed any more.
type Item struct {
	// ID is a UUID. A later item with the same ID replaces the earlier one, which is how
	// an attachment changes its state.
	ID   string
	Type ItemType
	// ContactID is the contact it belongs to, InitialContactID the first of the chat.
	ContactID, InitialContactID string
	// Seq orders the stored items of a contact, from 1; zero for items that are not stored.
	Seq int64
	// Time strictly increases within a contact, in steps of at least a millisecond. All pieces of a
	// streamed message and the whole have one time, that of the first piece.
	Time        time.Time
	ContentType string
	// Content is the text of a message or the JSON text of some events; HasContent tells
	// an empty text from none.
	Content    string
	HasContent bool
	// ParticipantID, DisplayName and Role say who; empty for events of the chat itself.
	ParticipantID, DisplayName string
	Role                       Role
	Attachments                []Attachment
	// Receipt is set for items of type Metadata.
	Receipt *Receipt
	// Receipts say who has received and read a message; filled in for transcripts only.
	Receipts []Receipt
	// ClientToken is the idempotency key it was sent with.
	ClientToken string
	// Only is the participant who alone is shown the item; empty for everybody. What is whispered is
	// not stored.
	Only string
	// Processed is set for a message that was changed or stopped on its way.
	Processed *Processed
	// Part is set for a piece of a message, and for the whole that ends the pieces.
	Part *Part
	// Fault names what made it happen on purpose, for those who look on; empty for nothing. It is not
	// stored.
	Fault string
}

// Part says how far a message is that is said in pieces. All its items have one ID; the Content of a
// piece is the new text only.
type Part struct {
	// Chunk counts the pieces from 1; zero for the whole.
	Chunk int
	// Completed says that the item has the whole text.
	Completed bool
}

// IsPiece reports whether the item is a piece of a message, which is neither stored nor said of the
// whole.
func (i *Item) IsPiece() bool { return i.Part != nil && !i.Part.Completed }

// Processed says what became of a message between its sender and everybody else.
type Processed struct {
	// Status is empty for a message that was delivered.
	Status ProcessingStatus
	// Original and OriginalType are what the sender said, when that is not what was delivered.
	Original, OriginalType string
	// Why says in a sentence, for developers, what went wrong; empty for nothing.
	Why string
}

// ProcessingStatus is what its sender is told of a message that is processed, in the service's own
// spelling.
type ProcessingStatus string

// States of messages that nobody but their sender is shown.
const (
	MessageProcessing ProcessingStatus = "PROCESSING"
	MessageFailed     ProcessingStatus = "FAILED"
	MessageRejected   ProcessingStatus = "REJECTED"
)

// Undelivered reports whether the item is a message that was stopped on its way, or still is on it.
func (i *Item) Undelivered() bool { return i.Processed != nil && i.Processed.Status != "" }

// ItemType is the kind of an item, in the service's own spelling.
type ItemType string

// Types of items.
const (
	MessageItem    ItemType = "MESSAGE"
	EventItem      ItemType = "EVENT"
	AttachmentItem ItemType = "ATTACHMENT"
	MetadataItem   ItemType = "MESSAGEMETADATA"
)

// Content types of messages.
const (
	TextPlain           = "text/plain"
	TextMarkdown        = "text/markdown"
	ApplicationJSON     = "application/json"
	Interactive         = "application/vnd.amazonaws.connect.message.interactive"
	InteractiveResponse = "application/vnd.amazonaws.connect.message.interactive.response"
)

// Content types of events.
const (
	eventPrefix = "application/vnd.amazonaws.connect.event."

	ParticipantJoined   = eventPrefix + "participant.joined"
	ParticipantLeft     = eventPrefix + "participant.left"
	ParticipantInvited  = eventPrefix + "participant.invited"
	ParticipantIdle     = eventPrefix + "participant.idle"
	ParticipantReturned = eventPrefix + "participant.returned"
	AutoDisconnection   = eventPrefix + "participant.autodisconnection"
	TransferSucceeded   = eventPrefix + "transfer.succeeded"
	TransferFailed      = eventPrefix + "transfer.failed"
	ChatEnded           = eventPrefix + "chat.ended"
	ChatRehydrated      = eventPrefix + "chat.rehydrated"
	Typing              = eventPrefix + "typing"
	MessageDelivered    = eventPrefix + "message.delivered"
	MessageRead         = eventPrefix + "message.read"
	MessageMetadata     = eventPrefix + "message.metadata"
	ConnectionAck       = eventPrefix + "connection.acknowledged"
	AuthInitiated       = eventPrefix + "authentication.initiated"
	AuthSucceeded       = eventPrefix + "authentication.succeeded"
	AuthFailed          = eventPrefix + "authentication.failed"
	AuthTimeout         = eventPrefix + "authentication.timeout"
	AuthExpired         = eventPrefix + "authentication.expired"
	AuthCancelled       = eventPrefix + "authentication.cancelled"
	DisplayNameUpdated  = eventPrefix + "participant.displayname.updated"
)

// Role is what a participant is, in the service's own spelling.
type Role string

// Roles of participants.
const (
	Customer   Role = "CUSTOMER"
	Agent      Role = "AGENT"
	System     Role = "SYSTEM"
	CustomBot  Role = "CUSTOM_BOT"
	Supervisor Role = "SUPERVISOR"
)

// Message is something a participant says.
type Message struct {
	ContentType, Content string
	// ClientToken makes a repeated message the same one; empty makes none.
	ClientToken string
}

// Receipt says when a participant received and read a message.
type Receipt struct {
	MessageID, RecipientID string
	// Delivered and Read are zero for what has not happened.
	Delivered, Read time.Time
}

// Attachment is a file sent in a chat, as its item shows it.
type Attachment struct {
	ID, Name, ContentType string
	Status                AttachmentStatus
}

// AttachmentStatus is the state of an attachment, in the service's own spelling.
type AttachmentStatus string

// States of attachments.
const (
	AttachmentApproved   AttachmentStatus = "APPROVED"
	AttachmentRejected   AttachmentStatus = "REJECTED"
	AttachmentInProgress AttachmentStatus = "IN_PROGRESS"
)
