// Package lexslot understands what customers say for a slot of an Amazon Lex V2 bot: numbers, dates,
// times, amounts, names and the other built-in slot types, each as the values that Lex documents.
//
// It knows neither bots nor conversations, and is deterministic: the day that "tomorrow" counts from
// is an argument. All of it is safe for concurrent use.
package lexslot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Word is one word of a text.
type Word struct {
	// Text is the word as texts are compared: lower case, without punctuation at its ends and without
	// apostrophes.
	Text string
	// Start and End are where the word stands in the text it was cut from, without the punctuation
	// around it.
	Start, End int
}

// Words cuts a text into words. In languages that are written without blanks every letter is one.
func Words(text string, letters bool) []Word {
	var words []Word
	add := func(start, end int) {
		for start < end {
			r, size := utf8.DecodeRuneInString(text[start:end])
			if !edge(r, text[start+size:end]) {
				break
			}
			start += size
		}
		for start < end {
			r, size := utf8.DecodeLastRuneInString(text[start:end])
			if !unicode.IsPunct(r) && !unicode.IsSymbol(r) || r == '%' || r == '€' || r == '$' || r == '£' {
				break
			}
			end -= size
		}
		if folded := Fold(text[start:end]); folded != "" {
			words = append(words, Word{folded, start, end})
		}
	}
	start := -1
	for at, r := range text {
		blank := unicode.IsSpace(r)
		if start >= 0 && (blank || letters && !latin(r)) {
			add(start, at)
			start = -1
		}
		switch {
		case blank:
		case letters && !latin(r):
			_, size := utf8.DecodeRuneInString(text[at:]) // a broken one has another length than its sign
			add(at, at+size)
		case start < 0:
			start = at
		}
	}
	if start >= 0 {
		add(start, len(text))
	}
	return words
}

// latin reports whether a letter belongs to words that stay whole in every language.
func latin(r rune) bool { return r < 0x0250 }

// edge reports whether a rune at the beginning of a word is none of it. A sign before a number is.
func edge(r rune, rest string) bool {
	if strings.ContainsRune("+-.$€£(", r) && rest != "" && (unicode.IsDigit(rune(rest[0])) || rest[0] == '.' || rest[0] == '$') {
		return r == '(' && !strings.Contains(rest, ")")
	}
	return unicode.IsPunct(r) || unicode.IsSymbol(r) && r != '$' && r != '€' && r != '£'
}

// Fold is a text as texts are compared: in compatible composition, in lower case, without
// apostrophes.
func Fold(text string) string {
	plain := true
	for i := range len(text) {
		if c := text[i]; c >= 0x80 || c >= 'A' && c <= 'Z' || c == '\'' {
			plain = false
			break
		}
	}
	if plain {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '\'', '’', '‘', '`', '´':
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(text)))
}

// Plain is a text as whole texts are compared: folded words with single blanks between them.
func Plain(text string) string {
	words := Words(text, false)
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.Text
	}
	return strings.Join(all, " ")
}

// Unspaced reports whether a language is written without blanks between words.
func Unspaced(locale string) bool {
	switch strings.ToLower(locale[:min(2, len(locale))]) {
	case "ja", "ko", "zh", "th":
		return true
	}
	return false
}
