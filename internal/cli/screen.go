package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/excerpt"
)

// onScreen makes a text of others printable: what would act on a terminal, or turn the
// direction of what stands around it, is written as an escape sequence of Go. What joins
// characters to one, as in many emoji, is left alone. Further lines are indented.
func onScreen(text, indent string) string {
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

// inCell makes a text of others fit for a cell of a table: one line, and not too long.
func inCell(text string) string {
	const longest = 40
	text = onScreen(strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " "), "")
	if utf8.RuneCountInString(text) > longest {
		text = excerpt.Of(text, longest-1)
	}
	if text == "" {
		return "-"
	}
	return text
}

// compact returns JSON in one line.
func compact(text []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return strings.TrimSpace(string(text))
	}
	return b.String()
}

// clockTime and dateTime show when something happened, where the user is.
func clockTime(t time.Time) string { return t.Local().Format("15:04:05") }

func dateTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// span shows a length of time, to the second or, when short, finer.
func span(d time.Duration) string {
	if d > -10*time.Second && d < 10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
