package flowrecord_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/examples/flows"
	"github.com/parley-chat/parley/internal/casetest"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/flowrecord"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/flowtest"
	"github.com/parley-chat/parley/internal/scenario"
	"github.com/parley-chat/parley/internal/scenariotest"
	"github.com/parley-chat/parley/internal/testcase"
	"github.com/parley-chat/parley/internal/transcript"
)

const mask = "•••"

// held holds a chat as the console would show it.
func held(t *testing.T, l *flowrun.Library, script flowtest.Script) *flowrecord.Held {
	t.Helper()
	script.At = flowtest.Start()
	result, err := flowtest.Run(t.Context(), l, script)
	if err != nil {
		t.Fatal(err)
	}
	h := &flowrecord.Held{
		ContactID: result.ContactID, Flow: result.Way[0].FlowName, Attributes: result.Attributes, Queue: result.Queue, Began: result.Began,
		Left: result.Reason == "CUSTOMER_DISCONNECT", Mask: mask, Customer: "Customer",
	}
	if result.Reason != "" {
		h.Ended = result.Ended
	}
	for _, pass := range result.Way {
		h.Steps = append(h.Steps, flowrecord.Step{Time: pass.Time, Trace: pass.Trace})
	}
	for i, line := range result.Transcript {
		item := transcript.Item{ID: fmt.Sprint(i), Time: line.Time, ContentType: line.ContentType, Content: line.Text, DisplayName: line.From, Role: transcript.System}
		switch line.From {
		case "Customer":
			item.Role = transcript.Customer
		case "Agent":
			item.Role = transcript.Agent
		}
		if item.Type = transcript.EventItem; !strings.Contains(line.ContentType, ".event.") {
			item.Type = transcript.MessageItem
		}
		h.Items = append(h.Items, item)
	}
	return h
}

func recorded(t *testing.T, h *flowrecord.Held) (*flowrecord.Test, *testcase.File) {
	t.Helper()
	test, err := flowrecord.AWS(h)
	if err != nil {
		t.Fatal(err)
	}
	f, is := testcase.Read(test.File, test.Content)
	if !is {
		t.Fatalf("no test case: %s", test.Content)
	}
	return test, f
}

// played plays a chat again as a scenario, which is to pass.
func played(t *testing.T, l *flowrun.Library, h *flowrecord.Held) *flowrecord.Test {
	t.Helper()
	test, err := flowrecord.Scenario(h)
	if err != nil {
		t.Fatal(err)
	}
	all, problems := scenario.Read(test.File, test.Content)
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, test.Content)
	}
	chance := slices.ContainsFunc(test.Notes, func(n string) bool { return strings.Contains(n, "can come out otherwise") })
	if r := scenariotest.Run(t.Context(), scenariotest.Config{Library: l}, &all[0]); r.Verdict != flowtest.Passed && !chance {
		t.Fatalf("%s: %s\n%s\n%s\n%s", r.Verdict, r.Why, test.Content, scenariotest.Transcript(&r.Result), lines(h))
	}
	return test
}

func lines(h *flowrecord.Held) string {
	var b strings.Builder
	for i := range h.Items {
		item := &h.Items[i]
		fmt.Fprintf(&b, "%s %s %s %s\n", item.Time.Format("15:04:05.000"), item.DisplayName, item.ContentType, item.Content)
	}
	return b.String()
}

// Whatever customers do with the samples, what comes of it is a test case that passes against the same
// flow, and that could be published.
func TestRowI163SamplesPassAsRecorded(t *testing.T) {
	t.Parallel()
	l := flowrun.NewLibrary(nil)
	if _, _, err := flowrun.NewFolder(flows.Files(), l).Load(); err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Files() {
		if p.Kind() != flow.Inbound {
			continue
		}
		t.Run(p.Name(), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(6) {
				h := held(t, l, flowtest.Script{Flow: p.ID(), Random: true, Seed: seed, Turns: 12})
				test, f := recorded(t, h)
				if found, _ := flowcheck.TestCase(test.File, test.Content); slices.ContainsFunc(found, func(f flow.Finding) bool { return f.Level != flow.Doubtful }) && !slices.ContainsFunc(test.Notes, func(n string) bool { return strings.Contains(n, "refuses") }) {
					t.Errorf("seed %d: %v\n%s", seed, found, test.Content)
				}
				played(t, l, h)
				out := casetest.RunFile(t.Context(), casetest.Config{Library: l}, f)
				chance := slices.ContainsFunc(test.Notes, func(n string) bool { return strings.Contains(n, "can come out otherwise") })
				if out.Report.Verdict != flowtest.Passed && !chance {
					t.Fatalf("seed %d: %s: %s\n%s\n%q\n%+v", seed, out.Report.Verdict, out.Report.Why, test.Content, test.Notes, h.Items)
				}
			}
		})
	}
}

