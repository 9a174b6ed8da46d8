package flowdraw

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/flow"
)

// Mermaid draws a flow as a flowchart in Mermaid's text form. Links that lead nowhere are left out.
//
// Source: https://mermaid.js.org/syntax/flowchart.html
func Mermaid(d *flow.Document) []byte {
	var w bytes.Buffer
	w.WriteString("flowchart LR\n")
	place := make(map[string]int, len(d.Actions))
	for i := range d.Actions {
		a := &d.Actions[i]
		place[a.Identifier] = i
		label := d.DisplayName(a)
		if text, ok := a.Parameters["Text"].(string); ok && text != "" {
			label += "\n“" + excerpt.Of(text, 60) + "”"
		}
		form := `b%d["%s"]`
		if a.Identifier == d.StartAction {
			form = `b%d(["%s"])`
		}
		fmt.Fprintf(&w, "    "+form+"\n", i, mermaidText(label))
	}
	for i := range d.Actions {
		for _, branch := range d.Actions[i].Transitions.Branches() {
			to, ok := place[branch.To]
			switch {
			case !ok:
			case branch.Error != "":
				fmt.Fprintf(&w, "    b%d -. \"%s\" .-> b%d\n", i, mermaidText(label(branch)), to)
			case branch.Operator != "":
				fmt.Fprintf(&w, "    b%d -- \"%s\" --> b%d\n", i, mermaidText(label(branch)), to)
			default:
				fmt.Fprintf(&w, "    b%d --> b%d\n", i, to)
			}
		}
	}
	return w.Bytes()
}

// mermaidText is a text within quotes, in which Mermaid reads HTML's entities and some Markdown.
func mermaidText(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(escape(text), "\n") {
		if i > 0 {
			b.WriteString("<br>")
		}
		b.WriteString(strings.NewReplacer("&#34;", "#quot;", "&#39;", "#39;", "&amp;", "#amp;", "&lt;", "#lt;", "&gt;", "#gt;",
			"`", "#96;", "*", "#42;", "_", "#95;", "#", "#35;").Replace(strings.Join(strings.Fields(line), " ")))
	}
	return b.String()
}
