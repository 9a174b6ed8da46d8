package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/partner"
)

// mostAgents is how many agents can be added at once, and how many chats one can take.
const mostAgents = 10_000

func checkNumbers(capacity, count int) error {
	switch {
	case capacity < 0 || capacity > mostAgents:
		return bad("capacity", fmt.Sprintf("capacity must be from 0 to %d, but is %d", mostAgents, capacity))
	case count < 0 || count > mostAgents:
		return bad("count", fmt.Sprintf("count must be from 0 to %d, but is %d", mostAgents, count))
	}
	return nil
}

// addAgent adds a person or, with a script, somebody who answers by it: "echo" or the YAML of
// docs/agents.md.
func (a *API) addAgent(r *http.Request) (any, error) {
	var in struct {
		Name     string `json:"name"`
		State    string `json:"state"`
		Capacity int    `json:"capacity"`
		Auto     *bool  `json:"autoAccept"`
		Window   bool   `json:"window"`
		Script   string `json:"script"`
		Count    int    `json:"count"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	var state desk.State
	if in.State != "" {
		var err error
		if state, err = stateOf(in.State); err != nil {
			return nil, err
		}
	}
	if err := checkNumbers(in.Capacity, in.Count); err != nil {
		return nil, err
	}
	var cfg desk.AgentConfig
	switch in.Script {
	case "":
	case "echo":
		cfg = partner.Echo{}.Agent()
	default:
		script, err := partner.Parse("script", []byte(in.Script))
		if err != nil {
			return nil, bad("script", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		cfg = script.Agents()
	}
	if in.Name != "" {
		cfg.Name = in.Name
	}
	if state != "" {
		cfg.State = state
	}
	if in.Capacity != 0 {
		cfg.Capacity = in.Capacity
	}
	if in.Count != 0 {
		cfg.Count = in.Count
	}
	cfg.AutoAccept, cfg.Window = in.Auto, in.Window
	if cfg.Count > 1 && cfg.Partner == nil {
		return nil, bad("count", "count is for scripted agents: people are one each")
	}
	added, err := a.cfg.Desk.Add(cfg)
	if err != nil {
		return nil, err
	}
	agents := make([]agentAnswer, 0, len(added))
	for _, agent := range added {
		agents = append(agents, agentJSON(agent))
	}
	return map[string]any{"agents": agents}, nil
}

func stateOf(text string) (desk.State, error) {
	switch state := desk.State(text); state {
	case desk.Available, desk.Away, desk.Offline:
		return state, nil
	}
	return "", bad("state", fmt.Sprintf("state %q is not one of available, away, offline", excerpt.Of(text, longestQuote)))
}

func (a *API) changeAgent(r *http.Request) (any, error) {
	var in struct {
		State    *string `json:"state"`
		Capacity *int    `json:"capacity"`
		Auto     *bool   `json:"autoAccept"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	change := desk.AgentChange{Capacity: in.Capacity, AutoAccept: in.Auto}
	if err := checkNumbers(orElse(in.Capacity, 0), 0); err != nil {
		return nil, err
	}
	if in.State != nil {
		state, err := stateOf(*in.State)
		if err != nil {
			return nil, err
		}
		change.State = &state
	}
	agent, err := a.cfg.Desk.Change(r.PathValue("agent"), change)
	if err != nil {
		return nil, err
	}
	return agentJSON(agent), nil
}

func (a *API) removeAgent(r *http.Request) (any, error) {
	return nil, a.cfg.Desk.Remove(r.Context(), r.PathValue("agent"))
}
