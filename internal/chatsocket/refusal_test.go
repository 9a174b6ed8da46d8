package chatsocket_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/e2e/chatclient"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/recording"
	"github.com/parley-chat/parley/internal/relay"
	"github.com/parley-chat/parley/internal/startchat"
)

// patience is how long a test waits for something that has to come.
const patience = 60 * time.Second

// world is one of the servers of chat sockets, at an address.
type world struct {
	t     *testing.T
	addr  string
	drain func()
	skip  func(time.Duration) // moves the clock that tickets expire by; nil when they do not
	// expiring is the path of a socket that was given out before the others.
	path, token, expiring string
}

// newWorld serves a server of chat sockets with its front door, and asks for the addresses of two
// sockets.
func newWorld(t *testing.T, starter startchat.Starter, handler http.Handler) *world {
	t.Helper()
	door, err := startchat.New(startchat.Config{
		Starter:  starter,
		Defaults: startchat.Defaults{InstanceID: emulator.DefaultInstanceID, ContactFlowID: emulator.DefaultContactFlowID},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/startChatContact", door)
	mux.Handle("/", handler)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w := &world{t: t, addr: server.Listener.Addr().String()}
	w.expiring, _ = w.connect()
	w.path, w.token = w.connect()
	return w
}

// connect starts a chat and returns the path of its socket and its connection token.
func (w *world) connect() (path, token string) {
	w.t.Helper()
	client := chatclient.New("http://"+w.addr, 1)
	defer client.Close()
	chat, err := client.Start(w.t.Context(), "Ada", "")
	if err != nil {
		w.t.Fatal(err)
	}
	connection, err := client.Connect(w.t.Context(), chat.ParticipantToken)
	if err != nil {
		w.t.Fatal(err)
	}
	_, path, _ = strings.Cut(connection.URL, w.addr)
	return path, connection.Token
}

func newEmulator(t *testing.T) *emulator.Emulator {
	t.Helper()
	e, err := emulator.New(t.Context(), emulator.Config{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, e.Shutdown) })
	return e
}

func newEmbedded(t *testing.T) *world {
	t.Helper()
	e := newEmulator(t)
	w := newWorld(t, e, e.Handler())
	w.drain, w.skip = e.Drain, e.Chats().Clock().Skip
	return w
}

// newRelay is a relay in front of an embedded Amazon Connect.
func newRelay(t *testing.T) *world {
	t.Helper()
	far := newEmulator(t)
	behind := httptest.NewServer(far.Handler())
	t.Cleanup(behind.Close)
	r, err := relay.New(relay.Config{Endpoint: behind.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, r.Shutdown) })
	w := newWorld(t, r.Starter(far), r)
	w.drain, w.skip = r.Drain, far.Chats().Clock().Skip
	return w
}

// newReplay plays a recorded chat. Its tickets do not expire.
func newReplay(t *testing.T) *world {
	t.Helper()
	file, err := os.Open("../recording/testdata/chat.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	read, err := recording.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	player, err := recording.New(recording.Config{Recording: read, Name: "chat.jsonl"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, player.Shutdown) })
	w := newWorld(t, player, player)
	w.drain = player.Drain
	return w
}

func shutdown(t *testing.T, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := f(ctx); err != nil {
		t.Errorf("shutting down: %v", err)
	}
}

// answer is the answer to an upgrade without the members that differ each time.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// ask sends a request line and header lines as they are, after those that every request has.
func (w *world) ask(t *testing.T, line string, lines ...string) (answer, time.Duration) {
	t.Helper()
	began := time.Now()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	text := line + "\r\nHost: " + w.addr + "\r\nContent-Length: 0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(line, " ")
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	a := answer{Status: response.StatusCode, Header: response.Header}
	if a.Status != http.StatusSwitchingProtocols {
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		a.Body = string(body)
		if a.Header.Get("X-Amzn-Requestid") == "" || a.Header.Get("Date") == "" {
			t.Errorf("an answer without a request id or date: %v", a.Header)
		}
	}
	a.Header.Del("X-Amzn-Requestid")
	a.Header.Del("Date")
	return a, time.Since(began)
}

// refusal is the answer of every server, with further header fields by name and value.
func refusal(status int, name, message string, further ...string) answer {
	body := `{"__type":"` + name + `","Message":"` + message + `","message":"` + message + `"}`
	header := http.Header{
		"Cache-Control": {"no-store"}, "Content-Type": {"application/json"}, "X-Content-Type-Options": {"nosniff"},
		"X-Amzn-Errortype": {name}, "Content-Length": {strconv.Itoa(len(body))},
	}
	for i := 0; i < len(further); i += 2 {
		header[further[i]] = []string{further[i+1]}
	}
	return answer{status, header, body}
}

func upgradeRequired(message string) answer {
	return refusal(http.StatusUpgradeRequired, "UpgradeRequiredException", message,
		"Upgrade", "websocket", "Connection", "Upgrade", "Sec-Websocket-Version", "13")
}

// The fields of a good upgrade.
const (
	upgradeField    = "Upgrade: websocket"
	connectionField = "Connection: keep-alive, Upgrade"
	versionField    = "Sec-WebSocket-Version: 13"
	keyField        = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
)

// All servers of chat sockets answer an upgrade alike: the embedded one, the relay, a replay.
func TestUpgradesAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]func(*testing.T) *world{"embedded": newEmbedded, "relay": newRelay, "replay": newReplay} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t)
			if w.skip != nil {
				w.skip(2 * time.Minute) // longer than a ticket lives
				w.path, w.token = w.connect()
			}
			t.Run("open", w.check)
			w.drain()
			w.checkDraining(t)
		})
	}
}

