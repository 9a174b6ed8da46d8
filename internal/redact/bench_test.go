package redact_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/redact"
)

// BenchmarkApply masks a message as people write them, and the longest ones of the kinds that take most
// time: tens of milliseconds at most.
func BenchmarkApply(b *testing.B) {
	for name, text := range map[string]string{
		"sentence": "Hi, my order from last week has not arrived yet, can you look at it? I am at jane@shop.example.",
		"words":    strings.Repeat("word ", 3276),
		"letters":  strings.Repeat("a", 16_384),
		"digits":   strings.Repeat("1", 16_384),
		"groups":   strings.Repeat("1 ", 8_192),
		"colons":   strings.Repeat("1:", 8_192),
		"dots":     strings.Repeat("1.", 8_192),
		"ats":      strings.Repeat("a@", 8_192),
		"hosts":    strings.Repeat("a@b.", 4_096),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				redact.Rules{}.Apply(text)
			}
		})
	}
}
