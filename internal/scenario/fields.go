package scenario

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// value is a value of a file.
type value struct {
	*yaml.Node
	in *decoder
}

func (v value) wrong(format string, args ...any) { v.wrongAt(v.Line, format, args...) }

// wrongAt complains of a value in another line than its own.
func (v value) wrongAt(line int, format string, args ...any) {
	if len(v.in.problems) < most {
		key, _ := way(v.in.root, v.Node)
		v.in.problems = append(v.in.problems, Problem{v.in.file, line, key, fmt.Sprintf(format, args...)})
	}
}

// way is the way from a value to one below it, such as steps[2].say; false for one that is not below.
func way(from, to *yaml.Node) (string, bool) {
	if from == to {
		return "", true
	}
	for i, n := range from.Content {
		if below, is := way(n, to); is {
			switch {
			case from.Kind == yaml.SequenceNode:
				return join(fmt.Sprintf("[%d]", i), below), true
			case i > 0:
				return join(from.Content[i-1].Value, below), true
			}
		}
	}
	return "", false
}

func join(name, below string) string {
	if below == "" || below[0] == '[' {
		return name + below
	}
	return name + "." + below
}

// fields are the members of a mapping, each with what reads it.
type fields map[string]func(value)

const noKey = "is no key that there is; there are %s"

// object reads a mapping. Each member stands there once.
func (v value) object(known fields) {
	if v.Kind != yaml.MappingNode {
		v.wrong("is %s, and must be a mapping of %s", v.kind(), names(known))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		name := v.Content[i].Value
		member := v.below(v.Content[i+1])
		read, is := known[name]
		switch {
		case !is:
			member.wrongAt(v.Content[i].Line, noKey, names(known))
		case seen[name]:
			member.wrong("stands there twice")
		default:
			read(member)
		}
		seen[name] = true
	}
}

func names(known fields) string { return strings.Join(slices.Sorted(maps.Keys(known)), ", ") }

// below is a value in this one.
func (v value) below(n *yaml.Node) value { return value{n, v.in} }

// has reports whether a mapping has a member.
func (v value) has(name string) bool {
	for i := 0; i+1 < len(v.Content); i += 2 {
		if v.Kind == yaml.MappingNode && v.Content[i].Value == name {
			return true
		}
	}
	return false
}

func (v value) kind() string {
	switch v.Kind { //nolint:exhaustive // all others are scalars
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias, which scenarios have none of"
	}
	if v.Tag == "!!null" {
		return "empty"
	}
	return strconv.Quote(v.Value)
}

// list reads each element of a list.
func (v value) list(read func(value)) {
	if v.Kind != yaml.SequenceNode {
		v.wrong("is %s, and must be a list", v.kind())
		return
	}
	for _, n := range v.Content {
		read(v.below(n))
	}
}

// texts reads a text, or a list of them.
func (v value) texts(to *[]string) {
	read := func(v value) {
		var one string
		v.text(&one)
		*to = append(*to, one)
	}
	if v.Kind == yaml.SequenceNode {
		v.list(read)
		return
	}
	read(v)
}

// text reads a text that is not empty; numbers and truth values are texts, too.
func (v value) text(to *string) {
	if v.Kind != yaml.ScalarNode || v.Tag == "!!null" || v.Value == "" {
		v.wrong("is %s, and must be a text", v.kind())
		return
	}
	*to = v.Value
}

// oneOf reads one of some words.
func (v value) oneOf(to *string, words ...string) {
	var word string
	if v.text(&word); word != "" && !slices.Contains(words, word) {
		v.wrong("is %q, and must be %s", word, strings.Join(words, " or "))
		return
	}
	*to = word
}

// pairs reads a mapping of names to texts, which may be empty.
func (v value) pairs(to *map[string]string) {
	if v.Kind != yaml.MappingNode {
		v.wrong("is %s, and must be a mapping of names to texts", v.kind())
		return
	}
	*to = make(map[string]string, len(v.Content)/2)
	for i := 0; i+1 < len(v.Content); i += 2 {
		name, text := v.Content[i].Value, v.Content[i+1]
		member := v.below(text)
		if _, twice := (*to)[name]; twice {
			member.wrong("stands there twice")
		}
		if text.Kind != yaml.ScalarNode || text.Tag == "!!null" {
			member.wrong("is %s, and must be a text", member.kind())
		}
		(*to)[name] = text.Value
	}
}

// whole reads a whole number from least on.
func (v value) whole(to *int, least int) {
	n, err := strconv.Atoi(v.Value)
	if err != nil || v.Tag != "!!int" || n < least || n > 1_000_000_000 {
		v.wrong("is %s, and must be a whole number from %d on", v.kind(), least)
		return
	}
	*to = n
}

// truth reads true or false.
func (v value) truth(to *bool) {
	if v.Tag != "!!bool" || v.Decode(to) != nil {
		v.wrong("is %s, and must be true or false", v.kind())
	}
}

// yes reads true.
func (v value) yes(to *bool) {
	if *to = v.Tag == "!!bool" && v.Value == "true"; !*to {
		v.wrong("is %s, and must be true", v.kind())
	}
}

// spans are the forms of times; schema.json has the same.
var spans = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// longest bounds times.
const longest = 366 * 24 * time.Hour

// span reads a time such as 5m.
func (v value) span(to *time.Duration) {
	d, err := time.ParseDuration(v.Value)
	if err != nil || v.Tag != "!!str" || !spans.MatchString(v.Value) || d > longest {
		v.wrong("is %s, and must be a time such as 90s, 5m or 2h, of a year at most", v.kind())
		return
	}
	*to = d.Truncate(time.Millisecond)
}
