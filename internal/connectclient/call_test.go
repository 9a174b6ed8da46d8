package connectclient_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/startchat"
)

func TestStartChatContactOnTheWire(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(awsfake.Step{Header: http.Header{"X-Amz-Id-2": {"ext"}, "X-Amz-Cf-Id": {"cf"}}})
	client := mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: endpoint.URL + "/prefix/", UserAgent: "parley/test"})
	if got, want := client.Endpoint(), endpoint.URL+"/prefix"; got != want {
		t.Errorf("Endpoint() = %q, want %q", got, want)
	}
	// The path below the prefix is no operation of the endpoint: only the signature counts here.
	if _, err := client.StartChatContact(t.Context(), startRequest()); err != nil {
		if refusal, ok := errors.AsType[*awswire.Error](err); !ok || refusal.Name != "UnknownOperationException" {
			t.Errorf("below a prefix: %v", err)
		}
	}

	endpoint.Script(awsfake.Step{Header: http.Header{"X-Amz-Id-2": {"ext"}, "X-Amz-Cf-Id": {"cf"}}})
	client = mustNew(t, connectclient.Config{Profile: "fake", EndpointURL: endpoint.URL, UserAgent: "parley/test"})
	result, err := client.StartChatContact(t.Context(), startRequest())
	if err != nil {
		t.Fatal(err)
	}
	if len(result.ContactID) != 36 || len(result.ParticipantID) != 36 || !strings.HasPrefix(result.ParticipantToken.Reveal(), "QVFJREFI") {
		t.Errorf("result %+v", result)
	}
	meta := result.Metadata
	if meta.RequestID == "" {
		t.Error("no request id")
	}
	meta.RequestID = ""
	want := startchat.Metadata{HTTPStatusCode: 200, ExtendedRequestID: "ext", CFID: "cf", Attempts: 1}
	if diff := cmp.Diff(want, meta); diff != "" {
		t.Errorf("metadata (-want +got)\n%s", diff)
	}

	prefixed, plain := endpoint.Requests()[0], endpoint.Requests()[1]
	if prefixed.Path != "/prefix/contact/chat" || !prefixed.Accepted {
		t.Errorf("below a prefix: path %s, accepted %v", prefixed.Path, prefixed.Accepted)
	}
	if plain.Method != http.MethodPut || plain.Path != "/contact/chat" || string(plain.Body) != startBody || !plain.Accepted {
		t.Errorf("sent %+v", plain)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Amz-Sdk-Request": "attempt=1; max=3", "User-Agent": "parley/test", "Accept-Encoding": "",
	} {
		if got := plain.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if id := plain.Header.Get("Amz-Sdk-Invocation-Id"); len(id) != 36 {
		t.Errorf("invocation id %q", id)
	}
	if signed := plain.Header.Get("Authorization"); !strings.Contains(signed, "amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-date") {
		t.Errorf("the signature does not cover what the SDK's covers: %s", signed)
	}
}

func TestStopContact(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	client := newClient(t, endpoint)
	result, err := client.StartChatContact(t.Context(), startRequest())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.StopContact(t.Context(), "arn:aws:connect:us-west-2:123456789012:instance/i-1", result.ContactID); err != nil {
		t.Errorf("stopping a contact: %v", err)
	}
	if open := endpoint.OpenContacts(); open != 0 {
		t.Errorf("%d contacts are open", open)
	}
	if got := string(endpoint.Requests("StopContact")[0].Body); !strings.Contains(got, `"InstanceId":"arn:aws:connect:`) {
		t.Errorf("the instance's ARN was not sent as it is: %s", got)
	}
	gone, ok := errors.AsType[*awswire.Error](client.StopContact(t.Context(), "i-1", "unknown"))
	if !ok || gone.Status != http.StatusGone || gone.Name != "ContactNotFoundException" {
		t.Errorf("stopping an unknown contact gave %v, want ContactNotFoundException", gone)
	}
	endpoint.Script(awsfake.Step{Status: 403, Error: "AccessDeniedException"})
	refusal, ok := errors.AsType[*awswire.Error](client.StopContact(t.Context(), "i-1", result.ContactID))
	if !ok || refusal.Name != "AccessDeniedException" {
		t.Errorf("a refused stop gave %v", refusal)
	}
}

