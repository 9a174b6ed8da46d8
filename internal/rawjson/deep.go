package rawjson

// Deeper reports whether objects and lists stand more than so many deep within each other, so that
// what decodes or walks them need not bear it. The text need not be valid.
func Deeper(text []byte, most int) bool {
	depth, quoted := 0, false
	for at := 0; at < len(text); at++ {
		switch c := text[at]; {
		case quoted && c == '\\':
			at++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > most {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
