package connectserver

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

// Types of views.
const (
	ownView      = "AWS_MANAGED"
	customerView = "CUSTOMER_MANAGED"
)

const isPublished = "PUBLISHED"

// views are the views of the instance: those that were created, and Amazon Connect's own.
func (s *Service) views() *family[instance.View] {
	return &family[instance.View]{
		s: s, shelf: func() *instance.Shelf[instance.View] { return &s.kept.Views }, what: "view", kind: "view", file: "the folder of --views-dir", label: "ViewId",
		show: func(in string, v *instance.Item[instance.View], m members) {
			q, ok := instance.Qualify(v, "")
			if !ok {
				q, _ = instance.Qualify(v, "$SAVED")
			}
			s.showView(in, q, m)
		},
		kinds: func(v *instance.Item[instance.View]) (kind, status string) {
			if v.Is.Published == nil {
				return viewType(v), saved
			}
			return viewType(v), isPublished
		},
	}
}

func viewType(v *instance.Item[instance.View]) string {
	if v.Configured {
		return ownView
	}
	return customerView
}

// identifyView adds the type of a view, whose ARN is another one for Amazon Connect's own.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/view-resources-managed-view.html
func (s *Service) identifyView(in string, v *instance.Item[instance.View], m members) {
	delete(m, "LastModifiedRegion")
	delete(m, "LastModifiedTime")
	if m["Type"] = viewType(v); v.Configured {
		m["Arn"] = "arn:aws:connect:" + s.region + ":aws:view/" + v.ID + ":1"
	} else {
		m["Arn"] = s.views().arnOf(in, v.ID)
	}
}

// showView adds what a description of a view has in the form that was asked for.
func (s *Service) showView(in string, q instance.Qualified, m members) {
	s.identifyView(in, q.Item, m)
	m["Status"], m["Version"] = isPublished, max(q.Number, q.Is.Numbered)
	if q.Configured {
		m["Version"] = 1
	} else {
		m["CreatedTime"], m["LastModifiedTime"] = epoch{q.Created}, epoch{q.Modified}
	}
	if q.Draft {
		m["Status"] = saved
	}
	if q.Number > 0 {
		m["Arn"] = fmt.Sprint(m["Arn"], ":", q.Number)
	}
	if q.About != "" {
		m["VersionDescription"] = q.About
	}
	actions := q.Actions
	if actions == nil {
		actions = []string{}
	}
	m["Content"] = members{"InputSchema": q.Schema(), "Template": q.Template, "Actions": actions}
	if q.Is.Published != nil {
		m["ViewContentSha256"] = hashOfView(q.Is.Published)
	}
}

func hashOfView(c *instance.ViewContent) string {
	return hashOf(c.Template + "\n" + strings.Join(c.Actions, "\n"))
}

// viewOf takes the id of a view apart, which may be an ARN, of the instance or of Amazon Connect, and
// end in a qualifier.
func viewOf(given string) (id, qualifier string) {
	id = arn.InInstance(given, "view")
	if _, own, is := strings.Cut(id, ":aws:view/"); is {
		id = own
	}
	id, qualifier, _ = strings.Cut(id, ":")
	return id, qualifier
}

// view finds the view of a request.
func (s *Service) view(request jsontext.Value) (one *instance.Item[instance.View], qualifier string, err error) {
	id, qualifier := viewOf(textOf(request, "ViewId"))
	if one = s.kept.Views.Find(id); one == nil {
		return nil, "", s.views().missing()
	}
	if one.Configured { // it has one version, which is all there is
		qualifier = ""
	}
	return one, qualifier, nil
}

// shownView is the answer of actions that return a view.
func (s *Service) shownView(in string, one *instance.Item[instance.View], qualifier string) (any, error) {
	q, ok := instance.Qualify(one, qualifier)
	if !ok {
		return nil, resourceNotFound("The view has no such version, or nothing of it is published: ask for :$SAVED.")
	}
	m := s.views().full(in, one)
	s.showView(in, q, m)
	return members{"View": m}, nil
}

func (s *Service) describeView(_ context.Context, in string, request jsontext.Value) (any, error) {
	one, qualifier, err := s.view(request)
	if err != nil {
		return nil, err
	}
	return s.shownView(in, one, qualifier)
}

type viewInput struct {
	named       `json:",inline"`
	Status      string
	Content     instance.ViewContent
	ClientToken string
	About       string `json:"VersionDescription"`
	Hash        string `json:"ViewContentSha256"`
	Version     string `json:"ViewVersion"`
}

