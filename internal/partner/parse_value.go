package partner

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/desk"
)

// plain refuses anchors and aliases, with which a small script could be endless.
func (r *reader) plain(n *yaml.Node) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		r.fail(n, "anchors and aliases are not read")
		return
	}
	for _, c := range n.Content {
		r.plain(c)
	}
}

// members reads a mapping whose members are known.
func (r *reader) members(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s is not a mapping", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := known[key.Value]
		switch {
		case !ok:
			r.fail(key, "%s has no member %q", what, key.Value)
		case seen[key.Value]:
			r.fail(key, "%s has %q twice", what, key.Value)
		default:
			seen[key.Value] = true
			read(value)
		}
	}
}

func (r *reader) text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Tag == "!!binary" {
		r.fail(n, "it is not a text")
		return ""
	}
	return n.Value
}

// texts reads one text or a list of them, none of them empty.
func (r *reader) texts(n *yaml.Node) []string {
	var list []string
	r.each(n, func(v *yaml.Node) {
		text := r.text(v)
		if text == "" && v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
			r.fail(v, "the text is empty")
		}
		list = append(list, text)
	})
	return list
}

// each reads one value or a list of them.
func (r *reader) each(n *yaml.Node, f func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		f(n)
		return
	}
	if len(n.Content) == 0 {
		r.fail(n, "the list is empty")
	}
	for _, v := range n.Content {
		f(v)
	}
}

func (r *reader) name(n *yaml.Node, what string) string {
	name := r.text(n)
	if err := desk.CheckName(what, name); err != nil && n.Kind == yaml.ScalarNode {
		r.fail(n, "%s", err)
	}
	return name
}

func (r *reader) number(n *yaml.Node, least, most int) int {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || i < least || i > most {
		r.fail(n, "it is not a whole number from %d to %d", least, most)
		return least
	}
	return i
}

func (r *reader) truth(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
		r.fail(n, "it is neither true nor false")
	}
	return n.Value == "true"
}

// duration reads a time like 500ms, 2s or 1m30s.
func (r *reader) duration(n *yaml.Node) time.Duration {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < 0 || d > longestWait {
		r.fail(n, "it is not a time like 500ms or 2s, of at most %s", longestWait)
		return 0
	}
	return d
}

// pause reads a time of typing: a duration, true for the default one, false for none.
func (r *reader) pause(n *yaml.Node) time.Duration {
	switch n.Value {
	case "true":
		return DefaultPause
	case "false":
		return 0
	}
	return r.duration(n)
}

// mostWords is how many words a piece of a message may have.
const mostWords = 1000

// stream reads how replies are said in pieces: true for the default pace, false for none, or the pace.
func (r *reader) stream(n *yaml.Node) *desk.Pace {
	pace := &desk.Pace{}
	if n.Kind == yaml.ScalarNode {
		if !r.truth(n) {
			return nil
		}
		return pace
	}
	r.members(n, "a stream", map[string]func(*yaml.Node){
		"words": func(v *yaml.Node) { pace.Words = r.number(v, 1, mostWords) },
		"pace":  func(v *yaml.Node) { pace.Every = r.duration(v) },
	})
	return pace
}
