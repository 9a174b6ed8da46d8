package connectserver

import (
	"context"
	"maps"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/instance"
)

type tagInput struct {
	ARN  string            `json:"resourceArn"`
	Tags map[string]string `json:"tags"`
	Keys []string          `json:"tagKeys"`
}

// tagged finds the resource of an ARN.
func (s *Service) tagged(text string) (taggable, error) {
	a, ok := arn.Parse(text)
	if !ok {
		return taggable{}, refusal(invalidRequest, "resourceArn must be an ARN.")
	}
	kind, id := a.KindOf()
	of := map[string]func(id string) taggable{
		"contact-flow":  func(string) taggable { return s.taggableFlow(text, flowID(text), false) },
		"flow-module":   func(string) taggable { return s.taggableFlow(text, moduleID(text), true) },
		s.queues().kind: s.queues().taggable, s.hours().kind: s.hours().taggable, s.prompts().kind: s.prompts().taggable,
		s.quickConnects().kind: s.quickConnects().taggable, s.profiles().kind: s.profiles().taggable, s.users().kind: s.users().taggable,
		s.statuses().kind: s.statuses().taggable, s.views().kind: s.views().taggable,
	}[kind]
	if of == nil {
		return taggable{}, resourceNotFound("There is no such resource that has tags here.")
	}
	if refused := s.knownInstance(a.Instance()); refused != nil {
		return taggable{}, refused
	}
	return of(id), nil
}

func (s *Service) taggableFlow(text, id string, module bool) taggable {
	return taggable{
		func() (map[string]string, error) {
			f, err := s.lookUp(id, module)
			return f.Tags, err
		},
		func(ctx context.Context, change func(map[string]string)) error {
			_, err := s.changeFlow(ctx, arn.InstanceOf(text), id, module, func(f *instance.Flow) (err error) {
				f.Tags, err = retagged(f.Tags, change)
				return err
			})
			return err
		},
	}
}

func (s *Service) retag(ctx context.Context, in *tagInput, change func(tags map[string]string)) (*nothing, error) {
	one, err := s.tagged(in.ARN)
	if err == nil {
		err = one.change(ctx, change)
	}
	if err != nil {
		return nil, err
	}
	return &nothing{}, nil
}

// tag carries out TagResource.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_TagResource.html
func (s *Service) tag(ctx context.Context, in *tagInput) (*nothing, error) {
	return s.retag(ctx, in, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

// untag carries out UntagResource.
func (s *Service) untag(ctx context.Context, in *tagInput) (*nothing, error) {
	return s.retag(ctx, in, func(tags map[string]string) {
		for _, key := range in.Keys {
			delete(tags, key)
		}
	})
}

type listTagsOutput struct {
	Tags map[string]string `json:"tags"`
}

// listTags carries out ListTagsForResource.
func (s *Service) listTags(_ context.Context, in *tagInput) (*listTagsOutput, error) {
	one, err := s.tagged(in.ARN)
	if err != nil {
		return nil, err
	}
	tags, err := one.tags()
	if err != nil {
		return nil, err
	}
	return &listTagsOutput{tags}, nil
}

type functionInput struct {
	InstanceID  string `json:"InstanceId"`
	FunctionARN string `json:"FunctionArn"`
	ClientToken string
}

// noFunction refuses what is no ARN of a function.
func noFunction(text string) *awswire.Error {
	if a, ok := arn.Parse(text); !ok || a.Service != "lambda" {
		return refusal(invalidParameter, "The function must be the ARN of a function of AWS Lambda.")
	}
	return nil
}

// associateFunction carries out AssociateLambdaFunction.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AssociateLambdaFunction.html
func (s *Service) associateFunction(ctx context.Context, in *functionInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	if refused := noFunction(in.FunctionARN); refused != nil {
		return nil, refused
	}
	return s.associated.do("", in.ClientToken, func() (*nothing, error) { return s.addFunction(ctx, in) })
}

func (s *Service) addFunction(ctx context.Context, in *functionInput) (*nothing, error) {
	return s.link(ctx, instance.Function, in.FunctionARN)
}

type disassociateInput struct {
	InstanceID  string `json:"InstanceId"`
	FunctionARN string `json:"functionArn"`
}

// disassociateFunction carries out DisassociateLambdaFunction.
func (s *Service) disassociateFunction(ctx context.Context, in *disassociateInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	return s.unlink(ctx, instance.Function, in.FunctionARN)
}

type listFunctionsOutput struct {
	Functions []string `json:"LambdaFunctions"`
	NextToken string   `json:",omitzero"`
}

// listFunctions carries out ListLambdaFunctions.
func (s *Service) listFunctions(_ context.Context, in *listInput) (*listFunctionsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	functions, next, err := page(s.kept.Linked(instance.Function), in.NextToken, in.MaxResults, 25)
	if err != nil {
		return nil, err
	}
	return &listFunctionsOutput{functions, next}, nil
}
