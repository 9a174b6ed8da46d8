package flow

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// older is an export of the older console with one module: its type, target, parameters as
// name=value, and branches as condition=transition.
func older(flowType, kind string, parameters []string, branches ...string) string {
	kind, target, _ := strings.Cut(kind, ":")
	ways := make([]string, 0, len(branches))
	for _, b := range branches {
		condition, to, _ := strings.Cut(b, ">")
		condition, compared, is := strings.Cut(condition, " ")
		more := ""
		if is {
			operator, value, _ := strings.Cut(compared, " ")
			more = fmt.Sprintf(`,"conditionType":%q,"conditionValue":%s`, operator, value)
		}
		ways = append(ways, fmt.Sprintf(`{"condition":%q,"transition":%q%s}`, condition, to, more))
	}
	return fmt.Sprintf(`{"modules":[{"id":"m","type":%q,"target":%q,"parameters":[%s],"branches":[%s],"metadata":{"position":{"x":3,"y":4}}}],
		"version":"1","type":%q,"start":"m","metadata":{"name":"Old"}}`, kind, target, strings.Join(parameters, ","), strings.Join(ways, ","), flowType)
}

// given is a parameter of a module; literal adds a name and a literal value.
func given(members string) string { return "{" + members + "}" }

func literal(name, value string) string {
	return given(fmt.Sprintf(`"name":%q,"value":%q`, name, value))
}

func dynamic(name, ns, v string) string {
	return given(fmt.Sprintf(`"name":%q,"value":%q,"namespace":%q`, name, v, ns))
}

func called(name, v, shown string) string {
	return given(fmt.Sprintf(`"name":%q,"value":%q,"namespace":null,"resourceName":%q`, name, v, shown))
}

