package serve_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/parley-chat/parley/internal/devices"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// load returns the settings that flags give, name by name.
func load(t *testing.T, flags ...string) *settings.Settings {
	t.Helper()
	return loadIn(t, nil, append([]string{"--addr=127.0.0.1:0", "--ephemeral"}, flags...)...)
}

// loadIn returns the settings that flags give in an environment.
func loadIn(t *testing.T, environ []string, flags ...string) *settings.Settings {
	t.Helper()
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	settings.Register(set, settings.Fields())
	if err := set.Parse(flags); err != nil {
		t.Fatal(err)
	}
	s, err := settings.Load(settings.Sources{Flags: set, Environ: environ, GOOS: "linux", ReadFile: os.ReadFile})
	if err = settings.Join(err, serve.Check(s)); err != nil {
		t.Fatal(err)
	}
	return s
}

// closing is a listener that tells whether it was closed.
type closing struct {
	net.Listener
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return c.Listener.Close()
}

// config returns a configuration with a listener of the test's own.
func config(t *testing.T, flags ...string) (serve.Config, *closing) {
	t.Helper()
	l := &closing{}
	return serve.Config{
		Settings: load(t, flags...), Version: "v1.2.3",
		ReadFile: func(name string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		},
		Listen: func(ctx context.Context, _ string) (_ net.Listener, err error) {
			l.Listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
			return l, err
		},
	}, l
}

// announced runs a server until it is announced, and ends it.
func announced(t *testing.T, cfg serve.Config) (*serve.Server, serve.Announcement) {
	t.Helper()
	ready := make(chan serve.Announcement, 1)
	cfg.OnReady = func(a serve.Announcement) { ready <- a }
	server, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		next, err := server.Run(ctx)
		if next != nil {
			err = errors.Join(err, errors.New("nobody asked for a restart"))
		}
		ended <- err
	}()
	a := <-ready
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	return server, a
}

// open returns the handler of a server with flags, and its log.
func open(t *testing.T, flags ...string) (http.Handler, *strings.Builder) {
	t.Helper()
	cfg, _ := config(t, flags...)
	var log strings.Builder
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	server, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(t.Context()) }) // nothing is kept
	return server.Handler(), &log
}

// ask calls a handler with the body {}.
func ask(handler http.Handler, method, url string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, strings.NewReader("{}"))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func status(handler http.Handler, path string) int {
	r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

// The handler is the whole server, whether it runs or not.
func TestHandlerWithoutRun(t *testing.T) {
	t.Parallel()
	cfg, listener := config(t)
	server, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/readyz", "/healthz", "/", "/docs/errors", "/api/status", "/api/desk", "/parley.js"} {
		if got := status(server.Handler(), path); got != http.StatusOK {
			t.Errorf("GET %s: %d", path, got)
		}
	}
	if got := status(server.Handler(), "/nowhere"); got != http.StatusNotFound {
		t.Errorf("GET /nowhere: %d", got)
	}
	if err := server.Close(t.Context()); err != nil || !listener.closed {
		t.Errorf("closing: %v, the listener is closed: %v", err, listener.closed)
	}
}

func TestRunAnnouncesAndEnds(t *testing.T) {
	t.Parallel()
	cfg, listener := config(t)
	server, a := announced(t, cfg)
	if a.Endpoint != a.URL+"/startChatContact" || a.Console != a.URL+"/" || !strings.Contains(a.PageTag, a.URL) ||
		a.AdminToken != server.AdminToken() || a.Exposure != "" || a.Trust != "" || !strings.Contains(a.Upstream, "in memory only") {
		t.Errorf("announced %+v", a)
	}
	if !listener.closed {
		t.Error("the listener is not closed")
	}
}

// everywhere is a listener of all interfaces.
type everywhere struct{ net.Listener }

func (e everywhere) Addr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4zero, Port: e.Listener.Addr().(*net.TCPAddr).Port} //nolint:forcetypeassert // it is one
}

// A phone fetches the certificate authority from this machine, not from itself.
func TestTrustOnAPhone(t *testing.T) {
	t.Parallel()
	cfg, _ := config(t, "--addr=0.0.0.0:0", "--tls", "--data-dir="+t.TempDir())
	cfg.ReadFile = os.ReadFile
	listen := cfg.Listen
	cfg.Listen = func(ctx context.Context, addr string) (net.Listener, error) {
		l, err := listen(ctx, addr)
		return everywhere{l}, err
	}
	_, a := announced(t, cfg)
	remote, ok := devices.Remote(devices.Addresses(a.Devices))
	if !ok {
		t.Skip("this machine is in no network")
	}
	if !strings.Contains(a.Trust, "Open "+remote+"/parley-ca.pem") {
		t.Errorf("devices come to trust it so:\n%s", a.Trust)
	}
}

