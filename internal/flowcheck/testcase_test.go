package flowcheck_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowcheck"
)

// tested is a test case in which nothing is wrong.
const tested = `{"Version":"2019-10-30","Metadata":{"name":"Gold","initializationData":"{\"Attributes\":{}}"},"Observations":[
 {"Identifier":"setup","Event":{"Identifier":"e0","Type":"TestInitiated","Actor":"System","Properties":{}},
  "Actions":[{"Identifier":"mock","Type":"OverrideSystemBehavior","Parameters":{"ActionType":"OverrideSystemBehavior","Behavior":{"Type":"FlowAction","Properties":{
   "ActionType":"InvokeLambdaFunction","ActionParameters":{"LambdaFunctionARN":"tier"},
   "Strategy":{"Type":"MockResponse","Response":{"Type":"ExecutionResult","ExecutionResult":{"LoadedData":"{}"}}}}}},"Transitions":{}}],
  "Transitions":{"NextObservations":["hello"]}},
 {"Identifier":"hello","Event":{"Identifier":"e1","Type":"MessageReceived","Actor":"System","Properties":{"Text":"Welcome","MatchingCriteria":{"Type":"Inclusion"}}},
  "Actions":[{"Identifier":"say","Type":"SendInstruction","Parameters":{"ActionType":"SendInstruction","Actor":"Customer","Instruction":{"Type":"Utterance","Properties":{"Value":"Hi"}}},"Transitions":{}}],
  "Transitions":{"NextObservations":["queued"]}},
 {"Identifier":"queued","Event":{"Identifier":"e2","Type":"FlowActionStarted","Actor":"System","Properties":{"ActionType":"TransferContactToQueue","ActionParameters":{"QueueId":"q"}}},
  "Actions":[{"Identifier":"check","Type":"Assert","Parameters":{"Namespace":"$.Attributes.tier","Operator":"Equals","Operand":""},"Transitions":{"NextAction":"end"}},
   {"Identifier":"end","Type":"TestControl","Parameters":{"ActionType":"TestControl","Command":{"Type":"EndTest"}},"Transitions":{}}],
  "Usage":{"Type":"Exactly","Times":1},"Transitions":{"NextObservations":[]}}]}`

