package startchat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/rawjson"
)

// MaxBody is the size up to which a request body is read, in bytes.
const MaxBody = 64 << 10

// maxFields bounds the fields of a form; a form for a chat has a handful.
const maxFields = 200

// decode is the first stage: it reads a request and returns the members of its body.
func decode(r *http.Request) (members, *diagnosis.Problem) {
	if r.Method != http.MethodPost {
		p := diagnosis.New(diagnosis.MethodNotAllowed, "Chats are started with POST, not %s.", connectmodel.Shorten(r.Method))
		p.Allow = "POST, OPTIONS"
		return nil, p
	}
	body, problem := readBody(r)
	if problem != nil {
		return nil, problem
	}
	doc, problem := parse(body, r.Header.Get("Content-Type"))
	if problem != nil {
		return nil, problem
	}
	problem = parseAttributes(&doc)
	return doc, problem
}

// readBody reads the whole body, or says why it could not.
func readBody(r *http.Request) ([]byte, *diagnosis.Problem) {
	if r.ContentLength > MaxBody {
		return nil, diagnosis.New(diagnosis.BodyTooLarge, "The request body has %d bytes; at most %d (64 KiB) are taken.", r.ContentLength, MaxBody)
	}
	body, err := content(r)
	if len(body) > MaxBody {
		return nil, diagnosis.New(diagnosis.BodyTooLarge, "")
	}
	if err != nil {
		return nil, readProblem(err)
	}
	return body, nil
}

// content returns a body, or as much of it as came and one byte more than may. One that has been read
// before (package guard) is not copied.
func content(r *http.Request) ([]byte, error) {
	if read, ok := r.Body.(interface{ Content() ([]byte, error) }); ok {
		return read.Content()
	}
	body := make([]byte, 0, max(512, r.ContentLength+1))
	for {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil || len(body) > MaxBody {
			return body, err
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

// parse reads a body as a JSON object, whatever its label says: widgets send JSON as
// text/plain, a form type or with a Content-Encoding that does not apply. Only a body
// that is no JSON at all and is labelled as a form is read as one. null members are
// left out, as they mean the same as absent ones.
func parse(body []byte, contentType string) (members, *diagnosis.Problem) {
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

// parseAttributes turns Attributes into an object where pages send a string that holds one.
// Attributes of another type stay, for the check to refuse.
func parseAttributes(doc *members) *diagnosis.Problem {
	raw := doc.get(connectmodel.Attributes)
	if raw.Kind() != '"' {
		return nil
	}
	object := jsontext.Value(strings.TrimSpace(rawjson.Text(raw)))
	if len(object) == 0 || string(object) == "null" {
		doc.drop(connectmodel.Attributes)
		return nil
	}
	if !object.IsValid() || object.Kind() != '{' {
		p := halfCharacter(object)
		if p == nil {
			p = diagnosis.New(diagnosis.WrongType, "Attributes is a string, but its text is not a JSON object.")
		}
		p.Field = connectmodel.Attributes
		return p
	}
	doc.set(connectmodel.Attributes, object)
	return nil
}

// prefixAttributes renames the page's contact attributes, where they have a prefix. Attributes that
// are no object stay, for the check to refuse.
func (h *Handler) prefixAttributes(doc *members) {
	raw := doc.get(connectmodel.Attributes)
	if h.prefix == "" || raw.Kind() != '{' {
		return
	}
	attributes := cut(raw)
	for i := range attributes {
		attributes[i].name = h.prefix + attributes[i].name
	}
	doc.set(connectmodel.Attributes, attributes.encode())
}

// looksLikeJSON tells JSON from a form by the body alone: curl and jQuery label whatever they
// send as a form, so the label says little.
func looksLikeJSON(body []byte) bool {
	return bytes.IndexByte([]byte(`{["`), body[0]) >= 0 || bytes.IndexByte(body, '=') < 0
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
	if p := halfCharacter(body); p != nil {
		return p
	}
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
			p.Field = rawjson.Path(syntax.JSONPointer)
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

// halfCharacter explains a text that is JSON but for half of a surrogate pair; nil for any other.
func halfCharacter(text []byte) *diagnosis.Problem {
	member, sentence := rawjson.HalfCharacter(text)
	if sentence == "" {
		return nil
	}
	p := diagnosis.New(diagnosis.HalfCharacter, "%s", sentence)
	p.Field = member
	return p
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
