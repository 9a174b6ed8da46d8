package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/e2e/chatclient"
	"github.com/parley-chat/parley/internal/cli"
)

// served is a server that runs in this process.
type served struct {
	url            string
	stdout, stderr *screen
	stop           func() (code int)
}

// serving starts a server; the test's end stops it, unless it was stopped.
func serving(t *testing.T, args ...string) *served {
	t.Helper()
	env, stdout, stderr := newEnv(append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)
	env.StdoutTerminal = true
	env.Environ, env.ReadFile = environ(t), os.ReadFile
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- cli.Run(ctx, env) }()
	stdout.await(t, "Stop with Ctrl+C.")
	s := &served{stdout: stdout, stderr: stderr, url: regexp.MustCompile(`http://localhost:\d+`).FindString(stdout.String())}
	stopped := false
	s.stop = func() int {
		if stopped {
			return 0
		}
		stopped = true
		cancel()
		return <-code
	}
	t.Cleanup(func() { s.stop() })
	return s
}

// said is what a chat page of one server heard.
type said struct {
	chat       chatclient.Chat
	connection chatclient.Connection
	messages   []string
	transcript []string
	ended      bool
}

// holdChat is a customer's whole chat with the built-in partner.
func holdChat(t *testing.T, url string) said {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	client := chatclient.New(url, 4)
	defer client.Close()
	var s said
	var err error
	if s.chat, err = client.Start(ctx, "Ada", ""); err != nil {
		t.Fatal(err)
	}
	if s.connection, err = client.Connect(ctx, s.chat.ParticipantToken); err != nil {
		t.Fatal(err)
	}
	frames := make(chan chatclient.Item, 100)
	socket, err := chatclient.Listen(ctx, s.connection.URL, func(frame []byte) {
		if item, ok := chatclient.Shown(frame); ok {
			frames <- item
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	until := func(is func(chatclient.Item) bool) {
		t.Helper()
		for {
			select {
			case item := <-frames:
				if item.Type == "MESSAGE" {
					s.messages = append(s.messages, item.Content)
				}
				s.ended = s.ended || strings.HasSuffix(item.ContentType, "chat.ended")
				if item.ContactID != "" && item.ContactID != s.chat.ContactID { // receipts name none
					t.Errorf("an item is of contact %s, not %s", item.ContactID, s.chat.ContactID)
				}
				if is(item) {
					return
				}
			case <-ctx.Done():
				t.Fatalf("what was waited for did not come, only %q", s.messages)
			}
		}
	}
	answer := func(i chatclient.Item) bool { return i.Type == "MESSAGE" && strings.HasPrefix(i.Content, "You said") }
	for _, text := range []string{"Where is my order?", "Thank you"} {
		if _, err := client.Send(ctx, s.connection.Token, text, ""); err != nil {
			t.Fatal(err)
		}
		until(answer)
	}
	items, err := client.Transcript(ctx, s.connection.Token)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		s.transcript = append(s.transcript, item.ContentType+" "+item.Content)
	}
	postAs(t, url+"/participant/disconnect", s.connection.Token)
	until(func(i chatclient.Item) bool { return strings.HasSuffix(i.ContentType, "chat.ended") })
	return s
}

// timeline returns the answer that lists what was recorded of a contact, once it shows an action:
// a call is recorded when it is over, and its answer may come before that.
func timeline(t *testing.T, url, contactID, action string) string {
	t.Helper()
	deadline, again := time.NewTimer(patience), time.NewTicker(5*time.Millisecond)
	defer deadline.Stop()
	defer again.Stop()
	for {
		listed := call(t, http.MethodGet, url+"/api/exchanges?contact="+contactID, "")
		if strings.Contains(listed, `"action":"`+action+`"`) {
			return listed
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("the timeline does not show %s: %s", action, listed)
		}
	}
}

func postAs(t *testing.T, url, bearer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Bearer", bearer)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", url, response.Status)
	}
}

// relayed starts a server between chat clients and Amazon Connect, which is another server of
// ours here.
func relayed(t *testing.T, far string, args ...string) *served {
	t.Helper()
	return serving(t, append([]string{
		"--upstream", "aws", "--relay", "--region", "us-west-2", "--endpoint-url", far, "--participant-endpoint-url", far,
		"--instance-id", "11111111-1111-4111-8111-111111111111", "--contact-flow-id", "22222222-2222-4222-8222-222222222222",
		"--data-dir", t.TempDir(),
	}, args...)...)
}

// withAWSKeys sets environment variables, because the AWS SDK reads them itself.
func withAWSKeys(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"), "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
}

