package recording

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/participant"
)

const (
	filePrefix = "/attachments/"
	// maxFile is the longest attachment that is taken, in bytes, as at Amazon Connect; maxFiles
	// what one chat may keep.
	maxFile  = 20 << 20
	maxFiles = 2 * maxFile
	// longestAnswer bounds how long an answer is held back because it was when it was recorded.
	longestAnswer = 30 * time.Second
)

// ServeHTTP implements [http.Handler].
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	action := p.actionOf(r)
	escaped := r.URL.EscapedPath()
	switch {
	case escaped == chatsocket.Path:
		p.serveSocket(w, r)
	case action == "" || path.Clean(escaped) != escaped:
		participant.Unknown(w, r)
	case strings.HasPrefix(r.URL.Path, filePrefix):
		p.serveFile(w, r, action)
	default:
		p.serveCall(w, r, action)
	}
}

// denied is the answer to a token that is none, and to all calls after the end of a chat.
func denied() *awswire.Error {
	return &awswire.Error{Status: http.StatusForbidden, Name: "AccessDeniedException", Message: "Access denied"}
}

// serveCall answers a call of the Participant Service.
func (p *Player) serveCall(w http.ResponseWriter, r *http.Request, action string) {
	body, refused := awswire.ReadBody(w, r, participant.MaxBody)
	if refused != nil {
		awswire.WriteError(w, refused)
		return
	}
	kind := connectionToken
	if action == createConnection {
		kind = participantToken
	}
	s := p.of(r.Header.Get("X-Amz-Bearer"), kind)
	p.called(r, action, s)
	if s == nil {
		awswire.WriteError(w, denied())
		return
	}
	f := s.match(action, r.URL.EscapedPath(), string(body))
	switch {
	case f.index < 0 && f.ended:
		awswire.WriteError(w, denied())
	case f.problem != "":
		p.differs(r, action, f.problem).Write(w, "")
	case f.index < 0:
		awswire.WriteJSON(w, "", []byte(`{"AbsoluteTime":"`+time.Now().UTC().Format(timeFormat)+`","Id":"`+uuid.NewString()+`"}`))
	case s.chat.Events[f.index].Truncated:
		p.differs(r, action, "The answer was too long to be recorded.").Write(w, "")
	default:
		s.answer(w, r, f)
	}
}

func (p *Player) called(r *http.Request, action string, s *session) {
	if p.tap != nil {
		contact, who, role := s.holder()
		p.tap.Called(r, action, contact, who, role)
	}
}

// holder is whose a session is, as taps are told; nil is nobody's.
func (s *session) holder() (contact, who, role string) {
	if s == nil {
		return "", "", ""
	}
	return s.ids.id(s.chat.Contact), s.ids.id(s.chat.participant), "CUSTOMER"
}

