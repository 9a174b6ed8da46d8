package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowdiff"
	"github.com/parley-chat/parley/internal/glob"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
)

// newFlowDiff is the command that compares two versions of flows.
func newFlowDiff(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use: "diff OLD NEW [flags]", Short: "Compare two versions of contact flows by blocks and branches",
		Long: "Says what two versions of a flow do differently: blocks that came or went, parameters, and where branches\n" +
			"lead. Positions, the order of the file and new ids of a copied flow are no differences, nor are two names of\n" +
			"one thing in parley.yaml, such as the ARNs of a queue in two instances. The exit code is 0 when both do the\n" +
			"same, and 1 when they do not.",
		DisableFlagsInUseLine: true,
		Example:               "  parley flow diff flows/main.json Downloads/main.json\n  parley flow diff flows-test flows-live -o json",
	}
	c.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 2 {
			return hint.Usage("name two files of contact flows, or two folders", "`git show HEAD:flows/main.json > old.json` writes an older version of a file")
		}
		return nil
	}
	output := outputFlag(c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		if err := checkOutput(*output); err != nil {
			return err
		}
		s, err := flowSettings(env)
		if err != nil {
			return err
		}
		names := settings.Map(s.Names)
		same := func(text string) string {
			if to, ok := glob.Find(names, text); ok {
				return to
			}
			return text
		}
		diffs, err := diffFlows(args[0], args[1], same)
		if err != nil {
			return err
		}
		equal := true
		for _, d := range diffs {
			equal = equal && d.equal()
		}
		if *output == "json" {
			err = writeJSON(env.Stdout, map[string]any{"equal": equal, "flows": diffs})
		} else {
			err = writeDiffs(env.Stdout, diffs)
		}
		if err == nil && !equal {
			err = errReported
		}
		return err
	}
	return c
}

// flowDiff is what became of one flow. A flow of one version only has the name of that version alone.
type flowDiff struct {
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	flowdiff.Diff
}

func (d *flowDiff) equal() bool { return d.Old != "" && d.New != "" && d.Equal() }

// diffFlows compares the flows of two names. Where each has one flow these are compared, whatever
// their names; else flows with one id, one name, or one file.
func diffFlows(before, after string, same func(string) string) ([]flowDiff, error) {
	olds, err := wholeFlows(before)
	if err != nil {
		return nil, err
	}
	news, err := wholeFlows(after)
	if err != nil {
		return nil, err
	}
	var diffs []flowDiff
	paired := make([]bool, len(olds))
	for _, p := range news {
		at := -1
		for _, alike := range []func(x, y flow.Source) bool{
			func(flow.Source, flow.Source) bool { return len(olds) == 1 && len(news) == 1 },
			func(x, y flow.Source) bool { return x.ID != "" && x.ID == y.ID },
			func(x, y flow.Source) bool { return x.File == y.File && x.Logical == y.Logical },
			func(x, y flow.Source) bool { return x.Name != "" && x.Name == y.Name },
		} {
			for i := range olds {
				if at < 0 && !paired[i] && alike(olds[i].Source(), p.Source()) {
					at = i
				}
			}
		}
		d := flowDiff{New: placeOf(after, p)}
		if at >= 0 {
			paired[at] = true
			d.Old = placeOf(before, olds[at])
			x, y := olds[at].Source().Document, p.Source().Document
			d.Diff = flowdiff.Compare(&x, &y, same)
		}
		diffs = append(diffs, d)
	}
	for i, p := range olds {
		if !paired[i] {
			diffs = append(diffs, flowDiff{Old: placeOf(before, p)})
		}
	}
	return diffs, nil
}

// wholeFlows are the flows at a name, all of which can be read.
func wholeFlows(name string) ([]*flow.Program, error) {
	file, logical, one := strings.Cut(name, "#")
	programs, findings, err := readFlows(file)
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		if f.Level == flow.Broken {
			return nil, hint.Usage(f.String(), "`parley flow check` says more")
		}
	}
	if !one {
		return programs, nil
	}
	p, err := chosen(file, logical, programs)
	return []*flow.Program{p}, err
}

// placeOf is the file of a flow at a name, with its name within a template.
func placeOf(name string, p *flow.Program) string {
	file, _, _ := strings.Cut(name, "#")
	s := p.Source()
	if filepath.Base(file) != s.File {
		file = filepath.Join(file, s.File)
	}
	if s.Logical != "" {
		file += "#" + s.Logical
	}
	return filepath.ToSlash(file)
}

// writeDiffs prints what differs for a person.
func writeDiffs(w io.Writer, diffs []flowDiff) error {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(screen.Text(fmt.Sprintf(format, args...), "  "))
		b.WriteByte('\n')
	}
	changes := func(indent string, changes []flowdiff.Change) {
		for _, c := range changes {
			line("%s%s: %s → %s", indent, c.Place, sideOf(c.Old), sideOf(c.New))
		}
	}
	different := 0
	for i := range diffs {
		d := &diffs[i]
		if d.equal() {
			continue
		}
		different++
		switch {
		case d.Old == "":
			line("+ %s", d.New)
			continue
		case d.New == "":
			line("- %s", d.Old)
			continue
		}
		line("%s → %s", d.Old, d.New)
		if d.Start != nil {
			changes("  ", []flowdiff.Change{*d.Start})
		}
		for _, r := range d.Removed {
			line("  - %s", blockName(r))
		}
		for _, a := range d.Added {
			line("  + %s", blockName(a))
		}
		for _, c := range d.Changed {
			line("  ~ %s", blockName(c.Block))
			changes("      ", c.Changes)
			changes("      ", c.Branches)
		}
		changes("  Settings.", d.Settings)
	}
	line("%s compared, %d different", counted(len(diffs), "flow"), different)
	_, err := io.WriteString(w, b.String())
	return err
}

// blockName is a block as a person finds it again.
func blockName(b flowdiff.Block) string {
	if b.Name != b.Type {
		return b.Name + " (" + b.Type + ")"
	}
	return b.Type + " " + b.ID
}

// sideOf is one side of a change.
func sideOf(value any) string {
	if value == nil {
		return "nothing"
	}
	if text, ok := value.(string); ok {
		return fmt.Sprintf("%q", text)
	}
	return flow.Text(value)
}
