package interactive

import (
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

// Message is an interactive message that lets the customer choose, any but a view.
type Message struct {
	// Template is its type, such as "ListPicker".
	Template, Title, Subtitle string
	// Choices are what there is to choose, in its order.
	Choices []Choice
}

// Choice is something to choose.
type Choice struct {
	// Card is the title of the card of a carousel that it stands on; empty elsewhere.
	Card string
	// Label and Note are what it says. URL is set for a link, which opens a page and sends nothing.
	Label, Note, URL string
	// Content is what a client sends: the chosen text or, when Response is set, an interactive response.
	Content  string
	Response bool
}

// choosing is the content of the templates with something to choose.
type choosing struct {
	Title       string          `json:"title"`
	Subtitle    string          `json:"subtitle"`
	ListID      json.RawMessage `json:"listId"`
	PreIndex    json.RawMessage `json:"preIndex"`
	NextIndex   json.RawMessage `json:"nextIndex"`
	ReferenceID json.RawMessage `json:"referenceId"`
	Elements    []struct {
		Title        string `json:"title"`
		Subtitle     string `json:"subtitle"`
		Type         string `json:"type"`
		URL          string `json:"url"`
		ActionDetail string `json:"actionDetail"`
		card
	} `json:"elements"`
	Timeslots []struct {
		Date string `json:"date"`
	} `json:"timeslots"`
}

// card is a message, also one of a carousel.
type card struct {
	TemplateType       string `json:"templateType"`
	TemplateIdentifier string `json:"templateIdentifier"`
	Data               struct {
		Content json.RawMessage `json:"content"`
	} `json:"data"`
}

// ReadMessage reads an interactive message; false for a view, and for what is none.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interactive-messages.html, and for what
// is sent the open-source chat interface.
func ReadMessage(content string) (*Message, bool) {
	var c card
	if json.Unmarshal([]byte(content), &c) != nil || c.TemplateType == "" || c.TemplateType == ViewResource {
		return nil, false
	}
	var of choosing
	if awswire.Decode(c.Data.Content, &of) != nil {
		return nil, false
	}
	m := &Message{Template: c.TemplateType, Title: of.Title, Subtitle: of.Subtitle}
	for _, element := range of.Elements {
		var inner choosing
		if element.TemplateType == "" || awswire.Decode(element.Data.Content, &inner) != nil {
			continue
		}
		for _, choice := range inner.choices(element.TemplateType) {
			choice.Card = inner.Title
			if !choice.Response { // which card was meant goes with it
				text, err := json.Marshal(struct {
					Identifier string `json:"templateIdentifier"`
					Title      string `json:"listTitle"`
					Text       string `json:"selectionText"`
				}{element.TemplateIdentifier, inner.Title, choice.Content})
				if err != nil {
					continue
				}
				choice.Content = string(text)
			}
			m.Choices = append(m.Choices, choice)
		}
	}
	if len(m.Choices) == 0 {
		m.Choices = of.choices(c.TemplateType)
	}
	return m, true
}

// choices are what can be chosen in one list, panel, row of replies or set of times.
func (of *choosing) choices(template string) []Choice {
	var list []Choice
	for _, element := range of.Elements {
		choice := Choice{Label: element.Title, Note: element.Subtitle, Content: element.Title}
		switch {
		case element.Title == "":
			continue
		case element.Type == "hyperlink" && element.URL != "":
			choice.URL, choice.Content = element.URL, ""
		case element.ActionDetail != "":
			choice.Response, choice.Content = true, of.leaf(template, element.ActionDetail)
		}
		list = append(list, choice)
	}
	for _, slot := range of.Timeslots {
		list = append(list, Choice{Label: day(slot.Date), Content: slot.Date})
	}
	return list
}

// leaf is the answer that asks for another page of a list.
func (of *choosing) leaf(template, action string) string {
	text, err := json.Marshal(map[string]any{
		"version": responseVersion, "action": action,
		"data": map[string]any{
			"actionName": action, "listId": of.ListID, "preIndex": of.PreIndex, "nextIndex": of.NextIndex,
			"templateType": template, "referenceId": of.ReferenceID,
		},
	})
	if err != nil {
		return action // no such value can be written
	}
	return string(text)
}

// day shows the date of a time slot, in its own zone; one of another form as it is.
func day(date string) string {
	for _, form := range []string{"2006-01-02T15:04Z07:00", "2006-01-02T15:04-0700", time.RFC3339} {
		if t, err := time.Parse(form, date); err == nil {
			return t.Format("Mon 2 Jan 2006, 15:04 -07:00")
		}
	}
	return date
}

// Chosen reads what a customer's message says about a choice in a carousel, as people read it; false
// for another text.
func Chosen(text string) (string, bool) {
	var of struct {
		Identifier *string `json:"templateIdentifier"`
		Title      string  `json:"listTitle"`
		Text       string  `json:"selectionText"`
	}
	if json.Unmarshal([]byte(text), &of) != nil || of.Identifier == nil || of.Text == "" {
		return "", false
	}
	if of.Title == "" {
		return of.Text, true
	}
	return of.Title + " - " + of.Text, true
}
