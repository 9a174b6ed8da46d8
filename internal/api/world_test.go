package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/guard"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/memnet"
	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/startchat"
)

// patience is how long a test waits for something that has to come.
const patience = 60 * time.Second

// adminToken lets tests change something. It must never be answered.
const adminToken = "CANARY-admin-token-0123456789"

// TestMain holds the tests as a whole against the description: every answer that it describes
// has to have been seen.
func TestMain(m *testing.M) {
	code := m.Run()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" &&
		flag.Lookup("test.bench").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == "" &&
		flag.Lookup("test.list").Value.String() == ""
	if missing := theContract().unseen(); code == 0 && whole && len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "openapi.yaml describes answers that no test has seen:\n  %s\n", strings.Join(missing, "\n  "))
		code = 1
	}
	os.Exit(code) //nolint:forbidigo // how else would it fail
}

// setup says how a world differs from the usual one.
type setup struct {
	emulator emulator.Config
	// aws leaves out the embedded Amazon Connect, customers also the record of exchanges.
	aws, customers bool
	// timeout is how long requests may take; zero is what the server has.
	timeout time.Duration
	// pipe uses connections in memory, for synctest.
	pipe bool
	// stop ends the server when it is asked to; nil cannot.
	stop func()
}

// world is a whole server: the embedded Amazon Connect, the front door, the record of
// exchanges and the API, behind the guard.
type world struct {
	t        testing.TB
	emulator *emulator.Emulator
	recorder *inspect.Recorder
	events   *api.Events
	api      *api.API
	host     string
	client   *http.Client
	dial     func(ctx context.Context) (net.Conn, error)
	server   *http.Server
	whole    http.Handler
	log      *lines

	mu      sync.Mutex
	secrets []string // that no answer may hold
}

func newWorld(tb testing.TB, s setup) *world {
	tb.Helper()
	w := &world{t: tb, events: api.NewEvents(), log: &lines{}}
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	config := api.Config{
		Status:     map[string]any{"version": "test", "upstream": map[string]string{"kind": "embedded", "description": "a test"}},
		AdminToken: secret.New(adminToken), Events: w.events, DocsURL: "/docs/errors", Log: log,
		Stop: s.stop,
	}
	if !s.customers {
		w.recorder = inspect.New(inspect.Config{})
		config.Exchanges = w.recorder
	}
	door := http.NotFoundHandler()
	handler := door
	if !s.aws {
		w.embed(&s, log)
		config.Chats, config.Desk, config.Faults, config.Blobs = w.emulator.Chats(), w.emulator.Desk(), w.emulator.Faults(), w.emulator.Blobs()
		config.TestFlows = w.emulator.TestFlows
		front, err := startchat.New(startchat.Config{
			Starter:  w.emulator,
			Defaults: startchat.Defaults{InstanceID: emulator.DefaultInstanceID, ContactFlowID: emulator.DefaultContactFlowID},
		})
		if err != nil {
			tb.Fatal(err)
		}
		door = w.emulator.Faults().WrapFrontDoor(front)
		handler = w.emulator.Wrap(door)
	}
	var err error
	if w.api, err = api.New(config); err != nil {
		tb.Fatal(err)
	}
	policy, err := guard.New(guard.Config{Log: log, MaxBodyFor: func(r *http.Request) int64 {
		if n := w.api.MaxBodyFor(r); n > 0 || w.emulator == nil {
			return n
		}
		return w.emulator.MaxBodyFor(r)
	}})
	if err != nil {
		tb.Fatal(err)
	}
	whole := policy.Wrap(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case api.Handles(r.URL.Path):
			w.api.ServeHTTP(rw, r)
		default:
			handler.ServeHTTP(rw, r)
		}
	}))
	if w.recorder != nil {
		whole = w.recorder.Wrap(whole)
	}
	w.whole = whole
	w.api.Serve(whole)
	w.beServed(s, whole)
	return w
}

// embed opens the embedded Amazon Connect.
func (w *world) embed(s *setup, log *slog.Logger) {
	w.t.Helper()
	s.emulator.Ephemeral, s.emulator.Log = true, log
	s.emulator.Observed, s.emulator.DeskChanged = w.events.Observe, w.events.Desk
	s.emulator.Faults = &fault.Config{Changed: w.events.Faults}
	if w.recorder != nil {
		s.emulator.Tap = w.recorder
		s.emulator.FlowTraced, s.emulator.FlowTold = w.recorder.FlowTraced, w.recorder.FlowTold
		s.emulator.Faults.Injected = func(ctx context.Context, what fault.Injection) {
			w.recorder.Injected(ctx, what.Rule.Name)
			if what.Request != nil {
				w.recorder.Called(what.Request, what.Action, what.ContactID, what.ParticipantID, "")
			}
		}
	}
	var err error
	if w.emulator, err = emulator.New(context.Background(), s.emulator); err != nil {
		w.t.Fatal(err)
	}
}

