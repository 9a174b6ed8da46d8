package flowcheck_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
	"github.com/parley-chat/parley/internal/flowrun"
)

var update = flag.Bool("update", false, "rewrite the generated files")

// read reads a file as a check does.
func read(name, content string) flowcheck.File {
	file := flowcheck.File{Name: name}
	sources, findings := flow.Read(name, []byte(content))
	for _, s := range sources {
		p, more := flow.Compile(s)
		findings = append(findings, more...)
		if p != nil {
			file.Programs = append(file.Programs, p)
		}
	}
	file.Findings = findings
	return file
}

func check(files ...flowcheck.File) []flow.Finding { return flowcheck.Check(files) }

// block is an action that goes on to "end", with transitions beside NextAction as JSON members.
func block(kind, parameters, transitions string) string {
	if transitions != "" {
		transitions = "," + transitions
	}
	return fmt.Sprintf(`{"Identifier":"a","Type":%q,"Parameters":%s,"Transitions":{"NextAction":"end"%s}}`, kind, parameters, transitions)
}

func failures(names ...string) string {
	var all []string
	for _, name := range names {
		all = append(all, fmt.Sprintf(`{"NextAction":"end","ErrorType":%q}`, name))
	}
	return `"Errors":[` + strings.Join(all, ",") + `]`
}

func results(names ...string) string {
	var all []string
	for _, name := range names {
		all = append(all, fmt.Sprintf(`{"NextAction":"end","Condition":{"Operator":"Equals","Operands":[%q]}}`, name))
	}
	return `"Conditions":[` + strings.Join(all, ",") + `]`
}

// typed is a flow of one type with some actions.
func typed(kind string, actions ...string) string {
	ending := "DisconnectParticipant"
	if strings.HasSuffix(kind, "Whisper") || strings.HasSuffix(kind, "Hold") {
		ending = "EndFlowExecution"
	}
	return fmt.Sprintf(`{"Version":"2019-10-30","StartAction":"a","Metadata":{"type":%q},"Actions":[%s,{"Identifier":"end","Type":%q,"Parameters":{},"Transitions":{}}]}`,
		kind, strings.Join(actions, ","), ending)
}

func inbound(actions ...string) string { return typed("contactFlow", actions...) }

const module = `{"Version":"2019-10-30","StartAction":"a","Metadata":{"type":"module"},"Actions":[{"Identifier":"a","Type":"EndFlowModuleExecution","Parameters":{%s},"Transitions":{}}]%s}`

