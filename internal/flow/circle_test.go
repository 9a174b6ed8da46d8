package flow

import (
	"strings"
	"testing"
)

// TestCircleOfTransfers is a flow that transfers to itself, and one that calls itself as a module:
// circles that lead through questions are stopped as others are.
func TestCircleOfTransfers(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`a|TransferToFlow|{"ContactFlowId":"a"}|next end, NoMatchingError end`,
		`a|InvokeFlowModule|{"FlowModuleId":"a"}|next a, NoMatchingError a`,
	} {
		p, findings := Compile(Source{File: "f.json", Document: documentOf(t, line, ending)})
		if p == nil {
			t.Fatal(findings)
		}
		state, event := Begin(p, Kept{}), Event{}
		for round := 0; ; round++ {
			if round > 10*maxSteps {
				t.Fatalf("%s: still turning", line)
			}
			turn, err := Step(p, state, Input{Event: event})
			if err != nil {
				t.Fatal(err)
			}
			state, event = turn.State, Event{Kind: Answered, Program: p}
			if turn.Continues {
				event = Event{}
			}
			if len(turn.Effects) > 0 && turn.Effects[0].Kind == End {
				if turn.Effects[0].How != Circled {
					t.Errorf("%s: ended as %d: %s", line, turn.Effects[0].How, turn.Effects[0].Note)
				}
				break
			}
		}
	}
}

// TestKeptIsBounded are flows that double what they keep at every turn of a circle.
func TestKeptIsBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ line, note string }{
		{`a|UpdateFlowAttributes|{"FlowAttributes":{"x":{"Value":"$.FlowAttributes.x$.FlowAttributes.x+"}}}|next a`, "flow attributes"},
		{`a|UpdateContactAttributes|{"Attributes":{"x":"$.Attributes.x$.Attributes.x+"}}|next a`, "the attributes"},
		{`a|UpdateContactData|{"Name":"$.Name$.Name+"}|next a`, "contact's data"},
		{`a|UpdateContactData|{"References":{"x":{"Type":"URL","Value":"$.References.x.Value$.References.x.Value+"}}}|next a`, "contact's data"},
		{`a|UpdateContactData|{"SegmentAttributes":{"x":{"p":"$.SegmentAttributes.x","q":"$.SegmentAttributes.x"}}}|next a`, "contact's data"},
		{`a|TagContact|{"Tags":{"x":"$.Tags.x$.Tags.x+"}}|next a`, "tags"},
	} {
		p, findings := Compile(Source{File: "f.json", Document: documentOf(t, test.line)})
		if p == nil {
			t.Fatal(findings)
		}
		turn, err := Step(p, Begin(p, Kept{}), Input{})
		if err != nil {
			t.Fatal(err)
		}
		last := turn.Effects[len(turn.Effects)-1]
		if last.How != Stopped || !strings.Contains(last.Note, test.note) {
			t.Errorf("%s: ended as %d: %s", test.line, last.How, last.Note)
		}
	}
}

// TestStepWithoutFlow steps a contact that runs no flow.
func TestStepWithoutFlow(t *testing.T) {
	t.Parallel()
	p, findings := Compile(Source{Document: documentOf(t, ending)})
	if p == nil {
		t.Fatal(findings)
	}
	if _, err := Step(p, State{Version: StateVersion}, Input{}); err == nil {
		t.Error("a contact without a flow is stepped")
	}
}
