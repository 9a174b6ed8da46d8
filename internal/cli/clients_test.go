package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/parley-chat/parley/internal/cli"
)

const testToken = "a-token-for-tests-only"

// client is one command that runs beside others.
type client struct {
	stdout, stderr *screen
	stdin          io.WriteCloser
	stop           context.CancelFunc
	code           <-chan int
}

// run runs a command with something to type on.
func run(t *testing.T, args ...string) *client {
	t.Helper()
	env, stdout, stderr := newEnv(args...)
	input, stdin := io.Pipe()
	env.Stdin, env.Environ = input, []string{"PARLEY_ADMIN_TOKEN=" + testToken}
	ctx, stop := context.WithCancel(t.Context())
	code := make(chan int, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		code <- cli.Run(ctx, env)
	}()
	t.Cleanup(func() {
		stop()
		_ = stdin.Close()
		<-done
	})
	return &client{stdout, stderr, stdin, stop, code}
}

func (c *client) types(t *testing.T, line string) {
	t.Helper()
	if _, err := io.WriteString(c.stdin, line+"\n"); err != nil {
		t.Fatal(err)
	}
}

// ok waits for the end of a command that must succeed.
func (c *client) ok(t *testing.T) string {
	t.Helper()
	if code := <-c.code; code != cli.ExitOK {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, c.stdout, c.stderr)
	}
	return c.stdout.String()
}

// serve runs a server and returns its address.
func serve(t *testing.T, flags ...string) string {
	t.Helper()
	c := run(t, append([]string{"serve", "--ephemeral", "--addr", "127.0.0.1:0", "--log-format", "text"}, flags...)...)
	c.stdout.await(t, "Stop with Ctrl+C.")
	if strings.Contains(c.stdout.String(), testToken) {
		t.Error("the configured admin token is printed")
	}
	return regexp.MustCompile(`http://localhost:\d+`).FindString(c.stdout.String())
}

// TestChatOutlivesItsSocket cuts the sockets of a chat and expires its tokens while it is
// held: it goes on, and nothing is missing or said twice.
func TestChatOutlivesItsSocket(t *testing.T) {
	t.Parallel()
	server := serve(t)
	agent := run(t, "chat", "--as", "agent", "--name", "Ann", "--server", server)
	agent.stderr.await(t, "no chat waits; Ann takes the next one")
	customer := run(t, "chat", "--name", "Pat", "--server", server)
	agent.stderr.await(t, "Ann is in the chat")
	customer.stdout.await(t, "-- Ann (agent) joined")
	breakThings := func(commands []string) {
		for _, command := range commands {
			run(t, append(strings.Fields("fault "+command), "--server", server)...).ok(t)
		}
	}
	for i, breaking := range []struct{ before, after []string }{
		{before: []string{"preset token-expired", "clear"}},
		{before: []string{"preset deploy", "clear"}},
		// The frame is lost: what it said comes with the next socket.
		{before: []string{"add drop --action WebSocket"}, after: []string{"clear", "add cutSocket --times 1"}},
		{},
	} {
		question, answer := fmt.Sprintf("question %d", i), fmt.Sprintf("answer %d", i)
		customer.types(t, question)
		agent.stdout.await(t, "Pat (customer): "+question)
		breakThings(breaking.before)
		agent.types(t, answer)
		agent.stdout.await(t, "Ann (agent): "+answer)
		breakThings(breaking.after)
		customer.stdout.await(t, "Ann (agent): "+answer)
	}
	customer.types(t, "/quit")
	text := customer.ok(t)
	agent.stdout.await(t, "-- the chat has ended")
	agent.ok(t)
	for _, part := range []string{"question 0", "question 1", "question 2", "question 3", "answer 0", "answer 1", "answer 2", "answer 3", "-- Ann (agent) joined", "the chat has ended"} {
		if n := strings.Count(text, part); n != 1 {
			t.Errorf("%q is shown %d times in\n%s", part, n, text)
		}
	}
	if !strings.Contains(customer.stderr.String(), "trying again") {
		t.Errorf("no socket was cut: %s", customer.stderr)
	}
	if left := run(t, "agent", "list", "--server", server).ok(t); strings.Contains(left, "Ann") {
		t.Errorf("the agent has not signed out: %s", left)
	}
}

