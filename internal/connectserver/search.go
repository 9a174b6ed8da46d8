package connectserver

import (
	"context"
	"slices"
	"strings"
)

// searchInput is a search for resources of any kind; each knows only some of the conditions.
type searchInput struct {
	InstanceID     string `json:"InstanceId"`
	NextToken      string
	MaxResults     int
	SearchCriteria *condition
	SearchFilter   struct {
		TagFilter           *tagFilter
		FlowAttributeFilter *attributeFilter
		UserAttributeFilter *attributeFilter
		AttributeFilter     *attributeFilter
	}
}

// searched is a resource as conditions see it.
type searched struct {
	// kind, state and status are those of a flow, kind and status those of a view.
	kind, state, status string
	tags                map[string]string
	// field is a text that is searched, by the name of the field in small letters; false for a field that
	// is not. fields are their names, in words.
	field  func(name string) (string, bool)
	fields string
	// date and dates are the same for dates such as 2026-12-24; nil when there are none.
	date  func(name string) (string, bool)
	dates string
}

func (f *Flow) searched() *searched {
	return &searched{kind: f.kind(), state: f.state(), status: f.status(), tags: f.Tags, fields: "name or description", field: func(name string) (string, bool) {
		switch name {
		case "name":
			return f.Name, true
		case "description":
			return f.Description, true
		}
		return "", false
	}}
}

// condition holds for a resource when all of its members do.
type condition struct {
	OrConditions, AndConditions []condition
	StringCondition             *struct{ FieldName, Value, ComparisonType string }
	DateCondition               *dateCondition
	TypeCondition               string
	StateCondition              string
	StatusCondition             string
	ViewTypeCondition           string
	ViewStatusCondition         string
}

// met reports whether a resource has what a condition asks for; its error is a field that is not searched.
func (c *condition) met(f *searched) (bool, error) {
	if c == nil {
		return true, nil
	}
	holds := (c.TypeCondition == "" || c.TypeCondition == f.kind) && (c.StateCondition == "" || c.StateCondition == f.state) &&
		(c.StatusCondition == "" || c.StatusCondition == f.status) &&
		(c.ViewTypeCondition == "" || c.ViewTypeCondition == f.kind) && (c.ViewStatusCondition == "" || c.ViewStatusCondition == f.status)
	if t := c.StringCondition; t != nil {
		text, ok := f.field(strings.ToLower(t.FieldName))
		if !ok {
			return false, refusal(invalidParameter, "StringCondition.FieldName must be "+f.fields+".")
		}
		text, value := strings.ToLower(text), strings.ToLower(t.Value)
		switch t.ComparisonType {
		case "STARTS_WITH":
			holds = holds && strings.HasPrefix(text, value)
		case "CONTAINS":
			holds = holds && strings.Contains(text, value)
		default:
			holds = holds && text == value
		}
	}
	if d := c.DateCondition; d != nil && f.date != nil {
		date, ok := f.date(strings.ToLower(d.FieldName))
		if !ok {
			return false, refusal(invalidParameter, "DateCondition.FieldName must be "+f.dates+".")
		}
		holds = holds && d.met(date)
	}
	either := len(c.OrConditions) == 0
	for i := range c.OrConditions {
		met, err := c.OrConditions[i].met(f)
		if err != nil {
			return false, err
		}
		either = either || met
	}
	for i := range c.AndConditions {
		met, err := c.AndConditions[i].met(f)
		if err != nil {
			return false, err
		}
		holds = holds && met
	}
	return holds && either, nil
}

// dateCondition compares dates such as 2026-12-24, which sort as texts do.
type dateCondition struct{ FieldName, Value, ComparisonType string }

func (d *dateCondition) met(date string) bool {
	switch d.ComparisonType {
	case "GREATER_THAN":
		return date > d.Value
	case "GREATER_THAN_OR_EQUAL_TO":
		return date >= d.Value
	case "LESS_THAN":
		return date < d.Value
	case "LESS_THAN_OR_EQUAL_TO":
		return date <= d.Value
	}
	return date == d.Value
}

