package inspect

import (
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/secretform"
)

// Curl returns a request as a command line for curl in a POSIX shell; ok is false for what is no
// request, or is not kept. What was masked is masked in it, too.
func (r *Recorder) Curl(id string) (command string, ok bool) {
	e, ok := r.Get(id)
	if !ok || e.Method == "" {
		return "", false
	}
	return e.Curl(), true
}

// Curl is [Recorder.Curl] for an exchange that was got before.
func (e Exchange) Curl() string {
	var b strings.Builder
	if e.Truncated {
		b.WriteString("# The body was longer than what is kept.\n")
	}
	if e.RequestOmitted {
		b.WriteString("# The body is not kept; put the file's name in its place.\n")
	}
	b.WriteString("curl")
	if e.Method != "GET" || e.RequestBody != "" {
		b.WriteString(" -X " + shellQuote(e.Method))
	}
	b.WriteString(" " + shellQuote(e.URL()))
	for _, h := range e.RequestHeaders {
		if ofTheConnection(h.Name) {
			continue
		}
		text := h.Name + ": " + h.Value
		if h.Value == "" {
			text = h.Name + ";" // how curl sends a header without a value
		}
		fmt.Fprintf(&b, " \\\n  -H %s", shellQuote(text))
	}
	switch {
	case e.RequestBody != "":
		fmt.Fprintf(&b, " \\\n  --data-raw %s", shellQuote(e.RequestBody))
	case e.RequestOmitted:
		b.WriteString(" \\\n  --data-binary @FILE")
	}
	b.WriteString("\n")
	return b.String()
}

// ofTheConnection reports whether a header is made anew for every connection.
func ofTheConnection(name string) bool {
	switch strings.ToLower(name) {
	case "connection", "content-length", "transfer-encoding", "accept-encoding", "keep-alive", "te", "expect":
		return true
	}
	return false
}

// shellQuote quotes a word for a POSIX shell. Control characters, which a terminal would act on,
// need the form that bash and zsh understand.
func shellQuote(word string) string {
	plain, control := word != "", false
	for _, c := range word {
		control = control || c < ' ' && c != '\n' && c != '\t' || c == 0x7f
		plain = plain && (c < 0x80 && secretform.IsAlnum[c] || strings.ContainsRune("-_./:=@%,+", c))
	}
	switch {
	case plain:
		return word
	case !control:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, c := range word {
		switch {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + "'"
}