// TestChatIsLeftOnInterrupt ends both sides as Ctrl+C does.
func TestChatIsLeftOnInterrupt(t *testing.T) {
	t.Parallel()
	server := serve(t)
	customer := run(t, "chat", "--name", "Pat", "--server", server)
	customer.stdout.await(t, "-- Parley (agent) joined")
	customer.stop()
	if code := <-customer.code; code != cli.ExitInterrupted {
		t.Errorf("exit code %d, stderr %q", code, customer.stderr)
	}
	if open := run(t, "contacts", "--state", "active", "--server", server).ok(t); !strings.Contains(open, "no chats") {
		t.Errorf("the chat goes on: %s", open)
	}
	agent := run(t, "chat", "--as", "agent", "--server", server)
	agent.stderr.await(t, "no chat waits")
	agent.stop()
	if code := <-agent.code; code != cli.ExitInterrupted {
		t.Errorf("exit code %d, stderr %q", code, agent.stderr)
	}
	if left := run(t, "agent", "list", "--server", server).ok(t); strings.Contains(left, "person") {
		t.Errorf("the agent has not signed out: %s", left)
	}
}

// TestTail reads events of a real server.
func TestTail(t *testing.T) {
	t.Parallel()
	server := serve(t)
	text := run(t, "tail", "--server", server)
	data := run(t, "tail", "--server", server, "-o", "json", "--topics", "items,clock")
	data.stdout.await(t, `"event":"hello"`)
	text.hears(t, server)
	chat := run(t, "chat", "--name", "Pat", "--server", server)
	chat.types(t, "hello")
	text.stdout.await(t, "Pat (customer): hello")
	text.stdout.await(t, "connected, Pat")
	text.stdout.await(t, "SendMessage 200")
	run(t, "clock", "skip", "1m", "--server", server).ok(t)
	text.stdout.await(t, "clock changed")
	data.stdout.await(t, `"event":"clock"`)
	for line := range strings.Lines(data.stdout.String()) {
		var event struct {
			Event string          `json:"event"`
			Data  json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Errorf("line %q: %v", line, err)
		} else if event.Event == "contact" || event.Event == "exchange" {
			t.Errorf("an event that was not asked for: %s", line)
		}
	}
	text.stop()
	text.ok(t)
}

