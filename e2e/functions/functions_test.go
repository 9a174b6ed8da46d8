//go:build unix

package functions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/program"
)

// parley is the built program.
var parley string

// patience is how long a test waits for another process: serverless-offline takes half a minute to start
// where many tests run.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	os.Exit(program.WithServer(func(path string) int { //nolint:forbidigo // what TestMain is for
		parley = path
		return m.Run()
	}))
}

// flow asks the function order for an order, and says what comes of it.
const flow = `{
  "Version": "2019-10-30", "StartAction": "call", "Metadata": {},
  "Actions": [
    {"Identifier": "call", "Type": "InvokeLambdaFunction", "Parameters": {
       "LambdaFunctionARN": "arn:aws:lambda:eu-central-1:123456789012:function:parley-test-order:live", "InvocationTimeLimitSeconds": "8",
       "LambdaInvocationAttributes": {"id": "$.Attributes.id"}},
     "Transitions": {"NextAction": "say", "Errors": [{"NextAction": "bad", "ErrorType": "NoMatchingError"}]}},
    {"Identifier": "say", "Type": "MessageParticipant", "Parameters": {"Text": "$.External.customer: $.External.status"}, "Transitions": {"NextAction": "bye"}},
    {"Identifier": "bad", "Type": "MessageParticipant", "Parameters": {"Text": "Sorry."}, "Transitions": {"NextAction": "bye"}},
    {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
  ]
}`

// project is a folder with the flow and a parley.yaml.
func project(t *testing.T, where string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"flows/main.json": flow, "parley.yaml": "functions:\n  parley-test-*:\n    " + where + "\n"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// chat is a chat through the flow: what was said, and the note of the call.
func chat(t *testing.T, dir, id string) (said, note string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), parley, "flow", "run", "flows/main.json", "--attribute", "id="+id, "--attribute", "customer=Ada", "-o", "json")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	var result struct {
		Transcript []struct{ Text string }
		Way        []struct{ Action, Note string }
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	for _, line := range result.Transcript {
		said += line.Text
	}
	return said, result.Way[0].Note
}

// late is what a note says of a call that was not answered within the 8 seconds of the action, which are
// all that it can have: several processes of a busy machine may take longer together.
const late = "no answer within"

// inTime holds chats, and holds them anew when one of their calls was late.
func inTime(t *testing.T, hold func() (late bool)) {
	t.Helper()
	for range 5 {
		if !hold() {
			return
		}
	}
	t.Fatal("a call is late again and again")
}

// converse holds the chats that every way of running the function has to hold, unless a call is late.
func converse(t *testing.T, dir string) bool {
	t.Helper()
	if said, note := chat(t, dir, "17"); strings.Contains(note, late) {
		return true
	} else if said != "Ada: on its way" {
		t.Errorf("a known order: %q (%s)", said, note)
	}
	said, note := chat(t, dir, "none")
	if strings.Contains(note, late) {
		return true
	}
	if said != "Sorry." || !strings.Contains(note, "no such order") {
		t.Errorf("the function fails: %q (%s)", said, note)
	}
	return false
}

// function is the function in Go, built.
func function(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "order")
	if err := program.Other(t.Context(), ".", path, "./order"); err != nil {
		t.Fatal(err)
	}
	return path
}

// absent skips a test whose emulator is not there, or fails it where it has to be.
func absent(t *testing.T, must bool, why string) {
	t.Helper()
	if must {
		t.Fatal(why)
	}
	t.Skip(why)
}

// port is a port that nobody listens on, below those that the system gives to whoever asks for any: it is
// still free when the process that it is for begins to listen.
//
// Source: ip_local_port_range in ip(7), which begins at 32768.
func port(t *testing.T) int {
	t.Helper()
	var err error
	for range 100 {
		number := 20_000 + rand.IntN(12_000)
		var listener net.Listener
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", number)); err == nil {
			_ = listener.Close()
			return number
		}
	}
	t.Fatal(err)
	return 0
}

// output is what a process has written, and who waits for it.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

// after returns what was written from a place on, once that holds a text.
func (o *output) after(t *testing.T, from int, text string) string {
	t.Helper()
	for {
		o.mu.Lock()
		written, more := o.text.String()[from:], o.more
		o.mu.Unlock()
		if strings.Contains(written, text) {
			return written
		}
		select {
		case <-more:
		case <-time.After(patience):
			t.Fatalf("it does not say %q: %s", text, written)
		}
	}
}

// length is how much was written.
func (o *output) length() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Len()
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	close(o.more)
	o.more = make(chan struct{})
	return len(p), nil
}

