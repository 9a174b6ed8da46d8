package participant_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/transcript"
)

// TestErrors holds every way an action can be refused against its golden answer.
func TestErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		config: func(c *participant.Config) {
			c.SignIn = func(participant.SignIn) string { return "http://127.0.0.1/login" }
		},
		limits: chat.Limits{Files: 1, FileBytes: 100},
	})
	c := w.newCustomer()
	other := w.newCustomer()
	pt, ct := c.Token.Reveal(), c.token
	agents := []string{w.join(other.ContactID, "Ann"), w.join(other.ContactID, "Bob")}
	crowded := w.say(other.ContactID, agents[0], "hello")
	long := strings.Repeat("x", 17_000)
	session := strings.Repeat("0", 36)
	receipt := func(id string) string {
		return `{"ContentType":"` + eventsIn + `message.read","Content":"{\"messageId\":\"` + id + `\"}"}`
	}
	upload := func(name, contentType string, size int) string {
		return fmt.Sprintf(`{"AttachmentName":%q,"ContentType":%q,"AttachmentSizeInBytes":%d,"ClientToken":"t"}`, name, contentType, size)
	}
	started := w.must("start-attachment-upload", ct, upload("a.txt", "text/plain", 3)).member(t, "AttachmentId")

	s := newScribe()
	for _, tt := range []struct{ name, method, path, token, body string }{
		{"connection without a token", "POST", "connection", "", connectBody},
		{"connection with a connection token", "POST", "connection", ct, connectBody},
		{"connection of no type", "POST", "connection", pt, `{}`},
		{"connection of an empty body", "POST", "connection", pt, ``},
		{"connection of types null", "POST", "connection", pt, `{"Type":null}`},
		{"connection of an unknown type", "POST", "connection", pt, `{"Type":["PIGEON"]}`},
		{"connection for voice", "POST", "connection", pt, `{"Type":["WEBRTC_CONNECTION"]}`},
		{"connection of a type that is text", "POST", "connection", pt, `{"Type":"WEBSOCKET"}`},
		{"customer connected without a socket", "POST", "connection", pt, `{"ConnectParticipant":true}`},
		{"message with a participant token", "POST", "message", pt, `{"ContentType":"text/plain","Content":"x"}`},
		{"message with nonsense", "POST", "message", "nonsense", `{"ContentType":"text/plain","Content":"x"}`},
		{"message that is no JSON", "POST", "message", ct, `hello`},
		{"message that is an array", "POST", "message", ct, `[]`},
		{"message that is null", "POST", "message", ct, `null`},
		{"message without content type", "POST", "message", ct, `{"Content":"x"}`},
		{"message without content", "POST", "message", ct, `{"ContentType":"text/plain"}`},
		{"message with empty content", "POST", "message", ct, `{"ContentType":"text/plain","Content":""}`},
		{"message with content that is a number", "POST", "message", ct, `{"ContentType":"text/plain","Content":5}`},
		{"message too long", "POST", "message", ct, `{"ContentType":"text/plain","Content":"` + long + `"}`},
		{"message of an unknown type", "POST", "message", ct, `{"ContentType":"text/html","Content":"x"}`},
		{"message of a type the chat has not", "POST", "message", ct, `{"ContentType":"application/json","Content":"{}"}`},
		{"interactive message of a customer", "POST", "message", ct, `{"ContentType":"` + transcript.Interactive + `","Content":` +
			`"{\"templateType\":\"QuickReply\",\"version\":\"1.0\",\"data\":{\"content\":{\"title\":\"t\",\"elements\":[{\"title\":\"a\"},{\"title\":\"b\"}]}}}"}`},
		{"interactive message that is no JSON", "POST", "message", ct, `{"ContentType":"` + transcript.Interactive + `","Content":"hello"}`},
		{"message with a long client token", "POST", "message", ct, `{"ContentType":"text/plain","Content":"x","ClientToken":"` + long[:501] + `"}`},
		{"event of an unknown type", "POST", "event", ct, `{"ContentType":"` + eventsIn + `birthday"}`},
		{"event without a type", "POST", "event", ct, `{}`},
		{"receipt of nothing", "POST", "event", ct, `{"ContentType":"` + eventsIn + `message.read"}`},
		{"receipt of an unknown message", "POST", "event", ct, receipt(session)},
		{"receipt among three", "POST", "event", other.token, receipt(crowded.ID)},
		{"transcript of too many", "POST", "transcript", ct, `{"MaxResults":101}`},
		{"transcript of a negative number", "POST", "transcript", ct, `{"MaxResults":-1}`},
		{"transcript of a number that is text", "POST", "transcript", ct, `{"MaxResults":"10"}`},
		{"transcript sideways", "POST", "transcript", ct, `{"ScanDirection":"SIDEWAYS"}`},
		{"transcript unsorted", "POST", "transcript", ct, `{"SortOrder":"RANDOM"}`},
		{"transcript from two positions", "POST", "transcript", ct, `{"StartPosition":{"Id":"x","MostRecent":1}}`},
		{"transcript from a time that is none", "POST", "transcript", ct, `{"StartPosition":{"AbsoluteTime":"yesterday"}}`},
		{"transcript from an id that is a number", "POST", "transcript", ct, `{"StartPosition":{"Id":5}}`},
		{"transcript of the newest 101", "POST", "transcript", ct, `{"StartPosition":{"MostRecent":101}}`},
		{"transcript with a foreign cursor", "POST", "transcript", ct, `{"NextToken":"nonsense"}`},
		{"transcript of a foreign contact", "POST", "transcript", ct, `{"ContactId":"` + other.ContactID + `"}`},
		{"disconnect with nonsense", "POST", "disconnect", "nonsense", `{}`},
		{"upload without a client token", "POST", "start-attachment-upload", ct, `{"AttachmentName":"a.txt","ContentType":"text/plain","AttachmentSizeInBytes":3}`},
		{"upload of an unknown kind", "POST", "start-attachment-upload", ct, upload("a.exe", "text/plain", 3)},
		{"upload too large", "POST", "start-attachment-upload", ct, upload("a.txt", "text/plain", 101)},
		{"upload of nothing", "POST", "start-attachment-upload", ct, upload("a.txt", "text/plain", 0)},
		{"upload of no type", "POST", "start-attachment-upload", ct, upload("a.txt", "\r\nX: y", 3)},
		{"upload beyond the quota", "POST", "start-attachment-upload", ct, upload("b.txt", "text/plain", 3)},
		{"completing nothing", "POST", "complete-attachment-upload", ct, `{"AttachmentIds":[],"ClientToken":"t"}`},
		{"completing two", "POST", "complete-attachment-upload", ct, `{"AttachmentIds":["a","b"],"ClientToken":"t"}`},
		{"completing what is not there", "POST", "complete-attachment-upload", ct, `{"AttachmentIds":["` + session + `"],"ClientToken":"t"}`},
		{"completing what did not arrive", "POST", "complete-attachment-upload", ct, `{"AttachmentIds":["` + started + `"],"ClientToken":"t"}`},
		{"completing another's", "POST", "complete-attachment-upload", other.token, `{"AttachmentIds":["` + started + `"],"ClientToken":"t"}`},
		{"attachment that is not there", "POST", "attachment", ct, `{"AttachmentId":"` + session + `"}`},
		{"attachment that did not arrive", "POST", "attachment", ct, `{"AttachmentId":"` + started + `"}`},
		{"attachment for four seconds", "POST", "attachment", ct, `{"AttachmentId":"` + started + `","UrlExpiryInSeconds":4}`},
		{"attachment of no id", "POST", "attachment", ct, `{}`},
		{"view that is not there", "GET", "views/nothing", ct, ``},
		{"view without a token", "GET", "views/nothing", ``, ``},
		{"sign-in of no session", "POST", "authentication-url", ct, `{"RedirectUri":"https://example.com"}`},
		{"sign-in of a short session", "POST", "authentication-url", ct, `{"RedirectUri":"https://example.com","SessionId":"x"}`},
		{"sign-in nobody asked for", "POST", "authentication-url", ct, `{"RedirectUri":"https://example.com","SessionId":"` + session + `"}`},
		{"sign-in without a way back", "POST", "authentication-url", ct, `{"SessionId":"` + session + `"}`},
		{"cancelling no sign-in", "POST", "cancel-authentication", ct, `{"SessionId":"` + session + `"}`},
		{"unknown path", "POST", "nothing", ct, `{}`},
		{"wrong method", "GET", "message", ct, ``},
		{"socket without an upgrade", "GET", "websocket", ``, ``},
		{"body too long", "POST", "message", ct, `{"Content":"` + strings.Repeat("x", 256<<10) + `"}`},
	} {
		a := w.call(tt.method, "/participant/"+tt.path, tt.token, tt.body)
		fmt.Fprintf(s, "%s\n  %d %s\n", tt.name, a.Status, s.clean(string(a.Body)))
		e := awswire.ParseError(a.Status, a.Header, a.Body)
		if h := a.Header; h.Get("X-Amzn-Errortype") != e.Name || e.Name == "" || a.member(t, "__type") != e.Name ||
			len(e.RequestID) != 36 || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers and body disagree: %v %s", tt.name, a.Header, a.Body)
		}
	}
	golden(t, "errors.golden", s.String())
}

