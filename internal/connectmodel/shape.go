package connectmodel

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/rawjson"
)

// shape is what a member's JSON must look like. Each implementation reports the
// first violation it meets, with the member's path.
type shape interface {
	check(v *visit, path string, raw jsontext.Value) *Violation
}

// visit carries what a walk needs to remember.
type visit struct {
	unknown func(path string)
	depth   int
}

// maxDepth bounds the nesting of SegmentAttributes, the only recursive shape. AWS
// documents no limit; no system attribute is nested deeper than three levels.
const maxDepth = 16

// text is a string of min to max characters, or bytes when inBytes is set.
type text struct {
	min, max int
	inBytes  bool
	enum     []string
	cause    Cause
}

// check implements [shape]. Where values are listed, no length counts.
func (s text) check(_ *visit, path string, raw jsontext.Value) *Violation {
	if raw.Kind() != '"' {
		return wrongType(path, "a string", raw)
	}
	if len(s.enum) > 0 {
		if !slices.Contains(s.enum, rawjson.Text(raw)) {
			return &Violation{Kind: Limit, Field: path, Sentence: fmt.Sprintf("%s must be %s.", path, oneOf(s.enum))}
		}
		return nil
	}
	// The quoted form is never shorter than the text, so most strings need no decoding.
	if quoted := len(raw) - 2; quoted <= s.max && quoted >= s.min && !slices.Contains(raw, '\\') && (s.min <= 1 || s.inBytes) {
		return nil
	}
	plain := rawjson.Text(raw)
	length, unit := utf8.RuneCountInString(plain), "characters"
	if s.inBytes {
		length, unit = len(plain), "bytes"
	}
	if length < s.min || length > s.max {
		return &Violation{
			Kind: Limit, Cause: s.cause, Field: path,
			Sentence: fmt.Sprintf("%s must have %s %s, but has %s.", path, span(s.min, s.max), unit, group(length)),
		}
	}
	return nil
}

// formed is a text in a form that AWS documents as a pattern.
type formed struct {
	text
	// is reports whether a text has the form, want says which it is.
	is   func(text string) bool
	want string
}

// check implements [shape]. The length comes first: its sentence says more than the form's.
func (s formed) check(v *visit, path string, raw jsontext.Value) *Violation {
	if violation := s.text.check(v, path, raw); violation != nil {
		return violation
	}
	if !s.is(rawjson.Text(raw)) {
		return &Violation{Kind: Limit, Field: path, Sentence: fmt.Sprintf("%s must be %s.", path, s.want)}
	}
	return nil
}

// integer is a whole number from min to max.
type integer struct{ min, max int64 }

// check implements [shape]. 5.0 and 5e0 are no whole numbers either.
func (s integer) check(_ *visit, path string, raw jsontext.Value) *Violation {
	if raw.Kind() != '0' {
		return wrongType(path, "a whole number", raw)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return &Violation{Kind: Type, Field: path, Sentence: path + " must be a whole number without fraction or exponent."}
	}
	if n < s.min || n > s.max {
		return &Violation{
			Kind: Limit, Field: path,
			Sentence: fmt.Sprintf("%s must be from %s to %s, but is %s.", path, group(int(s.min)), group(int(s.max)), string(raw)),
		}
	}
	return nil
}

// level is one of the whole numbers from 1 to 5, which the service's model has as a number with a fraction.
type level struct{}

// check implements [shape].
func (level) check(_ *visit, path string, raw jsontext.Value) *Violation {
	if raw.Kind() != '0' {
		return wrongType(path, "a number", raw)
	}
	if n, err := strconv.ParseFloat(string(raw), 64); err != nil || n < 1 || n > 5 || n != math.Trunc(n) {
		return &Violation{Kind: Limit, Field: path, Sentence: path + " must be 1, 2, 3, 4 or 5."}
	}
	return nil
}

// truth is true or false.
type truth struct{}

// check implements [shape].
func (truth) check(_ *visit, path string, raw jsontext.Value) *Violation {
	if kind := raw.Kind(); kind != 't' && kind != 'f' {
		return wrongType(path, "true or false", raw)
	}
	return nil
}

// list is an array of min to max items; zero max means any number.
type list struct {
	min, max int
	item     shape
}

// check implements [shape]. Items are checked before they are counted; null is none, unlike as a member.
func (s list) check(v *visit, path string, raw jsontext.Value) *Violation {
	if raw.Kind() != '[' {
		return wrongType(path, "a list", raw)
	}
	n := 0
	for item := range rawjson.Items(raw) {
		at := below(path, "["+strconv.Itoa(n)+"]")
		n++
		if item.Kind() == 'n' {
			return wrongType(at, "a value", item)
		}
		if violation := s.item.check(v, at, item); violation != nil {
			return violation
		}
	}
	if n < s.min || s.max > 0 && n > s.max {
		want := span(s.min, s.max) + " items"
		switch s.max {
		case 0:
			want = fmt.Sprintf("at least %d item", s.min)
		case s.min:
			want = fmt.Sprintf("exactly %d item", s.min)
		}
		return &Violation{Kind: Limit, Field: path, Sentence: fmt.Sprintf("%s must have %s, but has %d.", path, want, n)}
	}
	return nil
}