// An answer that is not the service's is an error that is not tried again.
func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"garbage": "<html>Sign in</html>", "nothing in it": "{}", "wrong type": `{"ContactId":5}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := awsfake.Start(t)
			endpoint.Script(awsfake.Step{Status: 200, Body: body})
			result, err := newClient(t, endpoint).StartChatContact(t.Context(), startRequest())
			call, ok := errors.AsType[*startchat.CallError](err)
			if result != nil || !ok || !errors.Is(err, awswire.ErrAnswer) {
				t.Fatalf("result %v, error %v", result, err)
			}
			if meta := call.Metadata; meta.HTTPStatusCode != 200 || meta.Attempts != 1 || meta.RequestID == "" || endpoint.Calls() != 1 {
				t.Errorf("after %d calls: %+v", endpoint.Calls(), meta)
			}
		})
	}
}

// A refusal keeps the number of attempts and AWS's own words.
func TestRefusedStart(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	step := awsfake.Step{Status: 500, Error: "InternalServiceException", Message: "m"}
	endpoint.Script(step, step, step)
	_, err := newClient(t, endpoint).StartChatContact(t.Context(), startRequest())
	call, ok := errors.AsType[*startchat.CallError](err)
	if !ok || call.Metadata.Attempts != 3 || call.Metadata.HTTPStatusCode != 500 || call.Metadata.TotalRetryDelay <= 0 {
		t.Errorf("%+v, %v", call, err)
	}
	if refusal, ok := errors.AsType[*awswire.Error](err); !ok || refusal.Name != "InternalServiceException" || refusal.Message != "m" {
		t.Errorf("the refusal came as %v", err)
	}
}

func TestLenientAnswer(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(awsfake.Step{Status: 201, Body: `{"ContactId":"c","ParticipantId":"p","ParticipantToken":"t","ContinuedFromContactId":"o","New":[1],"Other":null}`})
	result, err := newClient(t, endpoint).StartChatContact(t.Context(), startRequest())
	if err != nil {
		t.Fatal(err)
	}
	if result.ContactID != "c" || result.ParticipantID != "p" || result.ParticipantToken.Reveal() != "t" || result.ContinuedFromContactID != "o" {
		t.Errorf("result %+v", result)
	}
}

func TestAnswersAreNotQuoted(t *testing.T) {
	t.Parallel()
	endpoint := awsfake.Start(t)
	endpoint.Script(awsfake.Step{Status: 200, Body: `{"ParticipantToken":"QVFJREFIcanary","ContactId":7}`})
	_, err := newClient(t, endpoint).StartChatContact(t.Context(), startRequest())
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "canary") {
		t.Errorf("the error quotes the answer: %v", err)
	}
}

func TestRegions(t *testing.T) {
	const arn = "arn:aws:connect:eu-west-2:123456789012:instance/i-1"
	tests := []struct {
		name   string
		config connectclient.Config
		env    string
		want   string
	}{
		{"profile", connectclient.Config{}, "", "us-west-2"},
		{"environment", connectclient.Config{}, "ca-central-1", "ca-central-1"},
		{"instance", connectclient.Config{InstanceID: arn}, "ca-central-1", "eu-west-2"},
		{"plain instance id", connectclient.Config{InstanceID: "i-1"}, "ca-central-1", "ca-central-1"},
		{"flag", connectclient.Config{InstanceID: arn, Region: "us-east-1"}, "ca-central-1", "us-east-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.env != "" {
				t.Setenv("AWS_REGION", test.env)
			}
			test.config.Profile = "fake"
			client := mustNew(t, test.config)
			if client.Region() != test.want || client.Endpoint() != "https://connect."+test.want+".amazonaws.com" {
				t.Errorf("region %q at %s, want %q", client.Region(), client.Endpoint(), test.want)
			}
		})
	}
}
