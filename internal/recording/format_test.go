package recording_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/recording"
)

// An exchange is written with everything a client needs to hear again, and nothing that only
// its owner may know.
func TestWriter(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 6, 31, 48, 0, time.UTC)
	recorder := inspect.New(inspect.Config{Clock: func() time.Time {
		at = at.Add(250 * time.Millisecond)
		return at
	}})
	const token = "QVFJREFIsecretsecretsecretsecretsecretsecretsecret"
	server := recorder.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/participant/connection":
			recorder.Called(r, "CreateParticipantConnection", "c-1", "p-1", "CUSTOMER")
			_, _ = w.Write([]byte(`{"ConnectionCredentials":{"ConnectionToken":"` + token + `"}}`))
		case "/participant/message":
			recorder.Called(r, "SendMessage", "c-1", "p-1", "CUSTOMER")
			w.Header().Set("X-Amzn-Errortype", "ThrottlingException:http://internal.amazon.com/")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte("not <JSON> & more"))
		case "/participant/websocket":
			socket := recorder.Opened(r, "c-1", "p-1", "CUSTOMER")
			recorder.Frame(socket, false, []byte(`{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}`), "")
			recorder.Frame(socket, true, []byte(`{"topic":"aws/chat","content":"{}"}`), "")
			recorder.Closed(socket, true, 1001, "")
		case "/participant/event":
			recorder.Called(r, "SendEvent", "c-1", "a-1", "AGENT")
		case "/contact/stop":
			recorder.Called(r, "StopContact", "c-1", "", "")
		}
	}))
	for _, path := range []string{"connection", "message", "websocket?t=" + token, "event", "../contact/stop"} {
		request := httptest.NewRequest(http.MethodPost, "http://localhost:3000/participant/"+path, strings.NewReader(`{"Content": "hi & <b>"}`))
		request.Header.Set("X-Amz-Bearer", token)
		server.ServeHTTP(httptest.NewRecorder(), request)
	}
	var out bytes.Buffer
	w, err := recording.NewWriter(&out, time.Date(2026, 11, 22, 6, 31, 48, 0, time.UTC), "a test")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop() // everything is there already
	if err := w.Keep(ctx, recorder); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		// How long it took is different each time.
		if from := strings.Index(line, `"took":`); from >= 0 {
			line = line[:from] + line[from+strings.Index(line[from:], ",")+1:]
		}
		got = append(got, strings.TrimSuffix(line, "\n"))
	}
	want := []string{
		`{"format":"parley-recording","version":1,"created":"2026-11-22T06:31:48Z","upstream":"a test"}`,
		`{"kind":"call","at":250,"contact":"c-1","participant":"p-1","action":"CreateParticipantConnection","path":"/participant/connection","status":200,"request":{"Content":"hi & <b>"},"response":{"ConnectionCredentials":{"ConnectionToken":"•••cret"}}}`,
		`{"kind":"call","at":500,"contact":"c-1","participant":"p-1","action":"SendMessage","path":"/participant/message","status":429,"error":"ThrottlingException","request":{"Content":"hi & <b>"},"response":"not <JSON> & more"}`,
		`{"kind":"open","at":750,"contact":"c-1","participant":"p-1","socket":"3"}`,
		`{"kind":"frame","at":1000,"contact":"c-1","participant":"p-1","socket":"3","text":{"topic":"aws/subscribe","content":{"topics":["aws/chat"]}}}`,
		`{"kind":"frame","at":1250,"contact":"c-1","participant":"p-1","socket":"3","out":true,"text":{"topic":"aws/chat","content":"{}"}}`,
		`{"kind":"close","at":1500,"contact":"c-1","participant":"p-1","socket":"3","out":true,"code":1001}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the recording (-want +got):\n%s", diff)
	}
	read, err := recording.Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Chats) != 1 || read.Chats[0].Contact != "c-1" || len(read.Chats[0].Events) != 6 || read.CutOff {
		t.Errorf("read %+v", read)
	}
}

const (
	header = `{"format":"parley-recording","version":1,"created":"2026-11-22T10:00:00Z"}` + "\n"
	call   = `{"kind":"call","at":1,"contact":"c","action":"SendMessage","status":200}` + "\n"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text, want string
		line       int
	}{
		"nothing":           {"", "the file is empty", 1},
		"another file":      {"hello\n", "this is no recording of Parley", 1},
		"other json":        {`{"version":1}`, "this is no recording of Parley", 1},
		"newer":             {`{"format":"parley-recording","version":2}`, "has version 2, and this Parley reads up to 1", 1},
		"no version":        {`{"format":"parley-recording"}`, "has no version", 1},
		"no chat":           {header, "holds no chat", 1},
		"no event":          {header + "\n[]\n" + call, "it is no event", 3},
		"another kind":      {header + `{"kind":"dance","contact":"c"}` + "\n", "not call, open, close or frame", 2},
		"no status":         {header + `{"kind":"call","contact":"c","action":"SendMessage"}` + "\n", "no action or no status", 2},
		"no contact":        {header + `{"kind":"open"}` + "\n", "it names no contact", 2},
		"no time":           {header + `{"kind":"open","contact":"c","at":-1}` + "\n", "no length of time", 2},
		"a text of numbers": {header + `{"kind":"frame","contact":"c","text":7}` + "\n", "neither an object nor a string", 2},
		"a line too long":   {header + strings.Repeat("x", 9<<20), "too long", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := recording.Read(strings.NewReader(test.text))
			wrong, ok := errors.AsType[*recording.FormatError](err)
			if !ok || wrong.Line != test.line || !strings.Contains(wrong.Problem, test.want) {
				t.Errorf("%v, want line %d: %s", err, test.line, test.want)
			}
		})
	}
}

// The program may have ended in the middle of a line, and a newer one may write more.
func TestReadLeniently(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text   string
		events int
		cutOff bool
	}{
		"cut off":              {header + call + call[:30], 1, true},
		"without the last end": {header + strings.TrimSpace(call), 1, false},
		"unknown members":      {strings.Replace(header, "{", `{"more":1,`, 1) + strings.Replace(call, "{", `{"more":{},`, 1), 1, false},
		"other line ends":      {strings.ReplaceAll(header+call, "\n", "\r\n"), 1, false},
		"out of order":         {header + strings.Replace(call, `"at":1,`, `"at":2,`, 1) + call, 2, false},
	} {
		read, err := recording.Read(strings.NewReader(test.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(read.Chats) != 1 || len(read.Chats[0].Events) != test.events || read.CutOff != test.cutOff {
			t.Errorf("%s: %+v", name, read.Chats)
		}
		if events := read.Chats[0].Events; len(events) > 1 && events[0].At > events[1].At {
			t.Errorf("%s: the later event comes first", name)
		}
	}
}

// FuzzRead: whatever a file holds, it is refused with a line, or it can be played.
func FuzzRead(f *testing.F) {
	text, err := os.ReadFile("testdata/chat.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(header + call))
	f.Add([]byte(header + `{"kind":"frame","contact":"c","out":true,"text":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := recording.Read(bytes.NewReader(text))
		if err != nil {
			if _, ok := errors.AsType[*recording.FormatError](err); !ok {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		play(t, read)
	})
}
