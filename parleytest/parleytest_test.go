package parleytest_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/parleytest"
)

// call makes a call; header is a name and a value, or nothing.
func call(t *testing.T, method, url, body string, header ...string) (*http.Response, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if len(header) == 2 {
		request.Header.Set(header[0], header[1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	_ = json.Unmarshal(raw, &members) // a script is none
	return answer, members
}

// connect returns a connection token.
func connect(t *testing.T, server *parleytest.Server, chat parleytest.Chat) string {
	t.Helper()
	answer, members := call(t, http.MethodPost, server.URL+"/participant/connection",
		`{"Type":["WEBSOCKET","CONNECTION_CREDENTIALS"]}`, "X-Amz-Bearer", chat.ParticipantToken)
	credentials, _ := members["ConnectionCredentials"].(map[string]any)
	token, _ := credentials["ConnectionToken"].(string)
	if answer.StatusCode != http.StatusOK || token == "" {
		t.Fatalf("connecting: %s %v", answer.Status, members)
	}
	return token
}

func TestServes(t *testing.T) {
	t.Parallel()
	server := parleytest.Start(t)
	for _, path := range []string{"/startChatContact", "/", "/Prod/", "/start-chat"} {
		if answer, members := call(t, http.MethodPost, server.URL+path, ""); answer.StatusCode != http.StatusOK || members["ContactId"] == "" {
			t.Errorf("POST %s: %s %v", path, answer.Status, members)
		}
	}
	answer, _ := call(t, http.MethodGet, server.URL+"/parley.js", "")
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("/parley.js: %s %v", answer.Status, answer.Header)
	}
	if answer, members := call(t, http.MethodPut, server.URL+"/contact/chat",
		`{"InstanceId":"`+server.InstanceID+`","ContactFlowId":"`+server.ContactFlowID+`","ParticipantDetails":{"DisplayName":"Pat"}}`); answer.StatusCode != http.StatusOK {
		t.Errorf("an AWS SDK's call: %s %v", answer.Status, members)
	}
	if answer, _ := call(t, http.MethodPost, server.StartChatURL, "", "Origin", "https://evil.example.com"); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a page of the internet: %s", answer.Status)
	}
	if answer, _ := call(t, http.MethodPost, server.StartChatURL, "", "Origin", "http://localhost:8080"); answer.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("a page of this machine: %s %v", answer.Status, answer.Header)
	}
}

func TestPlayingTheAgent(t *testing.T) {
	t.Parallel()
	server := parleytest.Start(t)
	chat := server.StartChat(t, "Pat")
	token := connect(t, server, chat)
	ann := server.JoinAgent(t, chat.ContactID, "Ann")
	ann.Say(t, "How can I help?")
	ann.Send(t, "text/markdown", "**Well?**")
	if answer, members := call(t, http.MethodPost, server.URL+"/participant/message",
		`{"ContentType":"text/plain","Content":"Where is it?"}`, "X-Amz-Bearer", token); answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %v", answer.Status, members)
	}
	ann.Leave(t)
	want := []parleytest.Message{
		{"AGENT", "Ann", "text/plain", "How can I help?"},
		{"AGENT", "Ann", "text/markdown", "**Well?**"},
		{"CUSTOMER", "Pat", "text/plain", "Where is it?"},
	}
	if diff := cmp.Diff(want, server.Messages(t, chat.ContactID)); diff != "" {
		t.Error(diff)
	}
	if answer, _ := call(t, http.MethodPost, server.URL+"/participant/message", `{"ContentType":"text/plain","Content":"x"}`,
		"X-Amz-Bearer", token); answer.StatusCode != http.StatusForbidden {
		t.Errorf("after the end: %s", answer.Status)
	}
}

// A server in a test has what the program's has.
func TestWholeServer(t *testing.T) {
	t.Parallel()
	server := parleytest.Start(t)
	if answer, members := call(t, http.MethodGet, server.URL+"/readyz", ""); answer.StatusCode != http.StatusOK || members["status"] != "ready" {
		t.Errorf("/readyz: %s %v", answer.Status, members)
	}
	for path, want := range map[string]string{"/docs/errors": "text/html", "/": "text/html", "/console/inspector": "text/html", "/api/status": "application/json"} {
		answer, _ := call(t, http.MethodGet, server.URL+path, "")
		if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), want) {
			t.Errorf("%s: %s %v", path, answer.Status, answer.Header)
		}
	}
	if _, members := call(t, http.MethodGet, server.URL+"/nowhere", ""); members["docs"] != server.URL+"/docs/errors#not-found" {
		t.Errorf("an error's page is %v", members["docs"])
	}
	chat := server.StartChat(t, "Pat")
	_, found := call(t, http.MethodGet, server.URL+"/api/contacts/"+chat.ContactID, "")
	if found["customer"] != "Pat" {
		t.Errorf("the API knows %v", found)
	}
	const skip = `{"skipMs":60000}`
	if answer, _ := call(t, http.MethodPost, server.URL+"/api/clock", skip); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a change without the token: %s", answer.Status)
	}
	answer, clock := call(t, http.MethodPost, server.URL+"/api/clock", skip, "Authorization", "Bearer "+server.AdminToken)
	if answer.StatusCode != http.StatusOK || clock["offsetMs"] != 60000.0 {
		t.Errorf("a change with the token: %s %v", answer.Status, clock)
	}
	if other := parleytest.Start(t); other.AdminToken == server.AdminToken || len(other.AdminToken) < 26 {
		t.Errorf("the tokens are %q and %q", server.AdminToken, other.AdminToken)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	server := parleytest.Start(t)
	chat := server.StartChat(t, "Pat")
	token := connect(t, server, chat)
	send := func() (int, string) {
		answer, members := call(t, http.MethodPost, server.URL+"/participant/message", `{"ContentType":"text/plain","Content":"x"}`, "X-Amz-Bearer", token)
		message, _ := members["Message"].(string)
		return answer.StatusCode, message
	}
	remove := server.AddFault(t, parleytest.Fault{Effect: "status", Action: "SendMessage", Status: 503, Error: "ServiceUnavailableException", Message: "Try later."})
	if status, message := send(); status != http.StatusServiceUnavailable || message != "Try later." {
		t.Errorf("with a fault: %d %q", status, message)
	}
	remove()
	if status, _ := send(); status != http.StatusOK {
		t.Errorf("after it was removed: %d", status)
	}
	server.AddFault(t, parleytest.Fault{Effect: "throttle", ContactID: chat.ContactID, Times: 1})
	if status, _ := send(); status != http.StatusTooManyRequests {
		t.Errorf("throttled: %d", status)
	}
	if status, _ := send(); status != http.StatusOK {
		t.Errorf("after the one time: %d", status)
	}
	server.AddFault(t, parleytest.Fault{Effect: "status", Action: "StartChatContact", Status: 500})
	if answer, _ := call(t, http.MethodPost, server.StartChatURL, ""); answer.StatusCode == http.StatusOK {
		t.Errorf("the front door with a fault: %s", answer.Status)
	}
	server.ClearFaults()
	server.StartChat(t, "Pat")
}

