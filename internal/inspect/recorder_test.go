package inspect_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/inspect"
)

// do makes a request of a handler that is recorded.
func do(r *inspect.Recorder, request *http.Request, handle http.HandlerFunc) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.Wrap(handle).ServeHTTP(w, request)
	return w
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func post(path, body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, "http://127.0.0.1:3000"+path, strings.NewReader(body))
}

// Behind a proxy the record has the address that clients called, so that curl and HAR lead there;
// a call past the proxy has its own.
func TestC1AddressBehindAProxy(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://chat.example.com:8443/")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"chat.example.com:8443": "https://chat.example.com:8443/startChatContact", "chat.example.com": "https://chat.example.com:8443/startChatContact",
		"Chat.Example.com": "https://chat.example.com:8443/startChatContact", "127.0.0.1:3000": "http://127.0.0.1:3000/startChatContact", "": "http:///startChatContact",
	} {
		r := inspect.New(inspect.Config{Public: public})
		request := post("/startChatContact", `{}`)
		request.Host = host
		do(r, request, answer(200, "application/json", `{}`))
		if got := all(r)[0].URL(); got != want {
			t.Errorf("%q: %s, want %s", host, got, want)
		}
	}
}

// The hint of a bot that was refused names who is in the chat, and speaks of no attachment.
func TestRowA4HintOfARefusedBot(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{})
	refused := `{"__type":"ConflictException","message":"The state of the contact: this chat also has Ann (AGENT)."}`
	do(r, post("/contact/create-participant", "{}"), func(w http.ResponseWriter, request *http.Request) {
		r.Called(request, "CreateParticipant", "", "", "")
		answer(http.StatusConflict, "application/json", refused)(w, request)
	})
	p := all(r)[0].Problem
	if p == nil || !strings.Contains(p.Hint, "Ann (AGENT)") || strings.Contains(p.Sentence+p.Hint, "attachment") {
		t.Errorf("%+v", p)
	}
}

// all returns everything that is recorded.
func all(r *inspect.Recorder) []inspect.Exchange {
	list, _ := r.List(inspect.Query{})
	return list
}

func TestRecordsAnExchange(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 22, 6, 31, 48, 25_000_000, time.UTC)
	r := inspect.New(inspect.Config{Clock: func() time.Time { return began }})
	request := post("/participant/message?x=1", `{"Content":"hello"}`)
	request.Header.Set("Origin", "http://localhost:8080")
	request.Header.Set("X-Amz-Bearer", canary)
	do(r, request, func(w http.ResponseWriter, request *http.Request) {
		r.Called(request, "SendMessage", "c-1", "p-1", "CUSTOMER")
		answer(200, "application/json", `{"Id":"1"}`)(w, request)
	})
	got := all(r)
	if len(got) != 1 {
		t.Fatalf("%d exchanges", len(got))
	}
	if got[0].DurationMs < got[0].FirstByteMs {
		t.Errorf("first byte after %v ms of %v", got[0].FirstByteMs, got[0].DurationMs)
	}
	got[0].FirstByteMs, got[0].DurationMs = 0, 0
	want := inspect.Exchange{
		ID: "1", Seq: 1, Time: began, Kind: inspect.HTTP, ContactID: "c-1", ParticipantID: "p-1", Role: "CUSTOMER", Action: "SendMessage",
		Method: "POST", Scheme: "http", Host: "127.0.0.1:3000", Path: "/participant/message?x=1", Protocol: "HTTP/1.1",
		Origin: "http://localhost:8080", Status: 200, ContentType: "application/json", RequestSize: 19, Size: 10,
		RequestHeaders:  []inspect.Header{{Name: "Origin", Value: "http://localhost:8080"}, {Name: "X-Amz-Bearer", Value: "•••end1"}},
		ResponseHeaders: []inspect.Header{{Name: "Content-Type", Value: "application/json"}},
		RequestBody:     `{"Content":"hello"}`, ResponseBody: `{"Id":"1"}`,
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	if one, ok := r.Get("1"); !ok || one.RequestBody != want.RequestBody {
		t.Errorf("Get: %v %+v", ok, one)
	}
	if s := got[0].Summary(); s.RequestBody+s.ResponseBody != "" || s.RequestHeaders != nil || s.Path == "" {
		t.Errorf("summary: %+v", s)
	}
}

