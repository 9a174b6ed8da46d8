package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli"
)

// On a terminal parley init asks, and asks again when an answer cannot be read; without all answers
// nothing is written.
func TestRowB1InitAsks(t *testing.T) {
	t.Chdir(t.TempDir())
	run := func(answers string, args ...string) (code int, stdout, stderr, file string) {
		env, out, problems := newEnv(append([]string{"init"}, args...)...)
		env.Stdin, env.StdinTerminal, env.StdoutTerminal = strings.NewReader(answers), true, true
		code = cli.Run(t.Context(), env)
		text, err := os.ReadFile("parley.yaml")
		if err == nil {
			err = os.Remove("parley.yaml")
		}
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return code, out.String(), problems.String(), string(text)
	}
	has := func(text string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("there is no %q in\n%s", w, text)
			}
		}
	}

	const id = "12345678-1234-1234-1234-123456789012"
	code, stdout, stderr, file := run("both\naws\n" + id + "\n\nHere!\neu-central-1\na.example\nhttps://a.example,https://b.example\n")
	if code != 0 || strings.Contains(stdout, "In which folder") {
		t.Errorf("code %d: %s\n%s", code, stdout, stderr)
	}
	has(stdout, "Who answers chats", "[embedded] \"both\" is not one of", "Which instance", "\"Here!\" ", "\"a.example\" ", "parley.yaml is written", "parley doctor")
	has(file, "\nupstream: aws\n", "\ninstance-id: "+id+"\n", "\n#contact-flow-id: ", "\nregion: eu-central-1\n", "\nallow-origin: ['https://a.example', 'https://b.example']\n")

	_, stdout, _, file = run("\nmy flows\n\n")
	has(stdout, "In which folder", "parley flow init \"my flows\"")
	has(file, "\nupstream: embedded\n", "\nflows: my flows\n", "\n#allow-origin: ")

	// what a flag says is not asked
	_, stdout, _, file = run("\n", "--upstream", "embedded", "--flows", "there")
	if strings.Contains(stdout, "Who answers") || strings.Contains(stdout, "In which folder") {
		t.Error(stdout)
	}
	has(file, "\nflows: there\n")

	code, _, stderr, file = run("aws\n")
	if code != 1 || file != "" {
		t.Errorf("code %d, and it wrote %q", code, file)
	}
	has(stderr, "nothing is written", "parley init --yes")
	if code, stdout, _, file = run("", "--yes"); code != 0 || strings.Contains(stdout, "?") {
		t.Errorf("--yes: %d, %s", code, stdout)
	}
	has(file, "\nupstream: embedded\n")
}
