package parley_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A vulnerability is found, none is none, and a database that cannot be reached is told as that.
func TestD7Vulncheck(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no shell")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("module/go.mod", "module example.com/m\n\ngo 1.26.0\n")
	write("module/main.go", "package main\n\nimport \"path\"\n\nfunc main() { println(path.Clean(\"a\")) }\n")
	const day = "2026-01-01T00:00:00Z"
	for _, db := range []string{"none", "one"} {
		write(db+"/index/db.json", `{"modified":"`+day+`"}`)
	}
	write("none/index/modules.json", `[]`)
	write("one/index/modules.json", `[{"path":"stdlib","vulns":[{"id":"GO-2026-9999","modified":"`+day+`"}]}]`)
	write("one/ID/GO-2026-9999.json", `{"schema_version":"1.3.1","id":"GO-2026-9999","modified":"`+day+`","published":"`+day+`",
		"summary":"invented","details":"invented","database_specific":{"url":"https://example.com/1","review_status":"REVIEWED"},"affected":[{"package":{"name":"stdlib","ecosystem":"Go"},
		"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":"path","symbols":["Clean"]}]}}]}`)

	for database, want := range map[string]struct {
		code int
		text string
	}{
		"file://" + filepath.ToSlash(dir) + "/none": {0, "No vulnerabilities found."},
		"file://" + filepath.ToSlash(dir) + "/one":  {3, "GO-2026-9999"},
		"http://127.0.0.1:1":                        {2, "the vulnerability database http://127.0.0.1:1 cannot be reached, so nothing was checked"},
	} {
		command := exec.CommandContext(t.Context(), "tools/vulncheck.sh", filepath.Join(dir, "module"))
		command.Env = append(os.Environ(), "GOVULNDB="+database, "GOFLAGS=", "GOWORK=off")
		out, err := command.CombinedOutput()
		code := 0
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code, err = exit.ExitCode(), nil
		}
		if err != nil || code != want.code || !strings.Contains(string(out), want.text) {
			t.Errorf("%s: exit code %d, %v, want %d:\n%s", database, code, err, want.code, out)
		}
	}
}