// faulty has flows in which each rule finds something.
func faulty() map[string][]string {
	text := block("MessageParticipant", `{"Text":"Hello"}`, "")
	menu := func(store string, errors ...string) string {
		return block("GetParticipantInput", `{"Text":"1?","StoreInput":"`+store+`","InputTimeLimitSeconds":"5"}`, failures(errors...)+","+results("1"))
	}
	lambda := func(limit string) string {
		return block("InvokeLambdaFunction", `{"LambdaFunctionARN":"f","InvocationTimeLimitSeconds":"`+limit+`"}`, failures("NoMatchingError"))
	}
	wait := func(parameters string, branches ...string) string {
		return block("Wait", parameters, failures("NoMatchingError")+","+results(branches...))
	}
	view := func(parameters string, errors ...string) string {
		return block("ShowView", parameters, failures(errors...)+","+results("Next"))
	}
	compare := func(value string) string {
		return block("Compare", `{"ComparisonValue":"`+value+`"}`, failures("NoMatchingCondition")+","+results("x"))
	}
	beside := func(to string) string { // a Wait that lets the flow run on to another block
		return strings.Replace(wait(`{"TimeLimitSeconds":"5","ContinueExecution":"True"}`, "Continue", "WaitCompleted"), `Conditions":[{"NextAction":"end"`, `Conditions":[{"NextAction":"`+to+`"`, 1)
	}
	three := []string{"NoMatchingError", "NoMatchingCondition", "TimeLimitExceeded"}
	swap := func(file, from, to string) string {
		if !strings.Contains(file, from) {
			panic("nothing to replace: " + from)
		}
		return strings.Replace(file, from, to, 1)
	}
	return map[string][]string{
		"unknown-type":          {inbound(block("UnTagContact", `{"TagKeys":["a"]}`, failures("NoMatchingError"))), inbound(block("SetVoice", `{}`, ""))},
		"version":               {swap(inbound(text), "2019-10-30", "2019-10-31")},
		"size":                  {swap(inbound(text), "Hello", strings.Repeat("x", flow.MaxCharacters))},
		"identifier":            {swap(inbound(text), `"Identifier":"a"`, `"Identifier":""`), strings.ReplaceAll(inbound(text), `"a"`, `"`+strings.Repeat("a", 51)+`"`)},
		"identifier-characters": {strings.ReplaceAll(inbound(text), `"a"`, `"a(1)"`), strings.ReplaceAll(inbound(text), `"a"`, `"toString"`)},
		"not-connected":         {inbound(block("MessageParticipant", `{"Text":"x"}`, `"Errors":[{"NextAction":"","ErrorType":"NoMatchingError"}]`))},
		"empty-text": {
			inbound(view(`{"ViewResource":{"Id":"form"},"InvocationTimeLimitSeconds":"60","ViewData":{"Sections":[{"Label":""}]}}`, three...)),
			inbound(block("TransferToFlow", `{"ContactFlowId":""}`, failures("NoMatchingError"))),
			inbound(swap(compare("$.Channel"), `["x"]`, `[""]`)),
		},
		"missing-parameter": {
			inbound(block("TransferToFlow", `{}`, failures("NoMatchingError"))), inbound(block("MessageParticipant", `{"Text":"x","SSML":"x"}`, "")),
			inbound(wait(`{}`, "WaitCompleted")), inbound(block("Loop", `{}`, results("ContinueLooping", "DoneLooping"))),
			inbound(block("UpdateContactRecordingAndAnalyticsBehavior", `{"ChatBehavior":{"a":"b"},"VoiceBehavior":{"a":"b"}}`, failures("NoMatchingError", "ChannelMismatch", "InFlightRedactionConfigurationFailed"))),
			inbound(block("UpdateContactRecordingAndAnalyticsBehavior", `{}`, failures("NoMatchingError", "ChannelMismatch"))),
		},
		"required-branch": {
			inbound(menu("False", "NoMatchingError", "NoMatchingCondition")), inbound(view(`{"ViewResource":{"Id":"form"},"InvocationTimeLimitSeconds":"60"}`, three[:2]...)),
			inbound(block("TagContact", `{"Tags":{"a":"b"}}`, "")), inbound(block("UpdateFlowAttributes", `{"FlowAttributes":{"a":{"Value":"b"}}}`, "")),
			inbound(block("CheckMetricData", `{"MetricType":"NumberOfAgentsOnline"}`, failures("NoMatchingError", "NoMatchingCondition"))),
			inbound(block("CheckMetricData", `{"MetricType":"NumberOfAgentsOnline"}`, failures("NoMatchingError")+","+results("0"))),
			inbound(block("UpdateContactRecordingAndAnalyticsBehavior", `{"ChatBehavior":{"a":"b"}}`, failures("NoMatchingError", "ChannelMismatch"))),
			inbound(block("UpdateContactRecordingAndAnalyticsBehavior", `{"VoiceBehavior":{"a":"b"}}`, failures("NoMatchingError"))),
			inbound(block("Loop", `{"LoopCount":"3"}`, results("DoneLooping"))), inbound(wait(`{"TimeLimitSeconds":"5","Events":["CustomerReturned"]}`, "WaitCompleted")),
		},
		"superfluous-branch": {
			inbound(block("UpdateContactRoutingBehavior", `{"QueuePriority":"1"}`, failures("NoMatchingError"))),
			inbound(block("UpdateContactRecordingBehavior", `{"RecordingBehavior":{"RecordedParticipants":["Agent"]}}`, failures("NoMatchingError"))),
			inbound(menu("True", "NoMatchingError", "InputTimeLimitExceeded")),
			inbound(block("UpdateContactRecordingAndAnalyticsBehavior", `{"VoiceBehavior":{"a":"b"}}`, failures("NoMatchingError", "ChannelMismatch", "InFlightRedactionConfigurationFailed"))),
		},
		"next-action": {
			inbound(swap(text, `"NextAction":"end"`, "")), inbound(swap(block("Loop", `{"LoopCount":"3"}`, results("ContinueLooping", "DoneLooping")), `"NextAction":"end",`, "")),
			inbound(block("DisconnectParticipant", `{}`, "")),
		},
		"compare":    {inbound(compare("CHAT")), inbound(compare("$.External")), inbound(compare("a $.Channel"))},
		"path-place": {inbound(lambda("$.Attributes.limit")), inbound(block("TransferToFlow", `{"ContactFlowId":"f-$.Attributes.x"}`, failures("NoMatchingError")))},
		"number": {
			inbound(lambda("9")), inbound(block("Loop", `{"LoopCount":"many"}`, results("ContinueLooping", "DoneLooping"))), inbound(wait(`{"TimeLimitSeconds":"604801"}`, "WaitCompleted")),
			inbound(block("ConnectParticipantWithLexBot", `{"Text":"Hi","LexV2Bot":{"AliasArn":"b"},"LexTimeoutSeconds":{"Text":"59"}}`, failures("NoMatchingError", "NoMatchingCondition")+","+results("Order"))),
		},
		"parameter-name":    {inbound(wait(`{"TimeoutSeconds":"5"}`, "WaitCompleted"))},
		"flow-attributes":   {inbound(block("UpdateFlowAttributes", `{"FlowAttributes":{"a":"b"}}`, failures("NoMatchingError")))},
		"contact-data":      {inbound(block("UpdateContactData", `{}`, failures("NoMatchingError"))), inbound(block("UpdateContactData", `{"References":{"a":{"Type":"URL","Value":"b"}}}`, failures("NoMatchingError")))},
		"context-variables": {inbound(block("ConnectParticipantWithAgenticCX", `{"AgentConfiguration":{"ApplicationId":"x","ContextVariables":{"1":"x","2":"x","3":"x","4":"x","5":"x","6":"x","7":"x","8":"x","9":"x","a":"x","b":"x"}}}`, failures("NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded")))},
		"tags": {
			inbound(block("UntagContact", `{"TagKeys":[]}`, failures("NoMatchingError"))),
			inbound(block("TagContact", `{"Tags":{"1":"x","2":"x","3":"x","4":"x","5":"x","6":"x","7":"x"}}`, failures("NoMatchingError"))),
		},
		"wait-event": {inbound(wait(`{"TimeLimitSeconds":"5","Events":["AgentReturned"]}`, "WaitCompleted", "AgentReturned"))},
		"wait-inside": {
			inbound(beside("b"), swap(wait(`{"TimeLimitSeconds":"5"}`, "WaitCompleted"), `"a"`, `"b"`)),
			inbound(beside("m"), swap(swap(text, `"a"`, `"m"`), `"NextAction":"end"`, `"NextAction":"b"`), swap(wait(`{"TimeLimitSeconds":"5"}`, "WaitCompleted"), `"a"`, `"b"`)),
		},
		"hook": {
			inbound(block("UpdateContactEventHooks", `{"EventHooks":{"Customer":"f"}}`, failures("NoMatchingError"))),
			inbound(block("UpdateContactEventHooks", `{"EventHooks":{"CustomerQueue":"f","AgentWhisper":"f"}}`, failures("NoMatchingError"))),
		},
		"flow-type": {
			swap(inbound(text), "DisconnectParticipant", "EndFlowExecution"), swap(typed("agentWhisper", text), "EndFlowExecution", "DisconnectParticipant"),
			swap(typed("customerHold", block("GetMetricData", `{}`, failures("NoMatchingError"))), "EndFlowExecution", "DisconnectParticipant"),
			typed("customerQueue", block("TransferContactToQueue", `{}`, failures("NoMatchingError", "QueueAtCapacity"))),
		},
		"settings":        {fmt.Sprintf(module, "", ""), swap(inbound(text), `"Actions"`, `"Settings":{},"Actions"`)},
		"module-result":   {fmt.Sprintf(module, `"Result":"Maybe"`, `,"Settings":{"Transitions":[{"ReferenceName":"Success"}]}`)},
		"not-json":        {"Actions"},
		"yaml":            {"Type: AWS::Connect::ContactFlow"},
		"terraform":       {`resource "aws_connect_contact_flow" "a" {}`},
		"no-flow":         {`{"a":1}`},
		"no-content":      {`{"ContactFlow":{"Name":"x","Content":""}}`},
		"cannot-join":     {`{"Resources":{"A":{"Type":"AWS::Connect::ContactFlow","Properties":{"Content":{"Fn::ImportValue":"x"}}}}}`},
		"wrapping":        {strings.Repeat(`{"Content":`, 6) + inbound(text) + strings.Repeat("}", 6)},
		"shape":           {swap(inbound(text), `"Type":"MessageParticipant"`, `"Type":1`)},
		"no-actions":      {`{"Version":"2019-10-30","StartAction":"a","Actions":[]}`},
		"never-published": {swap(inbound(text), `"StartAction":"a"`, `"StartAction":""`)},
		"dangling":        {swap(inbound(text), `"NextAction":"end"`, `"NextAction":"away"`)},
		"type":            {swap(inbound(text), `"Type":"MessageParticipant"`, `"Type":""`)},
		"operator":        {swap(inbound(compare("$.Channel")), "Equals", "And")},
		"operands":        {swap(inbound(compare("$.Channel")), `["x"]`, `["x","y"]`)},
		"parameters":      {swap(inbound(text), `,"Parameters":{}`, "")},
		"attribute-unset": {
			swap(inbound(text), "Hello", "Hello $.Attributes.name"), swap(inbound(text), "Hello", "$.FlowAttributes.name!"), swap(inbound(text), "Hello", "$.External.name!"),
		},
		"namespace":       {`{"modules":[{"id":"a","type":"PlayPrompt","parameters":[{"name":"Text","value":"x","namespace":"Moon"}],"branches":[]}],"start":"a","type":"contactFlow"}`},
		"path":            {swap(inbound(text), "Hello", "$.Bad.Value")},
		"unreachable":     {swap(inbound(text), `"StartAction":"a"`, `"StartAction":"end"`)},
		"never":           {inbound(wait(`{"TimeLimitSeconds":"5"}`, "WaitCompleted", "Returned")), inbound(block("MessageParticipant", `{"Text":"Hello"}`, failures("noMatchingError")))},
		"missing-branch":  {inbound(block("MessageParticipant", `{"Text":"$.Attributes.a"}`, ""))},
		"circle":          {swap(inbound(text), `"NextAction":"end"`, `"NextAction":"a"`)},
		"empty-reference": {`{"modules":[{"id":"a","type":"SetQueue","parameters":[{"name":"Queue","value":""}],"branches":[]}],"start":"a","type":"contactFlow"}`},
		"chat":            {inbound(menu("False", "NoMatchingError", "NoMatchingCondition", "InputTimeLimitExceeded"))},
		"fails":           {swap(inbound(text), "Hello", " ")},
		"differs":         {inbound(block("MessageParticipant", `{"SSML":"<speak>x</speak>"}`, ""))},
		"not-run":         {inbound(block("EvaluateDataTableValues", `{"DataTableId":"x"}`, failures("NoMatchingError")))},
		"view-data":       {inbound(view(`{"ViewResource":{"Id":"form"},"InvocationTimeLimitSeconds":"60"}`, three...))},
		"view-template":   {inbound(view(`{"ViewResource":{"Id":"mine"},"InvocationTimeLimitSeconds":"60","ViewData":{"a":"b"}}`, three...))},
	}
}

