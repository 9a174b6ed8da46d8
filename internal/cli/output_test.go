package cli_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/cli"
)

// ready asks a server whether it is ready.
func ready(t *testing.T, url string) (status int) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	answer, err := client.Get(url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// On a terminal, where both outputs are the same, the announcement stands between the lines
// that were logged before and those that come later.
func TestAnnouncementInOrder(t *testing.T) {
	t.Parallel()
	env, _, terminal := newEnv("serve", "--ephemeral", "--addr", "127.0.0.1:0", "--log-format", "text")
	env.Stdout = terminal
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	code := make(chan int)
	go func() { code <- cli.Run(ctx, env) }()
	terminal.await(t, "Stop with Ctrl+C.")
	stop()
	if code := <-code; code != cli.ExitOK {
		t.Errorf("exit code %d", code)
	}
	order := regexp.MustCompile(`(?s)^[^\n]* listening url=[^\n]*\nParley is ready\..*Stop with Ctrl\+C\.\n[^\n]* draining [^\n]*\nParley has stopped\. [^\n]*\n$`)
	if !order.MatchString(terminal.String()) {
		t.Errorf("the terminal shows:\n%s", terminal)
	}
}

// A log that takes nothing from the start holds up neither the announcement nor the end, not
// even when an error is to be reported then.
func TestLogThatTakesNothing(t *testing.T) {
	t.Parallel()
	env, stdout, _ := newEnv("serve", "--ephemeral", "--addr", "127.0.0.1:0")
	env.StdoutTerminal = true
	unread, stderr := io.Pipe()
	env.Stderr = stderr
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	code := make(chan int)
	go func() { code <- cli.Run(ctx, env) }()
	stdout.await(t, "Stop with Ctrl+C.")
	if status := ready(t, regexp.MustCompile(`http://localhost:\d+`).FindString(stdout.String())); status != http.StatusOK {
		t.Errorf("the server says %d", status)
	}
	stop()
	if code := <-code; code != cli.ExitOK {
		t.Errorf("exit code %d", code)
	}

	env, _, _ = newEnv("serve", "--addr", "127.0.0.1:0")
	env.Stderr = stderr
	if code := cli.Run(t.Context(), env); code != cli.ExitUsage { // chats need a directory
		t.Errorf("exit code %d", code)
	}
	_ = unread.Close() // lets the writes end that were given up
}
