package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/inspect"
)

// found is what a recording has for a call.
type found struct {
	index int // of the event; less than zero for an answer that is made up
	// again says that the event was an answer already.
	again bool
	// ended says that the chat is over and the recording has nothing more.
	ended bool
	// problem says why there is nothing.
	problem string
}

// match finds the recorded call for one of the client. Calls of an action are matched in order.
// Those that change the chat have to say the same; the others take the most similar.
func (s *session) match(action, path, body string) found {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.find(action, path, body)
	if f.index >= 0 {
		s.taken[f.index] = true
	}
	return f
}

// find is match with the lock held.
func (s *session) find(action, path, body string) found {
	asked := s.plain(body)
	if token := text(asked, "ClientToken"); token != "" && (causes(action) || action == startUpload) {
		if index, repeated := s.sent[action+" "+token]; repeated {
			return found{index: index, again: true}
		}
	}
	var open []int // calls that were not answered yet
	var done []int
	for i := range s.chat.Events {
		e := &s.chat.Events[i]
		if e.Kind != Call || e.Action != action || action == describeView && e.Path != path {
			continue
		}
		if s.taken[i] {
			done = append(done, i)
		} else {
			open = append(open, i)
		}
	}
	switch {
	case causes(action) || action == startUpload:
		return s.matchNext(action, asked, open)
	case action == sendEvent:
		return s.matchEvent(asked, open, done)
	}
	if len(open) > 0 {
		return found{index: s.nearest(asked, open)}
	}
	if s.over && action == createConnection {
		return found{index: -1, ended: true}
	}
	if len(done) > 0 {
		return found{index: s.nearest(asked, done), again: true}
	}
	return found{index: -1, ended: s.over, problem: fmt.Sprintf("The recording has no %s.", action)}
}

const (
	createConnection = "CreateParticipantConnection"
	sendEvent        = "SendEvent"
	startUpload      = "StartAttachmentUpload"
	getAttachment    = "GetAttachment"
	getTranscript    = "GetTranscript"
	describeView     = "DescribeView"
)

// matchNext matches a call that changes the chat: it has to be the next one of its action.
func (s *session) matchNext(action string, asked map[string]any, open []int) found {
	if len(open) == 0 {
		return found{index: -1, ended: s.over, problem: fmt.Sprintf("The recording has no further %s.", action)}
	}
	e := &s.chat.Events[open[0]]
	recorded := s.plain(string(e.Request))
	if name, want, got := difference(recorded, asked); name != "" {
		return found{index: -1, ended: s.over, problem: fmt.Sprintf(
			"In the recording the next %s has another %s (line %d): %s, not %s.", action, name, e.line, shown(want), shown(got))}
	}
	if token := text(asked, "ClientToken"); token != "" {
		s.sent[action+" "+token] = open[0]
	}
	return found{index: open[0]}
}

// matchEvent matches SendEvent. Receipts and signs of typing depend on time and do nothing, so
// that one the recording does not have is taken, too.
func (s *session) matchEvent(asked map[string]any, open, done []int) found {
	for i, list := range [...][]int{open, done} {
		for _, index := range list {
			if text(s.plain(string(s.chat.Events[index].Request)), "ContentType") == text(asked, "ContentType") {
				return found{index: index, again: i > 0}
			}
		}
	}
	return found{index: -1, ended: s.over}
}

// nearest returns the first of some calls that asks the same, or else the first; of those that
// were answered already, the last.
func (s *session) nearest(asked map[string]any, of []int) int {
	for _, index := range of {
		if name, _, _ := difference(s.plain(string(s.chat.Events[index].Request)), asked); name == "" {
			return index
		}
	}
	if s.taken[of[0]] {
		return of[len(of)-1]
	}
	return of[0]
}

// plain reads a body: with the recording's ids, and what stands for nothing left out.
func (s *session) plain(body string) map[string]any {
	var members map[string]any
	if json.Unmarshal([]byte(s.ids.back.Replace(body)), &members) != nil {
		return nil
	}
	return members
}

func text(members map[string]any, name string) string {
	value, _ := members[name].(string)
	return value
}

// difference compares two bodies leniently: tokens of repetition and of pages, space at the ends
// of texts and what was masked do not count; JSON within a text is compared as JSON; absent is empty.
func difference(recorded, asked map[string]any) (name string, want, got any) {
	for _, members := range [...]map[string]any{recorded, asked} {
		for name := range members {
			if name == "ClientToken" || name == "NextToken" && (recorded[name] == nil) == (asked[name] == nil) {
				continue
			}
			if !alike(recorded[name], asked[name]) {
				return name, recorded[name], asked[name]
			}
		}
	}
	return "", nil, nil
}

// alike reports whether two values mean the same to a server: blanks at the ends, and the form of JSON in a
// text, make no difference.
func alike(a, b any) bool {
	if isEmpty(a) && isEmpty(b) {
		return true
	}
	one, isText := a.(string)
	other, isText2 := b.(string)
	if !isText || !isText2 {
		return reflect.DeepEqual(a, b)
	}
	if strings.TrimSpace(one) == strings.TrimSpace(other) || strings.Contains(one, inspect.Mark) { // what was masked is not known
		return true
	}
	var x, y any
	return isObject([]byte(one)) && json.Unmarshal([]byte(one), &x) == nil && json.Unmarshal([]byte(other), &y) == nil && reflect.DeepEqual(x, y)
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// shown is a value in a sentence.
func shown(value any) string {
	if value == nil {
		return "none"
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return "another"
	}
	return excerpt.Of(strings.TrimSpace(out.String()), 80)
}

// good reports whether a recorded call succeeded.
func (e *Event) good() bool { return e.Status == http.StatusOK }
