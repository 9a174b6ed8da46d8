package relay_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/e2e/chatclient"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/relay"
	"github.com/parley-chat/parley/internal/startchat"
)

// patience is how long a test waits for something that has to come.
const patience = 60 * time.Second

// world is a relay with a whole Amazon Connect behind it, which is an embedded one on a network
// address of its own.
type world struct {
	t        testing.TB
	far      *emulator.Emulator
	farURL   string
	relay    *relay.Relay
	recorder *inspect.Recorder
	url      string
	client   *chatclient.Client
	plain    *http.Transport
}

func newWorld(tb testing.TB, change func(*relay.Config)) *world {
	tb.Helper()
	w := &world{t: tb, recorder: inspect.New(inspect.Config{}), plain: &http.Transport{DisableKeepAlives: true}}
	far, err := emulator.New(context.Background(), emulator.Config{Ephemeral: true, Partner: true, PartnerPause: -1})
	if err != nil {
		tb.Fatal(err)
	}
	w.far = far
	behind := httptest.NewServer(far.Handler())
	w.farURL = behind.URL
	cfg := relay.Config{Endpoint: behind.URL, Tap: w.recorder}
	if change != nil {
		change(&cfg)
	}
	if w.relay, err = relay.New(cfg); err != nil {
		tb.Fatal(err)
	}
	door, err := startchat.New(startchat.Config{
		Starter:  w.relay.Starter(far),
		Defaults: startchat.Defaults{InstanceID: emulator.DefaultInstanceID, ContactFlowID: emulator.DefaultContactFlowID},
	})
	if err != nil {
		tb.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/startChatContact", door)
	mux.Handle("/", w.relay)
	near := httptest.NewServer(w.recorder.Wrap(mux))
	w.url = near.URL
	w.client = chatclient.New(w.url, 4)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.relay.Shutdown(ctx); err != nil {
			tb.Errorf("shutting down: %v", err)
		}
		w.client.Close()
		near.Close()
		if err := far.Close(); err != nil {
			tb.Errorf("closing: %v", err)
		}
		behind.Close()
	})
	return w
}

// heard collects what a socket shows.
type heard struct {
	mu    sync.Mutex
	items []chatclient.Item
	news  chan struct{}
}

func newHeard() *heard { return &heard{news: make(chan struct{}, 1)} }

func (h *heard) frame(text []byte) {
	item, ok := chatclient.Shown(text)
	if !ok {
		return
	}
	h.mu.Lock()
	h.items = append(h.items, item)
	h.mu.Unlock()
	select {
	case h.news <- struct{}{}:
	default:
	}
}

// until waits for an item.
func (h *heard) until(tb testing.TB, what string, is func(chatclient.Item) bool) {
	tb.Helper()
	late := time.After(patience)
	for {
		h.mu.Lock()
		found := slices.ContainsFunc(h.items, is)
		h.mu.Unlock()
		if found {
			return
		}
		select {
		case <-h.news:
		case <-late:
			tb.Fatalf("%s did not come", what)
		}
	}
}

func saying(content string) func(chatclient.Item) bool {
	return func(i chatclient.Item) bool { return i.Type == "MESSAGE" && strings.Contains(i.Content, content) }
}

func ended(i chatclient.Item) bool { return strings.HasSuffix(i.ContentType, "event.chat.ended") }

