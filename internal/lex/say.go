package lex

import "strings"

// say says a response: the first message of each group. The real Lex picks by chance.
func (m *machine) say(r Response) {
	for _, g := range r.Groups {
		if len(g) > 0 {
			m.out = append(m.out, m.message(g[0]))
		}
	}
}

// prompt asks a question. Prompts in order walk through their variations over the retries.
func (m *machine) prompt(p Prompt) {
	for _, g := range p.Groups {
		if len(g) == 0 {
			continue
		}
		at := 0
		if p.Ordered {
			at = min(m.s.Attempt, len(g)-1)
		}
		m.out = append(m.out, m.message(g[at]))
	}
}

// message is a message with its placeholders filled.
func (m *machine) message(msg Message) Message {
	msg.Content = m.fill(msg.Content)
	if msg.Card != nil {
		card := *msg.Card
		card.Title, card.Subtitle = m.fill(card.Title), m.fill(card.Subtitle)
		card.Buttons = append([]Button(nil), card.Buttons...)
		for n := range card.Buttons {
			card.Buttons[n].Text, card.Buttons[n].Value = m.fill(card.Buttons[n].Text), m.fill(card.Buttons[n].Value)
		}
		msg.Card = &card
	}
	return msg
}

// fill fills the places of slots, session attributes and request attributes in a text. What is not
// set leaves nothing; what names no slot stays, as the braces of JSON do.
func (m *machine) fill(text string) string {
	if !strings.ContainsAny(text, "{[(") {
		return text
	}
	var out strings.Builder
	for text != "" {
		at := strings.IndexAny(text, "{[(")
		if at < 0 {
			break
		}
		out.WriteString(text[:at])
		text = text[at:]
		value, length := m.lookup(text)
		if length == 0 {
			value, length = text[:1], 1
		}
		out.WriteString(value)
		text = text[length:]
	}
	out.WriteString(text)
	return out.String()
}

// lookup is the value of the placeholder that a text begins with, and its length; 0 for none.
func (m *machine) lookup(text string) (string, int) {
	opening, closing := text[:1], map[byte]string{'{': "}", '[': "]", '(': "))"}[text[0]]
	if opening == "(" {
		opening = "(("
	}
	end := strings.Index(text, closing)
	if !strings.HasPrefix(text, opening) || end <= len(opening) {
		return "", 0
	}
	name := strings.TrimSpace(text[len(opening):end])
	// Lists of numbers stand in JSON, and are no places.
	if strings.Trim(name, "0123456789.- ") == "" || strings.ContainsAny(name, "{}[]()\"'\n,") {
		return "", 0
	}
	length := end + len(closing)
	switch opening {
	case "{":
		i := m.intent()
		if i == nil || i.Slot(name) == nil {
			return "", 0
		}
		value, ok := m.s.Intent.Slots[name].text()
		if !ok {
			m.note("a text of %s names the slot %s, which is empty", i.Name, name)
		}
		return value, length
	case "[":
		value, ok := m.s.Attributes[name]
		if !ok {
			m.note("a text names the session attribute %s, which is not set", name)
		}
		return value, length
	}
	value, ok := m.in.Request[name]
	if !ok {
		m.note("a text names the request attribute %s, which is not set", name)
	}
	return value, length
}
