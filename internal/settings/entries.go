package settings

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Entry is one entry of a setting that is a table, such as names. Tables stand in parley.yaml only.
type Entry struct {
	Key, Value string
	Origin     Origin
}

// namedTable is a setting whose value is a table.
type namedTable struct {
	name, entry, help string
	field             func(s *Settings) *[]Entry
}

// tables are the settings that are tables.
func tables() []namedTable {
	return []namedTable{{
		name: "names", entry: "REFERENCE: NAME", field: func(s *Settings) *[]Entry { return &s.Names },
		help: "what contact flows call flows and queues (ARNs, ids, names; `*` stands for anything), and what they are called here",
	}}
}

// Tables returns every entry of every table, in the order of the file, under the names by which
// people find them: names.REFERENCE.
func (s *Settings) Tables() []Entry {
	var all []Entry
	for _, t := range tables() {
		for _, e := range *t.field(s) {
			e.Key = t.name + "." + e.Key
			all = append(all, e)
		}
	}
	return all
}

// Map is the entries of a table as a map.
func Map(entries []Entry) map[string]string {
	m := make(map[string]string, len(entries))
	for _, e := range entries {
		m[e.Key] = e.Value
	}
	return m
}

// table reads a setting that is a table; false when the key names none.
func (l *loader) table(key, value *yaml.Node, path string) bool {
	for _, t := range tables() {
		if t.name == key.Value {
			l.entries(t, value, path)
			return true
		}
	}
	return false
}

// entries reads the entries of a table.
func (l *loader) entries(t namedTable, value *yaml.Node, path string) {
	fault := func(node *yaml.Node, message string) {
		l.fault(Fault{Origin: Origin{Source: FromFile, Name: path, Line: node.Line}, Message: message})
	}
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		return
	case value.Kind != yaml.MappingNode:
		fault(value, fmt.Sprintf("%s must hold entries, one `%s` a line", t.name, t.entry))
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(value.Content); i += 2 {
		key, to := value.Content[i], resolve(value.Content[i+1])
		name := t.name + "." + key.Value
		switch {
		case key.Kind != yaml.ScalarNode || strings.TrimSpace(key.Value) == "":
			fault(key, fmt.Sprintf("an entry of %s needs a name", t.name))
		case lines[key.Value] > 0:
			fault(key, fmt.Sprintf("%s stands in line %d already", name, lines[key.Value]))
		case to.Kind != yaml.ScalarNode || strings.TrimSpace(to.Value) == "":
			fault(key, name+" takes one value")
		default:
			list := t.field(l.settings)
			*list = append(*list, Entry{key.Value, to.Value, Origin{Source: FromFile, Name: path, Line: key.Line}})
		}
		lines[key.Value] = key.Line
	}
}
