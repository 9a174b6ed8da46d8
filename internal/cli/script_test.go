package cli_test

import (
	"bytes"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/runfile"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"parley": func() { os.Exit(cli.Main("v0.0.0-test")) }, //nolint:forbidigo // this is the program's main
	})
}

// TestScript runs the program as a shell does, one script per file.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update,
		RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir) // chats are kept there
			// The credential chain must find nothing of this machine's.
			env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			// A program built with -race otherwise waits a second before it exits.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			env.Values[fakeKey{}] = &fakeHolder{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"http": cmdHTTP, "await": cmdAwait, "drained": cmdDrained, "port": cmdPort, "alive": cmdAlive, "first-id": cmdFirstID, "last-id": cmdLastID, "end-chat": cmdEndChat,
			"awsfake": cmdAWSFake, "fake-script": cmdFakeScript, "fake-open": cmdFakeOpen, "fake-await": cmdFakeAwait,
		},
	})
}

// cmdHTTP sends a request: http METHOD URL [BODY]. A file name in the place of the
// scheme and host stands for the file's content. It prints the status, the Allow
// header if there is one, and the body.
func cmdHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http METHOD FILE/PATH [BODY]")
	}
	file, path, _ := strings.Cut(args[1], "/")
	address := writtenURL(ts, file) + "/" + path
	var body io.Reader
	if len(args) == 3 {
		body = strings.NewReader(args[2])
	}
	request, err := http.NewRequest(args[0], address, body)
	ts.Check(err)
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if neg {
		if err == nil {
			ts.Fatalf("the request was answered with %s", answer.Status)
		}
		return
	}
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d\nAllow: %s\n%s\n", answer.StatusCode, answer.Header.Get("Allow"), bytes.TrimSpace(text))
}

// writtenURL returns the first line of a URL file.
func writtenURL(ts *testscript.TestScript, file string) string {
	first, _, _ := strings.Cut(ts.ReadFile(file), "\n")
	return first
}

// cmdAwait waits until a file exists.
func cmdAwait(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, args[0], func() bool {
		_, err := os.Stat(ts.MkAbs(args[0]))
		return err == nil
	})
}

// cmdDrained waits until nobody takes connections at the URL in a file any more.
func cmdDrained(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(writtenURL(ts, args[0]))
	ts.Check(err)
	await(ts, "the end of "+u.Host, func() bool {
		c, err := net.Dial("tcp", u.Host)
		if err != nil {
			return true
		}
		ts.Check(c.Close())
		return false
	})
}

// cmdPort sets a variable: port NAME FILE to the port of the URL in a file.
func cmdPort(ts *testscript.TestScript, _ bool, args []string) {
	u, err := url.Parse(writtenURL(ts, args[1]))
	ts.Check(err)
	ts.Setenv(args[0], u.Port())
}

// cmdEndChat ends the newest chat of the server whose URL is in a file, as soon as everything
// was said that is named: end-chat FILE TEXT….
func cmdEndChat(ts *testscript.TestScript, _ bool, args []string) {
	base := writtenURL(ts, args[0])
	client := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // its authority is of no matter here
	}}
	ask := func(method, path, body string) string {
		request, err := http.NewRequest(method, base+path, strings.NewReader(body))
		ts.Check(err)
		answer, err := client.Do(request)
		ts.Check(err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		ts.Check(err)
		return string(text)
	}
	id := ""
	await(ts, fmt.Sprintf("%q to be said", args[1:]), func() bool {
		if id = someID.FindString(ask(http.MethodGet, "/api/contacts?limit=1&state=active", "")); id == "" {
			return false
		}
		said := ask(http.MethodGet, "/api/contacts/"+id+"/transcript", "")
		return !slices.ContainsFunc(args[1:], func(text string) bool { return !strings.Contains(said, text) })
	})
	ask(http.MethodPost, "/contact/stop", `{"InstanceId":"00000000-0000-4000-8000-000000000001","ContactId":"`+id+`"}`)
}

// someID is the form of ids.
var someID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// cmdFirstID sets a variable to the beginning of the first id in a file: first-id NAME FILE.
func cmdFirstID(ts *testscript.TestScript, _ bool, args []string) {
	id := someID.FindString(ts.ReadFile(args[1]))
	if id == "" {
		ts.Fatalf("%s holds no id", args[1])
	}
	ts.Setenv(args[0], id[:13])
}

// cmdLastID sets a variable to the last id in a file: last-id NAME FILE.
func cmdLastID(ts *testscript.TestScript, _ bool, args []string) {
	ids := someID.FindAllString(ts.ReadFile(args[1]), -1)
	if len(ids) == 0 {
		ts.Fatalf("%s holds no id", args[1])
	}
	ts.Setenv(args[0], ids[len(ids)-1])
}

// cmdAlive demands that the second line of a URL file is the id of a process of this machine.
func cmdAlive(ts *testscript.TestScript, neg bool, args []string) {
	content, err := runfile.Parse([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	if content.PID == 0 || content.Gone() != neg {
		ts.Fatalf("%s names process %d; gone: %v", args[0], content.PID, content.Gone())
	}
}

type fakeKey struct{}

// fakeHolder holds the AWS endpoint of one running script.
type fakeHolder struct{ endpoint *awsfake.Endpoint }

func fakeOf(ts *testscript.TestScript) *awsfake.Endpoint {
	holder, ok := ts.Value(fakeKey{}).(*fakeHolder)
	if !ok || holder.endpoint == nil {
		ts.Fatalf("no awsfake was started")
	}
	return holder.endpoint
}

// cmdAWSFake starts an AWS endpoint for the script and points the environment at it.
func cmdAWSFake(ts *testscript.TestScript, _ bool, _ []string) {
	fake := awsfake.New(awsfake.Config{Region: "eu-west-2"})
	server := httptest.NewServer(fake)
	ts.Defer(func() { fake.Close(); server.Close() })
	fake.URL = server.URL
	for _, pair := range fake.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		ts.Setenv(name, value)
	}
	holder, _ := ts.Value(fakeKey{}).(*fakeHolder)
	holder.endpoint = fake
}

// cmdFakeScript scripts the next StartChatContact: a status, an
// exception's name and its text, or "hang".
func cmdFakeScript(ts *testscript.TestScript, _ bool, args []string) {
	step := awsfake.Step{Operation: "StartChatContact"}
	if args[0] == "hang" {
		step.Hang = true
	} else {
		status, err := strconv.Atoi(args[0])
		ts.Check(err)
		step.Status, step.Error, step.Message = status, args[1], strings.Join(args[2:], " ")
	}
	fakeOf(ts).Script(step)
}

// cmdFakeOpen waits until so many chats are open.
func cmdFakeOpen(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, args[0]+" open chats", func() bool { return strconv.Itoa(fakeOf(ts).OpenContacts()) == args[0] })
}

// cmdFakeAwait waits for a number of requests.
func cmdFakeAwait(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	await(ts, args[0]+" calls", func() bool { return fakeOf(ts).Calls() >= n })
}

// await asks until the answer is yes.
func await(ts *testscript.TestScript, what string, ask func() bool) {
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("waiting for %s: in vain", what)
		}
	}
}
