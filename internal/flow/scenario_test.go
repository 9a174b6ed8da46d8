package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestScenarios runs the files of testdata/scenarios: flows and events, and after each event what
// the flow wants. A line of a flow is
//
//	IDENTIFIER TYPE {PARAMETERS} > NEXT; =OPERAND > NEXT; >OPERAND > NEXT; !ERROR > NEXT
//
// where = stands for Equals, and any other operator is written out before its operand.
func TestScenarios(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var met []string
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := scenario{programs: map[string]*Program{}}
		for i := range archive.Files {
			part := &archive.Files[i]
			name, isFlow := strings.CutPrefix(part.Name, "flow ")
			switch {
			case isFlow:
				p := s.compile(t, name, string(part.Data))
				s.programs[name] = p
				if s.first == nil {
					s.first = p
				}
				for j := range p.nodes {
					met = append(met, p.nodes[j].kind)
				}
			case part.Name == "events":
				got := s.play(t, string(part.Data))
				if *update {
					part.Data = []byte(got)
					if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
						t.Fatal(err)
					}
				} else if got != string(part.Data) {
					t.Errorf("%s:\n%s\ninstead of\n%s", file, got, part.Data)
				}
			}
		}
	}
	for _, known := range Types() {
		if !slices.Contains(met, known.Name) {
			t.Errorf("no scenario has an action of the type %s", known.Name)
		}
	}
}

// scenario is one file.
type scenario struct {
	first    *Program
	programs map[string]*Program
	rows     []Trace // of all events
}

// compile reads the flow of a scenario.
func (s *scenario) compile(t *testing.T, name, text string) *Program {
	t.Helper()
	d := Document{Version: Version}
	for line := range strings.Lines(text) {
		head, tail, _ := strings.Cut(strings.TrimSpace(line), " > ")
		words := strings.SplitN(head, " ", 3)
		if len(words) < 2 {
			continue
		}
		a := Action{Identifier: words[0], Type: words[1]}
		if len(words) == 3 {
			if err := json.Unmarshal([]byte(words[2]), &a.Parameters); err != nil {
				t.Fatalf("%s: %q: %v", name, line, err)
			}
		}
		if d.StartAction == "" {
			d.StartAction = a.Identifier
		}
		if tail != "" {
			branches := strings.Split(tail, "; ")
			a.Transitions.NextAction = strings.TrimSpace(branches[0])
			for _, branch := range branches[1:] {
				what, to, _ := strings.Cut(branch, " > ")
				if kind, failed := strings.CutPrefix(what, "!"); failed {
					a.Transitions.Errors = append(a.Transitions.Errors, ErrorTransition{NextAction: to, ErrorType: kind})
					continue
				}
				operator, operand, ok := strings.Cut(what, " ")
				if equals, is := strings.CutPrefix(what, "="); is {
					operator, operand, ok = "Equals", equals, true
				}
				if !ok {
					t.Fatalf("%s: %q is no branch", name, branch)
				}
				a.Transitions.Conditions = append(a.Transitions.Conditions, ConditionalTransition{to, Condition{operator, []any{operand}}})
			}
		}
		d.Actions = append(d.Actions, a)
	}
	if strings.HasPrefix(name, "module") {
		d.Settings = json.RawMessage(`{}`)
	}
	p, findings := Compile(Source{File: name, Document: d})
	if p == nil {
		t.Fatalf("%s: %v", name, findings)
	}
	return p
}

// play gives the events of a scenario to its first flow. Lines that begin with a space are answers
// of an earlier run, and left out.
func (s *scenario) play(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	state := Begin(s.first, Kept{Seed: 1})
	contact := Contact{
		ID: "c1", InitialID: "c1", InitiationMethod: "API", Attributes: map[string]string{"name": "Ana", "count": "2", "full name": "Ana B"},
		InitialMessage: "help", Region: "us-east-1", Segment: map[string]any{"connect:Subtype": map[string]any{"ValueString": "connect:Chat"}},
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); line == "" || strings.HasPrefix(line, " ") {
			continue
		}
		fmt.Fprintln(&out, line)
		e := s.event(t, line)
		for {
			p := s.programs[state.Running()]
			if p == nil {
				t.Fatalf("at %q no flow runs", line)
			}
			before, _ := json.Marshal(state)
			turn, err := Step(p, state, Input{Contact: contact, Event: e, Traced: true})
			if err != nil {
				fmt.Fprintf(&out, "  error: %v\n", err)
				break
			}
			if after, _ := json.Marshal(state); string(before) != string(after) {
				t.Errorf("at %q the given state was changed", line)
			}
			s.rows = append(s.rows, turn.Trace...)
			state = restored(t, turn.State)
			contact.Attributes = s.print(&out, turn, contact.Attributes)
			if !turn.Continues {
				break
			}
			e = Event{Kind: Started}
		}
	}
	return out.String()
}

// restored is a state after it was stored and read again.
func restored(t *testing.T, state State) State {
	t.Helper()
	data, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var again State
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

func (s *scenario) event(t *testing.T, line string) Event {
	t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "start":
		return Event{Kind: Started}
	case "said":
		return Event{Kind: Said, Text: rest}
	case "timeout":
		return Event{Kind: TimedOut}
	case "botleft":
		return Event{Kind: BotLeft}
	case "fail":
		return Event{Kind: Failed, Error: rest}
	case "found":
		return Event{Kind: Answered, Program: s.programs[rest]}
	case "answer":
		e := Event{}
		if rest != "" {
			if err := json.Unmarshal([]byte(rest), &e); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
		e.Kind = Answered
		return e
	}
	t.Fatalf("%q is no event", line)
	return Event{}
}

// print writes what a turn wants, and returns the attributes as they are then.
func (s *scenario) print(out *strings.Builder, turn Turn, attributes map[string]string) map[string]string {
	compact := func(v any) string {
		data, _ := json.Marshal(v)
		return string(data)
	}
	for i, row := range turn.Trace {
		if i == 40 {
			fmt.Fprintf(out, "  · and %d more\n", len(turn.Trace)-i)
			break
		}
		note := ""
		if row.Note != "" {
			note = " (" + row.Note + ")"
		}
		fmt.Fprintf(out, "  · %s %s%s\n", row.Action, row.Branch, note)
	}
	for _, e := range turn.Effects {
		switch e.Kind {
		case Say:
			fmt.Fprintf(out, "  say %s\n", e.Text)
		case SetAttributes:
			next := map[string]string{}
			maps.Copy(next, attributes)
			maps.Copy(next, e.Attributes)
			attributes = next
			fmt.Fprintf(out, "  attributes %s\n", compact(e.Attributes))
		case Question:
			fmt.Fprintf(out, "  ask %s %s\n", e.Ask.Type, compact(e.Ask.Parameters))
			if e.Ask.Text != "" {
				fmt.Fprintf(out, "  about %s\n", e.Ask.Text)
			}
		case Await:
			fmt.Fprintf(out, "  await %d\n", e.Seconds)
		case End:
			fmt.Fprintf(out, "  end %d %s\n", e.How, e.Note)
		}
	}
	return attributes
}
