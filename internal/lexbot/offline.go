package lexbot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/lex"
)

// offline is a bot that runs here.
type offline struct {
	bot       *lex.Bot
	functions Functions
	function  string
	options   lex.Options
	services  map[string]Service
	client    *http.Client // of services
	// broken says why the bot cannot run; empty for one that can.
	broken string
}

func newOffline(bot *lex.Bot, how *Bot, functions Functions) *offline {
	return &offline{bot: bot, functions: functions, function: how.Function, options: how.options(), services: how.Answers, client: direct()}
}

// memory is what is kept of a conversation: the session, and for an AI agent behind an intent what was
// said.
type memory struct {
	lex.Session
	Conversation []Line `json:"conversation,omitempty"`
}

// functionOf is the function of the code hooks in a locale: the one that the configuration names, else
// that of the alias. Empty when it is not configured where it is.
func (o *offline) functionOf(aliasID, locale string) string {
	name := o.function
	for n := range o.bot.Aliases {
		if a := &o.bot.Aliases[n]; name == "" && (len(o.bot.Aliases) == 1 || a.ID == aliasID) {
			name = a.Functions[locale]
		}
	}
	if name == "" || o.functions == nil || !o.functions.Has(name, "") {
		return ""
	}
	return name
}

// hookLimit is how long a code hook may take: less than the bot, whose answer it is a part of.
const hookLimit = limit - time.Second

// turn implements engine.
func (o *offline) turn(ctx context.Context, t *turn) (*said, error) {
	if o.broken != "" {
		return nil, fmt.Errorf("the bot cannot run: %s", o.broken)
	}
	l, ok := o.bot.Locale(t.locale)
	if !ok {
		return nil, fmt.Errorf("the bot %s has no locale %s: set the contact's language, or locale of the bot's entry", o.bot.Name, t.locale)
	}
	var before memory
	if len(t.session) > 0 {
		if err := json.Unmarshal(t.session, &before); err != nil || before.Expired(t.now, o.bot.TTL) {
			before = memory{}
		}
	}
	session := before.Session
	function := o.functionOf(t.named.aliasID, l.ID)
	in := lex.Input{Now: t.now, Text: t.text, Attributes: t.attributes, Request: request(), Hooked: function != "", Options: o.options}
	by := lex.Caller{
		SessionID: t.sessionID, RequestID: uuid.NewString(), BotID: cmp.Or(o.bot.ID, t.named.botID), BotName: o.bot.Name, BotVersion: o.bot.Version,
		AliasID: cmp.Or(t.named.aliasID, "TSTALIASID"), AliasName: "TestBotAlias",
	}
	for _, a := range o.bot.Aliases {
		if a.ID == by.AliasID {
			by.AliasName = a.Name
		}
	}
	for {
		done, err := l.Step(session, in)
		if err != nil {
			return nil, err //nolint:wrapcheck // it is a sentence
		}
		if session = done.Session; done.Call == nil {
			return o.said(l, &done, before.Conversation)
		}
		if intent := done.Call.Service; intent != "" {
			q := question{ContactID: t.sessionID, Agent: intent, Locale: l.ID, Text: t.text, Attributes: session.Attributes, Conversation: before.Conversation}
			if in.Answer, err = o.serve(ctx, intent, q); err != nil {
				return nil, err
			}
			in.Attributes = nil
			continue
		}
		event, err := l.Event(&done, in, by)
		if err != nil {
			return nil, err //nolint:wrapcheck // it is a sentence
		}
		in.Answer = o.call(ctx, function, event)
		in.Attributes = nil
		if ctx.Err() != nil {
			return nil, fmt.Errorf("calling the function of a code hook: %w", ctx.Err())
		}
	}
}

// call calls the function of a code hook.
func (o *offline) call(ctx context.Context, function string, event []byte) *lex.Answer {
	ctx, cancel := context.WithTimeout(ctx, hookLimit)
	defer cancel()
	body, err := o.functions.Invoke(ctx, function, "", event)
	switch {
	case err == nil:
		return &lex.Answer{Body: body}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &lex.Answer{TimedOut: true, Failed: fmt.Sprintf("the function %s did not answer within %s", function, hookLimit)}
	}
	return &lex.Answer{Failed: fmt.Sprintf("the function %s: %v", function, err)}
}

// serve asks the AI agent behind an intent.
func (o *offline) serve(ctx context.Context, intent string, q question) (*lex.Answer, error) {
	g, err := ask(ctx, o.client, o.services[intent].URL, q)
	if err != nil {
		return nil, err
	}
	return &lex.Answer{Generated: g}, nil
}

// said is what a turn came to.
func (o *offline) said(l *lex.Locale, done *lex.Turn, before []Line) (*said, error) {
	kept := memory{Session: done.Session}
	if len(o.services) > 0 {
		kept.Conversation = remember(before, done.Session.Transcript, done.Messages)
	}
	data, err := json.Marshal(kept)
	if err != nil {
		return nil, fmt.Errorf("keeping the session of a bot: %w", err)
	}
	return &said{
		messages: done.Messages, state: l.State(&done.Session), readings: l.Interpretations(&done.Session, false), session: data,
		notes: done.Notes, match: done.Session.Match,
	}, nil
}
