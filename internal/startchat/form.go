package startchat

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
)

// maxFields bounds the fields of a form; a form for a chat has a handful.
const maxFields = 200

// fromForm turns form fields into members. A field is a member by its name; a name with
// a dot is a member of an object ("ParticipantDetails.DisplayName", "Attributes.order").
// A value that is a JSON object, list or number where one belongs is taken as such; a
// list may also be written with commas or as a repeated field.
func fromForm(fields map[string][]string) (members, *diagnosis.Problem) {
	if len(fields) > maxFields {
		return nil, diagnosis.New(diagnosis.BadValue, "The form has %d fields; at most %d are read.", len(fields), maxFields)
	}
	var doc members
	objects := map[string]members{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		values := fields[name]
		if outer, inner, dotted := strings.Cut(name, "."); dotted {
			objects[outer] = append(objects[outer], member{inner, quote(values[0])})
			continue
		}
		if value := formValue(name, values); value.Kind() != 'n' {
			doc = append(doc, member{name, value})
		}
	}
	for _, outer := range slices.Sorted(maps.Keys(objects)) {
		if doc.get(outer) != nil {
			p := diagnosis.New(diagnosis.BadJSON, "The form gives %s both as a whole and by its members.", connectmodel.Shorten(outer))
			p.Field = outer
			return nil, p
		}
		doc.set(outer, objects[outer].encode())
	}
	return doc, nil
}

func formValue(name string, values []string) jsontext.Value {
	switch name {
	case connectmodel.ContentTypes, "DisconnectOnCustomerExit":
		return listValue(values)
	case connectmodel.ParticipantDetails, connectmodel.PersistentChat, "InitialMessage", "SegmentAttributes", "ParticipantConfiguration":
		if raw := jsontext.Value(values[0]); raw.IsValid() {
			return raw
		}
	}
	return quote(values[0])
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
