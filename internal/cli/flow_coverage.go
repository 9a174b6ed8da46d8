package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcover"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/screen"
)

// coverageFlags say what is done about the coverage of flows by their tests.
type coverageFlags struct {
	table bool
	least int
	page  string
}

func (o *coverageFlags) check() error {
	if o.least < 0 || o.least > 100 {
		return hint.Usage(fmt.Sprintf("--min-coverage: %d is no part of a hundred", o.least), "write a number from 0 to 100")
	}
	return nil
}

// of is the coverage of flows by tests; nil when nobody asks for it.
func (o *coverageFlags) of(programs []*flow.Program, outcomes []casetest.Outcome) *flowcover.Coverage {
	if !o.table && o.least == 0 && o.page == "" {
		return nil
	}
	runs := make([]*flowtest.Result, len(outcomes))
	for i := range outcomes {
		runs[i] = &outcomes[i].Report.Result
	}
	return flowcover.Of(programs, runs)
}

// write shows coverage, and reports whether it is enough. What is shown goes beside a report for programs.
func (o *coverageFlags) write(env *Env, form string, c *flowcover.Coverage) (enough bool, err error) {
	if c == nil {
		return true, nil
	}
	w := env.Stderr
	if form == "text" {
		w = env.Stdout
	}
	if form != "json" {
		if err := writeCoverage(w, c); err != nil {
			return false, err
		}
	}
	if o.page != "" {
		var b bytes.Buffer
		if err := c.Page(&b); err != nil {
			return false, err
		}
		if err := os.WriteFile(o.page, b.Bytes(), 0o644); err != nil {
			return false, hint.New(fmt.Errorf("--coverage-html: %w", err), "name a file that can be written")
		}
	}
	if c.Percent >= o.least {
		return true, nil
	}
	_, err = fmt.Fprintf(env.Stderr, "parley: the tests came through %d percent of the flows, less than %d (--min-coverage)\n", c.Percent, o.least)
	return false, err
}

// writeCoverage shows coverage to a person: a table, and what is missing.
func writeCoverage(w io.Writer, c *flowcover.Coverage) error {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name string, s *flowcover.Shares) {
		_, _ = fmt.Fprintf(t, "%s\t%d of %d\t%d of %d\t%d of %d\n", screen.Cell(name), s.Blocks.Covered, s.Blocks.Total, s.Branches.Covered, s.Branches.Total, s.Errors.Covered, s.Errors.Total)
	}
	_, _ = fmt.Fprintf(t, "\nCoverage: %d %%\tblocks\tbranches\terror branches\n", c.Percent)
	for i := range c.Flows {
		row(c.Flows[i].Name, &c.Flows[i].Shares)
	}
	row("all", &c.Shares)
	if err := t.Flush(); err != nil {
		return err
	}
	for i := range c.Flows {
		for _, m := range c.Flows[i].Missing {
			what := "never reached"
			if m.Branch != "" {
				what = m.Branch
			}
			fmt.Fprintf(&b, "missing: %s: %s: %s\n", screen.Cell(c.Flows[i].Name), screen.Cell(m.Name), screen.Cell(what))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
