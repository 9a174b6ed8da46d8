package api

import (
	"io"
	"net/http"

	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/fault"
)

func (a *API) listFaults(*http.Request) (any, error) {
	rules := a.Faults.List()
	if rules == nil {
		rules = []fault.Rule{}
	}
	return map[string]any{"rules": rules, "presets": a.Faults.Presets(), "actions": fault.Actions()}, nil
}

func (a *API) addFault(r *http.Request) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, diagnosis.New(diagnosis.BadJSON, "The request body ended too early.")
	}
	rule, err := fault.ParseRule(body)
	if err != nil {
		return nil, err
	}
	added, err := a.Faults.Add(rule)
	if err != nil {
		return nil, err
	}
	return added, nil
}

func (a *API) clearFaults(*http.Request) (any, error) {
	a.Faults.Clear()
	return nil, nil
}

func (a *API) removeFault(r *http.Request) (any, error) {
	if !a.Faults.Remove(r.PathValue("rule")) {
		return nil, diagnosis.New(diagnosis.NothingSuch, "There is no such rule, or it has ended.")
	}
	return nil, nil
}

func (a *API) applyPreset(r *http.Request) (any, error) {
	rules, err := a.Faults.Apply(r.PathValue("preset"))
	if err != nil {
		return nil, err
	}
	return map[string]any{"rules": rules}, nil
}
