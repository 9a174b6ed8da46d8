package participant_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/participant"
)

// scribe writes an exchange down with ids, tokens and times made readable.
type scribe struct {
	strings.Builder
	names map[string]string
}

var (
	uuids    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	tokens   = regexp.MustCompile(`QVFJREFI[A-Za-z0-9_-]+`)
	times    = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)
	ports    = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	signed   = regexp.MustCompile(`expires=\d+&signature=[A-Za-z0-9_-]+`)
	cursors  = regexp.MustCompile(`"NextToken":"[^"]+"`)
	eventsIn = "application/vnd.amazonaws.connect.event."
)

func newScribe() *scribe { return &scribe{names: map[string]string{}} }

// name gives a value a name; later ones are named by themselves.
func (s *scribe) name(value, name string) { s.names[value] = name }

func (s *scribe) clean(text string) string {
	text = uuids.ReplaceAllStringFunc(text, func(id string) string {
		if s.names[id] == "" {
			s.names[id] = fmt.Sprintf("ID%d", len(s.names))
		}
		return s.names[id]
	})
	text = tokens.ReplaceAllString(text, "TOKEN")
	text = times.ReplaceAllString(text, "TIME")
	text = ports.ReplaceAllString(text, "127.0.0.1:3000")
	text = signed.ReplaceAllString(text, "expires=N&signature=S")
	text = cursors.ReplaceAllString(text, `"NextToken":"NEXT"`)
	return text
}

func (s *scribe) call(method, path, body string, a answer) {
	fmt.Fprintf(s, "> %s %s %s\n< %d %s\n", method, s.clean(path), s.clean(body), a.Status, s.clean(string(a.Body)))
}

func (s *scribe) frame(direction, frame string) {
	fmt.Fprintf(s, "%s WS %s\n", direction, s.clean(frame))
}

// TestWorkedSession holds the whole of a chat against what chatjs exchanged with a server
// that it worked with, field by field.
func TestWorkedSession(t *testing.T) {
	t.Parallel()
	view := participant.View{
		ID: "v1", ARN: "arn:aws:connect:us-west-2:111122223333:instance/in-1/view/v1", Name: "Detail", Version: 1,
		Content: participant.ViewContent{InputSchema: "{}", Template: "{}", Actions: []string{"ActionSelected"}},
	}
	w := newWorld(t, setup{config: func(c *participant.Config) {
		c.Views = func(token string) (participant.View, bool) { return view, token == "tok/en+with=odd chars" }
		c.SignIn = func(participant.SignIn) string { return "http://127.0.0.1:3000/login?x=1" }
	}})
	s := newScribe()
	started := w.start(chat.StartRequest{InstanceID: "in-1", FlowID: "cf-1"})
	s.name(started.ContactID, "C1")
	s.name(started.ParticipantID, "P1")
	post := func(action, token, body string) answer {
		a := w.must(action, token, body)
		s.call("POST", "/participant/"+action, body, a)
		return a
	}

	a := post("connection", started.Token.Reveal(), connectBody)
	ct := a.member(t, "ConnectionCredentials", "ConnectionToken")
	page, refusal, err := w.open(a.member(t, "Websocket", "Url"))
	if err != nil {
		t.Fatalf("opening the socket: %v %+v", err, refusal)
	}
	ask := func(frame string) {
		s.frame(">", frame)
		page.send(frame)
		s.frame("<", page.next())
	}
	ask(subscribeFrame)
	s.frame("<", page.next()) // the customer joined
	ask(`{"topic":"aws/ping"}`)
	ask(`{"topic":"aws/heartbeat"}`)

	sent := post("message", ct, `{"ClientToken":"dd6e","Content":"hello","ContentType":"text/plain"}`)
	s.name(sent.member(t, "Id"), "M1")
	frame := page.next()
	s.frame("<", frame)
	if item := itemOf(t, frame); item["Id"] != sent.member(t, "Id") || item["AbsoluteTime"] != sent.member(t, "AbsoluteTime") {
		t.Errorf("the echo %v is not the answer %s", item, sent.Body)
	}
	post("event", ct, `{"ClientToken":"3d66","ContentType":"`+eventsIn+`typing"}`)
	s.frame("<", page.next())

	agent := w.join(started.ContactID, "Ann")
	s.name(agent, "A1")
	s.frame("<", page.next())
	m2 := w.say(started.ContactID, agent, "hi from agent")
	s.name(m2.ID, "M2")
	s.frame("<", page.next())

	post("transcript", ct, `{"MaxResults":15,"ScanDirection":"BACKWARD","SortOrder":"ASCENDING","StartPosition":{}}`)
	a = w.call(http.MethodGet, "/participant/views/tok%2Fen%2Bwith%3Dodd%20chars", ct, "")
	s.call("GET", "/participant/views/tok%2Fen%2Bwith%3Dodd%20chars", "", a)

	session, err := w.chats.BeginAuthentication(context.Background(), started.ContactID)
	if err != nil {
		t.Fatal(err)
	}
	s.name(session, "SESSION")
	s.frame("<", page.next())
	post("authentication-url", ct, `{"RedirectUri":"https://example.com/cb","SessionId":"`+session+`"}`)
	post("cancel-authentication", ct, `{"SessionId":"`+session+`"}`)
	s.frame("<", page.next())

	a = post("start-attachment-upload", ct,
		`{"AttachmentName":"a b.txt","AttachmentSizeInBytes":10,"ClientToken":"088d","ContentType":"text/plain"}`)
	id := a.member(t, "AttachmentId")
	address := a.member(t, "UploadMetadata", "Url")
	put := w.upload(a, "0123456789")
	s.call("PUT", address, "0123456789", put)
	post("complete-attachment-upload", ct, `{"AttachmentIds":["`+id+`"],"ClientToken":"8f60"}`)
	s.frame("<", page.next())
	address = post("attachment", ct, `{"AttachmentId":"`+id+`"}`).member(t, "Url")
	got := w.call(http.MethodGet, address, "", "")
	s.call("GET", address, "", got)
	for _, name := range []string{"Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy"} {
		fmt.Fprintf(s, "  %s: %s\n", name, got.Header.Get(name))
	}

	content, _ := json.Marshal(`{"messageId":"` + m2.ID + `"}`)
	post("event", ct, `{"ClientToken":"INCOMING_READ_RECEIPT","Content":`+string(content)+`,"ContentType":"`+eventsIn+`message.read"}`)

	post("disconnect", ct, `{"ClientToken":"4da5"}`)
	s.frame("<", page.next())
	s.frame("<", page.next())
	page.conn.WriteClose(1000, []byte("[Primary] WebSocket User request to close WebSocket"))
	<-page.closed
	a = w.post("message", ct, `{"Content":"late","ContentType":"text/plain"}`)
	s.call("POST", "/participant/message", "", a)
	golden(t, "session.golden", s.String())
}
