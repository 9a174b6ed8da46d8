package flowrun_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

func program(t *testing.T, source flow.Source) *flow.Program {
	t.Helper()
	if source.Document.Actions == nil {
		source.Document = document(do("end", "DisconnectParticipant", nil, ""))
	}
	p, findings := flow.Compile(source)
	if p == nil {
		t.Fatal(findings)
	}
	return p
}

func TestFind(t *testing.T) {
	t.Parallel()
	main := program(t, flow.Source{File: "main.json", ID: "1111", ARN: "arn:aws:connect:us-east-1:1:instance/i/contact-flow/1111", Name: "Main flow"})
	inTemplate := program(t, flow.Source{File: "stack.json", Logical: "Survey"})
	library := flowrun.NewLibrary(map[string]string{
		"arn:aws:connect:*/contact-flow/prod-main": "main", "prod-*": "Survey", "prod-main": "Main flow", "Sales": "Vertrieb",
	})
	library.Set([]*flow.Program{main, inTemplate})
	for _, test := range []struct {
		ref, shown string
		want       *flow.Program
	}{
		{"1111", "", main},
		{"arn:aws:connect:eu-west-1:2:instance/j/contact-flow/1111", "", main},
		{"arn:aws:connect:us-east-1:1:instance/i/contact-flow/1111:$LATEST", "", main},
		{"Main flow", "", main},
		{"main.json", "", main},
		{"main", "", main},
		{"Survey", "", inTemplate},
		{inTemplate.ID(), "", inTemplate},
		{"arn:aws:connect:us-west-2:9:instance/x/contact-flow/prod-main", "", main}, // by the configuration
		{"prod-main", "", main},         // the entry without a star goes before
		{"prod-survey", "", inTemplate}, // by the one with
		{"an-id-of-elsewhere", "Main flow", main},
		{"an-id-of-elsewhere", "Other", nil},
		{"", "", nil},
	} {
		got, ok := library.Find(test.ref, test.shown)
		if got != test.want || ok != (test.want != nil) {
			t.Errorf("%q (%q) is %v", test.ref, test.shown, got)
		}
	}
	for ref, want := range map[string]string{
		"arn:aws:connect:us-east-1:1:instance/i/queue/q1": "q1", "Sales": "Vertrieb", "": "",
	} {
		if got := library.Queue(ref, ""); got != want {
			t.Errorf("queue %q is %q", ref, got)
		}
	}
}

// A chat that names a flow of somewhere else gets the flow that no other leads to.
func TestEntry(t *testing.T) {
	t.Parallel()
	first := program(t, flow.Source{File: "first.json", Document: document(
		do("go", "TransferToFlow", map[string]any{"ContactFlowId": "second"}, "", "!NoMatchingError", "end"), do("end", "DisconnectParticipant", nil, ""),
	)})
	second := program(t, flow.Source{File: "second.json"})
	module := program(t, flow.Source{File: "module.json", Kind: flow.Module})
	library := flowrun.NewLibrary(nil)
	library.Set([]*flow.Program{second, first, module})
	if p, ok := library.Entry(); !ok || p != first {
		t.Errorf("the first flow is %v", p)
	}
	library.Set([]*flow.Program{second, module, program(t, flow.Source{File: "third.json"})})
	if p, ok := library.Entry(); ok {
		t.Errorf("of two flows %v is the first", p.Name())
	}
}