// tiers answers the function of the worked example.
type tiers struct{ answer map[string]any }

func (o tiers) Answers(ask *flow.Ask) bool { return ask.Type == "InvokeLambdaFunction" }

func (o tiers) Answer(context.Context, *flowrun.Call) flow.Event {
	if o.answer == nil {
		return flow.Event{Kind: flow.Failed, Error: "NoMatchingError", Note: "it is broken"}
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"External": o.answer}}
}

// A recorded chat passes against the same flow, with what its function has answered, and fails against
// one that says something else, or leads elsewhere. Nothing secret is in it.
func TestRowI163RecordedChat(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../casetest/testdata/main.json")
	if err != nil {
		t.Fatal(err)
	}
	main := string(data)
	const key, token = "AKIAIOSFODNN7CANARY", "sk_live_51H8zExampleCanaryXYZ"
	script := flowtest.Script{
		Attributes: map[string]string{"firstName": "Ada", "apiKey": key, "tier": "old"},
		Outside:    tiers{map[string]any{"tier": "gold", "password": mask, "note": "Authorization: Bearer " + token}},
	}
	h := held(t, library(t, main), script)
	h.Opening = "hello"
	test, f := recorded(t, h)
	again := played(t, library(t, main), h)
	for _, secret := range []string{key, token, mask} {
		if commentless := strings.Join(slices.DeleteFunc(strings.Split(string(again.Content), "\n"), func(line string) bool { return strings.HasPrefix(line, "#") }), "\n"); strings.Contains(commentless, secret) {
			t.Errorf("%s is in the scenario: %s", secret, again.Content)
		}
		if strings.Contains(string(test.Content), secret) || strings.Contains(strings.Join(test.Notes, "\n"), token) {
			t.Errorf("%s is in it: %s %q", secret, test.Content, test.Notes)
		}
	}
	for _, want := range []string{`started with the message "hello"`, `the attribute "apiKey"`, `"password" of what "ask" has answered`} {
		if !strings.Contains(strings.Join(test.Notes, "\n"), want) {
			t.Errorf("no note %s: %q", want, test.Notes)
		}
	}
	verdict := func(flow string, f *testcase.File) flowtest.Verdict {
		return casetest.RunFile(t.Context(), casetest.Config{Library: library(t, flow)}, f).Report.Verdict
	}
	if got := verdict(main, f); got != flowtest.Passed {
		t.Errorf("against its own flow: %s\n%s", got, test.Content)
	}
	for name, change := range map[string][2]string{
		"text": {"How can we help?", "What can we do?"}, "compare": {`"gold"`, `"silver"`}, "queue": {`"QueueId": "Priority"`, `"QueueId": "Other"`},
		"function": {"tier-lookup", "other-lookup"},
	} {
		changed := strings.Replace(main, change[0], change[1], 1)
		if changed == main {
			t.Fatalf("%s: nothing changed", name)
		}
		if got := verdict(changed, f); got != flowtest.Failed {
			t.Errorf("%s: %s", name, got)
		}
		all, _ := scenario.Read(again.File, again.Content)
		if r := scenariotest.Run(t.Context(), scenariotest.Config{Library: library(t, changed)}, &all[0]); r.Verdict != flowtest.Failed {
			t.Errorf("%s: the scenario has %s", name, r.Verdict)
		}
	}
	// A function that has failed fails again.
	script.Outside = tiers{}
	test, f = recorded(t, held(t, library(t, main), script))
	if got := verdict(main, f); got != flowtest.Passed || !strings.Contains(string(test.Content), `"Type": "Error"`) {
		t.Errorf("a failure: %s\n%s", got, test.Content)
	}
}

