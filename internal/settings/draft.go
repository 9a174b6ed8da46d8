package settings

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// begun are the settings that most people begin with; [Draft] shows them, given or not.
func begun() []string {
	return []string{
		"addr", "upstream", "instance-id", "contact-flow-id", "region", "profile", "allow-origin", "data-dir", "agent", "greeting", "queue", "flows", "tls",
	}
}

// Draft returns a parley.yaml to begin with: the values given, by the names of settings, lists
// separated by commas. Other settings that most people want, and the tables, stand there as comments,
// a key behind a # without a space. first is the line before all, which names the schema to editors.
func Draft(first string, values map[string]string) ([]byte, error) {
	var b strings.Builder
	b.WriteString(first +
		"# Settings of Parley. By the line above editors complete keys and mark mistakes while parley runs: it\n" +
		"# serves the schema. Each setting is a flag and a variable, too; `parley config print` shows all of them.\n" +
		"# Lines that begin with # and a key are off: take the # away, and write your own value.\n")
	for _, f := range Fields() {
		value, given := values[f.Name]
		if !given && !slices.Contains(begun(), f.Name) {
			continue
		}
		comment(&b, f.Help)
		if !given {
			form, _, _ := strings.Cut(f.Placeholder, "|")
			value = form
			if f.Switch {
				value = "true"
			} else if f.Default != "" {
				value = f.Default
			}
			b.WriteByte('#')
		}
		var line any = value
		switch {
		case f.List:
			line = strings.Split(value, ",")
		case f.Switch:
			line = value == "true"
		}
		node := yaml.Node{}
		err := node.Encode(map[string]any{f.Name: line})
		if err != nil {
			return nil, err
		}
		if f.List {
			node.Content[1].Style = yaml.FlowStyle
		}
		text, err := yaml.Marshal(&node)
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	for _, t := range tables() {
		comment(&b, t.help)
		b.WriteString("#" + t.name + ":\n#  " + t.entry + "\n")
	}
	return []byte(b.String()), nil
}

// comment writes a text as lines of a comment.
func comment(b *strings.Builder, text string) {
	const width = 100
	line := "#"
	b.WriteByte('\n')
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) >= width {
			b.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}