// Each rule finds something in its cases, at its level, and every rule has a case.
func TestRules(t *testing.T) {
	t.Parallel()
	cases := faulty()
	rules := map[string]flowcheck.Rule{}
	for _, rule := range flowcheck.Rules() {
		if _, twice := rules[rule.ID]; twice {
			t.Errorf("the rule %s is there twice", rule.ID)
		}
		rules[rule.ID] = rule
		if rule.Says == "" || !strings.HasPrefix(rule.Page, "https://docs.aws.amazon.com/") && !strings.HasPrefix(rule.Page, "https://github.com/parley-chat/parley/blob/main/docs/") || rule.Level == "" {
			t.Errorf("not whole: %+v", rule.ID)
		}
	}
	// A file that cannot be read has no content that a case could be.
	large := fstest.MapFS{"f.json": &fstest.MapFile{Data: make([]byte, flow.MaxFile+1)}}
	unread, _, err := flowrun.NewFolder(large, flowrun.NewLibrary(nil)).Load()
	if found := check(flowcheck.File{Name: "f.json", Findings: unread}); err != nil || len(found) != 1 || found[0].Rule != "file" || found[0].Page == "" {
		t.Errorf("a file that cannot be read: %v %v", found, err)
	}
	delete(rules, "file")
	cased := maps.Clone(rules)
	maps.DeleteFunc(cased, func(id string, _ flowcheck.Rule) bool { // TestTestCases, TestScenarios and TestBotRules have theirs
		return strings.HasPrefix(id, "test-") || strings.HasPrefix(id, "scenario-") || strings.HasPrefix(id, "bot-")
	})
	if diff := cmp.Diff(slices.Sorted(maps.Keys(cased)), slices.Sorted(maps.Keys(cases))); diff != "" {
		t.Errorf("the rules, and those with cases (-rules +cases):\n%s", diff)
	}
	for id, files := range cases {
		if len(files) == 0 {
			t.Errorf("the rule %s has no case", id)
		}
		for n, content := range files {
			t.Run(fmt.Sprintf("%s %d", id, n+1), func(t *testing.T) {
				t.Parallel()
				findings := check(read("f.json", content))
				at := slices.IndexFunc(findings, func(f flow.Finding) bool { return f.Rule == id })
				if at < 0 {
					t.Fatalf("not found; found: %v", findings)
				}
				if f := findings[at]; f.Level != rules[id].Level && f.Level != flow.Broken || f.Text == "" || !strings.HasPrefix(f.Page, "https://") {
					t.Errorf("%+v", f)
				}
				for _, f := range findings {
					if _, known := rules[f.Rule]; !known {
						t.Errorf("no rule %s", f.Rule)
					}
				}
			})
		}
	}
}

