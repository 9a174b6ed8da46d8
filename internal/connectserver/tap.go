package connectserver

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/rawjson"
)

// Tap hears of calls as they are answered, for whoever records them. It must not block, and is
// used by many goroutines at once.
type Tap interface {
	// Called names the action of a request, and the contact it names. Who calls is no
	// participant.
	Called(r *http.Request, action, contactID, participantID, role string)
}

// called tells the tap of a call whose request is an object made of its labels, query and
// body.
func (s *Service) called(r *http.Request, action string, request jsontext.Value) {
	if s.tap == nil {
		return
	}
	contact := ""
	for _, name := range []string{"ContactId", "InitialContactId"} {
		if named := rawjson.Text(rawjson.Member(request, name)); named != "" {
			contact = contactID(named)
			break
		}
	}
	s.tap.Called(r, action, contact, "", "")
}
