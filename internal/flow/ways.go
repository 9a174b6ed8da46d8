package flow

import (
	"slices"
	"strings"
)

// A flow is looked at as a chat would go through it: each action is run once on paper, with a text in
// the place of each path, and the ways that its outcome leaves open are followed. What an action
// does is known in one place that way, the block that runs it.

// rehearsal is how an action comes out in a chat before anything is known of the contact.
type rehearsal struct {
	outcome outcome
	note    string
	asks    bool // its outcome is the answer to a question
	awaits  bool // it waits for the customer or a clock
}

// rehearse runs an action on paper. The program needs a name and nothing else.
func (p *Program) rehearse(n *node) rehearsal {
	if n.block == nil {
		return rehearsal{outcome: fail(noMatch)}
	}
	still := *n
	still.params = make(map[string]*value, len(n.params))
	for name, v := range n.params {
		filled := v.filled()
		still.params[name] = &filled
	}
	here := Frame{Flow: p.ID(), Action: n.id} // called by itself, so that a module can return
	r := &run{program: p, state: State{Frames: []Frame{here, here}}, contact: &Contact{}}
	r.frame = &r.state.Frames[1]
	out := n.block.start(r, &still)
	if n.kind == "Compare" {
		if v := n.params["ComparisonValue"]; v != nil && len(v.path()) == 1 && v.path()[0] == "Channel" {
			out.result = r.lookupText(v.path())
		}
	}
	found := rehearsal{outcome: out, note: r.note}
	for _, e := range r.effects {
		found.asks = found.asks || e.Kind == Question
		found.awaits = found.awaits || e.Kind == Await
	}
	return found
}

// filled is the value with a text in the place of each path. The text is a number, for parameters
// that must be one.
func (v *value) filled() value {
	switch {
	case v.parts != nil:
		var b strings.Builder
		for _, p := range v.parts {
			if p.path == nil {
				b.WriteString(p.text)
			} else {
				b.WriteString("1")
			}
		}
		return value{plain: b.String()}
	case v.members != nil:
		object := make(map[string]any, len(v.members))
		for i := range v.members {
			key, inner := v.members[i].key.filled(), v.members[i].value.filled()
			object[Text(key.plain)] = inner.plain
		}
		return value{plain: object}
	case v.items != nil:
		list := make([]any, len(v.items))
		for i := range v.items {
			inner := v.items[i].filled()
			list[i] = inner.plain
		}
		return value{plain: list}
	}
	return *v
}

// certain reports whether the result of an action is known beforehand, with what it is compared with.
func (n *node) certain() bool {
	if slices.ContainsFunc(n.conditions, func(c conditionBranch) bool { return !c.operand.still() }) {
		return false
	}
	switch n.kind {
	case "Compare":
		v := n.params["ComparisonValue"]
		return v.literal() || len(v.path()) == 1 && v.path()[0] == "Channel"
	case "Wait":
		return !n.letsRun() // one of no length
	}
	return false
}

// results are all results that an action can have, and nil where nobody can say.
func (n *node) results() []string {
	switch n.kind {
	case "CheckHoursOfOperation":
		return []string{"True", "False"}
	case "Loop":
		return []string{continueLooping, doneLooping}
	case "Wait":
		results := []string{waitCompleted}
		if n.letsRun() {
			results = append(results, goOn)
		}
		for _, event := range []string{"CustomerReturned", "BotParticipantDisconnected"} {
			if n.listensFor(event) {
				results = append(results, event)
			}
		}
		return results
	}
	return nil
}

// Results of a Loop.
const (
	continueLooping = "ContinueLooping"
	doneLooping     = "DoneLooping"
)

// leaves reports whether the flow is over when an action succeeds.
func (n *node) leaves() bool {
	switch n.kind {
	case "TransferContactToQueue", "TransferToFlow", "DequeueContactAndTransferToQueue":
		return true
	}
	return false
}

// finishes reports whether an action whose outcome is the answer to a question goes on to
// NextAction when it succeeds. The others have a result.
func (n *node) finishes() bool {
	switch n.kind {
	case "ConnectParticipantWithLexBot", "ShowView", "CheckHoursOfOperation", "CheckMetricData", "Wait":
		return false
	case invokeModule:
		return len(n.conditions) == 0
	}
	return !n.leaves()
}

// ways are the ways that a chat can take out of an action.
func (p *Program) ways(n *node, found rehearsal) []way {
	out := found.outcome
	switch out.kind {
	case failed, finished:
		return []way{n.leaving(out)}
	case yielded:
		if n.certain() {
			return []way{n.leaving(out)}
		}
		return n.resultWays()
	case waiting:
		var all []way
		if found.awaits || !n.finishes() && !n.leaves() || len(n.conditions) > 0 {
			all = n.resultWays()
		}
		if !found.awaits && n.finishes() {
			all = append(all, way{n.next, "NextAction"})
		}
		for _, e := range n.errors {
			all = append(all, way{e.to, e.kind})
		}
		return all
	default:
		return nil // the flow is over
	}
}

