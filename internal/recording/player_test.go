package recording_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/e2e/chatclient"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/memnet"
	"github.com/parley-chat/parley/internal/recording"
	"github.com/parley-chat/parley/internal/startchat"
)

// patience is how long a test waits for something that has to come.
const patience = 60 * time.Second

// The ids of the recorded chat.
const (
	recordedContact    = "11111111-aaaa-4aaa-8aaa-111111111111"
	recordedAttachment = "44444444-aaaa-4aaa-8aaa-444444444444"
)

// world is a player of testdata/chat.jsonl at an address.
type world struct {
	t      *testing.T
	player *recording.Player
	url    string
	client *http.Client
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

func newWorld(t *testing.T, speed float64) *world {
	t.Helper()
	w := playing(t, speed)
	server := httptest.NewServer(w.player)
	w.url, w.dial = server.URL, new(net.Dialer).DialContext
	t.Cleanup(func() {
		w.shutdown()
		server.Close()
	})
	return w
}

// newBubble is newWorld for testing/synctest: its connections are in memory.
func newBubble(t *testing.T, speed float64) *world {
	t.Helper()
	w := playing(t, speed)
	pipes := memnet.Listen()
	server := &http.Server{Handler: w.player}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(pipes)
	}()
	w.url = "http://" + pipes.Addr().String()
	w.dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return pipes.Dial(ctx) }
	t.Cleanup(func() {
		w.shutdown()
		_ = server.Close()
		<-served
	})
	return w
}

// playing is a world that is not served yet.
func playing(t *testing.T, speed float64) *world {
	t.Helper()
	file, err := os.Open("testdata/chat.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	read, err := recording.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	player, err := recording.New(recording.Config{Recording: read, Name: "chat.jsonl", Speed: speed})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, player: player}
	w.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return w.dial(ctx, network, address)
	}}}
	return w
}

// shutdown ends the player.
func (w *world) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.player.Shutdown(ctx); err != nil {
		w.t.Errorf("shutting down: %v", err)
	}
}

// page is a chat page: its tokens, and what its socket hears.
type page struct {
	w                    *world
	contact, participant string
	token, connection    string
	frames               chan string
	closed               chan uint16
	socket               *gws.Conn
}

func (w *world) start(name string) *page {
	w.t.Helper()
	result, err := w.player.StartChatContact(w.t.Context(), &startchat.Request{Body: []byte(`{"ParticipantDetails":{"DisplayName":"` + name + `"}}`)})
	if err != nil {
		w.t.Fatal(err)
	}
	return &page{w: w, contact: result.ContactID, participant: result.ParticipantID, token: result.ParticipantToken.Reveal()}
}

// do sends a request and returns the answer.
func (w *world) do(method, address, bearer, body string) (int, string, http.Header) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("X-Amz-Bearer", bearer)
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

func (p *page) post(path, body string) (int, string) {
	p.w.t.Helper()
	status, text, _ := p.w.do(http.MethodPost, p.w.url+"/participant/"+path, p.connection, body)
	return status, text
}

func (p *page) must(path, body string) string {
	p.w.t.Helper()
	status, text := p.post(path, body)
	if status != http.StatusOK {
		p.w.t.Fatalf("%s %s: %d %s", path, body, status, text)
	}
	return text
}

// connect opens a socket and subscribes.
func (p *page) connect() {
	p.w.t.Helper()
	status, text, _ := p.w.do(http.MethodPost, p.w.url+"/participant/connection", p.token, `{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`)
	if status != http.StatusOK {
		p.w.t.Fatalf("connecting: %d %s", status, text)
	}
	var out struct {
		Websocket             struct{ URL, ConnectionExpiry string }
		ConnectionCredentials struct{ ConnectionToken string }
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		p.w.t.Fatal(err)
	}
	if expiry, err := time.Parse(time.RFC3339, out.Websocket.ConnectionExpiry); err != nil || time.Until(expiry) < 23*time.Hour || time.Until(expiry) > 25*time.Hour {
		p.w.t.Errorf("the connection expires at %s: a client would ask for another one again and again, or never", out.Websocket.ConnectionExpiry)
	}
	if token := out.ConnectionCredentials.ConnectionToken; token != "" {
		p.connection = token
	}
	p.frames, p.closed = make(chan string, 100), make(chan uint16, 1)
	conn, err := p.w.dial(p.w.t.Context(), "tcp", strings.TrimPrefix(p.w.url, "http://"))
	if err != nil {
		p.w.t.Fatal(err)
	}
	option := &gws.ClientOption{Addr: out.Websocket.URL, HandshakeTimeout: patience}
	if p.socket, _, err = gws.NewClientFromConn(listener{frames: p.frames, closed: p.closed}, option, conn); err != nil {
		p.w.t.Fatal(err)
	}
	go p.socket.ReadLoop()
	p.say(`{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}})`) // as the iOS SDK writes it
	if frame := p.frame(); !strings.Contains(frame, `"status":"success"`) {
		p.w.t.Fatalf("subscribing: %s", frame)
	}
}

