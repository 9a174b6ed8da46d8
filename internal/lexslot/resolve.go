package lexslot

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Reading is what a text means for a slot type.
type Reading struct {
	// Start and End are the part of the text that matters.
	Start, End int
	// Interpreted is the value; empty with Ambiguous, when Resolved has several.
	Interpreted string
	Ambiguous   bool
	Resolved    []string
	// Loose says that the type takes almost anything, so that the reading proves nothing.
	Loose bool
}

// Request is a text to be read.
type Request struct {
	// Type is the built-in slot type, such as AMAZON.Date, in any case.
	Type, Text, Locale string
	// Today is the day that relative dates count from.
	Today time.Time
	// Pattern is what an alphanumeric value has to match; nil for anything.
	Pattern *regexp.Regexp
	// Asked says that the text answers a question for the slot; else it is the part of an utterance in
	// which a value stands, and has to be one as a whole.
	Asked bool
}

// Known reports whether a built-in slot type is one that Lex documents. The others are read as free
// text.
func Known(kind string) bool {
	return slices.ContainsFunc([]string{
		"AlphaNumeric", "City", "Country", "State", "StreetName", "Confirmation", "Currency", "Date", "Duration", "EmailAddress",
		"FirstName", "LastName", "FreeFormInput", "Number", "Percentage", "PhoneNumber", "Time", "UKPostalCode",
	}, func(name string) bool { return strings.EqualFold(kind, "AMAZON."+name) })
}

// longestValue is how many words a value can have.
const longestValue = 12

// Read reads a text; false when it holds no value of the type.
func Read(r Request) (Reading, bool) {
	words := Words(r.Text, Unspaced(r.Locale))
	name := strings.ToLower(strings.TrimPrefix(r.Type, "AMAZON."))
	if i := strings.IndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if len(words) == 0 {
		if name == "freeforminput" && r.Asked {
			return whole(r.Text), true
		}
		return Reading{}, false
	}
	switch name {
	case "city", "country", "state", "streetname", "firstname", "lastname":
		return named(name, words, r)
	case "emailaddress":
		return pattern(r.Text, emailAddress, func(s string) string {
			user, domain, _ := strings.Cut(s, "@")
			return user + "@" + strings.ToLower(domain)
		})
	case "phonenumber":
		return phone(words, r)
	case "ukpostalcode":
		return pattern(r.Text, postcode, func(s string) string {
			s = strings.ToUpper(strings.Join(strings.Fields(s), ""))
			return s[:len(s)-3] + " " + s[len(s)-3:]
		})
	case "alphanumeric":
		return alphanumeric(words, r)
	}
	parse := parserOf(name, r)
	if parse == nil { // free text, and types that are not known
		return whole(r.Text), r.Asked || name != "freeforminput"
	}
	longest := min(len(words), longestValue)
	for n := longest; n > 0; n-- {
		if !r.Asked && n < len(words) {
			break
		}
		for at := 0; at+n <= len(words); at++ {
			if values := parse(joined(words[at : at+n])); len(values) > 0 {
				reading := Reading{Start: words[at].Start, End: words[at+n-1].End, Resolved: values, Interpreted: values[0]}
				if len(values) > 1 {
					reading.Interpreted, reading.Ambiguous = "", true
				}
				return reading, true
			}
		}
	}
	return Reading{}, false
}

// joined are the texts of words; those with no blank between them, as letters of languages that are
// written without, are one.
func joined(words []Word) []string {
	texts := make([]string, 0, len(words))
	for i, w := range words {
		if i > 0 && words[i-1].End == w.Start {
			texts[len(texts)-1] += w.Text
			continue
		}
		texts = append(texts, w.Text)
	}
	return texts
}

// parserOf reads words that are a value as a whole.
func parserOf(name string, r Request) func([]string) []string {
	one := func(f func([]string) (string, bool)) func([]string) []string {
		return func(words []string) []string {
			if text, ok := f(words); ok {
				return []string{text}
			}
			return nil
		}
	}
	switch name {
	case "number":
		return one(number)
	case "percentage":
		return one(percentage)
	case "currency":
		return one(currency)
	case "duration":
		return one(duration)
	case "date":
		return one(func(words []string) (string, bool) { return date(words, r.Today) })
	case "time":
		return clock
	case "confirmation":
		return one(func(words []string) (string, bool) { return confirmation(strings.Join(words, " ")) })
	}
	return nil
}

func whole(text string) Reading {
	text = strings.TrimSpace(text)
	return Reading{End: len(text), Interpreted: text, Resolved: []string{text}, Loose: true}
}

