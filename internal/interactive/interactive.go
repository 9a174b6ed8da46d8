// Package interactive checks interactive messages: whether the clients there are can show them.
//
// It owns what a template may look like, and knows neither chats nor who sends one. It never changes
// a message, because what pleases one client can break another; its author chooses. All of it is safe
// for concurrent use.
package interactive

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
)

// Level says how bad a finding is.
type Level int

// Levels, from the least.
const (
	// Note is what some client shows otherwise, as its author may want it.
	Note Level = iota
	// Mistake is what nobody wants, although some client shows the message.
	Mistake
	// Fatal is a message that a client cannot show at all: the widget goes blank, or says that
	// something went wrong.
	Fatal
)

// Finding is something about an interactive message that a client will not like.
type Finding struct {
	Level Level
	// Where is the member, such as "data.content.elements[0].title"; empty for the whole.
	Where string
	// Text says what is wrong, without the member's name.
	Text string
}

// String is the finding as a sentence.
func (f Finding) String() string {
	if f.Where == "" {
		return f.Text + "."
	}
	return f.Where + " " + f.Text + "."
}

// Bounds of interactive messages.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interactive-messages.html
const (
	longestTemplate = 20_000
	longestTitle    = 400
	longestOption   = 200
	timeslotFormat  = "2006-01-02T15:04-07:00"
)

// Broken returns the first reason for which a client cannot show a message; false when all can.
func Broken(content string) (Finding, bool) {
	for _, finding := range Check(content) {
		if finding.Level == Fatal {
			return finding, true
		}
	}
	return Finding{}, false
}

// Check holds the content of an interactive message against what the clients need: the prebuilt chat
// widget, which goes blank on content that is not JSON, and the iOS and Android SDKs. Without findings
// the message is shown by all of them.
func Check(content string) []Finding {
	c := &templateCheck{}
	if len(content) > longestTemplate {
		c.fatal("", "the message has %d bytes, and may have at most %d", len(content), longestTemplate)
	}
	c.message("", jsontext.Value(content), true)
	return c.findings
}

// templateCheck gathers what is wrong with one message, and how bad each is.
type templateCheck struct{ findings []Finding }

func (c *templateCheck) fatal(where, format string, args ...any) {
	c.find(Fatal, where, format, args...)
}

func (c *templateCheck) mistake(where, format string, args ...any) {
	c.find(Mistake, where, format, args...)
}

func (c *templateCheck) note(where, format string, args ...any) { c.find(Note, where, format, args...) }

func (c *templateCheck) find(level Level, where, format string, args ...any) {
	c.findings = append(c.findings, Finding{level, where, fmt.Sprintf(format, args...)})
}

// envelope is what all templates have.
type envelope struct {
	TemplateType       string `json:"templateType"`
	TemplateIdentifier string `json:"templateIdentifier"`
	Version            string `json:"version"`
	Data               struct {
		Title   jsontext.Value `json:"title"`
		Content jsontext.Value `json:"content"`
	} `json:"data"`
}

// body is the content of all templates but views.
type body struct {
	Title       string         `json:"title"`
	Elements    []element      `json:"elements"`
	Buttons     jsontext.Value `json:"buttons"`
	Timeslots   []timeslot     `json:"timeslots"`
	ReferenceID string         `json:"referenceId"`
	ListID      string         `json:"listId"`
	PreIndex    jsontext.Value `json:"preIndex"`
	NextIndex   jsontext.Value `json:"nextIndex"`
	ViewToken   string         `json:"viewToken"`
}

// element is what can be picked, or, in a carousel, a template of its own.
type element struct {
	Title        string `json:"title"`
	Type         string `json:"type"`
	URL          string `json:"url"`
	ActionDetail string `json:"actionDetail"`
	raw          jsontext.Value
}

// UnmarshalJSON implements [json.Unmarshaler]: elements of a carousel are read as templates.
func (e *element) UnmarshalJSON(raw []byte) error {
	type plain element
	if err := awswire.Decode(raw, (*plain)(e)); err != nil {
		return err
	}
	e.raw = bytes.Clone(raw)
	return nil
}

// timeslot is a time that can be picked.
type timeslot struct {
	Date     string         `json:"date"`
	Duration jsontext.Value `json:"duration"`
}

// message checks a template; outer says that it is not an element of a carousel.
func (c *templateCheck) message(where string, raw jsontext.Value, outer bool) {
	var e envelope
	if awswire.Decode(raw, new(jsontext.Value)) != nil || raw.Kind() != '{' {
		c.fatal(where, "the message is not a JSON object, which blanks the widget")
		return
	}
	if err := awswire.Decode(raw, &e); err != nil {
		c.fatal(where, "the message has a member of the wrong type")
		return
	}
	in := where
	if in != "" {
		in += "."
	}
	if e.Version == "" {
		c.mistake(in+"version", "is missing, which the iOS and Android SDKs need")
	}
	if !outer {
		if e.TemplateType != "Panel" && e.TemplateType != "ListPicker" {
			c.fatal(in+"templateType", "must be Panel or ListPicker")
			return
		}
		if e.TemplateIdentifier == "" {
			c.fatal(in+"templateIdentifier", "is missing, and names the answer")
		}
	}
	if e.TemplateType == "" {
		c.fatal(in+"templateType", "is missing")
		return
	}
	if e.Data.Content.Kind() != '{' {
		text := "is missing"
		if e.Data.Title != nil {
			text = "is missing: the title stands one level too high"
		}
		c.fatal(in+"data.content", "%s", text)
		return
	}
	var b body
	if err := awswire.Decode(e.Data.Content, &b); err != nil {
		c.fatal(in+"data.content", "has a member of the wrong type")
		return
	}
	c.template(in+"data.content.", e, b, outer)
}