func TestLegacyModules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		module     string // type:target
		parameters []string
		branches   []string
		want       string // type, parameters, transitions
	}{
		{
			"PlayPrompt",
			[]string{literal("Text", "Hi"), literal("TextToSpeechType", "text")},
			[]string{"Success>a", "Error>b"},
			`MessageParticipant {"Text":"Hi"} next a, NoMatchingError b`,
		},
		{
			"PlayPrompt:PlayAudio",
			[]string{dynamic("Text", "User Defined", "greeting"), literal("TextToSpeechType", "ssml")},
			[]string{"Success>a"},
			`MessageParticipant {"SSML":"$.Attributes.greeting"} next a`,
		},
		{"PlayPrompt", []string{called("AudioPrompt", "arn:p", "Beep.wav")}, []string{"Success>a"}, `MessageParticipant {"PromptId":"arn:p"} next a`},
		{
			"GetUserInput:Digits",
			[]string{literal("Text", "1?"), literal("Timeout", "5"), literal("MaxDigits", "1")},
			[]string{`Evaluate Equals "1">a`, "Timeout>b", "NoMatch>c", "Error>d"},
			`GetParticipantInput {"InputTimeLimitSeconds":"5","InputValidation":{"CustomValidation":{"MaximumLength":"1"}},"StoreInput":"False","Text":"1?"} Equals 1 a, InputTimeLimitExceeded b, NoMatchingCondition c, NoMatchingError d, next d`,
		},
		{
			"GetUserInput:Lex",
			[]string{literal("Text", "?"), literal("BotName", "bot"), literal("BotRegion", "us-east-1"), literal("BotAlias", "live"), given(`"name":"Parameter","key":"k","value":"v"`)},
			[]string{`Evaluate Equals "Help">a`, "NoMatch>b", "Error>c"},
			`ConnectParticipantWithLexBot {"LexBot":{"Alias":"live","Name":"bot","Region":"us-east-1"},"LexSessionAttributes":{"k":"v"},"Text":"?"} Equals Help a, NoMatchingCondition b, NoMatchingError c, next c`,
		},
		{
			"GetUserInput:Lex",
			[]string{literal("LexVersion", "V2"), called("BotAliasArn", "arn:b", "bot"), given(`"name":"Parameter","key":"topic","value":"topic","namespace":"Lex.SessionAttributes"`)},
			[]string{"NoMatch>b"},
			`ConnectParticipantWithLexBot {"LexSessionAttributes":{"topic":"$.Lex.SessionAttributes.topic"},"LexV2Bot":{"AliasArn":"arn:b"}} NoMatchingCondition b, next b`,
		},
		{
			"StoreUserInput:StoreCustomerInput",
			[]string{literal("Text", "?"), literal("CustomerInputType", "Custom"), literal("MaxDigits", "20"), literal("EncryptEntry", "true"), literal("EncryptionKeyId", "id"), literal("EncryptionKey", "key"), literal("TerminatorDigits", "#")},
			[]string{"Success>a", "Error>b"},
			`GetParticipantInput {"DTMFConfiguration":{"InputTerminationSequence":"#"},"InputEncryption":{"EncryptionKeyId":"id","Key":"key"},"InputValidation":{"CustomValidation":{"MaximumLength":"20"}},"StoreInput":"True","Text":"?"} next a, NoMatchingError b`,
		},
		{
			"StoreUserInput",
			[]string{literal("CustomerInputType", "PhoneNumber"), literal("PhoneNumberFormat", "Local"), literal("CountryCode", "US"), given(`"name":"DisableCancel","value":false`)},
			[]string{"Success>a", "InvalidNumber>b"},
			`GetParticipantInput {"DTMFConfiguration":{"DisableCancelKey":"false"},"InputValidation":{"PhoneNumberValidation":{"CountryCode":"US","NumberFormat":"Local"}},"StoreInput":"True"} next a, InvalidPhoneNumber b`,
		},
		{
			"CheckAttribute",
			[]string{literal("Attribute", "Channel"), literal("Namespace", "System")},
			[]string{`Evaluate GreaterThan 3>a`, `Evaluate Contains "x">b`, `Evaluate StartsWith "y">c`, `Evaluate LessThanOrEqualTo 4>d`, "NoMatch>e"},
			`Compare {"ComparisonValue":"$.Channel"} NumberGreaterThan 3 a, TextContains x b, TextStartsWith y c, NumberLessOrEqualTo 4 d, NoMatchingCondition e, next e`,
		},
		{
			"SetAttributes:SetScreenPop",
			[]string{given(`"name":"Attribute","key":"a","value":"x","namespace":"External"`), given(`"name":"Attribute","key":"b","value":7,"namespace":null`)},
			[]string{"Success>a", "Error>b"},
			`UpdateContactAttributes {"Attributes":{"a":"$.External.x","b":"7"}} next a, NoMatchingError b`,
		},
		{
			"SetContactData",
			[]string{given(`"name":"ContactData","namespace":null,"languageCode":"es-US"`)},
			[]string{"Success>a", "Error>b"},
			`UpdateContactData {"LanguageCode":"es-US"} next a, NoMatchingError b`,
		},
		{
			"InvokeExternalResource:Lambda",
			[]string{literal("FunctionArn", "arn:f"), literal("TimeLimit", "3"), given(`"name":"Parameter","key":"queue","value":"Metrics.Queue.ARN","namespace":"System"`)},
			[]string{"Success>a", "Error>b"},
			`InvokeLambdaFunction {"InvocationTimeLimitSeconds":"3","LambdaFunctionARN":"arn:f","LambdaInvocationAttributes":{"queue":"$.Metrics.Queue.ARN"}} next a, NoMatchingError b`,
		},
		{"SetQueue", []string{called("Queue", "", "BasicQueue")}, []string{"Success>a", "Error>b"}, `UpdateContactTargetQueue {"QueueId":""} next a, NoMatchingError b`},
		{"SetQueue", []string{dynamic("Agent", "User Defined", "user name")}, []string{"Success>a"}, `UpdateContactTargetQueue {"AgentId":"$.Attributes['user name']"} next a`},
		{"Transfer:Queue", nil, []string{"AtCapacity>a", "Error>b"}, `TransferContactToQueue {} QueueAtCapacity a, NoMatchingError b, next b`},
		{"CustomerInQueue", nil, []string{"AtCapacity>a"}, `TransferContactToQueue {} QueueAtCapacity a`},
		{"Transfer:Flow", []string{called("ContactFlowId", "", "Next")}, []string{"Error>b"}, `TransferToFlow {"ContactFlowId":""} NoMatchingError b, next b`},
		{"TransferToFlow", []string{called("ContactFlowId", "arn:x", "Next")}, nil, `TransferToFlow {"ContactFlowId":"arn:x"}`},
		{
			"Transfer:PhoneNumber",
			[]string{literal("PhoneNumber", "+1"), literal("TimeLimit", "30"), literal("BlindTransfer", "false")},
			[]string{"Success>a", "CallFailure>b", "Timeout>c", "Error>d"},
			`TransferParticipantToThirdParty {"ContinueFlowExecution":"True","ThirdPartyConnectionTimeLimitSeconds":"30","ThirdPartyPhoneNumber":"+1"} next a, CallFailed b, ConnectionTimeLimitExceeded c, NoMatchingError d`,
		},
		{
			"SetEventHook",
			[]string{literal("Type", "CustomerQueue"), called("ContactFlowId", "arn:q", "Waiting")},
			[]string{"Success>a", "Error>b"},
			`UpdateContactEventHooks {"EventHooks":{"CustomerQueue":"arn:q"}} next a, NoMatchingError b`,
		},
		{"SetContactFlow", []string{called("ContactFlowId", "", "Whisper"), literal("Type", "AgentWhisper")}, []string{"Success>a"}, `UpdateContactEventHooks {"EventHooks":{"AgentWhisper":""}} next a`},
		{"Disconnect", nil, nil, `DisconnectParticipant {}`},
		{"Resume", nil, nil, `EndFlowExecution {}`},
		{
			"Wait",
			[]string{literal("TimeoutSeconds", "60"), literal("InterruptOnCustomerReturn", "true")},
			[]string{"CustomerReturn>a", "Timeout>b", "Error>c"},
			`Wait {"Events":["CustomerReturned"],"TimeLimitSeconds":"60"} Equals CustomerReturned a, Equals WaitCompleted b, NoMatchingError c, next c`,
		},
		{"Loop", []string{literal("LoopCount", "10")}, []string{"Looping>a", "Complete>b"}, `Loop {"LoopCount":"10"} Equals ContinueLooping a, Equals DoneLooping b`},
		{
			"LoopPrompts",
			[]string{called("AudioPrompt", "arn:p", "Jazz"), given(`"name":"Text","value":"Hold","key":"text"`), given(`"name":"Text","value":"<speak/>","key":"ssml"`), given(`"name":"InterruptSeconds","value":30`)},
			[]string{"Timeout>a", "Error>b"},
			`MessageParticipantIteratively {"InterruptFrequencySeconds":"30","Messages":[{"PromptId":"arn:p"},{"Text":"Hold"},{"SSML":"<speak/>"}]} Equals MessagesInterrupted a, NoMatchingError b, next b`,
		},
		{
			"CheckHoursOfOperation",
			[]string{called("Hours", "arn:h", "Office")},
			[]string{"True>a", "False>b", "Error>c"},
			`CheckHoursOfOperation {"HoursOfOperationId":"arn:h"} Equals True a, Equals False b, NoMatchingError c, next c`,
		},
		{
			"CheckStaffing",
			[]string{literal("Status", "Online"), dynamic("Queue", "External", "q")},
			[]string{"True>a", "False>b", "Error>c"},
			`CheckMetricData {"MetricType":"NumberOfAgentsOnline","QueueId":"$.External.q"} NumberGreaterThan 0 a, NoMatchingCondition b, NoMatchingError c, next c`,
		},
		{
			"CheckQueueStatus", nil,
			[]string{"CheckQueueTime LessThan 300000>a", "NoMatch>b", "Error>c"},
			`CheckMetricData {"MetricType":"OldestContactInQueueAgeSeconds"} NumberLessThan 300000 a, NoMatchingCondition b, NoMatchingError c, next c`,
		},
		{"CheckQueueStatus", nil, []string{"CheckQueueCapacity GreaterThanOrEqualTo 5>a"}, `CheckMetricData {"MetricType":"NumberOfContactsInQueue"} NumberGreaterOrEqualTo 5 a`},
		{"GetMetricData", []string{called("Queue", "arn:q", "Basic")}, []string{"Success>a", "Error>b"}, `GetMetricData {"QueueId":"arn:q"} next a, NoMatchingError b`},
		{"UpdateRoutingPriority", []string{given(`"name":"AbsolutePosition","value":1`)}, []string{"Success>a"}, `UpdateContactRoutingBehavior {"QueuePriority":"1"} next a`},
		{
			"SetCallBackNumber",
			[]string{dynamic("CallBackNumber", "System", "Customer Number")},
			[]string{"Success>a", "InvalidPhoneNumber>b", "NonDialableNumber>c"},
			`UpdateContactCallbackNumber {"CallbackNumber":"$.CustomerEndpoint.Address"} next a, InvalidCallbackNumber b, CallbackNumberNotDialable c`,
		},
		{
			"CreateCallback",
			[]string{literal("InitialDelaySeconds", "99"), literal("RetryDelaySeconds", "600"), literal("MaxRetryAttempts", "1")},
			[]string{"Success>a", "Error>b"},
			`CreateCallbackContact {"InitialCallDelaySeconds":"99","MaximumConnectionAttempts":"1","RetryDelaySeconds":"600"} next a, NoMatchingError b`,
		},
		{"SetLoggingBehavior", []string{literal("LoggingBehavior", "Enable")}, []string{"Success>a"}, `UpdateFlowLoggingBehavior {"FlowLoggingBehavior":"Enabled"} next a`},
		{"SetLoggingBehavior", []string{literal("LoggingBehavior", "Disable")}, []string{"Success>a"}, `UpdateFlowLoggingBehavior {"FlowLoggingBehavior":"Disabled"} next a`},
		{
			"SetRecordingBehavior",
			[]string{literal("RecordingBehaviorOption", "Enable"), literal("RecordingParticipantOption", "Both")},
			[]string{"Success>a"},
			`UpdateContactRecordingBehavior {"RecordingBehavior":{"RecordedParticipants":["Agent","Customer"]}} next a`,
		},
		{
			"SetRecordingBehavior",
			[]string{literal("RecordingBehaviorOption", "Disable")},
			[]string{"Success>a"},
			`UpdateContactRecordingBehavior {"RecordingBehavior":{"RecordedParticipants":[]}} next a`,
		},
		{
			"SetVoice",
			[]string{literal("GlobalVoice", "Joanna"), literal("GlobalEngine", "Neural")},
			[]string{"Success>a"},
			`UpdateContactTextToSpeechVoice {"TextToSpeechEngine":"Neural","TextToSpeechVoice":"Joanna"} next a`,
		},
		{
			"StartMediaStreaming",
			[]string{literal("MediaStreamTypes", "Audio")},
			[]string{"Success>a", "Error>b"},
			`UpdateContactMediaStreamingBehavior {"MediaStreamType":"Audio","MediaStreamingState":"Enabled"} next a, NoMatchingError b`,
		},
		{"StopMediaStreaming", nil, []string{"Success>a"}, `UpdateContactMediaStreamingBehavior {"MediaStreamingState":"Disabled"} next a`},
		{"CreateTask", []string{literal("Name", "Call back")}, []string{"Success>a", "Error>b"}, `CreateTask {"Name":"Call back"} next a, NoMatchingError b`},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			sources, findings := Read("old", []byte(older("contactFlow", test.module, test.parameters, test.branches...)))
			if len(sources) != 1 || len(findings) > 0 {
				t.Fatalf("%d flows, findings %v", len(sources), findings)
			}
			if got := described(sources[0].Document.Actions[0]); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// described is an action in a line.
func described(a Action) string {
	parameters, err := json.Marshal(a.Parameters)
	if err != nil {
		return err.Error()
	}
	var ways []string
	next := a.Transitions.NextAction
	for _, c := range a.Transitions.Conditions {
		ways = append(ways, fmt.Sprintf("%s %v %s", c.Condition.Operator, c.Condition.Operands[0], c.NextAction))
	}
	repeated := false
	for _, e := range a.Transitions.Errors {
		ways = append(ways, e.ErrorType+" "+e.NextAction)
		repeated = repeated || e.NextAction == next
	}
	switch {
	case next == "":
	case repeated:
		ways = append(ways, "next "+next)
	default:
		ways = append([]string{"next " + next}, ways...)
	}
	text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(parameters))
	return strings.TrimSpace(a.Type + " " + text + " " + strings.Join(ways, ", "))
}

