package connectclient_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectclient"
)

// newAccount returns a client all of whose services are at one endpoint.
func newAccount(t *testing.T, config awsfake.Config) (*connectclient.Client, *awsfake.Endpoint) {
	t.Helper()
	endpoint := awsfake.Start(t, config)
	for _, variable := range endpoint.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	return mustNew(t, connectclient.Config{}), endpoint
}

func TestInspection(t *testing.T) {
	client, endpoint := newAccount(t, awsfake.Config{Instances: []awsfake.Instance{{
		ID: "i-1", Alias: "shop", Origins: []string{"https://a.example", "https://b.example", "https://c.example", "https://d.example", "https://e.example"},
		Flows: []awsfake.Flow{{ID: "f-1", Name: "Chat", Status: "SAVED", Type: "CUSTOMER_QUEUE"}},
	}}})
	const arn = "arn:aws:connect:us-west-2:123456789012:instance/i-1"

	identity, err := client.CallerIdentity(t.Context())
	if want := (connectclient.Identity{Account: "123456789012", ARN: awsfake.DefaultCallerARN}); err != nil || identity != want {
		t.Errorf("CallerIdentity: %+v, %v", identity, err)
	}
	for _, id := range []string{"i-1", arn} {
		instance, err := client.DescribeInstance(t.Context(), id)
		want := connectclient.Instance{ID: "i-1", ARN: arn, Alias: "shop", Status: "ACTIVE"}
		if diff := cmp.Diff(want, instance); err != nil || diff != "" {
			t.Errorf("DescribeInstance(%s): %v\n%s", id, err, diff)
		}
		flow, err := client.DescribeContactFlow(t.Context(), id, arn+"/contact-flow/f-1")
		wantFlow := connectclient.Flow{ID: "f-1", ARN: arn + "/contact-flow/f-1", Name: "Chat", Type: "CUSTOMER_QUEUE", State: "ACTIVE", Status: "SAVED"}
		if diff := cmp.Diff(wantFlow, flow); err != nil || diff != "" {
			t.Errorf("DescribeContactFlow(%s): %v\n%s", id, err, diff)
		}
		origins, err := client.ListApprovedOrigins(t.Context(), id)
		if err != nil || len(origins) != 5 || origins[4] != "https://e.example" {
			t.Errorf("ListApprovedOrigins(%s): %v, %v", id, origins, err)
		}
	}
	if path := endpoint.Requests("DescribeInstance")[1].Path; path != "/instance/arn%3Aaws%3Aconnect%3Aus-west-2%3A123456789012%3Ainstance%2Fi-1" {
		t.Errorf("the ARN in the path is escaped as %s", path)
	}
	if _, err := client.DescribeInstance(t.Context(), "other ~instance+1"); err == nil {
		t.Error("an unknown instance was described")
	} else if refusal, ok := errors.AsType[*awswire.Error](err); !ok || refusal.Name != "ResourceNotFoundException" {
		t.Errorf("an unknown instance gave %v", err)
	}
}

func TestSimulateStartChat(t *testing.T) {
	tests := []struct {
		decision, principal string
		want                connectclient.Decision
		source              string
	}{
		{"allowed", "arn:aws:iam::123456789012:user/ana", connectclient.Allowed, "arn:aws:iam::123456789012:user/ana"},
		{"implicitDeny", "arn:aws:sts::123456789012:assumed-role/Developer/session", connectclient.ImplicitDeny, "arn:aws:iam::123456789012:role/Developer"},
		{"explicitDeny", "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Dev_0123/ana", connectclient.ExplicitDeny, "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123"},
	}
	for _, test := range tests {
		t.Run(test.decision, func(t *testing.T) {
			client, endpoint := newAccount(t, awsfake.Config{Decision: test.decision})
			got, err := client.SimulateStartChat(t.Context(), test.principal, "arn:aws:connect:us-west-2:123456789012:instance/i-1/contact-flow/f-1")
			if err != nil || got != test.want {
				t.Fatalf("decision %q, %v", got, err)
			}
			body := string(endpoint.Requests("SimulatePrincipalPolicy")[0].Body)
			for _, want := range []string{"ActionNames.member.1=connect%3AStartChatContact", strings.NewReplacer(":", "%3A", "/", "%2F").Replace("PolicySourceArn=" + test.source)} {
				if !strings.Contains(body, want) {
					t.Errorf("sent %s, want %s in it", body, want)
				}
			}
		})
	}
	client, endpoint := newAccount(t, awsfake.Config{})
	for _, principal := range []string{"arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:federated-user/ana"} {
		if _, err := client.SimulateStartChat(t.Context(), principal, "*"); !errors.Is(err, connectclient.ErrNotSimulated) {
			t.Errorf("%s gave %v", principal, err)
		}
	}
	if _, err := client.SimulateStartChat(t.Context(), "nonsense", "*"); err == nil {
		t.Error("no ARN was simulated")
	}
	endpoint.Script(awsfake.Step{Status: 403, Error: "AccessDeniedException", Message: "no"})
	_, err := client.SimulateStartChat(t.Context(), "arn:aws:iam::123456789012:user/ana", "*")
	if refusal, ok := errors.AsType[*awswire.Error](err); !ok || refusal.Name != "AccessDenied" || refusal.Message != "no" || refusal.RequestID == "" {
		t.Errorf("a refused simulation gave %v", err)
	}
	endpoint.Script(awsfake.Step{Body: "<not xml"})
	if _, err := client.CallerIdentity(t.Context()); !errors.Is(err, awswire.ErrAnswer) {
		t.Errorf("garbage gave %v", err)
	}
}

func TestServerDate(t *testing.T) {
	client, endpoint := newAccount(t, awsfake.Config{})
	endpoint.SetClock(-2 * time.Hour)
	date, err := client.ServerDate(t.Context())
	if behind := time.Since(date); err != nil || behind < 119*time.Minute || behind > 121*time.Minute {
		t.Errorf("date %v, %v", date, err)
	}
	if sent := endpoint.Requests()[0]; sent.Method != http.MethodGet || sent.Header.Get("Authorization") != "" {
		t.Errorf("sent %+v", sent)
	}
}
