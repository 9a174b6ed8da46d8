package connectserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

type listFlowsInput struct {
	InstanceID string   `json:"InstanceId"`
	Types      []string `json:"contactFlowTypes"`
	NextToken  string   `json:"nextToken"`
	MaxResults int      `json:"maxResults"`
}

type listFlowsOutput struct {
	Flows     []flowSummary `json:"ContactFlowSummaryList"`
	NextToken string        `json:",omitzero"`
}

type flowSummary struct {
	ID     string `json:"Id"`
	ARN    string `json:"Arn"`
	Name   string
	Type   string `json:"ContactFlowType"`
	State  string `json:"ContactFlowState"`
	Status string `json:"ContactFlowStatus"`
}

// listFlows carries out ListContactFlows.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ListContactFlows.html
func (s *Service) listFlows(_ context.Context, in *listFlowsInput) (*listFlowsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	var all []flowSummary
	for _, f := range s.flows() {
		if len(in.Types) == 0 || slices.Contains(in.Types, f.kind()) {
			all = append(all, flowSummary{f.ID, s.flowARN(in.InstanceID, f.ID), f.Name, f.kind(), "ACTIVE", f.status()})
		}
	}
	flows, next, err := page(all, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &listFlowsOutput{flows, next}, nil
}

type describeFlowInput struct {
	InstanceID string `json:"InstanceId"`
	FlowID     string `json:"ContactFlowId"`
}

type describeFlowOutput struct{ ContactFlow flowOutput }

type flowOutput struct {
	ARN          string `json:"Arn"`
	ID           string `json:"Id"`
	Name         string
	Type         string
	State        string
	Status       string
	Description  string `json:",omitzero"`
	Content      string
	Hash         string `json:"FlowContentSha256"`
	LastModified epoch  `json:"LastModifiedTime,omitzero"`
	Region       string `json:"LastModifiedRegion"`
}

// describeFlow carries out DescribeContactFlow. The published form of a flow that is only
// saved does not exist; its saved form is asked for with ":$SAVED".
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_DescribeContactFlow.html
func (s *Service) describeFlow(_ context.Context, in *describeFlowInput) (*describeFlowOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	id := flowID(in.FlowID)
	flows := s.flows()
	i := slices.IndexFunc(flows, func(f Flow) bool { return f.ID == id })
	if i < 0 {
		return nil, resourceNotFound("Contact flow not found.")
	}
	f := flows[i]
	if f.Saved && !strings.HasSuffix(in.FlowID, ":$SAVED") {
		refused := resourceNotFound("The contact flow is saved and not published.")
		refused.Name = "ContactFlowNotPublishedException"
		return nil, refused
	}
	hash := sha256.Sum256([]byte(f.Content))
	return &describeFlowOutput{flowOutput{
		ARN: s.flowARN(in.InstanceID, f.ID), ID: f.ID, Name: f.Name, Type: f.kind(), State: "ACTIVE", Status: f.status(),
		Description: f.Description, Content: f.Content, Hash: hex.EncodeToString(hash[:]), LastModified: epoch{f.Modified},
		Region: s.region,
	}}, nil
}

func (s *Service) flowARN(instance, id string) string {
	return s.instanceARN(instanceID(instance)) + "/contact-flow/" + id
}

// kind is the flow's type as the service names it.
func (f *Flow) kind() string {
	if f.Type == "" {
		return "CONTACT_FLOW"
	}
	return f.Type
}

// status says whether the flow runs for chats.
func (f *Flow) status() string {
	if f.Saved {
		return "SAVED"
	}
	return "PUBLISHED"
}
