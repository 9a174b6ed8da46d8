package excerpt_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/excerpt"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		most int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc…"},
		{"äöü", 3, "äöü"},
		{"äöüß", 3, "äöü…"},
		{"a😀b😀", 3, "a😀b…"},
		{"a\xff\xfe", 3, "a\xff\xfe"},
		{"\xf0\x9f\x98", 2, "\xf0\x9f…"},
		{"abc", 0, "…"},
	} {
		if got := excerpt.Of(test.text, test.most); got != test.want {
			t.Errorf("Of(%q, %d) = %q, want %q", test.text, test.most, got, test.want)
		}
	}
}