// The page's chat client talks to Amazon Connect through the server, and the timeline shows the
// whole chat.
func TestRelay(t *testing.T) {
	withAWSKeys(t)
	far := serving(t, "--ephemeral")
	near := relayed(t, far.url)
	if !strings.Contains(near.stdout.String(), "chats relayed to "+far.url) || !strings.Contains(near.stdout.String(), "/parley.js") {
		t.Errorf("the server says\n%s", near.stdout)
	}
	s := holdChat(t, near.url)
	if !s.ended || len(s.messages) < 4 || len(s.transcript) < 4 {
		t.Errorf("the chat was %+v", s.messages)
	}
	if strings.Contains(s.connection.URL, strings.TrimPrefix(far.url, "http://localhost")) {
		t.Errorf("the socket is at %s, not here", s.connection.URL)
	}
	answer := timeline(t, near.url, s.chat.ContactID, "DisconnectParticipant")
	var listed struct {
		Exchanges []struct{ Kind, Action, Direction, Role string }
	}
	if err := json.Unmarshal([]byte(answer[strings.Index(answer, "{"):]), &listed); err != nil { // headers come first
		t.Fatalf("%v: %s", err, answer)
	}
	var got []string
	for _, e := range listed.Exchanges {
		if what := e.Kind + " " + e.Action; !slices.Contains(got, what) {
			got = append(got, what)
		}
		if e.Role != "CUSTOMER" {
			t.Errorf("%+v is of no customer", e)
		}
	}
	want := []string{
		"http StartChatContact", "http CreateParticipantConnection", "socket WebSocket", "frame WebSocket", "http SendMessage",
		"http GetTranscript", "http DisconnectParticipant",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the timeline shows %q, want %q", got, want)
	}
	if code := near.stop(); code != cli.ExitOK {
		t.Errorf("exit code %d\n%s", code, near.stderr)
	}
	for name, token := range map[string]string{"participant": s.chat.ParticipantToken, "connection": s.connection.Token} {
		if strings.Contains(near.stdout.String()+near.stderr.String(), token) {
			t.Errorf("the %s token was printed", name)
		}
	}
}

// A chat with Amazon Connect, or the embedded one, is recorded and played to the same client
// twice, without either.
func TestRecordAndReplay(t *testing.T) {
	withAWSKeys(t)
	for _, name := range []string{"embedded", "relayed"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "chat.jsonl")
			var recorder *served
			if name == "embedded" {
				recorder = serving(t, "--ephemeral", "--record", file)
			} else {
				recorder = relayed(t, serving(t, "--ephemeral").url, "--record", file)
			}
			recorded := holdChat(t, recorder.url)
			if code := recorder.stop(); code != cli.ExitOK {
				t.Fatalf("exit code %d\n%s", code, recorder.stderr)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for name, token := range map[string]string{
				"participant": recorded.chat.ParticipantToken, "connection": recorded.connection.Token, "socket": recorded.connection.URL,
			} {
				if strings.Contains(string(text), token) {
					t.Errorf("the %s token stands in the recording", name)
				}
			}

			player := serving(t, "--upstream", "replay:"+file, "--replay-speed", "0")
			if !strings.Contains(player.stdout.String(), "the recording chat.jsonl (1 chat of ") {
				t.Errorf("the server says\n%s", player.stdout)
			}
			var earlier string
			for range 2 {
				played := holdChat(t, player.url)
				if diff := cmp.Diff(recorded.messages, played.messages); diff != "" {
					t.Errorf("messages (-recorded +played):\n%s", diff)
				}
				if diff := cmp.Diff(recorded.transcript, played.transcript); diff != "" {
					t.Errorf("transcript (-recorded +played):\n%s", diff)
				}
				if played.chat.ContactID == recorded.chat.ContactID || played.chat.ContactID == earlier {
					t.Error("the contact's id is not fresh")
				}
				earlier = played.chat.ContactID
			}
			timeline(t, player.url, earlier, "DisconnectParticipant")
			if code := player.stop(); code != cli.ExitOK {
				t.Errorf("exit code %d\n%s", code, player.stderr)
			}
		})
	}
}

// What is wrong with a recording is said before anything is served, and none is overwritten.
func TestBadRecordings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"no such file":    {[]string{"--upstream", "replay:" + filepath.Join(dir, "none")}, []string{"error: --upstream: opening a recording", "hint: `parley serve --record FILE`"}},
		"no recording":    {[]string{"--upstream", "replay:" + write("other", "{}\n")}, []string{"line 1: this is no recording", "hint: name a file that --record has written"}},
		"overwriting one": {[]string{"--ephemeral", "--record", write("there", "x")}, []string{"error: --record:", "hint: a recording is never overwritten"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, _, stderr := newEnv(append([]string{"serve", "--addr", "127.0.0.1:0"}, test.args...)...)
			env.Environ, env.ReadFile = nil, os.ReadFile
			if code := cli.Run(t.Context(), env); code != cli.ExitUsage {
				t.Errorf("exit code %d", code)
			}
			for _, want := range test.want {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("the standard error lacks %q:\n%s", want, stderr)
				}
			}
		})
	}
}
