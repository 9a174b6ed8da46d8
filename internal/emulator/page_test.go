package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/startchat"
)

// patience is how long a test waits for something that has to come.
const patience = 60 * time.Second

// world is an embedded Amazon Connect behind a server.
type world struct {
	t        *testing.T
	emulator *emulator.Emulator
	server   *httptest.Server
}

func newWorld(t *testing.T, cfg emulator.Config) *world {
	t.Helper()
	embedded, err := emulator.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	door, err := startchat.New(startchat.Config{
		Starter:  embedded,
		Defaults: startchat.Defaults{InstanceID: emulator.DefaultInstanceID, ContactFlowID: emulator.DefaultContactFlowID},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, emulator: embedded}
	frontDoor := embedded.Faults().WrapFrontDoor(door)
	w.server = httptest.NewServer(embedded.Wrap(frontDoor))
	t.Cleanup(w.close)
	return w
}

// close ends the world as a program does that was told to stop.
func (w *world) close() {
	w.emulator.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.emulator.Shutdown(ctx); err != nil {
		w.t.Error(err)
	}
	w.server.Close()
}

// call makes a call and decodes its answer.
func (w *world) call(method, path, bearer, body string) (int, map[string]any) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if bearer != "" {
		request.Header.Set("X-Amz-Bearer", bearer)
	}
	answer, err := w.server.Client().Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		w.t.Fatalf("%s %s answered %d %q", method, path, answer.StatusCode, raw)
	}
	return answer.StatusCode, members
}

// must is call for calls that succeed.
func (w *world) must(method, path, bearer, body string) map[string]any {
	w.t.Helper()
	status, answer := w.call(method, path, bearer, body)
	if status != http.StatusOK {
		w.t.Fatalf("%s %s: %d %v", method, path, status, answer)
	}
	return answer
}

// eventually waits until something is so.
func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	deadline, again := time.NewTimer(patience), time.NewTicker(time.Millisecond)
	defer deadline.Stop()
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-deadline.C:
			w.t.Fatalf("%s: it never was so", what)
		}
	}
}

// page is a customer's page with a chat.
type page struct {
	*socket
	w      *world
	id     string
	start  string // the participant token
	bearer string // the connection token
	conn   *gws.Conn
}

// socket is what came from one socket of a page: a page that connects again has another.
type socket struct {
	gws.BuiltinEventHandler
	items  chan map[string]any
	closed chan uint16
	// subscribed is closed with the first frame, which answers the subscription: what was said
	// before is not shown.
	subscribed chan struct{}
	once       sync.Once
}

// open starts a chat with a body and connects to it.
func (w *world) open(body string) *page {
	w.t.Helper()
	started := w.must(http.MethodPost, "/startChatContact", "", body)
	p := &page{w: w, id: text(started, "ContactId"), start: text(started, "ParticipantToken")}
	p.connect(w)
	return p
}

// connect opens the socket and subscribes, as a page does that was reloaded.
func (p *page) connect(w *world) {
	w.t.Helper()
	p.w = w
	p.socket = &socket{items: make(chan map[string]any, 100), closed: make(chan uint16, 1), subscribed: make(chan struct{})}
	answer := w.must(http.MethodPost, "/participant/connection", p.start, `{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`)
	p.bearer = text(answer, "ConnectionCredentials", "ConnectionToken")
	address := text(answer, "Websocket", "Url")
	netConn, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", w.server.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	conn, _, err := gws.NewClientFromConn(p.socket, &gws.ClientOption{Addr: address, HandshakeTimeout: patience}, netConn)
	if err != nil {
		w.t.Fatalf("opening %s: %v", address, err)
	}
	p.conn = conn
	go conn.ReadLoop() // ends with the connection, which the end of the server closes
	if err := conn.WriteString(`{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`); err != nil {
		w.t.Fatal(err)
	}
	select {
	case <-p.subscribed:
	case <-time.After(patience):
		w.t.Fatal("the subscription is not answered")
	}
}

// OnMessage implements [gws.Event].
func (s *socket) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer func() { _ = m.Close() }()
	s.once.Do(func() { close(s.subscribed) })
	var frame struct{ Topic, Content json.RawMessage }
	var content string
	if json.Unmarshal(m.Bytes(), &frame) != nil || !bytes.Equal(frame.Topic, []byte(`"aws/chat"`)) ||
		json.Unmarshal(frame.Content, &content) != nil {
		return
	}
	var item map[string]any
	if json.Unmarshal([]byte(content), &item) == nil {
		s.items <- item
	}
}

// OnClose implements [gws.Event].
func (s *socket) OnClose(_ *gws.Conn, err error) {
	code := uint16(0)
	if closed, ok := err.(*gws.CloseError); ok { //nolint:errorlint // gws hands it over bare
		code = closed.Code
	}
	s.closed <- code
}

// await returns the next item whose content or type contains a text.
func (p *page) await(what string) map[string]any {
	p.w.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		select {
		case item := <-p.items:
			if strings.Contains(text(item, "Content")+" "+text(item, "ContentType")+" "+text(item, "Type"), what) {
				return item
			}
		case <-deadline.C:
			p.w.t.Fatalf("%q did not come", what)
		}
	}
}

func (p *page) say(content string) {
	p.w.t.Helper()
	body, err := json.Marshal(map[string]string{"ContentType": "text/plain", "Content": content})
	if err != nil {
		p.w.t.Fatal(err)
	}
	p.w.must(http.MethodPost, "/participant/message", p.bearer, string(body))
}

// transcript returns the contents of the chat's messages.
func (p *page) transcript() []string {
	p.w.t.Helper()
	answer := p.w.must(http.MethodPost, "/participant/transcript", p.bearer,
		`{"MaxResults":100,"ScanDirection":"BACKWARD","SortOrder":"ASCENDING","StartPosition":{}}`)
	items, _ := answer["Transcript"].([]any)
	var contents []string
	for _, item := range items {
		if members, _ := item.(map[string]any); members["Type"] == "MESSAGE" {
			contents = append(contents, text(members, "Content"))
		}
	}
	return contents
}

// text digs a text out of an answer; empty when it is not there.
func text(members map[string]any, path ...string) string {
	for _, name := range path[:len(path)-1] {
		members, _ = members[name].(map[string]any)
	}
	value, _ := members[path[len(path)-1]].(string)
	return value
}
