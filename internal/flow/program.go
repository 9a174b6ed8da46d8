package flow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"
)

// Program is a flow made ready to run. It does not change.
type Program struct {
	source Source
	start  int
	nodes  []node
	index  map[string]int
	// content makes the JSON text once: lists of flows ask every program for it.
	content func() string
}

// none is the target of a transition that leads nowhere.
const none = -1

// node is an action made ready.
type node struct {
	id, kind, name string
	block          *block // nil for a type that does not exist
	params         map[string]*value
	fixed          map[string]any // the parameters where nothing in them has to be resolved, for traces; nil for others
	shown          string         // the designer's name of the resource that it is about
	next           int
	errors         []errorBranch
	conditions     []conditionBranch
}

type errorBranch struct {
	kind string
	to   int
}

type conditionBranch struct {
	branch  Branch // as the document has it
	holds   relation
	operand value
	to      int
}

// ID is how a state names the program: the flow's id, else its file and name.
func (p *Program) ID() string { return p.source.Key() }

// Source returns what the program was made of.
func (p *Program) Source() Source { return p.source }

// Content is the flow as JSON text.
func (p *Program) Content() string { return p.content() }

func (p *Program) encode() string {
	data, err := json.Marshal(p.source.Document)
	if err != nil {
		return "{}" // it came from JSON
	}
	return string(data)
}

// Action returns the type of an action, and the results that its conditions know. Both are empty for
// an action the flow does not have.
func (p *Program) Action(id string) (kind string, answers []string) {
	at, ok := p.index[id]
	if !ok {
		return "", nil
	}
	for i := range p.nodes[at].conditions {
		if text, still := p.nodes[at].conditions[i].operand.plain.(string); still {
			answers = append(answers, text)
		}
	}
	return p.nodes[at].kind, answers
}

// Name is the flow's display name.
func (p *Program) Name() string { return p.source.DisplayName() }

// Kind is the flow's type. A document that nothing says it of is an inbound flow, or a module when
// it ends as one.
func (p *Program) Kind() Kind {
	if p.source.Kind != "" {
		return p.source.Kind
	}
	if p.source.Document.Settings != nil {
		return Module
	}
	for i := range p.nodes {
		if p.nodes[i].kind == endModule {
			return Module
		}
	}
	return Inbound
}

// Key identifies a source among others: its id, else its file with its name in it.
func (s Source) Key() string {
	switch {
	case s.ID != "":
		return s.ID
	case s.Logical != "":
		return s.File + "#" + s.Logical
	}
	return s.File
}

// DisplayName is what people call the flow.
func (s Source) DisplayName() string {
	return cmp.Or(s.Name, s.Document.Metadata.Name, s.Logical, s.File, "flow")
}

// Compile makes a flow ready to run. The findings say what is broken or doubtful; with a finding
// whose level is [Broken] there is no program.
func Compile(source Source) (*Program, []Finding) {
	c := compiler{source: source, types: typesByName(), program: &Program{source: source, index: make(map[string]int, len(source.Document.Actions))}}
	c.program.content = sync.OnceValue(c.program.encode)
	c.document()
	for _, f := range c.findings {
		if f.Level == Broken {
			return nil, c.findings
		}
	}
	c.check()
	return c.program, c.findings
}

// compiler turns one document into a program.
type compiler struct {
	source   Source
	program  *Program
	findings []Finding
	types    map[string]*Type
}

func (c *compiler) report(level Level, rule string, a *Action, text, remedy string) {
	f := Finding{Level: level, Rule: rule, File: c.source.File, Flow: c.source.DisplayName(), Text: text, Remedy: remedy}
	if a != nil {
		f.Action, f.Name = a.Identifier, c.displayName(a)
	}
	c.findings = append(c.findings, f)
}

// displayName is what the designer shows for an action.
func (c *compiler) displayName(a *Action) string { return c.source.Document.DisplayName(a) }

// label is what a trace calls an action. Identifiers that somebody wrote by hand are names as well,
// those that the designer made say nothing.
func (c *compiler) label(a *Action) string {
	if name := c.displayName(a); name != a.Type || isUUID(a.Identifier) {
		return name
	}
	return a.Identifier
}

// isUUID reports whether an identifier has the form of those that the designer makes.
func isUUID(id string) bool {
	return len(id) == 36 && strings.Count(id, "-") == 4 && strings.Trim(id, "0123456789abcdefABCDEF-") == ""
}

