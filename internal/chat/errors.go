package chat

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of refusals. Adapters turn each into exactly one AWS exception.
var (
	// ErrAccessDenied is for tokens that are unknown, expired, of the wrong kind, or of a
	// chat or participant that is no more. It says no more than that on purpose.
	ErrAccessDenied = errors.New("access denied")
	// ErrNotFound says that there is no such contact, attachment or view.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that the state of the contact does not allow the operation.
	ErrConflict = errors.New("operation can not be performed due to the state of the contact")
	// ErrQuota says that a limit on how many there may be is reached.
	ErrQuota = errors.New("quota reached")
	// ErrTooManySockets says that a participant has as many open sockets as it may.
	ErrTooManySockets = errors.New("too many open sockets for the participant")
	// ErrBusy says that too many messages of a contact wait for the function that processes them.
	ErrBusy = errors.New("too many messages wait")
	// ErrDiskFull says that there is no room left for a change, which was not made.
	ErrDiskFull = errors.New("the disk is full")
	// ErrEnded says that the service is being closed.
	ErrEnded = errors.New("the chat service is closed")
	// ErrNested says that a step waited for a step of the same contact that waits for it: its
	// function called the service.
	ErrNested = errors.New("a step of a contact within a step of the same contact")
)

// InvalidError is a request with a value that is not allowed.
type InvalidError struct {
	// Field is the member at fault, Text the whole sentence.
	Field, Text string
}

// Error implements error.
func (e *InvalidError) Error() string { return e.Text }

// OccupiedError says that a custom bot cannot join, because the customer is not alone. It is an
// [ErrConflict].
type OccupiedError struct {
	// By are the others who are there; never empty.
	By []Participant
}

// Error implements error.
func (e *OccupiedError) Error() string {
	names := make([]string, 0, len(e.By))
	for _, p := range e.By {
		names = append(names, fmt.Sprintf("%s (%s)", p.DisplayName, p.Role))
	}
	return "a custom bot joins only a customer who is alone; this chat also has " + strings.Join(names, ", ")
}

// Is makes it an [ErrConflict].
func (e *OccupiedError) Is(target error) bool { return target == ErrConflict }

// Outside is the refusal of a number: it names the bounds and what was sent.
func Outside[N int | int64](field string, low, high, got N) *InvalidError {
	return &InvalidError{Field: field, Text: fmt.Sprintf("%s must be from %d to %d, but is %d.", field, low, high, got)}
}

// TooLong is the refusal of a text: it names the longest length and that of what was sent, in
// characters.
func TooLong(field string, longest, got int) *InvalidError {
	return &InvalidError{Field: field, Text: fmt.Sprintf("%s must have at most %d characters, but has %d.", field, longest, got)}
}

// LimitError is the refusal of one more of what there are as many as there may be. It is the error
// that Kind is, [ErrQuota] or [ErrTooManySockets].
type LimitError struct {
	Kind error
	// Text is the whole sentence, with how many there are.
	Text string
}

// Error implements error.
func (e *LimitError) Error() string { return e.Text }

// Unwrap returns the kind.
func (e *LimitError) Unwrap() error { return e.Kind }

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Text: field + " " + fmt.Sprintf(format, args...)}
}

// DiskFullText is [ErrDiskFull] in a sentence, for clients.
const DiskFullText = "The disk with the data of the embedded Amazon Connect is full: make room on it, and try again."
