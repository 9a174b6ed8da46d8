package inspect

import (
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/secretform"
)

// Mark stands where a secret stood. A long secret's last four characters follow it, so that
// two of them can be told apart.
const Mark = "•••"

const (
	// tailFrom is the length from which a secret's last characters are shown.
	tailFrom = 40
	tail     = 4
	// shortestKnown is the length of a secret from which it is also looked for in places that
	// do not say that it is one, and mostKnown how many are.
	shortestKnown = 8
	mostKnown     = 16
	// deepest is how deep arrays and objects may be nested to be taken for JSON, as in package
	// encoding/json; innermost how often JSON may stand in a string of JSON.
	deepest   = 10_000
	innermost = 24
)

// masker takes secrets out of the texts of one exchange. What it finds where a secret is named
// (the value of X-Amz-Bearer, a member ParticipantToken) it also takes out of everything it
// masks afterwards, whatever stands around it there.
type masker struct {
	known []string
	// familiar are long values of header fields that hold no secret; it may be nil. Clients send
	// the same ones again and again.
	familiar map[string]bool
	// codes says that a member "Code" is a secret: that of an authorization.
	codes bool
	// space is memory for masked documents, good as long as they are.
	space []byte
}

// spaceSize is how much space is kept for the next exchange.
const spaceSize = 8 << 10

// room returns an empty slice with room for n bytes.
func (m *masker) room(n int) []byte {
	from := len(m.space)
	if n > spaceSize-from {
		return make([]byte, 0, n)
	}
	if m.space == nil {
		m.space = make([]byte, 0, spaceSize)
	}
	m.space = m.space[:from+n]
	return m.space[from:from:len(m.space)]
}

// mask returns what stands for a secret.
func mask(secret string) string {
	if secret == "" || strings.HasPrefix(secret, Mark) && len(secret)-len(Mark) <= tail {
		return secret
	}
	if len(secret) < tailFrom || len(secret) < tailFrom*utf8.UTFMax && utf8.RuneCountInString(secret) < tailFrom {
		return Mark
	}
	end := secret[len(secret)-tail:]
	for i := range len(end) {
		if !secretform.IsTokenByte[end[i]] || end[i] == '%' {
			return Mark
		}
	}
	return Mark + end
}

// hide masks a secret and remembers it.
func (m *masker) hide(secret string) string {
	if len(secret) >= shortestKnown && len(m.known) < mostKnown && !strings.HasPrefix(secret, Mark) {
		if m.know(secret) && secretform.Run(secret, 0, secretform.IsNameByte) < len(secret) && secretform.Run(secret, 0, secretform.IsTokenByte) == len(secret) {
			m.know(m.escape(secret))
		}
	}
	return mask(secret)
}

// escape is [url.QueryEscape] for the bytes of tokens, into the masker's own space: nearly every chat
// has a token, and few texts hold an escaped one.
func (m *masker) escape(token string) string {
	const digits = "0123456789ABCDEF"
	out := m.room(3 * len(token))
	for i := range len(token) {
		if c := token[i]; c == '+' || c == '/' || c == '=' || c == '%' {
			out = append(out, '%', digits[c>>4], digits[c&15])
		} else {
			out = append(out, c)
		}
	}
	return unsafe.String(unsafe.SliceData(out), len(out)) // only fresh lets anything be written there again
}

// know remembers a secret and reports whether it is new.
func (m *masker) know(secret string) bool {
	if slices.Contains(m.known, secret) {
		return false
	}
	m.known = append(m.known, secret)
	return true
}

// whole masks a text of any kind: JSON at any depth, or anything else. Valid JSON stays valid.
func (m *masker) whole(text string) string { return m.nested(text, 0) }

func (m *masker) nested(text string, level int) string {
	if level > innermost {
		return mask(text)
	}
	if strings.IndexByte("{[\"", firstByte(text)) >= 0 {
		w := walker{masker: m, src: text, level: level, search: len(m.known) > 0 && (m.has(text) || strings.IndexByte(text, '\\') >= 0)}
		if masked, ok := w.document(); ok {
			return masked
		}
	}
	return m.loose(text)
}

// firstByte returns the first byte that is no white space; zero for none.
func firstByte(text string) byte {
	for i := range len(text) {
		switch text[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return text[i]
		}
	}
	return 0
}

