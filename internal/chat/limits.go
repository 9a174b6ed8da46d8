package chat

import (
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Limits are the bounds of a chat service. Zero members mean the default.
//
// Source: "Amazon Connect service quotas" and the API references of StartChatContact,
// SendMessage and CreateParticipantConnection.
type Limits struct {
	// ConnectWithin is how long a started chat waits for its customer.
	ConnectWithin time.Duration
	// Duration is how long a chat lasts when its start does not say.
	Duration time.Duration
	// ConnectionLife is how long a connection token works.
	ConnectionLife time.Duration
	// TicketLife is how long a socket's address can be opened, SocketLife how long an open
	// socket may stay.
	TicketLife, SocketLife time.Duration
	// Idempotency is how long the client token of a start is remembered.
	Idempotency time.Duration
	// MessageBytes is the longest message, in bytes of UTF-8.
	MessageBytes int
	// Sockets is how many sockets a participant may have open.
	Sockets int
	// ActiveContacts is how many contacts each instance may have; zero means no limit.
	//
	// Source: https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html
	ActiveContacts int
	// Files is how many attachments a contact may have. FileBytes is how large one may be and
	// Extensions which types it may have, unless an instance has rules of its own.
	Files      int
	FileBytes  int64
	Extensions []string
	// UploadLife is how long an upload address works.
	UploadLife time.Duration
	// BotConnectWithin is how long a custom bot may take to connect.
	BotConnectWithin time.Duration
	// PastContacts is how many earlier contacts of a persistent chat are walked.
	PastContacts int
}

// DefaultLimits are AWS's documented ones.
func DefaultLimits() Limits {
	return Limits{
		ConnectWithin: 5 * time.Minute, Duration: 25 * time.Hour, ConnectionLife: 24 * time.Hour,
		TicketLife: 100 * time.Second, SocketLife: time.Hour, Idempotency: 7 * 24 * time.Hour,
		MessageBytes: 16_384, Sockets: 5, Files: 35, FileBytes: 20 << 20, Extensions: extensions(), UploadLife: 15 * time.Minute,
		BotConnectWithin: 15 * time.Second, PastContacts: 100,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	orDuration := func(v *time.Duration, fallback time.Duration) {
		if *v == 0 {
			*v = fallback
		}
	}
	orInt := func(v *int, fallback int) {
		if *v == 0 {
			*v = fallback
		}
	}
	orDuration(&l.ConnectWithin, d.ConnectWithin)
	orDuration(&l.Duration, d.Duration)
	orDuration(&l.ConnectionLife, d.ConnectionLife)
	orDuration(&l.TicketLife, d.TicketLife)
	orDuration(&l.SocketLife, d.SocketLife)
	orDuration(&l.Idempotency, d.Idempotency)
	orDuration(&l.UploadLife, d.UploadLife)
	orDuration(&l.BotConnectWithin, d.BotConnectWithin)
	orInt(&l.MessageBytes, d.MessageBytes)
	orInt(&l.Sockets, d.Sockets)
	orInt(&l.Files, d.Files)
	orInt(&l.PastContacts, d.PastContacts)
	if l.FileBytes == 0 {
		l.FileBytes = d.FileBytes
	}
	if l.Extensions == nil {
		l.Extensions = d.Extensions
	}
	return l
}

// checkMessage holds a message against the documented rules. Only the service's own side
// (agents, bots, flows) may send interactive messages, and none that would break the client that shows
// it: whoever sends one, in whatever way, learns of it here.
func (step *Step) checkMessage(p Participant, m transcript.Message) (err error) {
	switch m.ContentType {
	case transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON, transcript.InteractiveResponse:
	case transcript.Interactive:
		if p.Role == transcript.Customer {
			return invalid("ContentType", "is not allowed for a customer's message.")
		}
	default:
		return invalid("ContentType", "must be one of text/plain, text/markdown, application/json and %s.", transcript.InteractiveResponse)
	}
	if m.ContentType != transcript.TextPlain && !slices.Contains(step.contact.ContentTypes, m.ContentType) {
		return invalid("ContentType", "%s is not among the SupportedMessagingContentTypes this chat was started with.", m.ContentType)
	}
	if m.Content == "" {
		return invalid("Content", "must not be empty.")
	}
	if len(m.Content) > step.s.limits.MessageBytes {
		return invalid("Content", "must have at most %d bytes, but has %d.", step.s.limits.MessageBytes, len(m.Content))
	}
	if m.ContentType == transcript.Interactive && step.s.showable != nil {
		step.fault, err = step.s.showable(step.ctx, step.contact.ID, p.ID, m.Content)
	}
	return err
}
