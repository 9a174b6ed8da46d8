package flowcheck

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/scenario"
)

// Flows are the flows against which scenarios are checked.
type Flows struct {
	// Programs are all of them; nil where one cannot run, and what it asks and shows is not known.
	Programs []*flow.Program
	// Find says in a sentence why no chat can begin with the flow of a scenario, by its name or, empty,
	// with the one to which no other leads. It returns nothing where one can.
	Find func(name string) string
}

// Scenarios looks at a file of scenarios: whether it can be read, and whether the flows have what it
// names. A name that a flow may take from a path is not looked for.
func Scenarios(name string, data []byte, flows Flows) []flow.Finding {
	all, problems := scenario.Read(name, data)
	l := scenarioLook{file: name, flows: flows}
	for _, p := range problems {
		text := p.Text
		if p.Key != "" {
			text = p.Key + ": " + text
		}
		l.tell("scenario-document", "", p.Line, "%s", text)
	}
	if len(problems) > 0 { // what was read is not whole
		return l.found
	}
	for i := range all {
		l.look(&all[i])
	}
	return l.found
}

// scenarioRules are the rules for scenarios, which are Parley's own.
func scenarioRules() []Rule {
	const page = "https://github.com/parley-chat/parley/blob/main/docs/flow-testing.md#scenarios"
	return []Rule{
		{ID: "scenario-document", Level: flow.Broken, Says: "A file of scenarios that cannot be read.", Remedy: "`parley flow test --schema` prints the shape of scenarios", Page: page},
		{ID: "scenario-flow", Level: flow.Broken, Says: "A scenario whose flow is not there, or is not one with which a chat begins.", Page: page},
		{ID: "scenario-entry", Level: flow.Doubtful, Says: "A scenario that names no flow, where it is not clear which one is meant.", Page: page},
		{ID: "scenario-answer", Level: flow.Doubtful, Says: "An answer of a scenario for a block, function, bot or application that no flow asks.", Remedy: "correct the name, or take the answer away", Page: page},
		{ID: "scenario-view", Level: flow.Doubtful, Says: "A view that a scenario expects, and no flow shows.", Remedy: "expect the id of a view that the flow shows", Page: page},
	}
}

// scenarioLook is the look at the scenarios of a file.
type scenarioLook struct {
	file  string
	flows Flows
	found []flow.Finding
}

func (l *scenarioLook) tell(id, name string, line int, format string, args ...any) {
	rules := scenarioRules()
	rule := rules[slices.IndexFunc(rules, func(r Rule) bool { return r.ID == id })]
	l.found = append(l.found, flow.Finding{
		Level: rule.Level, Rule: id, File: l.file, Flow: name, Line: line,
		Text: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...), Remedy: rule.Remedy, Page: rule.Page,
	})
}

// look holds a scenario against the flows beside it. What a flow asks or shows by a name that it computes
// cannot be known, and then nothing is said of names that are not found.
func (l *scenarioLook) look(s *scenario.Scenario) {
	if why := l.flows.Find(s.Flow); why != "" {
		rule := "scenario-flow"
		if s.Flow == "" {
			rule = "scenario-entry"
		}
		l.tell(rule, s.Name, s.Line, "%s", why)
	}
	if len(l.flows.Programs) == 0 {
		return
	}
	for i := range s.Answers {
		a := &s.Answers[i]
		if names, whole := l.flows.asked(a.Kind); whole && !slices.ContainsFunc(names, func(name string) bool { return arn.Same(name, a.Name) }) {
			l.tell("scenario-answer", s.Name, a.Line, "no flow asks the %s %q, and the answer is never given", a.Kind, a.Name)
		}
	}
	if slices.ContainsFunc(s.Steps, func(step scenario.Step) bool { return step.Agent != nil && step.Agent.Content != "" }) {
		return // an agent may send a view of its own
	}
	shown, whole := l.flows.named("ShowView", flow.ViewResource)
	for i, name := range shown {
		shown[i] = viewID(name)
	}
	for i := range s.Steps {
		if e := s.Steps[i].Expect; whole && e != nil && e.View != "" && !slices.Contains(shown, e.View) {
			l.tell("scenario-view", s.Name, s.Steps[i].Line, "no flow shows the view %q", e.View)
		}
	}
}

// viewID is the id under which a customer's page gets a view: without what an ARN has before it, and
// without a version.
func viewID(ref string) string {
	id, _, _ := strings.Cut(ref[strings.LastIndexByte(ref, '/')+1:], ":")
	return id
}

// asked are the names by which a kind of answers finds what the flows ask, and whether those are all.
func (f *Flows) asked(kind string) (names []string, whole bool) {
	switch kind {
	case scenario.Function:
		return f.named("InvokeLambdaFunction", flow.FunctionResource)
	case scenario.Bot:
		return f.named("ConnectParticipantWithLexBot", flow.BotResource)
	case scenario.Application:
		return f.named("ConnectParticipantWithAgenticCX", flow.ApplicationResource)
	case scenario.Block:
		for _, p := range f.Programs {
			actions := p.Source().Document.Actions
			for i := range actions {
				names = append(names, actions[i].Identifier)
			}
		}
		return names, true
	}
	return nil, false // a queue, and the hours of one, may come from elsewhere
}

// named are the resources of a kind that blocks of a type name, and whether every such block names one.
func (f *Flows) named(block string, kind flow.ResourceKind) (names []string, whole bool) {
	whole = true
	for _, p := range f.Programs {
		s := p.Source()
		has := map[string]bool{}
		for _, ref := range flow.References(s) {
			if ref.Kind == kind {
				has[ref.Action] = true
				names = append(names, ref.Value, ref.Shown)
			}
		}
		for i := range s.Document.Actions {
			a := &s.Document.Actions[i]
			whole = whole && (a.Type != block || has[a.Identifier])
		}
	}
	return names, whole
}
