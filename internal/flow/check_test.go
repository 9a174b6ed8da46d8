package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// blockOf is an action as a test writes it: identifier, type, parameters as JSON, and the ways as
// "next a, Error b, =result c".
func blockOf(tb testing.TB, id, kind, parameters, ways string) Action {
	tb.Helper()
	a := Action{Identifier: id, Type: kind}
	if parameters != "" {
		if err := json.Unmarshal([]byte(parameters), &a.Parameters); err != nil {
			tb.Fatal(err)
		}
	}
	for way := range strings.SplitSeq(ways, ", ") {
		name, to, _ := strings.Cut(way, " ")
		result, is := strings.CutPrefix(name, "=")
		switch {
		case name == "":
		case name == "next":
			a.Transitions.NextAction = to
		case is:
			a.Transitions.Conditions = append(a.Transitions.Conditions, ConditionalTransition{to, Condition{"Equals", []any{result}}})
		default:
			a.Transitions.Errors = append(a.Transitions.Errors, ErrorTransition{to, name})
		}
	}
	return a
}

// ending is the action that most flows of the tests end with.
const ending = "end|DisconnectParticipant||"

// documentOf makes a flow of lines "id|type|parameters|ways".
func documentOf(tb testing.TB, lines ...string) Document {
	tb.Helper()
	d := Document{Version: Version}
	for _, line := range lines {
		part := strings.SplitN(line, "|", 4)
		d.Actions = append(d.Actions, blockOf(tb, part[0], part[1], part[2], part[3]))
	}
	d.StartAction = d.Actions[0].Identifier
	return d
}

