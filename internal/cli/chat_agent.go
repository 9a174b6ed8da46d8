package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/transcript"
)

// agentSide is an agent in a chat.
type agentSide struct {
	*client.AgentChat
	r *remote
}

// chatAsAgent signs an agent in, takes a chat and holds it.
func chatAsAgent(ctx context.Context, r *remote, o chatOptions) (err error) {
	chat, err := r.SignIn(ctx, cmp.Or(o.name, defaultAgentName))
	if err != nil {
		return err
	}
	defer func() {
		if errors.Is(err, errLeft) {
			err = nil
		}
		err = errors.Join(err, chat.SignOut(ctx))
	}()
	a := &agentSide{chat, r}
	lines := readLines(ctx, r.env)
	participantID, err := a.taken(ctx, o.contact, lines)
	if err != nil {
		return err
	}
	r.note("%s is in the chat %s; /help lists what can be done beside talking", screen.Cell(a.Agent.Name), screen.Cell(a.ContactID))
	view, heard := listeningView(r, participantID)
	over, stop := listening(ctx, func(ctx context.Context) error { return r.Follow(ctx, a.ContactID, view) })
	defer stop()
	return hold(ctx, r, a, conversation{linger: o.linger, over: over, heard: heard, parting: 500 * time.Millisecond, lines: lines})
}

// listening listens to a chat until it is over, or stop is called.
func listening(ctx context.Context, listen func(context.Context) error) (over <-chan error, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		ended <- listen(ctx)
	}()
	return ended, func() { cancel(); <-done }
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

// errLeft is the end of a command whose user has left before there was a chat.
var errLeft = errors.New("left")

// taken is take for a person, whose lines have nobody to read them until there is a chat: they are not
// kept for whoever comes. Those of a script are for the chat.
func (a *agentSide) taken(ctx context.Context, contactID string, lines <-chan typed) (participantID string, err error) {
	if !a.r.env.StdinTerminal {
		return a.take(ctx, contactID)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		participantID, err = a.take(ctx, contactID)
	}()
	for {
		select {
		case <-done:
			return participantID, err
		case line, more := <-lines:
			switch {
			case !more, line.text == "/quit", line.text == "/q":
				cancel()
				<-done
				if err != nil {
					err = errLeft
				}
				return participantID, err
			case line.err != nil:
				a.r.env.report(line.err)
			case strings.TrimSpace(line.text) != "":
				a.r.note("not sent, because nobody is there yet: %s", screen.Text(line.text, "  "))
			}
		}
	}
}

// take accepts a chat: the one that is named, or the first that waits, now or later.
func (a *agentSide) take(ctx context.Context, contactID string) (participantID string, err error) {
	if contactID == "" {
		return a.AcceptNext(ctx, func() { a.r.note("no chat waits; %s takes the next one", screen.Cell(a.Agent.Name)) })
	}
	if contactID, err = a.r.contactID(ctx, contactID); err != nil {
		return "", err
	}
	return a.Accept(ctx, contactID)
}

// commands implements [party].
func (a *agentSide) commands() []chatCommand {
	return []chatCommand{
		{"end", "", "end the chat for everybody", func(ctx context.Context, _ string) (bool, error) {
			return false, a.r.EndContact(ctx, a.ContactID) // what follows is still shown
		}},
		{"transfer", "NAME", "pass the chat on to an agent or a queue", a.transfer},
		{"invite", "NAME", "ask another agent to join", func(ctx context.Context, name string) (bool, error) { return false, a.Invite(ctx, name) }},
		{"file", "FILE", "send an attachment", a.sendFile},
		{"interactive", "JSON", "send an interactive message", func(ctx context.Context, content string) (bool, error) {
			if !json.Valid([]byte(content)) {
				return false, hint.Usage("the message is not JSON", "`curl "+a.r.URL()+"/api/templates` shows examples")
			}
			return false, a.Send(ctx, transcript.Interactive, content)
		}},
	}
}

func (a *agentSide) transfer(ctx context.Context, name string) (left bool, err error) {
	desk, _, err := a.r.Desk(ctx)
	if err != nil {
		return false, err
	}
	var names []string
	for _, agent := range desk.Agents {
		if agent.Name == name && agent.ID != a.Agent.ID {
			err := a.TransferToAgent(ctx, agent.ID)
			return err == nil, err
		}
		names = append(names, screen.Cell(agent.Name))
	}
	for _, queue := range desk.Queues {
		if queue.Agent != "" {
			continue
		}
		if queue.Name == name {
			err := a.TransferToQueue(ctx, queue.ID)
			return err == nil, err
		}
		names = append(names, screen.Cell(queue.Name))
	}
	return false, hint.Usage("there is no other agent and no queue "+quoteArg(name), "there are "+strings.Join(names, ", "))
}

func (a *agentSide) sendFile(ctx context.Context, path string) (left bool, err error) {
	file, err := readAttachment(a.r.env, path)
	if err != nil {
		return false, err
	}
	return false, a.SendFile(ctx, file)
}

// readAttachment reads a file to send.
func readAttachment(env *Env, path string) (client.File, error) {
	content, err := env.ReadFile(path)
	if err != nil {
		return client.File{}, hint.Usage(err.Error(), "")
	}
	contentType := mime.TypeByExtension(filepath.Ext(path))
	if contentType == "" {
		contentType = http.DetectContentType(content)
	}
	contentType, _, _ = strings.Cut(contentType, ";")
	return client.File{Name: filepath.Base(path), ContentType: contentType, Content: content}, nil
}
