package connectserver

import (
	"context"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectmodel"
)

type filesInput struct {
	InstanceID string `json:"InstanceId"`
	Scope      string `json:"AttachmentScope"`
}

// filesOutput is what an instance takes as attachments of one scope.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AttachedFilesConfiguration.html
type filesOutput struct {
	InstanceID string          `json:"InstanceId"`
	Scope      string          `json:"AttachmentScope"`
	Bytes      int64           `json:"MaximumSizeLimitInBytes"`
	Extensions extensionsValue `json:"ExtensionConfiguration"`
	Modified   epoch           `json:"LastModifiedTime,omitzero"`
}

type extensionsValue struct {
	Allowed []extensionValue `json:"AllowedExtensions"`
}

type extensionValue struct{ Extension string }

func filesOf(rules chat.FileRules) filesOutput {
	out := filesOutput{
		InstanceID: rules.InstanceID, Scope: rules.Scope, Bytes: rules.Bytes, Modified: epoch{rules.Modified},
		Extensions: extensionsValue{make([]extensionValue, len(rules.Extensions))},
	}
	for i, extension := range rules.Extensions {
		out.Extensions.Allowed[i].Extension = extension
	}
	return out
}

type describeFilesOutput struct {
	Configuration filesOutput `json:"AttachedFilesConfiguration"`
}

// describeFiles carries out DescribeAttachedFilesConfiguration.
func (s *Service) describeFiles(_ context.Context, in *filesInput) (*describeFilesOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	return &describeFilesOutput{filesOf(s.chats.FileRules(instanceID(in.InstanceID), in.Scope))}, nil
}

type listFilesOutput struct {
	Configurations []filesOutput `json:"AttachedFilesConfigurations"`
	NextToken      string        `json:",omitzero"`
}

// listFiles carries out ListAttachedFilesConfigurations. A summary has no time.
func (s *Service) listFiles(_ context.Context, in *listInput) (*listFilesOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	var all []filesOutput
	for _, scope := range connectmodel.AttachmentScopes() {
		rules := filesOf(s.chats.FileRules(instanceID(in.InstanceID), scope))
		rules.Modified = epoch{}
		all = append(all, rules)
	}
	some, next, err := page(all, in.NextToken, in.MaxResults, len(all))
	if err != nil {
		return nil, err
	}
	return &listFilesOutput{some, next}, nil
}

type updateFilesInput struct {
	filesInput
	Bytes      int64            `json:"MaximumSizeLimitInBytes"`
	Extensions *extensionsValue `json:"ExtensionConfiguration"`
}

// rules implements [ruled]: an extension is letters, digits, - and _, without a dot.
func (in *updateFilesInput) rules() *awswire.Error {
	if in.Extensions == nil {
		return nil
	}
	for _, e := range in.Extensions.Allowed {
		if !connectmodel.IsExtension(e.Extension) {
			return refusal(invalidParameter, "ExtensionConfiguration.AllowedExtensions holds "+strconv.Quote(connectmodel.Shorten(e.Extension))+
				": an extension is letters, digits, - and _, without a dot.")
		}
	}
	return nil
}

// updateFiles carries out UpdateAttachedFilesConfiguration; what the request leaves out stays.
func (s *Service) updateFiles(ctx context.Context, in *updateFilesInput) (*filesOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	change := chat.FileRules{InstanceID: instanceID(in.InstanceID), Scope: in.Scope, Bytes: in.Bytes}
	if in.Extensions != nil {
		change.Extensions = []string{}
		for _, e := range in.Extensions.Allowed {
			change.Extensions = append(change.Extensions, strings.ToLower(e.Extension))
		}
	}
	rules, err := s.chats.SetFileRules(ctx, change)
	if err != nil {
		return nil, err
	}
	out := filesOf(rules)
	return &out, nil
}
