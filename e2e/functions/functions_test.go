//go:build unix

package functions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

// converse holds the chats that every way of running the function has to hold.
func converse(t *testing.T, dir string) {
	t.Helper()
	if said, note := chat(t, dir, "17"); said != "Ada: on its way" {
		t.Errorf("a known order: %q (%s)", said, note)
	}
	if said, note := chat(t, dir, "none"); said != "Sorry." || !strings.Contains(note, "no such order") {
		t.Errorf("the function fails: %q (%s)", said, note)
	}
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

// port is a port that nobody listens on.
func port(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	address, _ := listener.Addr().(*net.TCPAddr)
	return address.Port
}

// output is what a process has written, and who waits for it.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	close(o.more)
	o.more = make(chan struct{})
	return len(p), nil
}

// start starts a process and waits until it has written a text. It ends with the test, and what it
// started as well.
func start(t *testing.T, ready string, cmd *exec.Cmd) {
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
	patience := time.After(time.Minute)
	for {
		out.mu.Lock()
		text, more := out.text.String(), out.more
		out.mu.Unlock()
		if strings.Contains(text, ready) {
			return
		}
		select {
		case <-more:
		case <-ended:
			t.Fatalf("it has ended:\n%s", text)
		case <-patience:
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
		if time.Since(began) > time.Minute {
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
	converse(t, project(t, fmt.Sprintf("invoke: http://127.0.0.1:%d", lambda)))
	if _, note := chat(t, project(t, fmt.Sprintf("{invoke: 'http://127.0.0.1:%d', name: other}", lambda)), "17"); !strings.Contains(note, "ResourceNotFoundException") || !strings.Contains(note, `it was called "other"`) {
		t.Errorf("under another name: %s", note)
	}
}

// A program in Go under the real runtime interface emulator.
func TestRuntimeInterfaceEmulator(t *testing.T) {
	t.Parallel()
	emulator := filepath.Join(t.TempDir(), "rie")
	if err := program.Other(t.Context(), "emulator", emulator, "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie"); err != nil {
		absent(t, os.Getenv("CI") == "true", "the runtime interface emulator cannot be built: "+err.Error())
	}
	address := fmt.Sprintf("127.0.0.1:%d", port(t))
	cmd := exec.CommandContext(t.Context(), emulator, "--runtime-interface-emulator-address", address, "--runtime-api-address", fmt.Sprintf("127.0.0.1:%d", port(t)), function(t))
	start(t, "exec", cmd)
	await(t, address)
	converse(t, project(t, "emulator: http://"+address))
	dir := project(t, "url: http://"+address+"/2015-03-31/functions/function/invocations")
	if said, note := chat(t, dir, "crash"); said != "Sorry." || !strings.Contains(note, "status 502") || !strings.Contains(note, "see the emulator's log") {
		t.Errorf("the function dies: %q (%s)", said, note)
	}
	converse(t, dir) // it has started another
}

// A program in Go that Parley starts itself.
func TestProgram(t *testing.T) {
	t.Parallel()
	dir := project(t, "program: "+function(t))
	converse(t, dir)
	if said, note := chat(t, dir, "crash"); said != "Sorry." || !strings.Contains(note, "exit status 3") {
		t.Errorf("the function dies: %q (%s)", said, note)
	}
}

// A program served: its chats find the same process, its output is in the log, and it ends with Parley.
func TestServedProgram(t *testing.T) {
	t.Parallel()
	dir := project(t, "program: "+function(t))
	cmd := exec.CommandContext(t.Context(), parley, "serve", "--addr", "127.0.0.1:0", "--ephemeral", "--url-file", "url", "--log-format", "json")
	cmd.Dir = dir
	start(t, `"msg":"listening"`, cmd)
	for range 2 {
		talk := exec.CommandContext(t.Context(), parley, "chat", "--attribute", "id=17", "--attribute", "customer=Ada", "--linger", "1m")
		talk.Dir, talk.Env = dir, append(os.Environ(), "PARLEY_URL_FILE=url")
		out, err := talk.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Ada: on its way") {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
