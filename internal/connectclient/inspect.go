package connectclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awscall"
)

// Identity is the caller, by AWS STS.
type Identity struct{ Account, ARN string }

// CallerIdentity asks AWS STS for the owner of the credentials. It needs no permission.
//
// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (c *Client) CallerIdentity(ctx context.Context) (Identity, error) {
	sts, err := c.Client(stsService, "")
	if err != nil {
		return Identity{}, err
	}
	var out struct {
		ARN     string `xml:"GetCallerIdentityResult>Arn"`
		Account string `xml:"GetCallerIdentityResult>Account"`
	}
	form := url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
	if err := sts.Query(ctx, form, &out); err != nil {
		return Identity{}, err
	}
	return Identity{Account: out.Account, ARN: out.ARN}, nil
}

// Instance is an Amazon Connect instance. Status is ACTIVE, CREATION_IN_PROGRESS or
// CREATION_FAILED.
type Instance struct{ ID, ARN, Alias, Status string }

// DescribeInstance describes an instance, given by id or ARN.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_DescribeInstance.html
func (c *Client) DescribeInstance(ctx context.Context, id string) (Instance, error) {
	var out struct {
		Instance struct {
			ID     string `json:"Id"`
			ARN    string `json:"Arn"`
			Alias  string `json:"InstanceAlias"`
			Status string `json:"InstanceStatus"`
		}
	}
	if err := c.get(ctx, "/instance/"+awscall.Escape(id), "", &out); err != nil {
		return Instance{}, err
	}
	return Instance(out.Instance), nil
}

// Flow is a contact flow. Type is CONTACT_FLOW for one that can take chats; State is
// ACTIVE or ARCHIVED; Status is PUBLISHED or SAVED.
type Flow struct{ ID, ARN, Name, Type, State, Status string }

// DescribeContactFlow describes a contact flow; instance and flow are ids or ARNs.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_DescribeContactFlow.html
func (c *Client) DescribeContactFlow(ctx context.Context, instanceID, flowID string) (Flow, error) {
	var out struct {
		ContactFlow struct {
			ID     string `json:"Id"`
			ARN    string `json:"Arn"`
			Name   string
			Type   string
			State  string
			Status string
		}
	}
	path := "/contact-flows/" + awscall.Escape(instanceID) + "/" + awscall.Escape(flowID)
	if err := c.get(ctx, path, "", &out); err != nil {
		return Flow{}, err
	}
	return Flow(out.ContactFlow), nil
}

// ListApprovedOrigins lists the origins that may embed the instance's pages.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ListApprovedOrigins.html
func (c *Client) ListApprovedOrigins(ctx context.Context, instanceID string) ([]string, error) {
	const maxPages = 40 // the quota of origins is far below 25 a page times this
	var origins []string
	query := url.Values{"maxResults": {"25"}}
	for range maxPages {
		var out struct {
			Origins   []string
			NextToken string
		}
		path := "/instance/" + awscall.Escape(instanceID) + "/approved-origins"
		if err := c.get(ctx, path, query.Encode(), &out); err != nil {
			return nil, err
		}
		origins = append(origins, out.Origins...)
		if out.NextToken == "" {
			return origins, nil
		}
		query.Set("nextToken", out.NextToken)
	}
	return origins, nil
}

func (c *Client) get(ctx context.Context, path, query string, out any) error {
	answer, err := c.connect.Call(ctx, awscall.Operation{Method: http.MethodGet, Path: path, Query: query}, nil)
	if err != nil {
		return err
	}
	return answer.JSON(out)
}

// Decision is the result of IAM's simulation of a call.
type Decision string

// The decisions IAM knows.
const (
	Allowed      Decision = "allowed"
	ImplicitDeny Decision = "implicitDeny"
	ExplicitDeny Decision = "explicitDeny"
)

// ErrNotSimulated says that IAM cannot simulate the policies of a principal: a root
// user or a federated one has none of its own.
var ErrNotSimulated = errors.New("no policies to simulate")

// SimulateStartChat asks IAM whether a principal may call StartChatContact on a
// resource, usually "…:instance/ID/contact-flow/ID". The principal is an ARN as
// [Client.CallerIdentity] returns it. Policies of the organisation are not part of
// the simulation.
//
// Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func (c *Client) SimulateStartChat(ctx context.Context, principalARN, resourceARN string) (Decision, error) {
	iam, err := c.Client(iamService, "")
	if err != nil {
		return "", err
	}
	policySource, err := policySource(ctx, iam, principalARN)
	if err != nil {
		return "", err
	}
	form := url.Values{
		"Action": {"SimulatePrincipalPolicy"}, "Version": {iamVersion}, "PolicySourceArn": {policySource},
		"ActionNames.member.1": {"connect:StartChatContact"}, "ResourceArns.member.1": {resourceARN},
	}
	var out struct {
		Decisions []Decision `xml:"SimulatePrincipalPolicyResult>EvaluationResults>member>EvalDecision"`
	}
	if err := iam.Query(ctx, form, &out); err != nil {
		return "", err
	}
	if len(out.Decisions) == 0 {
		return "", fmt.Errorf("simulating connect:StartChatContact: iam answered no decision")
	}
	return out.Decisions[0], nil
}

const iamVersion = "2010-05-08"

// policySource returns the ARN whose policies decide: for the session of an assumed
// role, the role.
func policySource(ctx context.Context, iam *awscall.Client, principal string) (string, error) {
	name, isARN := arn.Parse(principal)
	if !isARN {
		return "", fmt.Errorf("simulating connect:StartChatContact: %q is not an arn", principal)
	}
	switch kind, rest, _ := strings.Cut(name.Resource, "/"); {
	case name.Service == "sts" && kind == "assumed-role":
		role, _, _ := strings.Cut(rest, "/")
		if strings.HasPrefix(role, "AWSReservedSSO_") {
			return roleARN(ctx, iam, role) // roles of single sign-on have a path, which the session's ARN leaves out
		}
		return arn.ARN{Partition: name.Partition, Service: "iam", Account: name.Account, Resource: "role/" + role}.String(), nil
	case name.Service == "iam" && (kind == "user" || kind == "role"):
		return principal, nil
	}
	return "", fmt.Errorf("simulating connect:StartChatContact for %s: %w", principal, ErrNotSimulated)
}

func roleARN(ctx context.Context, iam *awscall.Client, name string) (string, error) {
	var out struct {
		ARN string `xml:"GetRoleResult>Role>Arn"`
	}
	form := url.Values{"Action": {"GetRole"}, "Version": {iamVersion}, "RoleName": {name}}
	if err := iam.Query(ctx, form, &out); err != nil {
		return "", err
	}
	return out.ARN, nil
}
