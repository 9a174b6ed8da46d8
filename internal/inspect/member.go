package inspect

import "strings"

// member returns a text at the top level of a JSON object, empty when it is not there. What is
// not JSON has no members, or wrong ones, and does no harm.
func member(object, name string) string {
	value := memberValue(object, name)
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if strings.IndexByte(value, '\\') >= 0 {
		return unquote(value)
	}
	return value[1 : len(value)-1]
}

// memberValue returns the value of a member as it stands.
func memberValue(object, name string) string {
	w := walker{src: object}
	i := w.space(0)
	if i >= len(object) || object[i] != '{' {
		return ""
	}
	for i = w.space(i + 1); i < len(object) && object[i] == '"'; {
		end := skipped(object, i)
		found := object[i+1:max(i+1, end-1)] == name
		if i = w.space(end); i >= len(object) || object[i] != ':' {
			return ""
		}
		i = w.space(i + 1)
		end = skipped(object, i)
		if found {
			return object[i:end]
		}
		if i = w.space(end); i >= len(object) || object[i] != ',' {
			return ""
		}
		i = w.space(i + 1)
	}
	return ""
}

// skipped returns where the value at i ends.
func skipped(src string, i int) int {
	depth := 0
	for i < len(src) {
		switch src[i] {
		case '"':
			for i++; i < len(src) && src[i] != '"'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
			if i = min(i+1, len(src)); depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
