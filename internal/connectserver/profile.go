package connectserver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

// profiles are the routing profiles of the instance.
func (s *Service) profiles() *family[instance.Profile] {
	return &family[instance.Profile]{
		s: s, shelf: func() *instance.Shelf[instance.Profile] { return &s.kept.Profiles }, what: "routing profile", kind: "routing-profile",
		label: "RoutingProfileId", id: "RoutingProfileId", arn: "RoutingProfileArn",
		show: func(in string, p *instance.Item[instance.Profile], m members) {
			users := 0
			for _, u := range s.kept.Users.All() {
				if u.Is.ProfileID == p.ID {
					users++
				}
			}
			m["InstanceId"], m["DefaultOutboundQueueId"], m["MediaConcurrencies"] = instanceID(in), p.Is.OutboundQueueID, p.Is.Concurrencies
			m["NumberOfAssociatedUsers"], m["IsDefault"] = users, p.Configured
			m["NumberOfAssociatedQueues"], m["AssociatedQueueIds"] = len(p.Is.Queues), queueIDs(p.Is.Queues)
			m["NumberOfAssociatedManualAssignmentQueues"], m["AssociatedManualAssignmentQueueIds"] = len(p.Is.Manual), queueIDs(p.Is.Manual)
			if p.Is.Timer != "" {
				m["AgentAvailabilityTimer"] = p.Is.Timer
			}
		},
	}
}

func queueIDs(queues []instance.ProfileQueue) []string {
	ids := []string{}
	for _, q := range queues {
		if !slices.Contains(ids, q.ID) {
			ids = append(ids, q.ID)
		}
	}
	return ids
}

type queueReference struct {
	QueueID string `json:"QueueId"`
	Channel string
}

type queueConfig struct {
	QueueReference  queueReference
	Priority, Delay int
}

func profileQueues(given []queueConfig) []instance.ProfileQueue {
	queues := make([]instance.ProfileQueue, len(given))
	for i, q := range given {
		queues[i] = instance.ProfileQueue{ID: queueIDOf(q.QueueReference.QueueID), Channel: q.QueueReference.Channel, Priority: q.Priority, Delay: q.Delay}
	}
	return queues
}

type profileInput struct {
	named         `json:",inline"`
	Outbound      string          `json:"DefaultOutboundQueueId"`
	Concurrencies json.RawMessage `json:"MediaConcurrencies"`
	Queues        []queueConfig   `json:"QueueConfigs"`
	Manual        []queueConfig   `json:"ManualAssignmentQueueConfigs"`
	Timer         string          `json:"AgentAvailabilityTimer"`

	References       []queueReference `json:"QueueReferences"`
	ManualReferences []queueReference `json:"ManualAssignmentQueueReferences"`
}

// apply changes a routing profile as a request says; what it leaves out stays, and queues are added.
func (in *profileInput) apply(p *instance.Item[instance.Profile]) error {
	rename(&in.named, p)
	if in.Outbound != "" {
		p.Is.OutboundQueueID = queueIDOf(in.Outbound)
	}
	if in.Timer != "" {
		p.Is.Timer = in.Timer
	}
	if in.Concurrencies != nil {
		var channels []struct {
			Channel     string
			Concurrency int
		}
		if json.Unmarshal(in.Concurrencies, &channels) != nil {
			return refusal(serialization, "The request cannot be read.")
		}
		p.Is.Concurrencies, p.Is.Chats = in.Concurrencies, 0
		for i, c := range channels {
			if c.Channel == "VOICE" && c.Concurrency > 1 {
				return refusal(invalidParameter, fmt.Sprintf("MediaConcurrencies[%d].Concurrency must be 1 for VOICE, but is %d.", i, c.Concurrency))
			}
			if c.Channel == "CHAT" {
				p.Is.Chats = c.Concurrency
			}
		}
	}
	p.Is.Queues, p.Is.Manual = replaced(p.Is.Queues, profileQueues(in.Queues)), replaced(p.Is.Manual, profileQueues(in.Manual))
	return nil
}

func sameQueue(a instance.ProfileQueue) func(instance.ProfileQueue) bool {
	return func(b instance.ProfileQueue) bool { return a.ID == b.ID && a.Channel == b.Channel }
}

// replaced are queues with others added, or in their places.
func replaced(queues, others []instance.ProfileQueue) []instance.ProfileQueue {
	for _, q := range others {
		if at := slices.IndexFunc(queues, sameQueue(q)); at >= 0 {
			queues[at] = q
		} else {
			queues = append(queues, q)
		}
	}
	return queues
}

func newProfile(in *profileInput) (instance.Item[instance.Profile], error) {
	one := item(&in.named, instance.Profile{})
	return one, in.apply(&one)
}

func updateProfile(in *profileInput, p *instance.Item[instance.Profile]) error { return in.apply(p) }

// dropQueues carries out DisassociateRoutingProfileQueues.
func dropQueues(in *profileInput, p *instance.Item[instance.Profile]) error {
	drop := func(queues []instance.ProfileQueue, named []queueReference) []instance.ProfileQueue {
		return slices.DeleteFunc(queues, func(q instance.ProfileQueue) bool {
			return slices.ContainsFunc(named, func(r queueReference) bool { return queueIDOf(r.QueueID) == q.ID && r.Channel == q.Channel })
		})
	}
	p.Is.Queues, p.Is.Manual = drop(p.Is.Queues, in.References), drop(p.Is.Manual, in.ManualReferences)
	return nil
}

