package testcase_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/testcase"
)

// document is a test case with one observation, whose event, members of Properties and actions are
// given.
func document(event, properties, actions string) string {
	return `{"Version":"2019-10-30","Metadata":{},"Observations":[{"Identifier":"o","Event":{"Identifier":"e","Type":"` + event +
		`","Actor":"System","Properties":` + properties + `},"Actions":[` + actions + `]}]}`
}

// The same test case stands in files of several shapes.
func TestRowF2Files(t *testing.T) {
	t.Parallel()
	content := document("MessageReceived", `{"Text":"Hi","MatchingCriteria":{"Type":"Inclusion"}}`, "")
	entry := `{"Type":"CHAT","ChatEntryPointParameters":{"FlowId":"main"}}`
	data := `{"Attributes":{"n":"Ada","age":7},"SegmentAttributes":{"s":{"ValueString":"x"}}}`
	wrapped := `"Name":"Greets","Description":"d","EntryPoint":` + entry + `,"InitializationData":` + strconv.Quote(data) + `,"Content":` + strconv.Quote(content) + `}`
	for name, text := range map[string]string{
		"created":   `{"InstanceId":"i",` + wrapped,
		"described": "\ufeff" + `{"TestCase":{"Id":"t","Arn":"a",` + wrapped + "}",
		"console": strings.Replace(content, `"Metadata":{}`, `"Metadata":{"name":"Greets","description":"d","entryPoint":`+
			strings.Replace(entry, `"FlowId"`, `"X":null,"FlowId"`, 1)+`,"initializationData":`+strconv.Quote(data)+`,"StartAction":""}`, 1),
	} {
		f, is := testcase.Read("f.json", []byte(text))
		if !is {
			t.Fatalf("%s: no test case", name)
		}
		c, problems := testcase.Decode(f)
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
		if c.Name != "Greets" || c.Entry != (testcase.Entry{Type: "CHAT", Flow: "main"}) || len(c.Observations) != 1 {
			t.Errorf("%s: %+v", name, c)
		}
		want := testcase.Data{Attributes: map[string]string{"n": "Ada", "age": "7"}, Segment: map[string]any{"s": map[string]any{"ValueString": "x"}}}
		if diff := cmp.Diff(want, c.Data); diff != "" {
			t.Errorf("%s: data (-want +got):\n%s", name, diff)
		}
	}
	for _, other := range []string{"", "{", "[]", `{"Content":"{}"}`, `{"Resources":{"T":{"Type":"AWS::Connect::TestCase"}}}`} {
		if _, is := testcase.Read("f.json", []byte(other)); is {
			t.Errorf("a test case: %s", other)
		}
	}
	if !testcase.IsTemplate([]byte(`{"Resources":{"T":{"Type":"AWS::Connect::TestCase"}}}`)) || testcase.IsTemplate([]byte(content)) {
		t.Error("templates are not told from test cases")
	}
}

