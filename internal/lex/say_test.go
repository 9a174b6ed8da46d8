package lex

import "testing"

// The places of values are filled; what only looks like one, as in JSON, stays.
func TestFill(t *testing.T) {
	t.Parallel()
	l := &Locale{ID: "en_US", Threshold: 0.4, Intents: []*Intent{{Name: "Order", Utterances: []string{"order"}, Slots: []*Slot{{Name: "Kind", Type: "AMAZON.City"}, {Name: "Day", Type: "AMAZON.Date"}}}}}
	l.Prepare()
	roses := "roses"
	m := &machine{l: l, in: Input{Request: map[string]string{"x:y": "z"}}, s: &Session{
		Attributes: map[string]string{"name": "Ann"}, Intent: &Running{Name: "Order", Slots: map[string]*Value{"Kind": {Interpreted: &roses}}},
	}}
	for text, want := range map[string]string{
		"{Kind} for [name]": "roses for Ann", "{Day}!": "!", "{Nothing}": "{Nothing}", `{"a":[1],"b":["{Kind}"]}`: `{"a":[1],"b":["roses"]}`, "((x)) [no] {": "  {", "((x:y))": "z",
	} {
		if got := m.fill(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
	if len(m.notes) != 3 {
		t.Error(m.notes)
	}
}
