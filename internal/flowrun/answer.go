package flowrun

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
)

// answer answers a question of a flow; what the flow cannot have is a failure that it is told. With
// [record.Call] the answer is still to come. A queue is one to wait in for the contact's own.
func (r *Runner) answer(step *chat.Step, rec *record, ask *flow.Ask, queue string) flow.Event {
	if why := unheard(ask.Type); why != "" && rec.Moment.whispers() {
		return failed("%s", why)
	}
	switch ask.Type {
	case "UpdateContactTargetQueue":
		return r.target(ask)
	case "TransferContactToQueue":
		return r.transfer(step, rec, queue)
	case "DequeueContactAndTransferToQueue":
		return r.requeue(step, rec, ask, queue)
	case "RouteContactToAgent":
		return r.interrupt(step, rec, ask)
	case "UpdateContactEventHooks":
		return r.hooks(ask)
	case "TransferToFlow":
		return r.flow(ask, flow.Text(ask.Parameters["ContactFlowId"]), func(k flow.Kind) bool { return k == flow.Inbound || strings.HasSuffix(string(k), "TRANSFER") })
	case "InvokeFlowModule":
		return r.flow(ask, flow.Text(ask.Parameters["FlowModuleId"]), func(k flow.Kind) bool { return k == flow.Module })
	case "CheckHoursOfOperation":
		return r.hours(step, rec, ask)
	case "CheckMetricData":
		return r.check(rec, ask)
	case "GetMetricData":
		return r.metrics(step, rec, ask)
	case "ShowView":
		return r.show(step, rec, ask)
	case "UpdateContactMediaProcessing":
		return r.process(step, ask)
	case "UpdateContactRecordingAndAnalyticsBehavior":
		return r.redact(step, ask)
	case "AuthenticateParticipant":
		return signIn(step, rec, ask)
	}
	if r.cfg.Outside.Answers(ask) {
		rec.Call, rec.Due = r.call(step, rec, ask), time.Time{}
		if ask.Type == waitBlock {
			rec.Due = later(step, limitOf(ask))
		}
		return flow.Event{}
	}
	answer := elsewhere(step.Contact().ID, ask)
	if answer.Kind == flow.Failed && answer.Error == "" { // else it is what a search may find
		r.tell(step, answer.Note)
	}
	return answer
}

func failed(format string, args ...any) flow.Event {
	return flow.Event{Kind: flow.Failed, Note: fmt.Sprintf(format, args...)}
}

// hooks finds the flows of hooks.
func (r *Runner) hooks(ask *flow.Ask) flow.Event {
	hooks, _ := ask.Parameters["EventHooks"].(map[string]any)
	found := make(map[string]any, len(hooks))
	for name, ref := range hooks {
		p, ok := r.cfg.Library.Find(flow.Text(ref), ask.Shown)
		switch {
		case !ok && flow.Text(ref) == "" && ask.Shown == "":
			return failed("%s names no flow: choose one in the block, or set what its path reads before it", name)
		case !ok:
			return failed("%s names a flow that is not here: %s", name, named(flow.Text(ref), ask.Shown))
		}
		found[name] = p.ID()
	}
	return flow.Event{Kind: flow.Answered, Results: found}
}

// flow finds the flow or module that is to run.
func (r *Runner) flow(ask *flow.Ask, ref string, allowed func(flow.Kind) bool) flow.Event {
	p, ok := r.cfg.Library.Find(ref, ask.Shown)
	switch {
	case !ok && ref == "" && ask.Shown == "":
		return unnamed("flow")
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

// unnamed is the failure of a block that leaves open what it asks.
func unnamed(what string) flow.Event {
	return failed("it names no %s: choose one in the block, or set what its path reads before it", what)
}

// elsewhere answers for what is not part of an embedded Amazon Connect: what creates something
// succeeds with an invented id, what looks something up finds nothing.
func elsewhere(contactID string, ask *flow.Ask) flow.Event {
	id := contactID + "/" + ask.Action
	switch ask.Type {
	case "InvokeLambdaFunction":
		ref := flow.Text(ask.Parameters["LambdaFunctionARN"])
		if ref == "" && ask.Shown == "" {
			return unnamed("function")
		}
		return failed("no function is configured for %s: write into parley.yaml, under functions, %s: {answer: {key: value}}, or its address or program (docs/functions.md)",
			named(ref, ask.Shown), strconv.Quote(cmp.Or(arn.FunctionOf(ref).Name, ask.Shown)))
	case waitBlock: // for a function that nobody knows of any more
		return flow.Event{Kind: flow.Answered, Open: true, Seconds: max(int(limitOf(ask)/time.Second), 1)}
	case "ConnectParticipantWithLexBot":
		v2, _ := ask.Parameters["LexV2Bot"].(map[string]any)
		v1, _ := ask.Parameters["LexBot"].(map[string]any)
		ref := cmp.Or(flow.Text(v2["AliasArn"]), flow.Text(v1["Name"]))
		if ref == "" && ask.Shown == "" {
			return unnamed("bot")
		}
		return failed("no bot is configured for %s: write into parley.yaml, under bots, %s: the file of the bot, or its address (docs/bots.md)",
			named(ref, ask.Shown), strconv.Quote(cmp.Or(ref, ask.Shown)))
	case "ConnectParticipantWithAgenticCX":
		in, _ := ask.Parameters["AgentConfiguration"].(map[string]any)
		id := flow.Text(in["ApplicationId"])
		if id == "" && ask.Shown == "" {
			return unnamed("application")
		}
		return failed("no application is configured for %s: write into parley.yaml, under agentic-cx, %s: {answers: [{say: TEXT}]}, or the address of one that answers (docs/bots.md)",
			named(id, ask.Shown), strconv.Quote(cmp.Or(id, ask.Shown)))
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
