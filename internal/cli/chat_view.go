package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/transcript"
)

// viewText shows a view: what it says, the names of its fields, and what can be done, numbered.
func viewText(v *interactive.View) string {
	lines := []string{strings.TrimSpace("[view " + v.ID + "] " + v.Heading)}
	for _, text := range v.Texts {
		lines = append(lines, "  "+text)
	}
	for _, row := range v.Rows {
		lines = append(lines, "  "+row.Label+": "+row.Value)
	}
	for i := range v.Fields {
		lines = append(lines, "  "+fieldText(&v.Fields[i]))
	}
	for n, way := range v.Ways {
		line := fmt.Sprintf("  %d. %s", n+1, way.Label)
		if way.Note != "" {
			line += " – " + way.Note
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// messageText shows an interactive message: what it says, and what can be chosen, numbered.
func messageText(m *interactive.Message) string {
	lines := []string{strings.Join(strings.Fields("["+m.Template+"] "+m.Title+" "+m.Subtitle), " ")}
	card := ""
	for n, choice := range m.Choices {
		if choice.Card != card {
			card = choice.Card
			lines = append(lines, "  "+card)
		}
		line := fmt.Sprintf("  %d. %s", n+1, choice.Label)
		if choice.Note != "" {
			line += " – " + choice.Note
		}
		if choice.URL != "" {
			line += " – opens " + choice.URL
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func fieldText(f *interactive.Field) string {
	line := f.Name + "="
	if f.Label != "" && f.Label != f.Name {
		line += "  " + f.Label
	}
	var options []string
	for _, o := range f.Options {
		text := o.Value
		if o.Label != o.Value {
			text += " (" + o.Label + ")"
		}
		options = append(options, text)
	}
	if len(options) > 0 {
		line += "  one of: " + strings.Join(options, ", ")
	}
	if len(f.Default) > 0 {
		line += "  [" + strings.Join(f.Default, ", ") + "]"
	}
	if f.Required {
		line += "  (required)"
	}
	return line
}

// shownView is what the customer can answer: a view, or another interactive message.
type shownView struct {
	mu      sync.Mutex
	view    *interactive.View // nil for none
	changed chan struct{}     // closed when there is one
	// message is the newest interactive message that is no view, until something is chosen.
	message *interactive.Message
}

func newShownView() *shownView { return &shownView{changed: make(chan struct{})} }

// see looks at an item of the chat.
func (s *shownView) see(i *item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch i.ContentType {
	case transcript.Interactive:
		if v, ok := interactive.ReadView(i.Content); ok {
			if s.view == nil {
				close(s.changed)
			}
			s.view, s.message = v, nil
		} else if m, ok := interactive.ReadMessage(i.Content); ok && len(m.Choices) > 0 {
			s.message = m
		}
	case transcript.ChatEnded:
		s.close()
		s.message = nil
	}
}

// choose takes the choice of a number; false when no message offers it.
func (s *shownView) choose(number string) (interactive.Choice, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := strconv.Atoi(number)
	if err != nil || s.message == nil || n < 1 || n > len(s.message.Choices) {
		return interactive.Choice{}, false
	}
	choice := s.message.Choices[n-1]
	if choice.URL == "" {
		s.message = nil
	}
	return choice, true
}

// close is the end of a view. The lock is held.
func (s *shownView) close() {
	if s.view != nil {
		s.view, s.changed = nil, make(chan struct{})
	}
}

// answered ends a view that was answered, unless another is there by now.
func (s *shownView) answered(v *interactive.View) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view == v {
		s.close()
	}
}

// open returns the view that can be answered; nil for none.
func (s *shownView) open() *interactive.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view
}

// await waits for a view for some time: in a script, its answer is there before it.
func (s *shownView) await(ctx context.Context, limit time.Duration) (*interactive.View, error) {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if v := s.open(); v != nil {
		return v, nil
	}
	return nil, hint.Usage("no view is shown that could be answered", "")
}

// see looks at an item of the chat. What can be done about a view of a developer's own is asked for.
func (c *customerSide) see(ctx context.Context, i *item) {
	v, ok := interactive.ReadView(i.Content)
	if ok && i.ContentType == transcript.Interactive && !v.Own {
		if actions, err := c.ViewActions(ctx, v.Token); err == nil && len(actions) > 0 { // it is answered without, too
			c.r.note("actions of the view %s: %s", screen.Cell(v.ID), screen.Cell(strings.Join(actions, ", ")))
		}
	}
	c.shown.see(i)
}

// answerView is the command /view.
func (c *customerSide) answerView(ctx context.Context, argument string) (left bool, err error) {
	words, err := quotedWords(argument)
	if err != nil {
		return false, err
	}
	v, err := c.shown.await(ctx, c.patience)
	if err != nil {
		return false, err
	}
	way, err := wayOf(v, words[0])
	if err != nil {
		return false, err
	}
	filled := map[string][]string{}
	for _, word := range words[1:] {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return false, hint.Usage(quoteArg(word)+" is not of the form FIELD=VALUE", `write a value with spaces as FIELD="VALUE"`)
		}
		filled[name] = append(filled[name], value)
	}
	content, err := v.Answer(way, filled)
	if err != nil {
		return false, hint.Usage(err.Error(), "the names of the fields stand before the = signs of the view")
	}
	if err := c.Send(ctx, transcript.InteractiveResponse, content); err != nil {
		return false, err
	}
	c.shown.answered(v)
	return false, nil
}

// wayOf finds what a word means on a view: its number, its label, what is chosen, or an action. A
// view of a developer's own takes any action: its template is not here.
func wayOf(v *interactive.View, word string) (interactive.Way, error) {
	if n, err := strconv.Atoi(word); err == nil && n >= 1 && n <= len(v.Ways) {
		return v.Ways[n-1], nil
	}
	for _, way := range v.Ways {
		if strings.EqualFold(way.Label, word) || way.Chosen == word || way.Action == word && way.Chosen == "" {
			return way, nil
		}
	}
	if !v.Own {
		return interactive.Way{Action: word}, nil
	}
	return interactive.Way{}, hint.Usage("the view offers no "+quoteArg(word), "write the number of what it offers, as in /view 1")
}

// quotedWords cuts a line into words. Quotation marks, of both kinds, keep spaces together.
func quotedWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var within rune
	begun := false
	for _, r := range line {
		switch {
		case within != 0 && r == within:
			within = 0
		case within == 0 && (r == '"' || r == '\''):
			within, begun = r, true
		case within == 0 && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if within != 0 {
		return nil, hint.Usage("a quotation mark is not closed", "")
	}
	if begun {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, hint.Usage("write /view ACTION [FIELD=VALUE …]", "")
	}
	return words, nil
}
