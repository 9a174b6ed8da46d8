package flowrun

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
)

// answer answers a question of a flow. Its error is one of the step; what the flow cannot have is a
// failure that the flow is told.
func (r *Runner) answer(step *chat.Step, rec *record, ask *flow.Ask) (flow.Event, error) {
	if why := unheard(ask.Type); why != "" && rec.Moment.whispers() {
		return failed("%s", why), nil
	}
	switch ask.Type {
	case "UpdateContactTargetQueue":
		return r.target(ask), nil
	case "TransferContactToQueue":
		return r.transfer(step, rec), nil
	case "DequeueContactAndTransferToQueue":
		return r.requeue(step, rec, ask), nil
	case "UpdateContactEventHooks":
		return r.hooks(ask), nil
	case "TransferToFlow":
		return r.flow(ask, text(ask.Parameters["ContactFlowId"]), func(k flow.Kind) bool { return k == flow.Inbound || strings.HasSuffix(string(k), "TRANSFER") }), nil
	case "InvokeFlowModule":
		return r.flow(ask, text(ask.Parameters["FlowModuleId"]), func(k flow.Kind) bool { return k == flow.Module }), nil
	case "CheckHoursOfOperation":
		return r.hours(rec, ask), nil
	case "CheckMetricData":
		return r.check(rec, ask), nil
	case "GetMetricData":
		return r.metrics(rec, ask), nil
	case "ShowView":
		return show(step, rec, ask), nil
	case "AuthenticateParticipant":
		return r.signIn(step, rec, ask)
	}
	if r.cfg.Outside.Answers(ask) {
		rec.Call, rec.Due = r.call(step, rec, ask), time.Time{}
		return flow.Event{}, nil
	}
	answer := elsewhere(step.Contact().ID, ask)
	if answer.Kind == flow.Failed && answer.Error == "" { // else it is what a search may find
		r.tell(step, answer.Note)
	}
	return answer, nil
}

func failed(format string, args ...any) flow.Event {
	return flow.Event{Kind: flow.Failed, Note: fmt.Sprintf(format, args...)}
}

func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	data, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(data)
}

// target finds the queue that is to be the contact's.
func (r *Runner) target(ask *flow.Ask) flow.Event {
	if agent := text(ask.Parameters["AgentId"]); agent != "" {
		return failed("queues of single agents are not kept here: agent %q", agent)
	}
	ref := text(ask.Parameters["QueueId"])
	name := r.cfg.Library.Queue(ref, ask.Shown)
	if name == "" {
		return failed("it names no queue")
	}
	arn := ref
	if !strings.HasPrefix(arn, "arn:") {
		arn = r.cfg.InstanceARN + "/queue/" + ref
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"Queue": map[string]any{"Name": name, "ARN": arn}}}
}

// transfer puts the contact into its queue.
func (r *Runner) transfer(step *chat.Step, rec *record) flow.Event {
	contact := step.Contact()
	switch {
	case rec.State.Kept.Queue == nil:
		return failed("no queue was set: put UpdateContactTargetQueue before it")
	case contact.Queue != nil:
		return failed("the contact is in a queue already")
	case agentOf(contact) != "":
		return failed("an agent has the contact already")
	}
	step.Queue(rec.State.Kept.Queue.Name)
	return flow.Event{Kind: flow.Answered}
}

// requeue moves a waiting chat to another queue, as a new contact.
func (r *Runner) requeue(step *chat.Step, rec *record, ask *flow.Ask) flow.Event {
	if rec.Moment != queued || agentOf(step.Contact()) != "" {
		return failed("the contact waits in no queue")
	}
	found := r.target(ask)
	if found.Kind == flow.Answered {
		queue, _ := found.Results["Queue"].(map[string]any)
		step.Succeed(chat.ByQueueTransfer, chat.FlowDisconnect)
		step.Queue(text(queue["Name"]))
	}
	return found
}

// hooks finds the flows of hooks.
func (r *Runner) hooks(ask *flow.Ask) flow.Event {
	hooks, _ := ask.Parameters["EventHooks"].(map[string]any)
	found := make(map[string]any, len(hooks))
	for name, ref := range hooks {
		p, ok := r.cfg.Library.Find(text(ref), ask.Shown)
		if !ok {
			return failed("%s names a flow that is not here: %s", name, named(text(ref), ask.Shown))
		}
		found[name] = p.ID()
	}
	return flow.Event{Kind: flow.Answered, Results: found}
}

// flow finds the flow or module that is to run.
func (r *Runner) flow(ask *flow.Ask, ref string, allowed func(flow.Kind) bool) flow.Event {
	p, ok := r.cfg.Library.Find(ref, ask.Shown)
	switch {
	case !ok:
		return failed("it names a flow that is not here: %s", named(ref, ask.Shown))
	case !allowed(p.Kind()):
		return failed("%q is of the type %s", p.Name(), p.Kind())
	}
	return flow.Event{Kind: flow.Answered, Program: p}
}

// named is a reference in a sentence.
func named(ref, shown string) string {
	switch {
	case shown == "" || shown == ref:
		return fmt.Sprintf("%q", ref)
	case ref == "":
		return fmt.Sprintf("%q", shown)
	}
	return fmt.Sprintf("%q (%s)", ref, shown)
}

