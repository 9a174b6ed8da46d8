package inspect

import "strings"

// This file recognises secrets in text that has no structure: addresses, log lines, forms, JSON
// that was cut off. It looks closer only at few bytes (isTrigger), because nearly all text holds
// no secret.

// bytesOf is a set of bytes.
type bytesOf [256]bool

func setOf(members string, sets ...bytesOf) bytesOf {
	var set bytesOf
	for i := range len(members) {
		set[members[i]] = true
	}
	for _, other := range sets {
		for c, in := range other {
			set[c] = set[c] || in
		}
	}
	return set
}

//nolint:gochecknoglobals // sets of bytes, which never change
var (
	isHex     = setOf("0123456789abcdefABCDEF")
	isAlnum   = setOf("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	isName    = setOf("_-.", isAlnum)
	isToken   = setOf("_-.~+/=%", isAlnum)
	isSpacing = setOf(" \t\r\n\"'\\")
	// isEscapedSpace are the letters that stand for white space after a backslash.
	isEscapedSpace = setOf("nrt")
	// endsValue are the bytes that no unquoted secret holds.
	endsValue = setOf(" \t\r\n\"'`<>,;&#()[]{}|\\\x00")
	// endsAuthority are the bytes that no name and password in an address hold.
	endsAuthority = setOf(" \t\r\n\"'`<>\\/?#")
	// isTrigger are the bytes at which a secret may be recognised.
	isTrigger = setOf("J=:%Bb")
	// isOdd are those and the ones at which a JSON string is not plain.
	isOdd = setOf("\"\\\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"+
		"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f", isTrigger)
)

// loose masks text without structure.
func (m *masker) loose(text string) string {
	for _, secret := range m.known {
		if strings.Contains(text, secret) {
			text = strings.ReplaceAll(text, secret, mask(secret))
		}
	}
	if strings.Contains(text, `\u00`) {
		text = plainEscapes(text)
	}
	return m.recognised(text)
}

// recognised masks what looks like a secret.
func (m *masker) recognised(text string) string {
	var out []byte
	from := 0
	for i := 0; i < len(text); i++ {
		if !isTrigger[text[i]] {
			continue
		}
		start, end := secretAt(text, from, i)
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

// plainEscapes writes letters, digits and signs that were escaped as they are, so that a name
// in a document that was cut off is recognised.
func plainEscapes(text string) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && text[j] == '\\' {
			j++
		}
		if j > i && strings.HasPrefix(text[j:], "u00") && j+5 <= len(text) && isHex[text[j+3]] && isHex[text[j+4]] {
			if c := hexByte(text[j+3], text[j+4]); c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '\'' {
				out = append(out, c)
				i = j + 5
				continue
			}
		}
		if j == i {
			j++
		}
		out = append(out, text[i:j]...)
		i = j
	}
	return string(out)
}

func hexByte(high, low byte) byte {
	digit := func(c byte) byte {
		if c <= '9' {
			return c - '0'
		}
		return c | 0x20 - 'a' + 10
	}
	return digit(high)<<4 | digit(low)
}

// secretAt returns the secret that is recognised at a trigger, none when end is not after
// start. Nothing before from belongs to it.
func secretAt(text string, from, i int) (start, end int) {
	switch text[i] {
	case 'J':
		return shaped(text, from, i)
	case 'B', 'b':
		return afterScheme(text, i)
	case ':':
		if strings.HasPrefix(text[i:], "://") {
			return userInfo(text, i+3)
		}
		return valueOf(text, nameBefore(text, from, i), i+1)
	case '=':
		return valueOf(text, nameBefore(text, from, i), i+1)
	case '%': // an equals sign in an address within an address
		j := i + 1
		for strings.HasPrefix(text[j:], "25") {
			j += 2
		}
		if strings.HasPrefix(text[j:], "3D") || strings.HasPrefix(text[j:], "3d") {
			return valueOf(text, nameBefore(text, from, i), j+2)
		}
	}
	return 0, 0
}

const (
	// tokenStart is how tokens of Amazon Connect begin, and ours.
	tokenStart = "QVFJREFI"
	// shortestJWT and shortestBearer keep words from being taken for tokens.
	shortestJWT    = 20
	shortestBearer = 8
)

// shaped recognises tokens by how they look. J stands in how all of them begin.
func shaped(text string, from, i int) (start, end int) {
	switch {
	case i-from >= 3 && strings.HasPrefix(text[i-3:], tokenStart):
		return i - 3, run(text, i, isToken)
	case i-from >= 2 && text[i-2:i] == "ey": // {" in base64: a JWT
		if end := run(text, i, isToken); end-i+2 >= shortestJWT {
			return i - 2, end
		}
	}
	return 0, 0
}

// afterScheme recognises what follows the name of an authentication scheme.
func afterScheme(text string, i int) (start, end int) {
	for _, scheme := range [...]string{"bearer ", "basic "} {
		if len(text)-i > len(scheme) && strings.EqualFold(text[i:i+len(scheme)], scheme) {
			start = i + len(scheme)
			end = run(text, start, isToken)
			if end-start >= shortestJWT || end-start >= shortestBearer && strings.ContainsAny(text[start:end], "0123456789_+/=") {
				return start, end
			}
		}
	}
	return 0, 0
}

// userInfo recognises a name and password in an address.
func userInfo(text string, start int) (int, int) {
	end := start
	for end < len(text) && !endsAuthority[text[end]] {
		end++
	}
	at := strings.LastIndexByte(text[start:end], '@')
	if at < 0 || strings.IndexByte(text[start:start+at], ':') < 0 {
		return 0, 0
	}
	return start, start + at
}

// named is a name that a value is given to.
type named struct {
	name string
	// parameter says that it stands in a query, before what it stands in.
	parameter bool
	before    string
}

// nameBefore finds the name before an equals sign or colon.
func nameBefore(text string, from, i int) named {
	for i > from && (isSpacing[text[i-1]] || i-from >= 2 && text[i-2] == '\\' && isEscapedSpace[text[i-1]]) {
		i--
	}
	start := i
	for start > from && isName[text[start-1]] {
		start--
	}
	n := named{name: text[start:i], before: text[from:start]}
	if start == 0 {
		return n
	}
	switch text[start-1] {
	case '?', '&', ';':
		n.parameter = true
	case '%': // %3F and %26, perhaps encoded again
		rest := n.name
		for strings.HasPrefix(rest, "25") {
			rest = rest[2:]
		}
		for _, sign := range [...]string{"3F", "3f", "26"} {
			if after, ok := strings.CutPrefix(rest, sign); ok {
				n.name, n.parameter = after, true
			}
		}
	}
	return n
}

// valueOf returns the value from i on when it is a secret by its name.
func valueOf(text string, n named, i int) (start, end int) {
	short := n.parameter && n.name == "t"
	if !short && !isSecretName(n.name) && (!n.parameter || !isSecretParameter(n.name)) {
		return 0, 0
	}
	quote, slashes := byte(0), 0
	for start = i; start < len(text) && isSpacing[text[start]] && quote == 0; start++ {
		switch c := text[start]; {
		case c == '"' || c == '\'':
			quote = c
		case c != '\\':
			slashes = 0
		case start+1 < len(text) && isEscapedSpace[text[start+1]]:
			start++
			slashes = 0
		default:
			slashes++
		}
	}
	switch {
	case start >= len(text):
		return 0, 0
	case quote != 0:
		end = quoted(text, start, quote, slashes)
	case text[start] == '{' || text[start] == '[':
		end = len(text) // where it ends is not certain
	case toLineEnd(n.name):
		if end = strings.IndexAny(text[start:], "\r\n\"\\"); end < 0 {
			return start, len(text)
		}
		end += start
	default:
		end = start
		for end < len(text) && !endsValue[text[end]] && !strings.HasPrefix(text[end:], "%26") && !strings.HasPrefix(text[end:], "%2526") {
			end++
		}
	}
	// A time in a video's address is no ticket.
	if short && end-start < shortestBearer && !strings.Contains(n.before, "websocket") {
		return 0, 0
	}
	return start, end
}

// quoted finds the quote that ends a value; one that is escaped more often than the opening one
// is part of it.
func quoted(text string, start int, quote byte, slashes int) int {
	escapes := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case '\\':
			escapes++
			continue
		case quote:
			if escapes <= slashes {
				return i - escapes
			}
		}
		escapes = 0
	}
	return len(text)
}