// Each rule for test cases finds something where one thing is changed, at the place of the change.
func TestTestCases(t *testing.T) {
	t.Parallel()
	cases := []struct{ rule, at, from, to string }{
		{"test-document", "", "2019-10-30", "2025-06-21"},
		{"test-document", "hello", `"Identifier":"e1",`, ""},
		{"test-document", "hello", `["queued"]`, `["away"]`},
		{"test-document", "hello", `"Identifier":"queued"`, `"Identifier":"hello"`},
		{"test-next-action", "say", `"Hi"}}},"Transitions":{}`, `"Hi"}}},"Transitions":{"NextAction":""}`},
		{"test-next-action", "check", `"NextAction":"end"`, `"NextAction":"say"`},
		{"test-usage", "queued", "Exactly", "EXACTLY"},
		{"test-usage", "queued", `,"Times":1`, ""},
		{"test-event", "hello", "MessageReceived", "MessageSent"},
		{"test-event", "queued", "FlowActionStarted", "FlowActionStarted "},
		{"test-event", "hello", `"Text":"Welcome"`, `"Text":""`},
		{"test-event", "queued", `"ActionType":"TransferContactToQueue"`, `"ActionType":"ShowView"`},
		{"test-event", "queued", `"ActionParameters":{"QueueId":"q"}`, `"ActionParameters":{}`},
		{"test-prompt", "hello", `"Text":"Welcome"`, `"PromptId":"p"`},
		{"test-prompt", "hello", `"Text":"Welcome"`, `"Media":{"Uri":"s3://b/a.wav"}`},
		{"test-override", "mock", `"LoadedData":"{}"`, `"LoadedData":{"tier":"gold"}`},
		{"test-override", "mock", `"LoadedData":"{}"`, `"Value":{"tier":"gold"}`},
		{"test-match", "hello", `{"Type":"Inclusion"}`, `"Inclusion"`},
		{"test-match", "hello", `"Inclusion"`, `"Contains"`},
		{"test-match", "hello", `,"MatchingCriteria":{"Type":"Inclusion"}}`, `},"MatchingCriteria":"Similarity"`},
		{"test-match", "hello", `,"MatchingCriteria":{"Type":"Inclusion"}`, ``},
		{"test-instruction", "say", `"Value":"Hi"`, `"Text":"Hi"`},
		{"test-instruction", "say", `"Type":"Utterance"`, `"Type":"DtmfInput"`},
		{"test-instruction", "say", `"Type":"Utterance"`, `"Type":"TextUtterance"`},
		{"test-assert", "check", `"Equals"`, `"Exists"`},
		{"test-assert", "check", `,"Operand":""`, ``},
		{"test-assert", "check", `"$.Attributes.tier"`, `"tier"`},
		{"test-assert", "check", `"Type":"Assert"`, `"Type":"Assertion"`},
		{"test-override", "mock", `"ActionType":"InvokeLambdaFunction","ActionParameters":{"LambdaFunctionARN":"tier"}`, `"ActionType":"CheckHoursOfOperation","ActionParameters":{"HoursOfOperationId":"h"}`},
		{"test-override", "mock", `{"LambdaFunctionARN":"tier"}`, `{}`},
		{"test-override", "mock", `"MockResponse"`, `"ResultOverride"`},
		{"test-data", "", `{\"Attributes\":{}}`, `{\"tier\":\"gold\"}`},
		{"test-reach", "lost", `"NextObservations":[]}}]`, `"NextObservations":[]}},{"Identifier":"lost","Event":{"Identifier":"e3","Type":"TestCompleted"},"Transitions":{"NextObservations":["lost"]}}]`},
		{"test-agent", "queued", `{"Type":"EndTest"}`, `{"Type":"LogData"}`},
		{"test-run", "queued", `"Times":1`, `"Times":"often"`},
		{"test-member", "hello", `"NextObservations":["queued"]`, `"NextActions":["queued"]`},
		{"test-member", "say", `"Type":"SendInstruction","Parameters"`, `"Type":"SendInstruction","Threshold":0.8,"Parameters"`},
	}
	for _, wrap := range []string{"", `{"Name":"Gold","EntryPoint":{"Type":"CHAT"},"Content":`, `{"TestCase":{"Content":`} {
		file := func(content string) string {
			if wrap == "" {
				return content
			}
			return wrap + strconv.Quote(content) + strings.Repeat("}", strings.Count(wrap, "{")-strings.Count(wrap, "}"))
		}
		if found, is := flowcheck.TestCase("t.json", []byte(file(tested))); !is || len(found) > 0 {
			t.Fatal(is, found)
		}
		for _, test := range cases {
			if !strings.Contains(tested, test.from) {
				t.Fatalf("nothing to replace: %s", test.from)
			}
			found, is := flowcheck.TestCase("t.json", []byte(file(strings.Replace(tested, test.from, test.to, 1))))
			if !is || !slices.ContainsFunc(found, func(f flow.Finding) bool {
				return f.Rule == test.rule && f.Action == test.at && f.Flow == "Gold" && f.Text != "" && strings.HasPrefix(f.Page, "https://")
			}) {
				t.Errorf("%s for %s: %v, want %s at %q", test.to, test.from, found, test.rule, test.at)
			}
		}
	}
	have := []string{"test-entry"} // below
	for _, test := range cases {
		have = append(have, test.rule)
	}
	for _, rule := range flowcheck.Rules() {
		if strings.HasPrefix(rule.ID, "test-") && !slices.Contains(have, rule.ID) {
			t.Errorf("the rule %s has no case", rule.ID)
		}
	}
	for _, other := range []string{"", "[]", `{"Observations":1}`, `{"Content":"x"}`, `{"Actions":[]}`} {
		if _, is := flowcheck.TestCase("t.json", []byte(other)); is {
			t.Errorf("a test case: %s", other)
		}
	}
	voice := strings.Replace(strings.Replace(tested, `"name":"Gold"`, `"entryPoint":{"Type":"VOICE_CALL"}`, 1), `"Type":"Utterance"`, `"Type":"DtmfInput"`, 1)
	if found, _ := flowcheck.TestCase("t.json", []byte(voice)); len(found) > 0 {
		t.Errorf("keys in a call: %v", found)
	}
}

