package settings

import (
	"fmt"
	"io"
	"strings"
)

//go:generate go test . -run ^TestSettingsTable$ -update

// Markers between which docs/settings.md holds what [Table] writes.
const (
	TableBegin = "<!-- settings:begin -->"
	TableEnd   = "<!-- settings:end -->"
)

// Table writes every setting as a Markdown table.
func Table(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| Flag and key | Variable | Default | What it does |\n|---|---|---|---|\n")
	for _, group := range Groups() {
		fmt.Fprintf(&b, "| **%s** | | | |\n", group)
		for _, f := range Fields() {
			if f.Group != group {
				continue
			}
			fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", f.Name, f.Env, tableDefault(f), tableHelp(f))
		}
	}
	b.WriteString("\n| Key with entries, in `parley.yaml` only | An entry | What it does |\n|---|---|---|\n")
	for _, t := range tables() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", t.name, t.entry, t.help)
		for _, m := range t.members {
			fmt.Fprintf(&b, "| | `%s: %s` | %s |\n", m.name, strings.ReplaceAll(m.value, "|", `\|`), m.help)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func tableDefault(f Field) string {
	switch {
	case f.Default != "":
		return "`" + f.Default + "`"
	case f.DefaultText != "":
		return f.DefaultText
	}
	return ""
}

func tableHelp(f Field) string {
	help := f.Help
	if f.OneOf != nil {
		help += " (`" + strings.Join(f.OneOf, "`, `") + "`)"
	}
	if f.List {
		help += " (several allowed)"
	}
	if !f.InFile {
		help += " (no key)"
	}
	return strings.ReplaceAll(help, "|", `\|`)
}
