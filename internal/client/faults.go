package client

import (
	"context"
	"net/http"
	"net/url"
)

// Faults is what goes wrong on purpose on a server, and what can.
type Faults struct {
	Rules   []FaultRule `json:"rules"`
	Presets []struct {
		Name        string `json:"name"`
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"presets"`
}

// FaultRule is one rule that makes things go wrong.
type FaultRule struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Action    string `json:"action"`
	ContactID string `json:"contactId"`
	Percent   int    `json:"percent"`
	Times     int    `json:"times"`
	Hits      int    `json:"hits"`
}

const faultsPath = "/api/faults"

// Faults returns the rules and presets of a server, decoded and as they came.
func (s *Server) Faults(ctx context.Context) (Faults, []byte, error) {
	return call[Faults](ctx, s, http.MethodGet, faultsPath, nil)
}

// AddFault adds a rule, in the form that docs/api.md describes.
func (s *Server) AddFault(ctx context.Context, rule map[string]any) (FaultRule, []byte, error) {
	return call[FaultRule](ctx, s, http.MethodPost, faultsPath, rule)
}

// ApplyPreset adds the rules of a preset and returns them.
func (s *Server) ApplyPreset(ctx context.Context, name string) ([]FaultRule, []byte, error) {
	applied, answer, err := call[Faults](ctx, s, http.MethodPost, faultsPath+"/presets/"+url.PathEscape(name), nil)
	return applied.Rules, answer, err
}

// RemoveFault removes a rule and returns the answer.
func (s *Server) RemoveFault(ctx context.Context, id string) ([]byte, error) {
	return s.ask(ctx, http.MethodDelete, faultsPath+"/"+url.PathEscape(id), nil)
}

// ClearFaults removes all rules and returns the answer.
func (s *Server) ClearFaults(ctx context.Context) ([]byte, error) {
	return s.ask(ctx, http.MethodDelete, faultsPath, nil)
}
