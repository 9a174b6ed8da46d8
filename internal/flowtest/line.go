package flowtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/transcript"
)

// String is a line of a transcript for a person: of views what can be done with them.
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
	}
	return l.Text
}
