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
				library, entry := around(t, p, programs)
				for seed := range uint64(3) {
					result, err := flowtest.Run(t.Context(), library, flowtest.Script{Flow: entry, Random: true, Seed: seed})
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

// around is a library in which a program runs at its moment, and the flow to begin with.
func around(t *testing.T, p *flow.Program, programs []*flow.Program) (*flowrun.Library, string) {
	t.Helper()
	do := func(id, kind string, parameters map[string]any, next string) flow.Action {
		return flow.Action{Identifier: id, Type: kind, Parameters: parameters, Transitions: flow.Transitions{
			NextAction: next, Errors: []flow.ErrorTransition{{NextAction: "end", ErrorType: "NoMatchingError"}},
		}}
	}
	var actions []flow.Action
	switch p.Kind() {
	case flow.Module:
		actions = []flow.Action{do("call", "InvokeFlowModule", map[string]any{"FlowModuleId": p.ID()}, "end")}
	case flow.CustomerQueue:
		actions = []flow.Action{
			do("hook", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerQueue": p.ID()}}, "target"),
			do("target", "UpdateContactTargetQueue", map[string]any{"QueueId": "q"}, "queue"),
			do("queue", "TransferContactToQueue", nil, "end"),
		}
	case flow.Inbound:
		library := flowrun.NewLibrary(nil)
		library.Set(programs)
		return library, p.ID()
	default:
		actions = []flow.Action{do("call", "TransferToFlow", map[string]any{"ContactFlowId": p.ID()}, "end")}
	}
	actions = append(actions, flow.Action{Identifier: "end", Type: "DisconnectParticipant"})
	entry, findings := flow.Compile(flow.Source{File: "entry", Document: flow.Document{Version: flow.Version, StartAction: actions[0].Identifier, Actions: actions}})
	if entry == nil {
		t.Fatal(findings)
	}
	library := flowrun.NewLibrary(nil)
	library.Set(append([]*flow.Program{entry}, programs...))
	return library, "entry"
}
