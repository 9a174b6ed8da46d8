package inspect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/inspect"
)

// readBack returns everything that can be read back from a recorder, as it leaves the server.
func readBack(t *testing.T, r *inspect.Recorder) map[string]string {
	t.Helper()
	list, last := r.List(inspect.Query{})
	out := map[string]string{"list": encode(t, list), "har": string(r.HAR(inspect.Query{}))}
	for _, e := range list {
		one, ok := r.Get(e.ID)
		if !ok {
			t.Errorf("%s cannot be got", e.ID)
		}
		out["get "+e.ID] = encode(t, one)
		if command, ok := r.Curl(e.ID); ok {
			out["curl "+e.ID] = command
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for e := range r.Watch(ctx, 0) {
		out[fmt.Sprint("watch ", e.ID)] = encode(t, e)
		if e.Seq == last {
			break
		}
	}
	return out
}

// sing fails a test for each way in which a secret comes out again.
func sing(t *testing.T, r *inspect.Recorder, name string, secrets ...string) {
	t.Helper()
	for where, text := range readBack(t, r) {
		for _, secret := range secrets {
			quoted := strings.Trim(encode(t, secret), `"`)
			for _, form := range []string{secret, quoted, url.QueryEscape(secret), url.PathEscape(secret)} {
				if strings.Contains(text, form) || holdsAnywhere(text, form) {
					t.Errorf("%s: %s holds %q:\n%s", name, where, secret, text)
				}
			}
		}
		if strings.HasPrefix(where, "curl") {
			continue
		}
		if !json.Valid([]byte(text)) {
			t.Errorf("%s: %s is not JSON:\n%s", name, where, text)
		}
	}
}

// Secrets are planted wherever a token can stand.
func TestCanaries(t *testing.T) {
	t.Parallel()
	inJSON := func(name, secret string, levels int) string {
		text := encode(t, map[string]any{"a": []any{map[string]any{name: secret, "other": true}}})
		for range levels {
			text = encode(t, map[string]string{"content": text})
		}
		return text
	}
	type plant struct {
		name   string
		secret string
		with   func(request *http.Request)
		path   string
		asked  string
		header http.Header
		status int
		answer string
	}
	var plants []plant
	for _, secret := range []string{canary, plainCanary, odd, `q"uo\ted <&> sécret`} {
		for _, header := range []string{
			"Authorization", "X-Amz-Bearer", "Cookie", "X-Amz-Security-Token", "Proxy-Authorization", "X-Csrf-Token", "X-Api-Key", "x-participanttoken",
		} {
			plants = append(plants,
				plant{
					name: header, secret: secret, with: func(r *http.Request) { r.Header[header] = []string{secret} },
					asked: "said " + secret, answer: encode(t, map[string]string{"message": "no such token: " + secret}),
				},
				plant{name: header + " of the answer", secret: secret, header: http.Header{header: {secret}}, asked: encode(t, secret), answer: "and " + secret})
		}
		for level := range 5 {
			for _, member := range []string{"ParticipantToken", "ConnectionToken", "connection_token", "SomeToken", "password", "Signature"} {
				plants = append(plants, plant{
					name: fmt.Sprint(member, " at level ", level), secret: secret,
					asked: inJSON(member, secret, level), answer: inJSON(member, secret, level),
				})
			}
		}
		escaped := url.QueryEscape(secret)
		plants = append(plants,
			plant{name: "ticket", secret: secret, path: "/participant/websocket?t=" + escaped, asked: "{}", answer: "denied: " + escaped},
			plant{name: "signature", secret: secret, path: "/attachments/1?expires=5&signature=" + escaped, status: 403, answer: inJSON("message", secret, 0)},
			plant{
				name: "addresses", secret: secret, asked: "{}",
				answer: inJSON("Url", "ws://127.0.0.1/participant/websocket?t="+escaped, 1) + "\n",
			},
			plant{name: "an attachment's address", secret: secret, answer: inJSON("Url", "http://h/attachments/1?expires=5&signature="+escaped, 0)},
			plant{name: "an address of S3", secret: secret, answer: inJSON("Url", "https://b/f?X-Amz-Date=1&X-Amz-Signature="+escaped+"&X-Amz-Security-Token="+escaped, 0)},
			plant{name: "a form", secret: secret, asked: "customerName=Pat&participantToken=" + escaped},
			plant{name: "an address in an address", secret: secret, path: "/?next=" + url.QueryEscape("http://h/cb?access_token="+escaped)},
			plant{name: "referer", secret: secret, with: func(r *http.Request) { r.Header.Set("Referer", "http://h/chat?token="+escaped) }},
			plant{name: "location", secret: secret, header: http.Header{"Location": {"http://h/?id_token=" + escaped}}},
			plant{name: "userinfo", secret: secret, answer: "see https://pat:" + url.PathEscape(strings.ReplaceAll(secret, " ", "_")) + "@h/"},
		)
	}
	for _, token := range []string{canary, jwt} {
		for _, text := range []string{
			token, "token " + token + " is not valid", "<b>" + token + "</b>", `{"cut":"off ` + token, "(" + token + ")", `{"` + token + `":"name"}`,
		} {
			plants = append(plants,
				plant{name: "text", secret: token, asked: text, answer: text, status: 500},
				plant{name: "path", secret: token, path: "/participant/views/" + token, answer: text},
				plant{name: "other headers", secret: token, with: func(r *http.Request) { r.Header.Set("User-Agent", text); r.Header.Set("Origin", token) }},
				plant{name: "host", secret: token, with: func(r *http.Request) { r.Host = token + ".example"; r.Method = token }})
		}
	}
	for i, p := range plants {
		r := inspect.New(inspect.Config{})
		if p.path == "" {
			p.path = "/participant/message"
		}
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(p.asked))
		request.RequestURI = p.path
		request.URL, _ = url.Parse(p.path)
		if p.with != nil {
			p.with(request)
		}
		do(r, request, func(w http.ResponseWriter, request *http.Request) {
			r.Called(request, "SendMessage", "c", "p", "")
			maps.Copy(w.Header(), p.header)
			answer(max(p.status, 200), "", p.answer)(w, request)
		})
		secret := p.secret
		if p.name == "userinfo" {
			secret = url.PathEscape(strings.ReplaceAll(secret, " ", "_"))
		}
		sing(t, r, fmt.Sprint(i, " ", p.name), secret)
	}
}

func TestCanariesInFrames(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"topic":"aws/chat","contentType":"application/json","content":"{\"Content\":\"my token is ` + canary + `\",\"ContentType\":\"text/plain\"}"}`,
		`{"topic":"aws/chat","content":"{\"Content\":\"{\\\"ParticipantToken\\\":\\\"` + plainCanary + `\\\",\\\"x\\\":\\\"again ` + plainCanary + `\\\"}\"}"}`,
		`{"topic":"aws/subscribe","content":{"topics":["aws/chat"],"authToken":"` + plainCanary + `"}})`,
		`{"said":"` + plainCanary + `","Token":"` + plainCanary + `"}`,
		`not JSON with token=` + plainCanary,
		strings.Repeat("x", 990) + canary, // cut within
		strings.Repeat("x", 980) + `"Token":"` + plainCanary + `"`,
	} {
		r := inspect.New(inspect.Config{MaxBody: 1000})
		var socket uint64
		do(r, httptest.NewRequest(http.MethodGet, "http://h/participant/websocket?t="+canary, nil), func(_ http.ResponseWriter, request *http.Request) {
			socket = r.Opened(request, "c", "p", "CUSTOMER")
		})
		r.Frame(socket, false, []byte(text), "")
		r.Frame(socket, true, []byte(text), "")
		r.Closed(socket, true, 1000, "")
		if got := all(r); len(got) != 4 {
			t.Fatalf("%d exchanges", len(got))
		}
		sing(t, r, text, canary, plainCanary)
	}
}

// A body that is cut within a secret does not end in its beginning.
func TestCanaryAtTheEdge(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		r := inspect.New(inspect.Config{MaxBody: 60})
		request := post("/participant/message", strings.Repeat("x", 60-n)+plainCanary+" and more, much more, than sixty")
		request.Header.Set("X-Amz-Bearer", plainCanary)
		do(r, request, answer(200, "", ""))
		body := all(r)[0].RequestBody
		for shown := len(plainCanary); shown > 3; shown-- {
			if strings.Contains(body, plainCanary[:shown]) {
				t.Errorf("cut after %d: %s", n, body)
				break
			}
		}
	}
}
