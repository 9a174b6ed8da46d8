// Package flowdraw draws a contact flow: its blocks where the designer has them, or in columns, with
// their branches.
package flowdraw

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"strings"

	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/flow"
)

//go:embed style.css
var style string

// Marks says how a block and a branch look, as the names of classes. A mark of nil marks nothing.
type Marks struct {
	// Block is asked with the id of an action; Branch also with the place of the branch in what
	// [flow.Transitions.Branches] returns.
	Block  func(id string) string
	Branch func(id string, branch int) string
	// Style has the rules for these classes.
	Style string
}

func (m Marks) block(id string) string {
	if m.Block == nil {
		return ""
	}
	return m.Block(id)
}

func (m Marks) branch(id string, branch int) string {
	if m.Branch == nil {
		return ""
	}
	return m.Branch(id, branch)
}

// SVG draws a flow as an SVG document of its own, which can also stand within a page. Every block and
// branch has its whole text as a title.
func SVG(name string, d *flow.Document, marks Marks) []byte {
	boxes := layout(d)
	at := make(map[string]*box, len(boxes))
	size := point{margin, margin}
	for i := range boxes {
		b := &boxes[i]
		at[b.action.Identifier] = b
		size = point{max(size.x, b.x+width), max(size.y, b.y+b.height())}
	}
	size.x += margin + gapX/2
	size.y += margin + gapX/2 // room for links that go back
	var w bytes.Buffer
	fmt.Fprintf(&w, `<svg xmlns="http://www.w3.org/2000/svg" class="flow" role="img" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f">`+"\n", size.x, size.y, size.x, size.y)
	fmt.Fprintf(&w, "<title>%s</title>\n<style>\n%s%s</style>\n", escape(name), style, marks.Style)
	w.WriteString(`<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>` + "\n")
	for i := range boxes {
		for n, branch := range boxes[i].branches {
			if to := at[branch.To]; to != nil {
				drawLink(&w, &boxes[i], n, to, classes("link", failure(branch), marks.branch(boxes[i].action.Identifier, n)))
			}
		}
	}
	for i := range boxes {
		drawBlock(&w, d, &boxes[i], marks)
	}
	w.WriteString("</svg>\n")
	return w.Bytes()
}

func failure(b flow.Branch) string {
	if b.Error != "" {
		return "error"
	}
	return ""
}

// drawLink draws the way from a branch to a block. A way back goes below both.
func drawLink(w *bytes.Buffer, from *box, branch int, to *box, class string) {
	begin := point{from.x + width, from.y + head + row*(float64(branch)+0.5)}
	end := point{to.x, to.y + head/2}
	bend := max((end.x-begin.x)/2, 40)
	if end.x >= begin.x {
		fmt.Fprintf(w, `<path class="%s" d="M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f" marker-end="url(#arrow)"/>`+"\n",
			class, begin.x, begin.y, begin.x+bend, begin.y, end.x-bend, end.y, end.x, end.y)
		return
	}
	below := max(from.y+from.height(), to.y+to.height()) + gapY/2
	fmt.Fprintf(w, `<path class="%s" d="M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1fS%.1f %.1f %.1f %.1f" marker-end="url(#arrow)"/>`+"\n",
		class, begin.x, begin.y, begin.x+40, begin.y, begin.x+40, below, (begin.x+end.x)/2, below, end.x-40, end.y, end.x, end.y)
}

// drawBlock draws a block: its name, its type or what it says, and a line for each branch.
func drawBlock(w *bytes.Buffer, d *flow.Document, b *box, marks Marks) {
	id := b.action.Identifier
	name := d.DisplayName(b.action)
	below := b.action.Type
	if text, ok := b.action.Parameters["Text"].(string); ok && text != "" {
		below = "“" + text + "”"
	} else if name == b.action.Type {
		below = id
	}
	begins := ""
	if id == d.StartAction {
		begins = "start"
	}
	fmt.Fprintf(w, `<g class="%s" transform="translate(%.1f %.1f)">`, classes("block", begins, marks.block(id)), b.x, b.y)
	fmt.Fprintf(w, "<title>%s</title>", escape(strings.Join([]string{name, b.action.Type, id}, "\n")))
	fmt.Fprintf(w, `<rect width="%d" height="%.0f" rx="6"/>`, width, b.height())
	fmt.Fprintf(w, `<text class="name" x="10" y="19">%s</text><text class="type" x="10" y="36">%s</text>`, short(name, 27), short(below, 31))
	for n, branch := range b.branches {
		y := head + row*n
		fmt.Fprintf(w, `<g class="%s"><title>%s</title><path d="M0 %dH%d"/><text x="%d" y="%d">%s</text></g>`,
			classes("branch", failure(branch), marks.branch(id, n)), escape(branch.String()), y, width, width-10, y+14, short(label(branch), 34))
	}
	w.WriteString("</g>\n")
}

// label is a branch as a block shows it.
func label(b flow.Branch) string {
	switch {
	case b.Operator == "Equals":
		return "= " + b.Operand
	case b.Operator == "" && b.Error == "":
		return "next"
	}
	return b.String()
}

// classes is a list of classes without the empty ones.
func classes(names ...string) string {
	return escape(strings.Join(strings.Fields(strings.Join(names, " ")), " "))
}

// short is a text in one line that fits into a block.
func short(text string, length int) string {
	return escape(excerpt.Of(strings.Join(strings.Fields(text), " "), length))
}

// escape makes a text safe within XML, in which most control characters cannot stand at all.
func escape(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
}
