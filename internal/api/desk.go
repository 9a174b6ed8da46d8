package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/partner"
)

// deskAnswer is the desk at one moment.
type deskAnswer struct {
	Queues []queueAnswer `json:"queues"`
	Agents []agentAnswer `json:"agents"`
}

// queueAnswer is a queue. Agent names whose own queue it is, and is empty for queues of several.
type queueAnswer struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Agent   string          `json:"agent,omitempty"`
	Most    int             `json:"capacity,omitempty"`
	Waiting []waitingAnswer `json:"waiting"`
}

// waitingAnswer is a contact in a queue. Its place follows from priority and age, which routing may have
// changed.
type waitingAnswer struct {
	ContactID  string    `json:"contactId"`
	Customer   string    `json:"customer"`
	Since      time.Time `json:"since"`
	Position   int       `json:"position"`
	Priority   int       `json:"priority"`
	Age        int       `json:"ageSeconds"`
	Agent      string    `json:"agent,omitempty"`
	RejectedBy []string  `json:"rejectedBy"`
}

// agentAnswer is an agent with its contacts, and those that it is asked into.
type agentAnswer struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	State    string          `json:"state"`
	Status   string          `json:"status,omitempty"`
	Capacity int             `json:"capacity"`
	Scripted bool            `json:"scripted"`
	Auto     bool            `json:"autoAccept"`
	Invited  []invitedAnswer `json:"invitations"`
	Contacts []holdingAnswer `json:"contacts"`
}

// invitedAnswer is a chat that another agent has asked this one into.
type invitedAnswer struct {
	ContactID string    `json:"contactId"`
	Customer  string    `json:"customer"`
	By        string    `json:"by"`
	Since     time.Time `json:"since"`
}

// holdingAnswer is an agent's part in a contact.
type holdingAnswer struct {
	ContactID     string    `json:"contactId"`
	ParticipantID string    `json:"participantId"`
	Role          string    `json:"role"`
	Customer      string    `json:"customer"`
	Since         time.Time `json:"since"`
	Incremental   bool      `json:"incremental"`
}

// agentJSON is an agent as the API shows it. Lists are there when they are empty, too, for pages that go
// through them.
func agentJSON(agent desk.Agent) agentAnswer {
	out := agentAnswer{
		ID: agent.ID, Name: agent.Name, State: string(agent.State), Status: agent.Status, Capacity: agent.Capacity, Scripted: agent.Scripted,
		Auto: agent.AutoAccept, Invited: []invitedAnswer{}, Contacts: []holdingAnswer{},
	}
	for _, i := range agent.Invitations {
		out.Invited = append(out.Invited, invitedAnswer{i.ContactID, i.Customer, i.By, i.Since.UTC()})
	}
	for _, h := range agent.Contacts {
		out.Contacts = append(out.Contacts, holdingAnswer{h.ContactID, h.ParticipantID, string(h.Role), h.Customer, h.Since.UTC(), h.Incremental})
	}
	return out
}

func (a *API) getDesk(*http.Request) (any, error) {
	snapshot := a.cfg.Desk.Snapshot()
	out := deskAnswer{Queues: []queueAnswer{}, Agents: []agentAnswer{}}
	for _, queue := range snapshot.Queues {
		waiting := make([]waitingAnswer, 0, len(queue.Waiting))
		for i, w := range queue.Waiting {
			rejected := w.RejectedBy
			if rejected == nil {
				rejected = []string{}
			}
			waiting = append(waiting, waitingAnswer{w.ContactID, w.Customer, w.Since.UTC(), i + 1, w.Priority, int(w.Age.Seconds()), w.Agent, rejected})
		}
		out.Queues = append(out.Queues, queueAnswer{queue.ID, queue.Name, queue.Agent, queue.Capacity, waiting})
	}
	for _, agent := range snapshot.Agents {
		out.Agents = append(out.Agents, agentJSON(agent))
	}
	return out, nil
}

// templates are interactive messages to send, one of each kind. Their pictures are where the caller reached
// this server.
func (a *API) templates(r *http.Request) (any, error) {
	samples, err := partner.Gallery(a.cfg.Chats.Clock().Now(), diagnosis.HostURL(a.cfg.Pictures, r))
	if err != nil {
		return nil, err
	}
	type sample struct {
		Name         string          `json:"name"`
		TemplateType string          `json:"templateType"`
		Title        string          `json:"title"`
		Description  string          `json:"description"`
		Example      json.RawMessage `json:"example"`
	}
	list := make([]sample, 0, len(samples))
	for _, s := range samples {
		list = append(list, sample{s.Name, s.TemplateType, s.Title, s.Description, s.Example})
	}
	return map[string]any{"templates": list}, nil
}
