package chat

import (
	"time"
)

// Contact is one chat, from its start to its end.
type Contact struct {
	// ID is the contact's UUID; InitialID is the same until a transfer makes further
	// contacts of the same chat.
	ID, InitialID string
	// InstanceID and FlowID are what the chat was started with, as bare ids.
	InstanceID, FlowID string
	// Customer is the participant the chat was started for.
	Customer Participant
	// Attributes are the user-defined contact attributes.
	Attributes map[string]string
	// ContentTypes are what the customer's client can show.
	ContentTypes []string
	// InitialMessage is the first message, if the start brought one.
	InitialMessage *Message
	// RelatedID links to an earlier contact; empty for none.
	RelatedID string
	// Started is when StartChatContact was accepted; Duration is how long the chat may
	// last, waiting included.
	Started  time.Time
	Duration time.Duration
}

// Participant is someone who takes part in a contact.
type Participant struct {
	// ID is a UUID, constant for the whole chat.
	ID string
	// DisplayName is what the others see.
	DisplayName string
	Role        Role
}

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
type Message struct{ ContentType, Content string }
