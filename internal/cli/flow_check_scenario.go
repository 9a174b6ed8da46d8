package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/serve"
	"github.com/parley-chat/parley/internal/settings"
)

// scenarioSource is a file with scenarios, and the name of a command line under which it was found.
type scenarioSource struct {
	name, under string
	data        []byte
}

// findScenarios are the files with scenarios at a name: the file itself, or those of a folder. A name
// that is not there has none.
func findScenarios(name string) ([]scenarioSource, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, nil //nolint:nilerr // whoever reads its flows says so
	}
	var found []scenarioSource
	add := func(file string) error {
		if !isYAML(file) {
			return nil
		}
		data, err := os.ReadFile(file)
		if err == nil && scenario.Is(filepath.ToSlash(file), data) {
			found = append(found, scenarioSource{file, name, data})
		}
		return err
	}
	if info.IsDir() {
		err = eachTest(name, add)
	} else {
		err = add(name)
	}
	return found, err
}

// checkScenarios checks scenarios against the flows of their folder, or else those beside them, as they
// would run: a folder's own, those above a folder tests, or the usual ones.
func checkScenarios(env *Env, scenarios []scenarioSource, files []flowcheck.File) ([]flowcheck.File, error) {
	if len(scenarios) == 0 {
		return nil, nil
	}
	s, err := flowSettings(env)
	if err != nil {
		return nil, err
	}
	var checked []flowcheck.File
	known := map[string]flowcheck.Flows{} // by the folder
	for _, of := range scenarios {
		name := filepath.ToSlash(of.name)
		if slices.ContainsFunc(checked, func(f flowcheck.File) bool { return f.Name == name }) {
			continue // it was named twice
		}
		folder := of.under
		if folder == of.name {
			folder = filepath.Dir(of.name)
		}
		flows, is := known[folder]
		if !is {
			set, err := openTests(folder, "")
			if err != nil || len(set.programs) == 0 {
				if set, err = openTests(of.name, cmp.Or(s.Flows, serve.DefaultFlows)); err != nil {
					return nil, err
				}
			}
			if len(set.programs) == 0 { // what else the command line names
				set.checked = files
				set.gather()
			}
			flows = against(set, settings.Map(s.Names))
			known[folder] = flows
		}
		checked = append(checked, flowcheck.File{Name: name, Findings: flowcheck.Scenarios(name, of.data, flows)})
	}
	return checked, nil
}

// against are the flows of a set for a check of scenarios.
func against(set *testSet, names map[string]string) flowcheck.Flows {
	library := flowrun.NewLibrary(names)
	library.Set(set.programs)
	flows := flowcheck.Flows{Programs: set.programs, Find: func(name string) string {
		_, _, why := flowtest.Find(library, name, "scenario")
		return why
	}}
	for _, f := range set.checked {
		if slices.ContainsFunc(f.Findings, func(found flow.Finding) bool {
			return found.Level == flow.Broken && found.Rule != "no-flow" && !strings.HasPrefix(found.Rule, "test-")
		}) { // it may have what is not found
			flows.Programs = nil
		}
	}
	return flows
}