// beServed serves the world until the end of the test.
func (w *world) beServed(s setup, handler http.Handler) {
	w.t.Helper()
	if s.timeout == 0 {
		s.timeout = 15 * time.Second
	}
	w.server = &http.Server{
		Handler: handler, ReadTimeout: s.timeout, WriteTimeout: 4 * s.timeout, IdleTimeout: 2 * patience, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
	}
	var listener net.Listener
	if s.pipe {
		pipes := memnet.Listen()
		listener, w.host, w.dial = pipes, "127.0.0.1:3000", pipes.Dial
	} else {
		var err error
		if listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
			w.t.Fatal(err)
		}
		w.host = listener.Addr().String()
		w.dial = func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, "tcp", w.host) }
	}
	w.client = &http.Client{
		Transport: &http.Transport{
			DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return w.dial(ctx) },
			DisableKeepAlives: s.pipe, DisableCompression: true, MaxIdleConnsPerHost: 64,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.server.Serve(listener)
	}()
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		w.events.Close()
		if w.emulator != nil {
			w.emulator.Drain()
			if err := w.emulator.Shutdown(ctx); err != nil {
				w.t.Errorf("closing: %v", err)
			}
		}
		w.client.CloseIdleConnections()
		if err := w.server.Shutdown(ctx); err != nil {
			w.t.Errorf("shutting down: %v", err)
		}
		<-done
		if secret := w.secretIn(w.log.String()); secret != "" {
			w.t.Errorf("the secret %s stands in the log", secret)
		}
	})
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// answer is what came back for a call.
type answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// raw sends a request as it is. Every answer of the API is held against the description.
func (w *world) raw(method, path string, body io.Reader, headers ...string) answer {
	w.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, "http://"+w.host+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	a := answer{w.t, response.StatusCode, response.Header, text}
	if api.Handles(request.URL.Path) {
		w.hold(method, request.URL.EscapedPath(), a)
	}
	return a
}

// hold holds an answer against the description.
func (w *world) hold(method, path string, a answer) {
	w.t.Helper()
	if secret := w.secretIn(string(a.Body)); secret != "" {
		w.t.Errorf("%s %s answers the secret %s: %s", method, path, secret, a.Body)
	}
	if a.Status != http.StatusNoContent && a.Status != http.StatusRequestedRangeNotSatisfiable && (a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "no-store") {
		w.t.Errorf("%s %s: %d lacks headers: %v", method, path, a.Status, a.Header)
	}
	o := theContract().find(method, path)
	if o == nil || a.Status == http.StatusMethodNotAllowed || method == http.MethodHead {
		return
	}
	if err := theContract().checkAnswer(o, a.Status, a.Header, a.Body); err != nil {
		w.t.Errorf("%s %s: %v\n%.2000s", method, path, err, a.Body)
	}
}

// keep notes a secret.
func (w *world) keep(secret string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.secrets = append(w.secrets, secret); secret == "" {
		w.t.Error("a secret is empty")
	}
	return secret
}

// secretIn finds a secret in a text, also the last part of one.
func (w *world) secretIn(text string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, secret := range append(w.secrets, adminToken) {
		if strings.Contains(text, secret) || len(secret) > 20 && strings.Contains(text, secret[len(secret)-12:]) {
			return secret
		}
	}
	return ""
}

// call makes a call with the admin token. body is nil, a text, or becomes JSON.
func (w *world) call(method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var reader io.Reader = http.NoBody
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
		if o := theContract().find(method, path); o != nil {
			if err := theContract().checkRequest(o, text); err != nil {
				w.t.Errorf("%s %s: the call is not as described: %v", method, path, err)
			}
		}
	}
	return w.raw(method, path, reader, append([]string{"Authorization", "Bearer " + adminToken}, headers...)...)
}

// must is call for calls that succeed.
func (w *world) must(method, path string, body any, headers ...string) answer {
	w.t.Helper()
	a := w.call(method, path, body, headers...)
	if a.Status != http.StatusOK && a.Status != http.StatusNoContent {
		w.t.Fatalf("%s %s: %d %s", method, path, a.Status, a.Body)
	}
	return a
}

func (w *world) get(path string) answer {
	w.t.Helper()
	return w.must(http.MethodGet, path, nil)
}

// refused checks that a call is refused, and returns the sentence.
func (w *world) refused(a answer, status int, code, field string) string {
	w.t.Helper()
	if a.Status != status || a.text("code") != code || a.text("field") != field || a.text("error") == "" || a.text("hint") == "" {
		w.t.Errorf("got %d %s, want %d %s about %q", a.Status, a.Body, status, code, field)
	}
	return a.text("error")
}

// into decodes an answer.
func (a answer) into(value any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, value); err != nil {
		a.t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
}

// at digs a value out of an answer: member names, or numbers for places in a list.
func (a answer) at(path ...any) any {
	a.t.Helper()
	var value any
	a.into(&value)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = object(value)[step]
		case int:
			all := list(value)
			if step >= len(all) {
				a.t.Fatalf("%v: nothing there in %s", path, a.Body)
			}
			value = all[step]
		}
	}
	return value
}

// status is the status and the beginning of the body.
func (a answer) status() string { return fmt.Sprintf("%d %.200s", a.Status, a.Body) }

