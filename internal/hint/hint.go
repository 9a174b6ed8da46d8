// Package hint reads the next step that an error names for its user: any error with a method
// Hint() string has one, and keeps it when it is wrapped.
//
// The package has no state and is safe for concurrent use.
package hint

import "errors"

// hinter is an error that knows the next step.
type hinter interface {
	error
	Hint() string
}

// Of returns what to do about an error, as a sentence to print behind it; empty when neither
// the error nor one that it wraps knows.
func Of(err error) string {
	if known, ok := errors.AsType[hinter](err); ok {
		return known.Hint()
	}
	return ""
}
