package serve_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/serve"
)

// running runs a server until the test ends, and returns its address.
func running(t *testing.T, flags ...string) string {
	t.Helper()
	cfg, _ := config(t, flags...)
	cfg.ReadFile = os.ReadFile
	ready := make(chan serve.Announcement, 1)
	cfg.OnReady = func(a serve.Announcement) { ready <- a }
	server, err := serve.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := server.Run(ctx)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the end: %v", err)
		}
	})
	return (<-ready).URL
}

// send calls a server; the body of the answer is read only when there is a request body.
func send(t *testing.T, client *http.Client, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if body == "" {
		t.Cleanup(func() { _ = res.Body.Close() })
		return res, ""
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// chat is a chat with its socket open.
type openChat struct {
	socket *chatsocket.Client
	token  string
}

func startChat(t *testing.T, client *http.Client, base string) *openChat {
	t.Helper()
	var started struct {
		Data struct {
			StartChatResult struct{ ParticipantToken string }
		}
	}
	_, body := send(t, client, http.MethodPost, base+"/startChatContact", `{"ParticipantDetails":{"DisplayName":"Ann"}}`, "Content-Type", "application/json")
	if err := json.Unmarshal([]byte(body), &started); err != nil {
		t.Fatal(err)
	}
	var connected struct {
		Websocket             struct{ URL string }
		ConnectionCredentials struct{ ConnectionToken string }
	}
	_, body = send(t, client, http.MethodPost, base+"/participant/connection", `{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`,
		"Content-Type", "application/json", "X-Amz-Bearer", started.Data.StartChatResult.ParticipantToken)
	if err := json.Unmarshal([]byte(body), &connected); err != nil || connected.Websocket.URL == "" {
		t.Fatal(body, err)
	}
	socket, err := chatsocket.Open(t.Context(), client.Transport, connected.Websocket.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(socket.Close)
	open := &openChat{socket, connected.ConnectionCredentials.ConnectionToken}
	open.hears(t, "aws/subscribe") // what is said before the socket is subscribed is not told to it
	return open
}

// hears waits until the socket says a text.
func (c *openChat) hears(t *testing.T, text string) {
	t.Helper()
	for {
		frame, err := c.socket.Next()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(frame), text) {
			return
		}
	}
}

// A client of Lex that speaks only HTTP/2 is answered on the port on which a chat's socket and the
// console's stream are open, in clear text and over TLS, and both go on.
func TestRowPoint3OnePort(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, content := range map[string]string{
				"shop.yaml":   "bot: Shop\nintents:\n  Hours:\n    utterances: [when are you open]\n    answer: From nine.\n",
				"parley.yaml": "bots:\n  SHOP/LIVE: " + filepath.Join(dir, "shop.yaml") + "\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			flags := []string{"--config=" + filepath.Join(dir, "parley.yaml"), "--greeting=", "--partner=false"}
			if scheme == "https" {
				flags = append(flags, "--tls", "--data-dir="+dir)
			}
			base := running(t, flags...)
			trust := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
			usual := &http.Client{Transport: &http.Transport{TLSClientConfig: trust.Clone(), ForceAttemptHTTP2: true}, Timeout: time.Minute}
			newest := &http.Transport{TLSClientConfig: trust.Clone(), Protocols: new(http.Protocols)}
			newest.Protocols.SetHTTP2(scheme == "https")
			newest.Protocols.SetUnencryptedHTTP2(scheme == "http")
			t.Cleanup(newest.CloseIdleConnections)
			lex := &http.Client{Transport: newest, Timeout: time.Minute}

			forever := &http.Client{Transport: usual.Transport} // a client's limit counts until a stream's end
			events, _ := send(t, forever, http.MethodGet, base+"/api/events", "")
			if events.StatusCode != http.StatusOK || events.ProtoMajor != 1 {
				t.Fatalf("the stream answers %s by %s", events.Status, events.Proto)
			}
			ask := func() {
				res, body := send(t, lex, http.MethodPost, base+"/bots/SHOP/botAliases/LIVE/botLocales/en_US/sessions/s-1/text",
					`{"text":"when are you open"}`, "Content-Type", "application/json")
				if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 || !strings.Contains(body, "From nine.") {
					t.Errorf("%s by %s: %s", res.Status, res.Proto, body)
				}
			}
			ask()
			chat := startChat(t, usual, base)
			for _, text := range []string{"first", "second"} {
				ask()
				send(t, usual, http.MethodPost, base+"/participant/message", `{"ContentType":"text/plain","Content":"the `+text+` word"}`,
					"Content-Type", "application/json", "X-Amz-Bearer", chat.token)
				chat.hears(t, "the "+text+" word")
			}
			// A socket needs HTTP/1.1: the refusal is an answer, and the connection goes on.
			if res, _ := send(t, lex, http.MethodGet, base+"/participant/websocket", "", "Sec-Websocket-Version", "13"); res.StatusCode < 400 || res.ProtoMajor != 2 {
				t.Errorf("a socket over HTTP/2: %s by %s", res.Status, res.Proto)
			}
			ask()
			if _, err := events.Body.Read(make([]byte, 1)); err != nil {
				t.Errorf("the stream has ended: %v", err)
			}
		})
	}
}

// A page of another origin that may start chats may talk to a bot, and read what PutSession answers in
// headers.
func TestRowPoint3Page(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"shop.yaml":   "bot: Shop\nintents:\n  Hours:\n    utterances: [when are you open]\n    answer: From nine.\n",
		"parley.yaml": "bots:\n  SHOP/LIVE: " + filepath.Join(dir, "shop.yaml") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := running(t, "--config="+filepath.Join(dir, "parley.yaml"), "--allow-origin=https://shop.example")
	client := &http.Client{Timeout: time.Minute}
	at, origin := base+"/bots/SHOP/botAliases/LIVE/botLocales/en_US/sessions/s-1", []string{"Origin", "https://shop.example"}
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		res, _ := send(t, client, http.MethodOptions, at, "", append(origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", "amz-sdk-request,authorization,responsecontenttype")...)
		if res.StatusCode/100 != 2 || !strings.Contains(res.Header.Get("Access-Control-Allow-Methods"), method) || !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "responsecontenttype") {
			t.Errorf("preflight of %s: %s %v", method, res.Status, res.Header)
		}
	}
	res, _ := send(t, client, http.MethodPost, at, `{"sessionState":{"intent":{"name":"Hours"},"dialogAction":{"type":"Delegate"}}}`, append(origin, "Content-Type", "application/json")...)
	if shown := strings.Join(res.Header.Values("Access-Control-Expose-Headers"), ", "); res.StatusCode != http.StatusOK ||
		!strings.Contains(shown, "x-amz-lex-session-state") || !strings.Contains(shown, "X-Amzn-Requestid") || res.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" {
		t.Errorf("PutSession: %s %v", res.Status, res.Header)
	}
	if res, body := send(t, client, http.MethodPost, at+"/text", text, "Content-Type", "application/json", "Origin", "https://other.example"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a page that may not: %s %s", res.Status, body)
	}
}

const text = `{"text":"when are you open"}`