func (a answer) text(path ...any) string { a.t.Helper(); return text1(a.at(path...)) }

// eventually waits until something is so.
func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	deadline, again := time.NewTimer(patience), time.NewTicker(2*time.Millisecond)
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

// recorded waits until an exchange is in the record, and returns it. A client can have an answer,
// or a frame, before the exchange is there.
func (w *world) recorded(what string, is func(*inspect.Exchange) bool) inspect.Exchange {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for x := range w.recorder.Watch(ctx, 0) {
		if is(&x) {
			return x
		}
	}
	w.t.Fatalf("%s is not recorded", what)
	return inspect.Exchange{}
}

// shows is an outgoing frame that holds a text.
func shows(text string) func(*inspect.Exchange) bool {
	return func(x *inspect.Exchange) bool {
		return x.Kind == inspect.Frame && x.Direction == inspect.Out && strings.Contains(x.ResponseBody, text)
	}
}

// customer is a customer's page with a chat.
type customer struct {
	gws.BuiltinEventHandler
	w          *world
	id         string
	start      string // the participant token
	bearer     string // the connection token
	subscribed chan struct{}
	once       sync.Once
}

// start starts a chat.
func (w *world) start(body string) *customer {
	w.t.Helper()
	started := w.raw(http.MethodPost, "/startChatContact", strings.NewReader(body))
	if started.Status != http.StatusOK {
		w.t.Fatalf("starting: %d %s", started.Status, started.Body)
	}
	return &customer{w: w, id: started.text("ContactId"), start: w.keep(started.text("ParticipantToken")), subscribed: make(chan struct{})}
}

// open starts a chat and connects to it.
func (w *world) open(body string) *customer {
	w.t.Helper()
	c := w.start(body)
	connected := w.raw(http.MethodPost, "/participant/connection", strings.NewReader(`{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`), "X-Amz-Bearer", c.start)
	c.bearer = w.keep(connected.text("ConnectionCredentials", "ConnectionToken"))
	conn, err := w.dial(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	socket, _, err := gws.NewClientFromConn(c, &gws.ClientOption{Addr: connected.text("Websocket", "Url"), HandshakeTimeout: patience}, conn)
	if err != nil {
		w.t.Fatalf("opening a socket: %v", err)
	}
	go socket.ReadLoop() // ends with the connection, which the end of the server closes
	if err := socket.WriteString(`{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`); err != nil {
		w.t.Fatal(err)
	}
	<-c.subscribed
	return c
}

// OnMessage implements [gws.Event].
func (c *customer) OnMessage(_ *gws.Conn, m *gws.Message) {
	_ = m.Close()
	c.once.Do(func() { close(c.subscribed) })
}

// say sends a message.
func (c *customer) say(content string) answer {
	c.w.t.Helper()
	body, err := json.Marshal(map[string]string{"ContentType": "text/plain", "Content": content})
	if err != nil {
		c.w.t.Fatal(err)
	}
	return c.w.raw(http.MethodPost, "/participant/message", bytes.NewReader(body), "X-Amz-Bearer", c.bearer)
}

// upload sends a file as the customer and returns its id.
func (c *customer) upload(name, contentType, content string) (id string) {
	c.w.t.Helper()
	asked, err := json.Marshal(map[string]any{
		"AttachmentName": name, "AttachmentSizeInBytes": len(content), "ContentType": contentType, "ClientToken": uuid.NewString(),
	})
	if err != nil {
		c.w.t.Fatal(err)
	}
	started := c.w.raw(http.MethodPost, "/participant/start-attachment-upload", bytes.NewReader(asked), "X-Amz-Bearer", c.bearer)
	id = started.text("AttachmentId")
	path := strings.TrimPrefix(started.text("UploadMetadata", "Url"), "http://"+c.w.host)
	var headers []string
	for name, value := range object(started.at("UploadMetadata", "HeadersToInclude")) {
		headers = append(headers, name, text1(value))
	}
	if put := c.w.raw(http.MethodPut, path, strings.NewReader(content), headers...); put.Status != http.StatusOK {
		c.w.t.Fatalf("uploading: %d %s", put.Status, put.Body)
	}
	done := c.w.raw(http.MethodPost, "/participant/complete-attachment-upload",
		strings.NewReader(`{"AttachmentIds":["`+id+`"],"ClientToken":"`+uuid.NewString()+`"}`), "X-Amz-Bearer", c.bearer)
	if done.Status != http.StatusOK {
		c.w.t.Fatalf("completing: %d %s", done.Status, done.Body)
	}
	return id
}

// hire adds a person.
func (w *world) hire(name string) (id string) {
	w.t.Helper()
	return w.must(http.MethodPost, "/api/desk/agents", map[string]any{"name": name}).text("agents", 0, "id")
}

// accepted is a chat with an agent in it.
func (w *world) accepted(agentID string) *customer {
	w.t.Helper()
	c := w.open("")
	w.must(http.MethodPost, "/api/desk/agents/"+agentID+"/accept", map[string]any{"contactId": c.id})
	return c
}

// encode writes a value as JSON.
func encode(tb testing.TB, value any) string {
	tb.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
