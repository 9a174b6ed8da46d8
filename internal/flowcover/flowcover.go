// Package flowcover says how much of contact flows tests have come through: blocks, branches, and the
// branches of errors.
//
// What counts is what a chat can come to: not what only calls do, nor what nothing leads to.
package flowcover

import (
	"slices"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowtest"
)

// Share is a part of something.
type Share struct {
	Covered int `json:"covered"`
	Total   int `json:"total"`
}

func (s *Share) add(covered bool) {
	s.Total++
	if covered {
		s.Covered++
	}
}

// Percent is the part of a hundred, rounded down; 100 of nothing.
func (s Share) Percent() int {
	if s.Total == 0 {
		return 100
	}
	return 100 * s.Covered / s.Total
}

// Shares are those of one flow, or of all.
type Shares struct {
	Blocks   Share `json:"blocks"`
	Branches Share `json:"branches"`
	Errors   Share `json:"errorBranches"`
}

// All is the share of everything together.
func (s Shares) All() Share {
	return Share{s.Blocks.Covered + s.Branches.Covered + s.Errors.Covered, s.Blocks.Total + s.Branches.Total + s.Errors.Total}
}

// Missing is a block that no test came to, or a branch that none took.
type Missing struct {
	Block string `json:"block"`
	Name  string `json:"name"`
	// Branch is empty for the whole block.
	Branch string `json:"branch,omitempty"`
}

// Flow is the coverage of one flow.
type Flow struct {
	ID   string `json:"flow"`
	Name string `json:"name"`
	Shares
	Missing []Missing `json:"missing"`

	program *flow.Program
	blocks  map[string]int         // how often each block was passed
	taken   map[string]map[int]int // and each of its branches
	counted map[string][]int       // the branches that count, by block
}

// Coverage is that of several flows.
type Coverage struct {
	Shares
	Percent int    `json:"percent"`
	Flows   []Flow `json:"flows"`
}

// Of is how much of flows was run.
func Of(programs []*flow.Program, runs []*flowtest.Result) *Coverage {
	c := &Coverage{Flows: make([]Flow, 0, len(programs))}
	at := map[string]int{}
	for _, p := range programs {
		if _, twice := at[p.ID()]; twice {
			continue
		}
		at[p.ID()] = len(c.Flows)
		c.Flows = append(c.Flows, Flow{
			ID: p.ID(), Name: p.Name(), Missing: []Missing{}, program: p, blocks: map[string]int{}, taken: map[string]map[int]int{}, counted: map[string][]int{},
		})
	}
	for _, run := range runs {
		for i := range run.Way {
			row := &run.Way[i].Trace
			if n, ours := at[row.Flow]; ours {
				c.Flows[n].pass(row)
			}
		}
	}
	for i := range c.Flows {
		f := &c.Flows[i]
		f.count()
		for _, s := range []struct{ to, from *Share }{{&c.Blocks, &f.Blocks}, {&c.Branches, &f.Branches}, {&c.Errors, &f.Errors}} {
			s.to.Covered += s.from.Covered
			s.to.Total += s.from.Total
		}
	}
	c.Percent = c.All().Percent()
	return c
}

// pass notes that an action ran.
func (f *Flow) pass(row *flow.Trace) {
	f.blocks[row.Action]++
	actions := f.program.Source().Document.Actions
	at := slices.IndexFunc(actions, func(a flow.Action) bool { return a.Identifier == row.Action })
	if at < 0 {
		return
	}
	if branch := actions[at].Transitions.Taken(row); branch >= 0 {
		if f.taken[row.Action] == nil {
			f.taken[row.Action] = map[int]int{}
		}
		f.taken[row.Action][branch]++
	}
}

// count counts what a chat can come to, and what it did come to although nobody could know.
func (f *Flow) count() {
	d := f.program.Source().Document
	passable := map[string][]int{}
	for _, p := range f.program.Passable() {
		passable[p.Action.Identifier] = p.Branches
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		branches, can := passable[a.Identifier]
		if !can && f.blocks[a.Identifier] == 0 {
			continue
		}
		covered := f.blocks[a.Identifier] > 0
		f.Blocks.add(covered)
		if !covered {
			f.Missing = append(f.Missing, Missing{Block: a.Identifier, Name: d.DisplayName(a)})
		}
		counted := []int{}
		for n, b := range a.Transitions.Branches() {
			times := f.taken[a.Identifier][n]
			if times == 0 && !slices.Contains(branches, n) {
				continue
			}
			counted = append(counted, n)
			if b.Error != "" {
				f.Errors.add(times > 0)
			} else {
				f.Branches.add(times > 0)
			}
			if times == 0 && covered {
				f.Missing = append(f.Missing, Missing{a.Identifier, d.DisplayName(a), b.String()})
			}
		}
		f.counted[a.Identifier] = counted
	}
}
