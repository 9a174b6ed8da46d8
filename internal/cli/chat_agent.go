package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

// agentSide is an agent in a chat.
type agentSide struct {
	r         *remote
	agent     deskAgent
	contactID string
	// added says that the agent was not there before.
	added bool
}

// chatAsAgent signs an agent in, takes a chat and holds it.
func chatAsAgent(ctx context.Context, r *remote, o chatOptions) (err error) {
	a := &agentSide{r: r}
	if err := a.signIn(ctx, o.name); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.signOut(ctx)) }()
	participantID, err := a.take(ctx, o.contact)
	if err != nil {
		return err
	}
	r.note("%s is in the chat %s; /help lists what can be done beside talking", screen.Cell(a.agent.Name), screen.Cell(a.contactID))
	view, heard := listeningView(r, participantID)
	ctx, stop := context.WithCancel(ctx)
	over, done := make(chan error, 1), make(chan struct{})
	defer func() { stop(); <-done }()
	go func() {
		defer close(done)
		over <- r.follow(ctx, a.contactID, view)
	}()
	return hold(ctx, r, a, conversation{o.linger, over, heard, 500 * time.Millisecond})
}

// listeningView prints a chat, and tells when something was said.
func listeningView(r *remote, own string) (*shown, <-chan struct{}) {
	heard := make(chan struct{}, 1)
	view := newShown(r)
	if r.env.StdinTerminal {
		view.own = own
	}
	view.told = func(*item) {
		select {
		case heard <- struct{}{}:
		default:
		}
	}
	return view, heard
}

// defaultAgentName is an agent's without another.
const defaultAgentName = "Agent"

// signIn adds the agent, or finds the one who is there.
func (a *agentSide) signIn(ctx context.Context, name string) error {
	if name == "" {
		name = defaultAgentName
	}
	var desk deskView
	if _, err := a.r.get(ctx, "/api/desk", &desk); err != nil {
		return err
	}
	a.added = true
	for _, there := range desk.Agents {
		if there.Name != name {
			continue
		}
		if there.Scripted {
			return hint.Usage("--name: "+quoteArg(name)+" is a scripted agent", "choose another name")
		}
		a.added = false
	}
	answer, err := a.r.ask(ctx, http.MethodPost, "/api/desk/agents", map[string]any{"name": name, "state": "available"})
	if err != nil {
		return err
	}
	var added struct {
		Agents []deskAgent `json:"agents"`
	}
	if err := decodeAnswer(answer, &added); err != nil {
		return err
	}
	if len(added.Agents) != 1 {
		return notParley(http.StatusOK, answer)
	}
	a.agent = added.Agents[0]
	return nil
}