// set gives a view the content of a request, which is published or only saved. Saved contents are
// JSON; published ones have a body, too.
func (in *viewInput) set(v *instance.View) error {
	var template struct {
		Head *map[string]any
		Body *[]any
	}
	size := len(in.Content.Template)
	for _, action := range in.Content.Actions {
		size += len(action)
	}
	failed := in.Content.Template != "" && json.Unmarshal([]byte(in.Content.Template), &template) != nil
	switch {
	case size > connectmodel.MaxViewBytes:
		return refusal(invalidParameter, fmt.Sprintf("Content has %d bytes; at most %d are allowed.", size, connectmodel.MaxViewBytes))
	case failed:
		return refusal(invalidParameter, "Content.Template must be the JSON text of an object, in which Head is an object and Body a list.")
	case in.Status == isPublished && template.Body == nil:
		return refusal(invalidParameter, "Content.Template of a published view must have a Body.")
	}
	if v.Saved = in.Content; in.Status == isPublished {
		v.Published = &in.Content
	}
	return nil
}

func readView(request jsontext.Value) (*viewInput, error) {
	in := &viewInput{}
	if json.Unmarshal(request, in) != nil { // the check has seen every member's type
		return nil, refusal(serialization, "The request cannot be read.")
	}
	return in, nil
}

// createView carries out CreateView.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateView.html
func (s *Service) createView(ctx context.Context, instanceID string, request jsontext.Value) (any, error) {
	in, err := readView(request)
	if err != nil {
		return nil, err
	}
	return s.viewed.do("", in.ClientToken, func() (any, error) {
		var v instance.View
		if err := in.set(&v); err != nil {
			return nil, err
		}
		one, err := s.kept.Views.Create(ctx, item(&in.named, v))
		if err != nil {
			return nil, s.views().refusal(err)
		}
		return s.shownView(instanceID, one, "$SAVED")
	})
}

// changeView lets f change the view of a request.
func (s *Service) changeView(ctx context.Context, request jsontext.Value, f func(*viewInput, *instance.Item[instance.View]) error) (*instance.Item[instance.View], error) {
	in, err := readView(request)
	if err != nil {
		return nil, err
	}
	id, _ := viewOf(textOf(request, "ViewId"))
	if one := s.kept.Views.Find(id); one != nil && one.Configured {
		return nil, refusal(invalidRequest, "This view is one of Amazon Connect's own, which nobody changes.")
	}
	err = s.kept.Views.Change(ctx, id, func(one *instance.Item[instance.View]) error { return f(in, one) })
	return s.kept.Views.Find(id), err
}

// updateViewContent carries out UpdateViewContent.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateViewContent.html
func (s *Service) updateViewContent(ctx context.Context, instanceID string, request jsontext.Value) (any, error) {
	one, err := s.changeView(ctx, request, func(in *viewInput, one *instance.Item[instance.View]) error { return in.set(&one.Is) })
	if err != nil {
		return nil, err
	}
	return s.shownView(instanceID, one, "$SAVED")
}

// updateViewMetadata carries out UpdateViewMetadata.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_UpdateViewMetadata.html
func (s *Service) updateViewMetadata(ctx context.Context, _ string, request jsontext.Value) (any, error) {
	_, err := s.changeView(ctx, request, func(in *viewInput, one *instance.Item[instance.View]) error {
		if in.Name == "" && in.Description == nil {
			return refusal(invalidRequest, "Name or Description must be there.")
		}
		rename(&in.named, one)
		return nil
	})
	return &nothing{}, err
}