func TestSkips(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{Skip: func(r *http.Request) bool { return r.URL.Path == "/mine" }})
	for _, target := range []string{
		"GET /", "GET /api/exchanges", "POST /api/faults", "GET /api", "GET //api/x", "GET /api/", "GET /console/app.js", "GET /console", "GET /healthz",
		"GET /readyz", "GET /metrics", "GET /docs/errors", "GET /parley.js", "GET /favicon.ico", "GET /mine", "GET /x/../api/y", "HEAD /",
	} {
		method, path, _ := strings.Cut(target, " ")
		request := httptest.NewRequest(method, "http://h/", nil)
		request.URL.Path = path
		do(r, request, answer(200, "", "x"))
	}
	if got := all(r); len(got) != 0 {
		t.Errorf("recorded: %+v", got)
	}
	for i, target := range []string{"POST /", "POST /startChatContact", "GET /participant/websocket", "GET /nowhere", "PUT /contact/chat"} {
		method, path, _ := strings.Cut(target, " ")
		do(r, httptest.NewRequest(method, "http://h"+path, nil), answer(200, "", "x"))
		if got := all(r); len(got) != i+1 {
			t.Errorf("%s is not recorded", target)
		}
	}
}

func TestLeavesBodiesOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	for _, tt := range []struct {
		name                      string
		request                   *http.Request
		status                    int
		contentType, body         string
		asked, answered           string
		truncated, noAsk, noReply bool
	}{
		{"an upload", httptest.NewRequest("PUT", "http://h/attachments/1", strings.NewReader("bytes")), 200, "", "", "", "", false, true, false},
		{"a download", httptest.NewRequest("GET", "http://h/attachments/1", nil), 200, "application/json", `{"a":1}`, "", "", false, false, true},
		{"a refused download", httptest.NewRequest("GET", "http://h/attachments/1", nil), 403, "application/json", `{"a":1}`, "", `{"a":1}`, false, false, false},
		{"an image", post("/", "{}"), 200, "Image/png", "PNG", "{}", "", false, false, true},
		{"not text", post("/", "\xff\xfe"), 200, "application/json", "\xff", "", "", false, true, true},
		{"a long body", post("/", long), 200, "text/plain", long + "é", long[:50], long[:50], true, false, false},
		{"a character at the end", post("/", long[:49]+"é…"), 200, "", "", long[:49], "", true, false, false},
	} {
		r := inspect.New(inspect.Config{MaxBody: 50})
		sent := tt.request.ContentLength
		do(r, tt.request, answer(tt.status, tt.contentType, tt.body))
		e := all(r)[0]
		if e.RequestBody != tt.asked || e.ResponseBody != tt.answered || e.Truncated != tt.truncated || e.RequestOmitted != tt.noAsk || e.ResponseOmitted != tt.noReply {
			t.Errorf("%s: %+v", tt.name, e)
		}
		if e.RequestSize != max(sent, 0) || e.Size != int64(len(tt.body)) {
			t.Errorf("%s: %d and %d bytes", tt.name, e.RequestSize, e.Size)
		}
	}
}

// A handler under a recorder can do what it can do without.
func TestKeepsAbilities(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{})
	proceed := make(chan struct{})
	server := httptest.NewServer(r.Wrap(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		control := http.NewResponseController(w)
		if err := errors.Join(control.SetReadDeadline(time.Now().Add(time.Minute)), control.SetWriteDeadline(time.Now().Add(time.Minute))); err != nil {
			t.Error(err)
		}
		switch request.URL.Path {
		case "/stream":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: 1\n\n")
			if err := control.Flush(); err != nil {
				t.Error(err)
			}
			<-proceed
			_, _ = io.WriteString(w, "data: 2\n\n")
		case "/hijack":
			conn, rw, err := control.Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\nhello")
			_ = rw.Flush()
			_ = conn.Close()
		case "/attachments/1":
			if _, ok := w.(io.ReaderFrom); !ok {
				t.Error("no ReadFrom")
			}
			_, _ = io.Copy(w, strings.NewReader("the bytes"))
		case "/copied":
			_, _ = io.Copy(w, strings.NewReader("the text"))
		}
	})))
	t.Cleanup(server.Close)

	stream, err := server.Client().Get(server.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stream.Body)
	if line, err := lines.ReadString('\n'); line != "data: 1\n" || err != nil {
		t.Errorf("%q %v", line, err)
	}
	close(proceed) // so the first part has come before the second was written
	if rest, err := io.ReadAll(lines); string(rest) != "\ndata: 2\n\n" || err != nil {
		t.Errorf("%q %v", rest, err)
	}
	_ = stream.Body.Close()

	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "GET /hijack HTTP/1.1\r\nHost: h\r\n\r\n")
	if text, err := io.ReadAll(conn); !strings.HasSuffix(string(text), "hello") || err != nil {
		t.Errorf("%q %v", text, err)
	}
	_ = conn.Close()
	for path, want := range map[string]string{"/attachments/1": "the bytes", "/copied": "the text"} {
		answer, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := io.ReadAll(answer.Body); string(text) != want {
			t.Errorf("%s: %q", path, text)
		}
		_ = answer.Body.Close()
	}
	server.Close() // waits for the handlers
	for _, e := range all(r) {
		switch e.Path {
		case "/stream":
			if e.ResponseBody != "data: 1\n\ndata: 2\n\n" || e.Status != 200 {
				t.Errorf("%+v", e)
			}
		case "/hijack":
			if e.Status != 101 {
				t.Errorf("%+v", e)
			}
		case "/attachments/1":
			if e.Size != 9 || e.ResponseBody != "" || !e.ResponseOmitted {
				t.Errorf("%+v", e)
			}
		case "/copied":
			if e.Size != 8 || e.ResponseBody != "the text" {
				t.Errorf("%+v", e)
			}
		}
	}
}

