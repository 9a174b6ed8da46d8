package connectserver

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

// prompts are the prompts of the instance.
func (s *Service) prompts() *family[instance.Prompt] {
	return &family[instance.Prompt]{
		s: s, shelf: func() *instance.Shelf[instance.Prompt] { return &s.kept.Prompts }, what: "prompt", kind: "prompt",
		label: "PromptId", id: "PromptId", arn: "PromptARN",
	}
}

type promptInput struct {
	named `json:",inline"`
	URI   string `json:"S3Uri"`
}

// updated answers with the prompt that a change was about.
func (s *Service) updated(change runner) runner {
	f := s.prompts()
	return func(ctx context.Context, request jsontext.Value, proceed func() *awswire.Error) (any, error) {
		if _, err := change(ctx, request, proceed); err != nil {
			return nil, err
		}
		id := arn.InInstance(textOf(request, f.label), f.kind)
		return members{f.id: id, f.arn: f.arnOf(textOf(request, "InstanceId"), id)}, nil
	}
}

func newPrompt(in *promptInput) (instance.Item[instance.Prompt], error) {
	return item(&in.named, instance.Prompt{URI: in.URI}), nil
}

func updatePrompt(in *promptInput, p *instance.Item[instance.Prompt]) error {
	rename(&in.named, p)
	if in.URI != "" {
		p.Is.URI = in.URI
	}
	return nil
}

// promptFile carries out GetPromptFile. The address of an object of Amazon S3 is that of its URI, without
// a signature: there are no credentials to sign with, and the sound is not kept here.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetPromptFile.html
func (s *Service) promptFile(_ context.Context, _ string, request jsontext.Value) (any, error) {
	p, err := s.prompts().find(request)
	if err != nil {
		return nil, err
	}
	address := p.Is.URI
	if object, ok := strings.CutPrefix(address, "s3://"); ok {
		bucket, key, _ := strings.Cut(object, "/")
		address = (&url.URL{Scheme: "https", Host: bucket + ".s3." + s.region + ".amazonaws.com", Path: "/" + key}).String()
	}
	return members{"PromptPresignedUrl": address, "LastModifiedTime": epoch{p.Modified}, "LastModifiedRegion": s.region}, nil
}

// quickConnects are the quick connects of the instance.
func (s *Service) quickConnects() *family[instance.QuickConnect] {
	return &family[instance.QuickConnect]{
		s: s, shelf: func() *instance.Shelf[instance.QuickConnect] { return &s.kept.QuickConnects }, what: "quick connect", kind: "transfer-destination",
		label: "QuickConnectId", id: "QuickConnectId", arn: "QuickConnectARN",
		show: func(_ string, c *instance.Item[instance.QuickConnect], m members) {
			m["QuickConnectConfig"] = c.Is.Config
		},
		brief: func(c *instance.Item[instance.QuickConnect], e entry) entry {
			e.QuickConnectType = c.Is.Type
			return e
		},
	}
}

func (s *Service) quickConnectIDs(given []string) []string {
	ids := make([]string, len(given))
	for i, id := range given {
		ids[i] = arn.InInstance(id, s.quickConnects().kind)
	}
	return ids
}

type quickConnectInput struct {
	named  `json:",inline"`
	Config json.RawMessage `json:"QuickConnectConfig"`
}

// leadsTo reads what the quick connect of a request leads to. Its type and its one configuration agree.
func (s *Service) leadsTo(in *quickConnectInput) (instance.QuickConnect, error) {
	var c struct {
		QuickConnectType string
		UserConfig       *struct {
			ID string `json:"UserId"`
		}
		QueueConfig *struct {
			ID string `json:"QueueId"`
		}
		PhoneConfig, FlowConfig *struct{}
	}
	if json.Unmarshal(in.Config, &c) != nil {
		return instance.QuickConnect{}, refusal(serialization, "The request cannot be read.")
	}
	there := map[string]bool{"USER": c.UserConfig != nil, "QUEUE": c.QueueConfig != nil, "PHONE_NUMBER": c.PhoneConfig != nil, "FLOW": c.FlowConfig != nil}
	for kind, has := range there {
		if has != (kind == c.QuickConnectType) {
			return instance.QuickConnect{}, refusal(invalidRequest, "QuickConnectConfig must have the configuration of its QuickConnectType, and no other.")
		}
	}
	to := instance.QuickConnect{Type: c.QuickConnectType, Config: in.Config}
	if c.QueueConfig != nil {
		to.QueueID = queueIDOf(c.QueueConfig.ID)
	}
	if c.UserConfig != nil {
		to.UserID = arn.InInstance(c.UserConfig.ID, s.users().kind)
	}
	return to, nil
}

