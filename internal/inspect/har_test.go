package inspect_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/inspect"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// chatted is a recorder after a short chat, on a clock of its own.
func chatted() *inspect.Recorder {
	at := time.Date(2026, 11, 22, 6, 31, 48, 0, time.UTC)
	r := inspect.New(inspect.Config{Clock: func() time.Time {
		at = at.Add(250 * time.Millisecond)
		return at
	}})
	var socket uint64
	do(r, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:3000/participant/websocket?t="+canary, nil), func(_ http.ResponseWriter, request *http.Request) {
		socket = r.Opened(request, "c-1", "p-1", "CUSTOMER")
	})
	r.Frame(socket, false, []byte(`{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`), "")
	r.Frame(socket, true, []byte(`{"topic":"aws/subscribe","content":{"status":"success","topics":["aws/chat"]}}`), "")
	request := post("/participant/message?a=b%20c", `{"Content":"it's \"quoted\"","ContentType":"text/plain"}`)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Content-Length", "55")
	request.Header.Set("X-Amz-Bearer", canary)
	do(r, request, answer(403, "application/json", `{"__type":"AccessDeniedException","message":"Access denied"}`))
	r.Frame(socket, true, []byte(`{"topic":"aws/chat","contentType":"application/json","content":"{\"Content\":\"hi\",\"ContentType\":\"text/plain\",\"Type\":\"MESSAGE\"}"}`), "")
	do(r, httptest.NewRequest(http.MethodPut, "http://127.0.0.1:3000/attachments/1?expires=5&signature=x", strings.NewReader("bytes")), answer(200, "", ""))
	r.Closed(socket, false, 1001, "")
	return r
}

func TestFrames(t *testing.T) {
	t.Parallel()
	r := chatted()
	var got []string
	for _, e := range all(r) {
		if e.Kind != inspect.HTTP {
			got = append(got, strings.Join([]string{string(e.Kind), string(e.Direction), e.SocketID, e.ContactID, e.Role, e.Action, e.Topic, e.ContentType}, " "))
		}
	}
	want := []string{
		"socket   c-1 CUSTOMER WebSocket  ",
		"frame in 1 c-1 CUSTOMER WebSocket aws/subscribe ",
		"frame out 1 c-1 CUSTOMER WebSocket aws/subscribe ",
		"frame out 1 c-1 CUSTOMER WebSocket aws/chat text/plain",
		"socket in 1 c-1 CUSTOMER WebSocket  ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	last := all(r)[6]
	if last.CloseCode != 1001 || last.Problem != nil {
		t.Errorf("%+v", last)
	}
}

// The ends of sockets are explained.
func TestEndsOfSockets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		out  bool
		code int
		text string
		want string
	}{
		{false, 1000, `{"topic":"aws/subscribe"}`, ""},
		{false, 1000, `{"topic":"else"}`, "subscribe-missing"},
		{true, 1001, `{"topic":"aws/subscribe"}`, ""},
		{false, 1006, "", ""}, // as a closed tab leaves
		{true, 1006, `{"topic":"aws/subscribe"}`, ""},
		{true, 1008, "", "socket-too-slow"},
		{true, 1009, "", "frame-too-long"},
		{true, 1003, "", "frame-binary"},
		{true, 1007, "", "frame-malformed"},
	} {
		r := inspect.New(inspect.Config{})
		var socket uint64
		do(r, httptest.NewRequest(http.MethodGet, "http://h/participant/websocket", nil), func(_ http.ResponseWriter, request *http.Request) {
			socket = r.Opened(request, "c", "p", "")
		})
		r.Frame(socket, false, []byte(tt.text), "")
		r.Closed(socket, tt.out, tt.code, "")
		got := ""
		if p := all(r)[2].Problem; p != nil {
			got = p.Rule
		}
		if got != tt.want {
			t.Errorf("%d: %q, want %q", tt.code, got, tt.want)
		}
	}
}

var times = regexp.MustCompile(`"(time|wait|receive)":\d+(\.\d+)?([,}])`)