// updateQueues carries out UpdateRoutingProfileQueues, which changes queues that the profile has.
func updateQueues(in *profileInput, p *instance.Item[instance.Profile]) error {
	for _, q := range profileQueues(in.Queues) {
		if !slices.ContainsFunc(p.Is.Queues, sameQueue(q)) {
			return refusal(invalidRequest, "The routing profile does not have one of the queues: associate it first.")
		}
	}
	return in.apply(p)
}

// listProfileQueues carries out ListRoutingProfileQueues.
func (s *Service) listProfileQueues(_ context.Context, in string, request jsontext.Value) (any, error) {
	p, err := s.profiles().find(request)
	if err != nil {
		return nil, err
	}
	return parted(request, "RoutingProfileQueueConfigSummaryList", func(yield func(members) bool) {
		for _, q := range p.Is.Queues {
			name := ""
			if queue := s.kept.Queues.Find(q.ID); queue != nil {
				name = queue.Name
			}
			if !yield(members{
				"QueueId": q.ID, "QueueArn": s.queues().arnOf(in, q.ID), "QueueName": name, "Priority": q.Priority, "Delay": q.Delay, "Channel": q.Channel,
			}) {
				return
			}
		}
	})
}

// securityProfiles are those that a new instance has.
func (s *Service) securityProfiles() *family[instance.SecurityProfile] {
	return &family[instance.SecurityProfile]{
		s: s, shelf: func() *instance.Shelf[instance.SecurityProfile] { return &s.kept.SecurityProfiles }, what: "security profile", kind: "security-profile",
		label: "SecurityProfileId",
	}
}

func (s *Service) securityProfileIDs(given []string) []string {
	ids := make([]string, len(given))
	for i, id := range given {
		ids[i] = arn.InInstance(id, s.securityProfiles().kind)
	}
	return ids
}

// profileActions are those of routing profiles, and of their queues.
func (s *Service) profileActions() []*action {
	f := s.profiles()
	return []*action{
		{
			name: "CreateRoutingProfile", model: connectmodel.CreateRoutingProfile(), run: created(f, f.id, f.arn, newProfile), source: fidelity.Documentation,
			note: "Kept in the data directory. Its queues and its `CHAT` concurrency are those of its users at the desk, at once, and other channels are kept only. Users who take chats by themselves " +
				"get those of the lowest `Priority` first, before the priorities of chats count, and each after it has waited, its routing age included (guessed), for `Delay` seconds; " +
				"queues for manual assignment come last (guessed). People may take any chat at the desk. When strict: 100, then `LimitExceededException`.",
		},
		{
			name: "DescribeRoutingProfile", model: connectmodel.DescribeResource(f.label), run: f.described("RoutingProfile"), source: fidelity.Model,
			note: "There is a `Basic Routing Profile` with the queue Default, which cannot be changed.",
		},
		{name: "ListRoutingProfiles", query: paging(), model: connectmodel.ListResources(1000), run: f.listed("RoutingProfileSummaryList", nil), source: fidelity.Model},
		{name: "SearchRoutingProfiles", model: connectmodel.SearchResources(500), run: f.found("RoutingProfiles"), source: fidelity.Model, note: "As SearchContactFlows."},
		{name: "UpdateRoutingProfileName", model: connectmodel.UpdateResourceName(f.label), run: changed(f, updateProfile), source: fidelity.Documentation},
		{name: "UpdateRoutingProfileConcurrency", model: connectmodel.UpdateRoutingProfileConcurrency(), run: changed(f, updateProfile), source: fidelity.Documentation},
		{
			name: "UpdateRoutingProfileDefaultOutboundQueue", model: connectmodel.UpdateRoutingProfileDefaultOutboundQueue(), run: changed(f, updateProfile),
			source: fidelity.Documentation, note: "Kept only.",
		},
		{name: "UpdateRoutingProfileQueues", model: connectmodel.UpdateRoutingProfileQueues(), run: changed(f, updateQueues), source: fidelity.Documentation},
		{name: "AssociateRoutingProfileQueues", model: connectmodel.AssociateRoutingProfileQueues(), run: changed(f, updateProfile), source: fidelity.Documentation},
		{name: "DisassociateRoutingProfileQueues", model: connectmodel.DisassociateRoutingProfileQueues(), run: changed(f, dropQueues), source: fidelity.Documentation},
		{
			name: "ListRoutingProfileQueues", query: paging(), model: connectmodel.ListOfResource(f.label, 100), run: f.answer(s.listProfileQueues), source: fidelity.Model,
		},
		{
			name: "DeleteRoutingProfile", model: connectmodel.DescribeResource(f.label), run: f.removed(), source: fidelity.Documentation,
			note: "`ResourceInUseException` while a user has it.",
		},
		{
			name: "ListSecurityProfiles", query: paging(), model: connectmodel.ListResources(1000), run: s.securityProfiles().listed("SecurityProfileSummaryList", nil),
			source: fidelity.Documentation, note: "The four that a new instance has; they permit nothing and forbid nothing here.",
		},
	}
}
