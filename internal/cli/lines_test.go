package cli_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli"
)

// A line that is too long is left out of a chat, with what to do, and the chat goes on; it ends as one in which
// something was not sent.
func TestLongLine(t *testing.T) {
	t.Parallel()
	chat := run(t, "chat", "--name", "Pat", "--server", serve(t))
	chat.stdout.await(t, "-- Parley (agent) joined")
	chat.types(t, strings.Repeat("x", 1<<20+100))
	chat.stderr.await(t, "parley: error: a line of 1048677 bytes is left out: a line has at most 1048576\nparley: hint: break it into shorter lines: a message of a chat has at most 1,024 characters\n")
	chat.types(t, "hello\r")
	chat.stdout.await(t, "Pat (customer): hello\n")
	chat.types(t, "/quit")
	if code := <-chat.code; code != cli.ExitFailure {
		t.Errorf("exit code %d, stderr %q", code, chat.stderr)
	}
}

// A question is asked again after such a line.
func TestLongAnswer(t *testing.T) {
	t.Chdir(t.TempDir())
	env, stdout, stderr := newEnv("init")
	env.Stdin, env.StdinTerminal, env.StdoutTerminal = strings.NewReader(strings.Repeat("x", 2<<20)+"\n"), true, true
	code := cli.Run(t.Context(), env)
	first, again, _ := strings.Cut(stdout.String(), "] ")
	if !strings.HasSuffix(strings.TrimSpace(again), strings.TrimSpace(first)+"]") || code == cli.ExitOK || !strings.Contains(stderr.String(), "a line of 2097153 bytes is left out") || !strings.Contains(stderr.String(), "the answers ended early") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}
