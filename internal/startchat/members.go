package startchat

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/rawjson"
)

// members are the members of the request in the order they came. There are never
// many, so a slice is faster than a map and keeps the order.
type members []member

type member struct {
	name  string
	value jsontext.Value
}

// get returns a member's value; nil when it is absent or null.
func (m members) get(name string) jsontext.Value {
	for i := range m {
		if m[i].name == name {
			return m[i].value
		}
	}
	return nil
}

// set replaces a member or adds it.
func (m *members) set(name string, value jsontext.Value) {
	for i := range *m {
		if (*m)[i].name == name {
			(*m)[i].value = value
			return
		}
	}
	*m = append(*m, member{name, value})
}

// drop removes a member.
func (m *members) drop(name string) {
	for i := range *m {
		if (*m)[i].name == name {
			*m = append((*m)[:i], (*m)[i+1:]...)
			return
		}
	}
}

// text returns a member that is a string; "" when it is absent or something else.
func (m members) text(name string) string { return rawjson.Text(m.get(name)) }

// encode writes the members as a JSON object.
func (m members) encode() []byte {
	size := len(`{}`)
	for i := range m {
		size += len(`"":,`) + len(m[i].name) + len(m[i].value)
	}
	dst := make([]byte, 0, size) // names that need escapes make it grow
	dst = append(dst, '{')
	for i := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, m[i].name)
		dst = append(dst, ':')
		dst = append(dst, m[i].value...)
	}
	return append(dst, '}')
}

// cut takes a valid JSON object apart.
func cut(object jsontext.Value) members {
	doc := make(members, 0, 8)
	for name, value := range rawjson.Members(object) {
		if value.Kind() != 'n' {
			doc = append(doc, member{name, value})
		}
	}
	return doc
}

// listValue reads ["a","b"], a,b or a repeated field.
func listValue(values []string) jsontext.Value {
	if raw := jsontext.Value(values[0]); len(values) == 1 && raw.Kind() == '[' && raw.IsValid() {
		return raw
	}
	list := jsontext.Value{'['}
	for _, value := range values {
		for item := range strings.SplitSeq(value, ",") {
			if len(list) > 1 {
				list = append(list, ',')
			}
			list = append(list, quote(strings.TrimSpace(item))...)
		}
	}
	return append(list, ']')
}

// quote encodes a string as JSON.
func quote(plain string) jsontext.Value {
	return appendQuoted(make([]byte, 0, len(plain)+2), plain)
}

// appendQuoted encodes a string as JSON. Bytes that are not UTF-8 become U+FFFD.
func appendQuoted(dst []byte, plain string) []byte {
	quoted, err := jsontext.AppendQuote(dst, plain)
	if err != nil {
		quoted, _ = jsontext.AppendQuote(dst, strings.ToValidUTF8(plain, "\uFFFD")) // which is UTF-8
	}
	return quoted
}
