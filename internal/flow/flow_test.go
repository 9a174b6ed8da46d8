package flow

import (
	"encoding/json"
	"fmt"
	"testing"
)

// conversation is a flow that says twenty things and disconnects.
func conversation(tb testing.TB, says int) *Program {
	tb.Helper()
	d := Document{Version: Version, StartAction: "0"}
	for i := range says {
		d.Actions = append(d.Actions, Action{
			Identifier: fmt.Sprint(i), Type: "MessageParticipant", Parameters: map[string]any{"Text": "Hello $.Attributes.name."},
			Transitions: Transitions{NextAction: fmt.Sprint(i + 1), Errors: []ErrorTransition{{fmt.Sprint(says), noMatch}}},
		})
	}
	d.Actions = append(d.Actions, Action{Identifier: fmt.Sprint(says), Type: "DisconnectParticipant"})
	p, findings := Compile(Source{File: "conversation.json", Document: d})
	if p == nil {
		tb.Fatal(findings)
	}
	return p
}

func TestConversation(t *testing.T) {
	p := conversation(t, 20)
	turn, err := Step(p, Begin(p, Kept{}), Input{Contact: Contact{Attributes: map[string]string{"name": "Ana"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(turn.Effects) != 21 || turn.Effects[0].Text != "Hello Ana." || turn.Effects[20].How != Disconnected {
		data, _ := json.Marshal(turn.Effects)
		t.Fatalf("effects: %s", data)
	}
	if turn.State.Running() != "" {
		t.Errorf("%q still runs", turn.State.Running())
	}
}

func BenchmarkConversation(b *testing.B) {
	p := conversation(b, 20)
	in := Input{Contact: Contact{Attributes: map[string]string{"name": "Ana"}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Step(p, Begin(p, Kept{}), in); err != nil {
			b.Fatal(err)
		}
	}
}

// What is no text stands in a text as JSON that a person reads.
func TestTextOfValues(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]any{
		`{"a":"<b> & 'c'"}`: map[string]any{"a": "<b> & 'c'"}, `["<",1.5,true,null]`: []any{"<", 1.5, true, nil}, "<b>": "<b>", "": nil, "900": 900.0,
	} {
		if got := Text(value); got != want {
			t.Errorf("%v is %s, want %s", value, got, want)
		}
	}
}
