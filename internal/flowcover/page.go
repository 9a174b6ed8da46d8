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

// styles are the rules for the marks of a drawing, as strong as those of the drawing itself for starts
// and branches for errors. Their colours are those of the page, which are legible on light and dark.
const styles = `
.flow .block.passed > rect { stroke: var(--good); stroke-width: 2 }
.flow .block.never > rect { stroke: var(--bad); stroke-width: 2; stroke-dasharray: 5 3 }
.flow .block.aside > rect { stroke-opacity: .35 }
.flow .link.passed, .flow .branch.passed path { stroke: var(--good) }
.flow .link.passed { stroke-opacity: 1; stroke-dasharray: none }
.flow .branch.passed text { fill: var(--dim) }
.flow .link.never { stroke: var(--bad); stroke-opacity: 1; stroke-dasharray: 5 3 }
.flow .branch.never text { fill: var(--bad); font-weight: 600 }
.flow .link.aside { stroke: var(--line); stroke-opacity: .4; stroke-dasharray: none }
.flow .block.aside text, .flow .branch.aside text { fill: var(--dim); font-style: italic }
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