func TestPanicsPass(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		do(r, post("/startChatContact", "{}"), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	}()
	if got := all(r); len(got) != 1 || got[0].Status != 0 || got[0].Problem == nil || got[0].Problem.Rule != "connection-cut" {
		t.Errorf("%+v", got)
	}
}

func TestFrontDoor(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{Paths: []string{"/mine/"}})
	for _, path := range []string{"/startChatContact", "/mine", "/Prod/"} {
		do(r, post(path, "{}"), answer(200, "application/json",
			`{"data":{"startChatResult":{"ContactId":"x"}},"ContactId":"c-1","ParticipantId":"p-1","ParticipantToken":"`+canary+`"}`))
	}
	do(r, post("/", "{}"), answer(400, "application/json", `{"error":"InstanceId is missing.","code":"BadRequest","hint":"Name it.",`+
		`"docs":"http://127.0.0.1:3000/docs/errors#missing","data":{"Error":{}}}`))
	got := all(r)
	for _, e := range got[:3] {
		if e.Action != "StartChatContact" || e.ContactID != "c-1" || e.ParticipantID != "p-1" || e.Role != "CUSTOMER" || e.Problem != nil {
			t.Errorf("%+v", e)
		}
	}
	want := &inspect.Problem{Rule: "missing", Sentence: "InstanceId is missing.", Hint: "Name it.", Docs: "http://127.0.0.1:3000/docs/errors#missing"}
	if diff := cmp.Diff(want, got[3].Problem); diff != "" || got[3].Action != "StartChatContact" {
		t.Error(got[3].Action, diff)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{})
	aws := func(name string) string { return `{"__type":"` + name + `","message":"Said so."}` }
	options := func(origin string) *http.Request {
		request := httptest.NewRequest(http.MethodOptions, "http://h/participant/message", nil)
		request.Header.Set("Origin", origin)
		request.Header.Set("Access-Control-Request-Method", "POST")
		return request
	}
	send := `{"ClientToken":"t1","Content":"a"}`
	for _, tt := range []struct {
		request *http.Request
		status  int
		body    string
		told    func(request *http.Request)
		rule    string
	}{
		{post("/participant/message", "{}"), 403, aws("AccessDeniedException"), nil, "not-allowed"},
		{post("/participant/message", "{}"), 403, aws("AccessDeniedException"), func(request *http.Request) { r.Denied(request, "token-expired") }, "token-expired"},
		{post("/participant/message", "{}"), 403, aws("AccessDeniedException"), func(request *http.Request) { r.Denied(request, "who knows") }, "not-allowed"},
		{post("/participant/event", "{}"), 409, aws("ConflictException"), nil, "receipts-of-many"},
		{post("/participant/complete-attachment-upload", "{}"), 409, aws("ConflictException"), nil, "attachment-completed"},
		{post("/contact/create-participant", "{}"), 409, aws("ConflictException"), func(request *http.Request) {
			r.Called(request, "CreateParticipant", "", "", "")
		}, "bot-not-alone"},
		{post("/contact/stop", "{}"), 409, aws("ConflictException"), nil, "conflict"},
		{post("/participant/message", "{}"), 429, aws("ThrottlingException"), nil, "throttled"},
		{post("/contact/stop", "{}"), 418, "short and stout", nil, "status-418"},
		{post("/participant/message", "{}"), 500, "", func(request *http.Request) { r.Injected(request.Context(), "deploy") }, "fault-injected"},
		{post("/participant/message", send), 200, "{}", nil, ""},
		{post("/participant/message", send), 200, "{}", nil, ""}, // a repetition
		{post("/participant/message", strings.Replace(send, "a", "b", 1)), 200, "{}", nil, "client-token-reused"},
		{options("http://evil.example"), 204, "", nil, "preflight-refused"},
	} {
		do(r, tt.request, func(w http.ResponseWriter, request *http.Request) {
			if tt.told != nil {
				tt.told(request)
			}
			answer(tt.status, "application/json", tt.body)(w, request)
		})
		list := all(r)
		e, got := list[len(list)-1], ""
		if e.Problem != nil {
			got = e.Problem.Rule
			if e.Problem.Sentence == "" || e.Problem.Hint == "" && got != "status-418" {
				t.Errorf("%s says nothing: %+v", got, e.Problem)
			}
		}
		if got != tt.rule {
			t.Errorf("%s %d %s: %q, want %q", tt.request.URL.Path, tt.status, tt.body, got, tt.rule)
		}
	}
	// A preflight that is answered yes is as dull as they come.
	before := len(all(r))
	do(r, options("http://localhost"), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "http://localhost")
		w.WriteHeader(http.StatusNoContent)
	})
	if len(all(r)) != before {
		t.Error("an allowed preflight is recorded")
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{})
	for i := range 10 {
		do(r, post("/participant/message", fmt.Sprintf(`{"Content":"Number %d, Grüße"}`, i)), func(w http.ResponseWriter, request *http.Request) {
			r.Called(request, "SendMessage", fmt.Sprint("c-", i%2), fmt.Sprint("p-", i), "")
			answer(200+100*(i%4), "application/json", "{}")(w, request)
		})
	}
	for _, tt := range []struct {
		q    inspect.Query
		want []uint64
		last uint64
	}{
		{inspect.Query{}, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 10},
		{inspect.Query{Limit: 2}, []uint64{9, 10}, 10},
		{inspect.Query{After: 3, Limit: 2}, []uint64{4, 5}, 5},
		{inspect.Query{After: 8, Limit: 9}, []uint64{9, 10}, 10},
		{inspect.Query{After: 10}, nil, 10},
		{inspect.Query{After: 99}, nil, 99},
		{inspect.Query{ContactID: "c-1"}, []uint64{2, 4, 6, 8, 10}, 10},
		{inspect.Query{ContactID: "c-1", After: 4, Limit: 1}, []uint64{6}, 6},
		{inspect.Query{ParticipantID: "p-3"}, []uint64{4}, 10},
		{inspect.Query{Text: "nuMBER 7"}, []uint64{8}, 10},
		{inspect.Query{Text: "GRÜSSE"}, nil, 10},
		{inspect.Query{Text: "GRÜßE", Limit: 1}, []uint64{10}, 10},
		{inspect.Query{Text: "sendmess", Status: "404"}, nil, 10},
		{inspect.Query{Status: "4xx"}, []uint64{3, 7}, 10},
		{inspect.Query{Status: "500"}, []uint64{4, 8}, 10},
		{inspect.Query{Status: "failed"}, []uint64{3, 4, 7, 8}, 10},
		{inspect.Query{Kind: inspect.Frame}, nil, 10},
	} {
		list, last := r.List(tt.q)
		var got []uint64
		for _, e := range list {
			got = append(got, e.Seq)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || last != tt.last {
			t.Errorf("%+v: last %d %s", tt.q, last, diff)
		}
	}
	for status, want := range map[string]bool{"": true, "failed": true, "4xx": true, "404": true, "6xx": false, "99": false, "x": false} {
		if inspect.IsStatus(status) != want {
			t.Errorf("IsStatus(%q) is %t", status, !want)
		}
	}
	for _, id := range []string{"", "0", "11", "-1", "x"} {
		if _, ok := r.Get(id); ok {
			t.Errorf("there is an exchange %q", id)
		}
	}
	r.Clear()
	if list, last := r.List(inspect.Query{}); len(list) != 0 || last != 10 {
		t.Errorf("after Clear: %d, last %d", len(list), last)
	}
}