func (w *world) post(path, bearer, body string) (int, string) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("X-Amz-Bearer", bearer)
	response, err := w.plain.RoundTrip(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// A customer's whole chat through the relay: nothing is missing for the client, and the
// timeline shows all of it, with its contact, and none of its tokens.
func TestChatThroughTheRelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx := t.Context()
	chat, err := w.client.Start(ctx, "Ada", "")
	if err != nil {
		t.Fatal(err)
	}
	connection, err := w.client.Connect(ctx, chat.ParticipantToken)
	if err != nil {
		t.Fatal(err)
	}
	near, _ := url.Parse(w.url)
	if u, err := url.Parse(connection.URL); err != nil || u.Scheme != "ws" || u.Port() != near.Port() || u.Hostname() != "127.0.0.1" {
		t.Fatalf("the socket is at %s, not at the relay", connection.URL)
	}
	heard := newHeard()
	socket, err := chatclient.Listen(ctx, connection.URL, heard.frame)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if _, err := w.client.Send(ctx, connection.Token, "hello there", "token-1"); err != nil {
		t.Fatal(err)
	}
	heard.until(t, "the echo", saying("hello there"))
	heard.until(t, "the partner's answer", func(i chatclient.Item) bool {
		return i.Type == "MESSAGE" && i.ParticipantID != chat.ParticipantID
	})
	items, err := w.client.Transcript(ctx, connection.Token)
	if err != nil || len(items) < 3 {
		t.Fatalf("the transcript has %d items: %v", len(items), err)
	}
	if status, body := w.post("/participant/disconnect", connection.Token, "{}"); status != http.StatusOK {
		t.Fatalf("disconnecting: %d %s", status, body)
	}
	heard.until(t, "chat.ended", ended)
	socket.Close()
	w.until(func(e inspect.Exchange) bool { return e.CloseCode != 0 })
	w.until(func(e inspect.Exchange) bool { return e.Action == "DisconnectParticipant" }) // its record comes after its answer

	actions := map[string]bool{}
	list, _ := w.recorder.List(inspect.Query{})
	for _, e := range list {
		if e.ContactID != chat.ContactID || e.ParticipantID != chat.ParticipantID || e.Role != "CUSTOMER" {
			t.Errorf("%s %s %s is of contact %q, participant %q, role %q", e.Kind, e.Action, e.Direction, e.ContactID, e.ParticipantID, e.Role)
		}
		actions[string(e.Kind)+" "+e.Action+" "+string(e.Direction)] = true
		text, _ := json.Marshal(e)
		for name, token := range map[string]string{"participant": chat.ParticipantToken, "connection": connection.Token} {
			if strings.Contains(string(text), token) {
				t.Errorf("the %s token stands in %s", name, text)
			}
		}
	}
	want := map[string]bool{
		"http StartChatContact ": true, "http CreateParticipantConnection ": true, "socket WebSocket ": true,
		"frame WebSocket in": true, "frame WebSocket out": true, "http SendMessage ": true, "http GetTranscript ": true,
		"http DisconnectParticipant ": true, "socket WebSocket in": true,
	}
	if diff := cmp.Diff(want, actions); diff != "" {
		t.Errorf("the timeline (-want +got):\n%s", diff)
	}
}

// until waits for an exchange.
func (w *world) until(is func(inspect.Exchange) bool) inspect.Exchange {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for e := range w.recorder.Watch(ctx, 0) {
		if is(e) {
			return e
		}
	}
	w.t.Fatal("an exchange did not come")
	return inspect.Exchange{}
}

// closings hears how a socket ends.
type closings struct {
	gws.BuiltinEventHandler
	code chan uint16
}

func (c closings) OnClose(_ *gws.Conn, err error) {
	if e, ok := err.(*gws.CloseError); ok { //nolint:errorlint // the library hands it over as it is
		c.code <- e.Code
		return
	}
	c.code <- 1006
}

func (w *world) socket(connection chatclient.Connection) (*gws.Conn, chan uint16) {
	w.t.Helper()
	end := closings{code: make(chan uint16, 1)}
	conn, _, err := gws.NewClient(end, &gws.ClientOption{Addr: connection.URL, HandshakeTimeout: patience})
	if err != nil {
		w.t.Fatal(err)
	}
	go conn.ReadLoop()
	return conn, end.code
}

func (w *world) connected() (chatclient.Chat, chatclient.Connection) {
	w.t.Helper()
	started, err := w.client.Start(w.t.Context(), "Ada", "")
	if err != nil {
		w.t.Fatal(err)
	}
	connection, err := w.client.Connect(w.t.Context(), started.ParticipantToken)
	if err != nil {
		w.t.Fatal(err)
	}
	return started, connection
}

func code(tb testing.TB, from chan uint16) uint16 {
	tb.Helper()
	select {
	case code := <-from:
		return code
	case <-time.After(patience):
		tb.Fatal("the socket stays open")
		return 0
	}
}