func run(text string, i int, of bytesOf) int {
	for i < len(text) && of[text[i]] {
		i++
	}
	return i
}

// toLineEnd reports whether a value may have spaces in it.
func toLineEnd(name string) bool {
	for _, ending := range [...]string{"authorization", "cookie", "password"} {
		if len(name) >= len(ending) && strings.EqualFold(name[len(name)-len(ending):], ending) {
			return true
		}
	}
	return false
}

// isSecretName reports whether what has this name is a secret: a member, a header, a field of a
// form. Hyphens, underscores and case do not count. The two tokens that are none, one to
// recognise a repeated call and one to page with, are left out.
func isSecretName(name string) bool {
	if len(name) < 3 {
		return false
	}
	switch name[len(name)-1] | 0x20 {
	case 'n':
		if _, token := withEnding(name, "token"); token {
			return !isWord(name, "clienttoken") && !isWord(name, "nexttoken")
		}
		return endsIn(name, "authorization")
	case 's':
		return endsIn(name, "tokens", "secrets")
	case 'd':
		return endsIn(name, "password", "passwd")
	case 't':
		return endsIn(name, "secret", "jwt", "ticket")
	case 'y':
		return endsIn(name, "apikey", "accesskey", "secretkey", "privatekey")
	case 'e':
		return endsIn(name, "signature", "cookie", "passphrase")
	case 'r':
		return endsIn(name, "bearer")
	case 'l':
		return endsIn(name, "credential")
	}
	return false
}

// isWord reports whether a name is a word, which is in lower case.
func isWord(name, word string) bool {
	before, ends := withEnding(name, word)
	return ends && before == ""
}

// endsIn reports whether a name ends in one of some words, which are in lower case.
func endsIn(name string, words ...string) bool {
	for _, word := range words {
		if _, ends := withEnding(name, word); ends {
			return true
		}
	}
	return false
}

// withEnding returns what stands in a name before the word it ends in.
func withEnding(name, word string) (before string, ends bool) {
	i := len(name)
	for j := len(word); j > 0; i-- {
		if i == 0 {
			return "", false
		}
		c := name[i-1]
		if c == '-' || c == '_' {
			continue
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != word[j-1] {
			return "", false
		}
		j--
	}
	return name[:i], true
}

// isSecretParameter reports whether a parameter of an address is a secret that has no name to
// tell elsewhere.
func isSecretParameter(name string) bool {
	switch strings.ToLower(name) {
	case "sig", "code", "key", "auth", "jwt":
		return true
	}
	return false
}