// A Wait that comes after another one, or after a failure beside it, is not inside of it.
func TestWaitsBesideEachOther(t *testing.T) {
	t.Parallel()
	text := inbound(
		`{"Identifier":"a","Type":"Wait","Parameters":{"TimeLimitSeconds":"5","ContinueExecution":"True"},"Transitions":{"NextAction":"other","Errors":[{"NextAction":"other","ErrorType":"NoMatchingError"}],
			"Conditions":[{"NextAction":"call","Condition":{"Operator":"Equals","Operands":["Continue"]}},{"NextAction":"other","Condition":{"Operator":"Equals","Operands":["WaitCompleted"]}}]}}`,
		`{"Identifier":"call","Type":"InvokeLambdaFunction","Parameters":{"LambdaFunctionARN":"f"},"Transitions":{"NextAction":"a","Errors":[{"NextAction":"other","ErrorType":"NoMatchingError"}]}}`,
		`{"Identifier":"other","Type":"Wait","Parameters":{"TimeLimitSeconds":"5"},"Transitions":{"NextAction":"end","Errors":[{"NextAction":"end","ErrorType":"NoMatchingError"}],"Conditions":[{"NextAction":"end","Condition":{"Operator":"Equals","Operands":["WaitCompleted"]}}]}}`,
	)
	if found := check(read("f.json", text)); len(found) > 0 {
		t.Error(found)
	}
}

