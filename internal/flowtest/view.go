package flowtest

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/transcript"
)

// View is a view as a customer sees it: what can be chosen and filled in on one of Amazon Connect's
// own, by the members that a flow gives it. Members of another shape are left out.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/view-resources-managed-view.html
type View struct {
	ID      string `json:"id"`
	Heading string `json:"heading,omitempty"`
	// Choices are the ids of items and cards, and the names of actions.
	Choices []string `json:"choices,omitempty"`
	Fields  []Field  `json:"fields,omitempty"`

	shown *interactive.View
}

// Field is a field of a form.
type Field struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Options []string `json:"options,omitempty"`
}

// readView reads the view in an interactive message; nil when it is none.
func readView(content string) *View {
	shown, ok := interactive.ReadView(content)
	if !ok {
		return nil
	}
	view := &View{ID: shown.ID, Heading: shown.Heading, shown: shown}
	for _, way := range shown.Ways {
		if way.Action == interactive.Selected {
			view.Choices = append(view.Choices, way.Chosen)
		}
	}
	for i := range shown.Fields {
		f := Field{Name: shown.Fields[i].Name, Type: shown.Fields[i].Type}
		for _, option := range shown.Fields[i].Options {
			f.Options = append(f.Options, option.Value)
		}
		view.Fields = append(view.Fields, f)
	}
	return view
}

// content is the content of an interactive message but for the token of its view, which is another one
// each time the view is shown, and of which a [View] has nothing.
type content struct{ before, after string }

func contentOf(text string) content {
	const name = `"viewToken":"`
	if at := strings.Index(text, name); at >= 0 && strings.Count(text[:at], "{") == 3 { // else it is in the view's data
		at += len(name)
		if end := strings.IndexAny(text[at:], `"\\`); end >= 0 {
			return content{text[:at], text[at+end:]}
		}
	}
	return content{before: text}
}

// viewIn is the view in an item; nil when it has none. Each is read once, however often it is shown.
func (v *visit) viewIn(item *transcript.Item) *View {
	if item.ContentType != transcript.Interactive {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	of := contentOf(item.Content)
	view, known := v.views[of]
	if !known {
		if v.views == nil {
			v.views = map[content]*View{}
		}
		view = readView(item.Content)
		v.views[of] = view
	}
	return view
}

// view is the view that the customer sees.
func (v *visit) view() *View {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shown == nil {
		return &View{shown: &interactive.View{}}
	}
	return v.shown
}

// ways are what a customer can do about the view, of whose actions the flow knows some.
func (view *View) ways(actions []string) []string {
	ways := slices.DeleteFunc(slices.Clone(actions), func(action string) bool { return action == interactive.Selected && len(view.Choices) > 0 })
	if len(ways) < len(actions) {
		ways = append(ways, view.Choices...)
	}
	return ways
}

// answer is what a client sends for a text that is said to a view: the JSON of an answer, something
// to choose on the view, or an action. Chance chooses and fills in what is left open, and without
// it the first choice is taken.
func (view *View) answer(text string, chance *rand.Rand) string {
	if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) {
		return text
	}
	if text == interactive.Selected && len(view.Choices) > 0 {
		text = view.Choices[pick(chance, len(view.Choices))]
	}
	way := interactive.Way{Action: text}
	for _, offered := range view.shown.Ways {
		if offered.Action == interactive.Selected && offered.Chosen == text {
			way = offered
		}
	}
	filled := make(map[string][]string, len(view.Fields))
	for i, f := range view.Fields {
		switch {
		case len(view.shown.Fields[i].Default) > 0:
		case len(f.Options) == 0:
			filled[f.Name] = []string{"something"}
		default:
			filled[f.Name] = []string{f.Options[pick(chance, len(f.Options))]}
		}
	}
	content, err := view.shown.Answer(way, filled)
	if err != nil {
		return "{}"
	}
	return content
}

// Message is what a client sends for an action or a choice on the view, with what is filled in. Without
// fields the client takes the first option of each, or writes something. The error says what cannot be
// filled in.
func (view *View) Message(action string, fields map[string][]string) (transcript.Message, error) {
	m := transcript.Message{ContentType: transcript.InteractiveResponse}
	if fields == nil {
		m.Content = view.answer(action, nil)
		return m, nil
	}
	var err error
	m.Content, err = view.shown.Answer(interactive.Way{Action: action}, fields)
	return m, err
}

// pick is a number below n: by chance, or the first.
func pick(chance *rand.Rand, n int) int {
	if chance == nil {
		return 0
	}
	return chance.IntN(n)
}