func TestForgetsTheOldest(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{Max: 300})
	for range 2000 {
		do(r, post("/", ""), answer(200, "", ""))
	}
	if got := all(r); len(got) != 300 || got[0].Seq != 1701 {
		t.Errorf("%d exchanges from %d on", len(got), got[0].Seq)
	}
}

// Exchanges with bodies of 64 KiB both ways stay within 64 MiB, however many there were, and ten
// thousand small ones are kept.
//
//nolint:paralleltest // it measures the heap of the whole process
func TestMemory(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	big := strings.Repeat("0123456789abcdef", 4<<10)
	r := inspect.New(inspect.Config{})
	before, most := heap(), uint64(0)
	handler := r.Wrap(answer(200, "text/plain", big))
	for i := range 2_000 { // 250 MiB of bodies, four times what may be held
		handler.ServeHTTP(blank{http.Header{}}, post("/participant/message", big))
		if i%500 == 499 {
			most = max(most, heap()-before)
		}
	}
	if kept := len(all(r)); kept < 400 {
		t.Errorf("only %d are kept", kept)
	}
	if most > 64<<20 {
		t.Errorf("%d MiB are held", most>>20)
	}
	t.Logf("%d exchanges, %.1f MiB", len(all(r)), float64(most)/(1<<20))
	r.Clear()
	small := r.Wrap(answer(200, "application/json", `{"Id":"a0000000-0000-4000-8000-000000000010"}`))
	for range 10_000 {
		small.ServeHTTP(blank{http.Header{}}, post("/participant/message", `{"Content":"hello"}`))
	}
	if kept := len(all(r)); kept != 10_000 {
		t.Errorf("%d small ones are kept", kept)
	}
	runtime.KeepAlive(r)
}

