package flow

import "strings"

// Fill puts the values of the paths in a text in their places, as the contact and its flow stand. What is
// no single value is left out.
func Fill(text string, c *Contact, s *State) string {
	parts, _ := split(text)
	r := &run{state: *s, frame: &Frame{}, contact: c, attributes: c.Attributes}
	if n := len(s.Frames); n > 0 {
		r.frame = &s.Frames[n-1]
	}
	var b strings.Builder
	for _, p := range parts {
		if p.path == nil {
			b.WriteString(p.text)
			continue
		}
		switch value := r.lookup(p.path).(type) {
		case map[string]any, map[string]string, []any:
		default:
			b.WriteString(Text(value))
		}
	}
	return b.String()
}

// Holds reports whether a value meets an operand by an operator of a Compare block; known is false for
// an operator that does not exist.
func Holds(name, value, operand string) (holds, known bool) {
	meets := operator(name)
	if meets == nil {
		return false, false
	}
	return meets(value, operand), true
}
