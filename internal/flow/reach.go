package flow

import (
	"slices"
	"strings"
)

// Passable is an action that a chat can come to, with the branches that it can leave it by.
type Passable struct {
	Action *Action
	// Branches are the places in what [Transitions.Branches] returns.
	Branches []int
}

// Passable are the actions that a chat can come to, in the order of the document. A branch that only a
// call takes is not there, nor one for a failure that the action cannot have.
func (p *Program) Passable() []Passable {
	g := p.graph()
	var all []Passable
	for at, reached := range g.reached {
		if !reached {
			continue
		}
		n := &p.nodes[at]
		ways := g.ways[at]
		if g.rehearsed[at].awaits && !g.rehearsed[at].asks && n.params["TimeLimitSeconds"].literal() {
			ways = n.resultWays() // it only waits, which does not fail
		}
		action := &p.source.Document.Actions[at]
		one := Passable{Action: action}
		for i, b := range action.Transitions.Branches() {
			if slices.ContainsFunc(ways, func(w way) bool { return w.branch == b.short() }) {
				one.Branches = append(one.Branches, i)
			}
		}
		all = append(all, one)
	}
	return all
}

// short is a branch as a [Trace] names it, but for an operand that is a path, which has its value there.
func (b Branch) short() string {
	switch b.Operator {
	case "":
		return b.String()
	case keyExists:
		return keyExists
	}
	return b.Operand
}

// Taken is the place of the branch that an action was left by, in what [Transitions.Branches] returns;
// -1 for none, as when the flow was over.
func (t *Transitions) Taken(row *Trace) int {
	branches := t.Branches()
	if row.Branch == "" {
		return -1
	}
	if !row.Failed {
		for i, b := range branches {
			switch {
			case b.Operator == keyExists:
				if row.Branch == keyExists {
					return i
				}
			case b.Operator != "" && (b.Operand == row.Branch || strings.Contains(b.Operand, "$")):
				if holds, _ := Holds(b.Operator, row.Result, row.Branch); holds {
					return i
				}
			}
		}
	}
	return slices.IndexFunc(branches, func(b Branch) bool {
		return b.Operator == "" && b.String() == row.Branch
	})
}
