package connectserver_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/transcript"
)

// Only a standard topic is streamed to, whichever action names it; every refusal names the member.
func TestRowA5StreamingEndpoints(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	started, err := s.api.StartChatContact(t.Context(), []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	for endpoint, refused := range map[string]string{
		arn: "",
		"arn:aws-us-gov:sns:us-gov-west-1:111122223333:Chat_1": "",
		arn + ".fifo": "is a FIFO topic",
		arn + ":11111111-1111-4111-8111-111111111111":        "is of Amazon SNS, but no topic",
		"arn:aws:sns:eu-west-2:123:a":                        "is of Amazon SNS, but no topic",
		"arn:aws:kinesis:eu-west-2:111122223333:stream/a":    "is the ARN of something else",
		"arn:aws:firehose:eu-west-2:111122223333:a":          "is the ARN of something else",
		"arn:aws:lambda:eu-west-2:111122223333:function:a":   "is the ARN of something else",
		"arn:aws:sqs:eu-west-2:111122223333:a":               "is the ARN of something else",
		"a":                                                  "is no ARN",
		"https://sqs.eu-west-2.amazonaws.com/111122223333/a": "is no ARN",
		"http://127.0.0.1:9000/":                             "is no ARN",
	} {
		configuration := `{"StreamingEndpointArn":"` + endpoint + `"}`
		for member, call := range map[string][2]string{
			"ChatStreamingConfiguration.StreamingEndpointArn": {
				"/contact/start-streaming",
				`{"InstanceId":"i","ContactId":"` + started.ContactID + `","ClientToken":"t","ChatStreamingConfiguration":` + configuration + `}`,
			},
			"NewSessionDetails.StreamingConfiguration.StreamingEndpointArn": {
				"/chat-integration-event",
				`{"SourceId":"` + endpoint + `","DestinationId":"b","Event":{"Type":"MESSAGE","ContentType":"text/plain","Content":"hi"},` +
					`"NewSessionDetails":{"StreamingConfiguration":` + configuration + `}}`,
			},
		} {
			w := s.call("POST", call[0], call[1])
			body, name := w.Body.String(), w.Header().Get("x-amzn-ErrorType")
			if refused == "" {
				if w.Code != 200 {
					t.Errorf("%s to %s: %d %s", call[0], endpoint, w.Code, body)
				}
				continue
			}
			want := member + " must be the ARN of a standard Amazon SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME; what was sent " + refused + "."
			if w.Code != 400 || name != "InvalidRequestException" || !strings.Contains(body, want) {
				t.Errorf("%s to %s: %d %s %s, want a 400 with %q", call[0], endpoint, w.Code, name, body, want)
			}
		}
	}
}

// An ARN of another kind is no instance and no contact flow, though ids of any form are.
func TestRowA5OtherNames(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	const instance = "arn:aws:connect:eu-west-2:111122223333:instance/i"
	start := func(instance, flow string) (code int, name, body string) {
		w := s.call("PUT", "/contact/chat", `{"InstanceId":"`+instance+`","ContactFlowId":"`+flow+`","ParticipantDetails":{"DisplayName":"Pat"}}`)
		return w.Code, w.Header().Get("x-amzn-ErrorType"), w.Body.String()
	}
	for _, allowed := range [][2]string{{"i", "f"}, {instance, "f"}, {"i", instance + "/contact-flow/f"}, {"i", instance + "/contact-flow/f:$SAVED"}} {
		if code, name, body := start(allowed[0], allowed[1]); code != 200 {
			t.Errorf("%v: %d %s %s", allowed, code, name, body)
		}
	}
	for ids, member := range map[[2]string]string{
		{"arn:aws:lex:eu-west-2:111122223333:instance/i", "f"}:    "InstanceId",
		{instance + "/contact-flow/f", "f"}:                       "InstanceId",
		{"arn:aws:connect", "f"}:                                  "InstanceId",
		{"i", instance}:                                           "ContactFlowId",
		{"i", instance + "/flow-module/f"}:                        "ContactFlowId",
		{"i", "arn:aws:lambda:eu-west-2:111122223333:function:f"}: "ContactFlowId",
	} {
		if code, name, body := start(ids[0], ids[1]); code != 400 || name != "InvalidRequestException" || !strings.Contains(body, `"Message":"`+member+" must be ") {
			t.Errorf("%v: %d %s %s, want a 400 about %s", ids, code, name, body, member)
		}
	}
}

// A topic that leads nowhere is told of, once, with what to do.
func TestRowA5TopicWithoutTarget(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	p := newPublisher(t, &endpoint{}, &log)
	for _, id := range []string{"1", "2"} {
		p.Publish(contact(arn+"-elsewhere", arn), item(id))
	}
	p.Publish(contact(arn+"-third"), transcript.Item{ID: "3"})
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]int{arn + "-elsewhere=URL": 1, arn + "-third=URL": 1, arn + "=URL": 0} {
		if n := strings.Count(log.String(), "--stream-target "+topic); n != want {
			t.Errorf("%d warnings about %s, want %d:\n%s", n, topic, want, &log)
		}
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 2 {
		t.Errorf("%d warnings, want 2:\n%s", n, &log)
	}
}

// Operations that are newer than most SDKs are known by name, too.
func TestRowA13NewerOperations(t *testing.T) {
	t.Parallel()
	s := newStage(t, nil, nil)
	for call, name := range map[string]string{
		"POST /instance/i/outbound-web-notification":   "SendOutboundWebNotification",
		"DELETE /auth/sessions/i/s":                    "DeleteSession",
		"POST /contact/delete/i/c":                     "DeleteContactData",
		"PUT /attached-files/i/files":                  "CreateAttachedFile",
		"POST /contact/task-template":                  "UpdateContactTaskTemplate",
		"POST /metrics/definitions/i/m/metadata":       "UpdateMetricMetadata",
		"GET /instances/i/evaluation-form-ai-versions": "ListEvaluationFormAIVersions",
	} {
		method, path, _ := strings.Cut(call, " ")
		w := s.call(method, path, "{}")
		if w.Code != 501 || !strings.Contains(w.Body.String(), "does not emulate "+name+";") {
			t.Errorf("%s: %d %s, want a 501 that names %s", call, w.Code, w.Body, name)
		}
	}
}
