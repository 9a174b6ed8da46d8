package testcase

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Threshold is from which score on two texts are similar. Amazon Connect publishes neither how it
// compares nor its own threshold.
const Threshold = 0.65

// borderline are the scores at which a person should look: another way of comparing may decide
// otherwise.
const borderlineFrom, borderlineTo = 0.55, 0.75

// Outcome is how an observed text compares with an expected one.
type Outcome struct {
	Met bool
	// Score is 1 for what is contained, or the likeness, from 0 to 1.
	Score float64
	// Hint is what a person should know; empty for nothing.
	Hint string
}

// Compare compares an observed text with an expected one, offline and always in the same way. It errs
// on the strict side: a text that says something else must not pass.
func Compare(criterion, expected, observed string) Outcome {
	if criterion == Inclusion {
		return includes(expected, observed)
	}
	out := Outcome{Score: likeness(expected, observed)}
	out.Met = out.Score >= Threshold
	if out.Score >= borderlineFrom && out.Score <= borderlineTo {
		out.Hint = "borderline"
	}
	return out
}

// includes looks for a part of a text, with its case.
func includes(part, text string) Outcome {
	part, text = plain(part), plain(text)
	if strings.Contains(text, part) {
		return Outcome{Met: true, Score: 1}
	}
	out := Outcome{Score: likeness(part, text)}
	if strings.Contains(strings.ToLower(text), strings.ToLower(part)) {
		out.Hint = "differs only in letter case"
	}
	return out
}

// plain is a text with one form of each letter, quote, dash and blank.
func plain(text string) string {
	text = norm.NFC.String(text)
	text = strings.Map(func(r rune) rune {
		switch r {
		case '\u2018', '\u2019', '\u201a', '\u2032', '\u00b4', '`':
			return '\''
		case '\u201c', '\u201d', '\u201e', '\u00ab', '\u00bb', '\u2033':
			return '"'
		case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
			return '-'
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

var tag = regexp.MustCompile(`<[^<>]*>`)

// words are what is compared of a text: its words in small letters, numbers up to twenty spelled out,
// without punctuation and tags.
func words(text string) []string {
	text = strings.ToLower(plain(tag.ReplaceAllString(text, " ")))
	text = strings.ReplaceAll(text, "'", "") // don't is one word
	all := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	for i, w := range all {
		if n := strings.TrimLeft(w, "0"); len(w) <= 2 && w[0] >= '0' && w[0] <= '9' {
			if n == "" {
				n = "0"
			}
			if spelled := number(n); spelled != "" {
				all[i] = spelled
			}
		}
	}
	return all
}

// number spells a number up to twenty; empty for any other.
func number(digits string) string {
	spelled := []string{
		"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
		"fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return ""
		}
		n = n*10 + int(c-'0')
	}
	if n >= len(spelled) {
		return ""
	}
	return spelled[n]
}

// enough is from how many words on a text that is contained in another says the same.
const enough = 4

// likeness is how alike two texts are, from 0 to 1: 1 for the same words or for a sentence within the
// other, else what their words or their letters have in common, whichever is more. Texts that differ in
// a denial are not alike, however much they have in common.
func likeness(a, b string) float64 {
	wordsA, wordsB := words(a), words(b)
	if len(wordsA) == 0 || len(wordsB) == 0 {
		if len(wordsA) == len(wordsB) && plain(a) == plain(b) {
			return 1
		}
		return 0
	}
	textA, textB := strings.Join(wordsA, " "), strings.Join(wordsB, " ")
	if textA == textB || len(wordsA) >= enough && within(textA, textB) || len(wordsB) >= enough && within(textB, textA) {
		return 1
	}
	lettersA, lettersB := bounded(textA), bounded(textB)
	score := max(common(wordsA, wordsB), 1-float64(edits(lettersA, lettersB))/float64(max(len(lettersA), len(lettersB))))
	if denies(wordsA) != denies(wordsB) {
		return min(score, borderlineFrom)
	}
	return score
}

// within reports whether whole words stand together in others.
func within(part, text string) bool { return strings.Contains(" "+text+" ", " "+part+" ") }

// denies reports whether a sentence has a word that turns it round.
func denies(all []string) bool {
	odd := false
	for _, w := range all {
		switch w {
		case "not", "no", "never", "none", "cannot", "nicht", "kein", "keine", "keinen", "nie":
			odd = !odd
		default:
			if strings.HasSuffix(w, "nt") && len(w) <= 8 && contraction(w) {
				odd = !odd
			}
		}
	}
	return odd
}

// contraction reports whether a word is one like don't, without its apostrophe.
func contraction(w string) bool {
	switch strings.TrimSuffix(w, "nt") {
	case "do", "does", "did", "ca", "wo", "could", "would", "should", "is", "are", "was", "were", "has", "have", "had":
		return true
	}
	return false
}

// common is the F1 of the words that two texts share, each as often as both have it.
func common(a, b []string) float64 {
	count := map[string]int{}
	for _, w := range a {
		count[w]++
	}
	shared := 0
	for _, w := range b {
		if count[w] > 0 {
			count[w]--
			shared++
		}
	}
	return 2 * float64(shared) / float64(len(a)+len(b))
}

// edits is how many letters have to be put in, taken out or replaced to make one text the other.
func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		left := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := left
			if x != y {
				cost++
			}
			left = row[j+1]
			row[j+1] = min(cost, left+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// bounded is as much of a text as is compared letter by letter: the work grows with the square of it.
func bounded(text string) []rune {
	all := []rune(text)
	return all[:min(len(all), 2000)]
}
