package glob_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/glob"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"a", "a", true},
		{"a", "ab", false},
		{"*", "", true},
		{"*", "anything", true},
		{"a*", "a", true},
		{"a*c", "abc", true},
		{"a*c", "ac", true},
		{"a*c", "acd", false},
		{"a*a", "a", false},
		{"*b*", "abc", true},
		{"*b*d", "abcd", true},
		{"*b*d", "abdc", false},
		{"arn:aws:lambda:*:function:order-*", "arn:aws:lambda:eu-central-1:123456789012:function:order-lookup", true},
	} {
		if got := glob.Match(test.pattern, test.text); got != test.want {
			t.Errorf("Match(%q, %q) = %v", test.pattern, test.text, got)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	entries := map[string]int{"order": 1, "order*": 2, "o*": 3, "*": 4, "x*z": 5, "xy*": 6}
	for text, want := range map[string]int{"order": 1, "orders": 2, "other": 3, "?": 4, "xyz": 5} {
		if got, ok := glob.Find(entries, text); !ok || got != want {
			t.Errorf("Find(%q) = %d, %v, want %d", text, got, ok, want)
		}
	}
	if got, ok := glob.Find(entries, "xyz", "", "order"); !ok || got != 1 {
		t.Errorf("a star was better than the name: %d", got)
	}
	if got, ok := glob.Find(entries, ""); ok {
		t.Errorf("nothing is described by %d", got)
	}
	if got, ok := glob.Find(map[string]int{"a*": 1}, "b"); ok || got != 0 {
		t.Errorf("b is described by %d", got)
	}
}