// Forms that are documented and refused, or the other way round, mean what they say.
func TestRowF13Forms(t *testing.T) {
	t.Parallel()
	message := func(rest string) string { return document("MessageReceived", `{"Text":"Hi"`+rest, "") }
	for name, c := range map[string]struct {
		text string
		get  func(*testcase.Case) any
		want any
	}{
		"criterion in an object":   {message(`,"MatchingCriteria":{"Type":"Inclusion"}}`), criterion, "Inclusion"},
		"criterion as a text":      {message(`,"MatchingCriteria":"Inclusion"}`), criterion, "Inclusion"},
		"criterion beside":         {message(`},"MatchingCriteria":"Inclusion"`), criterion, "Inclusion"},
		"criterion of the console": {message(`,"MatchingCriteria":{"Type":"Contains"}}`), criterion, "Inclusion"},
		"no criterion":             {message(`}`), criterion, "Similarity"},
		"older version":            {strings.Replace(message(`}`), "2019-10-30", "2025-06-21", 1), criterion, "Similarity"},
		"older usage":              {strings.Replace(message(`}`), `"Actions"`, `"Usage":{"Type":"EXACTLY","Times":2},"Actions"`, 1), usage, testcase.Usage{Type: "Exactly", Times: 2}},
		"any usage":                {strings.Replace(message(`}`), `"Actions"`, `"Usage":{"Type":"ANY"},"Actions"`, 1), usage, testcase.Usage{Type: "Always", Times: 1}},
		"utterance":                {said("Utterance", `"Value":"x"`), instruction, testcase.Instruction{Type: "Utterance", Value: "x"}},
		"utterance as documented":  {said("Utterance", `"Text":"x"`), instruction, testcase.Instruction{Type: "Utterance", Value: "x"}},
		"older utterance":          {said("TextUtterance", `"SSML":"x"`), instruction, testcase.Instruction{Type: "Utterance", Value: "x"}},
		"another's utterance":      {said("SendMessage", `"Content":"x"`), instruction, testcase.Instruction{Type: "Utterance", Value: "x"}},
		"keys":                     {said("DtmfInput", `"Value":1`), instruction, testcase.Instruction{Type: "DtmfInput", Value: "1"}},
		"blank behind a type":      {document("FlowActionStarted", `{"ActionType":"InvokeLambdaFunction ","ActionParameters":{"LambdaFunctionARN":"f"}}`, ""), event, []string{"InvokeLambdaFunction", "f"}},
		"bot":                      {document("FlowActionStarted", `{"ActionType":"ConnectParticipantWithLexBot","ActionParameters":{"LexV2Bot":{"AliasArn":"b"}}}`, ""), event, []string{"ConnectParticipantWithLexBot", "b"}},
		"shortened type":           {document("FlowActionStarted", `{"ActionType":"DequeueAndTransferToQueue","ActionParameters":{"QueueId":"q"}}`, ""), event, []string{"DequeueContactAndTransferToQueue", "q"}},
		"function":                 {mocked("InvokeLambdaFunction", `"LambdaFunctionARN":"f"`, `"Type":"ExecutionResult","ExecutionResult":{"LoadedData":"{}","DelaySeconds":1}`), override, testcase.Override{Action: "InvokeLambdaFunction", Resource: "f", Loaded: "{}", Delay: time.Second}},
		"function as a value":      {mocked("InvokeLambdaFunction", `"LambdaFunctionARN":"f"`, `"Type":"ExecutionResult","ExecutionResult":{"Value":{"a":"b"}}`), override, testcase.Override{Action: "InvokeLambdaFunction", Resource: "f", Loaded: `{"a":"b"}`}},
		"hours":                    {mocked("CheckHoursOfOperation", `"HoursOfOperationId":"h"`, `"Type":"ExecutionResult","ExecutionResult":{"Value":"OutOfHours"}`), override, testcase.Override{Action: "CheckHoursOfOperation", Resource: "h", Value: "OutOfHours"}},
		"full queue":               {mocked("TransferContactToQueue", `"QueueId":"q"`, `"Type":"Error","Error":{"Value":"QueueAtCapacity"}`), override, testcase.Override{Action: "TransferContactToQueue", Resource: "q", Error: "QueueAtCapacity"}},
	} {
		f, is := testcase.Read("f.json", []byte(c.text))
		if !is {
			t.Fatalf("%s: no test case: %s", name, c.text)
		}
		got, problems := testcase.Decode(f)
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		if diff := cmp.Diff(c.want, c.get(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func criterion(c *testcase.Case) any   { return c.Observations[0].Event.Criterion }
func usage(c *testcase.Case) any       { return c.Observations[0].Usage }
func instruction(c *testcase.Case) any { return *c.Observations[0].Actions[0].Instruction }
func override(c *testcase.Case) any    { return *c.Observations[0].Actions[0].Override }
func event(c *testcase.Case) any {
	return []string{c.Observations[0].Event.Action, c.Observations[0].Event.Resource}
}

func said(kind, property string) string {
	return document("TestInitiated", "{}", `{"Identifier":"a","Type":"SendInstruction","Parameters":{"Instruction":{"Type":"`+kind+`","Properties":{`+property+`}}},"Transitions":{"NextAction":""}}`)
}

func mocked(kind, parameter, response string) string {
	return document("TestInitiated", "{}", `{"Identifier":"a","Type":"OverrideSystemBehavior","Parameters":{"Behavior":{"Type":"FlowAction","Properties":{"ActionType":"`+kind+
		`","ActionParameters":{`+parameter+`},"Strategy":{"Type":"MockResponse","Response":{`+response+`}}}}}}`)
}

// What has no meaning is a problem that says where.
func TestDecodeProblems(t *testing.T) {
	t.Parallel()
	act := func(action string) string { return document("TestInitiated", "{}", action) }
	for text, want := range map[string]string{
		strings.Replace(document("TestInitiated", "{}", ""), "2019-10-30", "2030-01-01", 1):                                         `Version is "2030-01-01", and must be 2019-10-30`,
		`{"Version":"2019-10-30","Observations":[]}`:                                                                                "there is no observation",
		`{"Version":"2019-10-30","Observations":[{"Identifier":"o"}]}`:                                                              "o: the observation has no Event",
		document("MessageSent", "{}", ""):                                                                                           `o: there is no event "MessageSent"`,
		document("MessageReceived", "{}", ""):                                                                                       "o: at least one of PromptId, Text, or SSML must be present",
		document("MessageReceived", `{"Text":"x","MatchingCriteria":{"Type":"Regex"}}`, ""):                                         `o: there is no criterion "Regex": there are Inclusion and Similarity`,
		document("FlowActionStarted", `{"ActionType":"ShowView"}`, ""):                                                              `o: actions of the type "ShowView" cannot be observed`,
		act(`{"Identifier":"a","Type":"Assertion"}`):                                                                                `o/a: there is no action "Assertion": there are SendInstruction, Assert, OverrideSystemBehavior and TestControl`,
		act(`{"Identifier":"a","Type":"Assert","Parameters":{"Namespace":"$.Queue.Name","Operator":"Matches"}}`):                    `o/a: there is no operator "Matches"`,
		act(`{"Identifier":"a","Type":"Assert","Parameters":{"Namespace":"Queue","Operator":"Equals"}}`):                            `o/a: Namespace is "Queue", and must be one path`,
		act(`{"Identifier":"a","Type":"TestControl","Parameters":{"Command":{"Type":"Stop"}}}`):                                     `o/a: there is no command "Stop": there are EndTest and LogData`,
		act(`{"Identifier":"a","Type":"TestControl","Parameters":{"Command":{"Type":"EndTest"}},"Transitions":{"NextAction":"b"}}`): `o: NextAction is "b", which is no action of the observation`,
		act(`{"Identifier":"a","Type":"TestControl","Parameters":{"Command":{"Type":"EndTest"}},"Transitions":{"NextAction":"a"}}`): "o: actions lead to each other in a circle, or have the same Identifier",
		said("Typing", ""):                       `o/a: there is no instruction "Typing": there are Utterance and Disconnect`,
		said("Utterance", ""):                    "o/a: the utterance has no Value",
		mocked("ShowView", "", `"Type":"Error"`): `o/a: actions of the type "ShowView" cannot be overridden`,
		mocked("TransferContactToQueue", `"QueueId":"q"`, `"Type":"ExecutionResult"`):                         "o/a: a transfer to a queue has no response but an Error: substitute another queue for it",
		mocked("CheckHoursOfOperation", `"HoursOfOperationId":"h"`, `"ExecutionResult":{"Value":"Closed"}`):   `o/a: hours of operation are InHours or OutOfHours, and not "Closed"`,
		mocked("InvokeLambdaFunction", `"LambdaFunctionARN":"f"`, `"ExecutionResult":{"DelaySeconds":"NaN"}`): `o/a: DelaySeconds is "NaN", and must be a number of seconds`,
	} {
		f, is := testcase.Read("f.json", []byte(text))
		if !is {
			t.Fatalf("no test case: %s", text)
		}
		_, problems := testcase.Decode(f)
		if len(problems) != 1 || problems[0].String() != want {
			t.Errorf("%s\n got %v\nwant %s", text, problems, want)
		}
	}
}

// FuzzDecode reads anything without a fault, and what it reads can be compared.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{said("Utterance", `"Value":"x"`), mocked("InvokeLambdaFunction", `"LambdaFunctionARN":"f"`, `"Type":"Error"`), `{"TestCase":{"Content":"{\"Observations\":[]}"}}`} {
		f.Add([]byte(text))
	}
	if data, err := os.ReadFile("../casetest/testdata/priority.json"); err == nil {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		testcase.IsTemplate(data)
		file, is := testcase.Read("f.json", data)
		if !is {
			return
		}
		c, problems := testcase.Decode(file)
		again, more := testcase.Decode(file)
		if !cmp.Equal(c, again) || len(problems) != len(more) {
			t.Error("the same file is read in two ways")
		}
		if _, err := json.Marshal(c); err != nil {
			t.Error(err)
		}
		for i := range c.Observations {
			e := &c.Observations[i].Event
			if out := testcase.Compare(e.Criterion, e.Text, e.Text); e.Text != "" && e.Criterion != "" && len(problems) == 0 && !out.Met {
				t.Errorf("%q is not itself: %+v", e.Text, out)
			}
		}
	})
}
