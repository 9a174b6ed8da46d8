package inspect

import (
	"strings"

	"github.com/parley-chat/parley/internal/secretform"
)

// isOdd are the bytes at which a JSON string is not plain, or a secret may be recognised.
//
//nolint:gochecknoglobals // a set of bytes, which never changes
var isOdd = secretform.SetOf("\"\\\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"+
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f", secretform.IsTrigger)

// loose masks text without structure.
func (m *masker) loose(text string) string {
	for _, secret := range m.known {
		if strings.Contains(text, secret) {
			text = strings.ReplaceAll(text, secret, mask(secret))
		}
	}
	if strings.Contains(text, `\u00`) {
		text = secretform.PlainEscapes(text)
	}
	return m.recognised(text)
}

// recognised masks what looks like a secret.
func (m *masker) recognised(text string) string {
	var out []byte
	from := 0
	for i := 0; i < len(text); i++ {
		if !secretform.IsTrigger[text[i]] {
			continue
		}
		start, end := secretform.At(text, from, i)
		if end <= start {
			continue
		}
		out = append(append(out, text[from:start]...), m.hide(text[start:end])...)
		from, i = end, end-1
	}
	if out == nil {
		return text
	}
	return string(append(out, text[from:]...))
}
