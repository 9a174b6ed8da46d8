package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/transcript"
)

// leaveTime is how long an agent's signing out may take after an interrupt.
const leaveTime = 5 * time.Second

// AgentChat is a chat held as an agent, by the API of the agent desk.
type AgentChat struct {
	s *Server
	// Agent is the agent; ContactID is the chat, empty before one is accepted.
	Agent     Agent
	ContactID string
	// added says that the agent was not at the desk before.
	added bool
}

// SignIn makes an agent of a name available, and adds one to the desk when there is none.
func (s *Server) SignIn(ctx context.Context, name string) (*AgentChat, error) {
	desk, _, err := s.Desk(ctx)
	if err != nil {
		return nil, err
	}
	a := &AgentChat{s: s, added: true}
	for _, there := range desk.Agents {
		if there.Name != name {
			continue
		}
		if there.Scripted {
			return nil, hint.Usage("--name: "+strconv.Quote(settings.Redact(name))+" is a scripted agent", "choose another name")
		}
		a.added = false
	}
	agents, answer, err := s.AddAgents(ctx, NewAgents{Name: name, State: "available"})
	switch {
	case err != nil:
		return nil, err
	case len(agents) != 1:
		return nil, notParley(http.StatusOK, answer)
	}
	a.Agent = agents[0]
	return a, nil
}

// SignOut removes an agent whom SignIn has added, although ctx may have ended.
func (a *AgentChat) SignOut(ctx context.Context) error {
	if !a.added {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	if _, err := a.s.RemoveAgent(ctx, a.Agent.ID); err != nil {
		return fmt.Errorf("signing %s out: %w", screen.Cell(a.Agent.Name), err)
	}
	return nil
}

// AcceptNext accepts the chat that is the agent's next, now or later, and returns the agent's participant
// id. waiting is called once when no chat waits yet.
func (a *AgentChat) AcceptNext(ctx context.Context, waiting func()) (participantID string, err error) {
	told := false
	err = a.s.Listen(ctx, url.Values{"topics": {"desk"}}, func(Event) error {
		participantID, err = a.acceptWaiting(ctx)
		if err == nil && participantID == "" {
			if !told {
				told = true
				waiting()
			}
			return nil
		}
		return orEnough(err)
	})
	return participantID, err
}

// acceptWaiting accepts the chat that is the agent's next; "" when none waits for this agent.
func (a *AgentChat) acceptWaiting(ctx context.Context) (participantID string, err error) {
	desk, _, err := a.s.Desk(ctx)
	if err != nil {
		return "", lostUnlessRefused(err)
	}
	next := desk.next(a.Agent.Name)
	if next == nil {
		return "", nil
	}
	participantID, err = a.Accept(ctx, next.ContactID)
	if isCode(err, "AlreadyAccepted", "NotFound") {
		return "", nil // another was faster, or the customer has left: the desk tells of it
	}
	return participantID, err
}

// Accept accepts a chat and returns the agent's participant id.
func (a *AgentChat) Accept(ctx context.Context, contactID string) (participantID string, err error) {
	accepted, _, err := call[struct {
		ParticipantID string `json:"participantId"`
	}](ctx, a.s, http.MethodPost, agentPath(a.Agent.ID)+"/accept", map[string]string{"contactId": contactID})
	if err == nil {
		a.ContactID = contactID
	}
	return accepted.ParticipantID, err
}

// do makes a call about the chat.
func (a *AgentChat) do(ctx context.Context, path string, body any) error {
	_, err := a.s.ask(ctx, http.MethodPost, a.path(path), body)
	return err
}

func (a *AgentChat) path(path string) string {
	return agentPath(a.Agent.ID) + "/contacts/" + url.PathEscape(a.ContactID) + "/" + path
}

// Say sends a message as plain text.
func (a *AgentChat) Say(ctx context.Context, text string) error {
	return a.Send(ctx, transcript.TextPlain, text)
}

// Send sends a message of a content type.
func (a *AgentChat) Send(ctx context.Context, contentType, content string) error {
	return a.do(ctx, "messages", map[string]string{"contentType": contentType, "content": content})
}

// SendFile sends an attachment.
func (a *AgentChat) SendFile(ctx context.Context, file File) error {
	_, err := a.s.post(ctx, http.MethodPost, a.path("attachments?name="+url.QueryEscape(file.Name)), file.ContentType, file.Content)
	return err
}

// TransferToAgent passes the chat on to another agent.
func (a *AgentChat) TransferToAgent(ctx context.Context, id string) error {
	return a.do(ctx, "transfer", map[string]string{"agentId": id})
}

// TransferToQueue passes the chat on to a queue.
func (a *AgentChat) TransferToQueue(ctx context.Context, id string) error {
	return a.do(ctx, "transfer", map[string]string{"queueId": id})
}

// Invite asks another agent to join the chat.
func (a *AgentChat) Invite(ctx context.Context, id string) error {
	return a.do(ctx, "invite", map[string]string{"agentId": id})
}

// Leave leaves the chat.
func (a *AgentChat) Leave(ctx context.Context) error { return a.do(ctx, "leave", nil) }
