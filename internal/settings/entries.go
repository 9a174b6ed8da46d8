package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Entry is one entry of a setting that is a table, such as names. Tables stand in parley.yaml only.
type Entry struct {
	// Key is what the entry is for, Value what it says: a plain value, or the members of a mapping as
	// JSON in one line, without secrets.
	Key, Value string
	Origin     Origin
	// Members is what the entry says as a JSON object with the members that the table has, checked; nil
	// in a table of plain values.
	Members []byte
}

// namedTable is a setting whose value is a table.
type namedTable struct {
	name, entry, help string
	field             func(s *Settings) *[]Entry
	// members are what an entry can say when it is a mapping; none in a table of plain values. plain is
	// the member that a plain value stands for.
	members []member
	plain   func(text string) string
	// together is what the members of an entry have to say together.
	together choice
}

// member is something that an entry can say.
type member struct {
	name, value, help string
	kind              memberKind
	// check judges a value further; nil for no more. Its error completes a sentence that begins with
	// the value.
	check func(text string) error
}

// memberKind says which values a member takes.
type memberKind int

const (
	plainText   memberKind = iota // one plain value
	address                       // an http or https address
	textList                      // one plain value or a list of them
	environment                   // a mapping of plain values, which may be secrets
	document                      // anything that JSON can say
	services                      // a mapping of names to addresses, or to anything else that JSON can say
	listOfCases                   // a list of mappings: parameters, a mapping of plain values, and answer, anything
)

// tables are the settings that are tables.
func tables() []namedTable {
	return []namedTable{{
		name: "names", entry: "REFERENCE: NAME", field: func(s *Settings) *[]Entry { return &s.Names },
		help: "what contact flows call flows and queues (ARNs, ids, names; `*` stands for anything), and what they are called here",
	}, functions(), queues(), hoursTable(), {
		name: "transfers", entry: "NAME: FLOW", field: func(s *Settings) *[]Entry { return &s.Transfers },
		help: "the contact flow that runs when an agent passes a chat on to a queue or an agent of this name (`*` stands for anything). Without an entry it is the only flow of the type QUEUE_TRANSFER, or AGENT_TRANSFER",
	}, bots(), agenticCX()}
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
		entry := Entry{Key: key.Value, Value: to.Value, Origin: Origin{Source: FromFile, Name: path, Line: key.Line}}
		plain := to.Kind == yaml.ScalarNode && strings.TrimSpace(to.Value) != ""
		switch {
		case key.Kind != yaml.ScalarNode || strings.TrimSpace(key.Value) == "":
			fault(key, fmt.Sprintf("an entry of %s needs a name", t.name))
		case lines[key.Value] > 0:
			fault(key, fmt.Sprintf("%s stands in line %d already", name, lines[key.Value]))
		case t.members == nil && !plain:
			fault(key, name+" takes one value")
		case t.members != nil && !l.mapping(t, &entry, name, key, to): // which has said what is wrong
		default:
			list := t.field(l.settings)
			*list = append(*list, entry)
		}
		lines[key.Value] = key.Line
	}
}

// mapping reads what an entry says; false when something is wrong with it.
func (l *loader) mapping(t namedTable, entry *Entry, name string, key, value *yaml.Node) (ok bool) {
	ok = true
	fault := func(line int, setting, text string, err error) {
		ok = false
		l.fault(Fault{Origin: Origin{Source: FromFile, Name: entry.Origin.Name, Line: line}, Setting: setting, Value: text, Message: err.Error()})
	}
	said, shown := []pair{}, []pair{}
	take := func(m member, line int, node *yaml.Node, setting string) {
		data, visible, err := m.read(node)
		if err != nil {
			text := ""
			if node.Kind == yaml.ScalarNode && m.kind != environment {
				text = node.Value
			}
			fault(line, setting, text, err)
			return
		}
		said, shown = append(said, pair{m.name, data}), append(shown, pair{m.name, visible})
	}
	switch {
	case value.Kind == yaml.ScalarNode && strings.TrimSpace(value.Value) != "":
		at := slices.IndexFunc(t.members, func(m member) bool { return m.name == t.plain(value.Value) })
		take(t.members[at], key.Line, value, name)
		entry.Value = Redact(value.Value)
	case value.Kind != yaml.MappingNode || len(value.Content) == 0:
		fault(key.Line, name, "", fmt.Errorf("takes one value, or members such as %s", t.members[0].name))
		return false
	default:
		names := make([]string, 0, len(t.members))
		for _, m := range t.members {
			names = append(names, m.name)
		}
		for i := 0; i+1 < len(value.Content); i += 2 {
			inner := value.Content[i]
			at := slices.Index(names, inner.Value)
			if at < 0 {
				fault(inner.Line, name, "", fmt.Errorf("has no member %q%s; it can have %s", inner.Value, didYouMean(inner.Value, names), strings.Join(names, ", ")))
				continue
			}
			if slices.ContainsFunc(said, func(p pair) bool { return p.name == inner.Value }) {
				fault(inner.Line, name+"."+inner.Value, "", errors.New("stands there twice"))
				continue
			}
			take(t.members[at], inner.Line, resolve(value.Content[i+1]), name+"."+inner.Value)
		}
		entry.Value = string(object(shown))
	}
	if !ok {
		return false
	}
	given := make([]string, 0, len(said))
	for _, p := range said {
		given = append(given, p.name)
	}
	if err := t.together.check(given); err != nil {
		fault(key.Line, name, "", err)
	}
	entry.Members = object(said)
	return ok
}

// Decoded returns what each entry of a table says, by its key, as a struct with the members.
func Decoded[T any](entries []Entry) (map[string]T, error) {
	m := make(map[string]T, len(entries))
	for i := range entries {
		var said T
		if err := entries[i].Decode(&said); err != nil {
			return nil, err
		}
		m[entries[i].Key] = said
	}
	return m, nil
}

// Decode decodes what an entry says into a struct with its members.
func (e *Entry) Decode(into any) error {
	if err := json.Unmarshal(e.Members, into); err != nil {
		return fmt.Errorf("%s: %s: %w", e.Origin, e.Key, err)
	}
	return nil
}
