// Package glob finds the entry of the configuration that is meant by a name of another environment:
// keys of the configuration may hold stars, which stand for anything.
package glob

import "strings"

// Match reports whether a text is one that a pattern describes: each * of it stands for any text,
// the empty one included, and everything else for itself.
func Match(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// Find returns the entry whose key describes a text. A key without a star goes before those with
// one, the longer before the shorter. An empty text is described by nothing.
func Find[V any](entries map[string]V, text string) (found V, ok bool) {
	if text == "" || len(entries) == 0 {
		return found, false
	}
	if v, exact := entries[text]; exact {
		return v, true
	}
	best := ""
	for pattern := range entries {
		if strings.Contains(pattern, "*") && Match(pattern, text) && (len(pattern) > len(best) || len(pattern) == len(best) && pattern < best) {
			best = pattern
		}
	}
	found, ok = entries[best]
	return found, ok && best != ""
}
