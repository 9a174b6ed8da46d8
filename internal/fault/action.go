package fault

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectserver"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/rawjson"
	"github.com/parley-chat/parley/internal/secret"
)

// Actions returns the names of the actions that rules can be about, sorted; [Everything] is
// not among them. Both services have a DescribeView, and a rule about it is about both.
func Actions() []string {
	var names []string
	for _, known := range participant.Actions() {
		names = append(names, known.Name)
	}
	for _, known := range connectserver.Actions() {
		names = append(names, known.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isConnect reports whether an action is one of Amazon Connect. DescribeView, which both services
// have, is the Participant Service's: chat clients call that one.
func isConnect(action string) bool {
	return !slices.ContainsFunc(participant.Actions(), func(known participant.Action) bool { return known.Name == action }) &&
		slices.ContainsFunc(connectserver.Actions(), func(known connectserver.Action) bool { return known.Name == action })
}

// holderOf returns the contact and participant that a request is about; empty when they cannot be
// told. It may read the body of a request to Amazon Connect, and puts it back.
func (s *Rules) holderOf(r *http.Request) (contactID, participantID string) {
	if id, ok := strings.CutPrefix(r.URL.Path, "/attachments/"); ok {
		file, err := s.chats.File(r.Context(), id)
		if err != nil { // it is refused by what serves it
			return "", ""
		}
		return file.ContactID, file.ParticipantID
	}
	if !strings.HasPrefix(r.URL.Path, "/participant/") {
		return s.chats.Chat(contactOf(r)), ""
	}
	holder, _ := s.chats.Holder(secret.New(r.Header.Get("X-Amz-Bearer")))
	return holder.ContactID, holder.ParticipantID
}

// contactOf returns the contact in the path of a call of Amazon Connect, or in its body, each of which
// can have its id or its ARN.
func contactOf(r *http.Request) string { return arn.ContactOf(namedBy(r)) }

func namedBy(r *http.Request) string {
	if id := cmp.Or(r.PathValue("ContactId"), r.PathValue("InitialContactId")); id != "" {
		return id
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
