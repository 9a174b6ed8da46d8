package startchat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/rawjson"
)

// MaxBody is the size up to which a request body is read, in bytes.
const MaxBody = 64 << 10

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

// readBody reads the whole body, or says why it could not.
func readBody(r *http.Request) ([]byte, *diagnosis.Problem) {
	if r.ContentLength > MaxBody {
		return nil, diagnosis.New(diagnosis.BodyTooLarge, "")
	}
	body := make([]byte, 0, max(512, r.ContentLength+1))
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if len(body) > MaxBody {
			return nil, diagnosis.New(diagnosis.BodyTooLarge, "")
		}
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, readProblem(err)
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}

func readProblem(err error) *diagnosis.Problem {
	var problem *diagnosis.Problem
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		problem = diagnosis.New(diagnosis.BodyTooLarge, "")
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		problem = diagnosis.New(diagnosis.BodyTimeout, "")
	} else {
		problem = diagnosis.New(diagnosis.BadJSON, "The request body ended too early.")
	}
	problem.Cause = fmt.Errorf("reading the request body: %w", err)
	return problem
}

// decode reads the body as a JSON object, whatever its label says: widgets send JSON as
// text/plain, a form type or with a Content-Encoding that does not apply. Only a body
// that is no JSON at all and is labelled as a form is read as one. null members are
// left out, as they mean the same as absent ones.
func decode(body []byte, contentType string) (members, *diagnosis.Problem) {
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, nil
	}
	if !looksLikeJSON(body) {
		if fields, isForm, err := formFields(body, contentType); isForm {
			if err != nil {
				return nil, diagnosis.New(diagnosis.BadJSON, "The form in the request body cannot be read.")
			}
			return fromForm(fields)
		}
	}
	value := jsontext.Value(body)
	if !value.IsValid() {
		return nil, badJSON(body)
	}
	if kind := value.Kind(); kind != '{' {
		return nil, notAnObject(kind)
	}
	return cut(value), nil
}

// looksLikeJSON tells JSON from a form by the body alone: curl and jQuery label whatever they
// send as a form, so the label says little.
func looksLikeJSON(body []byte) bool {
	return bytes.IndexByte([]byte(`{["`), body[0]) >= 0 || bytes.IndexByte(body, '=') < 0
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

func notAnObject(kind jsontext.Kind) *diagnosis.Problem {
	switch kind {
	case '"':
		return diagnosis.New(diagnosis.NotAnObject,
			"The request body is a JSON string, not an object; was JSON.stringify called twice?")
	case '[':
		return diagnosis.New(diagnosis.NotAnObject, "The request body is a JSON array, not an object.")
	case 'n':
		return diagnosis.New(diagnosis.NotAnObject, "The request body is null, not a JSON object.")
	default:
		return diagnosis.New(diagnosis.NotAnObject, "")
	}
}

// badJSON says where the first mistake is. It repeats nothing of the body but the
// offending member's name, because a body can hold anything.
func badJSON(body []byte) *diagnosis.Problem {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	_, err := dec.ReadValue()
	if err == nil {
		return diagnosis.New(diagnosis.BadJSON, "The request body goes on after the end of the JSON value.")
	}
	offset := int64(len(body))
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = min(syntax.ByteOffset, offset)
		if errors.Is(syntax.Err, jsontext.ErrDuplicateName) {
			name := syntax.JSONPointer.LastToken()
			p := diagnosis.New(diagnosis.BadJSON, "The member %q stands twice in the request body.", connectmodel.Shorten(name))
			p.Field = strings.TrimPrefix(strings.ReplaceAll(string(syntax.JSONPointer), "/", "."), ".")
			return p
		}
	}
	if !utf8.Valid(body) {
		return diagnosis.New(diagnosis.BadJSON, "The request body is not valid UTF-8.")
	}
	if offset >= int64(len(body)) {
		return diagnosis.New(diagnosis.BadJSON, "The request body is not valid JSON: it ends in the middle.")
	}
	before := body[:offset]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return diagnosis.New(diagnosis.BadJSON, "The request body is not valid JSON: mistake at line %d, column %d.", line, column)
}

// formFields reads an HTML form, if the body is one.
func formFields(body []byte, contentType string) (fields url.Values, isForm bool, err error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, false, nil //nolint:nilerr // a label that cannot be read is no label: the body is read as JSON
	}
	switch media {
	case "application/x-www-form-urlencoded":
		fields, err = url.ParseQuery(string(body))
		return fields, true, err
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(MaxBody)
		if err != nil {
			return nil, true, err
		}
		return form.Value, true, form.RemoveAll()
	default:
		return nil, false, nil
	}
}