// Every refusal of a length, size or count names the limit and what was sent.
func TestRowA17RefusalsHaveFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		config: func(c *participant.Config) {
			c.SignIn = func(participant.SignIn) string { return "http://127.0.0.1/login" }
		},
		limits: chat.Limits{Files: 1, FileBytes: 100, Sockets: 1},
	})
	c := w.newCustomer()
	text := func(n int) string { return strings.Repeat("ü", n) }
	upload := func(name, contentType string, size int) string {
		return fmt.Sprintf(`{"AttachmentName":%q,"ContentType":%q,"AttachmentSizeInBytes":%d,"ClientToken":"t"}`, name, contentType, size)
	}
	announced := w.must("start-attachment-upload", c.token, upload("a.txt", "text/plain", 3))
	for _, tt := range []struct {
		path, body  string
		limit, sent int
	}{
		{"start-attachment-upload", upload(text(253)+".txt", "text/plain", 3), 256, 257},
		{"start-attachment-upload", upload("a.txt", text(256), 3), 255, 256},
		{"start-attachment-upload", upload("a.txt", "text/plain", 101), 100, 101},
		{"start-attachment-upload", upload("b.txt", "text/plain", 3), 1, 1},
		{"complete-attachment-upload", `{"AttachmentIds":["a","b","c"],"ClientToken":"t"}`, 1, 3},
		{"complete-attachment-upload", `{"AttachmentIds":["` + text(257) + `"],"ClientToken":"t"}`, 256, 257},
		{"complete-attachment-upload", `{"AttachmentIds":["a"],"ClientToken":"` + text(501) + `"}`, 500, 501},
		{"attachment", `{"AttachmentId":"` + text(257) + `"}`, 256, 257},
		{"attachment", `{"AttachmentId":"a","UrlExpiryInSeconds":4}`, 5, 4},
		{"attachment", `{"AttachmentId":"a","UrlExpiryInSeconds":301}`, 300, 301},
		{"message", `{"ContentType":"text/plain","Content":"x","ClientToken":"` + text(501) + `"}`, 500, 501},
		{"message", `{"ContentType":"text/plain","Content":"` + text(8193) + `"}`, 16384, 16386},
		{"event", `{"ContentType":"` + eventsIn + `typing","ClientToken":"` + text(501) + `"}`, 500, 501},
		{"transcript", `{"MaxResults":101}`, 100, 101},
		{"transcript", `{"NextToken":"` + text(1001) + `"}`, 1000, 1001},
		{"transcript", `{"ContactId":"` + text(257) + `"}`, 256, 257},
		{"transcript", `{"StartPosition":{"Id":"` + text(257) + `"}}`, 256, 257},
		{"transcript", `{"StartPosition":{"MostRecent":101}}`, 100, 101},
		{"disconnect", `{"ClientToken":"` + text(501) + `"}`, 500, 501},
		{"authentication-url", `{"RedirectUri":"https://example.com","SessionId":"x"}`, 36, 1},
		{"cancel-authentication", `{"SessionId":"` + text(37) + `"}`, 36, 37},
		{"message", `{"Content":"` + strings.Repeat("x", 256<<10) + `"}`, 256 << 10, 256<<10 + 14},
	} {
		a := w.post(tt.path, c.token, tt.body)
		if a.Status/100 != 4 || !names(a.member(t, "Message"), tt.limit, tt.sent) {
			t.Errorf("%s with %d of %d: %d %s", tt.path, tt.sent, tt.limit, a.Status, a.member(t, "Message"))
		}
	}
	for _, body := range []string{"12", "12345"} {
		if a := w.upload(announced, body); a.Status != 400 || !names(a.member(t, "Message"), 3, len(body)) {
			t.Errorf("%d bytes of 3: %d %s", len(body), a.Status, a.Body)
		}
	}
	w.subscribed(c.socketURL)
	if _, a, err := w.open(c.socketURL); err == nil || a.Status != 429 || !names(a.member(t, "Message"), 1, 1) {
		t.Errorf("a second socket of one: %v %d %s", err, a.Status, a.Body)
	}
}

