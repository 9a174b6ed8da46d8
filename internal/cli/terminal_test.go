package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli"
)

// outcome runs a command that ends by itself.
func outcome(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	env, out, errs := newEnv(args...)
	code = cli.Run(t.Context(), env)
	return code, out.String(), errs.String()
}

// commands lists every command that a help text names, and those below it.
func commands(t *testing.T, path ...string) [][]string {
	t.Helper()
	_, help, _ := outcome(t, append(path, "--help")...)
	_, list, found := strings.Cut(help, "\nCommands:\n")
	if !found {
		return [][]string{path}
	}
	all := [][]string{path}
	for _, match := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(strings.SplitN(list, "\n\n", 2)[0], -1) {
		if name := match[1]; name != "help" && name != "completion" {
			all = append(all, commands(t, append(append([]string{}, path...), name)...)...)
		}
	}
	return all
}

// Every command takes a mistyped flag for one, says which was meant, and ends with the code of wrong usage.
func TestB5EveryCommandKnowsItsFlags(t *testing.T) {
	t.Parallel()
	all := commands(t)
	if len(all) < 20 {
		t.Fatalf("the help texts name %d commands", len(all))
	}
	for _, path := range all {
		code, _, stderr := outcome(t, append(path, "--hlep")...)
		if code != cli.ExitUsage || !strings.Contains(stderr, "--hlep") || !strings.Contains(stderr, "did you mean --help") {
			t.Errorf("parley %s --hlep: exit code %d: %s", strings.Join(path, " "), code, stderr)
		}
	}
}

// With -o json an error is JSON as well, whatever it is about.
func TestB5ErrorsAsJSON(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for name, test := range map[string]struct {
		args []string
		code int
		want [3]string // code, part of the error, part of the hint
	}{
		"a flag":      {[]string{"contacts", "--limt", "5", "-o", "json"}, cli.ExitUsage, [3]string{"Usage", "--limt", ""}},
		"an argument": {[]string{"transcript", "--output=json"}, cli.ExitUsage, [3]string{"Usage", "takes one CONTACT", "--help"}},
		"no server":   {[]string{"contacts", "-ojson", "--server", "http://127.0.0.1:1"}, cli.ExitFailure, [3]string{"Failure", "nothing listens", "parley serve"}},
		"no chat":     {[]string{"transcript", "abc", "-o=json", "--server", server}, cli.ExitFailure, [3]string{"Failure", `no chat "abc"`, "latest"}},
		"a refusal":   {[]string{"transcript", "00000000-0000-4000-8000-000000000000", "-o", "json", "--server", server}, cli.ExitFailure, [3]string{"", "", ""}},
	} {
		code, stdout, stderr := outcome(t, test.args...)
		var got struct{ Error, Code, Hint string }
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != test.code || stderr != "" ||
			!strings.Contains(got.Code, test.want[0]) || !strings.Contains(got.Error, test.want[1]) || !strings.Contains(got.Hint, test.want[2]) {
			t.Errorf("%s: exit code %d, stdout %s, stderr %s", name, code, stdout, stderr)
		}
	}
}

// Who looks for a flag for the port is told what to write.
func TestB5Port(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--port 3199": "--addr 127.0.0.1:3199", "serve --port=3199": "--addr 127.0.0.1:3199", "serve --port": "--addr 127.0.0.1:PORT",
		"contacts --port 3199": "--server http://localhost:3199",
	} {
		code, _, stderr := outcome(t, strings.Fields(line)...)
		if code != cli.ExitUsage || !strings.Contains(stderr, "--port: there is no such flag; write "+want) {
			t.Errorf("parley %s: exit code %d: %s", line, code, stderr)
		}
	}
}

// A chat is meant by the beginning of its id or as the latest; a list says that it is not the whole, and
// shells complete both.
func TestB5Latest(t *testing.T) {
	t.Parallel()
	server := serve(t)
	if code, _, stderr := outcome(t, "transcript", "latest", "--server", server); code != cli.ExitFailure || !strings.Contains(stderr, "there are no chats") {
		t.Errorf("without chats: exit code %d: %s", code, stderr)
	}
	for _, name := range []string{"Ada", "Pat"} {
		run(t, "start", "--name", name, "--server", server).ok(t)
	}
	run(t, "transcript", "latest", "--server", server).ok(t)
	if older := run(t, "contacts", "--before", "latest", "--server", server).ok(t); !strings.Contains(older, "Ada") || strings.Contains(older, "Pat") {
		t.Errorf("older than the latest: %s", older)
	}
	code, list, stderr := outcome(t, "contacts", "--limit", "1", "--server", server)
	more := regexp.MustCompile("there are older chats: `parley (contacts --before [0-9a-f]{8})`").FindStringSubmatch(stderr)
	if code != cli.ExitOK || strings.Contains(list, "Ada") || more == nil {
		t.Fatalf("exit code %d: %s%s", code, list, stderr)
	}
	if older := run(t, append(strings.Fields(more[1]), "--server", server)...).ok(t); !strings.Contains(older, "Ada") || strings.Contains(older, "Pat") {
		t.Errorf("the older ones: %s", older)
	}
	if _, _, stderr := outcome(t, "contacts", "--limit", "2", "--server", server); strings.Contains(stderr, "older") {
		t.Errorf("of a whole list it is said: %s", stderr)
	}
	for _, line := range []string{"__complete transcript", "__complete tail --contact", "__complete contacts --before"} {
		args := append(strings.Fields(line), "")
		args = append(args[:2:2], append([]string{"--server", server}, args[2:]...)...)
		if _, stdout, _ := outcome(t, args...); !strings.Contains(stdout, "latest\t") || !strings.Contains(stdout, "Ada") {
			t.Errorf("%s: %s", line, stdout)
		}
	}
}

