package flow

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// corpus are the files of the corpus by their names.
func corpus(tb testing.TB) map[string][]byte {
	tb.Helper()
	names, err := filepath.Glob("testdata/corpus/*.json")
	if err != nil || len(names) != 40 {
		tb.Fatalf("%d files, %v", len(names), err)
	}
	files := make(map[string][]byte, len(names))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files[filepath.Base(name)] = data
	}
	return files
}

// golden compares a text with a golden file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./internal/flow -update rewrites it. Now:\n%s", file, got)
	}
}

// TestCorpusLoads reads every file of the corpus and makes its flows ready. What is found in them
// stands in testdata/findings.
func TestCorpusLoads(t *testing.T) {
	t.Parallel()
	for file, data := range corpus(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			want := 1
			if file == "bundle-cloudformation.json" {
				want = 7
			}
			sources, findings := Read(file, data)
			if len(sources) != want {
				t.Fatalf("%d flows, want %d: %v", len(sources), want, findings)
			}
			for _, s := range sources {
				if s.Size == 0 && !strings.HasPrefix(file, "legacy-") {
					t.Errorf("the size of %s is not known", s.DisplayName())
				}
				p, more := Compile(s)
				if p == nil {
					t.Errorf("%s is not ready: %v", s.DisplayName(), more)
				}
				findings = append(findings, more...)
			}
			var b strings.Builder
			for _, f := range findings {
				if f.Level == Broken {
					t.Errorf("broken: %s", f)
				}
				b.WriteString(string(f.Level) + " " + f.Rule + " " + f.String() + "\n")
			}
			golden(t, "testdata/findings/"+strings.TrimSuffix(file, ".json")+".txt", b.String())
		})
	}
}
