package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
)

// deskAnswer is the desk at one moment.
type deskAnswer struct {
	Queues []queueAnswer `json:"queues"`
	Agents []agentAnswer `json:"agents"`
}

type queueAnswer struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Waiting []waitingAnswer `json:"waiting"`
}

type waitingAnswer struct {
	ContactID  string    `json:"contactId"`
	Customer   string    `json:"customer"`
	Since      time.Time `json:"since"`
	RejectedBy []string  `json:"rejectedBy"`
}

type agentAnswer struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	State    string          `json:"state"`
	Capacity int             `json:"capacity"`
	Scripted bool            `json:"scripted"`
	Contacts []holdingAnswer `json:"contacts"`
}

type holdingAnswer struct {
	ContactID     string    `json:"contactId"`
	ParticipantID string    `json:"participantId"`
	Role          string    `json:"role"`
	Customer      string    `json:"customer"`
	Since         time.Time `json:"since"`
}

func agentJSON(agent desk.Agent) agentAnswer {
	out := agentAnswer{
		ID: agent.ID, Name: agent.Name, State: string(agent.State), Capacity: agent.Capacity, Scripted: agent.Scripted,
		Contacts: []holdingAnswer{},
	}
	for _, h := range agent.Contacts {
		out.Contacts = append(out.Contacts, holdingAnswer{h.ContactID, h.ParticipantID, string(h.Role), h.Customer, h.Since.UTC()})
	}
	return out
}

func (a *API) getDesk(*http.Request) (any, error) {
	snapshot := a.Desk.Snapshot()
	out := deskAnswer{Queues: []queueAnswer{}, Agents: []agentAnswer{}}
	for _, queue := range snapshot.Queues {
		waiting := make([]waitingAnswer, 0, len(queue.Waiting))
		for _, w := range queue.Waiting {
			rejected := w.RejectedBy
			if rejected == nil {
				rejected = []string{}
			}
			waiting = append(waiting, waitingAnswer{w.ContactID, w.Customer, w.Since.UTC(), rejected})
		}
		out.Queues = append(out.Queues, queueAnswer{queue.ID, queue.Name, waiting})
	}
	for _, agent := range snapshot.Agents {
		out.Agents = append(out.Agents, agentJSON(agent))
	}
	return out, nil
}

// addAgent adds a person or, with a script, somebody who answers by it: "echo" or the YAML of
// docs/agents.md.
func (a *API) addAgent(r *http.Request) (any, error) {
	var in struct {
		Name     string `json:"name"`
		State    string `json:"state"`
		Capacity int    `json:"capacity"`
		Script   string `json:"script"`
		Count    int    `json:"count"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	state, err := stateOf(in.State)
	if err != nil {
		return nil, err
	}
	var cfg desk.AgentConfig
	switch in.Script {
	case "":
	case "echo":
		cfg = desk.EchoAgent(desk.Echo{})
	default:
		script, err := desk.Parse("script", []byte(in.Script))
		if err != nil {
			return nil, err
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
	if cfg.Count > 1 && cfg.Partner == nil {
		return nil, bad("count", "only scripted agents come in numbers")
	}
	added, err := a.Desk.Add(cfg)
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
	case "", desk.Available, desk.Away, desk.Offline:
		return state, nil
	}
	return "", bad("state", fmt.Sprintf("state %q is not one of available, away, offline", shorten(text)))
}

func (a *API) changeAgent(r *http.Request) (any, error) {
	var in struct {
		State    *string `json:"state"`
		Capacity *int    `json:"capacity"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	change := desk.AgentChange{Capacity: in.Capacity}
	if in.State != nil {
		state, err := stateOf(*in.State)
		if err != nil {
			return nil, err
		}
		change.State = &state
	}
	agent, err := a.Desk.Change(r.PathValue("agent"), change)
	if err != nil {
		return nil, err
	}
	return agentJSON(agent), nil
}

func (a *API) removeAgent(r *http.Request) (any, error) {
	return nil, a.Desk.Remove(r.Context(), r.PathValue("agent"))
}

// contactOf reads which contact a call is about.
func contactOf(r *http.Request) (string, error) {
	var in struct {
		ContactID string `json:"contactId"`
	}
	if err := decode(r, &in); err != nil {
		return "", err
	}
	if in.ContactID == "" {
		return "", bad("contactId", "contactId is missing")
	}
	return in.ContactID, nil
}

func (a *API) accept(r *http.Request) (any, error) {
	id, err := contactOf(r)
	if err != nil {
		return nil, err
	}
	participant, err := a.Desk.Accept(r.Context(), r.PathValue("agent"), id)
	if err != nil {
		return nil, err
	}
	return map[string]string{"participantId": participant}, nil
}

func (a *API) reject(r *http.Request) (any, error) {
	id, err := contactOf(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Desk.Reject(r.PathValue("agent"), id)
}

func (a *API) supervise(r *http.Request) (any, error) {
	id, err := contactOf(r)
	if err != nil {
		return nil, err
	}
	participant, err := a.Desk.Supervise(r.Context(), r.PathValue("agent"), id)
	if err != nil {
		return nil, err
	}
	return map[string]string{"participantId": participant}, nil
}

func (a *API) say(r *http.Request) (any, error) {
	in := struct {
		ContentType string `json:"contentType"`
		Content     string `json:"content"`
	}{ContentType: chat.TextPlain}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	sent, err := a.Desk.Say(r.Context(), r.PathValue("agent"), r.PathValue("contact"), chat.Message(in))
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": sent.ID, "time": sent.Time.UTC()}, nil
}

func (a *API) typing(r *http.Request) (any, error) {
	return nil, a.Desk.Typing(r.Context(), r.PathValue("agent"), r.PathValue("contact"))
}

func (a *API) read(r *http.Request) (any, error) {
	var in struct {
		MessageID string `json:"messageId"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	return nil, a.Desk.Read(r.Context(), r.PathValue("agent"), r.PathValue("contact"), in.MessageID)
}

// sendFile sends the request's body as an attachment, named by ?name=.
func (a *API) sendFile(r *http.Request) (any, error) {
	if r.ContentLength < 0 {
		return nil, bad("Content-Length", "the length of an attachment has to be known: send Content-Length")
	}
	file, err := a.Desk.SendFile(r.Context(), r.PathValue("agent"), r.PathValue("contact"), desk.Attachment{
		Name: r.URL.Query().Get("name"), ContentType: r.Header.Get("Content-Type"), Size: r.ContentLength, Body: r.Body,
	})
	if err != nil {
		return nil, err
	}
	return fileJSON(file), nil
}

func (a *API) transfer(r *http.Request) (any, error) {
	var in struct {
		QueueID string `json:"queueId"`
		AgentID string `json:"agentId"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if (in.QueueID == "") == (in.AgentID == "") {
		return nil, bad("queueId", "give either queueId or agentId")
	}
	return nil, a.Desk.Transfer(r.Context(), r.PathValue("agent"), r.PathValue("contact"), desk.Target{Agent: in.AgentID, Queue: in.QueueID})
}

func (a *API) leave(r *http.Request) (any, error) {
	return nil, a.Desk.Leave(r.Context(), r.PathValue("agent"), r.PathValue("contact"))
}

// templates are interactive messages to send, one of each kind.
func (a *API) templates(*http.Request) (any, error) {
	samples, err := desk.Gallery(a.Chats.Clock().Now())
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