func TestLegacyNamespaces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ namespace, name, want string }{
		{"User Defined", "plan", "$.Attributes.plan"},
		{"User Defined", "the plan", "$.Attributes['the plan']"},
		{"External", "tier", "$.External.tier"},
		{"External", "customer tier", "$.External['customer tier']"},
		{"Lex.Slots", "city", "$.Lex.Slots.city"},
		{"Lex.SessionAttributes", "a b", "$.Lex.SessionAttributes['a b']"},
		{"Lex", "IntentName", "$.Lex.IntentName"},
		{"Media streams", "Customer.Audio.StreamARN", "$.MediaStreams.Customer.Audio.StreamARN"},
		{"System", "Customer Number", "$.CustomerEndpoint.Address"},
		{"System", "Dialed Number", "$.SystemEndpoint.Address"},
		{"System", "Stored customer input", "$.StoredCustomerInput"},
		{"System", "Text to speech voice", "$.TextToSpeechVoiceId"},
		{"System", "Customer callback number", ""},
		{"System", "Queue.Name", "$.Queue.Name"},
		{"System", "Metrics.Queue.OldestContactAge", "$.Metrics.Queue.OldestContactAge"},
	} {
		if got, ok := namespacePath(test.namespace, test.name); !ok || got != test.want {
			t.Errorf("%s %q is %q, want %q", test.namespace, test.name, got, test.want)
		}
	}
	_, findings := Read("old", []byte(older("contactFlow", "PlayPrompt", []string{dynamic("Text", "Moon", "phase")}, "Success>m")))
	if len(findings) != 1 || findings[0].Rule != "namespace" || findings[0].Action != "m" || findings[0].Flow != "Old" {
		t.Errorf("an unknown namespace: %v", findings)
	}
}