// A tail of the flow log prints what Amazon Connect would log, one object a line, and marks what the
// flow has logging switched on for.
func TestTraceTail(t *testing.T) {
	t.Parallel()
	flows := t.TempDir()
	const main = `{"Version": "2019-10-30", "StartAction": "hello", "Metadata": {"name": "Main"}, "Actions": [
		{"Identifier": "hello", "Type": "MessageParticipant", "Parameters": {"Text": "Hello, $.Attributes.tier customer."}, "Transitions": {"NextAction": "log"}},
		{"Identifier": "log", "Type": "UpdateFlowLoggingBehavior", "Parameters": {"FlowLoggingBehavior": "Enabled"}, "Transitions": {"NextAction": "bye"}},
		{"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}`
	if err := os.WriteFile(filepath.Join(flows, "main.json"), []byte(main), 0o600); err != nil {
		t.Fatal(err)
	}
	server := serve(t, "--flows", flows)
	log, text := run(t, "tail", "--server", server, "--flow"), run(t, "tail", "--server", server)
	// What happens before they listen they do not hear: the first chat may be heard in part.
	whole := regexp.MustCompile(`(?s)\{[^\n]*"Identifier":"hello".*"Identifier":"bye"[^\n]*\n`)
	for deadline := time.Now().Add(patience); !whole.MatchString(log.stdout.String()) || !regexp.MustCompile(`(?s)Main: hello.*Main: bye`).MatchString(text.stdout.String()); {
		if time.Now().After(deadline) {
			t.Fatalf("nothing is heard; stderr %q", log.stderr)
		}
		run(t, "chat", "--name", "Pat", "--attribute", "tier=gold", "--linger", "1m", "--server", server).ok(t)
	}
	text.stdout.await(t, "Main: hello (MessageParticipant) → NextAction")
	log.stop()
	lines := strings.Split(whole.FindString(log.ok(t)), "\n")
	if len(lines) < 3 {
		t.Fatalf("%q", lines)
	}
	changing := regexp.MustCompile(`"ContactId":"[0-9a-f-]{36}"|"Timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)
	for i, want := range []string{
		`"ContactFlowModuleType":"PlayPrompt","Identifier":"hello",*,"Parameters":{"Text":"Hello, gold customer.","TextToSpeechType":"text"},"Logged":false}`,
		`"ContactFlowModuleType":"SetLoggingBehavior","Identifier":"log",*,"Parameters":{"LoggingBehavior":"Enable"},"Logged":true}`,
		`"ContactFlowModuleType":"Disconnect","Identifier":"bye",*,"Parameters":{},"Logged":true}`,
	} {
		const head = `{*,"ContactFlowId":"arn:aws:connect:us-east-1:000000000000:instance/11111111-1111-4111-8111-111111111111/contact-flow/main.json","ContactFlowName":"Main",`
		if got := changing.ReplaceAllString(lines[i], "*"); got != head+want {
			t.Errorf("line %d is\n\t%s\nnot\n\t%s", i+1, got, head+want)
		}
	}
}

// hears waits until a tail, which says nothing before something happens, is told of what happens.
func (c *client) hears(t *testing.T, server string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(c.stdout.String(), "faults changed"); {
		if time.Now().After(deadline) {
			t.Fatalf("nothing is heard; stderr %q", c.stderr)
		}
		run(t, "fault", "clear", "--server", server).ok(t)
	}
}

// script answers as the API would, and keeps what it was asked.
type script struct {
	t      *testing.T
	mu     sync.Mutex
	asked  []string
	token  string
	resume []string
	// streams are the streams of events, one for each connection; after the last the stream
	// stays open.
	streams []string
	items   string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.token = r.Header.Get("Authorization")
	stream := ""
	if r.URL.Path == "/api/events" {
		s.resume = append(s.resume, r.Header.Get("Last-Event-ID"))
		if len(s.streams) > 0 {
			stream, s.streams = s.streams[0], s.streams[1:]
		}
	}
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/api/events":
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, stream)
	case strings.HasSuffix(r.URL.Path, "/transcript"):
		_, _ = io.WriteString(w, `{"items":[`+s.items+`]}`)
	case strings.HasPrefix(r.URL.Path, "/api/contacts/"):
		_, _ = io.WriteString(w, `{"contactId":"x","state":"connected"}`)
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

func (s *script) serve(t *testing.T) string {
	t.Helper()
	s.t = t
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

// TestFollowComesBack loses the connection in the middle: what was missed is fetched, and
// nothing is printed twice.
func TestFollowComesBack(t *testing.T) {
	t.Parallel()
	item := func(id, content, contentType string) string {
		return fmt.Sprintf(`{"Id":%q,"Type":"MESSAGE","AbsoluteTime":"2026-01-02T03:04:05.000Z","ContentType":%q,"Content":%q,"DisplayName":"Pat"}`, id, contentType, content)
	}
	one, two := item("1", "one", "text/plain"), item("2", "two", "text/plain")
	end := item("3", "", "application/vnd.amazonaws.connect.event.chat.ended")
	s := &script{items: one + "," + two, streams: []string{
		"retry: 1000\nevent: hello\nid: 7\ndata: {}\n\n: alive\n\nevent: item\nid: 8\ndata: " + one + "\n\nevent: item\nid: 9\ndata: tor",
		"event: hello\r\nid: 8\r\ndata: {}\r\n\r\nevent: item\nid: 9\ndata: " + two + "\n\nevent: item\nid: 10\ndata: " + end + "\n\n",
	}}
	c := run(t, "transcript", "00000000-0000-4000-8000-000000000000", "-f", "--server", s.serve(t))
	text := regexp.MustCompile(`\d\d:\d\d:\d\d`).ReplaceAllString(c.ok(t), "TIME")
	if want := "TIME  Pat: one\nTIME  Pat: two\nTIME  -- the chat has ended\n"; text != want {
		t.Errorf("printed\n%s, want\n%s", text, want)
	}
	if got := strings.Join(s.resume, ","); got != ",8" {
		t.Errorf("resumed at %q", got)
	}
	if n := strings.Count(c.stderr.String(), "trying again"); n != 1 {
		t.Errorf("the loss is told %d times: %s", n, c.stderr)
	}
}

// TestHostileText prints what others have chosen: nothing of it acts on the terminal.
func TestHostileText(t *testing.T) {
	t.Parallel()
	hostile := "a\x1b[2J\x00\x07\b\u0085\u009b31m\u202eb\u2066\ufeffc\r\nd\x7f\u2028e\U000e0041 <b>&amp;</b> 👩‍👩‍👧 é " + strings.Repeat("x", 5000)
	quoted, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	member := func(names ...string) string {
		var parts []string
		for _, name := range names {
			parts = append(parts, fmt.Sprintf("%q:%s", name, quoted))
		}
		return strings.Join(parts, ",")
	}
	inner, err := json.Marshal(`{"templateType":` + string(quoted) + `,"data":{"content":{"title":` + string(quoted) + `,"elements":[{"title":` + string(quoted) + `}]}}}`)
	if err != nil {
		t.Fatal(err)
	}
	items := strings.Join([]string{
		`{"Id":"1","Type":"MESSAGE",` + member("Content", "ContentType", "DisplayName", "ParticipantRole", "ContactId") + `}`,
		`{"Id":"2","Type":"MESSAGE","ContentType":"application/vnd.amazonaws.connect.message.interactive","Content":` + string(inner) + `}`,
		`{"Id":"3","Type":"EVENT","ContentType":"application/vnd.amazonaws.connect.event.` + strings.Trim(string(quoted), `"`) + `",` + member("DisplayName") + `}`,
		`{"Id":"4","Type":"ATTACHMENT","Attachments":[{` + member("AttachmentName", "ContentType", "Status") + `}]}`,
	}, ",")
	contact := `{` + member("contactId", "state", "customer", "reason") + `,"participants":[{` + member("displayName", "role") + `}]}`
	rule := `{` + member("id", "name", "action", "contactId", "title", "description") + `}`
	agent := `{` + member("id", "name", "state", "status") + `}`
	everything := `{"items":[` + items + `],"contacts":[` + contact + `],"rules":[` + rule + `],"presets":[` + rule + `],"agents":[` + agent + `],` +
		`"queues":[{` + member("name") + `,"waiting":[{` + member("contactId", "customer") + `}]}]}`
	events := ""
	for _, event := range []string{
		"contact\ndata: " + contact, "desk\ndata: {}", "exchange\ndata: {" + member("kind", "action", "fault", "contactId") + `,"status":500,"problem":{` + member("sentence", "hint") + "}}",
		"exchange\ndata: {\"kind\":\"frame\"," + member("topic", "direction") + "}", "a\x1bb\ndata: {}",
	} {
		events += "event: " + event + "\n\n"
	}
	for item := range strings.SplitSeq(items, `,{"Id"`) {
		events += "event: item\ndata: {\"Id\"" + strings.TrimPrefix(item, `{"Id"`) + "\n\n"
	}
	refusal := `{` + member("error", "code", "hint", "docs", "requestId", "field") + `}`
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, everything) })
	mux.HandleFunc("/api/clock", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400); _, _ = io.WriteString(w, refusal) })
	mux.HandleFunc("/api/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: hello\nid: 1\ndata: {}\n\n"+events+"event: clock\ndata: {}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for _, command := range []string{
		"contacts", "transcript 00000000-0000-4000-8000-000000000000", "agent list", "fault list", "fault preset", "clock", "tail",
	} {
		c := run(t, append(strings.Fields(command), "--server", server.URL)...)
		if command == "tail" {
			c.stdout.await(t, "clock changed")
			c.stop()
		}
		<-c.code
		shown := c.stdout.String() + c.stderr.String()
		if !strings.Contains(shown, `\x1b[2J`) {
			t.Errorf("%s: the text is not shown: %.200q", command, shown)
		}
		for _, r := range shown {
			if r != '\n' && r != '\u200d' && !unicode.IsPrint(r) {
				t.Errorf("%s: printed %U in %.300q", command, r, shown)
				break
			}
		}
	}
}

