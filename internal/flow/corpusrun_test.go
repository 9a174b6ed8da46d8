package flow_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
)

// TestCorpusRuns runs every published flow with seeded customers: each chat comes to an end, if only
// because the customer leaves after many turns, and nothing hangs. What was said and the way through
// the flow with the first of them is held in testdata/conversations. Each flow runs at its moment, by
// its type or else its name: a module is called by a flow of one block, an agent takes a chat whose
// whispers are told and leaves one with a disconnect flow, or passes it on.
func TestCorpusRuns(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/corpus/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			programs, _, err := flowrun.ReadFile(os.DirFS(filepath.Dir(file)), filepath.Base(file))
			if err != nil {
				t.Fatal(err)
			}
			var conversations strings.Builder
			for _, p := range programs {
				runSeeded(t, &conversations, p, programs)
			}
			golden(t, "testdata/conversations/"+strings.TrimSuffix(filepath.Base(file), ".json")+".txt", conversations.String())
		})
	}
}

// runSeeded runs a program with some customers, and writes down the first.
func runSeeded(t *testing.T, out *strings.Builder, p *flow.Program, programs []*flow.Program) {
	t.Helper()
	library := flowrun.NewLibrary(nil)
	library.Set(programs)
	script, err := flowtest.At(library, p, flowtest.MomentNamed(p))
	if err != nil {
		t.Fatal(err)
	}
	script.Random = true
	for script.Seed = range uint64(3) {
		seed := script.Seed
		result, err := flowtest.Run(t.Context(), library, script)
		if err != nil {
			t.Fatalf("%s, seed %d: %v", p.Name(), seed, err)
		}
		if result.Outcome == flowtest.Unrun {
			t.Errorf("%s, seed %d: no flow ran", p.Name(), seed)
		}
		if !slices.ContainsFunc(result.Way, func(row flowtest.Pass) bool { return row.Flow == p.ID() }) {
			t.Errorf("%s, seed %d: it did not run at its moment, %s", p.Name(), seed, script.Moment)
		}
		if seed > 0 {
			continue
		}
		fmt.Fprintf(out, "== %s (%s): %s %s\n", p.Name(), script.Moment, result.Outcome, result.Queue)
		for _, line := range result.Transcript {
			text := line.Text
			if text == "" {
				text = "-- " + line.ContentType[strings.LastIndexByte(line.ContentType, '.')+1:]
			}
			fmt.Fprintf(out, "%s: %s\n", line.From, text)
		}
		for _, row := range result.Way {
			fmt.Fprintf(out, "  %s (%s) → %s\n", row.Action, row.Type, row.Branch)
		}
	}
}

// golden compares a text, in which ids made by chance stand as such, with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	got = regexp.MustCompile(`\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(got, ".TOKEN")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