// start starts a process, waits until it has written a text, and returns what it writes. It ends with the
// test, and what it started as well.
func start(t *testing.T, ready string, cmd *exec.Cmd) *output {
	t.Helper()
	out := &output{more: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	over := time.After(patience)
	for {
		out.mu.Lock()
		text, more := out.text.String(), out.more
		out.mu.Unlock()
		if strings.Contains(text, ready) {
			return out
		}
		select {
		case <-more:
		case <-ended:
			t.Fatalf("it has ended:\n%s", text)
		case <-over:
			t.Fatalf("it does not say %q:\n%s", ready, text)
		}
	}
}

// await returns when somebody listens: the emulator says nothing then.
func await(t *testing.T, address string) {
	t.Helper()
	for began := time.Now(); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Since(began) > patience {
			t.Fatal(err)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(err)
		}
	}
}

// A function in Node.js under the real serverless-offline.
func TestServerlessOffline(t *testing.T) {
	t.Parallel()
	node, err := filepath.Abs("node_modules/.bin/serverless")
	if err != nil {
		t.Fatal(err)
	}
	must := os.Getenv("E2E_SERVERLESS") != ""
	if _, err := os.Stat(node); err != nil || !must {
		absent(t, must, "serverless-offline is not asked for, or not installed: `make test-functions` runs this test")
	}
	lambda := port(t)
	cmd := exec.CommandContext(t.Context(), node, "offline", "--host", "127.0.0.1",
		"--lambdaPort", strconv.Itoa(lambda), "--httpPort", strconv.Itoa(port(t)), "--albPort", strconv.Itoa(port(t)))
	cmd.Dir = "serverless"
	cmd.Env = append(os.Environ(), "SLS_TELEMETRY_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off", "HOME="+t.TempDir())
	start(t, "parley-test-order", cmd)
	dir := project(t, fmt.Sprintf("invoke: http://127.0.0.1:%d", lambda))
	inTime(t, func() bool { return converse(t, dir) })
	dir = project(t, fmt.Sprintf("{invoke: 'http://127.0.0.1:%d', name: other}", lambda))
	inTime(t, func() bool {
		_, note := chat(t, dir, "17")
		if strings.Contains(note, late) {
			return true
		}
		if !strings.Contains(note, "ResourceNotFoundException") || !strings.Contains(note, `it was called "other"`) {
			t.Errorf("under another name: %s", note)
		}
		return false
	})
}

// A program in Go under the real runtime interface emulator.
func TestRuntimeInterfaceEmulator(t *testing.T) {
	t.Parallel()
	emulator := filepath.Join(t.TempDir(), "rie")
	if err := program.Other(t.Context(), "emulator", emulator, "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie"); err != nil {
		absent(t, os.Getenv("CI") == "true", "the runtime interface emulator cannot be built: "+err.Error())
	}
	built := function(t)
	inTime(t, func() bool { // with another emulator each time: one does not stay up when a call comes while one is late
		address := fmt.Sprintf("127.0.0.1:%d", port(t))
		cmd := exec.CommandContext(t.Context(), emulator, "--runtime-interface-emulator-address", address, "--runtime-api-address", fmt.Sprintf("127.0.0.1:%d", port(t)), built)
		start(t, "exec", cmd)
		await(t, address)
		if converse(t, project(t, "emulator: http://"+address)) {
			return true
		}
		dir := project(t, "url: http://"+address+"/2015-03-31/functions/function/invocations")
		said, note := chat(t, dir, "crash")
		if strings.Contains(note, late) {
			return true
		}
		if said != "Sorry." || !strings.Contains(note, "status 502") || !strings.Contains(note, "see the emulator's log") {
			t.Errorf("the function dies: %q (%s)", said, note)
		}
		return converse(t, dir) // it has started another
	})
}

// A program in Go that Parley starts itself.
func TestProgram(t *testing.T) {
	t.Parallel()
	dir := project(t, "program: "+function(t))
	inTime(t, func() bool { return converse(t, dir) })
	inTime(t, func() bool {
		said, note := chat(t, dir, "crash")
		if strings.Contains(note, late) {
			return true
		}
		if said != "Sorry." || !strings.Contains(note, "exit status 3") {
			t.Errorf("the function dies: %q (%s)", said, note)
		}
		return false
	})
}

// A program served: its chats find the same process, its output is in the log, and it ends with Parley.
func TestServedProgram(t *testing.T) {
	t.Parallel()
	dir := project(t, "program: "+function(t))
	cmd := exec.CommandContext(t.Context(), parley, "serve", "--addr", "127.0.0.1:0", "--ephemeral", "--url-file", "url", "--log-format", "json")
	cmd.Dir = dir
	log := start(t, `"msg":"listening"`, cmd)
	for range 2 {
		inTime(t, func() bool {
			before := log.length()
			talk := exec.CommandContext(t.Context(), parley, "chat", "--attribute", "id=17", "--attribute", "customer=Ada", "--linger", "1m")
			talk.Dir, talk.Env = dir, append(os.Environ(), "PARLEY_URL_FILE=url")
			out, err := talk.CombinedOutput()
			if strings.Contains(string(out), "Sorry.") && strings.Contains(log.after(t, before, `"msg":"function failed"`), late) {
				return true
			}
			if err != nil || !strings.Contains(string(out), "Ada: on its way") {
				t.Errorf("%v\n%s", err, out)
			}
			return false
		})
	}
}
