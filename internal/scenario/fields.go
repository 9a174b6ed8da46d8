package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// value is a value of a file, with the way to it.
type value struct {
	*yaml.Node
	key string
	in  *decoder
}

func (v value) wrong(format string, args ...any) {
	if len(v.in.problems) < most {
		v.in.problems = append(v.in.problems, Problem{v.in.file, v.Line, v.key, fmt.Sprintf(format, args...)})
	}
}

// fields are the members of a mapping, each with what reads it.
type fields map[string]func(value)

// object reads a mapping. Each member stands there once.
func (v value) object(known fields) {
	if v.Kind != yaml.MappingNode {
		v.wrong("is %s, and must be a mapping of %s", v.kind(), names(known))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		name := v.Content[i].Value
		member := v.at(v.Content[i+1], name)
		read, is := known[name]
		switch {
		case !is:
			member.Line = v.Content[i].Line
			member.wrong("is no key that there is; there are %s", names(known))
		case seen[name]:
			member.wrong("stands there twice")
		default:
			read(member)
		}
		seen[name] = true
	}
}

func names(known fields) string {
	all := make([]string, 0, len(known))
	for name := range known {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// at is a value below this one. Lines are the node's own copy, so that a complaint can name another.
func (v value) at(n *yaml.Node, name string) value {
	below := *n
	if v.key != "" {
		name = v.key + "." + name
	}
	return value{&below, name, v.in}
}

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
	for i, n := range v.Content {
		below := *n
		read(value{&below, fmt.Sprintf("%s[%d]", v.key, i), v.in})
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
		member := v.at(text, name)
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
