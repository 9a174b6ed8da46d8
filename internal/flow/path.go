package flow

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// roots are the names with which paths begin that mean something. What begins with another name is text.
//
// Source: "List of available contact attributes and their JSONPath references" in the administrator
// guide.
func roots() []string {
	return []string{
		"Agent", "AgenticCX", "Attributes", "AwsRegion", "Capabilities", "Case", "Channel", "ContactId", "Customer",
		"CustomerEndpoint", "CustomerId", "DataTableList", "DataTables", "Description", "External", "ExternalTool",
		"FlowAttributes", "InitialContactId", "InitiationMethod", "InstanceARN", "LambdaInvocation", "LanguageCode", "Lex",
		"Loop", "Media", "MediaStreams", "Metrics", "Modules", "Name", "PreviousContactId", "Queue", "References",
		"RelatedContactId", "SegmentAttributes", "StoredCustomerInput", "SystemEndpoint", "Tags", "Task",
		"TextToSpeechVoiceId", "Views", "Wisdom",
	}
}

func isRoot(name string) bool { return slices.Contains(roots(), name) }

// remedyOf says what to write in the place of a path whose root means nothing.
func remedyOf(unknown string) string {
	p, _ := readPath(unknown, 0)
	for _, root := range roots() {
		if strings.EqualFold(root, p[0]) {
			return "capitals count in it: write " + strings.Replace(unknown, p[0], root, 1)
		}
	}
	return "paths begin with a known name, such as $.Attributes or $.External"
}

// path is a reference to a value of the contact or of the flow: $.Attributes.name. The first
// segment is the root.
type path []string

// part is a piece of a text: literal characters, or a path.
type part struct {
	text string
	path path // nil for literal characters
}

// split cuts a text into literal pieces and paths. What looks like a path with an unknown root
// stays in the text and is returned as unknown.
func split(text string) (parts []part, unknown []string) {
	if !strings.Contains(text, "$") {
		return []part{{text: text}}, nil
	}
	from := 0
	for at := 0; at < len(text); {
		p, end := readPath(text, at)
		switch {
		case p == nil:
			at++
		case !isRoot(p[0]):
			unknown = append(unknown, text[at:end])
			at = end
		default:
			if at > from {
				parts = append(parts, part{text: text[from:at]})
			}
			parts = append(parts, part{path: p})
			at, from = end, end
		}
	}
	if from < len(text) || len(parts) == 0 {
		parts = append(parts, part{text: text[from:]})
	}
	return parts, unknown
}

// Paths are the paths in a text, in their order, each as its segments: $.Attributes.name is Attributes
// and name. Whole says that the text is one path and nothing else.
func Paths(text string) (paths [][]string, whole bool) {
	parts, _ := split(text)
	for _, p := range parts {
		if p.path != nil {
			paths = append(paths, p.path)
		}
	}
	return paths, len(parts) == 1 && len(paths) == 1
}

// readPath reads the path that begins at a place of a text. It returns nil where none begins.
func readPath(text string, at int) (path, int) {
	if text[at] != '$' {
		return nil, at
	}
	var p path
	end := at + 1
	for {
		segment, next := readSegment(text, end)
		if next == end {
			return p, end
		}
		p, end = append(p, segment), next
	}
}

// readSegment reads one segment of a path: .name, .0, [0], ['text'], ["text"], .['text']. It returns
// the place it was given where none begins.
func readSegment(text string, at int) (segment string, end int) {
	rest := text[at:]
	dotted := strings.TrimPrefix(rest, ".")
	dot := len(rest) - len(dotted)
	if inner, ok := strings.CutPrefix(dotted, "["); ok {
		if segment, width := readBracket(inner); width > 0 {
			return segment, at + dot + 1 + width
		}
		return "", at
	}
	if dot == 0 {
		return "", at
	}
	width := nameWidth(dotted)
	if width == 0 {
		return "", at
	}
	return dotted[:width], at + dot + width
}

// readBracket reads what follows an opening bracket, up to and with the closing one.
func readBracket(inner string) (segment string, width int) {
	if inner == "" {
		return "", 0
	}
	if quote := inner[0]; quote == '\'' || quote == '"' {
		end := strings.Index(inner[1:], string(quote)+"]")
		if end <= 0 {
			return "", 0
		}
		return inner[1 : 1+end], end + 3
	}
	digits := strings.IndexFunc(inner, func(r rune) bool { return r < '0' || r > '9' })
	if digits <= 0 || inner[digits] != ']' {
		return "", 0
	}
	return inner[:digits], digits + 1
}

// nameWidth is the length of the name, or of the digits, at the beginning of a text. Letters beyond
// ASCII end a name: Chinese and Japanese text follows a path without a space.
func nameWidth(text string) int {
	if text == "" {
		return 0
	}
	digits := text[0] >= '0' && text[0] <= '9'
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
		case digits:
			return i
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case c == '-' && i > 0:
		default:
			return i
		}
	}
	return len(text)
}

// String is the path as a flow spells it.
func (p path) String() string {
	var b strings.Builder
	b.WriteByte('$')
	for _, segment := range p {
		switch {
		case nameWidth(segment) == len(segment):
			b.WriteString("." + segment)
		case strings.Contains(segment, "']"):
			b.WriteString(`["` + segment + `"]`)
		default:
			b.WriteString("['" + segment + "']")
		}
	}
	return b.String()
}

// descend follows the segments of a path below a value. It returns nil for what is not there.
func descend(value any, segments []string) any {
	for i, segment := range segments {
		switch v := value.(type) {
		case map[string]any:
			value = v[segment]
		case map[string]string:
			text, ok := v[segment]
			if !ok || i < len(segments)-1 {
				return nil
			}
			return text
		case []any:
			n, err := strconv.Atoi(segment)
			if err != nil || n < 0 || n >= len(v) {
				return nil
			}
			value = v[n]
		default:
			return nil
		}
	}
	return value
}

// Text is a value as it stands in a text: strings as they are, nothing for what is not there, JSON for
// the rest.
func Text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // a person reads it
	if encoder.Encode(value) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// sortedKeys are the keys of a map in the order of their text.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
