// Package hint gives errors the next step to take, which a command prints behind the error.
//
// An error has a hint when it, or an error that it wraps, has the method Hint() string; this
// package holds the two general ones. It does not know how errors are printed. Its errors are
// safe for concurrent use.
package hint

import "errors"

// Error is an error with a next step.
type Error struct {
	error
	hint string
}

// New adds a next step to an error, which stays reachable for [errors.Is] and [errors.AsType].
func New(err error, hint string) error { return &Error{err, hint} }

// Hint returns the next step.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns the error without its hint.
func (e *Error) Unwrap() error { return e.error }

// UsageError is a mistake in a command line or in settings. Repeating the same command cannot
// succeed.
type UsageError struct {
	message, hint string
	err           error // nil for none
}

// Usage returns a [*UsageError]; hint may be empty.
func Usage(message, hint string) error { return &UsageError{message, hint, nil} }

// Misuse is [New] for an error that a command line or settings are to blame for, such as that of a file
// which they name: it is or wraps a [*UsageError].
func Misuse(err error, hint string) error { return &UsageError{err.Error(), hint, err} }

// Error implements error.
func (e *UsageError) Error() string { return e.message }

// Hint returns the next step; it may be empty.
func (e *UsageError) Hint() string { return e.hint }

// Unwrap returns the error that was the mistake; nil for none.
func (e *UsageError) Unwrap() error { return e.err }

// IsUsage reports whether an error is or wraps a [*UsageError].
func IsUsage(err error) bool {
	_, ok := errors.AsType[*UsageError](err)
	return ok
}

// Of returns the hint of the outermost error that has one; "" without.
func Of(err error) string {
	type hinter interface {
		error
		Hint() string
	}
	if hinted, ok := errors.AsType[hinter](err); ok {
		return hinted.Hint()
	}
	return ""
}
