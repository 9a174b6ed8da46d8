package flowtest

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
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
}

// Field is a field of a form.
type Field struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Options []string `json:"options,omitempty"`

	usual any // what is in it from the start
}

// readView reads the view in an interactive message; nil when it is none.
func readView(content string) *View {
	var message struct {
		TemplateType string
		Data         struct {
			Content struct {
				ViewID   string
				ViewData json.RawMessage
			}
		}
	}
	if json.Unmarshal([]byte(content), &message) != nil || message.TemplateType != "ViewResource" {
		return nil
	}
	var data struct {
		Heading, Items, Cards, Actions, Sections json.RawMessage
	}
	lenient(message.Data.Content.ViewData, &data)
	view := &View{ID: message.Data.Content.ViewID}
	lenient(data.Heading, &view.Heading)
	var items []struct{ ID string }
	lenient(data.Items, &items)
	for _, item := range items {
		view.Choices = append(view.Choices, item.ID)
	}
	var cards []struct{ Summary struct{ ID string } }
	lenient(data.Cards, &cards)
	for _, card := range cards {
		view.Choices = append(view.Choices, card.Summary.ID)
	}
	var actions []string
	lenient(data.Actions, &actions)
	view.Choices = append(view.Choices, actions...)
	var sections []struct {
		Items []struct {
			Name, Type   string
			DefaultValue any
			Options      []struct{ Value string }
		}
	}
	lenient(data.Sections, &sections)
	for _, section := range sections {
		for _, item := range section.Items {
			f := Field{Name: item.Name, Type: item.Type, usual: item.DefaultValue}
			for _, option := range item.Options {
				f.Options = append(f.Options, option.Value)
			}
			if f.Name != "" {
				view.Fields = append(view.Fields, f)
			}
		}
	}
	return view
}

// lenient reads JSON as far as it has the shape: a view of the developer's own may hold anything. A
// text that is JSON is parsed once more, as clients do.
func lenient(data json.RawMessage, into any) {
	if text := ""; json.Unmarshal(data, into) != nil && json.Unmarshal(data, &text) == nil {
		_ = json.Unmarshal([]byte(text), into)
	}
}

// view reads the view that the customer sees.
func (v *visit) view(ctx context.Context) (*View, error) {
	page, err := v.chats.Transcript(ctx, v.chat.ContactID, chat.TranscriptQuery{MaxResults: 100, Descending: true})
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		if item := &page.Items[i]; item.ContentType == transcript.Interactive {
			if view := readView(item.Content); view != nil {
				return view, nil
			}
		}
	}
	return &View{}, nil
}

// selected is the action of views on which something was chosen.
const selected = "ActionSelected"

// ways are what a customer can do about the view, of whose actions the flow knows some.
func (view *View) ways(actions []string) []string {
	ways := slices.DeleteFunc(slices.Clone(actions), func(action string) bool { return action == selected && len(view.Choices) > 0 })
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
	action, chosen := text, ""
	for _, choice := range view.Choices {
		if choice == text {
			action, chosen = selected, choice
		}
	}
	if action == selected && chosen == "" && len(view.Choices) > 0 {
		chosen = view.Choices[pick(chance, len(view.Choices))]
	}
	data := map[string]any{}
	if chosen != "" {
		data["actionName"], data["Id"] = chosen, chosen
	}
	if len(view.Fields) > 0 {
		form := make(map[string]any, len(view.Fields))
		for _, f := range view.Fields {
			form[f.Name] = f.value(chance)
		}
		data["FormData"] = form
	}
	content, err := json.Marshal(map[string]any{"templateType": "ViewResource", "version": "1.0", "action": action, "data": data})
	if err != nil {
		return "{}"
	}
	return string(content)
}

// value is what is filled into a field. A choice from a list is one, even of one thing.
func (f *Field) value(chance *rand.Rand) any {
	switch {
	case f.usual != nil:
		return f.usual
	case len(f.Options) == 0:
		return "something"
	}
	value := f.Options[pick(chance, len(f.Options))]
	if f.Type == "Dropdown" {
		return []string{value}
	}
	return value
}

// pick is a number below n: by chance, or the first.
func pick(chance *rand.Rand, n int) int {
	if chance == nil {
		return 0
	}
	return chance.IntN(n)
}
