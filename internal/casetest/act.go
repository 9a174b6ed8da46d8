package casetest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/testcase"
)

// done is an action of a test that was carried out.
type done struct {
	action *testcase.Action
	passed bool
	why    string
	actual map[string]any // its parameters with the values of paths
}

// act carries out an action; false when it has failed.
func (s *stage) act(w *watched, a *testcase.Action) bool {
	d := done{action: a, passed: true, actual: maps.Clone(a.Parameters)}
	if d.actual == nil {
		d.actual = map[string]any{}
	}
	switch {
	case a.Instruction != nil:
		said := *a.Instruction
		said.Value = s.fill(said.Value)
		s.tells = append(s.tells, said)
	case a.Assert != nil:
		value, operand := s.fill(a.Assert.Namespace), s.fill(a.Assert.Operand)
		d.actual["Namespace"] = value
		if a.Assert.Operator == testcase.Exists {
			d.passed = value != ""
		} else {
			d.passed, _ = flow.Holds(a.Assert.Operator, value, operand)
		}
		if !d.passed {
			d.why = fmt.Sprintf("%s is %q, and was to be %s %q", a.Assert.Namespace, value, a.Assert.Operator, operand)
			if a.Assert.Operator == testcase.Exists {
				d.why = a.Assert.Namespace + " has no value"
			}
		}
	case a.Override != nil:
		s.overrides = append(s.overrides, &override{Override: a.Override, by: w.ID + "/" + a.ID})
	case a.Command.Type == testcase.EndTest:
		s.ended = true
	default:
		for _, label := range slices.Sorted(maps.Keys(a.Command.Expressions)) {
			s.logged[label] = s.fill(a.Command.Expressions[label])
		}
	}
	w.done = append(w.done, d)
	return d.passed
}

// fill puts the values of paths into a text. What a function, a bot or an application has answered can
// be read after a test has observed that it did.
func (s *stage) fill(text string) string {
	contact, state := s.contact, s.state
	state.Frames = []flow.Frame{{External: s.opened["External"]}}
	state.Results = maps.Clone(s.state.Results)
	for _, root := range []string{"External", "LambdaInvocation", "Lex", "AgenticCX"} {
		delete(state.Results, root)
		if value, there := s.opened[root]; there {
			if state.Results == nil {
				state.Results = map[string]any{}
			}
			state.Results[root] = value
		}
	}
	return flow.Fill(text, &contact, &state)
}

// same reports whether a resource that a test names is the one that an action is about. A test that
// names none means any.
func (s *stage) same(ref, shown string, h *happening) bool {
	if ref == "" && shown == "" {
		return true
	}
	names := []string{ref, shown, s.cfg.Library.Queue(ref, shown)}
	return slices.ContainsFunc(names, func(name string) bool {
		return slices.ContainsFunc(h.names, func(other string) bool { return arn.Same(name, other) })
	})
}