// TestAdminTokenStaysHere gives the kept token to no server of another machine, and to
// nobody with a question only.
func TestAdminTokenStaysHere(t *testing.T) {
	t.Parallel()
	s := &script{}
	server := s.serve(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "admin-token"), []byte("kept-on-this-machine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := server
	if runtime.GOOS != "windows" { // elsewhere it is this machine, by a name that is not its own
		other = strings.Replace(server, "127.0.0.1", "0.0.0.0", 1)
	}
	tests := map[string]struct {
		args, environ []string
		want          string
	}{
		"a change":                   {[]string{"fault", "clear", "--server", server}, nil, "Bearer kept-on-this-machine"},
		"a question":                 {[]string{"clock", "--server", server}, nil, ""},
		"a change elsewhere":         {[]string{"fault", "clear", "--server", other}, nil, ""},
		"a change elsewhere, given":  {[]string{"fault", "clear", "--server", other}, []string{"PARLEY_ADMIN_TOKEN=" + testToken}, "Bearer " + testToken},
		"a change, given by a flag":  {[]string{"fault", "clear", "--server", server, "--admin-token", testToken}, nil, "Bearer " + testToken},
		"a question, given":          {[]string{"contacts", "--server", server}, []string{"PARLEY_ADMIN_TOKEN=" + testToken}, ""},
		"a change, data dir unknown": {[]string{"fault", "clear", "--server", server, "--data-dir", t.TempDir()}, nil, ""},
	}
	for name, test := range tests {
		if other == server && strings.Contains(name, "elsewhere") {
			continue
		}
		env, _, stderr := newEnv(append(test.args, "--data-dir", dir)...)
		if strings.Contains(name, "unknown") {
			env, _, stderr = newEnv(test.args...)
		}
		env.ReadFile, env.Environ = os.ReadFile, test.environ
		if code := cli.Run(t.Context(), env); code != cli.ExitOK {
			t.Errorf("%s: exit code %d, stderr %q", name, code, stderr)
		}
		if s.token != test.want {
			t.Errorf("%s: sent %q, want %q", name, s.token, test.want)
		}
	}
}

// TestAnswersOfOthers meets servers that are no Parley, and one that calls AWS.
func TestAnswersOfOthers(t *testing.T) {
	t.Parallel()
	const envelope = `{"error":"This server calls AWS.","code":"NotEmbedded","hint":"Start it otherwise."}`
	tests := map[string]struct {
		args   string
		status int
		body   string
		want   string
	}{
		"a web page":        {"contacts", 200, "<html>", "not an answer of Parley's API"},
		"a web page's 404":  {"contacts", 404, "<html>", "answered 404 with something"},
		"a page for tail":   {"tail", 200, "<html>", "not an answer of Parley's API"},
		"no such API":       {"tail", 404, "not found", "answered 404 with something"},
		"aws":               {"contacts", 501, envelope, "This server calls AWS."},
		"aws, its hint":     {"fault list", 501, envelope, "hint: Start it otherwise."},
		"aws, a chat":       {"chat", 200, `{"upstream":{"kind":"aws"}}`, "this command is for the embedded Amazon Connect"},
		"aws, a chat, hint": {"chat --as agent", 200, `{"upstream":{"kind":"aws"}}`, "hint: start a server without --upstream aws"},
		"aws, tail":         {"tail", 501, envelope, "This server calls AWS."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			t.Cleanup(server.Close)
			c := run(t, append(strings.Fields(test.args), "--server", server.URL)...)
			if code := <-c.code; code != cli.ExitFailure || !strings.Contains(c.stderr.String(), test.want) {
				t.Errorf("exit code %d, stderr %q, want %q", code, c.stderr, test.want)
			}
		})
	}
}

func TestReadLinesEndsWithTheInput(t *testing.T) {
	t.Parallel()
	server := serve(t)
	c := run(t, "chat", "--name", "Pat", "--linger", "1ms", "--server", server)
	c.stdout.await(t, "-- Parley (agent) joined")
	writer := bufio.NewWriter(c.stdin)
	for range 3 {
		_, _ = writer.WriteString("one of three\n")
	}
	_, _ = writer.WriteString("no end of line")
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := c.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	c.ok(t)
	all := run(t, "transcript", contactOf(t, c.stderr.String()), "--server", server).ok(t)
	if n := strings.Count(all, "Pat (customer): one of three"); n != 3 || !strings.Contains(all, "Pat (customer): no end of line") {
		t.Errorf("%d of three messages arrived:\n%s", n, all)
	}
}

func contactOf(t *testing.T, text string) string {
	t.Helper()
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindString(text)
	if id == "" {
		t.Fatalf("no contact in %q", text)
	}
	return id
}