type tagCondition struct{ TagKey, TagValue string }

func (c *tagCondition) met(f *searched) bool {
	value, there := f.tags[c.TagKey]
	return there && (c.TagValue == "" || c.TagValue == value)
}

func allTags(conditions []tagCondition, f *searched) bool {
	return !slices.ContainsFunc(conditions, func(c tagCondition) bool { return !c.met(f) })
}

// tagFilter leaves resources in whose tags meet it.
type tagFilter struct {
	OrConditions  [][]tagCondition
	AndConditions []tagCondition
	TagCondition  *tagCondition
}

func (t *tagFilter) met(f *searched) bool {
	return t == nil || allTags(t.AndConditions, f) && (t.TagCondition == nil || t.TagCondition.met(f)) &&
		(len(t.OrConditions) == 0 || slices.ContainsFunc(t.OrConditions, func(all []tagCondition) bool { return allTags(all, f) }))
}

type typeCondition struct{ ContactFlowType string }

func (c *typeCondition) met(f *searched) bool { return c == nil || c.ContactFlowType == f.kind }

type attributeCondition struct {
	TagConditions            []tagCondition
	ContactFlowTypeCondition *typeCondition
}

func (c *attributeCondition) met(f *searched) bool {
	return c == nil || allTags(c.TagConditions, f) && c.ContactFlowTypeCondition.met(f)
}

// attributeFilter leaves resources in whose tags and type meet it.
type attributeFilter struct {
	OrConditions             []attributeCondition
	AndCondition             *attributeCondition
	TagCondition             *tagCondition
	ContactFlowTypeCondition *typeCondition
}

func (a *attributeFilter) met(f *searched) bool {
	return a == nil || a.AndCondition.met(f) && (a.TagCondition == nil || a.TagCondition.met(f)) && a.ContactFlowTypeCondition.met(f) &&
		(len(a.OrConditions) == 0 || slices.ContainsFunc(a.OrConditions, func(c attributeCondition) bool { return c.met(f) }))
}

// search returns the flows, or the modules, that a search finds, a part of them, and how many there are.
func (s *Service) search(in *searchInput, module bool) (some []Flow, next string, count int, err error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, "", 0, refused
	}
	var found []Flow
	for f := range s.each(module) {
		one := f.searched()
		met, err := in.SearchCriteria.met(one)
		if err != nil {
			return nil, "", 0, err
		}
		if met && in.SearchFilter.TagFilter.met(one) && in.SearchFilter.FlowAttributeFilter.met(one) {
			found = append(found, *f)
		}
	}
	some, next, err = page(found, in.NextToken, in.MaxResults, 100)
	return some, next, len(found), err
}

type searchFlowsOutput struct {
	Flows     []flowOutput `json:"ContactFlows"`
	NextToken string       `json:",omitzero"`
	Count     int          `json:"ApproximateTotalCount"`
}

// searchFlows carries out SearchContactFlows.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_SearchContactFlows.html
func (s *Service) searchFlows(_ context.Context, in *searchInput) (*searchFlowsOutput, error) {
	flows, next, count, err := s.search(in, false)
	if err != nil {
		return nil, err
	}
	out := &searchFlowsOutput{make([]flowOutput, len(flows)), next, count}
	for i := range flows {
		out.Flows[i] = s.flowOutput(in.InstanceID, &flows[i])
	}
	return out, nil
}

type searchModulesOutput struct {
	Modules   []moduleOutput `json:"ContactFlowModules"`
	NextToken string         `json:",omitzero"`
	Count     int            `json:"ApproximateTotalCount"`
}

// searchModules carries out SearchContactFlowModules.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_SearchContactFlowModules.html
func (s *Service) searchModules(_ context.Context, in *searchInput) (*searchModulesOutput, error) {
	modules, next, count, err := s.search(in, true)
	if err != nil {
		return nil, err
	}
	out := &searchModulesOutput{make([]moduleOutput, len(modules)), next, count}
	for i := range modules {
		out.Modules[i] = s.moduleOutput(in.InstanceID, &modules[i])
	}
	return out, nil
}
