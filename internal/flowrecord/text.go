package flowrecord

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/secretform"
)

// writer gathers the notes of a test.
type writer struct {
	held  *Held
	notes []string
}

func (w *writer) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(w.notes, text) {
		w.notes = append(w.notes, text)
	}
}

// longestQuote bounds what notes repeat.
const longestQuote = 60

// quoted is the beginning of a text, without what is secret in it.
func (w *writer) quoted(text string) string {
	text, _ = w.open(text, w.held.Mask)
	return fmt.Sprintf("%q", excerpt.Of(text, longestQuote))
}

// open is a text with something in the place of everything secret; false when nothing was.
func (w *writer) open(text, by string) (string, bool) {
	shown := secretform.Replace(text, by)
	if w.held.Mask != "" {
		shown = strings.ReplaceAll(shown, w.held.Mask, by)
	}
	return shown, shown != text
}

// plain is a text in which nothing is secret.
func (w *writer) plain(text string) string {
	text, _ = w.open(text, "…")
	return text
}

// name is what people call the test.
func (w *writer) name() string {
	return w.plain(w.held.Flow + ", " + w.held.Began.UTC().Format("2006-01-02 15:04:05"))
}

// chance notes the steps of types that can come out otherwise in a test.
func (w *writer) chance(types ...string) {
	for i := range w.held.Steps {
		if step := &w.held.Steps[i]; slices.Contains(types, step.Type) {
			w.note("%s (%s) can come out otherwise in a test", w.quoted(step.Name), step.Type)
		}
	}
}

// expected is what a test case is to look for in the place of a text: all of it, or the longest part that
// holds nothing secret and no path of the flow language. The id of the contact, which is another one in
// each test, becomes its path.
func (w *writer) expected(text string) string {
	return strings.ReplaceAll(w.part(text, "$."), w.held.ContactID, "$.ContactId")
}

// part is a text, or the longest part of it that holds nothing secret, and not the other text.
func (w *writer) part(text, without string) string {
	const gap = "\x00"
	text, hidden := w.open(text, gap)
	if hidden {
		w.note("the message %s has a secret in it: only what stands beside it is expected", w.quoted(strings.ReplaceAll(text, gap, w.held.Mask)))
	}
	parts := strings.Split(strings.ReplaceAll(text, without, gap), gap)
	longest := slices.MaxFunc(parts, func(a, b string) int { return len(a) - len(b) })
	if len(parts) > 1 {
		longest = strings.TrimSpace(longest)
	}
	return longest
}

// utterance is what the customer is to say.
func (w *writer) utterance(text string) string {
	shown, hidden := w.open(text, "…")
	if hidden {
		w.note("the customer's %s had a secret in it: the test says … in its place", w.quoted(text))
	}
	if strings.Contains(shown, "$.") {
		w.note("the customer's %s has a path in it, which a test fills in", w.quoted(text))
	}
	return shown
}

// attributes are those that the chat was started with, as far as that is known: not those that its flows
// have set, and none that is secret.
func (w *writer) attributes() map[string]string {
	all := map[string]string{}
	for key, value := range w.held.Attributes {
		if _, hidden := w.open(key+"="+value, ""); hidden || secretform.IsName(key) {
			w.note("the attribute %s looks like a secret, and is left out", w.quoted(key))
			continue
		}
		all[key] = value
	}
	for i := range w.held.Steps {
		step := &w.held.Steps[i]
		set, _ := step.Parameters["Attributes"].(map[string]any)
		if step.Type != "UpdateContactAttributes" || step.Failed {
			continue
		}
		for key := range set {
			delete(all, key)
		}
	}
	return all
}

// answered is what a function has answered: at once, or to the Wait for one that was invoked asynchronously.
// A Wait is for the last such one. What no Wait has heard, no flow could read; nil stands for that.
func (w *writer) answered(step *Step) any {
	passed := false
	for i := range w.held.Steps {
		s := &w.held.Steps[i]
		switch {
		case s == step && s.External != nil:
			return s.External
		case s == step:
			passed = true
		case passed && s.Type == "Wait" && s.External != nil:
			return s.External
		case passed && s.Type == step.Type && strings.EqualFold(flow.Text(s.Parameters["InvocationType"]), "ASYNCHRONOUS"):
			return nil
		}
	}
	return nil
}

// loaded is what a function has answered, without what was masked in it.
func (w *writer) loaded(step *Step) any {
	var clean func(v any) (any, bool)
	clean = func(v any) (any, bool) {
		switch v := v.(type) {
		case string:
			_, hidden := w.open(v, "")
			return v, !hidden
		case map[string]any:
			all := map[string]any{}
			for name, inner := range v {
				kept, fine := clean(inner)
				if !fine {
					w.note("%s of what %s has answered is a secret, and is left out", w.quoted(name), w.quoted(step.Name))
					continue
				}
				all[name] = kept
			}
			return all, true
		case []any:
			all := []any{}
			for _, inner := range v {
				if kept, fine := clean(inner); fine {
					all = append(all, kept)
				}
			}
			return all, true
		}
		return v, true
	}
	value, fine := clean(w.answered(step))
	if value == nil || !fine {
		return map[string]any{}
	}
	return value
}