// answer answers a call as it was answered when it was recorded.
func (s *session) answer(w http.ResponseWriter, r *http.Request, f found) {
	e := &s.chat.Events[f.index]
	speed := s.player.speed
	if speed > 0 && !f.again {
		// What the call caused may have come before its answer.
		s.made(f.index)
		if !s.pause(min(longestAnswer, time.Duration(e.Took*float64(time.Millisecond)/speed))) {
			return
		}
	}
	response := s.ids.say(string(e.Response), s.chat.time(e.At))
	if e.good() {
		switch e.Action {
		case createConnection:
			response = s.connection(r, response)
		case startUpload, getAttachment:
			response = s.address(r, e, response)
		case getTranscript:
			response = s.transcript(f.index, response)
		}
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set(awswire.HeaderRequestID, uuid.NewString())
	if e.Error != "" {
		header.Set(awswire.HeaderErrorType, e.Error)
	}
	w.WriteHeader(e.Status)
	_, _ = io.WriteString(w, response) // the client is gone: nobody left to tell
	if speed == 0 && !f.again {
		_ = http.NewResponseController(w).Flush() // the answer comes before what the call causes
		s.made(f.index)
	}
}

// decode reads JSON of a recorded client or service, whose members may be written in any case.
func decode(text string, into any) error {
	return awswire.Decode(text, into, json.MatchCaseInsensitiveNames(true))
}

// connection puts a socket's address on this server and a token into an answer of
// CreateParticipantConnection; those that were recorded are masked.
func (s *session) connection(r *http.Request, response string) string {
	return edit(response, func(all map[string]jsontext.Value) {
		if _, asked := all["Websocket"]; asked {
			address, _ := s.player.addresses.Socket(r, s.player.token(s, socketTicket))
			all["Websocket"] = jsontext.Value(edit(string(all["Websocket"]), func(socket map[string]jsontext.Value) { put(socket, "Url", address) }))
		}
		if _, asked := all["ConnectionCredentials"]; asked {
			token := s.player.token(s, connectionToken)
			all["ConnectionCredentials"] = jsontext.Value(edit(string(all["ConnectionCredentials"]), func(credentials map[string]jsontext.Value) {
				put(credentials, "ConnectionToken", token.Reveal())
			}))
		}
	})
}

// transcript leaves out of an answer of GetTranscript what comes later: what was said after a
// call that the client has not made yet.
func (s *session) transcript(index int, response string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := s.chat.steps()
	missing := slices.IndexFunc(steps, func(next step) bool { return next.Kind == Call && s.used[next.index].IsZero() })
	if missing < 0 {
		return response
	}
	later := map[string]bool{}
	for i := steps[missing].index; i < index; i++ {
		if id := itemIn(string(s.chat.Events[i].Text)); id != "" {
			later[s.ids.id(id)] = true
		}
	}
	return edit(response, func(all map[string]jsontext.Value) {
		var items []jsontext.Value
		if decode(string(all["Transcript"]), &items) != nil {
			return
		}
		kept := slices.DeleteFunc(items, func(item jsontext.Value) bool {
			var in struct{ ID string }
			return decode(string(item), &in) == nil && later[in.ID]
		})
		if text, err := json.Marshal(kept); err == nil {
			all["Transcript"] = text
		}
	})
}

// itemIn is the id of the item that a frame shows; empty for other frames.
func itemIn(frame string) string {
	topic, content := chatsocket.Read([]byte(frame))
	if topic != chatsocket.TopicChat {
		return ""
	}
	var item struct{ ID string }
	_ = decode(content, &item) // what is none has no id
	return item.ID
}

// address puts an attachment's address on this server into an answer.
func (s *session) address(r *http.Request, e *Event, response string) string {
	var in struct{ AttachmentID string }
	text := response
	if e.Action == getAttachment {
		text = s.ids.there.Replace(string(e.Request))
	}
	if decode(text, &in) != nil || in.AttachmentID == "" {
		return response
	}
	query := url.Values{"t": {s.player.token(s, fileTicket).Reveal()}}
	address := s.player.addresses.HTTP(r, filePrefix+url.PathEscape(in.AttachmentID)+"?"+query.Encode())
	return edit(response, func(all map[string]jsontext.Value) {
		if _, upload := all["UploadMetadata"]; upload {
			all["UploadMetadata"] = jsontext.Value(edit(string(all["UploadMetadata"]), func(where map[string]jsontext.Value) { put(where, "Url", address) }))
			return
		}
		put(all, "Url", address)
	})
}

func put(members map[string]jsontext.Value, name, value string) {
	if quoted, err := jsontext.AppendQuote(nil, value); err == nil { // our own texts are UTF-8
		members[name] = quoted
	}
}

// edit changes members of a JSON object; what is none stays as it is.
func edit(object string, change func(map[string]jsontext.Value)) string {
	var members map[string]jsontext.Value
	if decode(object, &members) != nil || members == nil {
		return object
	}
	change(members)
	text, err := json.Marshal(members, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return object
	}
	return string(text)
}

// serveFile takes an attachment's bytes, or gives back what was taken: a recording has none.
func (p *Player) serveFile(w http.ResponseWriter, r *http.Request, action string) {
	s := p.of(r.URL.Query().Get("t"), fileTicket)
	p.called(r, action, s)
	if s == nil {
		awswire.WriteError(w, denied())
		return
	}
	id := strings.TrimPrefix(r.URL.Path, filePrefix)
	if strings.ToUpper(r.Method) == http.MethodPut {
		content, refused := awswire.ReadBody(w, r, maxFile)
		if refused == nil && !s.keep(id, content) {
			refused = &awswire.Error{
				Status: http.StatusRequestEntityTooLarge, Name: "RequestEntityTooLargeException", Message: fmt.Sprintf("The attachment has %d bytes; at most %d are kept, all attachments together.", len(content), maxFiles),
			}
		}
		if refused != nil {
			awswire.WriteError(w, refused)
			return
		}
		w.WriteHeader(http.StatusOK)
		return
	}
	s.mu.Lock()
	content, ok := s.files[id]
	s.mu.Unlock()
	if !ok {
		p.differs(r, action, "A recording keeps no bytes of attachments; only those that were sent in the same run can be fetched.").Write(w, "")
		return
	}
	// What a client sent is never shown as a page of this server.
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(content) // the client is gone: nobody left to tell
}

// keep keeps an attachment for as long as the session, within bounds.
func (s *session) keep(id string, content []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept+len(content)-len(s.files[id]) > maxFiles {
		return false
	}
	s.kept += len(content) - len(s.files[id])
	s.files[id] = content
	return true
}