func (p *page) say(frame string) {
	p.w.t.Helper()
	if err := p.socket.WriteString(frame); err != nil {
		p.w.t.Fatal(err)
	}
}

// listener hands over what a socket hears.
type listener struct {
	gws.BuiltinEventHandler
	frames chan string
	closed chan uint16
}

func (l listener) OnMessage(_ *gws.Conn, message *gws.Message) { l.frames <- message.Data.String() }

func (l listener) OnClose(_ *gws.Conn, err error) {
	code := uint16(1006)
	if closed, ok := errors.AsType[*gws.CloseError](err); ok {
		code = closed.Code
	}
	l.closed <- code
}

func (p *page) frame() string {
	p.w.t.Helper()
	select {
	case frame := <-p.frames:
		return frame
	case <-time.After(patience):
		p.w.t.Fatal("no frame came")
		return ""
	}
}

// hear takes the next item.
func (p *page) hear(contentType, content string) chatclient.Item {
	p.w.t.Helper()
	item, ok := chatclient.Shown([]byte(p.frame()))
	if !ok || !strings.HasSuffix(item.ContentType, contentType) || item.Content != content {
		p.w.t.Fatalf("heard %+v, want %s %q", item, contentType, content)
	}
	if item.ContactID != p.contact {
		p.w.t.Errorf("the item is of contact %s, not %s", item.ContactID, p.contact)
	}
	return item
}

// silent fails when something is heard before a heartbeat's answer.
func (p *page) silent() {
	p.w.t.Helper()
	p.say(`{"topic":"aws/heartbeat"}`)
	if frame := p.frame(); frame != `{"topic":"aws/heartbeat"}` {
		p.w.t.Fatalf("heard %s before it was its turn", frame)
	}
	p.say(`{"topic":"aws/ping"}`)
	if frame := p.frame(); !strings.Contains(frame, `"statusCode":200`) {
		p.w.t.Fatalf("the ping was answered %s", frame)
	}
}

// The whole recorded chat: everything in its turn, ids that fit each other and are fresh, a
// socket that the server closes, an attachment, the end.
func TestPlay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	seen := map[string]bool{recordedContact: true}
	for range 2 {
		p := w.start("Ada")
		if seen[p.contact] {
			t.Fatalf("the contact's id %s is not fresh", p.contact)
		}
		seen[p.contact] = true
		p.connect()
		joined := p.hear("participant.joined", "")
		p.silent()
		var sent struct{ ID, AbsoluteTime string }
		if err := json.Unmarshal([]byte(p.must("message", `{"ClientToken":"x-1","Content":" hello","ContentType":"text/plain"}`)), &sent); err != nil {
			t.Fatal(err)
		}
		echo := p.hear("text/plain", "hello")
		if echo.ID != sent.ID || echo.AbsoluteTime != sent.AbsoluteTime || echo.ParticipantID != p.participant {
			t.Errorf("the answer was %+v and the echo %+v", sent, echo)
		}
		if at, err := time.Parse(time.RFC3339, echo.AbsoluteTime); err != nil || time.Since(at) < 0 || time.Since(at) > time.Minute {
			t.Errorf("the message is of %s", echo.AbsoluteTime)
		}
		if joined.AbsoluteTime >= echo.AbsoluteTime {
			t.Errorf("%s is not before %s", joined.AbsoluteTime, echo.AbsoluteTime)
		}
		said := p.hear("text/plain", "hi from Ann at 2026-11-22")
		p.must("event", `{"ClientToken":"x-2","ContentType":"application/vnd.amazonaws.connect.event.message.read","Content":"{\"messageId\":\"`+said.ID+`\"}"}`)
		transcript := p.must("transcript", `{"MaxResults":15}`)
		if !strings.Contains(transcript, said.ID) || !strings.Contains(transcript, `"InitialContactId":"`+p.contact+`"`) {
			t.Errorf("the transcript is %s", transcript)
		}
		if code := <-p.closed; code != 1001 {
			t.Errorf("the socket was closed with %d, want 1001", code)
		}
		p.connect()
		p.hear("text/plain", "still there?")
		p.attach()
		p.must("disconnect", "{}")
		p.hear("participant.left", "")
		p.hear("chat.ended", "")
		if status, text := p.post("message", `{"Content":"late","ContentType":"text/plain"}`); status != http.StatusForbidden {
			t.Errorf("after the end: %d %s", status, text)
		}
		if status, _, _ := w.do(http.MethodPost, w.url+"/participant/connection", p.token, `{"Type":["WEBSOCKET"]}`); status != http.StatusForbidden {
			t.Errorf("connecting after the end: %d", status)
		}
		_ = p.socket.WriteClose(1000, nil)
	}
}