// names reports whether a sentence has two numbers.
func names(sentence string, limit, sent int) bool {
	numbers := regexp.MustCompile(`-?\d+`).FindAllString(sentence, -1)
	first := slices.Index(numbers, strconv.Itoa(limit))
	return first >= 0 && slices.Contains(slices.Delete(numbers, first, first+1), strconv.Itoa(sent))
}

// Who connects without a socket in a chat that is not streamed hears of streaming, whatever types
// were asked for: the sentence never asks for one that was.
func TestRowA11ConnectedWithoutStreaming(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.start(chat.StartRequest{})
	for _, types := range []string{``, `"WEBSOCKET"`, `"CONNECTION_CREDENTIALS"`, `"WEBSOCKET","CONNECTION_CREDENTIALS"`} {
		a := w.post("connection", c.Token.Reveal(), `{"Type":[`+types+`],"ConnectParticipant":true}`)
		text := a.member(t, "Message")
		if a.Status != http.StatusBadRequest || !strings.HasPrefix(text, "ConnectParticipant ") ||
			!strings.Contains(text, "StartContactStreaming") || strings.Contains(text, "WEBSOCKET") {
			t.Errorf("types [%s]: %d %s", types, a.Status, a.Body)
		}
	}
}

// Whatever breaks inside, the caller gets JSON and not the reason.
func TestFailuresInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: func(c *participant.Config) {
		c.Views = func(string) (participant.View, bool) { panic("boom: secret") }
	}})
	c := w.newCustomer()
	a := w.call(http.MethodGet, "/participant/views/x", c.token, "")
	const want = `{"__type":"InternalServerException","Message":"Internal server error","message":"Internal server error"}`
	if a.Status != 500 || string(a.Body) != want {
		t.Errorf("a panic is answered %d %s", a.Status, a.Body)
	}
	if err := w.blobs.Close(); err != nil { // nothing can be kept from now on
		t.Fatal(err)
	}
	up := w.must("start-attachment-upload", c.token, `{"AttachmentName":"a.txt","ContentType":"text/plain","AttachmentSizeInBytes":3,"ClientToken":"t"}`)
	a = w.upload(up, "abc")
	if a.Status != 500 || string(a.Body) != want {
		t.Errorf("a failing disk is answered %d %s", a.Status, a.Body)
	}
	a = w.post("complete-attachment-upload", c.token, `{"AttachmentIds":["`+up.member(t, "AttachmentId")+`"],"ClientToken":"t"}`)
	if a.Status != 400 {
		t.Errorf("completing it is answered %d %s", a.Status, a.Body)
	}
}

func TestRepeatsAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	const message = `{"ContentType":"text/plain","Content":"once","ClientToken":"one"}`
	first, second := w.must("message", c.token, message), w.must("message", c.token, message)
	if string(first.Body) != string(second.Body) {
		t.Errorf("answers %s and %s", first.Body, second.Body)
	}
	up := w.must("start-attachment-upload", c.token, `{"AttachmentName":"a.txt","ContentType":"text/plain","AttachmentSizeInBytes":3,"ClientToken":"t"}`)
	w.upload(up, "abc")
	complete := `{"AttachmentIds":["` + up.member(t, "AttachmentId") + `"],"ClientToken":"two"}`
	w.must("complete-attachment-upload", c.token, complete)
	w.must("complete-attachment-upload", c.token, complete)
	if a := w.post("complete-attachment-upload", c.token, strings.Replace(complete, "two", "three", 1)); a.Status != 409 {
		t.Errorf("completing again is answered %d %s", a.Status, a.Body)
	}
	w.must("disconnect", c.token, `{"ClientToken":"four"}`)
	w.must("disconnect", c.token, `{"ClientToken":"four"}`)
	if a := w.post("disconnect", c.token, `{"ClientToken":"five"}`); a.Status != 403 {
		t.Errorf("disconnecting again is answered %d %s", a.Status, a.Body)
	}
}

