// Package rawjson walks JSON that is already known to be valid, without decoding it.
//
// The front door reads each body once to check it (with jsontext, which refuses
// duplicate names and broken UTF-8) and then only cuts it into members, so that what
// it need not understand passes through byte for byte. All functions are pure; on text
// that is not valid JSON they end early, and never panic.
package rawjson

import (
	"bytes"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Members yields the members of an object in order: names decoded, values as they stand.
func Members(object jsontext.Value) iter.Seq2[string, jsontext.Value] {
	return func(yield func(string, jsontext.Value) bool) {
		rest, ok := enter(object, '{')
		for ok && len(rest) > 0 && rest[0] == '"' {
			end := skipString(rest)
			name := Text(rest[:end])
			rest = skipSpace(rest[end:])
			if len(rest) == 0 || rest[0] != ':' {
				return
			}
			rest = skipSpace(rest[1:])
			end = skipValue(rest)
			if end == 0 || !yield(name, jsontext.Value(rest[:end:end])) {
				return
			}
			rest, ok = next(rest[end:])
		}
	}
}

// Path writes a JSON pointer as the names of members are written everywhere else: StartPosition.Id for
// /StartPosition/Id, in valid UTF-8.
func Path(pointer jsontext.Pointer) string {
	return strings.ToValidUTF8(strings.Join(slices.Collect(pointer.Tokens()), "."), "\uFFFD")
}

// Member returns the value of an object's member; nil when there is none.
func Member(object jsontext.Value, name string) jsontext.Value {
	for each, value := range Members(object) {
		if each == name {
			return value
		}
	}
	return nil
}

// Items yields the items of an array in order, as they stand.
func Items(array jsontext.Value) iter.Seq[jsontext.Value] {
	return func(yield func(jsontext.Value) bool) {
		rest, ok := enter(array, '[')
		for ok && len(rest) > 0 && rest[0] != ']' {
			end := skipValue(rest)
			if end == 0 || !yield(jsontext.Value(rest[:end:end])) {
				return
			}
			rest, ok = next(rest[end:])
		}
	}
}

// Text decodes a JSON string; anything else is "".
func Text(raw jsontext.Value) string {
	if raw.Kind() != '"' || len(raw) < 2 {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	plain, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		return ""
	}
	return string(plain)
}

// TextLength is the length of a JSON string's text in bytes; zero for anything else.
func TextLength(raw jsontext.Value) int {
	if raw.Kind() != '"' || len(raw) < 2 {
		return 0
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return len(raw) - 2
	}
	return len(Text(raw))
}

// skipSpace returns what follows white space, of which there mostly is none: [bytes.TrimLeft] would make
// a set of its characters first.
func skipSpace(rest []byte) []byte {
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n') {
		rest = rest[1:]
	}
	return rest
}

// enter steps over the opening bracket.
func enter(raw jsontext.Value, open byte) ([]byte, bool) {
	raw = skipSpace(raw)
	if len(raw) == 0 || raw[0] != open {
		return nil, false
	}
	return skipSpace(raw[1:]), true
}

// next steps over a comma; false means that the closing bracket has come.
func next(rest []byte) ([]byte, bool) {
	rest = skipSpace(rest)
	if len(rest) == 0 || rest[0] != ',' {
		return nil, false
	}
	return skipSpace(rest[1:]), true
}

// skipValue returns the length of the value that rest begins with.
func skipValue(rest []byte) int {
	if len(rest) == 0 {
		return 0
	}
	switch rest[0] {
	case '"':
		return skipString(rest)
	case '{', '[':
		return skipNested(rest)
	}
	for i, c := range rest {
		switch c {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return len(rest)
}

// skipNested counts brackets outside strings; in valid JSON they match.
func skipNested(rest []byte) int {
	depth := 0
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '"':
			i += skipString(rest[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(rest)
}

// skipString returns the length of the quoted string that rest begins with.
func skipString(rest []byte) int {
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(rest)
}

// Deeper reports whether objects and lists stand within each other more than most times, in a text that
// need not be valid: decoders recurse for each.
func Deeper(text []byte, most int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
