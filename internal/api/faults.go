package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/fault"
)

func (a *API) listFaults(*http.Request) (any, error) {
	return map[string]any{"rules": a.cfg.Faults.List(), "presets": a.cfg.Faults.Presets(), "actions": fault.Actions()}, nil
}

func (a *API) addFault(r *http.Request) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	rule, err := fault.ParseRule(body)
	if err != nil {
		return nil, err
	}
	added, err := a.cfg.Faults.Add(rule)
	if err != nil {
		return nil, err
	}
	return added, nil
}

func (a *API) clearFaults(*http.Request) (any, error) {
	a.cfg.Faults.Clear()
	return nil, nil
}

func (a *API) removeFault(r *http.Request) (any, error) {
	if !a.cfg.Faults.Remove(r.PathValue("rule")) {
		return nil, diagnosis.New(diagnosis.NothingSuch, "There is no such rule, or it has ended.")
	}
	return nil, nil
}

func (a *API) applyPreset(r *http.Request) (any, error) {
	name := r.PathValue("preset")
	var names []string
	for _, p := range a.cfg.Faults.Presets() {
		names = append(names, p.Name)
	}
	if !slices.Contains(names, name) {
		return nil, diagnosis.New(diagnosis.NothingSuch, "There is no preset %q; there are %s.", excerpt.Of(name, longestRef), strings.Join(names, ", "))
	}
	rules, err := a.cfg.Faults.Apply(name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"rules": rules}, nil
}
