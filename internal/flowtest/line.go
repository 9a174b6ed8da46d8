package flowtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/transcript"
)

// String is a line of a transcript for a person: of views and other interactive messages what can be done
// with them.
func (l *Line) String() string {
	var answer struct {
		Action string
		Data   struct{ ActionName string }
	}
	switch {
	case len(l.Files) > 0:
		return "[" + strings.Join(l.Files, ", ") + "]"
	case l.Text == "":
		return "-- " + l.ContentType[strings.LastIndexByte(l.ContentType, '.')+1:]
	case l.View != nil:
		todo := slices.Clone(l.View.Choices)
		for _, f := range l.View.Fields {
			if len(f.Options) > 0 {
				f.Name += ": " + strings.Join(f.Options, " or ")
			}
			todo = append(todo, f.Name)
		}
		if len(todo) == 0 {
			return fmt.Sprintf("[%s] %s", l.View.ID, l.View.Heading)
		}
		return fmt.Sprintf("[%s] %s (%s)", l.View.ID, l.View.Heading, strings.Join(todo, " | "))
	case l.ContentType == transcript.InteractiveResponse && json.Unmarshal([]byte(l.Text), &answer) == nil && answer.Action != "":
		return "[" + cmp.Or(answer.Data.ActionName, answer.Action) + "]"
	case l.ContentType == transcript.Interactive:
		if m, ok := interactive.ReadMessage(l.Text); ok && (m.Title != "" || len(m.Choices) > 0) {
			return messageText(m)
		}
	}
	if chosen, ok := interactive.Chosen(l.Text); ok {
		return chosen
	}
	return l.Text
}

// messageText is an interactive message with what a customer says to choose.
func messageText(m *interactive.Message) string {
	text := strings.Join(strings.Fields("["+m.Template+"] "+m.Title+" "+m.Subtitle), " ")
	var choices []string
	for _, c := range m.Choices {
		switch {
		case c.Card != "":
			choices = append(choices, c.Card+" - "+c.Label)
		case c.Response || c.URL != "":
			choices = append(choices, c.Label)
		default: // of a time its date, of everything else the title
			choices = append(choices, c.Content)
		}
	}
	if len(choices) == 0 {
		return text
	}
	return text + " (" + strings.Join(choices, " | ") + ")"
}