// Either side's end reaches the other as it was.
func TestEndsOfSockets(t *testing.T) {
	t.Parallel()
	t.Run("the service closes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		_, connection := w.connected()
		_, end := w.socket(connection)
		w.far.Drain()
		if got := code(t, end); got != 1001 {
			t.Errorf("the client was told %d, want 1001", got)
		}
		e := w.until(func(e inspect.Exchange) bool { return e.CloseCode != 0 })
		if e.CloseCode != 1001 || e.Direction != inspect.Out {
			t.Errorf("recorded %d %s", e.CloseCode, e.Direction)
		}
	})
	t.Run("the client closes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		_, connection := w.connected()
		conn, _ := w.socket(connection)
		if err := conn.WriteClose(1000, []byte("bye")); err != nil {
			t.Fatal(err)
		}
		e := w.until(func(e inspect.Exchange) bool { return e.CloseCode != 0 })
		if e.CloseCode != 1000 || e.Direction != inspect.In {
			t.Errorf("recorded %d %s", e.CloseCode, e.Direction)
		}
		w.gone()
	})
	t.Run("the client is lost", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		_, connection := w.connected()
		conn, _ := w.socket(connection)
		_ = conn.NetConn().Close()
		e := w.until(func(e inspect.Exchange) bool { return e.CloseCode != 0 })
		if e.CloseCode != 1006 {
			t.Errorf("recorded %d", e.CloseCode)
		}
		w.gone()
	})
	t.Run("this server leaves", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		_, connection := w.connected()
		_, end := w.socket(connection)
		w.relay.Drain()
		if got := code(t, end); got != 1001 {
			t.Errorf("the client was told %d, want 1001", got)
		}
		w.gone()
	})
	t.Run("a frame is too long", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		_, connection := w.connected()
		conn, end := w.socket(connection)
		if err := conn.WriteString(strings.Repeat("x", 129<<10)); err != nil {
			t.Fatal(err)
		}
		if got := code(t, end); got != 1009 {
			t.Errorf("the client was told %d, want 1009", got)
		}
	})
}

// gone waits until the service has no socket left.
func (w *world) gone() {
	w.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for w.far.Sockets() > 0 || w.relay.Sockets() > 0 {
		select {
		case <-tick.C:
		case <-late:
			w.t.Fatalf("%d sockets are open at the service and %d here", w.far.Sockets(), w.relay.Sockets())
		}
	}
}

// A chat that was started elsewhere is known as soon as an answer names it.
func TestUnknownChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	direct := chatclient.New(w.farURL, 1)
	defer direct.Close()
	started, err := w.far.Chats().Start(t.Context(), chat.StartRequest{DisplayName: "Joe"})
	if err != nil {
		t.Fatal(err)
	}
	connection, err := w.client.Connect(t.Context(), started.Token.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Transcript(t.Context(), connection.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Send(t.Context(), connection.Token, "hi", ""); err != nil {
		t.Fatal(err)
	}
	e := w.until(func(e inspect.Exchange) bool { return e.Action == "SendMessage" })
	if e.ContactID != started.ContactID {
		t.Errorf("the message is of contact %q, want %q", e.ContactID, started.ContactID)
	}
}

// What a socket's address says is not believed by everybody's word.
func TestTickets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	_, connection := w.connected()
	good, _ := url.Parse(connection.URL)
	ticket := good.Query().Get("t")
	for name, forged := range map[string]string{
		"none": "", "another text": "QVFJREFIs8k", "changed": ticket[:len(ticket)-2] + "xx", "cut": ticket[:40],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := *good
			u.RawQuery = url.Values{"t": {forged}}.Encode()
			_, response, err := gws.NewClient(closings{code: make(chan uint16, 1)}, &gws.ClientOption{Addr: u.String(), HandshakeTimeout: patience})
			if err == nil {
				t.Fatal("the socket was opened")
			}
			if response == nil || response.StatusCode != http.StatusForbidden {
				t.Errorf("answered %v %v", response, err)
			}
		})
	}
}

// Only the configured hosts are ever called, whatever an answer says.
func TestForeignSockets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, address string
		relayed       bool
	}{
		{"amazon's", "wss://abc.transport.connect.us-west-2.amazonaws.com/chat?t=1", true},
		{"amazon's with its port", "wss://abc.transport.connect.us-west-2.amazonaws.com:443/chat?t=1", true},
		{"without tls", "ws://abc.transport.connect.us-west-2.amazonaws.com/chat?t=1", false},
		{"another port", "wss://abc.transport.connect.us-west-2.amazonaws.com:8443/chat", false},
		{"another domain", "wss://transport.connect.us-west-2.amazonaws.com.evil.example/chat", false},
		{"a name that ends alike", "wss://eviltransport.connect.us-west-2.amazonaws.com/chat", false},
		{"another Region", "wss://abc.transport.connect.eu-west-2.amazonaws.com/chat", false},
		{"another port of this machine", "ws://127.0.0.1:1/chat", false},
		{"with a password", "wss://a:b@abc.transport.connect.us-west-2.amazonaws.com/chat", false},
		{"no socket", "https://abc.transport.connect.us-west-2.amazonaws.com/chat", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				answer, _ := json.Marshal(map[string]any{
					"Websocket": map[string]string{"Url": test.address, "ConnectionExpiry": "2099-01-01T00:00:00.000Z"}, "Other": 1,
				})
				_, _ = w.Write(answer)
			}))
			defer service.Close()
			r, err := relay.New(relay.Config{Endpoint: service.URL, SocketDomains: []string{"transport.connect.us-west-2.amazonaws.com"}})
			if err != nil {
				t.Fatal(err)
			}
			near := httptest.NewServer(r)
			defer near.Close()
			client := chatclient.New(near.URL, 1)
			defer client.Close()
			connection, err := client.Connect(t.Context(), "token")
			if err != nil {
				t.Fatal(err)
			}
			if relayed := connection.URL != test.address; relayed != test.relayed {
				t.Errorf("%s became %s", test.address, connection.URL)
			}
		})
	}
}

