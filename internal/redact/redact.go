// Package redact finds what is private in a text by patterns and check digits, and puts a mask in its
// place.
//
// It stands in for the language model of Amazon Connect: it finds what has a form, the same every time
// and on this machine, and knows which kinds have none. All patterns are RE2, so that a text takes time
// in proportion to its length.
package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rules say what is taken out of a text. The zero value takes out everything that can be found, each
// masked by its kind.
type Rules struct {
	// Entities are the kinds to take out, in the service's own spelling; empty means all.
	Entities []string
	// Same masks everything as [PII], and not by its kind.
	Same bool
}

// Known reports whether there is such a kind of private data, and whether it can be found here.
//
// Source: https://docs.aws.amazon.com/comprehend/latest/APIReference/API_RedactionConfig.html
func Known(entity string) (known, found bool) {
	found = slices.ContainsFunc(finders(), func(f finder) bool { return f.entity == entity })
	return found || slices.Contains(formless(), entity), found
}

// formless are the kinds that no pattern finds: words, or numbers like any other.
func formless() []string {
	return []string{
		"ADDRESS", "AGE", "AWS_SECRET_KEY", "BANK_ACCOUNT_NUMBER", "BANK_ROUTING", "CA_HEALTH_NUMBER", "DRIVER_ID", "IN_AADHAAR", "IN_NREGA",
		"IN_VOTER_NUMBER", "LICENSE_PLATE", "NAME", "PASSPORT_NUMBER", "PASSWORD", "SWIFT_CODE", "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", "USERNAME",
	}
}

// Unfound returns the kinds among those of the rules that are not found here, in order.
func (r Rules) Unfound() []string {
	if len(r.Entities) == 0 {
		return formless()
	}
	var list []string
	for _, entity := range r.Entities {
		if _, found := Known(entity); !found {
			list = append(list, entity)
		}
	}
	slices.Sort(list)
	return list
}

// finder finds one kind of private data.
type finder struct {
	entity string
	// form is what it looks like; with a group, the group is what is private.
	form *regexp.Regexp
	// length returns how many bytes of a match are private, zero for none; nil means all.
	length func(match string) int
}

// span is a piece of a text, and what it is.
type span struct {
	from, to int
	entity   string
}

// Apply returns a text with masks in the place of what is private. Where kinds overlap the one that is
// more certain wins.
func (r Rules) Apply(text string) string {
	var spans []span
	for _, f := range finders() {
		if len(r.Entities) > 0 && !slices.Contains(r.Entities, f.entity) {
			continue
		}
		for _, s := range f.find(text) {
			if !slices.ContainsFunc(spans, func(other span) bool { return s.from < other.to && other.from < s.to }) {
				spans = append(spans, s)
			}
		}
	}
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	at := 0
	for _, s := range spans {
		mask := s.entity
		if r.Same {
			mask = "PII"
		}
		b.WriteString(text[at:s.from] + "[" + mask + "]")
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// find returns where a text has the kind. Behind a match that is none it goes on with the next word
// of it.
func (f *finder) find(text string) (spans []span) {
	for at := 0; at < len(text); {
		m := f.form.FindStringSubmatchIndex(text[at:])
		if m == nil {
			return spans
		}
		from, to := at+m[len(m)-2], at+m[len(m)-1]
		n := to - from
		if f.length != nil {
			n = f.length(text[from:to])
		}
		if n > 0 && alone(text, from, from+n) {
			spans = append(spans, span{from, from + n, f.entity})
			at = from + n
			continue
		}
		at = from + word(text[from:])
	}
	return spans
}

// word is the length of the first word of a text, with what stands before it; at least one character.
func word(text string) int {
	n := strings.IndexFunc(text, inWord)
	if n < 0 {
		return max(1, len(text))
	}
	end := strings.IndexFunc(text[n:], func(r rune) bool { return !inWord(r) })
	if end < 0 {
		return len(text)
	}
	return n + end
}

// alone reports whether a piece of a text is no part of a longer word or number.
func alone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	first, _ := utf8.DecodeRuneInString(text[from:to])
	last, _ := utf8.DecodeLastRuneInString(text[from:to])
	joined := inWord(before) && inWord(first) || inWord(after) && inWord(last)
	return !joined
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