// Several outsides: the first that answers a question is asked, and one that nobody answers fails.
func TestOutsides(t *testing.T) {
	t.Parallel()
	of := func(kind string) flowrun.Outside { return only(kind) }
	all := flowrun.Outsides{of("InvokeLambdaFunction"), of("ConnectParticipantWithLexBot"), of("InvokeLambdaFunction")}
	for _, kind := range []string{"InvokeLambdaFunction", "ConnectParticipantWithLexBot"} {
		call := &flowrun.Call{Ask: flow.Ask{Type: kind}}
		if got := all.Answer(t.Context(), call); !all.Answers(&call.Ask) || got.Kind != flow.Answered || got.Result != kind {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	call := &flowrun.Call{Ask: flow.Ask{Type: "ConnectParticipantWithAgenticCX"}}
	if got := all.Answer(t.Context(), call); all.Answers(&call.Ask) || got.Kind != flow.Failed {
		t.Errorf("what nobody answers: %+v", got)
	}
}

// only answers the questions of one type.
type only string

func (o only) Answers(ask *flow.Ask) bool { return ask.Type == string(o) }

func (o only) Answer(context.Context, *flowrun.Call) flow.Event {
	return flow.Event{Kind: flow.Answered, Result: string(o)}
}

// What flows know of a view is known of it, whatever its id looks like.
func TestRowG5ViewActions(t *testing.T) {
	t.Parallel()
	show := func(id, view string, actions ...string) flow.Action {
		a := do(id, "ShowView", map[string]any{"ViewResource": map[string]any{"Id": view}}, "end")
		for _, action := range actions {
			a.Transitions.Conditions = append(a.Transitions.Conditions, flow.ConditionalTransition{
				NextAction: "end", Condition: flow.Condition{Operator: "Equals", Operands: []any{action}},
			})
		}
		return a
	}
	library := flowrun.NewLibrary(nil)
	for view, name := range map[string]string{
		"arn:aws:connect:us-east-1:1:instance/i/view/Stars:$LATEST": "Stars", "${Stars.Arn}": "${Stars.Arn}", "FORM_VIEW_ARN": "FORM_VIEW_ARN",
		"arn:aws:connect:us-east-1:aws:view/form:1": "form", "Form": "form",
	} {
		library.Set([]*flow.Program{
			program(t, flow.Source{File: "a.json", Document: document(show("a", view, "Skip", "Rate"), do("end", "DisconnectParticipant", nil, ""))}),
			program(t, flow.Source{File: "b.json", Document: document(show("b", view, "Rate"), show("c", "elsewhere", "Never"), do("end", "DisconnectParticipant", nil, ""))}),
		})
		id, ok := flowrun.ViewOf(name + ".11111111-2222-4333-8444-555555555555")
		if !ok || id != name {
			t.Errorf("the token of %s names %q", name, id)
		}
		if diff := cmp.Diff([]string{"Rate", "Skip"}, library.ViewActions(id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", view, diff)
		}
		if got := library.ViewActions("none"); len(got) != 0 || got == nil {
			t.Errorf("a view of no flow has the actions %v", got)
		}
	}
}

// The short names of Amazon Connect's own views are small; other names stay as they are, in any
// script.
func TestNameOfAView(t *testing.T) {
	t.Parallel()
	library := flowrun.NewLibrary(nil)
	for id, name := range map[string]string{"Form": "form", "Übersicht": "Übersicht", "表": "表"} {
		show := do("a", "ShowView", map[string]any{"ViewResource": map[string]any{"Id": id}}, "end", "Next", "end")
		library.Set([]*flow.Program{program(t, flow.Source{File: "a.json", Document: document(show, do("end", "DisconnectParticipant", nil, ""))})})
		if got := library.ViewActions(name); len(got) != 1 {
			t.Errorf("%s is not %s", id, name)
		}
	}
}

// Flows of files go before those that were created through the API, which are found by their ids and
// never by guess. Each of the two kinds is replaced alone.
func TestDeployedFlows(t *testing.T) {
	t.Parallel()
	file, other := program(t, flow.Source{File: "main.json", Name: "Main"}), program(t, flow.Source{File: "other.json", Kind: flow.CustomerQueue})
	deployed := program(t, flow.Source{ID: "d1", Name: "Main"})
	first := program(t, flow.Source{ID: "d2:1", Name: "Hours", Kind: flow.Module})
	latest := program(t, flow.Source{ID: "d2", Name: "Hours", Kind: flow.Module})
	library := flowrun.NewLibrary(nil)
	finds := func(when string, want map[string]*flow.Program) {
		t.Helper()
		for ref, p := range want {
			if got, ok := library.Find(ref, ""); got != p || ok != (p != nil) {
				t.Errorf("%s: %q is %v", when, ref, got)
			}
		}
	}
	library.Deploy([]*flow.Program{deployed, latest, first})
	finds("without files", map[string]*flow.Program{"Main": deployed, "Hours": latest, "main": nil})
	if p, ok := library.Entry(); ok {
		t.Errorf("a chat whose flow is unknown gets %v", p.Name())
	}
	library.Set([]*flow.Program{file, other})
	const module = "arn:aws:connect:us-east-1:1:instance/i/flow-module/d2"
	finds("with files", map[string]*flow.Program{
		"Main": file, "main": file, "d1": deployed, "arn:aws:connect:us-east-1:1:instance/i/contact-flow/d1": deployed,
		"Hours": latest, "d2": latest, "d2:1": first, "d2:$LATEST": latest, module: latest, module + ":1": first, module + ":$LATEST": latest,
	})
	if p, ok := library.Entry(); !ok || p != file {
		t.Error("the flow of the file is not the entry any more")
	}
	library.Deploy(nil)
	finds("after removal", map[string]*flow.Program{"Main": file, "d1": nil, "other": other})
	library.Set(nil)
	finds("without any", map[string]*flow.Program{"Main": nil, "other": nil})
}