// attach sends an attachment and fetches it again.
func (p *page) attach() {
	t := p.w.t
	t.Helper()
	var upload struct {
		AttachmentID   string
		UploadMetadata struct{ URL string }
	}
	answer := p.must("start-attachment-upload", `{"AttachmentName":"a b.txt","AttachmentSizeInBytes":5,"ContentType":"text/plain"}`)
	if err := json.Unmarshal([]byte(answer), &upload); err != nil {
		t.Fatal(err)
	}
	if upload.AttachmentID == recordedAttachment || !strings.HasPrefix(upload.UploadMetadata.URL, p.w.url+"/attachments/"+upload.AttachmentID+"?t=") {
		t.Fatalf("the attachment goes to %+v", upload)
	}
	if status, text, _ := p.w.do(http.MethodPut, upload.UploadMetadata.URL, "", "12345"); status != http.StatusOK {
		t.Fatalf("uploading: %d %s", status, text)
	}
	if status, text, _ := p.w.do(http.MethodPut, p.w.url+"/attachments/"+upload.AttachmentID, "", "12345"); status != http.StatusForbidden {
		t.Errorf("uploading without a ticket: %d %s", status, text)
	}
	p.silent()
	p.must("complete-attachment-upload", `{"AttachmentIds":["`+upload.AttachmentID+`"]}`)
	p.hear("event.attachment", "")
	var file struct{ URL string }
	if err := json.Unmarshal([]byte(p.must("attachment", `{"AttachmentId":"`+upload.AttachmentID+`"}`)), &file); err != nil {
		t.Fatal(err)
	}
	status, text, header := p.w.do(http.MethodGet, file.URL, "", "")
	if status != http.StatusOK || text != "12345" || header.Get("Content-Disposition") != "attachment" || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("fetching: %d %q %v", status, text, header)
	}
}

// What the recording does not have is named, with what it has.
func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"another message", "message", `{"Content":"hallo","ContentType":"text/plain"}`, 409, `In the recording the next SendMessage has another Content (line 8): \"hello\", not \"hallo\".`},
		{"another type", "message", `{"Content":"hello","ContentType":"text/markdown"}`, 409, `has another ContentType`},
		{"another file", "start-attachment-upload", `{"AttachmentName":"b","AttachmentSizeInBytes":5,"ContentType":"text/plain"}`, 409, `has another AttachmentName (line 17): \"a b.txt\", not \"b\".`},
		{"an unknown action", "authentication-url", `{}`, 409, "The recording has no GetAuthenticationUrl."},
		{"an event of another kind", "event", `{"ContentType":"application/vnd.amazonaws.connect.event.typing"}`, 200, `"Id":`},
		{"an event of the kind", "event", `{"ContentType":"application/vnd.amazonaws.connect.event.message.read","Content":"{}"}`, 200, `"Id":`},
		{"another page", "transcript", `{"MaxResults":100,"NextToken":"x"}`, 200, "participant.joined"},
		{"no operation", "nothing", `{}`, 404, "UnknownOperationException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			p := w.start("Ada")
			p.connect()
			status, text := p.post(test.path, test.body)
			if status != test.status || !strings.Contains(text, test.want) {
				t.Errorf("answered %d %s", status, text)
			}
		})
	}
	t.Run("a transcript before its time", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, 0)
		p := w.start("Ada")
		p.connect()
		early := p.must("transcript", "{}")
		if !strings.Contains(early, "participant.joined") || strings.Contains(early, "hello") || strings.Contains(early, "hi from Ann") {
			t.Errorf("before anything was said the transcript is %s", early)
		}
		p.must("message", `{"ClientToken":"x","Content":"hello","ContentType":"text/plain"}`)
		if now := p.must("transcript", "{}"); !strings.Contains(now, "hello") || !strings.Contains(now, "hi from Ann") {
			t.Errorf("then it is %s", now)
		}
	})
	t.Run("once more", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, 0)
		p := w.start("Ada")
		p.connect()
		first := p.must("message", `{"ClientToken":"x","Content":"hello","ContentType":"text/plain"}`)
		if again := p.must("message", `{"ClientToken":"x","Content":"hello","ContentType":"text/plain"}`); again != first {
			t.Errorf("the repeated call was answered %s, the first %s", again, first)
		}
		if status, text := p.post("message", `{"ClientToken":"y","Content":"hello","ContentType":"text/plain"}`); status != 409 || !strings.Contains(text, "no further SendMessage") {
			t.Errorf("another message: %d %s", status, text)
		}
		if one, two := p.must("transcript", "{}"), p.must("transcript", "{}"); one != two {
			t.Errorf("the transcript changed from %s to %s", one, two)
		}
	})
}