// leaving is the way of an outcome that nothing of the contact decides about.
func (n *node) leaving(out outcome) way { return n.leave(&run{contact: &Contact{}}, out) }

// resultWays are the ways of all results.
func (n *node) resultWays() []way {
	var all []way
	for _, c := range n.conditions {
		all = append(all, way{c.to, c.branch.short()})
	}
	for _, result := range n.results() {
		if !slices.ContainsFunc(n.conditions, func(c conditionBranch) bool { return c.operand.plain == result }) {
			return append(all, n.otherwise())
		}
	}
	if n.results() == nil {
		all = append(all, n.otherwise())
	}
	return all
}

// graph is a flow as a chat goes through it.
type graph struct {
	rehearsed []rehearsal
	ways      [][]way
	reached   []bool // by a chat
}

func (p *Program) graph() graph {
	g := graph{
		rehearsed: make([]rehearsal, len(p.nodes)), ways: make([][]way, len(p.nodes)), reached: make([]bool, len(p.nodes)),
	}
	stage := Program{source: Source{ID: p.ID()}}
	for i := range p.nodes {
		g.rehearsed[i] = stage.rehearse(&p.nodes[i])
		g.ways[i] = p.ways(&p.nodes[i], g.rehearsed[i])
	}
	follow(p.start, g.reached, func(at int) []way { return g.ways[at] })
	return g
}

// follow marks what can be reached from a place.
func follow(from int, reached []bool, ways func(at int) []way) {
	open := []int{from}
	reached[from] = true
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		for _, w := range ways(at) {
			if w.to != none && !reached[w.to] {
				reached[w.to] = true
				open = append(open, w.to)
			}
		}
	}
}

// Reachable are the identifiers of the actions that a chat can come to, in the order of the
// document: not those behind the branch of calls, nor those that nothing leads to.
func (p *Program) Reachable() []string {
	var ids []string
	for at, yes := range p.graph().reached {
		if yes {
			ids = append(ids, p.nodes[at].id)
		}
	}
	return ids
}

// drawn are all transitions of an action, whether a chat takes them or not.
func (n *node) drawn() []way {
	all := []way{{n.next, "NextAction"}}
	for _, c := range n.conditions {
		all = append(all, way{to: c.to})
	}
	for _, e := range n.errors {
		all = append(all, way{e.to, e.kind})
	}
	return all
}

// circles are the groups of actions that a chat can go round in without waiting for the customer or
// a clock. A Loop goes round a bounded number of times, so that only its last way counts, and a Wait
// that lets the flow run waits when that comes back.
//
// Source: Tarjan, "Depth-first search and linear graph algorithms", 1972.
func (p *Program) circles(g *graph) [][]int {
	t := tarjan{index: make([]int, len(p.nodes)), low: make([]int, len(p.nodes)), onStack: make([]bool, len(p.nodes))}
	t.ways = func(at int) []way {
		n := &p.nodes[at]
		if g.rehearsed[at].awaits || n.talks() || n.kind == "Wait" && g.rehearsed[at].outcome.result == goOn {
			return nil
		}
		return slices.DeleteFunc(slices.Clone(g.ways[at]), func(w way) bool {
			return w.to == none || n.kind == "Loop" && w.branch == continueLooping
		})
	}
	for at := range p.nodes {
		if g.reached[at] && t.index[at] == 0 {
			t.visit(at)
		}
	}
	return t.found
}

// talks reports whether an action waits for the customer once it has asked its question.
func (n *node) talks() bool {
	switch n.kind {
	case "ConnectParticipantWithLexBot", "ConnectParticipantWithAgenticCX", "ShowView", "AuthenticateParticipant":
		return true
	}
	return false
}

// tarjan finds the strongly connected parts of a graph that hold a circle.
type tarjan struct {
	ways       func(at int) []way
	next       int
	index, low []int
	onStack    []bool
	stack      []int
	found      [][]int
}

// visit goes depth first from one action, and takes a part off the stack when it is back at the part's first.
func (t *tarjan) visit(at int) {
	t.next++
	t.index[at], t.low[at] = t.next, t.next
	t.stack, t.onStack[at] = append(t.stack, at), true
	itself := false
	for _, w := range t.ways(at) {
		itself = itself || w.to == at
		switch {
		case t.index[w.to] == 0:
			t.visit(w.to)
			t.low[at] = min(t.low[at], t.low[w.to])
		case t.onStack[w.to]:
			t.low[at] = min(t.low[at], t.index[w.to])
		}
	}
	if t.low[at] != t.index[at] {
		return
	}
	from := len(t.stack) - 1
	for t.stack[from] != at {
		from--
	}
	part := slices.Clone(t.stack[from:])
	t.stack = t.stack[:from]
	for _, member := range part {
		t.onStack[member] = false
	}
	if len(part) > 1 || itself {
		slices.Sort(part)
		t.found = append(t.found, part)
	}
}
