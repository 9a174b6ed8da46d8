package lexbot

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/internal/lex"
)

// Talk is a conversation with a bot that runs here, without a flow. It is not safe for concurrent use.
type Talk struct {
	engine     *offline
	locale     string
	attributes map[string]string
	session    json.RawMessage
	began      bool
}

// Said is what one text led to.
type Said struct {
	Text     string        `json:"text"`
	Messages []lex.Message `json:"messages"`
	// Intent is the one that runs or has run, State its state; Waits says that the bot waits for the
	// customer, by the dialog action and for the slot.
	Intent string            `json:"intent,omitempty"`
	State  string            `json:"state,omitempty"`
	Waits  bool              `json:"waits"`
	Slots  map[string]string `json:"slots,omitempty"`
	// Attributes are the session attributes.
	Attributes map[string]string `json:"attributes,omitempty"`
	// Match says how the text was understood.
	Match *lex.Match `json:"match,omitempty"`
	Notes []string   `json:"notes,omitempty"`
}

// NewTalk begins a conversation with a bot. cfg says which functions there are; attributes are the
// session attributes.
func NewTalk(bot *lex.Bot, how Bot, functions Functions, attributes map[string]string) *Talk {
	return &Talk{locale: how.Locale, attributes: attributes, engine: newOffline(bot, &how, functions)}
}

// options are what the configuration says beside the bot.
func (b *Bot) options() lex.Options {
	o := lex.Options{Strict: b.Strict == "true", Pinned: b.Pinned, Generated: map[string][]lex.Generated{}, Served: map[string]bool{}}
	for intent, s := range b.Answers {
		o.Generated[intent], o.Served[intent] = s.Answers, s.URL != ""
	}
	return o
}

// Say says a text. Errors are those of Lex, as [lex.Failure], among others.
func (t *Talk) Say(ctx context.Context, text string, now time.Time) (Said, error) {
	in := &turn{sessionID: "local", locale: t.locale, text: text, now: now, session: t.session, limit: usualLimit}
	if !t.began {
		in.attributes = t.attributes
		t.began = true
	}
	ctx, cancel := context.WithTimeout(ctx, usualLimit)
	defer cancel()
	a, err := t.engine.turn(ctx, in)
	if err != nil {
		return Said{Text: text}, err
	}
	t.session = a.session
	out := Said{Text: text, Messages: a.messages, Waits: a.state.Waits(), Attributes: a.state.SessionAttributes, Match: a.match, Notes: a.notes, Slots: map[string]string{}}
	out.Intent, out.State = a.state.Running()
	for name, value := range a.state.Slots() {
		if value != "" {
			out.Slots[name] = value
		}
	}
	return out, nil
}