// TestLegacyKeeps looks at what goes beside the actions: kind, names, positions.
func TestLegacyKeeps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ module, parameter, shown string }{
		{"SetQueue", called("Queue", "", "BasicQueue"), "BasicQueue"},
		{"Transfer:Flow", called("ContactFlowId", "", "Next"), "Next"},
		{"GetUserInput:Lex", called("BotAliasArn", "arn:b", "bot"), "bot"},
		{"CheckHoursOfOperation", called("Hours", "", "Office"), "Office"},
	} {
		sources, _ := Read("old", []byte(older("customerQueue", test.module, []string{test.parameter})))
		p, findings := Compile(sources[0])
		if p == nil {
			t.Fatal(findings)
		}
		if got := p.nodes[0].shown; got != test.shown {
			t.Errorf("%s shows %q, want %q", test.module, got, test.shown)
		}
		position := p.source.Document.Metadata.ActionMetadata["m"].Position
		if p.Kind() != CustomerQueue || p.Name() != "Old" || position == nil || *position != (Position{3, 4}) {
			t.Errorf("%s %s %v", p.Kind(), p.Name(), position)
		}
	}
	sources, _ := Read("old", []byte(older("customerQueue", "Transfer:Queue", []string{called("Queue", "arn:q", "Other")}, "Success>m")))
	if a := sources[0].Document.Actions[0]; a.Type != "DequeueContactAndTransferToQueue" || a.Parameters["QueueId"] != "arn:q" {
		t.Errorf("in the flow of a queue a transfer is %s %v", a.Type, a.Parameters)
	}
}
