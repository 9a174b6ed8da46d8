package flowtest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// Stage directions: what happens beside what the customer says. They stand among the texts of a
// script, where they are to happen.
const (
	// AgentTakes lets an agent take the chat from its queue, and leave it again.
	AgentTakes = "(agent)"
	// SignsIn, OptsOut and FailsToSignIn are how a sign-in goes.
	SignsIn       = "(signed in)"
	OptsOut       = "(opted out)"
	FailsToSignIn = "(not signed in)"
	// Waits lets the customer say nothing until the flow goes on by itself.
	Waits = "(wait)"
)

// Types of actions that wait for something else than a text.
const (
	showView     = "ShowView"
	authenticate = "AuthenticateParticipant"
)

// direction follows a stage direction. It reports whether the text was one that can be followed now;
// one that cannot be yet stays.
func (v *visit) direction(ctx context.Context, standing flowrun.Standing, text string) (done bool, err error) {
	switch text {
	case Waits:
		return v.pass(standing), nil
	case AgentTakes:
		if standing.Queue == "" {
			return false, nil
		}
		return true, v.agent(ctx)
	case SignsIn, OptsOut, FailsToSignIn:
		if standing.Type != authenticate {
			return false, nil
		}
		return true, v.signIn(ctx, text)
	}
	return false, nil
}

// isDirection reports whether a text of a script is a stage direction.
func isDirection(text string) bool {
	switch text {
	case AgentTakes, SignsIn, OptsOut, FailsToSignIn, Waits:
		return true
	}
	return false
}

// agent lets an agent take the chat from its queue and leave it again.
func (v *visit) agent(ctx context.Context) error {
	joined, err := v.chats.Join(ctx, v.chat.ContactID, transcript.Agent, "Agent")
	if err != nil {
		return err
	}
	if _, err := v.runner.Await(ctx, v.chat.ContactID); err != nil {
		return err
	}
	return v.chats.Leave(ctx, v.chat.ContactID, joined.ParticipantID)
}

// signIn ends the sign-in that the customer was asked for.
func (v *visit) signIn(ctx context.Context, how string) error {
	var asked struct{ SessionID string }
	v.mu.Lock()
	content := v.asked
	v.mu.Unlock()
	if err := json.Unmarshal([]byte(content), &asked); err != nil {
		return fmt.Errorf("reading what the customer was asked: %w", err)
	}
	outcome := map[string]string{SignsIn: transcript.AuthSucceeded, OptsOut: transcript.AuthCancelled, FailsToSignIn: transcript.AuthFailed}[how]
	return v.chats.EndAuthentication(ctx, v.chat.ContactID, asked.SessionID, outcome)
}

// shownView is what can be chosen and filled in on a view: Amazon Connect's own views, by the members
// that a flow gives them. Members of another shape are left out.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/view-resources-managed-view.html
type shownView struct {
	choices []string // ids of items and cards, or names of actions
	fields  []field
}

// field is a field of a form.
type field struct {
	Name, Type   string
	DefaultValue any
	Options      []struct{ Value string }
}

// view reads the view that the customer sees.
func (v *visit) view(ctx context.Context) (shownView, error) {
	var message struct {
		Data struct {
			Content struct {
				ViewData struct {
					Items, Cards, Actions, Sections json.RawMessage
				} `json:"viewData"`
			} `json:"content"`
		} `json:"data"`
	}
	page, err := v.chats.Transcript(ctx, v.chat.ContactID, chat.TranscriptQuery{MaxResults: 100, Descending: true})
	if err != nil {
		return shownView{}, err
	}
	for i := range page.Items {
		if item := &page.Items[i]; item.ContentType == transcript.Interactive {
			if err := json.Unmarshal([]byte(item.Content), &message); err != nil {
				return shownView{}, fmt.Errorf("reading the view that is shown: %w", err)
			}
			break
		}
	}
	data := &message.Data.Content.ViewData
	var view shownView
	var items []struct{ ID string }
	_ = json.Unmarshal(data.Items, &items) // a view of the developer's own may hold anything
	for _, item := range items {
		view.choices = append(view.choices, item.ID)
	}
	var cards []struct{ Summary struct{ ID string } }
	_ = json.Unmarshal(data.Cards, &cards)
	for _, card := range cards {
		view.choices = append(view.choices, card.Summary.ID)
	}
	var actions []string
	if text := ""; json.Unmarshal(data.Actions, &text) == nil {
		data.Actions = json.RawMessage(text) // clients parse texts that are JSON once more
	}
	_ = json.Unmarshal(data.Actions, &actions)
	view.choices = append(view.choices, actions...)
	var sections []struct{ Items []field }
	_ = json.Unmarshal(data.Sections, &sections)
	for _, section := range sections {
		for _, f := range section.Items {
			if f.Name != "" {
				view.fields = append(view.fields, f)
			}
		}
	}
	return view, nil
}

// selected is the action of views on which something was chosen.
const selected = "ActionSelected"

// ways are what a customer can do about the view, of whose actions the flow knows some.
func (view *shownView) ways(actions []string) []string {
	ways := slices.DeleteFunc(slices.Clone(actions), func(action string) bool { return action == selected && len(view.choices) > 0 })
	if len(ways) < len(actions) {
		ways = append(ways, view.choices...)
	}
	return ways
}

// answer is what a client sends for a text that is said to a view: the JSON of an answer, something
// to choose on the view, or an action. Chance chooses and fills in what is left open, and without
// it the first choice is taken.
func (view *shownView) answer(text string, chance *rand.Rand) string {
	if strings.HasPrefix(text, "{") && json.Valid([]byte(text)) {
		return text
	}
	action, chosen := text, ""
	for _, choice := range view.choices {
		if choice == text {
			action, chosen = selected, choice
		}
	}
	if action == selected && chosen == "" && len(view.choices) > 0 {
		chosen = view.choices[pick(chance, len(view.choices))]
	}
	data := map[string]any{}
	if chosen != "" {
		data["actionName"], data["Id"] = chosen, chosen
	}
	if len(view.fields) > 0 {
		form := make(map[string]any, len(view.fields))
		for _, f := range view.fields {
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
func (f *field) value(chance *rand.Rand) any {
	switch {
	case f.DefaultValue != nil:
		return f.DefaultValue
	case len(f.Options) == 0:
		return "something"
	}
	value := f.Options[pick(chance, len(f.Options))].Value
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