// object has named members, some of them required.
type object struct {
	members  map[string]shape
	required []string
}

// check implements [shape]. A member that is null is absent, and one that is not documented is told to
// the visit and is no violation: what becomes of it is the caller's to say.
func (s object) check(v *visit, path string, raw jsontext.Value) *Violation {
	if raw.Kind() != '{' {
		return wrongType(path, "an object", raw)
	}
	if v.depth++; v.depth > maxDepth {
		return &Violation{Kind: Limit, Field: path, Sentence: fmt.Sprintf("%s is nested more than %d levels deep.", path, maxDepth)}
	}
	defer func() { v.depth-- }()
	var present []string
	for name, value := range rawjson.Members(raw) {
		if value.Kind() == 'n' {
			continue
		}
		at := below(path, "."+Shorten(name))
		member, known := s.members[name]
		if !known {
			v.unknown(at)
			continue
		}
		present = append(present, name)
		if violation := member.check(v, at, value); violation != nil {
			return violation
		}
	}
	for _, name := range s.required {
		if !slices.Contains(present, name) {
			at := below(path, "."+name)
			return &Violation{Kind: Missing, Field: at, Sentence: at + " is missing."}
		}
	}
	return nil
}

// dictionary has members whose names the caller chooses.
type dictionary struct {
	// key says what is wrong with a name; empty when nothing is.
	key   func(name string) string
	cause Cause // of a bad key
	value shape
	// maxBytes limits keys and values together, maxKeys how many there are; zero does not.
	maxBytes, maxKeys int
}

// check implements [shape]. The names are the caller's, so what is wrong with one is said with the name.
func (s dictionary) check(v *visit, path string, raw jsontext.Value) *Violation {
	if raw.Kind() != '{' {
		return wrongType(path, "an object", raw)
	}
	if v.depth++; v.depth > maxDepth {
		return &Violation{Kind: Limit, Field: path, Sentence: fmt.Sprintf("%s is nested more than %d levels deep.", path, maxDepth)}
	}
	defer func() { v.depth-- }()
	size, count := 0, 0
	for name, value := range rawjson.Members(raw) {
		count++
		at := below(path, "."+Shorten(name))
		if complaint := s.key(name); complaint != "" {
			return &Violation{Kind: Limit, Cause: s.cause, Field: at, Sentence: fmt.Sprintf("The key %q of %s %s.", Shorten(name), path, complaint)}
		}
		if s.maxBytes > 0 && value.Kind() == '"' {
			size += len(name) + rawjson.TextLength(value)
		}
		if violation := s.value.check(v, at, value); violation != nil {
			return violation
		}
	}
	if s.maxKeys > 0 && (count == 0 || count > s.maxKeys) {
		return &Violation{Kind: Limit, Field: path, Sentence: fmt.Sprintf("%s must have 1 to %d members, but has %d.", path, s.maxKeys, count)}
	}
	if s.maxBytes > 0 && size > s.maxBytes {
		return &Violation{
			Kind: Rule, Cause: AttributesSize, Field: path,
			Sentence: fmt.Sprintf("%s has %s bytes of keys and values together; at most %s are allowed.", path, group(size), group(s.maxBytes)),
		}
	}
	return nil
}

// recursive defers to a shape that contains itself.
type recursive struct{ shape func() shape }

// check implements [shape].
func (s recursive) check(v *visit, path string, raw jsontext.Value) *Violation {
	return s.shape().check(v, path, raw)
}

// wrongType is the violation of a value of another JSON type.
func wrongType(path, want string, raw jsontext.Value) *Violation {
	return &Violation{Kind: Type, Field: path, Sentence: fmt.Sprintf("%s must be %s, not %s.", path, want, kindName(raw.Kind()))}
}

// kindName is a JSON type in a sentence.
func kindName(kind jsontext.Kind) string {
	switch kind {
	case '"':
		return "a string"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	case '[':
		return "a list"
	case '{':
		return "an object"
	default:
		return "null"
	}
}

// oneOf lists what a value may be.
func oneOf(values []string) string {
	if len(values) > 2 {
		return "one of " + strings.Join(values, ", ")
	}
	return strings.Join(values, " or ")
}

// span writes a range of lengths.
func span(low, high int) string {
	if low == 0 {
		return "at most " + group(high)
	}
	return group(low) + " to " + group(high)
}

// group writes a number with thousands separators.
func group(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// maxPath bounds a path in bytes: callers choose keys, and nest them.
const maxPath = 200

// below returns the path of what is one step further in. Of a long path the middle is left
// out: the request's member and the end tell the most.
func below(path, step string) string {
	path += step
	if len(path) <= maxPath {
		return path
	}
	const gap = "…"
	member := path[:strings.IndexAny(path, ".["+gap)]
	end := path[len(path)-(maxPath-len(member)-len(gap)):]
	return member + gap + strings.ToValidUTF8(end, "")
}

// Shorten returns as much of a caller's text as reads well in a sentence.
func Shorten(key string) string { return excerpt.Of(key, 64) }
