package lex_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/lex"
)

// The hook after a slot follows what was understood. Where no step says what comes after the last attempt,
// it is the fallback, whatever the hook would do.
func TestMissedSlotCallsNoHook(t *testing.T) {
	t.Parallel()
	ask := lex.Prompt{Response: lex.Response{Groups: []lex.Group{{{Type: lex.PlainText, Content: "?"}}}}}
	fulfil := &lex.Step{Type: "FulfillIntent"}
	for name, c := range map[string]struct {
		failed *lex.Step
		want   string
		calls  int
	}{
		"by itself":     {nil, "Close, FallbackIntent ReadyForFulfillment", 0},
		"as a step":     {&lex.Step{Type: "InvokeDialogCodeHook"}, "Close, Order ReadyForFulfillment", 1},
		"another step":  {fulfil, "Close, Order ReadyForFulfillment", 0},
		"not called on": {&lex.Step{Type: "EndConversation"}, "Close, Order ReadyForFulfillment", 0},
	} {
		for _, hooked := range []bool{true, false} {
			l := &lex.Locale{ID: "en_US", Threshold: 0.4, Intents: []*lex.Intent{{
				Name: "Order", Utterances: []string{"order"}, Hooked: true, Initial: &lex.Initial{},
				Slots: []*lex.Slot{{Name: "Size", Type: "AMAZON.Number", Required: true, Prompt: ask, Capture: lex.Capture{
					Failed: lex.Outcome{Next: c.failed}, Hook: &lex.Hook{Active: true, Invoked: true, Declared: true, Success: lex.Outcome{Next: fulfil}},
				}}},
			}}}
			l.Prepare()
			talk := &talk{t: t, locale: l}
			if hooked {
				talk.hook = func(map[string]any) (string, error) {
					return `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`, nil
				}
			}
			talk.say("order")
			talk.say("whatever")
			if got := talk.state(); got != c.want || hooked && len(talk.calls) != c.calls {
				t.Errorf("%s, %t: it stands at %q, not %q, after %v", name, hooked, got, c.want, talk.calls)
			}
		}
	}
}
