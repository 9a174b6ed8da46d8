package flowtest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
)

// TestCorpus runs every published flow under seeded customers: each comes to an end, and nothing
// hangs. A module is called by a flow of one block, and a flow for another moment by its hook.
func TestCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../flow/testdata/corpus/*.json")
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
			for _, p := range programs {
				entry, err := flowtest.Entry(p)
				if err != nil {
					t.Log(err)
					continue
				}
				library := flowrun.NewLibrary(nil)
				library.Set(append([]*flow.Program{entry}, programs...))
				for seed := range uint64(3) {
					result, err := flowtest.Run(t.Context(), library, flowtest.Script{Flow: entry.ID(), Random: true, Seed: seed})
					if err != nil {
						t.Fatalf("%s, seed %d: %v", p.Name(), seed, err)
					}
					if result.Outcome == flowtest.Unrun {
						t.Errorf("%s, seed %d: no flow ran", p.Name(), seed)
					}
					for _, row := range result.Way {
						if row.Type == "" {
							t.Errorf("%s, seed %d: %+v", p.Name(), seed, row)
						}
					}
				}
			}
		})
	}
}