func TestHAR(t *testing.T) {
	t.Parallel()
	r := chatted()
	text := r.HAR(inspect.Query{})
	var archive any
	if err := json.Unmarshal(text, &archive); err != nil {
		t.Fatal(err)
	}
	// Times that are measured differ each time; those of frames are of the test's clock.
	normal := times.ReplaceAllStringFunc(string(text), func(found string) string {
		if strings.Contains(found, ":17") { // seconds since 1970
			return found
		}
		parts := times.FindStringSubmatch(found)
		return `"` + parts[1] + `":0` + parts[3]
	})
	var indented strings.Builder
	encoder := json.NewEncoder(&indented)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := json.Unmarshal([]byte(normal), &archive); err != nil {
		t.Fatal(err)
	}
	if err := encoder.Encode(archive); err != nil {
		t.Fatal(err)
	}
	golden(t, "chat.har", indented.String())

	// The frames are not lost with the request that began their socket.
	frames := string(r.HAR(inspect.Query{Kind: inspect.Frame}))
	if strings.Count(frames, `"startedDateTime"`) != 1 || strings.Count(frames, `"opcode":1`) != 3 {
		t.Error(frames)
	}
	if empty := string(r.HAR(inspect.Query{ContactID: "none"})); !json.Valid([]byte(empty)) || !strings.Contains(empty, `"entries":[]`) {
		t.Error(empty)
	}
	if err := r.WriteHAR(broken{}, inspect.Query{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a broken writer: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestCurl(t *testing.T) {
	t.Parallel()
	r := chatted()
	for id, want := range map[string]string{
		"1": "curl 'http://127.0.0.1:3000/participant/websocket?t=•••end1'\n",
		"4": `curl -X POST 'http://127.0.0.1:3000/participant/message?a=b%20c' \
  -H 'Content-Type: application/json' \
  -H 'X-Amz-Bearer: •••end1' \
  --data-raw '{"Content":"it'\''s \"quoted\"","ContentType":"text/plain"}'
`,
		"6": `# The body is not kept; put the file's name in its place.
curl -X PUT 'http://127.0.0.1:3000/attachments/1?expires=5&signature=•••' \
  --data-binary @FILE
`,
	} {
		got, ok := r.Curl(id)
		if !ok || got != want {
			t.Errorf("%s\ngot  %s\nwant %s", id, got, want)
		}
	}
	for _, id := range []string{"2", "99", "x"} {
		if _, ok := r.Curl(id); ok {
			t.Errorf("%s is a request", id)
		}
	}
}

// A shell reads the command as it was meant, whatever stands in it.
func TestCurlInAShell(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Log("there is no bash to try it with")
		return
	}
	for _, body := range []string{"plain", "it's", "$HOME `x` \\ !", "a\nb\tc", "\x1b[2J\x01'\\", "é – 漢"} {
		r := inspect.New(inspect.Config{})
		do(r, post("/", body), answer(200, "", ""))
		command, _ := r.Curl("1")
		out, err := exec.CommandContext(t.Context(), shell, "-c", `curl() { for last; do :; done; printf %s "$last"; }; `+command).CombinedOutput()
		if err != nil || string(out) != body {
			t.Errorf("%q became %q (%v)", body, out, err)
		}
	}
}

// A body is a text or a list of parameters, and never both.
//
// Source: http://www.softwareishard.com/blog/har-12-spec/#postData
func TestRowB6PostedData(t *testing.T) {
	t.Parallel()
	r := chatted()
	form := post("/startChatContact", "a=1&b=2") // as jQuery labels whatever it posts
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	do(r, form, answer(400, "application/json", `{}`))
	var archive struct {
		Log struct {
			Entries []struct {
				Request struct {
					Method   string
					PostData map[string]any `json:"postData"`
				}
			}
		}
	}
	if err := json.Unmarshal(r.HAR(inspect.Query{}), &archive); err != nil {
		t.Fatal(err)
	}
	bodies := 0
	for _, entry := range archive.Log.Entries {
		data := entry.Request.PostData
		if data == nil {
			continue
		}
		bodies++
		_, text := data["text"].(string)
		_, params := data["params"]
		if _, kind := data["mimeType"].(string); !text || params || !kind {
			t.Errorf("%s has the body %v", entry.Request.Method, data)
		}
	}
	if bodies != 3 {
		t.Errorf("%d bodies, want 3", bodies)
	}
}