// hours says that hours nobody configured are always open.
func (r *Runner) hours(rec *record, ask *flow.Ask) flow.Event {
	if text(ask.Parameters["HoursOfOperationId"]) == "" && ask.Shown == "" && rec.State.Kept.Queue == nil {
		return failed("it names no hours, and no queue is set whose hours would count")
	}
	return flow.Event{Kind: flow.Answered, HasResult: true, Result: "True", Note: "hours that nobody configured are always open"}
}

// queueOf is the queue that an action about metrics means.
func (r *Runner) queueOf(rec *record, ask *flow.Ask) (string, bool) {
	if name := r.cfg.Library.Queue(text(ask.Parameters["QueueId"]), ask.Shown); name != "" {
		return name, true
	}
	if q := rec.State.Kept.Queue; q != nil {
		return q.Name, true
	}
	return "", false
}

// check yields one metric of a queue, ages in milliseconds.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-control-actions-checkmetricdata.html
func (r *Runner) check(rec *record, ask *flow.Ask) flow.Event {
	queue, ok := r.queueOf(rec, ask)
	if !ok {
		return failed("it names no queue, and none is set")
	}
	m := r.cfg.Metrics(queue)
	var value int64
	switch kind := text(ask.Parameters["MetricType"]); kind {
	case "NumberOfAgentsAvailable":
		value = int64(m.Available)
	case "NumberOfAgentsStaffed":
		value = int64(m.Staffed)
	case "NumberOfAgentsOnline":
		value = int64(m.Online)
	case "NumberOfContactsInQueue":
		value = int64(m.Waiting)
	case "OldestContactInQueueAgeSeconds":
		value = m.Oldest.Milliseconds()
	default:
		return failed("there is no metric %q", kind)
	}
	return flow.Event{Kind: flow.Answered, HasResult: true, Result: fmt.Sprint(value)}
}

// metrics fills $.Metrics, ages in seconds.
func (r *Runner) metrics(rec *record, ask *flow.Ask) flow.Event {
	queue, ok := r.queueOf(rec, ask)
	if !ok {
		return failed("it names no queue, and none is set")
	}
	m := r.cfg.Metrics(queue)
	count := func(n int) map[string]any { return map[string]any{"Count": float64(n)} }
	arn := ""
	if q := rec.State.Kept.Queue; q != nil && q.Name == queue {
		arn = q.ARN
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"Metrics": map[string]any{
		"Queue": map[string]any{
			"Name": queue, "ARN": arn, "Size": float64(m.Waiting), "OldestContactAge": float64(int64(m.Oldest.Seconds())),
		},
		"Agents": map[string]any{
			"Online": count(m.Online), "Available": count(m.Available), "Staffed": count(m.Staffed), "AfterContactWork": count(0),
			"Busy": count(m.Staffed - m.Available), "Missed": count(0), "NonProductive": count(m.Online - m.Staffed),
		},
	}}}
}

// elsewhere answers for what is not part of an embedded Amazon Connect: what creates something
// succeeds with an invented id, what looks something up finds nothing.
func elsewhere(contactID string, ask *flow.Ask) flow.Event {
	id := contactID + "/" + ask.Action
	switch ask.Type {
	case "InvokeLambdaFunction":
		ref := text(ask.Parameters["LambdaFunctionARN"])
		return failed("no function is configured for %s: write into parley.yaml\nfunctions:\n  %s:\n    answer: {key: value}\nor its address or program (docs/functions.md)",
			named(ref, ask.Shown), strconv.Quote(cmp.Or(arn.FunctionOf(ref).Name, ask.Shown)))
	case "Wait": // for a function that nobody knows of any more
		seconds, _ := strconv.Atoi(cmp.Or(text(ask.Parameters["TimeLimitSeconds"]), text(ask.Parameters["TimeoutSeconds"])))
		return flow.Event{Kind: flow.Answered, Open: true, Seconds: max(seconds, 1)}
	case "ConnectParticipantWithLexBot":
		return failed("bots are not run: %s", named(text(ask.Parameters["LexV2Bot"]), ask.Shown))
	case "ConnectParticipantWithAgenticCX":
		return failed("applications of Agentic CX Designer are not run")
	case "CreateWisdomSession":
		return flow.Event{Kind: flow.Answered, Results: map[string]any{"Wisdom": map[string]any{"SessionArn": "arn:aws:wisdom:us-east-1:000000000000:session/" + id}}}
	case "CreateTask":
		return flow.Event{Kind: flow.Answered, Results: map[string]any{"Task": map[string]any{"ContactId": id}}}
	case "CreateCustomerProfile":
		return flow.Event{Kind: flow.Answered, Results: map[string]any{"Customer": map[string]any{"ProfileId": id}}}
	case "CreateCase":
		return flow.Event{Kind: flow.Answered, Results: map[string]any{"Case": map[string]any{"case_id": id}}}
	case "UpdateCustomerProfile", "AssociateContactToCustomerProfile", "UpdateCase", "UpsertDataTableValues", "CreatePersistentContactAssociation":
		return flow.Event{Kind: flow.Answered, Note: "accepted, and not kept"}
	case "GetCustomerProfile", "GetCustomerProfileObject", "GetCalculatedAttributesForCustomerProfile":
		return flow.Event{Kind: flow.Failed, Error: "NoneFoundError", Note: "no profiles are kept here"}
	case "GetCase":
		return flow.Event{Kind: flow.Failed, Error: "NoneFound", Note: "no cases are kept here"}
	}
	return failed("nothing here answers %s", ask.Type)
}
