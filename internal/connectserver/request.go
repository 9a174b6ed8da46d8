package connectserver

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/rawjson"
)

// parameter is a member that travels in the query.
type parameter struct {
	name string
	kind parameterKind
}

type parameterKind int

const (
	oneText parameterKind = iota
	oneNumber
	manyTexts // the name is repeated
)

// maxBody is the largest request that is read: the members of the largest one, with room for
// every character escaped.
const maxBody int64 = 256 << 10

// maxContentBody is the same for requests that hold a contact flow.
const maxContentBody int64 = 6*connectmodel.MaxContent + maxBody

// maxViewBody is the same for requests that hold a view.
const maxViewBody int64 = 6*connectmodel.MaxViewBytes + maxBody

// MaxBodyFor returns how long the body of a request may be, in bytes, where that is more than usual;
// zero elsewhere. It is for what limits bodies in front of the service.
func (s *Service) MaxBodyFor(r *http.Request) int64 {
	if strings.HasPrefix(r.URL.Path, "/contact-flows/") || strings.HasPrefix(r.URL.Path, "/contact-flow-modules/") ||
		strings.HasPrefix(r.URL.Path, "/test-cases/") {
		return maxContentBody
	}
	if strings.HasPrefix(r.URL.Path, "/views/") {
		return maxViewBody
	}
	return 0
}

// readBody reads what a request carries. Methods without a body have an empty object, and so
// has an empty body, as in AWS's protocol.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *awswire.Error) {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete || r.Body == nil {
		return []byte("{}"), nil
	}
	return awswire.ReadBody(w, r, limit)
}

// assemble makes one JSON object of a request's labels, query and body, so that they are
// checked and decoded alike. A label or parameter wins over a member of the body with its
// name.
func assemble(r *http.Request, query []parameter, body []byte) (jsontext.Value, *awswire.Error) {
	doc, refused := objectOf(body)
	if refused != nil {
		return nil, refused
	}
	labels := labelNames(r.Pattern)
	if len(labels)+len(query) == 0 {
		return doc, nil
	}
	var all object
	for _, name := range labels {
		all.add(name, quote(r.PathValue(name)))
	}
	given := r.URL.Query()
	for _, p := range query {
		if values := given[p.name]; len(values) > 0 {
			value, refused := p.read(values)
			if refused != nil {
				return nil, refused
			}
			all.add(p.name, value)
		}
	}
	for name, value := range rawjson.Members(doc) {
		all.add(name, value)
	}
	return all.end(), nil
}

// objectOf checks that a body is a JSON object.
func objectOf(body []byte) (jsontext.Value, *awswire.Error) {
	if len(strings.TrimSpace(string(body))) == 0 {
		return jsontext.Value("{}"), nil
	}
	doc := jsontext.Value(body)
	if !doc.IsValid() || doc.Kind() != '{' {
		if _, cut := rawjson.HalfCharacter(body); cut != "" {
			return nil, refusal(serialization, cut)
		}
		return nil, refusal(serialization, "The request body is not a JSON object in UTF-8 that names each member once.")
	}
	return doc, nil
}

// read makes the JSON value of a parameter.
func (p parameter) read(values []string) (jsontext.Value, *awswire.Error) {
	switch p.kind {
	case oneNumber:
		if _, err := strconv.ParseInt(values[0], 10, 64); err != nil {
			return nil, refusal(serialization, p.name+" must be a whole number.")
		}
		return jsontext.Value(strings.TrimPrefix(values[0], "+")), nil
	case manyTexts:
		list := []byte{'['}
		for i, value := range values {
			if i > 0 {
				list = append(list, ',')
			}
			list = append(list, quote(value)...)
		}
		return append(list, ']'), nil
	case oneText:
	}
	return quote(values[0]), nil
}

// object is a JSON object being made; the first member of a name stays.
type object struct {
	names []string
	text  []byte
}

func (o *object) add(name string, value jsontext.Value) {
	if slices.Contains(o.names, name) {
		return
	}
	o.text = append(o.text, "{,"[min(1, len(o.names))])
	o.names = append(o.names, name)
	o.text = append(append(append(o.text, quote(name)...), ':'), value...)
}

func (o *object) end() jsontext.Value {
	if len(o.names) == 0 {
		return jsontext.Value("{}")
	}
	return append(o.text, '}')
}

// quote makes a JSON string. What is not UTF-8 becomes the replacement character, which is
// in no id.
func quote(text string) jsontext.Value {
	quoted, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil { // valid UTF-8 can always be quoted
		return jsontext.Value(`""`)
	}
	return quoted
}

// labelNames returns the names of the labels in a pattern of the mux, in order.
func labelNames(pattern string) []string {
	var names []string
	for part := range strings.SplitSeq(pattern, "{") {
		if name, _, found := strings.Cut(part, "}"); found {
			names = append(names, name)
		}
	}
	return names
}
