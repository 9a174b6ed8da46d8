package secretform

import "strings"

// Replace puts by in the place of every secret in a line of a log, which is prose for people
// with values in it. So the name of an authentication scheme stays, a value ends at white space,
// and what follows a colon has to look like a value: "token: unexpected end" says nothing secret.
func Replace(text, by string) string {
	var out []byte
	from := 0
	for i := 0; i < len(text); i++ {
		if !IsTrigger[text[i]] {
			continue
		}
		start, end := At(text, from, i)
		if start, end = inProse(text, i, start, end); end <= start {
			continue
		}
		out = append(append(out, text[from:start]...), by...)
		from, i = end, end-1
	}
	if out == nil {
		return text
	}
	return string(append(out, text[from:]...))
}

// inProse narrows what was recognised at i down to one word.
func inProse(text string, i, start, end int) (int, int) {
	if end <= start || text[i] != ':' && text[i] != '=' {
		return start, end
	}
	words := text[start:end]
	for _, scheme := range [...]string{"Bearer ", "Basic ", "Digest ", "AWS4-HMAC-SHA256 "} {
		if len(words) > len(scheme) && strings.EqualFold(words[:len(scheme)], scheme) {
			start += len(scheme)
		}
	}
	if length := strings.IndexAny(text[start:end], " \t\r\n"); length >= 0 {
		end = start + length
	}
	const shortest = 10
	value := text[start:end]
	if text[i] == ':' && !strings.HasPrefix(text[i:], "://") &&
		(len(value) < shortest || strings.HasPrefix(value, "arn:") || !strings.ContainsAny(value, "0123456789_+/=.%ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
		return 0, 0
	}
	return start, end
}
