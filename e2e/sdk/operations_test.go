package sdk_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/connectclient"
)

// ids are values that path labels and members can have: plain ones, ARNs, and text that
// has to be escaped.
var ids = []string{
	"12345678-1234-1234-1234-123456789012",
	"arn:aws:connect:us-west-2:123456789012:instance/12345678-1234-1234-1234-123456789012",
	"x y+z~-_.!*'()%2F/?#&=", "é\"\\\u2028",
}

func TestStopContactOnTheWire(t *testing.T) {
	environment(t)
	for _, id := range ids {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clients, endpoints := both(t, awsfake.Config{}, awsfake.Step{Status: http.StatusOK, Body: "{}"})
				for i, c := range clients {
					if out, err := c.stop(t.Context(), id, "contact "+id); err != nil {
						t.Fatalf("client %d: %+v: %v", i, out, err)
					}
				}
				compareRequests(t, endpoints)
			})
		})
	}
}

// TestStopContactErrors compares failures. A contact that is gone already is one of them.
func TestStopContactErrors(t *testing.T) {
	environment(t)
	for _, test := range []struct {
		step awsfake.Step
		want outcome
	}{
		{awsfake.Step{}, outcome{Kind: succeeded}},
		{
			awsfake.Step{Status: 410, Error: "ContactNotFoundException", Message: "gone"},
			outcome{Kind: refused, Code: "ContactNotFoundException", Message: "gone"},
		},
		{
			awsfake.Step{Status: 400, Error: "InvalidRequestException", Message: "x"},
			outcome{Kind: refused, Code: "InvalidRequestException", Message: "x"},
		},
		{
			awsfake.Step{Status: 500, Error: "InternalServiceException", Message: "x"},
			outcome{Kind: refused, Code: "InternalServiceException", Message: "x"},
		},
		{awsfake.Step{Reset: true}, outcome{Kind: unheard}},
	} {
		t.Run(test.step.Error, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := times(3, test.step)
				if test.step.Status == 0 && !test.step.Reset {
					script = []awsfake.Step{{Status: http.StatusOK, Body: "{}"}}
				}
				clients, endpoints := both(t, awsfake.Config{}, script...)
				for i, c := range clients {
					out, err := c.stop(t.Context(), ids[0], ids[0])
					out = outcome{Kind: out.Kind, Code: out.Code, Message: out.Message}
					if diff := cmp.Diff(test.want, out); diff != "" {
						t.Errorf("client %d: %v (-want +got):\n%s", i, err, diff)
					}
				}
				if a, b := endpoints[0].Calls(), endpoints[1].Calls(); a != b {
					t.Errorf("the generated client made %d attempts, connectclient %d", a, b)
				}
			})
		})
	}
}

// TestInspectionOnTheWire compares the calls that parley doctor makes, and what comes of
// them.
func TestInspectionOnTheWire(t *testing.T) {
	environment(t)
	for _, id := range ids {
		t.Run(id, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clients, endpoints := both(t, awsfake.Config{},
					awsfake.Step{Operation: "DescribeInstance", Body: `{"Instance":{"Id":"i","Arn":"a","InstanceAlias":"n","InstanceStatus":"ACTIVE","CreatedTime":1.7E9}}`},
					awsfake.Step{Operation: "DescribeContactFlow", Body: `{"ContactFlow":{"Id":"f","Arn":"a","Name":"n","Type":"CONTACT_FLOW","State":"ACTIVE","Status":"SAVED"}}`},
					awsfake.Step{Operation: "ListApprovedOrigins", Body: `{"Origins":["https://a.example"],"NextToken":"t /+="}`},
					awsfake.Step{Operation: "ListApprovedOrigins", Body: `{"Origins":["https://b.example"],"NextToken":null}`},
				)
				generated, _ := clients[0].(*generated)
				own, _ := clients[1].(*own)
				want, err := inspectGenerated(t, generated.client, id)
				if err != nil {
					t.Fatal(err)
				}
				got, err := inspectOwn(t, own.client, id)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("results (-generated client +connectclient):\n%s", diff)
				}
				compareRequests(t, endpoints)
			})
		})
	}
}

// inspection is what the calls answered.
type inspection struct {
	Instance connectclient.Instance
	Flow     connectclient.Flow
	Origins  []string
}

func inspectGenerated(t *testing.T, client *connect.Client, id string) (found inspection, err error) {
	t.Helper()
	instance, err := client.DescribeInstance(t.Context(), &connect.DescribeInstanceInput{InstanceId: &id})
	if err != nil {
		return found, err
	}
	found.Instance = connectclient.Instance{
		ID: aws.ToString(instance.Instance.Id), ARN: aws.ToString(instance.Instance.Arn),
		Alias: aws.ToString(instance.Instance.InstanceAlias), Status: string(instance.Instance.InstanceStatus),
	}
	flow, err := client.DescribeContactFlow(t.Context(), &connect.DescribeContactFlowInput{InstanceId: &id, ContactFlowId: aws.String("flow " + id)})
	if err != nil {
		return found, err
	}
	found.Flow = connectclient.Flow{
		ID: aws.ToString(flow.ContactFlow.Id), ARN: aws.ToString(flow.ContactFlow.Arn), Name: aws.ToString(flow.ContactFlow.Name),
		Type: string(flow.ContactFlow.Type), State: string(flow.ContactFlow.State), Status: string(flow.ContactFlow.Status),
	}
	pages := connect.NewListApprovedOriginsPaginator(client, &connect.ListApprovedOriginsInput{InstanceId: &id, MaxResults: aws.Int32(25)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			return found, err
		}
		found.Origins = append(found.Origins, page.Origins...)
	}
	return found, nil
}

func inspectOwn(t *testing.T, client *connectclient.Client, id string) (found inspection, err error) {
	t.Helper()
	if found.Instance, err = client.DescribeInstance(t.Context(), id); err != nil {
		return found, err
	}
	if found.Flow, err = client.DescribeContactFlow(t.Context(), id, "flow "+id); err != nil {
		return found, err
	}
	found.Origins, err = client.ListApprovedOrigins(t.Context(), id)
	return found, err
}
