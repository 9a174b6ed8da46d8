package connectserver

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
	"github.com/parley-chat/parley/internal/instance"
)

// disabled is the status of queues that take no further contacts.
const disabled = "DISABLED"

// queues are the queues of the instance.
func (s *Service) queues() *family[instance.Queue] {
	return &family[instance.Queue]{
		s: s, shelf: func() *instance.Shelf[instance.Queue] { return &s.kept.Queues }, what: "queue", kind: "queue", file: "parley.yaml",
		label: "QueueId", id: "QueueId", arn: "QueueArn",
		show: func(_ string, q *instance.Item[instance.Queue], m members) {
			m["HoursOfOperationId"], m["Status"] = q.Is.HoursID, "ENABLED"
			if q.Is.Disabled {
				m["Status"] = disabled
			}
			if q.Is.MaxContacts != nil {
				m["MaxContacts"] = *q.Is.MaxContacts
			}
			if q.Is.Caller != nil {
				m["OutboundCallerConfig"] = q.Is.Caller
			}
		},
		brief: func(_ *instance.Item[instance.Queue], e entry) entry {
			e.QueueType = "STANDARD"
			return e
		},
		fields: ", queueID",
		field:  func(q *instance.Item[instance.Queue], name string) (string, bool) { return q.ID, name == "queueid" },
	}
}

func (s *Service) hoursIDOf(given string) string { return arn.InInstance(given, s.hours().kind) }

func queueIDOf(given string) string { return arn.InInstance(given, "queue") }

type createQueueInput struct {
	named         `json:",inline"`
	HoursID       string `json:"HoursOfOperationId"`
	MaxContacts   *int
	Caller        json.RawMessage `json:"OutboundCallerConfig"`
	QuickConnects []string        `json:"QuickConnectIds"`
	Email         struct {
		Address string `json:"OutboundEmailAddressId"`
	} `json:"OutboundEmailConfig"`
	Emails []struct{} `json:"EmailAddressesConfig"`
}

// queue is the queue that a request creates. The instance has no e-mail addresses.
func (s *Service) queue(in *createQueueInput) (instance.Item[instance.Queue], error) {
	if in.Email.Address != "" || len(in.Emails) > 0 {
		return instance.Item[instance.Queue]{}, resourceNotFound("There is no such e-mail address: e-mail is not emulated.")
	}
	return item(&in.named, instance.Queue{
		HoursID: s.hoursIDOf(in.HoursID), MaxContacts: in.MaxContacts, Caller: in.Caller, QuickConnects: s.quickConnectIDs(in.QuickConnects),
	}), nil
}

// renameQueue carries out UpdateQueueName. Contacts that wait in the queue by its former name stay in it.
func renameQueue(in *named, q *instance.Item[instance.Queue]) error {
	if in.Name != "" && in.Name != q.Name {
		q.Is.Former = slices.DeleteFunc(append(q.Is.Former, q.Name), func(name string) bool { return name == in.Name })
	}
	rename(in, q)
	return nil
}

type updateQueueInput struct {
	Status        string
	HoursID       string `json:"HoursOfOperationId"`
	MaxContacts   *int
	Caller        json.RawMessage `json:"OutboundCallerConfig"`
	QuickConnects []string        `json:"QuickConnectIds"`
}

func setQueueStatus(in *updateQueueInput, q *instance.Item[instance.Queue]) error {
	q.Is.Disabled = in.Status == disabled
	return nil
}

func (s *Service) setQueueHours(in *updateQueueInput, q *instance.Item[instance.Queue]) error {
	q.Is.HoursID = s.hoursIDOf(in.HoursID)
	return nil
}

// setQueueMaximum carries out UpdateQueueMaxContacts; a request without a number takes it away.
func setQueueMaximum(in *updateQueueInput, q *instance.Item[instance.Queue]) error {
	q.Is.MaxContacts = in.MaxContacts
	return nil
}

func setQueueCaller(in *updateQueueInput, q *instance.Item[instance.Queue]) error {
	q.Is.Caller = in.Caller
	return nil
}

func (s *Service) addQuickConnects(in *updateQueueInput, q *instance.Item[instance.Queue]) error {
	for _, id := range s.quickConnectIDs(in.QuickConnects) {
		if !slices.Contains(q.Is.QuickConnects, id) {
			q.Is.QuickConnects = append(q.Is.QuickConnects, id)
		}
	}
	return nil
}

func (s *Service) dropQuickConnects(in *updateQueueInput, q *instance.Item[instance.Queue]) error {
	ids := s.quickConnectIDs(in.QuickConnects)
	q.Is.QuickConnects = slices.DeleteFunc(q.Is.QuickConnects, func(id string) bool { return slices.Contains(ids, id) })
	return nil
}

