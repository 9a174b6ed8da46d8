package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Desk is the agents' side of a server, as the API shows it.
type Desk struct {
	Queues []Queue `json:"queues"`
	Agents []Agent `json:"agents"`
}

// Queue is a queue of the desk with its waiting chats, in the order in which agents get them. Agent is
// the name of the one agent it is for; empty for a queue of many.
type Queue struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Agent   string    `json:"agent"`
	Waiting []Waiting `json:"waiting"`
}

// Waiting is a chat that waits. Lower priorities come first, then those that have waited longer, with
// AgeSeconds added. Agent is the name of the one agent it is for; empty for any.
type Waiting struct {
	ContactID  string    `json:"contactId"`
	Customer   string    `json:"customer"`
	Since      time.Time `json:"since"`
	Priority   int       `json:"priority"`
	AgeSeconds int       `json:"ageSeconds"`
	Agent      string    `json:"agent"`
}

// next is the chat that an agent gets next; nil for none. What the agent was asked to join comes first,
// then the agent's own queue.
func (d *Desk) next(agent string) *Waiting {
	for _, a := range d.Agents {
		if a.Name == agent && len(a.Invitations) > 0 {
			return &Waiting{ContactID: a.Invitations[0].ContactID}
		}
	}
	var next *Waiting
	for _, queue := range d.Queues {
		for i := range queue.Waiting {
			c := &queue.Waiting[i]
			switch {
			case c.Agent != "" && c.Agent != agent:
			case queue.Agent != "":
				return c
			case next == nil || c.before(next):
				next = c
			}
		}
	}
	return next
}

// before reports whether agents get a chat before another one, both of queues of many.
func (w *Waiting) before(other *Waiting) bool {
	since := func(w *Waiting) time.Time { return w.Since.Add(-time.Duration(w.AgeSeconds) * time.Second) }
	return w.Priority < other.Priority || w.Priority == other.Priority && since(w).Before(since(other))
}

// Agent is an agent of the desk. Capacity is how many chats the agent takes; zero is any number.
type Agent struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"`
	// Status is the name of the status that the state comes from; empty for none.
	Status   string `json:"status"`
	Capacity int    `json:"capacity"`
	Scripted bool   `json:"scripted"`
	// Invitations are the chats that the agent is asked to join, the oldest first.
	Invitations []struct {
		ContactID string `json:"contactId"`
	} `json:"invitations"`
	Contacts []struct {
		ContactID string `json:"contactId"`
		Role      string `json:"role"`
	} `json:"contacts"`
}

// NewAgents are agents to add: one of a name, or Count scripted ones. Zero leaves a member to the
// server.
type NewAgents struct {
	Name     string `json:"name,omitzero"`
	Script   string `json:"script,omitzero"`
	Count    int    `json:"count,omitzero"`
	Capacity int    `json:"capacity,omitzero"`
	State    string `json:"state,omitzero"`
}

const agentsPath = "/api/desk/agents"

func agentPath(id string) string { return agentsPath + "/" + url.PathEscape(id) }

// Desk returns the agent desk, decoded and as it came.
func (s *Server) Desk(ctx context.Context) (Desk, []byte, error) {
	return call[Desk](ctx, s, http.MethodGet, "/api/desk", nil)
}

// AddAgents adds agents and returns them, decoded and as they came.
func (s *Server) AddAgents(ctx context.Context, agents NewAgents) ([]Agent, []byte, error) {
	added, answer, err := call[Desk](ctx, s, http.MethodPost, agentsPath, agents)
	return added.Agents, answer, err
}

// RemoveAgent removes an agent and returns the answer.
func (s *Server) RemoveAgent(ctx context.Context, id string) ([]byte, error) {
	return s.ask(ctx, http.MethodDelete, agentPath(id), nil)
}

// SetAgentState makes an agent "available", "away" or "offline" and returns the answer.
func (s *Server) SetAgentState(ctx context.Context, id, state string) ([]byte, error) {
	return s.ask(ctx, http.MethodPatch, agentPath(id), map[string]any{"state": state})
}
