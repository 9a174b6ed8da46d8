package flowcheck

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/testcase"
)

// testEntry reports an entry point with which no contact can begin.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_TestCaseEntryPoint.html
func testEntry(t *testCase) {
	entry := t.file.Entry()
	if entry == nil {
		return
	}
	call, chat := entry.In("VoiceCallEntryPointParameters"), entry.In("ChatEntryPointParameters")
	flow, to, from := call.Text("FlowId"), call.Text("DestinationPhoneNumber"), call.Text("SourcePhoneNumber")
	switch kind := entry.Text("Type"); {
	case kind != testcase.Chat && kind != testcase.Voice:
		t.tell(part{}, "there is no entry point of the type %q: there are %s and %s", kind, testcase.Chat, testcase.Voice)
	case kind == testcase.Chat && chat != nil && chat.Text("FlowId") == "":
		t.tell(part{}, "ChatEntryPointParameters name no flow")
	case kind == testcase.Voice && call != nil && (flow == "") == (to == ""):
		t.tell(part{}, "Must specify either FlowId or phone numbers")
	case kind == testcase.Voice && to != "" && from == "":
		t.tell(part{}, "a DestinationPhoneNumber needs a SourcePhoneNumber")
	}
}

// testReach reports observations that lead to each other only, so that none of them is ever waited for.
func testReach(t *testCase) {
	observations := t.file.Document.List("Observations")
	next := map[string][]string{}
	led := map[string]bool{}
	for _, o := range observations {
		next[idOf(o)] = texts(o.In("Transitions")["NextObservations"])
		for _, to := range next[idOf(o)] {
			led[to] = true
		}
	}
	reached := map[string]bool{}
	var reach func(id string)
	reach = func(id string) {
		if !reached[id] {
			reached[id] = true
			for _, to := range next[id] {
				reach(to)
			}
		}
	}
	for _, o := range observations {
		if !led[idOf(o)] {
			reach(idOf(o))
		}
	}
	for _, p := range t.parts() {
		if p.observation && p.id != "" && !reached[p.id] {
			t.tell(p, "it is never waited for: what leads to it is not reached either")
		}
	}
}

// testAgent reports a transfer that is observed and neither ends the test nor goes to another queue: an
// agent of the instance would get the contact.
func testAgent(t *testCase) {
	substituted := false
	for _, p := range t.parts() {
		properties := p.members.In("Parameters").In("Behavior").In("Properties")
		if p.kind == testcase.OverrideSystemBehavior && strings.HasSuffix(properties.Trimmed("ActionType"), "TransferContactToQueue") {
			substituted = true
		}
	}
	for _, p := range t.parts() {
		if !p.observation || substituted || p.members.In("Event").In("Properties").Trimmed("ActionType") != "TransferContactToQueue" {
			continue
		}
		ends := slices.ContainsFunc(p.members.List("Actions"), func(a testcase.Object) bool {
			return a.In("Parameters").In("Command").Text("Type") == testcase.EndTest
		})
		if !ends {
			t.tell(p, "the transfer is observed and goes on: in an instance an agent may get the contact of the test")
		}
	}
}
