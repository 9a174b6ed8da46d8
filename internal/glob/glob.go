// Package glob finds the entry of the configuration that is meant by a name of another environment:
// keys of the configuration may hold stars, which stand for anything.
package glob

import (
	"slices"
	"strings"
)

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

// Find returns the entry whose key describes one of the names that a thing has, the best name first.
// A key without a star goes before those with one, the longer before the shorter. An empty name is
// described by nothing.
func Find[V any](entries map[string]V, names ...string) (found V, ok bool) {
	if len(entries) == 0 {
		return found, false
	}
	for _, name := range names {
		if v, exact := entries[name]; exact && name != "" {
			return v, true
		}
	}
	best := ""
	for pattern := range entries {
		if len(pattern) < len(best) || len(pattern) == len(best) && pattern >= best || !strings.Contains(pattern, "*") {
			continue
		}
		if slices.ContainsFunc(names, func(name string) bool { return name != "" && Match(pattern, name) }) {
			best = pattern
		}
	}
	found, ok = entries[best]
	return found, ok && best != ""
}
