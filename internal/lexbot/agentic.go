package lexbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/glob"
	"github.com/parley-chat/parley/internal/lex"
)

// Application says what answers for an application of Agentic CX Designer: Answers or URL. The members
// are those of an entry of agentic-cx in parley.yaml.
type Application struct {
	// URL is an address that is asked with every text, and with none when the conversation begins.
	URL string `json:"url"`
	// Answers are those of the configuration; Greeting is said when the conversation begins.
	Answers  *Service `json:"answers"`
	Greeting string   `json:"greeting"`
	// Idle is after how long without a text the customer counts as idle, such as 5m; empty for never.
	Idle string `json:"idle"`
}

// Applications answer for the applications that contact flows hand a conversation to. They are safe for
// concurrent use.
type Applications struct {
	entries map[string]*application
	client  *http.Client
	log     *slog.Logger
}

type application struct {
	Application
	key  string
	idle time.Duration
}

// applicationLimit is how long an application may take for an answer: what a bot has whose messages
// are streamed. No page says it of applications.
const applicationLimit = time.Minute

// NewApplications returns the applications of a configuration. Errors are about the configuration; nil
// log discards.
func NewApplications(entries map[string]Application, log *slog.Logger) (*Applications, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a := &Applications{entries: map[string]*application{}, client: direct(), log: log}
	for key, e := range entries {
		read := &application{Application: e, key: key}
		if e.Answers != nil && e.Answers.URL != "" {
			return nil, fmt.Errorf("agentic-cx.%s: answers takes a list of answers; write url: %s", key, e.Answers.URL)
		}
		if e.Idle != "" {
			var err error
			if read.idle, err = time.ParseDuration(e.Idle); err != nil || read.idle < time.Second {
				return nil, fmt.Errorf("agentic-cx.%s: idle is %q, which is no time of a second or more, such as 5m", key, e.Idle)
			}
		}
		a.entries[key] = read
	}
	return a, nil
}

// applicationOf reads which application a flow means, and what it is told.
func applicationOf(ask *flow.Ask) (q question, names []string) {
	in, _ := ask.Parameters["AgentConfiguration"].(map[string]any)
	q = question{Agent: flow.Text(in["ApplicationId"]), Workspace: flow.Text(in["WorkspaceId"]), Alias: flow.Text(in["Alias"]), Attributes: map[string]string{}}
	variables, _ := in["ContextVariables"].(map[string]any)
	for key, value := range variables {
		q.Attributes[key] = flow.Text(value)
	}
	if q.Agent == "" {
		return q, []string{ask.Shown}
	}
	return q, []string{q.Workspace + "/" + q.Agent + "/" + q.Alias, q.Workspace + "/" + q.Agent, q.Agent, ask.Shown}
}

// Answers implements [flowrun.Outside].
func (a *Applications) Answers(ask *flow.Ask) bool {
	if a == nil || ask.Type != "ConnectParticipantWithAgenticCX" {
		return false
	}
	_, names := applicationOf(ask)
	_, ok := glob.Find(a.entries, names...)
	return ok
}

// remembered is what a flow keeps of an application.
type remembered struct {
	Variables    map[string]string `json:"variables,omitempty"`
	Conversation []Line            `json:"conversation,omitempty"`
}

// Answer implements [flowrun.Outside]. The conversation is over with the application's tool: Escalate
// asks for a person, any other is the usual way out.
//
// Source: "Agentic CX" in the Amazon Connect administrator guide.
func (a *Applications) Answer(ctx context.Context, call *flowrun.Call) flow.Event {
	q, names := applicationOf(&call.Ask)
	e, ok := glob.Find(a.entries, names...)
	if !ok {
		return flow.Event{Kind: flow.Failed, Note: "no application is configured for " + q.Agent}
	}
	owner := "agentic-cx/" + e.key // whose memory beside that of bots
	var before remembered
	if call.Ask.Text != "" { // else the conversation begins
		_ = json.Unmarshal(call.Kept.Bots[owner], &before) // one of another version begins anew
		maps.Copy(q.Attributes, before.Variables)
	}
	q.ContactID, q.Locale, q.Text, q.Conversation = call.ContactID, call.Kept.Data["LanguageCode"], call.Ask.Text, before.Conversation
	ctx, cancel := context.WithTimeout(ctx, applicationLimit)
	defer cancel()
	g, err := a.ask(ctx, e, q)
	if err != nil {
		why, shown := err.Error(), traced(err)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			why = fmt.Sprintf("the application did not answer within %s", applicationLimit)
			shown = why
		}
		a.log.LogAttrs(ctx, slog.LevelWarn, "application failed", slog.String("application", e.key), slog.String("cause", why), slog.String("contact_id", call.ContactID))
		return flow.Event{Kind: flow.Failed, Note: shown}
	}
	return a.event(e, call, q, g)
}

// ask is the answer of an application.
func (a *Applications) ask(ctx context.Context, e *application, q question) (*lex.Generated, error) {
	switch {
	case e.URL != "":
		return ask(ctx, a.client, e.URL, q)
	case q.Text == "":
		return &lex.Generated{Say: e.Greeting}, nil
	case e.Answers != nil:
		if g := lex.Choose(e.Answers.Answers, q.Text); g != nil {
			return g, nil
		}
	}
	return nil, fmt.Errorf("none of the answers under agentic-cx.%s is for the text: let the last one be without when", e.key)
}

// event is an application's answer as the flow is told it.
func (a *Applications) event(e *application, call *flowrun.Call, q question, g *lex.Generated) flow.Event {
	maps.Copy(q.Attributes, g.Attributes)
	said := g.Said()
	memory, err := json.Marshal(remembered{q.Attributes, remember(q.Conversation, q.Text, said)})
	if err != nil {
		return flow.Event{Kind: flow.Failed, Note: err.Error()} // texts always encode
	}
	event := flow.Event{
		Kind: flow.Answered, Bot: "agentic-cx/" + e.key, Session: memory,
		Results: map[string]any{"AgenticCX": map[string]any{"ContextVariables": texts(q.Attributes)}},
	}
	var notes []string
	event.Replies, notes = repliesOf(said, call.ContentTypes)
	switch {
	case !g.Ends():
		event.Open, event.Seconds = true, int(e.idle/time.Second)
	case g.Tool == "Escalate":
		event.HasResult, event.Result = true, "Escalation"
	}
	if g.Tool != "" {
		notes = append(notes, "the application ends the conversation with its tool "+g.Tool)
	}
	event.Note = strings.Join(notes, "; ")
	attrs := []slog.Attr{slog.String("application", e.key), slog.String("contact_id", call.ContactID)}
	if len(notes) > 0 {
		attrs = append(attrs, slog.Any("notes", notes))
	}
	a.log.LogAttrs(context.Background(), slog.LevelInfo, "application answered", attrs...)
	return event
}
