// Package excerpt bounds text that callers chose before it is repeated in an answer, a log or a
// list.
//
// The package has no state and is safe for concurrent use.
package excerpt

import "unicode/utf8"

// Of returns a text of at most most characters as it is, and of a longer one so many with an
// ellipsis behind them. A byte that is not UTF-8 counts as a character and is kept.
func Of(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := 0
	for range most {
		_, size := utf8.DecodeRuneInString(text[end:])
		if end += size; end == len(text) {
			return text
		}
	}
	return text[:end] + "…"
}