// What was opened before a fault is closed again.
func TestOpenThatFails(t *testing.T) {
	t.Parallel()
	cfg, listener := config(t, "--agent=none.yaml")
	if _, err := serve.Open(t.Context(), cfg); !errors.Is(err, fs.ErrNotExist) || !listener.closed {
		t.Errorf("an agent's script that is missing: %v, the listener is closed: %v", err, listener.closed)
	}
	cfg, listener = config(t, "--upstream=replay:none.jsonl")
	if _, err := serve.Open(t.Context(), cfg); !errors.Is(err, fs.ErrNotExist) || listener.Listener != nil {
		t.Errorf("a recording that is missing: %v, the listener is %v", err, listener.Listener)
	}
	cfg, _ = config(t)
	refused := errors.New("no port")
	cfg.Listen = func(context.Context, string) (net.Listener, error) { return nil, refused }
	if _, err := serve.Open(t.Context(), cfg); !errors.Is(err, refused) {
		t.Errorf("without a port: %v", err)
	}
}

// A refused page is told why by a developer's own server with the embedded Amazon Connect, at the
// front door's addresses and nowhere else.
func TestRowB5WhoIsToldWhy(t *testing.T) {
	t.Parallel()
	const local, beyond = "--addr=127.0.0.1:0", "--addr=0.0.0.0:0"
	for name, test := range map[string]struct {
		flags []string
		path  string
		told  bool
	}{
		"front door":               {[]string{local}, "/startChatContact", true},
		"front door, root":         {[]string{local}, "/", true},
		"front door, own path":     {[]string{local, "--path=/mine"}, "//mine/", true},
		"participant service":      {[]string{local}, "/participant/connection", false},
		"api of amazon connect":    {[]string{local}, "/contact/chat", false},
		"console's api":            {[]string{local}, "/api/faults", false},
		"page":                     {[]string{local}, "/docs/errors", false},
		"server for a network":     {[]string{beyond}, "/startChatContact", false},
		"named origins, same rule": {[]string{local, "--allow-origin=https://shop.example"}, "/startChatContact", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, _ := open(t, test.flags...)
			for _, method := range []string{http.MethodOptions, http.MethodPost} {
				header := []string{"Origin", "https://evil.example"}
				if method == http.MethodOptions {
					header = append(header, "Access-Control-Request-Method", http.MethodPost)
				}
				w := ask(handler, method, "http://localhost"+test.path, header...)
				if told := w.Header().Get("Access-Control-Allow-Origin") != ""; told != test.told {
					t.Errorf("%s: %d, told why: %v, want %v", method, w.Code, told, test.told)
				}
				if method == http.MethodPost && w.Code != http.StatusForbidden {
					t.Errorf("%s: %d, want 403", method, w.Code)
				}
			}
		})
	}
}

// Any hosted widget starts chats, unless the server is strict: then there is one.
func TestRowA12WidgetsAreLookedUpWhenStrict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flags  []string
		widget string
		status int
	}{
		"any":              {nil, "w-1", http.StatusOK},
		"strict, unknown":  {[]string{"--strict"}, "w-1", http.StatusNotFound},
		"strict, default":  {[]string{"--strict"}, emulator.DefaultWidgetID, http.StatusOK},
		"strict, named":    {[]string{"--strict", "--jwt-audience=w-1"}, "w-1", http.StatusOK},
		"strict, another":  {[]string{"--strict", "--jwt-audience=w-1"}, emulator.DefaultWidgetID, http.StatusNotFound},
		"no widget at all": {nil, "", http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, _ := open(t, test.flags...)
			w := ask(handler, http.MethodPost, "http://localhost/connectwidget/api/"+test.widget+"/start")
			if w.Code != test.status || w.Code == http.StatusNotFound && w.Header().Get("X-Amzn-Errortype") == "" {
				t.Errorf("%d %s, want %d", w.Code, w.Body, test.status)
			}
		})
	}
}

// A named origin whose pages browsers keep from this machine is told at the start.
func TestRowB4PublicOriginIsAnnounced(t *testing.T) {
	t.Parallel()
	const local, beyond = "--addr=127.0.0.1:0", "--addr=0.0.0.0:0"
	for name, test := range map[string]struct {
		flags []string
		want  []string
	}{
		"public":            {[]string{local, "--allow-origin=https://www.example.com", "--allow-origin=http://shop.test"}, []string{"https://www.example.com"}},
		"none named":        {[]string{local}, nil},
		"private ones":      {[]string{local, "--allow-origin=http://shop.test:8080", "--allow-origin=null"}, nil},
		"beyond loopback":   {[]string{beyond, "--allow-origin=https://www.example.com"}, nil},
		"behind an address": {[]string{local, "--allow-origin=https://www.example.com", "--public-url=https://chat.example.com"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := config(t, test.flags...)
			server, a := announced(t, cfg)
			if !slices.Equal(a.PublicOrigins, test.want) || (a.PublicHelp != "") != (test.want != nil) {
				t.Errorf("announced %q and %q, want %q", a.PublicOrigins, a.PublicHelp, test.want)
			}
			if page, anchor, ok := strings.Cut(a.PublicHelp, "#"); ok {
				w := httptest.NewRecorder()
				server.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, page, nil))
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `id="`+anchor+`"`) {
					t.Errorf("%s does not lead anywhere: %d", a.PublicHelp, w.Code)
				}
			}
		})
	}
}

// A recording holds what people said: it is for its owner.
func TestD5RecordingIsPrivate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "chat.jsonl")
	cfg, _ := config(t, "--record="+file)
	s, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the recording's mode is %s", info.Mode())
	}
}
