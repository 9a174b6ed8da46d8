package connectserver

import (
	"context"
	"slices"
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
	arns := s.flowARN(in.InstanceID, "")
	some, next, err := pageOf(func(yield func(flowSummary) bool) {
		for f := range s.each(false) {
			asked := len(in.Types) == 0 || slices.Contains(in.Types, f.kind())
			if asked && !yield(flowSummary{f.ID, arns + f.ID, f.Name, f.kind(), f.state(), f.status()}) {
				return
			}
		}
	}, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &listFlowsOutput{some, next}, nil
}

type flowInput struct {
	InstanceID string `json:"InstanceId"`
	FlowID     string `json:"ContactFlowId"`
}

type describeFlowOutput struct{ ContactFlow flowOutput }

// describeFlow carries out DescribeContactFlow. The published form of a flow that is only
// saved does not exist; its saved form is asked for with ":$SAVED".
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_DescribeContactFlow.html
func (s *Service) describeFlow(_ context.Context, in *flowInput) (*describeFlowOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	f, err := s.find(in.FlowID, false)
	if err != nil {
		return nil, err
	}
	return &describeFlowOutput{s.flowOutput(in.InstanceID, &f)}, nil
}

type listVersionsInput struct {
	flowInput  `json:",inline"`
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

type versionSummary struct {
	ARN         string `json:"Arn"`
	Description string `json:"VersionDescription,omitzero"`
	Version     int
}

type listFlowVersionsOutput struct {
	Versions  []versionSummary `json:"ContactFlowVersionSummaryList"`
	NextToken string           `json:",omitzero"`
}

// listFlowVersions carries out ListContactFlowVersions.
func (s *Service) listFlowVersions(_ context.Context, in *listVersionsInput) (*listFlowVersionsOutput, error) {
	versions, next, err := s.versions(in.InstanceID, in.FlowID, false, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	return &listFlowVersionsOutput{versions, next}, nil
}

// versions lists the versions of a flow or a module, the newest first.
func (s *Service) versions(instance, given string, module bool, token string, size int) ([]versionSummary, string, error) {
	if refused := s.knownInstance(instance); refused != nil {
		return nil, "", refused
	}
	f, err := s.lookUp(idOf(given, module), module)
	if err != nil {
		return nil, "", err
	}
	arn := s.flowARN
	if module {
		arn = s.moduleARN
	}
	all := make([]versionSummary, len(f.Versions))
	for i, v := range f.Versions {
		all[len(all)-1-i] = versionSummary{arn(instance, f.ID), v.Description, v.Number}
	}
	return page(all, token, size, 100)
}
