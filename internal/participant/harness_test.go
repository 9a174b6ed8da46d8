package participant_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lxzan/gws"

	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/memnet"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/store"
	"github.com/parley-chat/parley/internal/transcript"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// patience is how long a test over real sockets waits for something that has to come.
const patience = 60 * time.Second

// world is a Participant Service with everything behind it, on a network of its own.
type world struct {
	t        testing.TB
	chats    *chat.Service
	service  *participant.Service
	mux      *http.ServeMux // its routes
	blobs    *blob.Dir
	host     string // as clients name it
	client   *http.Client
	dial     func(ctx context.Context) (net.Conn, error)
	shutdown func()
}

type setup struct {
	config func(*participant.Config)
	limits chat.Limits
	// process judges messages of contacts whose messages are processed.
	process chat.ProcessFunc
	// pipe uses connections in memory, for synctest.
	pipe bool
	wrap func(http.Handler) http.Handler
}

func newWorld(tb testing.TB, s setup) *world {
	tb.Helper()
	w := &world{t: tb, blobs: openBlobs(tb)}
	kept, err := store.Open(context.Background(), store.Config{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	w.chats, err = chat.Open(context.Background(), chat.Config{Store: kept, Limits: s.limits, Process: s.process})
	if err == nil {
		err = w.chats.Begin(context.Background())
	}
	if err != nil {
		tb.Fatal(err)
	}
	cfg := participant.Config{Chats: w.chats, Blobs: w.blobs}
	if s.config != nil {
		s.config(&cfg)
	}
	w.service, err = participant.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	w.mux = http.NewServeMux()
	w.service.Routes(w.mux, nil)
	handler := http.Handler(w.mux)
	if s.wrap != nil {
		handler = s.wrap(handler)
	}
	var listener net.Listener
	if s.pipe {
		pipes := memnet.Listen()
		listener, w.host, w.dial = pipes, "127.0.0.1:3000", pipes.Dial
	} else {
		listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		w.host = listener.Addr().String()
		w.dial = func(ctx context.Context) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
		}
	}
	w.client = &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return w.dial(ctx) },
		DisableKeepAlives: s.pipe, MaxIdleConnsPerHost: 256,
	}}
	server := &http.Server{Handler: handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	var once sync.Once
	w.shutdown = func() {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := w.service.Shutdown(ctx); err != nil {
				tb.Errorf("shutting down: %v", err)
			}
			w.client.CloseIdleConnections()
			if err := server.Shutdown(ctx); err != nil {
				tb.Errorf("shutting the server down: %v", err)
			}
			<-done
			w.chats.Close()
			if err := kept.Close(); err != nil {
				tb.Errorf("closing the store: %v", err)
			}
		})
	}
	tb.Cleanup(w.shutdown)
	return w
}

// answer is what came back for a call.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

func (a answer) member(tb testing.TB, path ...string) string {
	tb.Helper()
	var value any
	if err := json.Unmarshal(a.Body, &value); err != nil {
		tb.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	text, _ := value.(string)
	return text
}

// given are the headers that an answer of StartAttachmentUpload tells to send with the bytes, as
// pairs; a client sets Content-Length itself.
func given(tb testing.TB, up answer) []string {
	tb.Helper()
	var out struct {
		UploadMetadata struct{ HeadersToInclude map[string]string }
	}
	if err := json.Unmarshal(up.Body, &out); err != nil {
		tb.Fatalf("%s: %v", up.Body, err)
	}
	var headers []string
	for name, value := range out.UploadMetadata.HeadersToInclude {
		if name != "Content-Length" {
			headers = append(headers, name, value)
		}
	}
	return headers
}

// upload sends the bytes of an announced attachment as it was told to; header replaces some.
func (w *world) upload(up answer, body string, header ...string) answer {
	w.t.Helper()
	return w.call(http.MethodPut, up.member(w.t, "UploadMetadata", "Url"), "", body, append(given(w.t, up), header...)...)
}

// call sends a request to a path or whole address.
func (w *world) call(method, address, token, body string, header ...string) answer {
	w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = "http://" + w.host + address
	}
	request, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("X-Amz-Bearer", token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			request.Header.Del(header[i])
		}
	}
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, text}
}

func (w *world) post(action, token, body string) answer {
	w.t.Helper()
	return w.call(http.MethodPost, "/participant/"+action, token, body)
}

// must is post for calls that have to succeed.
func (w *world) must(action, token, body string) answer {
	w.t.Helper()
	a := w.post(action, token, body)
	if a.Status != http.StatusOK {
		w.t.Fatalf("%s %s: %d %s", action, body, a.Status, a.Body)
	}
	return a
}

// customer is a started chat and its customer's tokens.
type customer struct {
	chat.Started
	token, socketURL string
}

func (w *world) start(request chat.StartRequest) chat.Started {
	w.t.Helper()
	if request.DisplayName == "" {
		request.DisplayName = "Pat"
	}
	if request.ContentTypes == nil {
		request.ContentTypes = []string{"text/plain", "text/markdown", transcript.Interactive, transcript.InteractiveResponse}
	}
	started, err := w.chats.Start(context.Background(), request)
	if err != nil {
		w.t.Fatal(err)
	}
	return started
}

const connectBody = `{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`

func (w *world) connect(started chat.Started) customer {
	w.t.Helper()
	a := w.must("connection", started.Token.Reveal(), connectBody)
	return customer{started, a.member(w.t, "ConnectionCredentials", "ConnectionToken"), a.member(w.t, "Websocket", "Url")}
}

