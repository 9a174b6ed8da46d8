package connectserver

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"iter"
	"slices"
)

type describeInstanceInput struct {
	InstanceID string `json:"InstanceId"`
}

type describeInstanceOutput struct{ Instance instanceOutput }

// instanceOutput is an instance, described or listed.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_Instance.html
type instanceOutput struct {
	ID                     string `json:"Id"`
	ARN                    string `json:"Arn"`
	IdentityManagementType string
	InstanceAlias          string
	CreatedTime            epoch
	ServiceRole            string
	InstanceStatus         string
	InboundCallsEnabled    bool
	OutboundCallsEnabled   bool
}

// describeInstance carries out DescribeInstance.
func (s *Service) describeInstance(_ context.Context, in *describeInstanceInput) (*describeInstanceOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	out := s.thisInstance()
	if id := instanceID(in.InstanceID); id != s.instance.ID {
		out.ID, out.ARN = id, s.instanceARN(id)
	}
	return &describeInstanceOutput{out}, nil
}

func (s *Service) thisInstance() instanceOutput {
	return instanceOutput{
		ID: s.instance.ID, ARN: s.instance.ARN, IdentityManagementType: "CONNECT_MANAGED", InstanceAlias: s.instance.Alias,
		CreatedTime: epoch{s.instance.Created}, InstanceStatus: "ACTIVE",
		ServiceRole: "arn:aws:iam::" + s.account + ":role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect",
	}
}

type listInput struct {
	InstanceID string `json:"InstanceId"`
	NextToken  string `json:"nextToken"`
	MaxResults int    `json:"maxResults"`
}

type listInstancesOutput struct {
	Instances []instanceOutput `json:"InstanceSummaryList"`
	NextToken string           `json:",omitzero"`
}

// listInstances carries out ListInstances.
func (s *Service) listInstances(_ context.Context, in *listInput) (*listInstancesOutput, error) {
	instances, next, err := page([]instanceOutput{s.thisInstance()}, in.NextToken, in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	return &listInstancesOutput{instances, next}, nil
}

type listOriginsOutput struct {
	Origins   []string
	NextToken string `json:",omitzero"`
}

// listOrigins carries out ListApprovedOrigins.
func (s *Service) listOrigins(_ context.Context, in *listInput) (*listOriginsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	origins, next, err := page(s.origins, in.NextToken, in.MaxResults, 25)
	if err != nil {
		return nil, err
	}
	return &listOriginsOutput{origins, next}, nil
}

// page returns a part of a list and the token of the next part, empty after the last. A token
// is where to go on, so a list that changes in between shifts.
func page[T any](all []T, token string, size, defaultSize int) ([]T, string, error) {
	return pageOf(slices.Values(all), token, size, defaultSize)
}

// pageOf is page of a list that is made as it is read, and no further than the part goes.
func pageOf[T any](all iter.Seq[T], token string, size, defaultSize int) ([]T, string, error) {
	from := 0
	if token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || len(raw) != 4 {
			return nil, "", refusal(invalidParameter, "nextToken is not one that this action returned.")
		}
		from = int(binary.BigEndian.Uint32(raw))
	}
	if size == 0 {
		size = defaultSize
	}
	some, at := make([]T, 0, size), 0
	for one := range all {
		if len(some) == size {
			next := binary.BigEndian.AppendUint32(nil, uint32(from+size))
			return some, base64.RawURLEncoding.EncodeToString(next), nil
		}
		if at++; at > from {
			some = append(some, one)
		}
	}
	return some, "", nil
}