// blank is a writer that keeps nothing.
type blank struct{ header http.Header }

func (b blank) Header() http.Header       { return b.header }
func (blank) Write(p []byte) (int, error) { return len(p), nil }
func (blank) WriteHeader(int)             {}

func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := inspect.New(inspect.Config{})
		for range 300 { // more than are taken at a time
			do(r, post("/", ""), answer(200, "", ""))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var got []uint64
		var watching sync.WaitGroup
		watching.Go(func() {
			for e := range r.Watch(ctx, 2) {
				mu.Lock()
				got = append(got, e.Seq)
				mu.Unlock()
			}
		})
		synctest.Wait()
		if len(got) != 298 || got[0] != 3 || got[297] != 300 {
			t.Errorf("caught up with %d", len(got))
		}
		// What comes is shown soon, without anybody asking for it.
		began := time.Now()
		do(r, post("/", ""), func(w http.ResponseWriter, _ *http.Request) {
			<-time.After(3 * time.Second)
			w.WriteHeader(http.StatusOK)
			<-time.After(time.Second)
		})
		<-time.After(10 * time.Millisecond)
		synctest.Wait()
		if len(got) != 299 || got[298] != 301 {
			t.Errorf("shown: %v", got[298:])
		}
		e, _ := r.Get("301")
		if e.FirstByteMs != 3000 || e.DurationMs != 4000 || !e.Time.Equal(began) {
			t.Errorf("times: %v %v %v", e.FirstByteMs, e.DurationMs, e.Time)
		}
		// A clear loses nothing that comes later, and who stops gets no more.
		r.Clear()
		do(r, post("/", ""), answer(200, "", ""))
		for e := range r.Watch(t.Context(), 301) {
			if e.Seq != 302 {
				t.Errorf("after the clear: %d", e.Seq)
			}
			break
		}
		cancel()
		watching.Wait()
	})
}

// Many at once: nothing is lost, and everybody sees the same order.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	r := inspect.New(inspect.Config{})
	server := httptest.NewServer(r.Wrap(answer(200, "application/json", `{}`)))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*patience) // for all of them together
	defer cancel()
	const callers, calls = 8, 50
	var seen []uint64
	var watching, calling sync.WaitGroup
	watching.Go(func() {
		for e := range r.Watch(ctx, 0) {
			if seen = append(seen, e.Seq); len(seen) == callers*calls {
				return
			}
		}
	})
	for range callers {
		calling.Go(func() {
			for range calls {
				answer, err := server.Client().Post(server.URL+"/participant/message", "application/json", strings.NewReader(`{"a":1}`))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				r.List(inspect.Query{Limit: 1})
			}
		})
	}
	calling.Wait()
	watching.Wait()
	for i, seq := range seen {
		if seq != uint64(i+1) {
			t.Fatalf("%d. is %d", i+1, seq)
		}
	}
	if len(seen) != callers*calls {
		t.Errorf("%d seen", len(seen))
	}
}