// The service is told what concerns it, and the page what concerns that.
func TestHeaders(t *testing.T) {
	t.Parallel()
	var asked http.Header
	var path string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, path = r.Header.Clone(), r.URL.EscapedPath()
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-Amzn-Requestid": "r-1", "X-Amzn-Errortype": "ThrottlingException", "Retry-After": "2",
			"Set-Cookie": "a=b", "Access-Control-Allow-Origin": "*", "Strict-Transport-Security": "max-age=1", "Alt-Svc": `h3=":443"`,
		} {
			w.Header().Set(name, value)
		}
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"message":"Rate exceeded"}`))
	}))
	defer service.Close()
	r, err := relay.New(relay.Config{Endpoint: service.URL + "/base"})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("post", "http://localhost:3000/participant/views/a%2Fb", strings.NewReader("{}"))
	for name, value := range map[string]string{
		"X-Amz-Bearer": "token", "X-Amz-User-Agent": "chatjs", "Amz-Sdk-Request": "attempt=1", "Origin": "http://localhost:8080",
		"Content-Type": "application/json", "Authorization": "AWS4-HMAC-SHA256 Credential=/x", "Cookie": "session=1",
		"Referer": "http://localhost:8080/secret", "X-Forwarded-For": "10.0.0.1", "X-Amz-Security-Token": "s",
	} {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	r.ServeHTTP(recorder, request)
	if path != "/base/participant/views/a%2Fb" {
		t.Errorf("called %s", path)
	}
	delete(asked, "Accept-Encoding") // the transport's own
	want := http.Header{
		"X-Amz-Bearer": {"token"}, "X-Amz-User-Agent": {"chatjs"}, "Amz-Sdk-Request": {"attempt=1"},
		"Origin": {"http://localhost:8080"}, "Content-Type": {"application/json"}, "Content-Length": {"2"},
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("the service was told (-want +got):\n%s", diff)
	}
	want = http.Header{
		"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"r-1"}, "X-Amzn-Errortype": {"ThrottlingException"},
		"Retry-After": {"2"}, "Cache-Control": {"no-store"},
	}
	if diff := cmp.Diff(want, recorder.Result().Header); diff != "" {
		t.Errorf("the page was told (-want +got):\n%s", diff)
	}
	if recorder.Code != http.StatusTooManyRequests || recorder.Body.String() != `{"message":"Rate exceeded"}` {
		t.Errorf("answered %d %s", recorder.Code, recorder.Body)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	r, err := relay.New(relay.Config{Endpoint: "http://127.0.0.1:1"}) // where nobody listens
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"nobody there", "POST", "/participant/message", "{}", 502, "ConnectionRefused"},
		{"no operation", "POST", "/participant/../contact/stop", "{}", 404, "UnknownOperationException"},
		{"another path", "POST", "/contact/stop", "{}", 404, "UnknownOperationException"},
		{"too long", "POST", "/participant/message", strings.Repeat("x", int(participant.MaxBody)+1), 413, "RequestEntityTooLargeException"},
		{"no upgrade", "GET", "/participant/websocket", "", 426, "UpgradeRequiredException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			recorder := httptest.NewRecorder()
			r.ServeHTTP(recorder, httptest.NewRequest(test.method, "http://localhost:3000"+test.path, strings.NewReader(test.body)))
			if recorder.Code != test.status || recorder.Header().Get("X-Amzn-Errortype") != test.code {
				t.Errorf("answered %d %s %s", recorder.Code, recorder.Header().Get("X-Amzn-Errortype"), recorder.Body)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"", "participant.connect.us-west-2.amazonaws.com", "ftp://x", "https://a:b@x", "https://x?y", "://"} {
		if _, err := relay.New(relay.Config{Endpoint: endpoint}); err == nil {
			t.Errorf("the endpoint %q was taken", endpoint)
		}
	}
	if _, err := relay.New(relay.Config{Endpoint: "http://localhost:1", PublicURL: "nowhere"}); err == nil {
		t.Error("a bad public url was taken")
	}
}
