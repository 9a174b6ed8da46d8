package parley_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every test that SECURITY.md names is there, and every rule of its list has a line in its table.
func TestSecurityRulesAreHeld(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := strings.Count(string(page), "\n- **")
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| (.*Test.*) \|$`).FindAllStringSubmatch(string(page), -1)
	if len(rows) < rules {
		t.Errorf("%d rules, and a table of %d", rules, len(rows))
	}
	for _, row := range rows {
		for place := range strings.SplitSeq(row[2], "; ") {
			named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(place, -1)
			dir := "."
			if in := regexp.MustCompile("in `([a-z0-9/]+)`$").FindStringSubmatch(place); in != nil {
				dir = in[1]
			}
			if len(named) == 0 {
				t.Errorf("%s: no test stands in %q", row[1], place)
			}
			for _, name := range named {
				if !holds(t, dir, regexp.MustCompile(`(?m)^func `+name[1]+`\(t \*testing\.T\)`), "_test.go") {
					t.Errorf("%s: there is no %s in %s", row[1], name[1], dir)
				}
			}
		}
	}
}

// What calls out is listed here, with whom it calls; no other part of the program has a client or dials.
func TestNothingCallsHome(t *testing.T) {
	t.Parallel()
	calls := regexp.MustCompile(`\bhttp\.(Client|Transport|DefaultClient|DefaultTransport|Get|Post|PostForm|Head)\b|\b(net|tls)\.(Dial|Lookup|DefaultResolver|Resolver)`)
	callers := map[string]string{
		"internal/awscall":       "AWS, or the endpoint that is configured",
		"internal/identity":      "the identity provider that is configured",
		"internal/relay":         "the Participant Service of the instance",
		"internal/connectserver": "the targets of streams that are configured",
		"internal/client":        "a running server, for the commands",
		"internal/doctor":        "this machine",
		"internal/lambdahost":    "Lambda's Runtime API",
		"internal/lambdacall":    "the functions that are configured",
		"internal/lexbot":        "the bots that are configured",
	}
	for _, root := range []string{"internal", "cmd", "parleytest"} {
		err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.IsDir() && holds(t, path, calls, ".go") != (callers[path] != "") && !slices.Contains(testOnly, path) {
				t.Errorf("%s calls out, or does not any more: say in the list whom", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// holds reports whether a file of a directory has a text. Tests count only when they are asked for.
func holds(t *testing.T, dir string, text *regexp.Regexp, suffix string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		if suffix == ".go" && strings.HasSuffix(file, "_test.go") {
			return false
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return text.Match(content)
	})
}
