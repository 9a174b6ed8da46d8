package flow

import (
	"encoding/binary"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/rawjson"
)

// ready reads a file, checks what comes out of it, and makes its flows ready.
func ready(t *testing.T, data []byte) []*Program {
	t.Helper()
	sources, findings := Read("fuzz", data)
	if len(sources) == 0 && len(findings) == 0 {
		t.Fatal("no flow, and no word why")
	}
	var programs []*Program
	for _, s := range sources {
		References(s)
		p, more := Compile(s)
		findings = append(findings, more...)
		broken := false
		for _, f := range more {
			broken = broken || f.Level == Broken
		}
		if broken != (p == nil) {
			t.Fatalf("program %v, findings %v", p != nil, more)
		}
		if p != nil {
			programs = append(programs, p)
			p.Reachable()
		}
	}
	for _, f := range findings {
		if f.Rule == "" || f.Text == "" || f.File == "" {
			t.Fatalf("half a finding: %+v", f)
		}
	}
	return programs
}

func FuzzRead(f *testing.F) {
	for _, data := range corpus(f) {
		if len(data) < 20_000 {
			f.Add(data)
		}
	}
	f.Add([]byte(hello))
	f.Add([]byte(wide(hello, binary.LittleEndian)))
	f.Add([]byte(`{"Resources":{"A":{"Type":"AWS::Connect::ContactFlow","Properties":{"Content":{"Fn::Sub":["${A}${!B}",{"A":{"Fn::GetAtt":["Q","Arn"]}}]}}}}}`))
	f.Add([]byte(`{"Resources":{"A":{"Type":"AWS::Connect::ContactFlowModule","Properties":{"Content":{"Fn::Join":["",["{",{"Ref":"X"},"}"]]}}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) { ready(t, data) })
}

func FuzzLegacy(f *testing.F) {
	for name, data := range corpus(f) {
		if strings.HasPrefix(name, "legacy-") {
			var export struct{ Modules []json.RawMessage }
			if err := json.Unmarshal(data, &export); err != nil {
				f.Fatal(err)
			}
			for _, m := range export.Modules {
				f.Add(string(m))
			}
		}
	}
	f.Fuzz(func(t *testing.T, module string) {
		var m legacyModule
		if json.Unmarshal([]byte(module), &m) != nil {
			return
		}
		data := []byte(`{"modules":[` + module + `],"start":"m","metadata":{"type":"customerQueue"}}`)
		if rawjson.Deeper(data, maxNesting) {
			return
		}
		sources, findings := Read("fuzz", data)
		if len(sources) != 1 || len(sources[0].Document.Actions) != 1 {
			t.Fatalf("%d flows: %v", len(sources), findings)
		}
		if a := sources[0].Document.Actions[0]; a.Identifier != m.ID || len(a.Transitions.Conditions)+len(a.Transitions.Errors) > len(m.Branches) {
			t.Fatalf("%+v became %+v", m, a)
		}
		ready(t, data)
	})
}

func FuzzPath(f *testing.F) {
	for _, text := range []string{
		"$.Attributes.name.", "$['Attributes']['a b']", `$.Attributes["it's"]`, "$.Views.ViewResultData.a.0", "$.External[0].x", "$.50", "${A}",
		"Hi $.Attributes.a-b, $.External.['x']_", "$.Attributes.名", `$.Attributes["a']b"]`, `$.Attributes['a"]b']`, "$$.Channel$",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts, unknown := split(text)
		for _, u := range unknown {
			if !strings.Contains(text, u) {
				t.Errorf("%q is not in %q", u, text)
			}
		}
		rest := text
		for _, p := range parts {
			if p.path == nil {
				var found bool
				if _, rest, found = strings.Cut(rest, p.text); !found {
					t.Errorf("%q is not in what is left of %q", p.text, text)
				}
				continue
			}
			spelled := p.path.String()
			again, end := readPath(spelled, 0)
			if end != len(spelled) || !reflect.DeepEqual(again, p.path) {
				t.Errorf("%q is spelled %s, which reads as %q", p.path, spelled, again)
			}
		}
	})
}

// FuzzStep runs flows of every shape with events of every kind: nothing panics, nothing runs for
// ever, and what is kept of a contact stays small and survives its encoding.
func FuzzStep(f *testing.F) {
	for _, data := range corpus(f) {
		if len(data) < 20_000 {
			f.Add(data, []byte("\x00\x01\x03\x04\x02\x05\x01\x01"))
		}
	}
	f.Add([]byte(hello), []byte("\x00"))
	f.Add([]byte(`{"Version":"2019-10-30","StartAction":"a","Actions":[{"Identifier":"a","Type":"UpdateFlowAttributes","Parameters":{"FlowAttributes":{"x":{"Value":"$.FlowAttributes.x$.FlowAttributes.x+"}}},"Transitions":{"NextAction":"a"}}]}`), []byte("\x00"))
	f.Add([]byte(`{"Version":"2019-10-30","StartAction":"a","Actions":[{"Identifier":"a","Type":"UpdateContactData","Parameters":{"Name":"$.Name$.Name+"},"Transitions":{"NextAction":"a"}}]}`), []byte("\x00"))
	f.Add([]byte(`{"Version":"2019-10-30","StartAction":"a","Actions":[{"Identifier":"a","Type":"UpdateContactData","Parameters":{"SegmentAttributes":{"x":{"p":"$.SegmentAttributes.x","q":"$.SegmentAttributes.x"}}},"Transitions":{"NextAction":"a"}}]}`), []byte("\x00"))
	f.Add([]byte(`{"Version":"2019-10-30","StartAction":"a","Actions":[{"Identifier":"a","Type":"UpdateContactData","Parameters":{"References":{"x":{"Value":"$.References.x.Value$.References.x.Value+"}}},"Transitions":{"NextAction":"a"}}]}`), []byte("\x00"))
	f.Add([]byte(`{"Version":"2019-10-30","StartAction":"a","Actions":[{"Identifier":"a","Type":"TagContact","Parameters":{"Tags":{"x":"$.Tags.x$.Tags.x+"}},"Transitions":{"NextAction":"a"}}]}`), []byte("\x00"))
	f.Add([]byte(`{"Version":"2019-10-30","StartAction":"a","Actions":[{"Identifier":"a","Type":"InvokeFlowModule","Parameters":{"FlowModuleId":"a","Input":{"p":"$.Modules.Input","q":"$.Modules.ResultData"}},"Transitions":{"NextAction":"b","Errors":[{"ErrorType":"NoMatchingError","NextAction":"b"}]}},{"Identifier":"b","Type":"EndFlowModuleExecution","Parameters":{"ResultData":{"p":"$.Modules.ResultData","q":"$.Modules.ResultData"}}}]}`), []byte("\x00\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"))
	f.Fuzz(func(t *testing.T, data, events []byte) {
		for _, p := range ready(t, data) {
			tell(t, p, events[:min(len(events), 100)])
		}
	})
}

// tell tells a flow of events, of which each byte is one.
func tell(t *testing.T, p *Program, events []byte) {
	t.Helper()
	state := Begin(p, Kept{})
	attributes := map[string]string{"name": "Ana"}
	for _, b := range events {
		if state.Running() == "" {
			return
		}
		e := Event{
			Kind: EventKind(b % 6), Text: "hello", Error: []string{"", noMatch, "TimeLimitExceeded"}[b/6%3], Program: p,
			HasResult: b&64 != 0, Result: "True", Open: b&128 != 0, Seconds: int(b),
			Results: map[string]any{"External": map[string]any{"a": []any{1.0, "x"}}, "Queue": map[string]any{"Name": "Q", "ARN": "arn:q"}},
		}
		turn, err := Step(p, state, Input{Contact: Contact{ID: "c", Attributes: attributes}, Event: e, Traced: b&32 != 0})
		if err != nil {
			continue // an event that nothing waits for
		}
		for turn.Continues {
			if turn, err = Step(p, turn.State, Input{Contact: Contact{ID: "c", Attributes: attributes}}); err != nil {
				t.Fatal(err)
			}
		}
		encoded, err := json.Marshal(turn.State)
		if err != nil {
			t.Fatalf("the state has no encoding: %v", err)
		}
		if len(encoded) > 4<<20 {
			t.Fatalf("the state has %d bytes", len(encoded))
		}
		state = State{}
		if err := json.Unmarshal(encoded, &state); err != nil {
			t.Fatal(err)
		}
	}
}
