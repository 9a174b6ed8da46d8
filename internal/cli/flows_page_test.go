package cli_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestFlowsPage runs every command of docs/flows.md, in the order of the page and with the files that
// it shows, and compares what the program prints. A line of the page that is … stands for any.
func TestFlowsPage(t *testing.T) {
	t.Parallel()
	runPage(t, "docs/flows.md", "Main.json", "Downloads/Main.json", 8)
}

// TestFunctionsPage does the same with docs/functions.md.
func TestFunctionsPage(t *testing.T) {
	t.Parallel()
	runPage(t, "docs/functions.md", "Order.json", "flows/Order.json", 4)
}

// TestBotsPage does the same with docs/bots.md.
func TestBotsPage(t *testing.T) {
	t.Parallel()
	runPage(t, "docs/bots.md", "Order.json", "Order.json", 6)
}

// TestBotSamplesPage does the same with the page of the sample bots, in their folder.
func TestBotSamplesPage(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("the function of a sample bot needs Node.js")
	}
	runPage(t, "examples/bots/README.md", "Order.json", "Order.json", 4)
}

// TestFlowTestingPage does the same with docs/flow-testing.md.
func TestFlowTestingPage(t *testing.T) {
	t.Parallel()
	runPage(t, "docs/flow-testing.md", "Order.json", "other/Order.json", 9)
}

// runPage runs a page, with a flow of testdata under the name that the page has for it. The page has
// at least so many commands.
func runPage(t *testing.T, name, flow, as string, least int) {
	t.Helper()
	page, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	export, err := os.ReadFile("testdata/flows/" + flow)
	if err != nil {
		t.Fatal(err)
	}
	script, files := pageScript(t, string(page), least)
	dir := t.TempDir()
	text := script + fmt.Sprintf("-- %s --\n%s\n", as, export) + files
	if err := os.WriteFile(filepath.Join(dir, "page.txtar"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return os.CopyFS(filepath.Join(env.WorkDir, "examples"), samples{os.DirFS("../../examples")})
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": cmdAwait, "http": cmdHTTP, "first-id": cmdFirstID},
	})
}

// samples are the examples without what npm installs.
type samples struct{ fs.FS }

func (s samples) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return name == "." && e.Name() != "bots" && e.Name() != "flows" }), err
}

var (
	fenced   = regexp.MustCompile("(?s)```(console|yaml)\n(.*?)```")
	timeOfIt = regexp.MustCompile(`\d\d:\d\d:\d\d`)
)

// pageScript is the page as a script, and the files it shows.
func pageScript(t *testing.T, page string, least int) (script, files string) {
	t.Helper()
	var b, served strings.Builder // what the server prints is compared at its end
	b.WriteString("[windows] skip 'a process cannot be sent an interrupt there'\n")
	shown := 0
	for _, block := range fenced.FindAllStringSubmatch(page, -1) {
		if name, isFile := strings.CutPrefix(block[2], "# "); block[1] == "yaml" {
			name, content, _ := strings.Cut(name, "\n")
			if !isFile {
				t.Fatalf("a file without a name: %q", block[2])
			}
			shown++
			files += fmt.Sprintf("-- shown%d --\n%s", shown, content)
			fmt.Fprintf(&b, "cp shown%d %s\n", shown, name)
			continue
		}
		var output *strings.Builder
		for line := range strings.Lines(block[2]) {
			line = strings.TrimSuffix(line, "\n")
			command, isCommand := strings.CutPrefix(line, "$ ")
			switch {
			case isCommand && command == "parley serve":
				b.WriteString("exec parley serve --addr 127.0.0.1:0 --url-file url --ephemeral --log-format text &srv&\nawait url\nenv PARLEY_URL_FILE=url\n")
				output = &served
			case isCommand:
				if output = &b; strings.HasPrefix(command, "echo ") {
					said, piped, _ := strings.Cut(strings.TrimPrefix(command, "echo "), " | ")
					shown++
					files += fmt.Sprintf("-- shown%d --\n%s\n", shown, strings.Trim(said, `"`))
					fmt.Fprintf(&b, "stdin shown%d\n", shown)
					command = piped
				}
				if strings.HasPrefix(command, "parley chat ") { // a busy server answers later than a reader waits
					command += " --linger 10s"
				}
				if strings.HasPrefix(command, "parley ") {
					command = "exec " + command
				}
				if strings.Contains(command, " CONTACT") { // the newest
					b.WriteString("http GET url/api/contacts?limit=1\ncp stdout newest\nfirst-id CONTACT newest\n")
					command = strings.Replace(command, " CONTACT", " $CONTACT", 1)
				}
				b.WriteString(strings.ReplaceAll(command, "~/", "$WORK/") + "\n")
			case line == "…" || line == "":
			case output == nil:
				t.Fatalf("%q is the output of nothing", line)
			default:
				if strings.HasPrefix(line, "failed: ") { // a test that fails is shown on purpose
					script := b.String()
					at := strings.LastIndex(script, "\nexec parley ") + 1
					b.Reset()
					b.WriteString(script[:at] + "! " + script[at:])
				}
				want := timeOfIt.ReplaceAllString(regexp.QuoteMeta(line), `\d\d:\d\d:\d\d`)
				fmt.Fprintf(output, "stdout '^%s$'\n", strings.ReplaceAll(want, "'", "''"))
			}
		}
	}
	if n := strings.Count(b.String(), "exec parley "); n < least {
		t.Errorf("only %d commands found; does the test still read the page?", n)
	}
	if served.Len() > 0 {
		b.WriteString("kill -INT srv\nwait srv\n" + served.String())
	}
	return b.String(), files
}
