package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/cli"
)

// The values of flags complete to their words and to files, behind a word with a colon too.
// The last line is cobra's directive: 4 keeps the shell from offering files of its own, 2 from
// adding a space, 0 leaves everything to the shell.
func TestC4ValuesComplete(t *testing.T) { // in a folder of its own
	t.Chdir(t.TempDir())
	for _, name := range []string{"refunds.yaml", "replies.jsonl", "chats/one.jsonl", "chats/two words.jsonl", "empty/none/x", ".hidden", "echoes.yaml"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		line []string
		want string
	}{
		"an agent":              {[]string{"serve", "--agent", ""}, "echo chats/ echoes.yaml empty/ refunds.yaml replies.jsonl :6"},
		"an agent's word":       {[]string{"serve", "--agent", "ec"}, "echo echoes.yaml :4"},
		"an agent's file":       {[]string{"serve", "--agent", "ref"}, "refunds.yaml :4"},
		"with an equals sign":   {[]string{"serve", "--agent=ref"}, "refunds.yaml :4"},
		"a hidden file":         {[]string{"serve", "--agent", ".h"}, ".hidden :4"},
		"an added agent":        {[]string{"agent", "add", "--script", "ref"}, "refunds.yaml :4"},
		"an upstream":           {[]string{"serve", "--upstream", ""}, "embedded aws replay: :6"},
		"the beginning":         {[]string{"serve", "--upstream", "rep"}, "replay: :6"},
		"a recording":           {[]string{"serve", "--upstream", "replay:"}, "replay:chats/ replay:echoes.yaml replay:empty/ replay:refunds.yaml replay:replies.jsonl :6"},
		"a recording's name":    {[]string{"serve", "--upstream", "replay:rep"}, "replay:replies.jsonl :4"},
		"in a folder":           {[]string{"serve", "--upstream", "replay:chats/"}, "replay:chats/one.jsonl replay:chats/two words.jsonl :4"},
		"by two ways":           {[]string{"serve", "--upstream", "replay:./empty/../chats/o"}, "replay:./empty/../chats/one.jsonl :4"},
		"nothing there":         {[]string{"serve", "--upstream", "replay:gone/"}, ":4"},
		"no other file":         {[]string{"serve", "--upstream", "ref"}, ":4"},
		"config print as serve": {[]string{"config", "print", "--upstream", "replay:rep"}, "replay:replies.jsonl :4"},
		"one of":                {[]string{"serve", "--log-format", "j"}, "json :4"},
		"a number or a word":    {[]string{"serve", "--max-chats", ""}, "auto :4"},
		"a word that goes on":   {[]string{"serve", "--attribute-others", "pre"}, "prefix: :6"},
		"a file alone":          {[]string{"serve", "--record", ""}, ":0"},
		"no file":               {[]string{"serve", "--region", ""}, ":4"},
		"a text":                {[]string{"flow", "run", "x", "--say", ""}, ":4"},
		"a bot's text":          {[]string{"bot", "run", "x", "--say", ""}, ":4"},
		"a name":                {[]string{"start", "--name", ""}, ":4"},
		"a subject":             {[]string{"token", "--subject", ""}, ":4"},
		"a time":                {[]string{"ready", "--wait", ""}, ":4"},
		"a server":              {[]string{"contacts", "--server", ""}, ":4"},
		"a form":                {[]string{"flow", "check", "-o", "s"}, "sarif :4"},
	}
	for name, tt := range tests {
		env, stdout, _ := newEnv(slices.Concat([]string{"__complete"}, tt.line)...)
		if code := cli.Run(t.Context(), env); code != cli.ExitOK {
			t.Errorf("%s: exit code %d", name, code)
		}
		if got := strings.Join(strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n"), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