func TestFindings(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", maxAttributes)
	for _, test := range []struct {
		name  string
		lines []string
		want  []string // "rule action: a piece of the text"
	}{
		{"nothing", []string{`a|MessageParticipant|{"Text":"Hi $.Attributes.name"}|next end`, ending}, nil},
		{
			"unknown type",
			[]string{`a|SetVoice|{}|next end, NoMatchingError end`, ending},
			[]string{"unknown-type a: no action of the type SetVoice"},
		},
		{
			"unknown type without a branch",
			[]string{`a|SetVoice|{}|next end`, ending},
			[]string{"unknown-type a: SetVoice", "missing-branch a: NoMatchingError"},
		},
		{
			"keys",
			[]string{`a|GetParticipantInput|{"Text":"1?"}|=1 b, NoMatchingError end, next end`, `b|MessageParticipant|{"PromptId":"p"}|next end`, ending},
			[]string{`chat a: keys are for calls: it takes the branch NoMatchingError at once, to "end" (DisconnectParticipant)`},
		},
		{
			"looped prompts",
			[]string{`a|MessageParticipantIteratively|{"Messages":[]}|=MessagesInterrupted a`},
			[]string{"chat a: has no branch for it, so that the flow stops there"},
		},
		{
			"callback number",
			[]string{`a|UpdateContactCallbackNumber|{}|next end, InvalidCallbackNumber end, NoMatchingError a`, ending},
			[]string{"chat a: it takes the branch InvalidCallbackNumber at once"},
		},
		{"hold", []string{`a|UpdateContactEventHooks|{"EventHooks":{"CustomerHold":"f"}}|next end, NoMatchingError end`, ending}, []string{"chat a: chats cannot be put on hold"}},
		{"recording of calls", []string{`a|UpdateContactRecordingAndAnalyticsBehavior|{"VoiceBehavior":{}}|next end, ChannelMismatch end`, ending}, []string{"chat a: branch ChannelMismatch"}},
		{"prompt", []string{`a|MessageParticipant|{"PromptId":"$.Attributes.p"}|next end, NoMatchingError end`, ending}, []string{"chat a: a recorded prompt cannot be sent"}},
		{"prompt without a branch", []string{`a|MessageParticipant|{"PromptId":"p"}|next end`, ending}, []string{"differs a: nothing is said"}},
		{"tags", []string{`a|MessageParticipant|{"SSML":"<speak>x</speak>"}|next end`, ending}, []string{"differs a: shows the tags"}},
		{"empty text", []string{`a|MessageParticipant|{"Text":" "}|next end, NoMatchingError end`, ending}, []string{"fails a: the text is empty"}},
		{"no text", []string{`a|MessageParticipant|{"text":"Hi"}|next end, NoMatchingError end`, ending}, []string{"fails a: the text is empty"}},
		{"text that may be empty", []string{`a|MessageParticipant|{"Text":"$.External.a $.External.b"}|next end`, ending}, []string{"missing-branch a: an empty text"}},
		{"what calls do says nothing", []string{
			`a|Compare|{"ComparisonValue":"$.Channel"}|=VOICE b, =CHAT end, NoMatchingCondition b`,
			`b|GetParticipantInput|{"Text":"1?"}|=1 end, NoMatchingError end, next end`, ending,
		}, nil},
		{"no branch for the rest", []string{`a|Compare|{"ComparisonValue":"$.Attributes.a"}|=1 end`, ending}, []string{"missing-branch a: a result that no condition holds for"}},
		{"compared text", []string{`a|Compare|{"ComparisonValue":"CHAT"}|=CHAT end, NoMatchingCondition end`, ending}, []string{"compare a: holds no path"}},
		{"unhandled failure", []string{`a|TransferContactToQueue||`}, []string{"missing-branch a: a failure"}},
		{"transfer", []string{`a|TransferContactToQueue||next end, NoMatchingError end`, ending}, nil},
		{"nothing follows", []string{`a|UpdateFlowLoggingBehavior|{"FlowLoggingBehavior":"Enabled"}|`}, []string{"next-action a: nothing follows"}},
		{"nothing follows a question", []string{`a|UpdateContactTargetQueue|{"QueueId":"q"}|NoMatchingError end`, ending}, []string{"next-action a: nothing follows"}},
		{"not connected", []string{`a|MessageParticipant|{"Text":"x"}|next $end, NoMatchingError `}, []string{"not-connected a: NoMatchingError is not connected", "next-action a: nothing follows"}},
		{
			"results of a Wait",
			[]string{`a|Wait|{"TimeLimitSeconds":"5","Events":["CustomerReturned"]}|=Returned end, NoMatchingError end, next end`, ending},
			[]string{"missing-branch a: no branch for the result WaitCompleted", "missing-branch a: no branch for the result CustomerReturned", `never a: "Returned" is never taken`},
		},
		{"hours", []string{`a|CheckHoursOfOperation||=True end, =False end, NoMatchingError end, next end`, ending}, nil},
		{"half of the hours", []string{`a|CheckHoursOfOperation||=True end, NoMatchingError end, next end`, ending}, []string{"missing-branch a: result False"}},
		{"a limit that is none", []string{`a|Wait|{"TimeLimitSeconds":"undefined"}|=WaitCompleted end, NoMatchingError end`, ending}, []string{`fails a: "undefined"`}},
		{"a limit from a path", []string{`a|Wait|{"TimeLimitSeconds":"$.External.limit"}|=WaitCompleted end, NoMatchingError end`, ending}, nil},
		{"rounds that are none", []string{`a|Loop|{"LoopCount":"many"}|=ContinueLooping end, =DoneLooping end, NoMatchingError end`, ending}, []string{`fails a: "many"`}},
		{
			"attributes over 32 KB",
			[]string{`a|UpdateContactAttributes|{"Attributes":{"k$.External.x":"` + big + `"}}|next end, NoMatchingError end`, ending},
			[]string{"fails a: the attributes would have more than 32,768 bytes"},
		},
		{"unreachable", []string{`a|DisconnectParticipant||`, `b|DisconnectParticipant||`}, []string{"unreachable b: nothing leads"}},
		{"unknown root", []string{`a|MessageParticipant|{"Text":"It is $.50 or $.Name"}|next end`, ending}, []string{"path a: Text holds $.50"}},
		{"no flow chosen", []string{`a|TransferToFlow|{"ContactFlowId":""}|NoMatchingError end, next end`, ending}, []string{"empty-reference a: ContactFlowId is empty: no flow was chosen"}},
		{"no flow named", []string{`a|TransferToFlow||NoMatchingError end, next end`, ending}, []string{"empty-reference a: ContactFlowId is missing"}},
		{"an agent is enough", []string{`a|UpdateContactTargetQueue|{"AgentId":"x"}|NoMatchingError end, next end`, ending}, nil},
		{"no hook", []string{`a|UpdateContactEventHooks|{"EventHooks":{"CustomerQueue":""}}|NoMatchingError end, next end`, ending}, []string{"empty-reference a: EventHooks.CustomerQueue is empty"}},
		{"no hook at all", []string{`a|UpdateContactEventHooks|{"EventHooks":{}}|NoMatchingError end, next end`, ending}, []string{"empty-reference a: no flow was chosen for any hook"}},
		{"a hook turned off", []string{`a|UpdateContactEventHooks|{"EventHooksConfiguration":{"AgentWhisper":{"DisableExecution":"true"}}}|NoMatchingError end, next end`, ending}, nil},
		{"a view without data", []string{`a|ShowView|{"ViewResource":{"Id":"form"}}|=Ok end, NoMatchingCondition end, NoMatchingError end`, ending}, []string{`view-data a: "form" has no data`}},
		{"a view", []string{`a|ShowView|{"ViewResource":{"Id":"arn:aws:connect:us-east-1:aws:view/form:1"},"ViewData":{"Heading":"x"}}|=Ok end, NoMatchingCondition end, NoMatchingError end`, ending}, nil},
		{"a view without a template", []string{`a|ShowView|{"ViewResource":{"Id":"arn:aws:connect:us-east-1:1:instance/i/view/v:1"}}|=Ok end, NoMatchingCondition end, NoMatchingError end`, ending}, []string{"view-template a: in its instance"}},
		{"a view with too much", []string{`a|ShowView|{"ViewResource":{"Id":"form"},"ViewData":{"Heading":"` + big + `"}}|=Ok end, NoMatchingCondition end, NoMatchingError end`, ending}, []string{"view-data a: more than 16000 bytes"}},
		{"no view", []string{`a|ShowView|{"ViewResource":{"Id":""}}|=Ok end, NoMatchingCondition end, NoMatchingError end`, ending}, []string{"empty-reference a: ViewResource.Id is empty"}},
		{
			"a circle",
			[]string{`a|MessageParticipant|{"Text":"x"}|next b`, `b|MessageParticipant|{"Text":"y"}|next a`},
			[]string{`circle a: the flow turns in a circle that waits for nobody, and is stopped after 1000 actions: "a" (MessageParticipant), "b" (MessageParticipant)`},
		},
		{"a circle with a way out", []string{`a|Compare|{"ComparisonValue":"$.Attributes.a"}|=1 end, NoMatchingCondition b`, `b|MessageParticipant|{"Text":"y"}|next a`, ending}, []string{"circle a: can turn in a circle"}},
		{"a circle of one", []string{`a|UpdateFlowLoggingBehavior|{"FlowLoggingBehavior":"Enabled"}|next a`}, []string{"circle a: turns in a circle"}},
		{"a circle that waits", []string{`a|MessageParticipant|{"Text":"x"}|next b`, `b|Wait|{"TimeLimitSeconds":"5"}|=WaitCompleted a, NoMatchingError a`}, nil},
		{"a Wait that lets the flow run", []string{`a|Wait|{"TimeLimitSeconds":"5","ContinueExecution":"True"}|=Continue b, =WaitCompleted end, NoMatchingError end`, `b|UpdateFlowLoggingBehavior|{"FlowLoggingBehavior":"Enabled"}|next a`, ending}, nil},
		{"a Wait for no time", []string{`a|Wait|{"TimeLimitSeconds":"0"}|=WaitCompleted b, NoMatchingError b`, `b|MessageParticipant|{"Text":"x"}|next a`}, []string{"circle a: turns in a circle"}},
		{"a circle of a Loop", []string{`a|Loop|{"LoopCount":"3"}|=ContinueLooping b, =DoneLooping end`, `b|MessageParticipant|{"Text":"x"}|next a`, ending}, nil},
		{"a circle behind a Loop", []string{`a|Loop|{"LoopCount":"3"}|=ContinueLooping end, =DoneLooping b`, `b|MessageParticipant|{"Text":"x"}|next a`, ending}, []string{"circle a: can turn"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, findings := Compile(Source{File: "f.json", Name: "F", Document: documentOf(t, test.lines...)})
			if p == nil {
				t.Fatal(findings)
			}
			for i, f := range findings {
				if f.Level != Doubtful || f.File != "f.json" || f.Flow != "F" || f.Name == "" || strings.Contains(f.Text, "!") {
					t.Errorf("not whole: %+v", f)
				}
				if i >= len(test.want) {
					continue
				}
				head, piece, _ := strings.Cut(test.want[i], ": ")
				if head != f.Rule+" "+f.Action || !strings.Contains(f.Text, piece) {
					t.Errorf("finding %d is %s %s: %s\nwant %s", i, f.Rule, f.Action, f.Text, test.want[i])
				}
			}
			if len(findings) != len(test.want) {
				t.Errorf("%d findings, want %d: %v", len(findings), len(test.want), findings)
			}
		})
	}
}

