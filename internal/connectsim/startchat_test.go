package connectsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectsim"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	const body = `{"InstanceId":"arn:aws:connect:us-west-2:111122223333:instance/i-1","ContactFlowId":"arn:aws:connect:us-west-2:111122223333:instance/i-1/contact-flow/f-1",
		"instanceid":"not this one","ParticipantDetails":{"DisplayName":"Pat"},"Attributes":{"k":"v"},"ClientToken":"t","ChatDurationInMinutes":90,
		"SupportedMessagingContentTypes":["text/plain","text/markdown"],"InitialMessage":{"ContentType":"text/markdown","Content":"*hi*"},
		"PersistentChat":{"SourceContactId":"c-0","RehydrationType":"FROM_SEGMENT"},"NewerMember":{"any":[1]}}`
	got, refused := connectsim.NewStartChat().Decode([]byte(body))
	if refused != nil {
		t.Fatal(refused)
	}
	want := chat.StartRequest{
		InstanceID: "i-1", FlowID: "f-1", DisplayName: "Pat", Attributes: map[string]string{"k": "v"}, ClientToken: "t",
		Duration: 90 * time.Minute, ContentTypes: []string{"text/plain", "text/markdown"},
		InitialMessage: &chat.Message{ContentType: "text/markdown", Content: "*hi*"}, SourceID: "c-0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// The exception of each refusal, in AWS's order: types, required members, limits, rules.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	with := func(members string) string {
		return `{"InstanceId":"i","ContactFlowId":"f","ParticipantDetails":{"DisplayName":"Pat"}` + members + `}`
	}
	tests := []struct{ body, exception, says string }{
		{``, "SerializationException", "JSON object"},
		{`[]`, "SerializationException", "JSON object"},
		{with(`,"ClientToken":7`), "SerializationException", "ClientToken"},
		{`{"ClientToken":7}`, "SerializationException", "ClientToken"},
		{`{}`, "InvalidRequestException", "InstanceId is missing"},
		{`{"InstanceId":"","ContactFlowId":"f"}`, "InvalidRequestException", "ParticipantDetails is missing"},
		{with(`,"ParticipantDetails2":1,"InitialMessage":{}`), "InvalidRequestException", "InitialMessage.ContentType"},
		{with(`,"ChatDurationInMinutes":1`), "InvalidParameterException", "60 to 10,080"},
		{with(`,"Attributes":{"a":"` + strings.Repeat("x", 32_767) + `","b":"y"}`), "InvalidParameterException", "32,768"},
		{with(`,"SupportedMessagingContentTypes":["text/markdown"]`), "InvalidRequestException", "text/plain"},
		{with(`,"SupportedMessagingContentTypes":["text/plain","text/markdwon"]`), "InvalidParameterException", "SupportedMessagingContentTypes[1]"},
		{with(`,"InitialMessage":{"ContentType":"text/markdown","Content":"x"}`), "InvalidRequestException", "InitialMessage.ContentType"},
		{with(`,"PersistentChat":{},"RelatedContactId":"c"`), "InvalidRequestException", "together"},
	}
	for _, tt := range tests {
		_, refused := connectsim.NewStartChat().Decode([]byte(tt.body))
		if refused == nil {
			t.Errorf("%.80s was taken", tt.body)
			continue
		}
		if refused.Status != 400 || refused.Name != tt.exception || !strings.Contains(refused.Message, tt.says) {
			t.Errorf("%.80s: %v, want %s about %q", tt.body, refused, tt.exception, tt.says)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"InstanceId":"i","ContactFlowId":"f","ParticipantDetails":{"DisplayName":"Pat"}}`)
	f.Add(`{"Attributes":{"a":"b"},"SegmentAttributes":{"a":{"ValueList":[{"ValueMap":{}}]}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		request, refused := connectsim.NewStartChat().Decode([]byte(body))
		if refused == nil && (request.DisplayName == "" || len(request.ContentTypes) == 0) {
			t.Errorf("%q was taken without what a contact needs: %+v", body, request)
		}
	})
}