// A token opens what it is for, and only of its chat.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	p := w.start("Ada")
	p.connect()
	for name, bearer := range map[string]string{"none": "", "unknown": "x", "the participant token": p.token} {
		if status, _, header := w.do(http.MethodPost, w.url+"/participant/message", bearer, "{}"); status != 403 || header.Get("X-Amzn-Errortype") != "AccessDeniedException" {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _, _ := w.do(http.MethodPost, w.url+"/participant/connection", p.connection, "{}"); status != 403 {
		t.Errorf("a connection token made a connection: %d", status)
	}
	if _, response, err := gws.NewClient(listener{}, &gws.ClientOption{Addr: strings.Replace(w.url, "http", "ws", 1) + "/participant/websocket?t=" + p.token, HandshakeTimeout: patience}); err == nil || response == nil || response.StatusCode != 403 {
		t.Errorf("a participant token opened a socket: %v", err)
	}
}

// Chats are chosen by the customer's name, and a start that failed fails again.
func TestStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	start := func(body, clientToken string) (*startchat.Result, error) {
		return w.player.StartChatContact(t.Context(), &startchat.Request{Body: []byte(body), ClientToken: clientToken})
	}
	_, err := start(`{"ParticipantDetails":{"DisplayName":"Bob"}}`, "")
	refused, ok := errors.AsType[*awswire.Error](err)
	if !ok || refused.Status != 429 || refused.Name != "TooManyRequestsException" || refused.Message != "Rate exceeded" {
		t.Errorf("Bob's chat: %v", err)
	}
	first, err := start(`{"ParticipantDetails":{"DisplayName":"Ada"}}`, "token")
	if err != nil {
		t.Fatal(err)
	}
	again, err := start(`{"ParticipantDetails":{"DisplayName":"Ada"}}`, "token")
	if err != nil || again.ContactID != first.ContactID {
		t.Errorf("the repeated start made another chat: %v", err)
	}
	other, err := start(`{"ParticipantDetails":{"DisplayName":"Ada"}}`, "other")
	if err != nil || other.ContactID == first.ContactID {
		t.Errorf("another start made no chat: %v", err)
	}
	// Nobody has the name: the one that was played least often.
	if _, err := start(`{}`, ""); err != nil {
		if _, ok := errors.AsType[*awswire.Error](err); !ok {
			t.Error(err)
		}
	}
}

// With its own pauses, an answer comes when it came.
func TestPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newBubble(t, 1)
		p := w.start("Ada")
		p.connect()
		p.hear("participant.joined", "")
		p.must("message", `{"Content":"hello","ContentType":"text/plain"}`)
		p.hear("text/plain", "hello")
		began := time.Now()
		p.hear("text/plain", "hi from Ann at 2026-11-22")
		// In the recording the call began at 40 ms and took 2, and the agent's message came at 240.
		if waited := time.Since(began); waited != 198*time.Millisecond {
			t.Errorf("the agent answered after %v; it took 198 ms", waited)
		}
		_ = p.socket.NetConn().Close()
	})
}

func TestPlayerNeedsChats(t *testing.T) {
	t.Parallel()
	if _, err := recording.New(recording.Config{Recording: &recording.Recording{}}); err == nil {
		t.Error("an empty recording was taken")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	want := "the recording chat.jsonl (2 chats of 2026-11-22, Amazon Connect in us-west-2)"
	if diff := cmp.Diff(want, newWorld(t, 0).player.Text()); diff != "" {
		t.Error(diff)
	}
}

// play asks a player of any recording a few things; it must not fail badly.
func play(t *testing.T, read *recording.Recording) {
	t.Helper()
	player, err := recording.New(recording.Config{Recording: read, Name: "any"})
	if err != nil {
		t.Fatal(err)
	}
	result, err := player.StartChatContact(t.Context(), &startchat.Request{Body: []byte("{}")})
	if err == nil {
		request := httptest.NewRequest(http.MethodPost, "http://localhost:3000/participant/connection", strings.NewReader(`{"Type":["WEBSOCKET"]}`))
		request.Header.Set("X-Amz-Bearer", result.ParticipantToken.Reveal())
		player.ServeHTTP(httptest.NewRecorder(), request)
	}
	if err := player.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
}
