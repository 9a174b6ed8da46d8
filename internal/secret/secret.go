// Package secret holds strings that must never be printed: participant and
// connection tokens, AWS keys, signing keys.
//
// A [Text] redacts itself in every form Go prints or encodes a value in, so that
// a token that ends up in a log line, an error or a struct dump does no harm.
// The plain value is available only through [Text.Reveal], which is easy to
// search for. Text is immutable and safe for concurrent use.
package secret

import (
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Text is a secret string. The zero value is the empty secret.
type Text struct{ plain string }

// New wraps a plain string.
func New(plain string) Text { return Text{plain: plain} }

// Reveal returns the plain string. Call it only where the secret has to leave
// the program: in the answer to its owner or in a signature.
func (t Text) Reveal() string { return t.plain }

// IsZero reports whether there is no secret at all.
func (t Text) IsZero() bool { return t.plain == "" }

// String implements [fmt.Stringer] without giving the secret away.
func (t Text) String() string {
	if t.plain == "" {
		return ""
	}
	return redacted
}

// Format implements [fmt.Formatter], so that no verb (%q, %x, %#v …) prints the
// secret.
func (t Text) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, t.String()) }

// LogValue implements [slog.LogValuer].
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText implements [encoding.TextMarshaler]: JSON and YAML encoders write
// the redacted form.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