// What a test's server does is not up to the machine it runs on.
func TestIndependentOfTheMachine(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", home)
	t.Setenv("PARLEY_STRICT", "true")
	t.Setenv("PARLEY_ADMIN_TOKEN", "of-the-machine")
	t.Chdir(home)
	if err := os.WriteFile("parley.yaml", []byte("no-such-setting: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := parleytest.Start(t)
	if answer, _ := call(t, http.MethodPost, server.StartChatURL, `{"InstanceId":"44444444-4444-4444-8444-444444444444"}`); answer.StatusCode != http.StatusOK {
		t.Errorf("the server is strict: %s", answer.Status)
	}
	if server.AdminToken == "of-the-machine" {
		t.Error("the token is the machine's")
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 1 {
		t.Errorf("left in the home directory: %v, %v", left, err)
	}
}

func TestSkipsTime(t *testing.T) {
	t.Parallel()
	server := parleytest.Start(t)
	chat := server.StartChat(t, "Pat")
	token := connect(t, server, chat)
	server.SkipTime(25 * time.Hour)
	if answer, _ := call(t, http.MethodPost, server.URL+"/participant/message", `{"ContentType":"text/plain","Content":"x"}`,
		"X-Amz-Bearer", token); answer.StatusCode != http.StatusForbidden {
		t.Errorf("with a token of yesterday: %s", answer.Status)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	const instance = "33333333-3333-4333-8333-333333333333"
	dir := t.TempDir()
	var lines atomic.Int64
	log := slog.New(slog.NewTextHandler(counter{&lines}, nil))
	first := parleytest.Start(t, parleytest.WithDataDir(dir), parleytest.WithInstance(instance), parleytest.WithStrict(1),
		parleytest.WithAllowOrigins("https://shop.example.com"), parleytest.WithPartner(), parleytest.WithLog(log))
	if first.InstanceID != instance {
		t.Errorf("the instance is %s", first.InstanceID)
	}
	if answer, _ := call(t, http.MethodPost, first.StartChatURL, `{"InstanceId":"44444444-4444-4444-8444-444444444444"}`); answer.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown instance: %s", answer.Status)
	}
	if answer, _ := call(t, http.MethodPost, first.StartChatURL, "", "Origin", "https://shop.example.com"); answer.StatusCode != http.StatusOK {
		t.Errorf("an allowed origin: %s", answer.Status)
	}
	chat := first.StartChat(t, "Pat")
	first.JoinAgent(t, chat.ContactID, "Ann").Say(t, "Hello")
	first.Close(t)
	first.Close(t)

	second := parleytest.Start(t, parleytest.WithDataDir(dir))
	if got := second.Messages(t, chat.ContactID); len(got) != 1 || got[0].Content != "Hello" {
		t.Errorf("after a restart: %v", got)
	}
	second.EndChat(t, chat.ContactID)
	if lines.Load() == 0 {
		t.Error("nothing was logged")
	}
}

// counter counts the lines written to it.
type counter struct{ lines *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.lines.Add(1)
	return len(p), nil
}

// fake is a test that is allowed to fail.
type fake struct {
	testing.TB
	failed string
}

func (f *fake) Helper() {}

func (f *fake) Fatalf(format string, _ ...any) {
	f.failed = format
	panic(f)
}

func TestFailsTheTest(t *testing.T) {
	t.Parallel()
	server := parleytest.Start(t)
	for name, do := range map[string]func(f *fake){
		"options that cannot be":    func(f *fake) { parleytest.Start(f, parleytest.WithAllowOrigins("*")) },
		"an unknown chat to join":   func(f *fake) { server.JoinAgent(f, "none", "Ann") },
		"an unknown chat to end":    func(f *fake) { server.EndChat(f, "none") },
		"an unknown chat to read":   func(f *fake) { server.Messages(f, "none") },
		"an unknown fault":          func(f *fake) { server.AddFault(f, parleytest.Fault{Effect: "none"}) },
		"a customer without a name": func(f *fake) { server.StartChat(f, "") },
	} {
		f := &fake{TB: t}
		func() {
			defer func() { _ = recover() }()
			do(f)
		}()
		if f.failed == "" {
			t.Errorf("%s did not fail the test", name)
		}
	}
}
