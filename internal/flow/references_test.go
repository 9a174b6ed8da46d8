package flow

import (
	"fmt"
	"strings"
	"testing"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, kind, parameters, metadata, want string }{
		{"queue", "UpdateContactTargetQueue", `{"QueueId":"arn:q"}`, `{"parameters":{"QueueId":{"displayName":"Sales"}}}`, "queue arn:q Sales"},
		{"older queue", "CheckMetricData", `{"QueueId":"q"}`, `{"queue":{"text":"Sales"}}`, "queue q Sales"},
		{"agent", "UpdateContactTargetQueue", `{"AgentId":"a"}`, `{}`, "agent a "},
		{"flow", "TransferToFlow", `{"ContactFlowId":"${Main.Arn}"}`, `{"ContactFlow":{"text":"Main"}}`, "flow ${Main.Arn} Main"},
		{"name alone", "TransferToFlow", `{"ContactFlowId":""}`, `{"ContactFlow":{"text":"Main"}}`, "flow  Main"},
		{"empty", "TransferToFlow", `{"ContactFlowId":""}`, `{}`, ""},
		{"dynamic", "TransferToFlow", `{"ContactFlowId":"$.External.next"}`, `{}`, ""},
		{"built", "TransferToFlow", `{"ContactFlowId":"arn:$.AwsRegion:x"}`, `{}`, ""},
		{"hook", "UpdateContactEventHooks", `{"EventHooks":{"CustomerQueue":"arn:w"}}`, `{"parameters":{"EventHooks":{"CustomerQueue":{"displayName":"Waiting"}}}}`, "flow arn:w Waiting"},
		{"older hook", "UpdateContactEventHooks", `{"EventHooks":{"CustomerQueue":"arn:w"}}`, `{"contactFlow":{"text":"Waiting"}}`, "flow arn:w Waiting"},
		{"module", "InvokeFlowModule", `{"FlowModuleId":"m:$LATEST"}`, `{"contactFlowModuleName":"Survey"}`, "module m:$LATEST Survey"},
		{"function", "InvokeLambdaFunction", `{"LambdaFunctionARN":"arn:f"}`, `{"parameters":{"LambdaFunctionARN":{"displayName":"lookup"}}}`, "function arn:f lookup"},
		{"bot before prompt", "ConnectParticipantWithLexBot", `{"LexV2Bot":{"AliasArn":"arn:b"},"PromptId":"p"}`, `{"lexV2BotName":"Ann","promptName":"Beep"}`, "bot arn:b Ann, prompt p Beep"},
		{"older bot", "ConnectParticipantWithLexBot", `{"LexBot":{"Name":"Ann","Region":"us-east-1"}}`, `{}`, "bot Ann "},
		{"hours", "CheckHoursOfOperation", `{"HoursOfOperationId":"h"}`, `{"Hours":{"text":"Office"}}`, "hours h Office"},
		{"view", "ShowView", `{"ViewResource":{"Id":"form","Version":"Latest"}}`, `{"parameters":{"ViewResource":{"Id":{"displayName":"Form"}}}}`, "view form Form"},
		{"prompts", "MessageParticipantIteratively", `{"Messages":[{"Text":"a"},{"PromptId":"p"}]}`, `{"audio":[{"type":"Text"},{"text":"Jazz"}]}`, "prompt p Jazz"},
		{"metadata of another shape", "ShowView", `{"ViewResource":{"Id":"form"}}`, `{"parameters":["x"]}`, "view form "},
		{"parameters of another shape", "ShowView", `{"ViewResource":[{"Id":"form"}],"QueueId":{"a":1},"PromptId":7}`, `{}`, ""},
		{"nothing", "Wait", `{"TimeLimitSeconds":"1"}`, `{}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sources, findings := Read("f", []byte(fmt.Sprintf(`{"Version":"2019-10-30","StartAction":"a","Metadata":{"ActionMetadata":{"a":%s}},
				"Actions":[{"Identifier":"a","Type":%q,"Parameters":%s}]}`, test.metadata, test.kind, test.parameters)))
			if len(sources) != 1 {
				t.Fatal(findings)
			}
			var got []string
			for _, r := range References(sources[0]) {
				if r.Action != "a" {
					t.Errorf("%v belongs to no action", r)
				}
				got = append(got, fmt.Sprintf("%s %s %s", r.Kind, r.Value, r.Shown))
			}
			if all := strings.Join(got, ", "); all != test.want {
				t.Errorf("references %q, want %q", all, test.want)
			}
		})
	}
}

// TestShownName is what a running action tells of the resource it is about.
func TestShownName(t *testing.T) {
	t.Parallel()
	sources, findings := Read("f", []byte(`{"Version":"2019-10-30","StartAction":"a","Metadata":{"ActionMetadata":{"a":{"parameters":{"QueueId":{"displayName":"Sales"}}}}},
		"Actions":[{"Identifier":"a","Type":"UpdateContactTargetQueue","Parameters":{"QueueId":"arn:q"}}]}`))
	if len(sources) != 1 {
		t.Fatal(findings)
	}
	p, findings := Compile(sources[0])
	if p == nil {
		t.Fatal(findings)
	}
	turn, err := Step(p, Begin(p, Kept{}), Input{})
	if err != nil || len(turn.Effects) != 1 || turn.Effects[0].Ask == nil || turn.Effects[0].Ask.Shown != "Sales" {
		t.Errorf("asked %+v, %v", turn.Effects, err)
	}
}