func (s *Service) newQuickConnect(in *quickConnectInput) (instance.Item[instance.QuickConnect], error) {
	to, err := s.leadsTo(in)
	return item(&in.named, to), err
}

func renameQuickConnect(in *named, c *instance.Item[instance.QuickConnect]) error {
	rename(in, c)
	return nil
}

func (s *Service) setQuickConnect(in *quickConnectInput, c *instance.Item[instance.QuickConnect]) (err error) {
	c.Is, err = s.leadsTo(in)
	return err
}

// askedQuickConnects are those of the types that ListQuickConnects asks for.
func askedQuickConnects(request jsontext.Value) func(*instance.Item[instance.QuickConnect]) bool {
	var in struct{ QuickConnectTypes []string }
	failed := json.Unmarshal(request, &in) != nil || len(in.QuickConnectTypes) == 0
	return func(c *instance.Item[instance.QuickConnect]) bool {
		return failed || slices.Contains(in.QuickConnectTypes, c.Is.Type)
	}
}

// promptActions are those of prompts and of quick connects.
func (s *Service) promptActions() []*action {
	f, q := s.prompts(), s.quickConnects()
	return []*action{
		{
			name: "CreatePrompt", model: connectmodel.CreatePrompt(), run: created(f, f.id, f.arn, newPrompt), source: fidelity.Documentation,
			note: "Kept in the data directory and listed; the sound is not fetched, and in a chat MessageParticipant with a `PromptId` takes its error branch, as in Amazon Connect. " +
				"When strict: 500, then `LimitExceededException`.",
		},
		{name: "DescribePrompt", model: connectmodel.DescribeResource(f.label), run: f.described("Prompt"), source: fidelity.Model},
		{name: "ListPrompts", query: paging(), model: connectmodel.ListResources(1000), run: f.listed("PromptSummaryList", nil), source: fidelity.Model},
		{name: "SearchPrompts", model: connectmodel.SearchResources(100), run: f.found("Prompts"), source: fidelity.Model, note: "As SearchContactFlows."},
		{
			name: "GetPromptFile", model: connectmodel.DescribeResource(f.label), run: f.answer(s.promptFile), source: fidelity.Model,
			note: "The address of the object that `S3Uri` names, without a signature: the sound is not kept here.",
		},
		{name: "UpdatePrompt", model: connectmodel.UpdatePrompt(), run: s.updated(changed(f, updatePrompt)), source: fidelity.Documentation},
		{name: "DeletePrompt", model: connectmodel.DescribeResource(f.label), run: f.removed(), source: fidelity.Documentation},
		{
			name: "CreateQuickConnect", model: connectmodel.CreateQuickConnect(), run: created(q, q.id, q.arn, s.newQuickConnect), source: fidelity.Documentation,
			note: "Kept in the data directory, and listed, of queues as well; the desk transfers without them. A queue or a user that is not there is `ResourceNotFoundException`. " +
				"When strict: 100, then `LimitExceededException`.",
		},
		{name: "DescribeQuickConnect", model: connectmodel.DescribeResource(q.label), run: q.described("QuickConnect"), source: fidelity.Model},
		{
			name: "ListQuickConnects", query: append([]parameter{{"QuickConnectTypes", manyTexts}}, paging()...), model: connectmodel.ListQuickConnects(),
			run: q.listed("QuickConnectSummaryList", askedQuickConnects), source: fidelity.Model,
		},
		{name: "SearchQuickConnects", model: connectmodel.SearchResources(500), run: q.found("QuickConnects"), source: fidelity.Model, note: "As SearchContactFlows."},
		{name: "UpdateQuickConnectName", model: connectmodel.UpdateResourceName(q.label), run: changed(q, renameQuickConnect), source: fidelity.Documentation},
		{name: "UpdateQuickConnectConfig", model: connectmodel.UpdateQuickConnectConfig(), run: changed(q, s.setQuickConnect), source: fidelity.Documentation},
		{
			name: "DeleteQuickConnect", model: connectmodel.DescribeResource(q.label), run: q.removed(), source: fidelity.Documentation,
			note: "`ResourceInUseException` while a queue has it (guessed).",
		},
	}
}
