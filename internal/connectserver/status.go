package connectserver

import (
	"context"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

// statuses are the agent statuses of the instance.
func (s *Service) statuses() *family[instance.Status] {
	return &family[instance.Status]{
		s: s, shelf: func() *instance.Shelf[instance.Status] { return &s.kept.Statuses }, what: "agent status", kind: "agent-state",
		label: "AgentStatusId", id: "AgentStatusId", arn: "AgentStatusARN",
		show: func(_ string, a *instance.Item[instance.Status], m members) {
			m["Type"], m["State"] = a.Is.Type, stateOf(a)
			if a.Is.Order > 0 {
				m["DisplayOrder"] = a.Is.Order
			}
		},
		brief: func(a *instance.Item[instance.Status], e entry) entry {
			e.Type = a.Is.Type
			return e
		},
		fields: ", state, type, displayOrder",
		field: func(a *instance.Item[instance.Status], name string) (string, bool) {
			switch name {
			case "state":
				return stateOf(a), true
			case "type":
				return a.Is.Type, true
			case "displayorder":
				return strconv.Itoa(a.Is.Order), true
			}
			return "", false
		},
	}
}

func stateOf(a *instance.Item[instance.Status]) string {
	if a.Is.Disabled {
		return "DISABLED"
	}
	return "ENABLED"
}

type statusInput struct {
	named `json:",inline"`
	State string
	Order int  `json:"DisplayOrder"`
	Reset bool `json:"ResetOrderNumber"`
}

// updateStatus changes an agent status as a request says; what it leaves out stays.
func updateStatus(in *statusInput, a *instance.Item[instance.Status]) error {
	rename(&in.named, a)
	if in.State != "" {
		a.Is.Disabled = in.State == "DISABLED"
	}
	if in.Reset {
		a.Is.Order = 0
	}
	if in.Order > 0 {
		a.Is.Order = in.Order
	}
	return nil
}

func newStatus(in *statusInput) (instance.Item[instance.Status], error) {
	one := item(&in.named, instance.Status{Type: "CUSTOM"})
	return one, updateStatus(in, &one)
}

// askedStatuses are those of the types that ListAgentStatuses asks for.
func askedStatuses(request jsontext.Value) func(*instance.Item[instance.Status]) bool {
	var in struct{ AgentStatusTypes []string }
	failed := json.Unmarshal(request, &in) != nil || len(in.AgentStatusTypes) == 0
	return func(a *instance.Item[instance.Status]) bool {
		return failed || slices.Contains(in.AgentStatusTypes, a.Is.Type)
	}
}

// putStatus carries out PutUserStatus.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_PutUserStatus.html
func (s *Service) putStatus(_ context.Context, _ string, request jsontext.Value) (any, error) {
	user, err := s.users().find(request)
	if err != nil {
		return nil, err
	}
	status, err := s.statuses().find(request)
	switch {
	case err != nil:
		return nil, err
	case status.Is.Disabled:
		return nil, refusal(invalidRequest, "The agent status is disabled: enable it with UpdateAgentStatus, or give another one.")
	case !s.turn(user.ID, status):
		return nil, s.users().missing()
	}
	return &nothing{}, nil
}

// statusActions are those of the statuses of agents.
func (s *Service) statusActions() []*action {
	f := s.statuses()
	return []*action{
		{
			name: "CreateAgentStatus", model: connectmodel.CreateAgentStatus(), run: created(f, f.id, f.arn, newStatus), source: fidelity.Documentation,
			note: "Kept in the data directory, and listed; an agent has it with PutUserStatus. When strict: 50, then `LimitExceededException`.",
		},
		{
			name: "DescribeAgentStatus", model: connectmodel.DescribeResource(f.label), run: f.described("AgentStatus"), source: fidelity.Model,
			note: "There are `Available` and `Offline`, as in a new instance, which cannot be changed here.",
		},
		{
			name: "ListAgentStatuses", query: append([]parameter{{"AgentStatusTypes", manyTexts}}, paging()...), model: connectmodel.ListAgentStatuses(),
			run: f.listed("AgentStatusSummaryList", askedStatuses), source: fidelity.Model,
		},
		{name: "SearchAgentStatuses", model: connectmodel.SearchResources(100), run: f.found("AgentStatuses"), source: fidelity.Model, note: "As SearchContactFlows."},
		{
			name: "UpdateAgentStatus", model: connectmodel.UpdateAgentStatus(), run: changed(f, updateStatus), source: fidelity.Documentation,
			note: "`ResetOrderNumber` takes the `DisplayOrder` away (guessed). Agents who have the status keep it, and its name of then (guessed).",
		},
		{
			name: "PutUserStatus", model: connectmodel.PutUserStatus(), run: s.users().answer(s.putStatus), source: fidelity.Documentation,
			note: "The agent at the desk takes chats with a `ROUTABLE` status, is away with a `CUSTOM` one, and offline with `OFFLINE`, at once: who has chats keeps them and gets no more, " +
				"as with Amazon Connect's next status. The desk shows the name, until the state is changed there, or a restart. A disabled status is `InvalidRequestException` (guessed).",
		},
	}
}
