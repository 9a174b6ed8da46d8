package inspect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/startchat"
)

// patience is how long a test waits for something that has to come.
const patience = 60 * time.Second

// scene is a whole embedded Amazon Connect, recorded.
type scene struct {
	t        *testing.T
	recorder *inspect.Recorder
	embedded *emulator.Emulator
	server   *httptest.Server
}

func newScene(t *testing.T, cfg emulator.Config) *scene {
	t.Helper()
	s := &scene{t: t, recorder: inspect.New(inspect.Config{})}
	cfg.Ephemeral, cfg.Tap = true, s.recorder
	var err error
	if s.embedded, err = emulator.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	door, err := startchat.New(startchat.Config{
		Starter:  s.embedded,
		Defaults: startchat.Defaults{InstanceID: emulator.DefaultInstanceID, ContactFlowID: emulator.DefaultContactFlowID},
	})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := guard.New(guard.Config{Listen: "127.0.0.1:0", DocsURL: "/docs/errors"})
	if err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewServer(s.recorder.Wrap(policy.Wrap(s.embedded.Wrap(door))))
	t.Cleanup(func() {
		s.embedded.Drain()
		if err := s.embedded.Close(); err != nil {
			t.Error(err)
		}
		s.server.Close()
	})
	return s
}

func (s *scene) call(method, address, bearer, body string, header ...string) string {
	s.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = s.server.URL + address
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if bearer != "" {
		request.Header.Set("X-Amz-Bearer", bearer)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := s.server.Client().Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// await waits for an exchange.
func (s *scene) await(what string, is func(inspect.Exchange) bool) inspect.Exchange {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for e := range s.recorder.Watch(ctx, 0) {
		if is(e) {
			return e
		}
	}
	s.t.Fatalf("%s is not recorded", what)
	return inspect.Exchange{}
}

// last returns the last exchange of an action.
func (s *scene) last(action string) inspect.Exchange {
	s.t.Helper()
	var found inspect.Exchange
	for _, e := range all(s.recorder) {
		if e.Action == action {
			found = e
		}
	}
	if found.ID == "" {
		s.t.Errorf("no %s is recorded", action)
	}
	return found
}

func text(s *scene, document string, path ...string) string {
	s.t.Helper()
	var value any
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		s.t.Fatalf("%s: %v", document, err)
	}
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	found, _ := value.(string)
	return found
}

type client struct{ gws.BuiltinEventHandler }

// A whole chat: every call and frame is there, knows whose it is, and holds no token.
func TestAWholeChat(t *testing.T) {
	t.Parallel()
	s := newScene(t, emulator.Config{Partner: true, PartnerPause: -1})
	started := s.call("POST", "/startChatContact", "", `{"ParticipantDetails":{"DisplayName":"Pat"}}`)
	contact, participant, token := text(s, started, "ContactId"), text(s, started, "ParticipantId"), text(s, started, "ParticipantToken")
	connected := s.call("POST", "/participant/connection", token, `{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`)
	bearer, address := text(s, connected, "ConnectionCredentials", "ConnectionToken"), text(s, connected, "Websocket", "Url")
	netConn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := gws.NewClientFromConn(&client{}, &gws.ClientOption{Addr: address}, netConn)
	if err != nil {
		t.Fatal(err)
	}
	go conn.ReadLoop() // ends with the connection
	for _, frame := range []string{`{"topic":"aws/heartbeat"}`, `{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`} {
		if err := conn.WriteString(frame); err != nil {
			t.Fatal(err)
		}
	}
	s.await("the answer to the subscription", func(e inspect.Exchange) bool { // before which nothing is shown
		return e.Kind == inspect.Frame && e.Direction == inspect.Out && e.Topic == "aws/subscribe"
	})
	s.call("POST", "/participant/message", bearer, `{"ContentType":"text/plain","Content":"my token is `+bearer+`"}`)
	echoed := s.await("the echo", func(e inspect.Exchange) bool {
		return e.Kind == inspect.Frame && e.Direction == inspect.Out && e.ContentType == "text/plain" && strings.Contains(e.ResponseBody, "my token is")
	})
	if echoed.SocketID == "" || echoed.ContactID != contact {
		t.Errorf("%+v", echoed)
	}
	upload := s.call("POST", "/participant/start-attachment-upload", bearer,
		`{"AttachmentName":"a.txt","AttachmentSizeInBytes":14,"ContentType":"text/plain","ClientToken":"u"}`)
	headers := []string{"Content-Type", "text/plain"}
	for _, name := range []string{"contact_id", "initial_contact_id", "account_id", "organization_id"} {
		headers = append(headers, "x-amz-meta-"+name, text(s, upload, "UploadMetadata", "HeadersToInclude", "x-amz-meta-"+name))
	}
	headers = append(headers, "x-amz-acl", text(s, upload, "UploadMetadata", "HeadersToInclude", "x-amz-acl"))
	s.call("PUT", text(s, upload, "UploadMetadata", "Url"), "", "attached bytes", headers...)
	s.call("POST", "/participant/complete-attachment-upload", bearer, `{"AttachmentIds":["`+text(s, upload, "AttachmentId")+`"],"ClientToken":"c"}`)
	fetched := s.call("POST", "/participant/attachment", bearer, `{"AttachmentId":"`+text(s, upload, "AttachmentId")+`"}`)
	if got := s.call("GET", text(s, fetched, "Url"), "", ""); got != "attached bytes" {
		t.Errorf("downloaded %q", got)
	}
	s.call("GET", "/contacts/i/"+contact, "", "")
	s.call("POST", "/participant/disconnect", bearer, `{}`)
	closed := s.await("the end of the socket", func(e inspect.Exchange) bool { return e.CloseCode != 0 })
	if closed.Problem != nil || closed.SocketID != echoed.SocketID {
		t.Errorf("%+v", closed)
	}

	for _, e := range all(s.recorder) {
		if e.ContactID != contact {
			t.Errorf("%s %s belongs to %q", e.Kind, e.Action, e.ContactID)
		}
		if e.Action != "DescribeContact" && (e.ParticipantID != participant || e.Role != "CUSTOMER") {
			t.Errorf("%s %s is by %q, %q", e.Kind, e.Action, e.ParticipantID, e.Role)
		}
		if e.Problem != nil {
			t.Errorf("%s %s: %+v", e.Kind, e.Action, e.Problem)
		}
		if strings.Contains(e.Text(), "heartbeat") {
			t.Errorf("a heartbeat is recorded: %+v", e)
		}
		if strings.Contains(encode(t, e), "attached bytes") {
			t.Errorf("%s holds the attachment", e.Action)
		}
	}
	if e := s.last("UploadAttachment"); e.RequestSize != 14 || e.Path == "" || !e.RequestOmitted {
		t.Errorf("%+v", e)
	}
	ticket := address[strings.Index(address, "?t=")+3:]
	sing(t, s.recorder, "a whole chat", token, bearer, ticket)
	har := string(s.recorder.HAR(inspect.Query{ContactID: contact}))
	if strings.Count(har, `"_webSocketMessages"`) != 1 || strings.Count(har, "my token is") < 2 {
		t.Error("the archive lacks the frames")
	}
}

// What AWS answers with the same AccessDeniedException is told apart.
func TestDenials(t *testing.T) {
	t.Parallel()
	const page = "https://approved.example"
	s := newScene(t, emulator.Config{ApprovedOrigins: []string{"http://localhost:8080"}})
	enter := func() (contact, token, bearer, socket string) {
		started := s.call("POST", "/startChatContact", "", "")
		token = text(s, started, "ParticipantToken")
		connected := s.call("POST", "/participant/connection", token, `{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`)
		_, socket, _ = strings.Cut(text(s, connected, "Websocket", "Url"), "/participant/")
		return text(s, started, "ContactId"), token, text(s, connected, "ConnectionCredentials", "ConnectionToken"), "/participant/" + socket
	}
	contact, token, bearer, _ := enter()
	upgrade := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="}
	const send = `{"ContentType":"text/plain","Content":"x"}`
	check := func(action, rule, of string) {
		t.Helper()
		e := s.last(action)
		if e.Problem == nil || e.Problem.Rule != rule || e.ContactID != of || e.Status != 403 {
			t.Errorf("%s: %d %q %+v, want %s", action, e.Status, e.ContactID, e.Problem, rule)
		}
	}
	s.call("POST", "/participant/message", "", send)
	check("SendMessage", "token-missing", "")
	s.call("POST", "/participant/message", "nonsense", send)
	check("SendMessage", "token-unknown", "")
	s.call("POST", "/participant/message", token, send)
	check("SendMessage", "token-of-participant", contact)
	s.call("POST", "/participant/connection", bearer, `{"Type":["WEBSOCKET"]}`)
	check("CreateParticipantConnection", "token-of-connection", contact)
	s.call("POST", "/participant/message", bearer, send, "Origin", "http://127.0.0.1:9")
	check("SendMessage", "origin-not-approved", contact)
	s.call("GET", "/attachments/x?expires=9999999999&signature=abc", "", "")
	check("DownloadAttachment", "attachment-address-altered", "")
	s.call("PUT", "/attachments/x?expires=1&signature=abc", "", "")
	check("UploadAttachment", "attachment-address-expired", "")
	if err := s.embedded.Chats().ExpireTokens(contact); err != nil {
		t.Fatal(err)
	}
	s.call("POST", "/participant/message", bearer, send)
	check("SendMessage", "token-expired", contact)

	contact, token, bearer, socket := enter()
	s.call("POST", "/participant/disconnect", bearer, `{}`)
	s.call("POST", "/participant/message", bearer, send)
	check("SendMessage", "chat-ended", contact)
	if e := s.last("SendMessage"); e.Role != "CUSTOMER" {
		t.Errorf("the role is forgotten: %+v", e)
	}
	s.call("GET", socket, "", "", upgrade...)
	check("WebSocket", "chat-ended", contact)

	// A refusal of the guard is explained by the guard.
	s.call("POST", "/participant/message", bearer, send, "Origin", page)
	if e := s.last("SendMessage"); e.Problem == nil || e.Problem.Hint == "" || e.Problem.Docs == "" || e.Origin != page {
		t.Errorf("%+v %+v", e, e.Problem)
	}
	s.call("OPTIONS", "/participant/message", "", "", "Origin", page, "Access-Control-Request-Method", "POST")
	if e := s.last("Preflight"); e.Problem == nil || e.Problem.Rule != "preflight-refused" {
		t.Errorf("%+v", e)
	}
	s.call("POST", "/contact/no-such", "", "{}")
	sing(t, s.recorder, fmt.Sprint(contact), token, bearer)
}
