package flowcover

import (
	_ "embed"
	"html/template"
	"io"
	"slices"

	"github.com/parley-chat/parley/internal/flowdraw"
)

//go:embed page.html
var page string

// styles are the rules for the marks of a drawing.
const styles = `
.block.passed rect { stroke: #2a9d5c; stroke-width: 2 }
.block.never rect { stroke: #d1242f; stroke-width: 2; stroke-dasharray: 5 3 }
.block.aside { opacity: .4 }
.link.passed, .branch.passed path { stroke: #2a9d5c }
.link.never { stroke: #d1242f; stroke-dasharray: 5 3 }
.branch.never text { fill: #d1242f; font-weight: 600 }
.link.aside, .branch.aside { opacity: .4 }
`

// drawing is a flow on the page.
type drawing struct {
	*Flow
	SVG template.HTML
}

// Page writes an HTML page that draws the coverage on the flows: one file, with nothing outside.
func (c *Coverage) Page(w io.Writer) error {
	t, err := template.New("page").Parse(page)
	if err != nil {
		return err
	}
	drawings := make([]drawing, len(c.Flows))
	for i := range c.Flows {
		f := &c.Flows[i]
		d := f.program.Source().Document
		marks := flowdraw.Marks{Style: styles, Block: f.block, Branch: f.branch}
		drawings[i] = drawing{f, template.HTML(flowdraw.SVG(f.Name, &d, marks))} // which escapes what is in flows
	}
	return t.Execute(w, map[string]any{"Coverage": c, "Flows": drawings})
}

// Classes of blocks and branches: passed, never, or not for chats.
const (
	passed = "passed"
	never  = "never"
	aside  = "aside"
)

func (f *Flow) block(id string) string {
	_, counts := f.counted[id]
	switch {
	case !counts:
		return aside
	case f.blocks[id] > 0:
		return passed
	}
	return never
}

func (f *Flow) branch(id string, branch int) string {
	switch {
	case !slices.Contains(f.counted[id], branch):
		return aside
	case f.taken[id][branch] > 0:
		return passed
	}
	return never
}