// document compiles all actions. Their places are known before the first is compiled, because an action may
// lead to a later one.
func (c *compiler) document() {
	d := &c.source.Document
	if len(d.Actions) == 0 {
		c.report(Broken, "no-actions", nil, "the flow has no actions", "export it again from the flow designer, as JSON")
		return
	}
	if d.Version != Version {
		c.report(Doubtful, "version", nil, fmt.Sprintf("Version is %q", d.Version), fmt.Sprintf("Amazon Connect knows %q only", Version))
	}
	if len(d.Actions) > MaxActions {
		c.report(Doubtful, "size", nil, fmt.Sprintf("the flow has %d actions; Amazon Connect takes at most %d", len(d.Actions), MaxActions),
			"move a part of it into a flow module")
	}
	if c.source.Size > MaxCharacters {
		c.report(Doubtful, "size", nil, fmt.Sprintf("the flow has %d characters; Amazon Connect takes at most %d", c.source.Size, MaxCharacters),
			"move a part of it into a flow module")
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		switch _, again := c.program.index[a.Identifier]; {
		case a.Identifier == "":
			c.report(Broken, "identifier", a, fmt.Sprintf("action %d has no Identifier", i+1), "give it one of up to 50 characters")
		case again:
			c.report(Broken, "identifier", a, "two actions have this Identifier", "rename one of them, and what leads to it")
		case utf8.RuneCountInString(a.Identifier) > 50:
			c.report(Doubtful, "identifier", a, "the Identifier is longer than the 50 characters Amazon Connect takes", "shorten it")
		}
		c.program.index[a.Identifier] = i
	}
	c.program.nodes = make([]node, 0, len(d.Actions))
	places := slots()
	for i := range d.Actions {
		n := c.node(&d.Actions[i])
		n.shown = shownBy(d, &d.Actions[i], places)
		c.program.nodes = append(c.program.nodes, n)
	}
	start, ok := c.program.index[d.StartAction]
	switch {
	case d.StartAction == "":
		c.report(Broken, "never-published", nil, "StartAction is empty: this flow was saved, never published",
			"connect its entry point in the designer, publish it and export it again")
	case !ok:
		c.report(Broken, "dangling", nil, fmt.Sprintf("StartAction names %q, which is no action of the flow", d.StartAction),
			"name the Identifier of the first action")
	}
	c.program.start = start
}

// node compiles one action: its parameters, and where each of its branches leads.
func (c *compiler) node(a *Action) node {
	n := node{id: a.Identifier, kind: a.Type, name: c.label(a)}
	if t := c.types[a.Type]; t != nil {
		n.block = &t.block
	}
	if a.Type == "" {
		c.report(Broken, "type", a, "the action has no Type", "say what it does, for example MessageParticipant")
	} else if n.block == nil {
		remedy := "use a block of the flow designer"
		if meant := nearest(a.Type); meant != "" {
			remedy = "the block with this purpose is " + meant
		}
		c.report(Doubtful, "unknown-type", a, fmt.Sprintf("Amazon Connect has no action of the type %s; it takes its error branch here", a.Type), remedy)
	}
	still := len(a.Parameters) > 0
	n.params = make(map[string]*value, len(a.Parameters))
	for _, name := range sortedKeys(a.Parameters) {
		ready := compile(a.Parameters[name], func(unknown string) {
			c.report(Doubtful, "path", a, fmt.Sprintf("%s holds %s, which is no path: it stays as it is", name, unknown), remedyOf(unknown))
		})
		n.params[name] = &ready
		still = still && ready.still()
	}
	if still {
		n.fixed = a.Parameters
	}
	t := &a.Transitions
	n.next = c.target(a, t.NextAction, "NextAction")
	for _, e := range t.Errors {
		n.errors = append(n.errors, errorBranch{e.ErrorType, c.target(a, e.NextAction, "the error "+e.ErrorType)})
	}
	for _, cond := range t.Conditions {
		holds := operator(cond.Condition.Operator)
		if holds == nil {
			c.report(Broken, "operator", a, fmt.Sprintf("the condition's operator %q does not exist", cond.Condition.Operator),
				"use one such as Equals or NumberGreaterThan")
			continue
		}
		if len(cond.Condition.Operands) != 1 {
			c.report(Broken, "operands", a, fmt.Sprintf("the condition has %d operands", len(cond.Condition.Operands)), "give it one")
			continue
		}
		operand := cond.Condition.Operands[0]
		branch := Branch{Operator: cond.Condition.Operator, Operand: Text(operand), To: cond.NextAction}
		n.conditions = append(n.conditions, conditionBranch{
			branch: branch, holds: holds, operand: compile(operand, func(string) {}), to: c.target(a, branch.To, fmt.Sprintf("the condition %s %v", branch.Operator, operand)),
		})
	}
	return n
}

// target finds the action a transition leads to. An empty name and "$end" are what the designer
// saves for a branch that was never connected.
func (c *compiler) target(a *Action, id, branch string) int {
	if id == "" || id == "$end" {
		// Whether NextAction matters is seen later: a result never takes it.
		if branch != "NextAction" {
			c.report(Doubtful, "not-connected", a, branch+" is not connected: the flow stops there", "connect it in the designer")
		}
		return none
	}
	if at, ok := c.program.index[id]; ok {
		return at
	}
	c.report(Broken, "dangling", a, fmt.Sprintf("%s leads to %q, which is no action of the flow", branch, id),
		"connect it to an action, or take the branch away")
	return none
}
