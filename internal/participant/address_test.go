package participant_test

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/secret"
)

// The addresses clients are told, by the host they asked. chatjs opens only wss:// and
// ws://127.0.0.1:PORT, the port written, and drops anything else without a word.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		host, public string
		tls          bool
		socket, file string
		warns        bool
	}{
		{host: "127.0.0.1:3000", socket: "ws://127.0.0.1:3000", file: "http://127.0.0.1:3000"},
		{host: "localhost:3000", socket: "ws://127.0.0.1:3000", file: "http://localhost:3000"},
		{host: "LOCALHOST.:3000", socket: "ws://127.0.0.1:3000", file: "http://LOCALHOST.:3000"},
		{host: "shop.localhost:3000", socket: "ws://127.0.0.1:3000", file: "http://shop.localhost:3000"},
		{host: "[::1]:3000", socket: "ws://127.0.0.1:3000", file: "http://[::1]:3000"},
		{host: "[::1]", socket: "ws://127.0.0.1:80", file: "http://[::1]"},
		{host: "127.8.9.1:3000", socket: "ws://127.0.0.1:3000", file: "http://127.8.9.1:3000"},
		{host: "localhost", socket: "ws://127.0.0.1:80", file: "http://localhost"},
		{host: "127.0.0.1", socket: "ws://127.0.0.1:80", file: "http://127.0.0.1"},
		{host: "10.0.2.2:3000", socket: "ws://10.0.2.2:3000", file: "http://10.0.2.2:3000", warns: true},
		{host: "laptop.lan", socket: "ws://laptop.lan:80", file: "http://laptop.lan", warns: true},
		{host: "[fe80::1]:3000", socket: "ws://[fe80::1]:3000", file: "http://[fe80::1]:3000", warns: true},
		{host: "localhost:3000", tls: true, socket: "wss://localhost:3000", file: "https://localhost:3000"},
		{host: "10.0.0.5", tls: true, socket: "wss://10.0.0.5", file: "https://10.0.0.5"},
		{host: "127.0.0.1:3000", public: "https://chat.example.com", socket: "wss://chat.example.com", file: "https://chat.example.com"},
		{host: "127.0.0.1:3000", public: "https://example.com/chat/", socket: "wss://example.com/chat", file: "https://example.com/chat"},
		{host: "10.0.0.5:1", public: "http://localhost:3000", socket: "ws://127.0.0.1:3000", file: "http://localhost:3000"},
	} {
		t.Run(tt.host+" "+tt.public, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w := newWorld(t, setup{
				config: func(c *participant.Config) {
					c.PublicURL = tt.public
					c.Log = slog.New(slog.NewTextHandler(&log, nil))
				},
			})
			started := w.start(chat.StartRequest{})
			post := func(action, token, body string) answer {
				r := httptest.NewRequest(http.MethodPost, "/participant/"+action, strings.NewReader(body))
				r.Host = tt.host
				r.Header.Set("X-Amz-Bearer", token)
				// Anyone can send these.
				r.Header.Set("X-Forwarded-Proto", "https")
				r.Header.Set("X-Forwarded-Host", "evil.example")
				if tt.tls {
					r.TLS = &tls.ConnectionState{}
				}
				rec := httptest.NewRecorder()
				w.mux.ServeHTTP(rec, r)
				return answer{rec.Code, rec.Header(), rec.Body.Bytes()}
			}
			a := post("connection", started.Token.Reveal(), connectBody)
			post("connection", started.Token.Reveal(), connectBody)
			socket, _, _ := strings.Cut(a.member(t, "Websocket", "Url"), "/participant/websocket?t=")
			if socket != tt.socket {
				t.Errorf("socket at %s, want %s", socket, tt.socket)
			}
			up := post("start-attachment-upload", a.member(t, "ConnectionCredentials", "ConnectionToken"),
				`{"AttachmentName":"a.txt","ContentType":"text/plain","AttachmentSizeInBytes":3,"ClientToken":"t"}`)
			file, _, _ := strings.Cut(up.member(t, "UploadMetadata", "Url"), "/attachments/")
			if file != tt.file {
				t.Errorf("files at %s, want %s", file, tt.file)
			}
			if n := strings.Count(log.String(), "chatjs does not open"); n > 1 || (n == 1) != tt.warns {
				t.Errorf("warned %d times:\n%s", n, log.String())
			}
			if tt.warns && (strings.Contains(log.String(), "use TLS") || !strings.Contains(log.String(), "--public-url")) {
				t.Errorf("TLS is in front, as X-Forwarded-Proto says: %s", log.String())
			}
		})
	}
}

// What opens the way to a socket depends on whether TLS is in front already.
func TestC1HintForSockets(t *testing.T) {
	t.Parallel()
	addresses, err := participant.NewAddresses("")
	if err != nil {
		t.Fatal(err)
	}
	for scheme, want := range map[string]string{"": "use TLS", "http": "use TLS", "https": "--public-url", "HTTPS, http": "--public-url"} {
		r := httptest.NewRequest(http.MethodPost, "http://laptop.lan:3000/participant/connection", nil)
		r.Header.Set("X-Forwarded-Proto", scheme)
		if _, hint := addresses.Socket(r, secret.New("t")); !strings.Contains(hint, want) {
			t.Errorf("%q: %s, want %s", scheme, hint, want)
		}
	}
	if _, hint := addresses.Socket(httptest.NewRequest(http.MethodPost, "http://localhost:3000/", nil), secret.New("t")); hint != "" {
		t.Errorf("on this machine: %s", hint)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for name, cfg := range map[string]participant.Config{
		"no chats":   {},
		"short key":  {Chats: w.chats, Key: []byte("short")},
		"no scheme":  {Chats: w.chats, PublicURL: "chat.example.com"},
		"ws":         {Chats: w.chats, PublicURL: "ws://chat.example.com"},
		"query":      {Chats: w.chats, PublicURL: "https://chat.example.com/?x=1"},
		"user":       {Chats: w.chats, PublicURL: "https://me@chat.example.com"},
		"unreadable": {Chats: w.chats, PublicURL: "https://chat example"},
	} {
		if _, err := participant.New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