// A flow in which nothing is wrong has no finding, and neither have the samples together.
func TestNothingToFind(t *testing.T) {
	t.Parallel()
	files := []flowcheck.File{read("good.json", inbound(block("MessageParticipant", `{"Text":"Hello"}`, failures("NoMatchingError"))))}
	names, err := filepath.Glob("../../examples/flows/*.json")
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, read(filepath.Base(name), string(data)))
	}
	for _, f := range check(files...) {
		t.Error(f.Level, f.Rule, f)
	}
}

// What is refused in the flows of the corpus. Those that were published by the flow designer have
// what publishing was only later seen to refuse.
func TestCorpus(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../flow/testdata/corpus/*.json")
	if err != nil || len(names) != 40 {
		t.Fatal(names, err)
	}
	var b strings.Builder
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range check(read(filepath.Base(name), string(data))) {
			if f.Level == flow.Refused || f.Rule == "flow-type" || f.Rule == "attribute-unset" || f.Rule == "parameters" {
				fmt.Fprintf(&b, "%s %s %s\n", f.Level, f.Rule, f)
			}
		}
	}
	golden(t, "testdata/corpus.txt", b.String())
}

// golden compares a text with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is out of date; go generate ./... rewrites it (-file +now):\n%s", file, diff)
	}
}

func TestRulesPage(t *testing.T) {
	t.Parallel()
	golden(t, "../../docs/flow-rules.md", flowcheck.Page())
}
