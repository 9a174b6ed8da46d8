package participant_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// FuzzBodies sends any body to any action: the answer is always JSON with a status that is
// documented, and never a fault of ours.
func FuzzBodies(f *testing.F) {
	w := newWorld(f, setup{})
	started := w.start(chat.StartRequest{})
	actions := []string{
		"connection", "message", "event", "transcript", "start-attachment-upload", "complete-attachment-upload", "attachment",
		"authentication-url", "cancel-authentication",
	}
	for i, body := range []string{
		connectBody, `{"ContentType":"text/plain","Content":"x","ClientToken":"t"}`,
		`{"ContentType":"` + eventsIn + `message.read","Content":"{\"messageId\":\"x\"}"}`,
		`{"MaxResults":15,"ScanDirection":"BACKWARD","SortOrder":"ASCENDING","StartPosition":{"Id":"x"},"NextToken":"eyJsIjoxfQ"}`,
		`{"AttachmentName":"a.txt","AttachmentSizeInBytes":3,"ContentType":"text/plain","ClientToken":"t"}`,
		`{"AttachmentIds":["x"],"ClientToken":"t"}`, `{"AttachmentId":"x","UrlExpiryInSeconds":5}`,
		`{"RedirectUri":"https://x","SessionId":"000000000000000000000000000000000000"}`, `{"SessionId":"x"}`,
		``, `null`, `[]`, `{"Type":[null]}`, "{\"Content\":\"\xff\",\"ContentType\":\"text/plain\"}", `{"Content":"\ud800","ContentType":"text/plain"}`,
	} {
		f.Add(i%len(actions), body)
	}
	connection := w.connect(started)
	f.Fuzz(func(t *testing.T, which int, body string) {
		action := actions[((which%len(actions))+len(actions))%len(actions)]
		token := connection.token
		if action == "connection" {
			token = started.Token.Reveal()
		}
		r := httptest.NewRequest(http.MethodPost, "/participant/"+action, strings.NewReader(body))
		r.Header.Set("X-Amz-Bearer", token)
		rec := httptest.NewRecorder()
		w.mux.ServeHTTP(rec, r)
		if !json.Valid(rec.Body.Bytes()) || rec.Body.Bytes()[0] != '{' {
			t.Fatalf("%s %q is answered %q", action, body, rec.Body)
		}
		switch rec.Code {
		case 200, 400, 402, 403, 409, 413:
		default:
			t.Fatalf("%s %q is answered %d %s", action, body, rec.Code, rec.Body)
		}
	})
}

// FuzzFrames sends any text on a socket: the socket answers a heartbeat afterwards, or has
// closed because of text that is not UTF-8.
func FuzzFrames(f *testing.F) {
	shared := newWorld(f, setup{})
	for _, seed := range []string{
		subscribeFrame, subscribeFrame + ")", `{"topic":"aws/heartbeat"}`, `{"topic":"aws/ping"}`, ``, `{`, `[]`, `null`, `{"topic":null}`,
		`{"topic":"aws/subscribe","content":"aws/chat"}`, `{"topic":"aws/subscribe","content":{"topics":"aws/chat"}}`, `{"topic":"aws/subscribe"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		w := *shared
		w.t = t
		c := w.newCustomer()
		conn, r := w.raw(t, c.socketURL)
		_ = conn.SetDeadline(time.Now().Add(patience))
		if _, err := conn.Write(append(frame(0x81, text), frame(0x88, []byte{0x03, 0xe8})...)); err != nil {
			t.Fatal(err)
		}
		if code := closeCode(t, r); code != 1000 && code != 1007 {
			t.Fatalf("%q closes the socket with %d", text, code)
		}
		w.must("disconnect", c.token, `{}`)
	})
}

// FuzzWire sends any bytes on a socket: the server takes them or closes, and serves others.
func FuzzWire(f *testing.F) {
	shared := newWorld(f, setup{})
	for _, seed := range [][]byte{
		frame(0x81, []byte(subscribeFrame)),
		frame(0x82, nil),
		frame(0x01, []byte("x")),
		frame(0x89, []byte("ping")),
		frame(0x8a, nil),
		{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0},
		{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0x88, 0x80},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		w := *shared
		w.t = t
		c := w.newCustomer()
		other := w.arrived(c.socketURL)
		conn, _ := w.raw(t, c.socketURL)
		_, _ = conn.Write(sent)
		_ = conn.Close()
		w.must("disconnect", c.token, `{}`)
		other.item()
		if got := other.item()["ContentType"]; got != transcript.ChatEnded {
			t.Errorf("the other socket got %v", got)
		}
	})
}