func TestApprovedOrigins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: func(c *participant.Config) { c.ApprovedOrigins = []string{"https://shop.example"} }})
	started := w.start(chat.StartRequest{})
	for origin, want := range map[string]int{"https://shop.example": 200, "https://evil.example": 403, "null": 403, "": 200} {
		var header []string
		if origin != "" {
			header = []string{"Origin", origin}
		}
		a := w.call(http.MethodPost, "/participant/connection", started.Token.Reveal(), connectBody, header...)
		if a.Status != want {
			t.Errorf("origin %q: %d %s", origin, a.Status, a.Body)
		}
	}
}

// The views of an expired connection token are as dead as the rest.
func TestTokenExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	c := w.newCustomer()
	w.subscribed(c.socketURL)
	w.must("transcript", c.token, `{}`)
	w.chats.Clock().Skip(24*time.Hour + time.Second)
	if a := w.post("transcript", c.token, `{}`); a.Status != 403 {
		t.Errorf("an expired token is answered %d %s", a.Status, a.Body)
	}
	again := w.connect(c.Started)
	w.must("transcript", again.token, `{}`)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	var asked participant.SignIn
	w := newWorld(t, setup{config: func(c *participant.Config) {
		c.SignIn = func(s participant.SignIn) string { asked = s; return "https://id.example/authorize" }
	}})
	c := w.newCustomer()
	begin := func() string {
		session, err := w.chats.BeginAuthentication(context.Background(), c.ContactID)
		if err != nil {
			t.Fatal(err)
		}
		return session
	}
	body := func(session string) string {
		return `{"RedirectUri":"https://shop.example/cb","SessionId":"` + session + `"}`
	}
	session := begin()
	a := w.must("authentication-url", c.token, body(session))
	// The widget appends "&identity_provider=": there has to be a query.
	if got, want := a.member(t, "AuthenticationUrl"), "https://id.example/authorize?session="+session; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	want := participant.SignIn{
		ContactID: c.ContactID, ParticipantID: c.ParticipantID, SessionID: session, RedirectURI: "https://shop.example/cb",
		State: asked.State, Base: "http://" + w.host,
	}
	if asked != want || asked.State.IsZero() {
		t.Errorf("the sign-in page was asked for %+v, want %+v", asked, want)
	}
	if a := w.post("authentication-url", c.token, body(session)); a.Status != 400 {
		t.Errorf("a session served twice: %d %s", a.Status, a.Body)
	}
	if err := w.chats.EndAuthentication(context.Background(), c.ContactID, session, transcript.AuthSucceeded); err != nil {
		t.Error(err)
	}
	session = begin()
	w.chats.Clock().Skip(time.Minute + time.Second)
	if a := w.post("authentication-url", c.token, body(session)); a.Status != 400 {
		t.Errorf("a session opened after a minute: %d %s", a.Status, a.Body)
	}
}

// The customer is led to addresses of pages and apps alone, and a refused one costs nothing.
func TestSignInLeadsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: func(c *participant.Config) {
		c.SignIn = func(participant.SignIn) string { return "https://id.example/authorize?x=1" }
	}})
	c := w.newCustomer()
	session, err := w.chats.BeginAuthentication(context.Background(), c.ContactID)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(address string) answer {
		return w.post("authentication-url", c.token, `{"RedirectUri":`+strconv.Quote(address)+`,"SessionId":"`+session+`"}`)
	}
	for _, bad := range []string{
		"javascript:alert(1)", "javascript://shop.example/%0aalert(1)", "JavaScript://x/", "data:text/html,x", "data://x/y", "file:///etc/passwd", "file://x/y",
		"//shop.example", "/back", "shop.example", "https:", "https:///back", "https://shop.example/#here", "https://shop.example/#", "https://a:b@shop.example",
		"https://shop.example\\@evil.example", "https://shop.example/ x", "https://shöp.example", "mailto:a@shop.example", "blob:https://shop.example/x",
	} {
		if a := ask(bad); a.Status != 400 || !strings.Contains(string(a.Body), "RedirectUri") {
			t.Errorf("%s: %d %s", bad, a.Status, a.Body)
		}
	}
	for _, good := range []string{"https://shop.example/back?x=1", "http://localhost:3000/back", "http://192.168.0.7:3000", "myapp://signed-in"} {
		if a := ask(good); a.Status != 200 {
			t.Errorf("%s: %d %s", good, a.Status, a.Body)
		}
		if session, err = w.chats.BeginAuthentication(context.Background(), c.ContactID); err != nil {
			t.Fatal(err)
		}
	}
}
