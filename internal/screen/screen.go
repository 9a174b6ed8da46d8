// Package screen makes texts of others fit for a terminal: nothing in them acts on it.
//
// It does not know what the texts are about. Its functions are safe for concurrent use.
package screen

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/excerpt"
)

// Text makes a text of others printable: what would act on a terminal, or turn the
// direction of what stands around it, is written as an escape sequence of Go. What joins
// characters to one, as in many emoji, is left alone. Further lines are indented.
func Text(text, indent string) string {
	const joiner, nonJoiner = '\u200d', '\u200c'
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '\n':
			b.WriteString("\n" + indent)
		case r == '\r' && strings.HasPrefix(text[size:], "\n"):
		case r == '\t':
			b.WriteByte(' ')
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case unicode.IsPrint(r) || r == joiner || r == nonJoiner:
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		text = text[size:]
	}
	return b.String()
}

// Cell makes a text of others fit for a cell of a table: one line, and not too long.
func Cell(text string) string {
	const longest = 40
	text = Text(strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " "), "")
	if utf8.RuneCountInString(text) > longest {
		text = excerpt.Of(text, longest-1)
	}
	if text == "" {
		return "-"
	}
	return text
}

// Printable quotes values that would act on the terminal.
func Printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
