package inspect

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/secretform"
)

// Header is one header field.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// headers appends masked header fields. Secrets that are known are left to headersAgain.
func (m *masker) headers(all []Header, fields http.Header) []Header {
	for name, values := range fields {
		secret := secretform.IsName(name)
		for _, value := range values {
			if secret {
				value = m.credentials(value)
			} else {
				value = m.field(value)
			}
			all = append(all, Header{name, value})
		}
	}
	return all
}

const (
	// familiarFrom is how long a field has to be for looking it up to be quicker than reading
	// it, and mostFamiliar how many are remembered.
	familiarFrom = 48
	mostFamiliar = 256
)

// field masks the value of a header field.
func (m *masker) field(value string) string {
	if len(value) < familiarFrom || m.familiar == nil {
		return m.recognised(value)
	}
	if m.familiar[value] {
		return value
	}
	masked := m.recognised(value)
	if masked == value { // one with a secret in it is read each time, so that the secret is known
		if len(m.familiar) >= mostFamiliar {
			clear(m.familiar)
		}
		m.familiar[value] = true
	}
	return masked
}

// credentials masks the value of a header that is secret as a whole; the name of the scheme
// stays.
func (m *masker) credentials(value string) string {
	scheme, rest, found := strings.Cut(value, " ")
	if found {
		for _, known := range [...]string{"Bearer", "Basic", "Digest", "AWS4-HMAC-SHA256"} {
			if strings.EqualFold(scheme, known) {
				return scheme + " " + m.hide(strings.TrimSpace(rest))
			}
		}
	}
	return m.hide(value)
}

// uri masks a path and query as they stood in a request.
func (m *masker) uri(uri string) string {
	path, query, found := strings.Cut(uri, "?")
	path = m.loose(path)
	if !found {
		return path
	}
	return path + "?" + m.pairs(query, "&;", path)
}

// pairs masks the parameters of a query, or of a form, as they stood there.
func (m *masker) pairs(query, separators, path string) string {
	var out []byte
	for i, part := range strings.FieldsFunc(query, func(c rune) bool { return strings.ContainsRune(separators, c) }) {
		if i > 0 {
			out = append(out, '&')
		}
		name, value, valued := strings.Cut(part, "=")
		out = append(out, m.loose(name)...)
		if valued {
			out = append(append(out, '='), m.parameter(unescape(name), value, path)...)
		}
	}
	return string(out)
}

// body masks the body of a request.
func (m *masker) body(text, contentType string) string {
	if kind, _, _ := strings.Cut(contentType, ";"); strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		text = m.pairs(text, "&", "")
	}
	return m.whole(text)
}

// parameter masks a value in a query.
func (m *masker) parameter(name, value, path string) string {
	short := name == "t" && (len(value) >= secretform.ShortestBearer || strings.Contains(path, "websocket"))
	if short || secretform.IsName(name) || secretform.IsParameter(name) {
		m.hide(unescape(value))
		return m.hide(value)
	}
	// An address within the address, which may be encoded more than once.
	plain := value
	for range 3 {
		plain = unescape(plain)
		if masked := m.whole(plain); masked != plain {
			return strings.ReplaceAll(url.QueryEscape(masked), url.QueryEscape(Mark), Mark)
		}
	}
	return m.loose(value)
}

// unescape decodes a part of a query; what cannot be decoded stays.
func unescape(text string) string {
	if strings.IndexByte(text, '%') < 0 && strings.IndexByte(text, '+') < 0 {
		return text
	}
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
