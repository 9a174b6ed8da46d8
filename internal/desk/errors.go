package desk

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
)

// Refusals. What package chat refuses (a message that is too long, say) comes as its error.
var (
	// ErrNoAgent says that there is no agent of this id or name.
	ErrNoAgent = errors.New("there is no such agent")
	// ErrNoQueue says that there is no queue of this id or name.
	ErrNoQueue = errors.New("there is no such queue")
	// ErrNoContact says that there is no such contact, or that it has ended.
	ErrNoContact = errors.New("there is no such contact, or it has ended")
	// ErrNotThere says that the agent is not in the contact, or not as an agent.
	ErrNotThere = errors.New("the agent is not in this contact")
	// ErrTaken says that another agent has taken the contact; see [TakenError].
	ErrTaken = errors.New("another agent has taken the contact")
	// ErrUnavailable says that an agent is away or offline.
	ErrUnavailable = errors.New("the agent is not available")
	// ErrFull says that an agent has as many chats as it takes; see [FullError].
	ErrFull = errors.New("the agent has as many chats as it takes")
	// ErrQueueFull says that as many contacts wait in a queue as may.
	ErrQueueFull = errors.New("as many contacts wait in the queue as may")
	// ErrQueueClosed says that a queue takes no further contacts.
	ErrQueueClosed = errors.New("the queue takes no further contacts")
	// ErrReserved says that a contact waits for another agent; see [ReservedError].
	ErrReserved = errors.New("the contact waits for another agent")
	// ErrDeclined says that an agent does not want the contact; see [Desk.Reject].
	ErrDeclined = errors.New("the agent has declined the contact")
	// ErrCrowded says that as many agents answer a contact, or were asked to, as may.
	ErrCrowded = errors.New("as many agents are in the contact as may")
	// ErrTransfer says that a transfer was made to fail; see [Config].
	ErrTransfer = errors.New("the transfer was made to fail")
	// ErrExists says that somebody else has the name.
	ErrExists = errors.New("there is an agent of this name already")
	// ErrNoFiles says that agents can send no attachments.
	ErrNoFiles = errors.New("agents can not send attachments here")
)

// TakenError says who has taken a contact. It is an [ErrTaken].
type TakenError struct {
	// By is the name of the agent.
	By string
}

// Error implements error.
func (e *TakenError) Error() string { return fmt.Sprintf("%q has taken the contact", e.By) }

// Is makes it an [ErrTaken].
func (e *TakenError) Is(target error) bool { return target == ErrTaken }

// ReservedError says for whom a contact waits. It is an [ErrReserved].
type ReservedError struct {
	// For is the name of the agent.
	For string
}

// Error implements error.
func (e *ReservedError) Error() string { return fmt.Sprintf("the contact waits for %q", e.For) }

// Is makes it an [ErrReserved].
func (e *ReservedError) Is(target error) bool { return target == ErrReserved }

// FullError says how many chats an agent has, those that are being given to it included, and how many
// it takes. It is an [ErrFull].
type FullError struct{ Load, Capacity int }

// Error implements error.
func (e *FullError) Error() string {
	return fmt.Sprintf("the agent takes %d chats, and has %d", e.Capacity, e.Load)
}

// Is makes it an [ErrFull].
func (e *FullError) Is(target error) bool { return target == ErrFull }

// NameError says why an agent or a queue cannot have a name.
type NameError struct{ Text string }

// Error implements error.
func (e *NameError) Error() string { return e.Text }

// longestName is the length limit of a participant's name, in characters.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ParticipantDetails.html
const longestName = 256

// CheckName checks the name of an agent or a queue; what says which, for the error. Errors:
// [NameError].
func CheckName(what, name string) error {
	switch n := utf8.RuneCountInString(name); {
	case strings.TrimSpace(name) == "":
		return &NameError{"the name of the " + what + " is empty"}
	case n > longestName:
		return &NameError{fmt.Sprintf("the name of the %s has %d characters, and may have at most %d", what, n, longestName)}
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return &NameError{"the name of the " + what + " has a character that cannot be shown"}
	}
	return nil
}

// identify returns the id of an agent or queue: always the same for a name, so that it
// outlives a restart, and without characters that an address would have to quote.
func identify(kind, name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("parley:"+kind+":"+name)).String()
}

// QueueID is the id of a queue that nothing gives another one: always the same for a name.
func QueueID(name string) string { return identify("queue", name) }

// gone makes what package chat says of contacts and participants that are no more the desk's
// refusal.
func (d *Desk) gone(contactID string, err error) error {
	switch {
	case errors.Is(err, chat.ErrNotFound):
		return ErrNoContact
	case errors.Is(err, chat.ErrAccessDenied):
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.tickets[contactID] == nil {
			return ErrNoContact
		}
		return ErrNotThere
	}
	return err
}