// createViewVersion carries out CreateViewVersion. What has not changed since the newest version makes
// no other one.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_CreateViewVersion.html
func (s *Service) createViewVersion(ctx context.Context, instanceID string, request jsontext.Value) (any, error) {
	number := ""
	one, err := s.changeView(ctx, request, func(in *viewInput, one *instance.Item[instance.View]) error {
		v := &one.Is
		switch {
		case v.Published == nil:
			return refusal(invalidRequest, "What is not published has no versions.")
		case in.Hash != "" && in.Hash != hashOfView(v.Published):
			return refusal(invalidRequest, "ViewContentSha256 is not that of the content which is published.")
		}
		if n := len(v.Versions); n == 0 || !v.Versions[n-1].Content.Equal(v.Published) {
			v.Numbered++
			v.Versions = append(v.Versions, instance.ViewVersion{Number: v.Numbered, Description: in.About, Content: *v.Published})
		}
		number = strconv.Itoa(v.Versions[len(v.Versions)-1].Number)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.shownView(instanceID, one, number)
}

// deleteViewVersion carries out DeleteViewVersion.
func (s *Service) deleteViewVersion(ctx context.Context, _ string, request jsontext.Value) (any, error) {
	_, err := s.changeView(ctx, request, func(in *viewInput, one *instance.Item[instance.View]) error {
		all := len(one.Is.Versions)
		one.Is.Versions = slices.DeleteFunc(one.Is.Versions, func(v instance.ViewVersion) bool { return strconv.Itoa(v.Number) == in.Version })
		if len(one.Is.Versions) == all {
			return resourceNotFound("There is no such version.")
		}
		return nil
	})
	return &nothing{}, err
}

// deleteView carries out DeleteView.
func (s *Service) deleteView(ctx context.Context, _ string, request jsontext.Value) (any, error) {
	id, _ := viewOf(textOf(request, "ViewId"))
	return &nothing{}, s.kept.Views.Remove(ctx, id)
}

// listViews carries out ListViews: by type, and of one type by name.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ListViews.html
func (s *Service) listViews(_ context.Context, in string, request jsontext.Value) (any, error) {
	f, kind := s.views(), textOf(request, "type")
	all := slices.SortedFunc(slices.Values(f.shelf().All()), func(a, b *instance.Item[instance.View]) int {
		return cmp.Or(cmp.Compare(viewType(a), viewType(b)), cmp.Compare(a.Name, b.Name))
	})
	return parted(request, "ViewsSummaryList", func(yield func(members) bool) {
		for _, one := range all {
			_, status := f.kinds(one)
			m := members{"Id": one.ID, "Name": one.Name, "Status": status}
			s.identifyView(in, one, m)
			if one.Description != "" {
				m["Description"] = one.Description
			}
			if (kind == "" || kind == viewType(one)) && !yield(m) {
				return
			}
		}
	})
}

// listViewVersions carries out ListViewVersions, the newest first.
func (s *Service) listViewVersions(_ context.Context, in string, request jsontext.Value) (any, error) {
	one, _, err := s.view(request)
	if err != nil {
		return nil, err
	}
	return parted(request, "ViewVersionSummaryList", func(yield func(members) bool) {
		for _, v := range slices.Backward(one.Is.Versions) {
			m := members{"Id": one.ID, "Name": one.Name, "Version": v.Number}
			s.identifyView(in, one, m)
			m["Arn"] = fmt.Sprint(m["Arn"], ":", v.Number)
			for name, text := range map[string]string{"Description": one.Description, "VersionDescription": v.Description} {
				if text != "" {
					m[name] = text
				}
			}
			if !yield(m) {
				return
			}
		}
	})
}

// viewActions are those of views and of their versions.
func (s *Service) viewActions() []*action {
	f := s.views()
	return []*action{
		{
			name: "CreateView", model: connectmodel.CreateView(), run: f.answer(s.createView), source: fidelity.Documentation,
			note: "Kept in the data directory; flows show it by its id, its ARN or its name, with `:$SAVED` or a version behind it, and a customer's DescribeView answers it. The checks of contents are " +
				"guessed: `Template` is a JSON object, and a published one has a `Body`; so are `InputSchema` (the names behind `$.`) and `ViewContentSha256`. " +
				"A repeated `ClientToken` is remembered until a restart (guessed).",
		},
		{
			name: "UpdateViewContent", model: connectmodel.UpdateViewContent(), run: f.answer(s.updateViewContent), source: fidelity.Documentation,
			note: "With the status `SAVED` only `$SAVED` changes.",
		},
		{name: "UpdateViewMetadata", model: connectmodel.UpdateViewMetadata(), run: f.answer(s.updateViewMetadata), source: fidelity.Documentation},
		{
			name: "DescribeView", model: connectmodel.DescribeView(), run: f.answer(s.describeView), source: fidelity.Documentation,
			note: "Of Amazon Connect's own views the template is not public: it is empty.",
		},
		{
			name: "ListViews", query: append([]parameter{{"type", oneText}}, paging()...), model: connectmodel.ListViews(),
			run: f.answer(s.listViews), source: fidelity.Documentation, note: "Amazon Connect's own five first, then the others.",
		},
		{name: "SearchViews", model: connectmodel.SearchViews(), run: f.found("Views"), source: fidelity.Model, note: "As SearchContactFlows."},
		{
			name: "DeleteView", model: connectmodel.DescribeView(), run: f.answer(s.deleteView), source: fidelity.Documentation,
			note: "With all its versions, whatever flows show it (guessed).",
		},
		{
			name: "CreateViewVersion", model: connectmodel.CreateViewVersion(), run: f.answer(s.createViewVersion), source: fidelity.Documentation,
			note: "Of what has not changed since, the newest version is returned.",
		},
		{name: "ListViewVersions", query: paging(), model: connectmodel.ListViewVersions(), run: f.answer(s.listViewVersions), source: fidelity.Documentation},
		{name: "DeleteViewVersion", model: connectmodel.DeleteViewVersion(), run: f.answer(s.deleteViewVersion), source: fidelity.Documentation},
	}
}
