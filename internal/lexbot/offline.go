package lexbot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
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

// Memory is what is kept of a conversation: the session, and for an AI agent behind an intent what was
// said.
type Memory struct {
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

// longestHook is how long a code hook may take at most. In a turn it has less than the turn, whose answer it
// is a part of.
//
// Source: "Runtime quotas" in the Lex V2 developer guide.
const longestHook = 30 * time.Second

// turn implements engine.
func (o *offline) turn(ctx context.Context, t *turn) (*said, error) {
	if o.broken != "" {
		return nil, fmt.Errorf("the bot cannot run: %s", o.broken)
	}
	l, ok := o.bot.Locale(t.locale)
	if !ok {
		return nil, fmt.Errorf("the bot %s has no locale %s, only %s: set the contact's language, or locale of the bot's entry",
			o.bot.Name, strings.ReplaceAll(t.locale, "-", "_"), strings.Join(o.bot.LocaleIDs(), ", "))
	}
	var before Memory
	if len(t.session) > 0 {
		if err := json.Unmarshal(t.session, &before); err != nil || before.Expired(t.now, o.bot.TTL) {
			before = Memory{}
		}
	}
	in := lex.Input{Now: t.now, Text: t.text, Attributes: t.attributes, Request: request()}
	r := run{o, l, o.caller(t.sessionID, t.named.botID, t.named.aliasID), t.limit - time.Second}
	done, after, err := r.step(ctx, before, in)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(after)
	if err != nil {
		return nil, fmt.Errorf("keeping the session of a bot: %w", err)
	}
	return &said{
		messages: done.Messages, state: l.State(&done.Session), readings: l.Interpretations(&done.Session, false), session: data,
		notes: done.Notes, match: done.Session.Match,
	}, nil
}

// caller is who calls the bot, as functions are told.
func (o *offline) caller(sessionID, botID, aliasID string) lex.Caller {
	by := lex.Caller{
		SessionID: sessionID, RequestID: uuid.NewString(), BotID: cmp.Or(o.bot.ID, botID), BotName: o.bot.Name, BotVersion: o.bot.Version,
		AliasID: cmp.Or(aliasID, "TSTALIASID"), AliasName: "TestBotAlias",
	}
	for _, a := range o.bot.Aliases {
		if a.ID == by.AliasID {
			by.AliasName = a.Name
		}
	}
	return by
}

// run is a bot in a language, and who calls it. Its code hooks have to answer within a time.
type run struct {
	*offline
	locale *lex.Locale
	by     lex.Caller
	within time.Duration
}

// step takes a step, calls the code hooks that it wants, and asks the services behind intents.
func (r *run) step(ctx context.Context, before Memory, in lex.Input) (lex.Turn, Memory, error) {
	l, function, session := r.locale, r.functionOf(r.by.AliasID, r.locale.ID), before.Session
	in.Hooked, in.Options = function != "", r.options
	for {
		done, err := l.Step(session, in)
		if err != nil {
			return done, before, err //nolint:wrapcheck // it is a sentence
		}
		if done.Call == nil {
			return done, r.after(&done, before.Conversation), nil
		}
		session, in.Attributes, in.Request = done.Session, nil, done.Request
		if intent := done.Call.Service; intent != "" {
			q := question{ContactID: r.by.SessionID, Agent: intent, Locale: l.ID, Text: in.Text, Attributes: session.Attributes, Conversation: before.Conversation}
			if in.Answer, err = r.serve(ctx, intent, q); err != nil {
				return done, before, err
			}
			continue
		}
		event, err := l.Event(&done, in, r.by)
		if err != nil {
			return done, before, err //nolint:wrapcheck // it is a sentence
		}
		in.Answer = r.call(ctx, function, event, min(r.within, longestHook))
		if ctx.Err() != nil {
			return done, before, fmt.Errorf("calling the function of a code hook: %w", ctx.Err())
		}
	}
}

// call calls the function of a code hook.
func (o *offline) call(ctx context.Context, function string, event []byte, within time.Duration) *lex.Answer {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	body, err := o.functions.Invoke(ctx, function, "", event)
	switch {
	case err == nil:
		return &lex.Answer{Body: body}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &lex.Answer{TimedOut: true, Failed: fmt.Sprintf("the function %s did not answer within %s", function, within)}
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

// after is what is kept of a conversation after a turn.
func (o *offline) after(done *lex.Turn, before []Line) Memory {
	kept := Memory{Session: done.Session}
	if len(o.services) > 0 {
		kept.Conversation = remember(before, done.Session.Transcript, done.Messages)
	}
	return kept
}