// listOfQueue carries out ListQueueQuickConnects.
func (s *Service) listOfQueue(_ context.Context, in string, request jsontext.Value) (any, error) {
	q, err := s.queues().find(request)
	if err != nil {
		return nil, err
	}
	f := s.quickConnects()
	made := f.entries(in)
	return parted(request, "QuickConnectSummaryList", func(yield func(entry) bool) {
		for _, id := range q.Is.QuickConnects {
			if one := f.shelf().Find(id); one != nil && !yield(made(one)) {
				return
			}
		}
	})
}

// askedQueues are those of the types that ListQueues asks for. The own queues of agents are not listed.
func askedQueues(request jsontext.Value) func(*instance.Item[instance.Queue]) bool {
	var in struct {
		Types []string `json:"queueTypes"`
	}
	all := json.Unmarshal(request, &in) != nil || len(in.Types) == 0 || slices.Contains(in.Types, "STANDARD")
	return func(*instance.Item[instance.Queue]) bool { return all }
}

// queueActions are those of queues.
func (s *Service) queueActions() []*action {
	f := s.queues()
	return []*action{
		{
			name: "CreateQueue", model: connectmodel.CreateQueue(), run: created(f, "QueueId", "QueueArn", s.queue), source: fidelity.Documentation,
			note: "Kept in the data directory; routes at once, with its hours and its `MaxContacts`, at the desk too. Hours or quick connects that are not there are " +
				"`ResourceNotFoundException`. `OutboundCallerConfig` is kept only; there are no e-mail addresses. When strict: 50 queues, then `LimitExceededException`.",
		},
		{
			name: "DescribeQueue", model: connectmodel.DescribeResource("QueueId"), run: f.described("Queue"), source: fidelity.Model,
			note: "Queues of `parley.yaml` are described and listed as well, and the other actions answer `InvalidRequestException` for them.",
		},
		{
			name: "ListQueues", query: append([]parameter{{"queueTypes", manyTexts}}, paging()...), model: connectmodel.ListQueues(),
			run: f.listed("QueueSummaryList", askedQueues), source: fidelity.Model, note: "Those of `parley.yaml` first. The own queues of agents are not listed.",
		},
		{name: "SearchQueues", model: connectmodel.SearchResources(500), run: f.found("Queues"), source: fidelity.Model, note: "As SearchContactFlows."},
		{
			name: "UpdateQueueName", model: connectmodel.UpdateResourceName("QueueId"), run: changed(f, renameQueue), source: fidelity.Documentation,
			note: "Contacts that wait in the queue go on waiting in it.",
		},
		{
			name: "UpdateQueueStatus", model: connectmodel.UpdateQueueStatus(), run: changed(f, setQueueStatus), source: fidelity.Documentation,
			note: "A disabled queue takes no further contact: a flow takes its `NoMatchingError` branch, a transfer fails. Contacts in it go on waiting.",
		},
		{
			name: "UpdateQueueHoursOfOperation", model: connectmodel.UpdateQueueHoursOfOperation(), run: changed(f, s.setQueueHours), source: fidelity.Documentation,
		},
		{
			name: "UpdateQueueMaxContacts", model: connectmodel.UpdateQueueMaxContacts(), run: changed(f, setQueueMaximum), source: fidelity.Documentation,
			note: "Without `MaxContacts` there is no bound (guessed). Contacts beyond a lower bound go on waiting.",
		},
		{
			name: "UpdateQueueOutboundCallerConfig", model: connectmodel.UpdateQueueOutboundCallerConfig(), run: changed(f, setQueueCaller), source: fidelity.Documentation,
			note: "Kept only: nobody is called.",
		},
		{
			name: "DeleteQueue", model: connectmodel.DescribeResource("QueueId"), run: f.removed(), source: fidelity.Documentation,
			note: "`ResourceInUseException` while a contact waits in it (guessed), or a routing profile or a quick connect needs it.",
		},
		{
			name: "AssociateQueueQuickConnects", model: connectmodel.AssociateQueueQuickConnects(), run: changed(f, s.addQuickConnects), source: fidelity.Documentation,
			note: "Kept and listed.",
		},
		{
			name: "DisassociateQueueQuickConnects", model: connectmodel.AssociateQueueQuickConnects(), run: changed(f, s.dropQuickConnects), source: fidelity.Documentation,
		},
		{
			name: "ListQueueQuickConnects", query: paging(), model: connectmodel.ListOfResource("QueueId", 100), run: f.answer(s.listOfQueue), source: fidelity.Model,
		},
	}
}