// leadIns are what customers say before a name.
func leadIns() []string {
	return []string{
		"my name is", "my first name is", "my last name is", "the name is", "i am", "im", "its", "it is", "this is", "i live in", "i am from", "im from", "from", "to", "in",
		"mi chiamo", "da", "a", "per", "me llamo", "de", "the city of",
	}
}

// named reads cities, countries and names: nearly anything short is one.
func named(name string, words []Word, r Request) (Reading, bool) {
	if r.Asked {
		for _, lead := range leadIns() {
			fields := strings.Fields(lead)
			if len(words) > len(fields) && slices.EqualFunc(words[:len(fields)], fields, func(w Word, f string) bool { return w.Text == f }) {
				words = words[len(fields):]
				break
			}
		}
	}
	most := 5
	switch name {
	case "firstname", "lastname":
		most = 3
	}
	if Unspaced(r.Locale) {
		most = 12
	}
	if len(words) > most || !slices.ContainsFunc(words, func(w Word) bool { return strings.IndexFunc(w.Text, unicode.IsLetter) >= 0 }) {
		return Reading{}, false
	}
	if name != "streetname" && slices.ContainsFunc(words, func(w Word) bool { return strings.ContainsAny(w.Text, "0123456789@") }) {
		return Reading{}, false
	}
	first, last := words[0], words[len(words)-1]
	if !Unspaced(r.Locale) && name == "firstname" {
		last = first
	}
	if !Unspaced(r.Locale) && name == "lastname" {
		first = last
	}
	text := r.Text[first.Start:last.End]
	return Reading{Start: first.Start, End: last.End, Interpreted: text, Resolved: []string{text}, Loose: true}, true
}

var (
	emailAddress = regexp.MustCompile(`[0-9A-Za-z_.+-]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+`)
	// postcode has the six formats of the United Kingdom.
	postcode = regexp.MustCompile(`(?i)\b([A-Z]{1,2}[0-9]{1,2}|[A-Z]{1,2}[0-9][A-Z])\s*[0-9][A-Z]{2}\b`)
)

// pattern reads the first place of a text that has a form.
func pattern(text string, re *regexp.Regexp, value func(string) string) (Reading, bool) {
	at := re.FindStringIndex(text)
	if at == nil {
		return Reading{}, false
	}
	v := value(text[at[0]:at[1]])
	return Reading{Start: at[0], End: at[1], Interpreted: v, Resolved: []string{v}}, true
}

// phone keeps the digits of a number of 7 to 15, and a plus before them.
func phone(words []Word, r Request) (Reading, bool) {
	start, end := -1, 0
	digits := ""
	for _, w := range words {
		word := r.Text[w.Start:w.End]
		if strings.Trim(word, "0123456789+-.()/") != "" {
			if digits != "" {
				break
			}
			continue
		}
		if start < 0 {
			start = w.Start
		}
		end = w.End
		for _, c := range word {
			if c >= '0' && c <= '9' {
				digits += string(c)
			}
		}
	}
	if len(digits) < 7 || len(digits) > 15 {
		return Reading{}, false
	}
	if strings.HasPrefix(strings.TrimLeft(r.Text[start:], "("), "+") {
		digits = "+" + digits
	}
	return Reading{Start: start, End: end, Interpreted: digits, Resolved: []string{digits}}, true
}

// alphanumeric is one word of letters and digits, or one that was spelled.
func alphanumeric(words []Word, r Request) (Reading, bool) {
	accept := func(text string, first, last Word) (Reading, bool) {
		text = strings.Trim(text, ".,;:!?")
		if text == "" || strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
			return Reading{}, false
		}
		if r.Pattern != nil && !r.Pattern.MatchString(text) {
			return Reading{}, false
		}
		return Reading{Start: first.Start, End: last.End, Interpreted: text, Resolved: []string{text}, Loose: r.Pattern == nil}, true
	}
	spelled := ""
	for _, w := range words {
		if spelled += r.Text[w.Start:w.End]; len([]rune(w.Text)) > 1 && len(words) > 1 {
			spelled = ""
			break
		}
	}
	if spelled != "" {
		if reading, ok := accept(spelled, words[0], words[len(words)-1]); ok {
			return reading, true
		}
	}
	// In a sentence the value is the word that matches the pattern, or the only one with a digit.
	var found []Word
	for _, w := range words {
		if r.Pattern != nil && r.Pattern.MatchString(r.Text[w.Start:w.End]) || r.Pattern == nil && strings.ContainsAny(w.Text, "0123456789") {
			found = append(found, w)
		}
	}
	if r.Asked && len(found) == 1 {
		return accept(r.Text[found[0].Start:found[0].End], found[0], found[0])
	}
	return Reading{}, false
}