// What to do about a block that fails for every chat depends on why it does.
func TestRemedies(t *testing.T) {
	t.Parallel()
	for kind, c := range map[string]struct{ line, rule, remedy string }{
		"for calls":          {`a|CreateCallbackContact|{}|next end, NoMatchingError end`, "chat", elsewhere},
		"gone":               {`a|CheckVoiceId|{}|next end, NoMatchingError end`, "chat", "take the block away, or its members of Voice ID"},
		"gone, as a member":  {`a|UpdateContactData|{"VoiceIdAuthenticationThreshold":"1"}|next end, NoMatchingError end`, "chat", "take the block away, or its members of Voice ID"},
		"answered elsewhere": {`a|RenderMessageTemplate|{}|next end, NoMatchingError end`, "not-run", ""},
		"without branches":   {`a|TransferContactToAgent|{}|`, "chat", elsewhere},
		"without a branch":   {`a|CreateCallbackContact|{}|next end`, "chat", "give it a branch for NoMatchingError"},
	} {
		p, findings := Compile(Source{File: "f.json", Document: documentOf(t, c.line, ending)})
		findings = slices.DeleteFunc(findings, func(f Finding) bool { return f.Rule == "unreachable" })
		if p == nil || len(findings) != 1 || findings[0].Rule != c.rule || findings[0].Remedy != c.remedy {
			t.Errorf("%s: %+v", kind, findings)
		}
	}
}

