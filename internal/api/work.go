package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/transcript"
)

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
	participant, err := a.cfg.Desk.Accept(r.Context(), r.PathValue("agent"), id)
	if err != nil {
		return nil, err
	}
	return map[string]string{"participantId": participant}, nil
}

func (a *API) takeOver(r *http.Request) (any, error) {
	id, err := contactOf(r)
	if err != nil {
		return nil, err
	}
	participant, err := a.cfg.Desk.TakeOver(r.Context(), r.PathValue("agent"), id)
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
	return nil, a.cfg.Desk.Reject(r.PathValue("agent"), id)
}

func (a *API) supervise(r *http.Request) (any, error) {
	id, err := contactOf(r)
	if err != nil {
		return nil, err
	}
	participant, err := a.cfg.Desk.Supervise(r.Context(), r.PathValue("agent"), id)
	if err != nil {
		return nil, err
	}
	return map[string]string{"participantId": participant}, nil
}

// say sends an agent's message, in pieces with stream.
func (a *API) say(r *http.Request) (any, error) {
	in := struct {
		ContentType string `json:"contentType"`
		Content     string `json:"content"`
		Stream      bool   `json:"stream"`
	}{ContentType: transcript.TextPlain}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	say := a.cfg.Desk.Say
	if in.Stream {
		say = func(ctx context.Context, agent, contact string, m transcript.Message) (chat.Sent, error) {
			return a.cfg.Desk.Tell(ctx, agent, contact, m, desk.Pace{})
		}
	}
	sent, err := say(r.Context(), r.PathValue("agent"), r.PathValue("contact"), transcript.Message{ContentType: in.ContentType, Content: in.Content})
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": sent.ID, "time": sent.Time.UTC()}, nil
}

func (a *API) typing(r *http.Request) (any, error) {
	return nil, a.cfg.Desk.Typing(r.Context(), r.PathValue("agent"), r.PathValue("contact"))
}

func (a *API) read(r *http.Request) (any, error) {
	var in struct {
		MessageID string `json:"messageId"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.MessageID == "" {
		return nil, bad("messageId", "messageId is missing")
	}
	return nil, a.cfg.Desk.Read(r.Context(), r.PathValue("agent"), r.PathValue("contact"), in.MessageID)
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
	return nil, a.cfg.Desk.Transfer(r.Context(), r.PathValue("agent"), r.PathValue("contact"), desk.Target{Agent: in.AgentID, Queue: in.QueueID})
}

func (a *API) invite(r *http.Request) (any, error) {
	var in struct {
		AgentID string `json:"agentId"`
		After   int    `json:"afterSeconds"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	switch {
	case in.AgentID == "":
		return nil, bad("agentId", "agentId is missing")
	case in.After < 0 || in.After > mostAfter:
		return nil, bad("afterSeconds", fmt.Sprintf("afterSeconds must be from 0 to %d, but is %d", mostAfter, in.After))
	}
	how := desk.Invite{Agent: in.AgentID, After: time.Duration(in.After) * time.Second}
	return nil, a.cfg.Desk.Invite(r.Context(), r.PathValue("agent"), r.PathValue("contact"), how)
}

// mostAfter is how many seconds an agent who was asked to join may take.
const mostAfter = 3600

func (a *API) leave(r *http.Request) (any, error) {
	return nil, a.cfg.Desk.Leave(r.Context(), r.PathValue("agent"), r.PathValue("contact"))
}