// Whatever the text, it is looked at to the end.
func FuzzTestCase(f *testing.F) {
	f.Add([]byte(tested))
	f.Add([]byte(`{"TestCase":{"Content":"{\"Observations\":[{\"Event\":1},{}]}"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, is := flowcheck.TestCase("t.json", data)
		if !is && len(found) > 0 {
			t.Error(found)
		}
		check(flowcheck.File{Name: "t.json", Findings: found})
	})
}

// An entry point is one with which a contact can begin.
func TestEntryPoints(t *testing.T) {
	t.Parallel()
	for entry, wrong := range map[string]bool{
		`{"Type":"CHAT","ChatEntryPointParameters":{"FlowId":"f"}}`:                                                      false,
		`{"Type":"VOICE_CALL","VoiceCallEntryPointParameters":{"FlowId":"f","DestinationPhoneNumber":null}}`:             false,
		`{"Type":"VOICE_CALL","VoiceCallEntryPointParameters":{"SourcePhoneNumber":"+1","DestinationPhoneNumber":"+2"}}`: false,
		`{"Type":"TASK"}`: true,
		`{"Type":"CHAT","ChatEntryPointParameters":{}}`:                                                      true,
		`{"Type":"VOICE_CALL","VoiceCallEntryPointParameters":{"FlowId":"f","DestinationPhoneNumber":"+1"}}`: true,
		`{"Type":"VOICE_CALL","VoiceCallEntryPointParameters":{"DestinationPhoneNumber":"+1"}}`:              true,
	} {
		found, is := flowcheck.TestCase("t.json", []byte(`{"EntryPoint":`+entry+`,"Content":`+strconv.Quote(tested)+`}`))
		if !is || wrong != slices.ContainsFunc(found, func(f flow.Finding) bool { return f.Rule == "test-entry" }) {
			t.Errorf("%s: %v", entry, found)
		}
	}
}

// Forms of older pages become those that are taken, in a test case that stands alone and in a text.
func TestFixTestCases(t *testing.T) {
	t.Parallel()
	older := strings.NewReplacer("2019-10-30", "2025-06-21", `{"Type":"Inclusion"}`, `"Contains"`, `"NextObservations":["queued"]`, `"NextActions":["queued"]`,
		`"Value":"Hi"`, `"Text":"Hi"`, `"Type":"Utterance"`, `"Type":"TextUtterance"`, "Exactly", "EXACTLY", `"Transitions":{}}],
  "Transitions":{"NextObservations":["hello"]}`, `"Transitions":{"NextAction":""}}],
  "Transitions":{"NextObservations":["hello"]}`, `"TransferContactToQueue"`, `"TransferContactToQueue "`, `"Identifier":"hello"`, `"Id":"hello"`).Replace(tested)
	wrapped := func(content string) string { return `{"TestCase": {"Content": ` + strconv.Quote(content) + `}}` }
	for from, want := range map[string]string{older: tested, wrapped(older): wrapped(tested)} {
		got, fixed := flowcheck.Fix([]byte(from))
		if want = strings.ReplaceAll(want, `{\"Type\":\"Inclusion\"}`, `{\"Type\": \"Inclusion\"}`); strings.ReplaceAll(want, `{"Type":"Inclusion"}`, `{"Type": "Inclusion"}`) != string(got) {
			t.Errorf("fixed:\n%s\nwant:\n%s", got, want)
		}
		var rules []string
		for _, f := range fixed {
			rules = append(rules, f.Rule)
		}
		for _, rule := range flowcheck.Rules() {
			if strings.HasPrefix(rule.ID, "test-") && (rule.Fix != "") != slices.Contains(rules, rule.ID) {
				t.Errorf("%s: %q, and it did %v", rule.ID, rule.Fix, rules)
			}
		}
		if found, is := flowcheck.TestCase("t.json", got); !is || len(found) > 0 {
			t.Errorf("not right yet: %v", found)
		}
	}
	if lines := flowcheck.Lines([]byte(tested)); lines["setup"] != 2 || lines["say"] != 8 {
		t.Errorf("%v", lines)
	}
}