// TestBroken are the faults with which no flow runs.
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(d *Document)
		want   string // rule, action and a piece of the text
	}{
		{"no actions", func(d *Document) { d.Actions = nil }, "no-actions : no actions"},
		{"saved, never published", func(d *Document) { d.StartAction = "" }, "never-published : this flow was saved, never published"},
		{"start nowhere", func(d *Document) { d.StartAction = "x" }, `dangling : "x"`},
		{"next nowhere", func(d *Document) { d.Actions[0].Transitions.NextAction = "x" }, `dangling a: NextAction leads to "x"`},
		{"failure nowhere", func(d *Document) { d.Actions[0].Transitions.Errors[0].NextAction = "x" }, `dangling a: the error NoMatchingError leads to "x"`},
		{"twice", func(d *Document) { d.Actions[1].Identifier = "a" }, "identifier a: two actions"},
		{"no identifier", func(d *Document) { d.Actions[1].Identifier = "" }, "identifier : action 2 has no Identifier"},
		{"no type", func(d *Document) { d.Actions[0].Type = "" }, "type a: no Type"},
		{"operator", func(d *Document) {
			d.Actions[0].Transitions.Conditions = []ConditionalTransition{{"end", Condition{"And", []any{"x"}}}}
		}, `operator a: "And" does not exist`},
		{"operands", func(d *Document) {
			d.Actions[0].Transitions.Conditions = []ConditionalTransition{{"end", Condition{"Equals", nil}}}
		}, "operands a: 0 operands"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := documentOf(t, `a|MessageParticipant|{"Text":"Hi"}|next end, NoMatchingError end`, ending)
			test.change(&d)
			p, findings := Compile(Source{File: "f.json", Document: d})
			if p != nil {
				t.Fatal("it runs")
			}
			head, piece, _ := strings.Cut(test.want, ": ")
			if !slices.ContainsFunc(findings, func(f Finding) bool {
				return f.Level == Broken && f.Rule+" "+f.Action == head && f.Remedy != "" && strings.Contains(f.Text, piece)
			}) {
				t.Errorf("%v\nwant %s", findings, test.want)
			}
		})
	}
}