// What the Testing language has no word for ends the test, with a note; a chat that no flow ran for has
// none.
func TestRowI163WhatCannotBeSaid(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../casetest/testdata/main.json")
	if err != nil {
		t.Fatal(err)
	}
	h := held(t, library(t, string(data)), flowtest.Script{Says: []string{flowtest.AgentTakes}, Outside: tiers{map[string]any{"tier": "gold"}}})
	test, f := recorded(t, h)
	if !strings.Contains(strings.Join(test.Notes, "\n"), "an agent has taken the chat, which the Testing language cannot say") {
		t.Errorf("%q", test.Notes)
	}
	if out := casetest.RunFile(t.Context(), casetest.Config{Library: library(t, string(data))}, f); out.Report.Verdict != flowtest.Passed {
		t.Errorf("%s\n%s", out.Report.Why, test.Content)
	}
	if test := played(t, library(t, string(data)), h); !strings.Contains(string(test.Content), "accepts: true") {
		t.Errorf("no agent takes the chat: %s", test.Content)
	}
	// A second agent, a transfer and somebody else's bot end a scenario as well.
	agents := slices.DeleteFunc(slices.Clone(h.Items), func(item transcript.Item) bool { return item.Role != transcript.Agent })
	for why, item := range map[string]transcript.Item{
		"a second agent has joined":       {Type: transcript.EventItem, ContentType: transcript.ParticipantJoined, Role: transcript.Agent},
		"an agent has passed the chat on": {Type: transcript.EventItem, ContentType: transcript.TransferSucceeded},
		"an agent has sent a file":        {Type: transcript.AttachmentItem, Role: transcript.Agent},
		"a custom bot takes part":         {Type: transcript.MessageItem, Role: transcript.CustomBot},
	} {
		changed := *h
		at := slices.IndexFunc(h.Items, func(item transcript.Item) bool { return item.ID == agents[0].ID }) + 1
		item.Time = agents[0].Time
		changed.Items = slices.Insert(slices.Clone(h.Items), at, item)
		if test := played(t, library(t, string(data)), &changed); !strings.Contains(strings.Join(test.Notes, "\n"), why+", which a scenario cannot say: it ends there") {
			t.Errorf("%s: %q", why, test.Notes)
		}
	}
	if _, err := flowrecord.AWS(&flowrecord.Held{Mask: mask}); !errors.Is(err, flowrecord.ErrNoFlow) {
		t.Errorf("no flow: %v", err)
	}
}

func library(t *testing.T, text string) *flowrun.Library {
	t.Helper()
	sources, findings := flow.Read("main.json", []byte(text))
	l := flowrun.NewLibrary(nil)
	var programs []*flow.Program
	for _, s := range sources {
		p, more := flow.Compile(s)
		if p == nil {
			t.Fatal(findings, more)
		}
		programs = append(programs, p)
	}
	l.Set(programs)
	return l
}

// later answers a function that is waited for.
type later struct{ answer map[string]any }

func (o later) Answers(ask *flow.Ask) bool {
	return ask.Type == "InvokeLambdaFunction" || ask.Type == "Wait" && ask.Text != ""
}

func (o later) Answer(_ context.Context, call *flowrun.Call) flow.Event {
	invocation := map[string]any{"InvocationId": "i"}
	if call.Ask.Type == "Wait" {
		invocation["ResultData"] = o.answer
		return flow.Event{Kind: flow.Answered, HasResult: true, Result: "WaitCompleted", Results: map[string]any{"LambdaInvocation": invocation}}
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"LambdaInvocation": invocation}}
}

// A function that was invoked asynchronously answers in the test what the Wait for it has heard.
func TestAsynchronousAnswer(t *testing.T) {
	t.Parallel()
	const waits = `{"Version":"2019-10-30","StartAction":"call","Metadata":{"name":"main"},"Actions":[
		{"Identifier":"call","Type":"InvokeLambdaFunction","Parameters":{"LambdaFunctionARN":"f","InvocationType":"ASYNCHRONOUS"},"Transitions":{"NextAction":"wait","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"wait","Type":"Wait","Parameters":{"TimeLimitSeconds":"5","ContinueExecution":"True"},"Transitions":{"NextAction":"end","Conditions":[
			{"NextAction":"wait","Condition":{"Operator":"Equals","Operands":["Continue"]}},{"NextAction":"say","Condition":{"Operator":"Equals","Operands":["WaitCompleted"]}}],"Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"say","Type":"MessageParticipant","Parameters":{"Text":"It is $.LambdaInvocation.ResultData.tier."},"Transitions":{"NextAction":"end","Errors":[{"ErrorType":"NoMatchingError","NextAction":"end"}]}},
		{"Identifier":"end","Type":"DisconnectParticipant","Parameters":{},"Transitions":{}}]}`
	h := held(t, library(t, waits), flowtest.Script{Outside: later{map[string]any{"tier": "gold"}}})
	if got := lines(h); !strings.Contains(got, "It is gold.") {
		t.Fatal(got)
	}
	again := played(t, library(t, waits), h)
	test, f := recorded(t, h)
	if r := casetest.RunFile(t.Context(), casetest.Config{Library: library(t, waits)}, f); r.Report.Verdict != flowtest.Passed {
		t.Errorf("%s: %s\n%s", r.Report.Verdict, r.Report.Why, test.Content)
	}
	for _, content := range [][]byte{again.Content, test.Content} {
		if !strings.Contains(string(content), "It is gold.") {
			t.Errorf("%s", content)
		}
	}
}