// signOut removes an agent who was added for this chat, although ctx has ended.
func (a *agentSide) signOut(ctx context.Context) error {
	if !a.added {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	_, err := a.r.ask(ctx, http.MethodDelete, agentPath(a.agent.ID), nil)
	if err != nil {
		return fmt.Errorf("signing %s out: %w", screen.Cell(a.agent.Name), err)
	}
	return nil
}

// take accepts a chat: the one that is named, or the first that waits, now or later.
func (a *agentSide) take(ctx context.Context, contactID string) (participantID string, err error) {
	if contactID != "" {
		if contactID, err = a.r.contactID(ctx, contactID); err != nil {
			return "", err
		}
		return a.accept(ctx, contactID)
	}
	waiting := false
	err = a.r.listen(ctx, url.Values{"topics": {"desk"}}, func(serverEvent) error {
		participantID, err = a.takeWaiting(ctx)
		if err == nil && participantID == "" && !waiting {
			waiting = true
			a.r.note("no chat waits; %s takes the next one", screen.Cell(a.agent.Name))
		}
		if err == nil && participantID == "" {
			return nil
		}
		return orEnough(err)
	})
	return participantID, err
}

// takeWaiting accepts the chat that waits longest; "" when none does.
func (a *agentSide) takeWaiting(ctx context.Context) (participantID string, err error) {
	var desk deskView
	if _, err := a.r.get(ctx, "/api/desk", &desk); err != nil {
		return "", lostUnlessRefused(err)
	}
	oldest, since := "", int64(0)
	for _, queue := range desk.Queues {
		for _, c := range queue.Waiting {
			if at := c.Since.UnixNano(); oldest == "" || at < since {
				oldest, since = c.ContactID, at
			}
		}
	}
	if oldest == "" {
		return "", nil
	}
	participantID, err = a.accept(ctx, oldest)
	if isCode(err, "AlreadyAccepted", "NotFound") {
		return "", nil // another was faster, or the customer has left: the desk tells of it
	}
	return participantID, err
}

func (a *agentSide) accept(ctx context.Context, contactID string) (participantID string, err error) {
	answer, err := a.r.ask(ctx, http.MethodPost, agentPath(a.agent.ID)+"/accept", map[string]string{"contactId": contactID})
	if err != nil {
		return "", err
	}
	var accepted struct {
		ParticipantID string `json:"participantId"`
	}
	if err := decodeAnswer(answer, &accepted); err != nil {
		return "", err
	}
	a.contactID = contactID
	return accepted.ParticipantID, nil
}

// do makes a call about the chat.
func (a *agentSide) do(ctx context.Context, what string, body any) error {
	_, err := a.r.ask(ctx, http.MethodPost, a.path(what), body)
	return err
}

func (a *agentSide) path(what string) string {
	return agentPath(a.agent.ID) + "/contacts/" + url.PathEscape(a.contactID) + "/" + what
}

// say implements [party].
func (a *agentSide) say(ctx context.Context, text string) error {
	return a.do(ctx, "messages", map[string]string{"contentType": "text/plain", "content": text})
}

// leave implements [party].
func (a *agentSide) leave(ctx context.Context) error { return a.do(ctx, "leave", nil) }

// commands implements [party].
func (a *agentSide) commands() []chatCommand {
	return []chatCommand{
		{"end", "", "end the chat for everybody", func(ctx context.Context, _ string) (bool, error) {
			_, err := a.r.ask(ctx, http.MethodPost, contactPath(a.contactID)+"/end", nil)
			return false, err // what follows is still shown
		}},
		{"transfer", "NAME", "pass the chat on to an agent or a queue", a.transfer},
		{"file", "FILE", "send an attachment", a.sendFile},
		{"interactive", "JSON", "send an interactive message", func(ctx context.Context, content string) (bool, error) {
			if !json.Valid([]byte(content)) {
				return false, hint.Usage("the message is not JSON", "`curl "+a.r.base.String()+"/api/templates` shows examples")
			}
			return false, a.do(ctx, "messages", map[string]string{"contentType": interactiveType, "content": content})
		}},
	}
}

func (a *agentSide) transfer(ctx context.Context, name string) (left bool, err error) {
	var desk deskView
	if _, err := a.r.get(ctx, "/api/desk", &desk); err != nil {
		return false, err
	}
	var names []string
	for _, agent := range desk.Agents {
		if agent.Name == name && agent.ID != a.agent.ID {
			err := a.do(ctx, "transfer", map[string]string{"agentId": agent.ID})
			return err == nil, err
		}
		names = append(names, screen.Cell(agent.Name))
	}
	for _, queue := range desk.Queues {
		if queue.Name == name {
			err := a.do(ctx, "transfer", map[string]string{"queueId": queue.ID})
			return err == nil, err
		}
		names = append(names, screen.Cell(queue.Name))
	}
	return false, hint.Usage("there is no other agent and no queue "+quoteArg(name), "there are "+strings.Join(names, ", "))
}

func (a *agentSide) sendFile(ctx context.Context, path string) (left bool, err error) {
	name, contentType, content, err := readAttachment(a.r.env, path)
	if err != nil {
		return false, err
	}
	_, err = a.r.post(ctx, http.MethodPost, a.path("attachments?name="+url.QueryEscape(name)), contentType, content)
	return false, err
}

// readAttachment reads a file to send.
func readAttachment(env *Env, path string) (name, contentType string, content []byte, err error) {
	content, err = env.ReadFile(path)
	if err != nil {
		return "", "", nil, hint.Usage(err.Error(), "")
	}
	contentType = mime.TypeByExtension(filepath.Ext(path))
	if contentType == "" {
		contentType = http.DetectContentType(content)
	}
	contentType, _, _ = strings.Cut(contentType, ";")
	return filepath.Base(path), contentType, content, nil
}
