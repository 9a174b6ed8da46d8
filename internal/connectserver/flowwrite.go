package connectserver

import (
	"context"
	"slices"
	"strconv"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/instance"
)

type createFlowInput struct {
	InstanceID  string `json:"InstanceId"`
	Name        string
	Type        string
	Content     string
	Description string
	Status      string
	Tags        map[string]string
}

type createFlowOutput struct {
	ID   string `json:"ContactFlowId"`
	ARN  string `json:"ContactFlowArn"`
	Hash string `json:"FlowContentSha256"`
}

// createFlow carries out CreateContactFlow. What is only saved is not looked at.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlow.html
func (s *Service) createFlow(ctx context.Context, in *createFlowInput) (*createFlowOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	f := instance.Flow{Kind: flow.Kind(in.Type), Name: in.Name, Description: in.Description, Tags: in.Tags, Published: in.Content}
	if in.Status == saved {
		f.Published, f.Draft = "", in.Content
	}
	f, err := s.kept.Create(ctx, f)
	if err != nil {
		return nil, s.notKept(err, "", false)
	}
	return &createFlowOutput{f.ID, s.flowARN(in.InstanceID, f.ID), hashOf(in.Content)}, nil
}

// changeFlow changes a flow, or a module, that was created through the API.
func (s *Service) changeFlow(ctx context.Context, instanceID, given string, module bool, f func(*instance.Flow) error) (*nothing, error) {
	if refused := s.knownInstance(instanceID); refused != nil {
		return nil, refused
	}
	id := idOf(given, module)
	if _, err := s.kept.Change(ctx, id, module, f); err != nil {
		return nil, s.notKept(err, id, module)
	}
	return &nothing{}, nil
}

// setContent publishes a content, or saves it beside what is published.
func setContent(f *instance.Flow, given, content string) error {
	switch versionOf(given) {
	case "", "$LATEST":
		f.Published, f.Draft = content, ""
	case "$SAVED":
		f.Draft = content
	default:
		return refusal(invalidRequest, "A version does not change: name the flow without it, or with $SAVED.")
	}
	return nil
}

type updateContentInput struct {
	flowInput `json:",inline"`
	Content   string
}

// updateFlowContent carries out UpdateContactFlowContent.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateContactFlowContent.html
func (s *Service) updateFlowContent(ctx context.Context, in *updateContentInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.FlowID, false, func(f *instance.Flow) error {
		return setContent(f, in.FlowID, in.Content)
	})
}

type metadataInput struct {
	flowInput   `json:",inline"`
	Name        string
	Description *string
	State       string `json:"ContactFlowState"`
}

// updateFlowMetadata carries out UpdateContactFlowMetadata; what the request leaves out stays.
func (s *Service) updateFlowMetadata(ctx context.Context, in *metadataInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.FlowID, false, func(f *instance.Flow) error {
		return setMetadata(f, in.Name, in.Description, in.State)
	})
}

func setMetadata(f *instance.Flow, name string, description *string, state string) error {
	if name != "" {
		f.Name = name
	}
	if description != nil {
		f.Description = *description
	}
	if state != "" {
		f.Archived = state == archived
	}
	return nil
}

// deleteFlow carries out DeleteContactFlow.
func (s *Service) deleteFlow(ctx context.Context, in *flowInput) (*nothing, error) {
	return s.remove(ctx, in.InstanceID, in.FlowID, false)
}

func (s *Service) remove(ctx context.Context, instanceID, given string, module bool) (*nothing, error) {
	if refused := s.knownInstance(instanceID); refused != nil {
		return nil, refused
	}
	id := idOf(given, module)
	if err := s.kept.Remove(ctx, id, module); err != nil {
		return nil, s.notKept(err, id, module)
	}
	return &nothing{}, nil
}

type createFlowVersionInput struct {
	flowInput   `json:",inline"`
	Description string
	Hash        string `json:"FlowContentSha256"`
}

type createFlowVersionOutput struct {
	ARN     string `json:"ContactFlowArn"`
	Version int
}

// createFlowVersion carries out CreateContactFlowVersion, which is for campaigns.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlowVersion.html
func (s *Service) createFlowVersion(ctx context.Context, in *createFlowVersionInput) (*createFlowVersionOutput, error) {
	out := &createFlowVersionOutput{ARN: s.flowARN(in.InstanceID, flowID(in.FlowID))}
	_, err := s.changeFlow(ctx, in.InstanceID, in.FlowID, false, func(f *instance.Flow) (err error) {
		if f.Kind != instance.Campaign {
			return refusal(invalidRequest, "Only flows of the type CAMPAIGN have versions.")
		}
		out.Version, err = addVersion(f, in.Hash, in.Description)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// addVersion keeps what is published as a version, whose number it returns.
func addVersion(f *instance.Flow, hash, description string) (int, error) {
	switch {
	case f.Published == "":
		return 0, refusal(invalidRequest, "What is not published has no versions.")
	case hash != "" && hash != hashOf(f.Published):
		return 0, refusal(invalidRequest, "The hash is not that of the content which is published.")
	}
	f.Numbered++
	f.Versions = append(f.Versions, instance.Version{Number: f.Numbered, Description: description, Content: f.Published, Settings: f.Settings})
	return f.Numbered, nil
}

type deleteFlowVersionInput struct {
	flowInput `json:",inline"`
	Version   string `json:"ContactFlowVersion"`
}

// deleteFlowVersion carries out DeleteContactFlowVersion.
func (s *Service) deleteFlowVersion(ctx context.Context, in *deleteFlowVersionInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.FlowID, false, func(f *instance.Flow) error { return dropVersion(f, in.Version) })
}

func dropVersion(f *instance.Flow, version string) error {
	i := slices.IndexFunc(f.Versions, func(v instance.Version) bool { return strconv.Itoa(v.Number) == version })
	if i < 0 {
		return resourceNotFound("There is no such version.")
	}
	for _, a := range f.Aliases {
		if a.Version == f.Versions[i].Number {
			return refusal(invalidRequest, "The alias "+strconv.Quote(a.Name)+" is a name of this version: let it name another one first.")
		}
	}
	f.Versions = slices.Delete(f.Versions, i, i+1)
	return nil
}
