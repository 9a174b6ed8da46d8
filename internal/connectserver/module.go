package connectserver

import (
	"context"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/instance"
)

func (s *Service) moduleARN(instance, id string) string {
	return s.instanceARN(instanceID(instance)) + "/flow-module/" + id
}

type externalInvocation struct{ Enabled bool }

type createModuleInput struct {
	InstanceID  string `json:"InstanceId"`
	Name        string
	Content     string
	Description string
	Tags        map[string]string
	ClientToken string
	Settings    string
	External    externalInvocation `json:"ExternalInvocationConfiguration"`
}

type createModuleOutput struct {
	ID  string `json:"Id"`
	ARN string `json:"Arn"`
}

// createModule carries out CreateContactFlowModule. AWS's SDKs fill in the client token, so that a
// repeated call makes no second module.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlowModule.html
func (s *Service) createModule(ctx context.Context, in *createModuleInput) (*createModuleOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	create := func() (*createModuleOutput, error) {
		f, err := s.kept.Create(ctx, instance.Flow{
			Kind: flow.Module, Name: in.Name, Description: in.Description, Tags: in.Tags, Published: in.Content, Settings: in.Settings,
			External: in.External.Enabled,
		})
		if err != nil {
			return nil, s.notKept(err, "", true)
		}
		return &createModuleOutput{f.ID, s.moduleARN(in.InstanceID, f.ID)}, nil
	}
	return s.modules.do("", in.ClientToken, create)
}

type moduleInput struct {
	InstanceID string `json:"InstanceId"`
	ModuleID   string `json:"ContactFlowModuleId"`
}

// moduleOutput is a flow module.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ContactFlowModule.html
type moduleOutput struct {
	ARN                string `json:"Arn"`
	ID                 string `json:"Id"`
	Name               string
	Content            string
	Description        string `json:",omitzero"`
	State              string
	Status             string
	Tags               map[string]string  `json:",omitzero"`
	Hash               string             `json:"FlowModuleContentSha256"`
	Version            int                `json:",omitzero"`
	VersionDescription string             `json:",omitzero"`
	Settings           string             `json:",omitzero"`
	External           externalInvocation `json:"ExternalInvocationConfiguration"`
}

func (s *Service) moduleOutput(given string, f *Flow) moduleOutput {
	return moduleOutput{
		ARN: s.moduleARN(given, f.ID), ID: f.ID, Name: f.Name, Content: f.Content, Description: f.Description, State: f.state(),
		Status: f.status(), Tags: f.Tags, Hash: hashOf(f.Content), Version: f.version.Number, VersionDescription: f.version.Description,
		Settings: f.Settings, External: externalInvocation{f.External},
	}
}

type describeModuleOutput struct{ ContactFlowModule moduleOutput }

// describeModule carries out DescribeContactFlowModule.
func (s *Service) describeModule(_ context.Context, in *moduleInput) (*describeModuleOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	f, err := s.find(in.ModuleID, true)
	if err != nil {
		return nil, err
	}
	return &describeModuleOutput{s.moduleOutput(in.InstanceID, &f)}, nil
}

type listModulesInput struct {
	listInput `json:",inline"`
	State     string `json:"state"`
}

type moduleSummary struct {
	ID    string `json:"Id"`
	ARN   string `json:"Arn"`
	Name  string
	State string
}

type listModulesOutput struct {
	Modules   []moduleSummary `json:"ContactFlowModulesSummaryList"`
	NextToken string          `json:",omitzero"`
}

// listModules carries out ListContactFlowModules.
func (s *Service) listModules(_ context.Context, in *listModulesInput) (*listModulesOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	arns := s.moduleARN(in.InstanceID, "")
	modules, next, err := pageOf(func(yield func(moduleSummary) bool) {
		for f := range s.each(true) {
			if (in.State == "" || in.State == f.state()) && !yield(moduleSummary{f.ID, arns + f.ID, f.Name, f.state()}) {
				return
			}
		}
	}, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &listModulesOutput{modules, next}, nil
}

type updateModuleContentInput struct {
	moduleInput `json:",inline"`
	Content     string
	Settings    *string
}

// updateModuleContent carries out UpdateContactFlowModuleContent; what the request leaves out stays.
func (s *Service) updateModuleContent(ctx context.Context, in *updateModuleContentInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.ModuleID, true, func(f *instance.Flow) error {
		if in.Settings != nil {
			f.Settings = *in.Settings
		}
		if in.Content == "" {
			return nil
		}
		return setContent(f, in.ModuleID, in.Content)
	})
}

type moduleMetadataInput struct {
	moduleInput `json:",inline"`
	Name        string
	Description *string
	State       string
}

// updateModuleMetadata carries out UpdateContactFlowModuleMetadata; what the request leaves out stays.
func (s *Service) updateModuleMetadata(ctx context.Context, in *moduleMetadataInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.ModuleID, true, func(f *instance.Flow) error {
		return setMetadata(f, in.Name, in.Description, in.State)
	})
}

// deleteModule carries out DeleteContactFlowModule.
func (s *Service) deleteModule(ctx context.Context, in *moduleInput) (*nothing, error) {
	return s.remove(ctx, in.InstanceID, in.ModuleID, true)
}

type createModuleVersionInput struct {
	moduleInput `json:",inline"`
	Description string
	Hash        string `json:"FlowModuleContentSha256"`
}

type createModuleVersionOutput struct {
	ARN     string `json:"ContactFlowModuleArn"`
	Version int
}

// createModuleVersion carries out CreateContactFlowModuleVersion.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlowModuleVersion.html
func (s *Service) createModuleVersion(ctx context.Context, in *createModuleVersionInput) (*createModuleVersionOutput, error) {
	out := &createModuleVersionOutput{ARN: s.moduleARN(in.InstanceID, moduleID(in.ModuleID))}
	_, err := s.changeFlow(ctx, in.InstanceID, in.ModuleID, true, func(f *instance.Flow) (err error) {
		out.Version, err = addVersion(f, in.Hash, in.Description)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type listModuleVersionsInput struct {
	moduleInput `json:",inline"`
	NextToken   string `json:"nextToken"`
	MaxResults  int    `json:"maxResults"`
}

type listModuleVersionsOutput struct {
	Versions  []versionSummary `json:"ContactFlowModuleVersionSummaryList"`
	NextToken string           `json:",omitzero"`
}

// listModuleVersions carries out ListContactFlowModuleVersions.
func (s *Service) listModuleVersions(_ context.Context, in *listModuleVersionsInput) (*listModuleVersionsOutput, error) {
	versions, next, err := s.versions(in.InstanceID, in.ModuleID, true, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	return &listModuleVersionsOutput{versions, next}, nil
}

type deleteModuleVersionInput struct {
	moduleInput `json:",inline"`
	Version     string `json:"ContactFlowModuleVersion"`
}

// deleteModuleVersion carries out DeleteContactFlowModuleVersion.
func (s *Service) deleteModuleVersion(ctx context.Context, in *deleteModuleVersionInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.ModuleID, true, func(f *instance.Flow) error { return dropVersion(f, in.Version) })
}