// A rule that is to strike never, for no time or one chat that is not named is no rule that strikes
// always, and an id of nothing is that of none.
func TestFaultsOfNothing(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for _, test := range []struct {
		want string
		args []string
	}{
		{"--percent: a rule", []string{"fault", "add", "throttle", "--percent", "0"}},
		{"--times: a rule", []string{"fault", "add", "throttle", "--times", "0"}},
		{"--status: 0 is no status", []string{"fault", "add", "status", "--status", "0"}},
		{"--for: 100µs is no time", []string{"fault", "add", "throttle", "--for", "100us"}},
		{"--for: -1m0s is no time", []string{"fault", "add", "throttle", "--for=-1m"}},
		{"--contact is empty", []string{"fault", "add", "cutSocket", "--contact", ""}},
	} {
		if code, _, stderr := outcome(t, append(test.args, "--server", server, "--admin-token", testToken)...); code != cli.ExitUsage || !strings.Contains(stderr, test.want) {
			t.Errorf("%q: exit code %d: %s", test.args, code, stderr)
		}
	}
	run(t, "fault", "add", "throttle", "--percent", "1", "--server", server).ok(t)
	if code, _, stderr := outcome(t, "fault", "rm", "", "--server", server, "--admin-token", testToken); code != cli.ExitFailure || !strings.Contains(stderr, `there is no rule ""`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if list := run(t, "fault", "list", "--server", server).ok(t); !strings.Contains(list, "1 %") {
		t.Errorf("the rules: %s", list)
	}
}

// What an interactive message offers is numbered, and a number chooses.
func TestB5NumberedChoices(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for _, test := range []struct{ word, shown, number, said string }{
		{"list", "  1. Rome – ", "1", "You said: Rome"},
		{"panel", "  1. ", "1", "You said: "},
		{"quick", "  2. ", "2", "You said: "},
		{"time", "  1. ", "1", "You said: 20"},
		{"carousel", "  1. ", "1", "You said: "},
		{"pages", "  1. ", "1", "You said: "},
	} {
		t.Run(test.word, func(t *testing.T) {
			t.Parallel()
			customer := run(t, "chat", "--name", "Pat", "--server", server)
			customer.stdout.await(t, "Hello Pat")
			customer.types(t, test.word)
			customer.stdout.await(t, "\n          "+test.shown)
			customer.types(t, test.number)
			customer.stdout.await(t, test.said)
			if text := customer.stdout.String(); strings.Contains(text, "You said: "+test.number+"\n") || strings.Contains(text, "templateIdentifier") {
				t.Errorf("the number itself was said, or the choice is shown as JSON:\n%s", text)
			}
			customer.types(t, "/quit")
			customer.ok(t)
		})
	}
}

// Keys typed at a server open its console, clear the screen and end it, and the last line says what
// was kept; nobody else is shown a banner.
func TestB2Keys(t *testing.T) {
	t.Parallel()
	env, stdout, stderr := newEnv("serve", "--addr", "127.0.0.1:0", "--data-dir", t.TempDir(), "--open")
	input, stdin := io.Pipe()
	opened := make(chan string, 2)
	env.Stdin, env.StdinTerminal, env.StdoutTerminal, env.ReadFile = input, true, true, os.ReadFile
	env.OpenBrowser = func(_ context.Context, address string) error { opened <- address; return nil }
	code := make(chan int, 1)
	go func() { code <- cli.Run(t.Context(), env) }()
	server := &client{stdout, stderr, stdin, func() {}, code}
	stdout.await(t, "Keys, each with Enter: o opens")
	console := regexp.MustCompile(`Console +(?:\x1b\[1m)?(http://localhost:\d+/)`).FindStringSubmatch(stdout.String())[1]
	if address := <-opened; address != console {
		t.Errorf("--open opens %s, and the console is %s", address, console)
	}
	server.types(t, "o")
	if address := <-opened; address != console {
		t.Errorf("o opens %s", address)
	}
	server.types(t, "c")
	stdout.await(t, "\x1b[2J")
	server.types(t, "?")
	server.types(t, "q")
	text := server.ok(t)
	if !strings.Contains(text, "Parley has stopped. Chats are kept in ") || !strings.HasSuffix(text, "no chat was open.\n") {
		t.Errorf("it ends with %q", text)
	}
}

// written waits for the address in the file that a server writes.
func written(t *testing.T, file string) string {
	t.Helper()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-again.C {
		if text, err := os.ReadFile(file); err == nil {
			address, _, _ := strings.Cut(string(text), "\n")
			return address
		}
	}
	t.Fatal("the server writes no address")
	return ""
}

// A server without a terminal prints its log and nothing else, a quiet one not even that; status says
// what runs, and stop ends it.
func TestB2StatusAndStop(t *testing.T) {
	t.Parallel()
	for _, quiet := range []string{"--quiet", "--quiet=false"} {
		file := filepath.Join(t.TempDir(), "url")
		server := run(t, "serve", "--addr", "127.0.0.1:0", "--ephemeral", "--url-file", file, quiet)
		address := written(t, file)
		if quiet == "--quiet=false" {
			server.stderr.await(t, `"msg":"listening"`)
		}
		run(t, "start", "--server", address).ok(t)
		status := run(t, "status", "--server", address).ok(t)
		for _, part := range []string{"Server      http://localhost:", fmt.Sprintf("Process     %d\n", os.Getpid()), "1 open", "not kept: in memory only"} {
			if !strings.Contains(status, part) {
				t.Errorf("status does not say %q:\n%s", part, status)
			}
		}
		if text := run(t, "stop", "--server", address).ok(t); !strings.HasSuffix(text, " has stopped.\n") {
			t.Errorf("stop says %q", text)
		}
		if text := server.ok(t); text != "" || quiet == "--quiet" && server.stderr.String() != "" {
			t.Errorf("it printed %q, and logged %s", text, server.stderr)
		}
		if code, _, stderr := outcome(t, "status", "--server", address); code != cli.ExitFailure {
			t.Errorf("status of none: %d %s", code, stderr)
		}
	}
}

// What an agent types while nobody is there is not kept for whoever comes next.
func TestB5TypedToNobody(t *testing.T) {
	t.Parallel()
	server := serve(t)
	env, stdout, stderr := newEnv("chat", "--as", "agent", "--name", "Ann", "--server", server)
	input, stdin := io.Pipe()
	env.Stdin, env.StdinTerminal, env.Environ = input, true, []string{"PARLEY_ADMIN_TOKEN=" + testToken}
	code := make(chan int, 1)
	go func() { code <- cli.Run(t.Context(), env) }()
	agent := &client{stdout, stderr, stdin, func() {}, code}
	stderr.await(t, "no chat waits")
	agent.types(t, "is anybody there?")
	stderr.await(t, "not sent, because nobody is there yet: is anybody there?")
	customer := run(t, "chat", "--name", "Pat", "--server", server)
	stderr.await(t, "Ann is in the chat")
	agent.types(t, "hello Pat")
	customer.stdout.await(t, "hello Pat")
	if strings.Contains(customer.stdout.String(), "anybody") {
		t.Errorf("it was sent: %s", customer.stdout)
	}
	agent.types(t, "/quit")
	agent.ok(t)
}

// After a skip every line of the list goes by one clock, the server's.
func TestB5OneClock(t *testing.T) {
	t.Parallel()
	server := serve(t)
	run(t, "clock", "skip", "5h", "--server", server).ok(t)
	tail := run(t, "tail", "--server", server)
	for !strings.Contains(tail.stdout.String(), "contact ") { // what happens before it listens it does not hear
		run(t, "start", "--name", "Pat", "--server", server).ok(t)
	}
	tail.stdout.await(t, "StartChatContact")
	run(t, "chat", "--name", "Kim", "--server", server).stdout.await(t, "Hello Kim")
	tail.stdout.await(t, "Hello Kim")
	run(t, "clock", "skip", "5h", "--server", server).ok(t)
	tail.stdout.await(t, "clock changed")
	now := time.Now()
	for _, line := range regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d  .*`).FindAllString(tail.stdout.String(), -1) {
		at, err := time.ParseInLocation("15:04:05", line[:8], time.Local)
		if err != nil {
			t.Fatal(err)
		}
		ahead := (time.Duration(at.Hour()-now.Hour())*time.Hour + time.Duration(at.Minute()-now.Minute())*time.Minute + 24*time.Hour) % (24 * time.Hour)
		if ahead < 4*time.Hour+50*time.Minute || ahead > 10*time.Hour+10*time.Minute {
			t.Errorf("it is %s, and ahead of that by 5 or 10 hours there is: %s", now.Format("15:04:05"), line)
		}
	}
}