// check sends wrong requests and good ones, at the same time: refusals of tickets wait.
func (w *world) check(t *testing.T) {
	notSocket, otherVersion := upgradeRequired("This address is for a WebSocket."), upgradeRequired("The WebSocket version must be 13.")
	malformed := refusal(400, "BadRequestException", "The WebSocket handshake is malformed.")
	denied := refusal(403, "AccessDeniedException", "Access denied")
	otherMethod := refusal(405, "UnknownOperationException", "The operation at this path has another method.", "Allow", "GET")
	accepted := answer{Status: http.StatusSwitchingProtocols, Header: http.Header{
		"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Accept": {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
	}}
	get, good := "GET "+w.path+" HTTP/1.1", []string{upgradeField, connectionField, versionField, keyField}
	const unknown = "GET /participant/websocket?t=nonsense HTTP/1.1"
	type request struct {
		name, line string
		lines      []string
		want       answer
		waits      bool
	}
	requests := []request{
		{"plain GET", get, nil, notSocket, false},
		{"plain GET without a ticket", "GET /participant/websocket HTTP/1.1", nil, notSocket, false},
		{"no Upgrade", get, []string{connectionField, versionField, keyField}, notSocket, false},
		{"another Upgrade", get, []string{"Upgrade: h2c", connectionField, versionField, keyField}, notSocket, false},
		{"no Connection", get, []string{upgradeField, versionField, keyField}, notSocket, false},
		{"another Connection", get, []string{upgradeField, "Connection: keep-alive", versionField, keyField}, notSocket, false},
		{"version 12", get, []string{upgradeField, connectionField, "Sec-WebSocket-Version: 12", keyField}, otherVersion, false},
		{"no version", get, []string{upgradeField, connectionField, keyField}, otherVersion, false},
		{"no key", get, []string{upgradeField, connectionField, versionField}, malformed, false},
		{"key too short", get, []string{upgradeField, connectionField, versionField, "Sec-WebSocket-Key: c2hvcnQ="}, malformed, false},
		{"key that is no base64", get, []string{upgradeField, connectionField, versionField, "Sec-WebSocket-Key: ????????????????????????"}, malformed, false},
		{"POST", "POST " + w.path + " HTTP/1.1", good, otherMethod, false},
		{"plain POST", "POST " + w.path + " HTTP/1.1", nil, otherMethod, false},
		{"get in lower case", "get " + w.path + " HTTP/1.1", good, malformed, false},
		{"HTTP/1.0", "GET " + w.path + " HTTP/1.0", good, accepted, false},
		{"unknown ticket", unknown, good, denied, true},
		{"no ticket", "GET /participant/websocket HTTP/1.1", good, denied, true},
		{"connection token", "GET /participant/websocket?t=" + w.token + " HTTP/1.1", good, denied, true},
		{"several tokens, mixed case", get, []string{"Upgrade: WebSocket, other", "Connection: upgrade", versionField, keyField}, accepted, false},
		{"good", get, good, accepted, false},
	}
	if w.skip != nil {
		requests = append(requests, request{"expired ticket", "GET " + w.expiring + " HTTP/1.1", good, denied, true})
	}
	for _, tt := range requests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, took := w.ask(t, tt.line, tt.lines...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("the answer (-want +got):\n%s", diff)
			}
			if tt.waits && took < 1500*time.Millisecond {
				t.Errorf("refused after %s: the client would come back at once", took)
			}
		})
	}
}

// checkDraining asks a server that drains. Whatever the ticket, the answer is the same.
func (w *world) checkDraining(t *testing.T) {
	t.Helper()
	good := []string{upgradeField, connectionField, versionField, keyField}
	for _, path := range []string{w.path, "/participant/websocket?t=nonsense"} {
		got, _ := w.ask(t, "GET "+path+" HTTP/1.1", good...)
		if diff := cmp.Diff(refusal(503, "ServiceUnavailableException", "The server is shutting down."), got); diff != "" {
			t.Errorf("while draining (-want +got):\n%s", diff)
		}
	}
	got, _ := w.ask(t, "GET "+w.path+" HTTP/1.1")
	if diff := cmp.Diff(upgradeRequired("This address is for a WebSocket."), got); diff != "" {
		t.Errorf("plain GET while draining (-want +got):\n%s", diff)
	}
}
