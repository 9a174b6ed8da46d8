package connectserver

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/rawjson"
)

// called tells Config.Called of a call whose request is an object made of its labels, query and
// body.
func (s *Service) called(r *http.Request, action string, request jsontext.Value) {
	if s.hear == nil {
		return
	}
	contact := ""
	for _, name := range []string{"ContactId", "InitialContactId"} {
		if named := rawjson.Text(rawjson.Member(request, name)); named != "" {
			contact = contactID(named)
			break
		}
	}
	s.hear(r, action, contact)
}
