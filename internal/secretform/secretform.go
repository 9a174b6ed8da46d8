// Package secretform owns the list of what gives access to something: the names that such values
// have (members, header fields, fields of a form, parameters, XML elements), and the forms by which
// some are recognised without a name. It finds them in text that has no structure: addresses, log
// lines, forms, XML, JSON that was cut off. It looks closer only at few bytes (IsTrigger), because
// nearly all text holds no secret.
//
// It refuses to know what stands in the place of what it finds. Its functions are safe for
// concurrent use.
package secretform

import "strings"

// Bytes is a set of bytes.
type Bytes [256]bool

// SetOf returns the set of some bytes and of those in other sets.
func SetOf(members string, sets ...Bytes) Bytes {
	var set Bytes
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
	// IsHex are the digits of hexadecimal numbers.
	IsHex = SetOf("0123456789abcdefABCDEF")
	// IsAlnum are the letters and digits of ASCII.
	IsAlnum = SetOf("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	// IsNameByte are the bytes of names.
	IsNameByte = SetOf("_-.", IsAlnum)
	// IsTokenByte are the bytes of tokens, also of percent-encoded ones.
	IsTokenByte = SetOf("_-.~+/=%", IsAlnum)
	isWhite     = SetOf(" \t\r\n")
	isSpacing   = SetOf(" \t\r\n\"'\\")
	// isEscapedSpace are the letters that stand for white space after a backslash.
	isEscapedSpace = SetOf("nrt")
	// endsValue are the bytes that no unquoted secret holds.
	endsValue = SetOf(" \t\r\n\"'`<>,;&#()[]{}|\\\x00")
	// endsAuthority are the bytes that no name and password in an address hold.
	endsAuthority = SetOf(" \t\r\n\"'`<>\\/?#")
	// IsTrigger are the bytes at which a secret may be recognised.
	IsTrigger = SetOf("JXKSC=:%>;Bb")
)

// PlainEscapes writes letters, digits and signs that were escaped as they are, so that a name
// in a document that was cut off is recognised.
func PlainEscapes(text string) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		j := i
		for j < len(text) && text[j] == '\\' {
			j++
		}
		if j > i && strings.HasPrefix(text[j:], "u00") && j+5 <= len(text) && IsHex[text[j+3]] && IsHex[text[j+4]] {
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

// At returns the secret that is recognised at a trigger, none when end is not after
// start. Nothing before from belongs to it.
func At(text string, from, i int) (start, end int) {
	switch text[i] {
	case 'J', 'X', 'K', 'S', 'C':
		return shaped(text, from, i)
	case 'B', 'b':
		if start, end = shaped(text, from, i); end > start {
			return start, end
		}
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
	case '>':
		return element(text, text[:i], i+1, "<")
	case ';':
		if tag, escaped := strings.CutSuffix(text[:i], "&gt"); escaped {
			return element(text, tag, i+1, "&lt;")
		}
	}
	return 0, 0
}

const (
	// ShortestBearer keeps words from being taken for tokens, and so does shortestJWT.
	ShortestBearer = 8
	shortestJWT    = 20
	// shortestKeyID is the documented least length of an access key id.
	shortestKeyID = 16
	// longestName is how far before its value a name, perhaps percent-encoded, or the tag of an
	// XML element is looked for.
	longestName = 256
)

// shaped recognises tokens and keys by how they begin: the byte at i is a rare one of that.
func shaped(text string, from, i int) (start, end int) {
	var beginnings []string
	switch text[i] {
	case 'J': // tokens of Amazon Connect and ours, session tokens of AWS
		if i-from >= 2 && text[i-2:i] == "ey" { // {" in base64: a JWT
			if end := Run(text, i, IsTokenByte); end-i+2 >= shortestJWT {
				return i - 2, end
			}
			return 0, 0
		}
		beginnings = []string{"QVFJREFI", "IQoJb3JpZ2lu"}
	case 'X': // session tokens of AWS
		beginnings = []string{"FwoGZXIvYXdz", "FQoGZXIvYXdz", "FQoDYXdz", "AQoDYXdz"}
	default: // access key ids
		return keyID(text, from, i)
	}
	for _, beginning := range beginnings {
		start = i - strings.IndexByte(beginning, text[i])
		if start >= from && strings.HasPrefix(text[start:], beginning) {
			return start, Run(text, i, IsTokenByte)
		}
	}
	return 0, 0
}

// keyID recognises an access key id whose second letter is at i: of a user, of temporary
// credentials, of a bearer token, of a service.
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
func keyID(text string, from, i int) (start, end int) {
	start = i - 1
	if start < from || text[start] != 'A' || start > 0 && IsAlnum[text[start-1]] {
		return 0, 0
	}
	for _, beginning := range [...]string{"AKIA", "ASIA", "ABIA", "ACCA"} {
		if !strings.HasPrefix(text[start:], beginning) {
			continue
		}
		end = start
		for end < len(text) && ('A' <= text[end] && text[end] <= 'Z' || '0' <= text[end] && text[end] <= '9') {
			end++
		}
		if end-start >= shortestKeyID && (end == len(text) || !IsAlnum[text[end]]) {
			return start, end
		}
	}
	return 0, 0
}

// afterScheme recognises what follows the name of an authentication scheme.
func afterScheme(text string, i int) (start, end int) {
	for _, scheme := range [...]string{"bearer ", "basic "} {
		if len(text)-i > len(scheme) && strings.EqualFold(text[i:i+len(scheme)], scheme) {
			start = i + len(scheme)
			end = Run(text, start, IsTokenByte)
			signs := "0123456789_+/="
			if scheme == "bearer " {
				signs = "0123456789_+/=.-"
			}
			if end-start >= shortestJWT || end-start >= ShortestBearer && strings.ContainsAny(strings.TrimRight(text[start:end], ".-"), signs) {
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

// element recognises the text of an XML element whose opening tag ends in before; text goes on
// at i. lt is what a tag begins with.
func element(text, before string, i int, lt string) (start, end int) {
	before = before[max(0, len(before)-longestName):]
	at := strings.LastIndex(before, lt)
	if at < 0 {
		return 0, 0
	}
	name, _, _ := strings.Cut(before[at+len(lt):], " ")
	if name = name[strings.IndexByte(name, ':')+1:]; strings.HasSuffix(before, "/") || strings.HasPrefix(name, "/") || !IsName(name) {
		return 0, 0
	}
	const section = "<![CDATA["
	start = Run(text, i, isWhite)
	if strings.HasPrefix(text[start:], section) {
		start, lt = start+len(section), "]]>"
	}
	if length := strings.Index(text[start:], lt); length >= 0 {
		end = start + length
	} else {
		end = len(text)
	}
	return start, start + len(strings.TrimRight(text[start:end], " \t\r\n"))
}

// named is a name that a value is given to.
type named struct {
	name string
	// parameter says that it stands in a query, before what it stands in.
	parameter bool
	before    string
}

// nameBefore finds the name before an equals sign or colon. It may be percent-encoded, more than
// once, together with what it stands in.
func nameBefore(text string, from, i int) named {
	for i > from && (isSpacing[text[i-1]] || i-from >= 2 && text[i-2] == '\\' && isEscapedSpace[text[i-1]]) {
		i--
	}
	if i > from && text[i-1] == ']' { // credentials[token]
		i--
	}
	start, encoded := i, false
	for start > from && i-start < longestName && (IsNameByte[text[start-1]] || text[start-1] == '%') {
		start--
		encoded = encoded || text[start] == '%'
	}
	n := named{name: text[start:i], before: text[from:start]}
	sign := byte(0)
	if start > 0 {
		sign = text[start-1]
	}
	if encoded {
		plain := strings.TrimRight(decoded(n.name), "]")
		at := strings.LastIndexFunc(plain, func(c rune) bool { return c > 0x7f || !IsNameByte[c] })
		if n.name = plain[at+1:]; at >= 0 {
			n.before += plain[:at]
			sign = plain[at]
		}
	}
	n.parameter = sign == '?' || sign == '&' || sign == ';'
	return n
}

// decoded takes percent-encoding off, also where it was put on several times. What is not encoded
// well stays.
func decoded(text string) string {
	const mostOften = 4
	for range mostOften {
		if strings.IndexByte(text, '%') < 0 {
			break
		}
		out := make([]byte, 0, len(text))
		for i := 0; i < len(text); i++ {
			if text[i] == '%' && i+2 < len(text) && IsHex[text[i+1]] && IsHex[text[i+2]] {
				out = append(out, hexByte(text[i+1], text[i+2]))
				i += 2
				continue
			}
			out = append(out, text[i])
		}
		text = string(out)
	}
	return text
}

// valueOf returns the value from i on when it is a secret by its name.
func valueOf(text string, n named, i int) (start, end int) {
	short := n.parameter && n.name == "t"
	if !short && !IsName(n.name) && (!n.parameter || !IsParameter(n.name)) {
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
	if short && end-start < ShortestBearer && !strings.Contains(n.before, "websocket") {
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

// Run returns where the bytes of a set, which begin at i, end.
func Run(text string, i int, of Bytes) int {
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

// IsName reports whether what has this name is a secret: a member, a header, a field of a
// form. Hyphens, underscores and case do not count. The two tokens that are none, one to
// recognise a repeated call and one to page with, are left out.
func IsName(name string) bool {
	name = strings.TrimRight(name, "]") // credentials[token]
	if len(name) < 3 {
		return false
	}
	switch name[len(name)-1] | 0x20 {
	case 'n':
		if _, token := withEnding(name, "token"); token {
			return !isWord(name, "clienttoken") && !isWord(name, "nexttoken")
		}
		return endsIn(name, "authorization") || isWord(name, "xsession")
	case 'h':
		return isWord(name, "xauth")
	case 's':
		return endsIn(name, "tokens", "secrets")
	case 'd':
		return endsIn(name, "password", "passwd", "accesskeyid", "xsessionid")
	case 't':
		return endsIn(name, "secret", "jwt", "ticket")
	case 'y':
		return endsIn(name, "apikey", "accesskey", "secretkey", "privatekey", "authkey", "sessionkey") || isWord(name, "xkey")
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

// IsParameter reports whether a parameter of an address is a secret that has no name to
// tell elsewhere.
func IsParameter(name string) bool {
	switch strings.ToLower(name) {
	case "sig", "code", "key", "auth", "jwt":
		return true
	}
	return false
}