func (w *world) newCustomer() customer {
	w.t.Helper()
	return w.connect(w.start(chat.StartRequest{}))
}

func (w *world) join(contactID, name string) string {
	w.t.Helper()
	joined, err := w.chats.Join(context.Background(), contactID, transcript.Agent, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return joined.ParticipantID
}

func (w *world) say(contactID, participantID, text string) chat.Sent {
	w.t.Helper()
	sent, err := w.chats.Say(context.Background(), contactID, participantID, transcript.Message{ContentType: "text/plain", Content: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return sent
}

// browser is a client's socket. Closing of the socket closes frames; err then says how.
type browser struct {
	gws.BuiltinEventHandler
	t      testing.TB
	conn   *gws.Conn
	frames chan string
	pongs  chan string
	closed chan struct{}
	err    error
	deaf   chan struct{} // not read while it is open; nil reads
	mute   bool          // answers no ping
}

func (b *browser) OnMessage(_ *gws.Conn, m *gws.Message) {
	if b.deaf != nil {
		<-b.deaf
	}
	b.frames <- m.Data.String()
}

func (b *browser) OnPing(c *gws.Conn, payload []byte) {
	if !b.mute {
		_ = c.WritePong(payload)
	}
}
func (b *browser) OnPong(_ *gws.Conn, payload []byte) { b.pongs <- string(payload) }

func (b *browser) OnClose(_ *gws.Conn, err error) {
	b.err = err
	close(b.closed)
}

var errRefused = errors.New("refused")

// open opens a socket. A refused upgrade is errRefused with the answer.
func (w *world) open(address string, options ...func(*browser)) (*browser, answer, error) {
	w.t.Helper()
	conn, err := w.dial(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return w.openOn(conn, address, options...)
}

func (w *world) openOn(conn net.Conn, address string, options ...func(*browser)) (*browser, answer, error) {
	w.t.Helper()
	b := &browser{t: w.t, frames: make(chan string, 2048), pongs: make(chan string, 16), closed: make(chan struct{})}
	for _, option := range options {
		option(b)
	}
	client, response, err := gws.NewClientFromConn(b, &gws.ClientOption{Addr: address, HandshakeTimeout: patience}, conn)
	if err != nil {
		if response == nil {
			w.t.Fatalf("opening %s: %v", address, err)
		}
		body, _ := io.ReadAll(response.Body)
		return nil, answer{response.StatusCode, response.Header, body}, errRefused
	}
	b.conn = client
	go client.ReadLoop()
	w.t.Cleanup(func() {
		_ = client.NetConn().Close()
		b.drain()
	})
	return b, answer{}, nil
}

// drain takes what still comes, for nobody, until the socket is closed: its reader waits for whoever takes a
// frame when there are very many.
func (b *browser) drain() {
	for {
		select {
		case <-b.frames:
		case <-b.closed:
			return
		}
	}
}

const subscribeFrame = `{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`

// subscribed opens a socket and subscribes.
func (w *world) subscribed(address string, options ...func(*browser)) *browser {
	w.t.Helper()
	b, refusal, err := w.open(address, options...)
	if err != nil {
		w.t.Fatalf("opening a socket: %v %d %s", err, refusal.Status, refusal.Body)
	}
	b.send(subscribeFrame)
	if got, want := b.next(), `{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}`; got != want {
		w.t.Fatalf("answer to the subscription: %s", got)
	}
	return b
}

// arrived is subscribed for a customer's first socket, which is told first that the customer joined.
func (w *world) arrived(address string, options ...func(*browser)) *browser {
	w.t.Helper()
	b := w.subscribed(address, options...)
	if item := b.item(); item["ContentType"] != transcript.ParticipantJoined || item["ParticipantRole"] != string(transcript.Customer) {
		w.t.Fatalf("the customer is told first: %v", item)
	}
	return b
}

func (b *browser) send(frame string) {
	b.t.Helper()
	if err := b.conn.WriteString(frame); err != nil {
		b.t.Fatal(err)
	}
}

// next returns the next frame.
func (b *browser) next() string {
	b.t.Helper()
	select {
	case frame := <-b.frames:
		return frame
	default:
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case frame := <-b.frames:
		return frame
	case <-b.closed:
		select {
		case frame := <-b.frames:
			return frame
		default:
		}
		b.t.Fatalf("the socket closed instead: %v", b.err)
	case <-deadline.C:
		b.t.Fatal("no frame came")
	}
	return ""
}

// item returns the item of the next frame, which must be one of aws/chat.
func (b *browser) item() map[string]any {
	b.t.Helper()
	return itemOf(b.t, b.next())
}

func itemOf(tb testing.TB, frame string) map[string]any {
	tb.Helper()
	var outer struct{ Topic, ContentType, Content string }
	if err := json.Unmarshal([]byte(frame), &outer); err != nil || outer.Topic != "aws/chat" || outer.ContentType != "application/json" {
		tb.Fatalf("not a frame of aws/chat (%v): %s", err, frame)
	}
	var item map[string]any
	if err := json.Unmarshal([]byte(outer.Content), &item); err != nil {
		tb.Fatalf("content of %s: %v", frame, err)
	}
	return item
}

// openBlobs opens an empty directory for attachments.
func openBlobs(tb testing.TB) *blob.Dir {
	tb.Helper()
	dir, err := blob.Open(tb.TempDir(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = dir.Close() })
	return dir
}

// golden compares a text with a file.
func golden(tb testing.TB, name, got string) {
	tb.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		tb.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