// template checks the content of a message by the type of its template; outer is as for message.
func (c *templateCheck) template(in string, e envelope, b body, outer bool) {
	if e.TemplateType == ViewResource {
		if b.ViewToken == "" {
			c.fatal(in+"viewToken", "is missing")
		}
		return
	}
	c.title(in+"title", b.Title, longestTitle)
	if outer && b.ReferenceID == "" {
		c.note(in+"referenceId", "is missing: in the widget the message replaces an earlier one without it")
	}
	switch e.TemplateType {
	case "ListPicker":
		if e.TemplateIdentifier == "" {
			c.note("templateIdentifier", "is missing, which the Android SDK needs")
		}
		c.options(in, b, 1, 6, longestTitle)
	case "Panel":
		c.options(in, b, 1, 10, longestTitle)
	case "QuickReply":
		c.options(in, b, 2, 0, longestOption)
	case "Carousel":
		c.count(in, b, 2, 5)
		for i, e := range b.Elements {
			c.message(fmt.Sprintf("%selements[%d]", in, i), e.raw, false)
		}
	case "TimePicker":
		c.timeslots(in, b.Timeslots)
	default:
		c.mistake("templateType", "%q is known to no client", e.TemplateType)
	}
}

// title checks a title that is shown; a long one is cut, not refused.
func (c *templateCheck) title(where, title string, longest int) {
	if title == "" {
		c.fatal(where, "is missing")
	}
	if n := utf8.RuneCountInString(title); n > longest {
		c.note(where, "has %d characters, and is cut after %d", n, longest)
	}
}

// count checks the number of elements; zero for most means any.
func (c *templateCheck) count(in string, b body, least, most int) {
	n := len(b.Elements)
	switch {
	case n == 0 && b.Buttons != nil:
		c.fatal(in+"elements", "is missing: the widget does not read buttons")
	case n < least:
		c.fatal(in+"elements", "must have at least %d, but has %d", least, n)
	case most > 0 && n > most:
		c.fatal(in+"elements", "must have at most %d, but has %d", most, n)
	}
}

// options checks a list of things to pick from. Those that page through a long list do not count, unless
// there are no others.
func (c *templateCheck) options(in string, b body, least, most, longest int) {
	choices := b
	choices.Elements = slices.DeleteFunc(slices.Clone(b.Elements), func(e element) bool { return e.ActionDetail != "" })
	if len(b.Elements) > 0 && len(choices.Elements) == 0 {
		choices = b
	}
	c.count(in, choices, least, most)
	for i, e := range b.Elements {
		at := fmt.Sprintf("%selements[%d].", in, i)
		c.title(at+"title", e.Title, longest)
		if e.Type == "hyperlink" && e.URL == "" {
			c.mistake(at+"url", "is missing, so the link leads nowhere")
		}
		if e.ActionDetail != "" && e.ActionDetail != "SHOW_MORE" && e.ActionDetail != "PREVIOUS_OPTIONS" {
			c.mistake(at+"actionDetail", "must be SHOW_MORE or PREVIOUS_OPTIONS")
		}
	}
	c.android(in, b)
}

// android names members with which the Android SDK does not decode the message.
func (c *templateCheck) android(in string, b body) {
	given := map[string]bool{
		"referenceId": b.ReferenceID != "", "listId": b.ListID != "", "preIndex": b.PreIndex != nil, "nextIndex": b.NextIndex != nil,
	}
	for _, e := range b.Elements {
		given["actionDetail"] = given["actionDetail"] || e.ActionDetail != ""
		given["type"] = given["type"] || e.Type != ""
		given["url"] = given["url"] || e.URL != ""
	}
	var extra []string
	for name, is := range given {
		if is {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		slices.Sort(extra)
		c.note(strings.TrimSuffix(in, "."), "has members that the Android SDK cannot read: %s", strings.Join(extra, ", "))
	}
}

// timeslots checks the times of a TimePicker.
func (c *templateCheck) timeslots(in string, slots []timeslot) {
	if len(slots) < 1 || len(slots) > 20 {
		c.fatal(in+"timeslots", "must have from 1 to 20, but has %d", len(slots))
	}
	for i, slot := range slots {
		at := fmt.Sprintf("%stimeslots[%d].", in, i)
		if _, err := time.Parse(timeslotFormat, slot.Date); err != nil {
			c.fatal(at+"date", "must be of the form 2026-12-24T10:00+00:00")
		}
		if slot.Duration.Kind() != '0' || bytes.ContainsAny(slot.Duration, ".eE") {
			c.mistake(at+"duration", "must be a whole number for the iOS and Android SDKs")
		}
	}
}
