package lexbot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/lex"
	"github.com/parley-chat/parley/internal/transcript"
)

// event is a bot's answer as the flow is told it: the bot waits for the customer, or the conversation
// is over, with the intent as its result. An intent that failed is the error branch.
//
// Source: "Get customer input" in the Amazon Connect administrator guide.
func (b *Bots) event(e *entry, call *flowrun.Call, a *said, k kept) flow.Event {
	event := flow.Event{Kind: flow.Answered, Results: map[string]any{"Lex": results(a)}}
	replies, notes := repliesOf(a.messages, call.ContentTypes)
	event.Replies, notes = replies, slices.Concat(a.notes, notes)
	b.keep(&event, e, k)
	name, state := a.state.Running()
	switch {
	case a.state.Waits():
		event.Open, event.Seconds = true, Seconds(&call.Ask)
	case state == "Failed":
		event.Kind = flow.Failed
		notes = append(notes, fmt.Sprintf("the intent %s failed, or was declined: in a flow that is the error branch", name))
	default:
		event.HasResult, event.Result = true, name
	}
	b.told(e, call, a, name, notes)
	if a.match != nil {
		notes = slices.Concat([]string{cmp.Or(a.match.Intent, "nothing") + " " + a.match.How()}, notes)
	}
	event.Note = strings.Join(notes, "; ")
	return event
}

// told logs what a bot understood; what is doubtful is a warning.
func (b *Bots) told(e *entry, call *flowrun.Call, a *said, intent string, notes []string) {
	attrs := []slog.Attr{slog.String("bot", e.key), slog.String("intent", intent), slog.String("contact_id", call.ContactID)}
	if m := a.match; m != nil {
		attrs = append(attrs, slog.Float64("score", m.Score), slog.String("rule", m.Rule), slog.String("runner_up", m.RunnerUp), slog.Float64("runner_up_score", m.RunnerUpScore))
	}
	level := slog.LevelInfo
	if len(notes) > 0 {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("notes", notes))
	}
	b.log.LogAttrs(context.Background(), level, "bot answered", attrs...)
}

// repliesOf are messages of a bot as the chat shows them, with the reasons for what it does not show.
func repliesOf(messages []lex.Message, types []string) (replies []flow.Reply, notes []string) {
	for _, m := range messages {
		reply, note := replyOf(m, types)
		if reply.Text != "" {
			replies = append(replies, reply)
		}
		if note != "" {
			notes = append(notes, note)
		}
	}
	return replies, notes
}

// replyOf is a bot's message as the chat shows it; an empty one for what a chat does not show, with
// the reason.
func replyOf(m lex.Message, types []string) (flow.Reply, string) {
	switch m.Type {
	case lex.ImageResponseCard:
		var values []string
		if m.Card != nil {
			for _, button := range m.Card.Buttons {
				values = append(values, button.Value)
			}
		}
		return flow.Reply{}, "chats of Amazon Connect do not show response cards; a person would type one of: " + strings.Join(values, ", ")
	case lex.CustomPayload:
		var template struct{ TemplateType, Version string }
		if json.Unmarshal([]byte(m.Content), &template) != nil || template.TemplateType == "" || template.Version == "" {
			break
		}
		if !slices.Contains(types, transcript.Interactive) {
			return flow.Reply{}, fmt.Sprintf("a %s is not sent, as the chat was started without the content type %s", template.TemplateType, transcript.Interactive)
		}
		note := ""
		if finding, broken := interactive.Broken(m.Content); broken {
			note = "clients cannot show the interactive message: " + finding.String()
		}
		return flow.Reply{Text: m.Content, Content: transcript.Interactive}, note
	}
	return flow.Reply{Text: m.Content, Content: transcript.TextPlain}, ""
}

// results are what paths that begin with $.Lex read.
//
// Source: "Lex contact attributes" in the Amazon Connect administrator guide.
func results(a *said) map[string]any {
	name, _ := a.state.Running()
	out := map[string]any{"IntentName": name, "Slots": texts(a.state.Slots()), "SessionAttributes": texts(a.state.SessionAttributes), "DialogState": "Fulfilled"}
	if a.state.Waits() {
		out["DialogState"] = "InProgress"
	}
	others := map[string]any{}
	for _, r := range a.readings {
		score := map[string]any{"Score": r.Score()}
		if r.Name() == name {
			out["IntentConfidence"] = score
			continue
		}
		others[r.Name()] = map[string]any{"IntentName": r.Name(), "IntentConfidence": score, "Slots": texts(r.Slots())}
	}
	if len(others) > 0 {
		out["AlternativeIntents"] = others
	}
	return out
}

func texts(m map[string]string) map[string]any {
	out := make(map[string]any, len(m))
	for key, value := range m {
		out[key] = value
	}
	return out
}
