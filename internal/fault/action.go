package fault

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/rawjson"
	"github.com/parley-chat/parley/internal/secret"
)

// Actions returns the names of the actions that rules can be about, sorted; [Everything] is
// not among them.
func Actions() []string {
	var names []string
	for _, known := range participant.Actions() {
		names = append(names, known.Name)
	}
	for _, known := range connectserver.Actions() {
		names = append(names, known.Name)
	}
	slices.Sort(names)
	return names
}

// named stands in the mux of paths for an action.
type named struct {
	name    string
	pattern string // of the path
	connect bool   // of Amazon Connect, and not of the Participant Service
}

// ServeHTTP implements [http.Handler]. It is never called: the mux is only asked.
func (named) ServeHTTP(http.ResponseWriter, *http.Request) {}

// paths knows the action of every method and path.
func paths() *http.ServeMux {
	mux := http.NewServeMux()
	for _, known := range participant.Actions() {
		mux.Handle(known.Method+" "+known.Path, named{known.Name, known.Path, false})
	}
	for _, known := range connectserver.Actions() {
		mux.Handle(known.Method+" "+known.Path, named{known.Name, known.Path, true})
	}
	return mux
}

// actionOf returns the action a request is for; false for what is none. Methods are compared as
// the Participant Service does: the iOS SDK writes them in lower case.
func (s *Rules) actionOf(r *http.Request) (named, bool) {
	handler, _ := s.paths.Handler(&http.Request{Method: strings.ToUpper(r.Method), URL: r.URL, Host: r.Host})
	known, ok := handler.(named)
	return known, ok
}

// isConnect reports whether an action is one of Amazon Connect.
func isConnect(action string) bool {
	return slices.ContainsFunc(connectserver.Actions(), func(known connectserver.Action) bool { return known.Name == action })
}

// holderOf finds out whom a request is about; empty for what cannot be told. It may read the
// body of a request to Amazon Connect, and puts it back.
func (s *Rules) holderOf(r *http.Request, action named) (contactID, participantID string) {
	if action.connect {
		return contactOf(r, action.pattern), ""
	}
	if id, ok := strings.CutPrefix(r.URL.Path, "/attachments/"); ok {
		file, err := s.chats.File(r.Context(), id)
		if err != nil { // it is refused by what serves it
			return "", ""
		}
		return file.ContactID, file.ParticipantID
	}
	holder, _ := s.chats.Holder(secret.New(r.Header.Get("X-Amz-Bearer")))
	return holder.ContactID, holder.ParticipantID
}

// contactOf finds the contact in the path of a call of Amazon Connect, or in its body.
func contactOf(r *http.Request, pattern string) string {
	parts := strings.Split(r.URL.Path, "/")
	for i, part := range strings.Split(pattern, "/") {
		if (part == "{ContactId}" || part == "{InitialContactId}") && i < len(parts) {
			return parts[i]
		}
	}
	body, complete := readBody(r, participant.MaxBody)
	if !complete || !jsontext.Value(body).IsValid() || jsontext.Value(bytes.TrimSpace(body)).Kind() != '{' {
		return ""
	}
	for name, value := range rawjson.Members(jsontext.Value(body)) {
		if (name == "ContactId" || name == "InitialContactId") && value.Kind() == '"' {
			text, err := jsontext.AppendUnquote(nil, value)
			if err == nil {
				return string(text)
			}
		}
	}
	return ""
}

// readBody reads the body of a request and puts it back, so that it can be read again. complete
// is false for one that is longer than most bytes or did not arrive.
func readBody(r *http.Request, most int64) (body []byte, complete bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, true
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	rest := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), rest}
	return body, err == nil && int64(len(body)) <= most
}