// TestLargest is a flow as large as Amazon Connect takes them, and one that is larger.
func TestLargest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ actions, more, findings int }{{MaxActions, 0, 0}, {MaxActions + 1, 0, 1}, {MaxActions, 1, 1}} {
		lines := make([]string, 0, test.actions)
		for i := range test.actions - 1 {
			lines = append(lines, fmt.Sprintf(`%d|MessageParticipant|{"Text":"Ä"}|next %d`, i, i+1))
		}
		lines = append(lines, fmt.Sprintf("%d|DisconnectParticipant||", test.actions-1))
		data, err := json.Marshal(documentOf(t, lines...))
		if err != nil {
			t.Fatal(err)
		}
		size := len([]rune(string(data)))
		text := strings.Replace(string(data), "Ä", strings.Repeat("Ä", MaxCharacters-size+1+test.more), 1)
		sources, findings := Read("f.json", []byte(text))
		if len(sources) != 1 || len(findings) > 0 {
			t.Fatalf("%d flows, %v", len(sources), findings)
		}
		p, findings := Compile(sources[0])
		if p == nil || len(findings) != test.findings || test.findings > 0 && findings[0].Rule != "size" {
			t.Errorf("%d actions, %d characters: %v", test.actions, sources[0].Size, findings)
		}
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	p, findings := Compile(Source{File: "f.json", Document: documentOf(t,
		`a|Compare|{"ComparisonValue":"$.Channel"}|=CHAT b, NoMatchingCondition call`,
		`call|GetParticipantInput|{"Text":"1?"}|=1 end, NoMatchingError end, next end`,
		`b|GetParticipantInput|{"Text":"1?"}|=1 key, NoMatchingError c, next key`,
		`key|DisconnectParticipant||`,
		`c|TransferContactToQueue||next left, NoMatchingError end`,
		`left|DisconnectParticipant||`,
		ending,
	)})
	if p == nil {
		t.Fatal(findings)
	}
	if got := p.Reachable(); !slices.Equal(got, []string{"a", "b", "c", "end"}) {
		t.Errorf("a chat reaches %v", got)
	}
}

// TestNearest are the real types for what people and programs write.
func TestNearest(t *testing.T) {
	t.Parallel()
	for wrong, want := range map[string]string{
		"MesageParticipant": "MessageParticipant", "showview": "ShowView", "TransferToQueue": "TransferContactToQueue",
		"UnTagContact": "UntagContact", "UpdateContactAttribute": "UpdateContactAttributes",
		"Start": "", "Frobnicate": "", "": "",
	} {
		if got := nearest(wrong); got != want {
			t.Errorf("%s: %q, want %q", wrong, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "[] false", "x": "[] false", "$.External": "[[External]] true", "$.Attributes.a and $.Channel.": "[[Attributes a] [Channel]] false", "$.Bad": "[] false",
	} {
		if paths, whole := Paths(text); fmt.Sprint(paths, whole) != want {
			t.Errorf("%q: %v %v, want %s", text, paths, whole, want)
		}
	}
}

// A root that is wrong by its capitals alone is named as it has to be written.
func TestRemedyOfAPath(t *testing.T) {
	t.Parallel()
	for unknown, want := range map[string]string{
		"$.attributes.name": "write $.Attributes.name", "$.['languageCode']": "write $.['LanguageCode']", "$.CHANNEL": "write $.Channel",
		"$.50": "such as $.Attributes or $.External", "$.Attribute.name": "such as $.Attributes or $.External",
	} {
		_, findings := Compile(Source{Document: documentOf(t, `a|MessageParticipant|{"Text":"Hi `+unknown+`"}|next end, NoMatchingError end`, ending)})
		if len(findings) != 1 || findings[0].Rule != "path" || !strings.Contains(findings[0].Remedy, want) {
			t.Errorf("%s: %+v, want %q", unknown, findings, want)
		}
	}
}
