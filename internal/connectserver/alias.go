package connectserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/instance"
)

// aliasOf is where the alias of a name or id is in a list; -1 for nowhere.
func aliasOf(aliases []instance.Alias, ref string) int {
	return slices.IndexFunc(aliases, func(a instance.Alias) bool { return a.ID == ref || a.Name == ref })
}

// name gives an alias a name and a version of its module, which must exist, and no other alias of the
// module may have the name.
func (s *Service) name(f *instance.Flow, a instance.Alias) error {
	if !slices.ContainsFunc(f.Versions, func(v instance.Version) bool { return v.Number == a.Version }) {
		return resourceNotFound(fmt.Sprintf("There is no version %d of this module.", a.Version))
	}
	a.Modified = s.chats.Clock().Now()
	at := aliasOf(f.Aliases, a.ID)
	if same := aliasOf(f.Aliases, a.Name); same >= 0 && same != at {
		return &awswire.Error{Status: http.StatusConflict, Name: "DuplicateResourceException", Message: "Another alias of the module has this name."}
	}
	if at < 0 {
		f.Aliases = append(f.Aliases, a)
	} else {
		f.Aliases[at] = a
	}
	return nil
}

type createAliasInput struct {
	moduleInput `json:",inline"`
	Name        string `json:"AliasName"`
	Description string
	Version     int `json:"ContactFlowModuleVersion"`
}

type createAliasOutput struct {
	ARN string `json:"ContactFlowModuleArn"`
	ID  string `json:"Id"`
}

// createAlias carries out CreateContactFlowModuleAlias.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateContactFlowModuleAlias.html
func (s *Service) createAlias(ctx context.Context, in *createAliasInput) (*createAliasOutput, error) {
	out := &createAliasOutput{s.moduleARN(in.InstanceID, moduleID(in.ModuleID)), uuid.NewString()}
	_, err := s.changeFlow(ctx, in.InstanceID, in.ModuleID, true, func(f *instance.Flow) error {
		return s.name(f, instance.Alias{ID: out.ID, Name: in.Name, Description: in.Description, Version: in.Version})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

type aliasInput struct {
	moduleInput `json:",inline"`
	AliasID     string `json:"AliasId"`
}

const noAlias = "There is no such alias of this module."

type updateAliasInput struct {
	aliasInput  `json:",inline"`
	Name        string
	Description *string
	Version     int `json:"ContactFlowModuleVersion"`
}

// updateAlias carries out UpdateContactFlowModuleAlias; what the request leaves out stays.
func (s *Service) updateAlias(ctx context.Context, in *updateAliasInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.ModuleID, true, func(f *instance.Flow) error {
		at := aliasOf(f.Aliases, in.AliasID)
		if at < 0 {
			return resourceNotFound(noAlias)
		}
		a := f.Aliases[at]
		if in.Name != "" {
			a.Name = in.Name
		}
		if in.Description != nil {
			a.Description = *in.Description
		}
		if in.Version != 0 {
			a.Version = in.Version
		}
		return s.name(f, a)
	})
}

// deleteAlias carries out DeleteContactFlowModuleAlias.
func (s *Service) deleteAlias(ctx context.Context, in *aliasInput) (*nothing, error) {
	return s.changeFlow(ctx, in.InstanceID, in.ModuleID, true, func(f *instance.Flow) error {
		at := aliasOf(f.Aliases, in.AliasID)
		if at < 0 {
			return resourceNotFound(noAlias)
		}
		f.Aliases = slices.Delete(f.Aliases, at, at+1)
		return nil
	})
}

// aliasOutput is an alias of a flow module.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ContactFlowModuleAliasInfo.html
type aliasOutput struct {
	ModuleID    string `json:"ContactFlowModuleId"`
	ModuleARN   string `json:"ContactFlowModuleArn"`
	ID          string `json:"AliasId"`
	Name        string
	Version     int
	Description string `json:",omitzero"`
	Modified    epoch  `json:"LastModifiedTime"`
	Region      string `json:"LastModifiedRegion"`
}

type describeAliasOutput struct{ ContactFlowModuleAlias aliasOutput }

// describeAlias carries out DescribeContactFlowModuleAlias.
func (s *Service) describeAlias(_ context.Context, in *aliasInput) (*describeAliasOutput, error) {
	f, err := s.moduleOf(&in.moduleInput)
	if err != nil {
		return nil, err
	}
	at := aliasOf(f.Aliases, in.AliasID)
	if at < 0 {
		return nil, resourceNotFound(noAlias)
	}
	a := f.Aliases[at]
	return &describeAliasOutput{aliasOutput{
		f.ID, s.moduleARN(in.InstanceID, f.ID), a.ID, a.Name, a.Version, a.Description, epoch{a.Modified}, s.region,
	}}, nil
}

// moduleOf finds the module that a request is about.
func (s *Service) moduleOf(in *moduleInput) (Flow, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return Flow{}, refused
	}
	return s.lookUp(moduleID(in.ModuleID), true)
}

type aliasSummary struct {
	ARN         string `json:"Arn"`
	ID          string `json:"AliasId"`
	Version     int
	Name        string `json:"AliasName"`
	Description string `json:"AliasDescription,omitzero"`
	Modified    epoch  `json:"LastModifiedTime"`
}

type listAliasesOutput struct {
	Aliases   []aliasSummary `json:"ContactFlowModuleAliasSummaryList"`
	NextToken string         `json:",omitzero"`
}

// listAliases carries out ListContactFlowModuleAliases.
func (s *Service) listAliases(_ context.Context, in *listModuleVersionsInput) (*listAliasesOutput, error) {
	f, err := s.moduleOf(&in.moduleInput)
	if err != nil {
		return nil, err
	}
	all := make([]aliasSummary, len(f.Aliases))
	for i, a := range f.Aliases {
		all[i] = aliasSummary{s.moduleARN(in.InstanceID, f.ID) + ":" + a.Name, a.ID, a.Version, a.Name, a.Description, epoch{a.Modified}}
	}
	aliases, next, err := page(all, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &listAliasesOutput{aliases, next}, nil
}