// has reports whether a text holds a secret that is known.
func (m *masker) has(text string) bool {
	for _, secret := range m.known {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// walker masks one JSON document. It reads strictly, so that a text it accepts is JSON, and
// replaces whole strings and numbers, so that it stays JSON.
type walker struct {
	*masker
	src    string
	out    []byte
	from   int // what stands before it is in out
	depth  int
	level  int
	search bool // for secrets that are known
}

// document masks the document; ok is false for what is not JSON.
func (w *walker) document() (masked string, ok bool) {
	end := w.value(w.space(0), false)
	if end < 0 || w.space(end) != len(w.src) {
		return "", false
	}
	if w.out == nil {
		return w.src, true
	}
	w.out = append(w.out, w.src[w.from:]...)
	return unsafe.String(unsafe.SliceData(w.out), len(w.out)), true // only fresh lets anything be written there again
}

func (w *walker) space(i int) int {
	for i < len(w.src) && (w.src[i] == ' ' || w.src[i] == '\t' || w.src[i] == '\n' || w.src[i] == '\r') {
		i++
	}
	return i
}

// value reads a value and returns where it ends; less than zero for what is none.
func (w *walker) value(i int, secret bool) int {
	if i >= len(w.src) {
		return -1
	}
	switch w.src[i] {
	case '{':
		return w.members(i+1, '}', secret)
	case '[':
		return w.members(i+1, ']', secret)
	case '"':
		end, escaped, odd := w.scan(i)
		if end > 0 && (secret || escaped || odd || w.search) {
			w.text(i, end, secret)
		}
		return end
	}
	for _, literal := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(w.src[i:], literal) {
			return i + len(literal)
		}
	}
	end := number(w.src, i)
	if end > 0 && (secret || w.search && slices.Contains(w.known, w.src[i:end])) {
		w.replace(i, end, `"`+w.hide(w.src[i:end])+`"`)
	}
	return end
}

// members reads what stands in an object or an array, and its closing bracket.
func (w *walker) members(i int, closing byte, secret bool) int {
	if w.depth++; w.depth > deepest {
		return -1
	}
	defer func() { w.depth-- }()
	if i = w.space(i); i < len(w.src) && w.src[i] == closing {
		return i + 1
	}
	for {
		hidden := secret
		if closing == '}' {
			name, next := w.name(i)
			if next < 0 {
				return -1
			}
			hidden = hidden || secretform.IsName(name) || w.codes && name == "Code"
			i = next
		}
		if i = w.value(w.space(i), hidden); i < 0 {
			return -1
		}
		if i = w.space(i); i >= len(w.src) {
			return -1
		}
		switch w.src[i] {
		case closing:
			return i + 1
		case ',':
			i = w.space(i + 1)
		default:
			return -1
		}
	}
}

// name reads a member's name and the colon after it.
func (w *walker) name(i int) (name string, next int) {
	if i >= len(w.src) || w.src[i] != '"' {
		return "", -1
	}
	end, escaped, odd := w.scan(i)
	if end < 0 {
		return "", -1
	}
	name = w.src[i+1 : end-1]
	if escaped {
		name = unquote(w.src[i:end])
	}
	if odd || escaped || w.search {
		w.text(i, end, false)
	}
	if end = w.space(end); end >= len(w.src) || w.src[end] != ':' {
		return "", -1
	}
	return name, end + 1
}

// scan finds the end of a string, and whether it holds an escape or a byte at which a secret
// may be recognised.
func (w *walker) scan(i int) (end int, escaped, odd bool) {
	src := w.src
	for i++; i < len(src); i++ {
		c := src[i]
		if !isOdd[c] {
			continue
		}
		switch {
		case c == '"':
			return i + 1, escaped, odd
		case c < ' ':
			return -1, false, false
		case c == '\\':
			escaped = true
			if i++; i >= len(src) {
				return -1, false, false
			}
			if src[i] == 'u' {
				if i+4 >= len(src) || !secretform.IsHex[src[i+1]] || !secretform.IsHex[src[i+2]] || !secretform.IsHex[src[i+3]] || !secretform.IsHex[src[i+4]] {
					return -1, false, false
				}
				i += 4
			} else if strings.IndexByte(`"\/bfnrt`, src[i]) < 0 {
				return -1, false, false
			}
		default:
			odd = true
		}
	}
	return -1, false, false
}

// text masks a string.
func (w *walker) text(i, end int, secret bool) {
	raw := w.src[i:end]
	plain := raw[1 : len(raw)-1]
	escaped := strings.IndexByte(plain, '\\') >= 0
	if escaped {
		plain = unquote(raw)
	}
	var masked string
	switch {
	case secret:
		masked = w.hide(plain)
	case escaped:
		masked = w.nested(plain, w.level+1)
	default:
		masked = w.loose(plain)
	}
	if masked == plain {
		return
	}
	quoted, _ := jsontext.AppendQuote(nil, masked) // the error tells that what is not UTF-8 was replaced
	w.replace(i, end, string(quoted))
}

func (w *walker) replace(i, end int, by string) {
	if by == w.src[i:end] {
		return
	}
	if w.out == nil {
		w.out = w.room(len(w.src))
	}
	w.out = append(append(w.out, w.src[w.from:i]...), by...)
	w.from = end
}

// unquote decodes a JSON string whose grammar was checked.
func unquote(quoted string) string {
	plain, _ := jsontext.AppendUnquote(nil, quoted) // the error tells that what is not UTF-8 was replaced
	return string(plain)
}

// number returns where a JSON number ends; less than zero for what is none.
func number(s string, i int) int {
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return -1
	}
	if i < len(s) && s[i] == '.' {
		i++
		if !digits() {
			return -1
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return -1
		}
	}
	return i
}
