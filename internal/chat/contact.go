package chat

import (
	"encoding"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Contact is one chat, from its start to its end, in all of the contacts that it goes through: a
// transfer and a disconnect flow begin another one (see [Contact.Segments]). It is known by the first
// one, whose id clients keep.
type Contact struct {
	// ID is the UUID of the first contact.
	ID string
	// Latest is the newest of the contacts that followed the first one; nil for none.
	Latest *Successor
	// InstanceID and FlowID are what the chat was started with, as bare ids.
	InstanceID, FlowID string
	// Participants are everyone who has taken part, in the order they came. The first
	// is the customer.
	Participants []Participant
	// Attributes are the user-defined contact attributes.
	Attributes Attributes
	// SegmentAttributes are the system-defined ones, as the JSON they came in.
	SegmentAttributes []byte
	// ContentTypes are what the customer's client can show.
	ContentTypes []string
	// Opening is the message the chat was started with; empty for none.
	Opening string
	// Incremental says that the customer's client takes messages in pieces: see [Service.Tell].
	Incremental bool
	// DismissOnExit says that the customer's leaving ends what the agents do, and not the chat: it goes
	// on with the disconnect flow, if there is one.
	DismissOnExit bool
	// RelatedID links to an earlier contact; empty for none.
	RelatedID string
	// Past are the contacts whose conversation this one continues, newest first.
	Past []string
	// CustomerID is the caller's own number for the customer.
	CustomerID string
	// Streaming says that items are also published to an endpoint, which lets a customer
	// connect without a socket.
	Streaming []Stream
	// Queue is the queue the contact was last put into; nil for none. A contact with a queue and
	// without an agent waits for one. It is not changed in place.
	Queue *Queued
	// Flow is the contact flow that runs for the contact; nil for none. It is not changed in
	// place.
	Flow *FlowState
	// Processing is what happens to messages before anybody sees them; nil for nothing. It is not
	// changed in place.
	Processing *Processing
	// Timers are the idle and disconnect timers that were configured for this contact.
	Timers []Timer
	// Started, Connected and Ended are the times of its life; zero for what has not
	// happened. Connected is when the customer first connected.
	Started, Connected, Ended time.Time
	// Duration is how long the chat may last from its start, waiting included.
	Duration time.Duration
	// Reason says why it ended; empty while it has not.
	Reason Reason
}

// FlowState is a running contact flow, as the runner of flows keeps it with [Step.Keep].
type FlowState struct {
	// State is the runner's own: a value that a store keeps by its encoding, and [Encoded] when it was
	// read from one. It is not changed in place.
	State encoding.BinaryMarshaler
	// Heard is the Seq of the last item the flow has heard.
	Heard int64
}

// Encoded is a value in the form in which it is stored.
type Encoded []byte

// MarshalBinary implements [encoding.BinaryMarshaler].
func (e Encoded) MarshalBinary() ([]byte, error) { return e, nil }

// Queued says that a contact was put into a queue.
type Queued struct {
	// Name is the queue's; empty for the queue of contacts that name none, and with an Agent for the
	// agent's own.
	Name  string
	Since time.Time
	// Priority is the contact's among those that wait: lower ones come first. Zero means
	// [DefaultPriority].
	Priority int
	// Age is added to the time the contact has waited, where that decides who comes first.
	Age time.Duration
	// Agent is the name of the one agent the contact waits for; empty for any. Interrupts says that
	// the agent may take it with as many chats as the agent takes, and while away.
	Agent      string
	Interrupts bool
	// Until is when the contact waits for any agent of the queue again; zero for never.
	Until time.Time
}

// DefaultPriority is the priority of contacts that nobody gave one.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/change-routing-priority.html
const DefaultPriority = 5

// Participant is someone who takes part in a contact.
type Participant struct {
	// ID is a UUID, constant for the whole chat.
	ID string
	// DisplayName is what the others see.
	DisplayName string
	Role        transcript.Role
	// Joined and Left bound the time of taking part; Left is zero for who is still there.
	Joined, Left time.Time
	// Connected is when a custom bot first connected; zero for all others.
	Connected time.Time
}

// Active reports whether the participant is still there.
func (p Participant) Active() bool { return p.Left.IsZero() }

// Reason is why a contact ended, in the service's own spelling.
//
// Source: "DisconnectReason" in the Amazon Connect contact records data model.
type Reason string

// Reasons for the end of a chat.
const (
	CustomerDisconnect     Reason = "CUSTOMER_DISCONNECT"
	AgentDisconnect        Reason = "AGENT_DISCONNECT"
	CustomerNeverConnected Reason = "CUSTOMER_CONNECTION_NOT_ESTABLISHED"
	Expired                Reason = "EXPIRED"
	StoppedByAPI           Reason = "API"
	IdleDisconnect         Reason = "IDLE_DISCONNECT"
	FlowDisconnect         Reason = "CONTACT_FLOW_DISCONNECT"
	Other                  Reason = "OTHER" // such as the end of a test
)

// Stream is one place a contact's items are published to.
type Stream struct{ ID, Endpoint string }

// Timer is one configured chat timer.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateParticipantRoleConfig.html
type Timer struct {
	Role transcript.Role
	Type TimerType
	// After is how long the participant may be silent; zero means the timer is unset.
	After time.Duration
}

// TimerType says what a chat timer does when it runs out.
type TimerType string

// Types of chat timers.
const (
	IdleTimer       TimerType = "IDLE"
	DisconnectTimer TimerType = "DISCONNECT_NONCUSTOMER"
)

// HasEnded reports whether the contact is over.
func (c *Contact) HasEnded() bool { return !c.Ended.IsZero() }

// Customer returns the participant the chat was started for.
func (c *Contact) Customer() Participant { return c.Participants[0] }

// Participant returns a participant by id.
func (c *Contact) Participant(id string) (Participant, bool) {
	for _, p := range c.Participants {
		if p.ID == id {
			return p, true
		}
	}
	return Participant{}, false
}

// present returns the participants who are there now, but for the system.
func (c *Contact) present() []Participant {
	var there []Participant
	for _, p := range c.Participants {
		if p.Active() && p.Role != transcript.System {
			there = append(there, p)
		}
	}
	return there
}

// Clone returns a copy that shares nothing with the original.
func (c *Contact) Clone() *Contact {
	copied := *c
	copied.Participants = slices.Clone(c.Participants)
	copied.Attributes = slices.Clone(c.Attributes)
	copied.SegmentAttributes = slices.Clone(c.SegmentAttributes)
	copied.ContentTypes = slices.Clone(c.ContentTypes)
	copied.Past = slices.Clone(c.Past)
	copied.Streaming = slices.Clone(c.Streaming)
	copied.Timers = slices.Clone(c.Timers)
	return &copied
}
