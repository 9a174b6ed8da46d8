package flow

import (
	"maps"
	"strings"
)

// queues are the actions about waiting for agents.
func queues() []Type {
	return []Type{
		{Name: "UpdateContactTargetQueue", Support: Runs, block: block{start: askWith, resume: targeted}},
		{Name: "TransferContactToQueue", Support: Runs, block: block{start: askWith, resume: transferred}, Note: "QueueAtCapacity where `queues` in `parley.yaml` says how many may wait."},
		{Name: "DequeueContactAndTransferToQueue", Support: Runs, block: block{start: askWith, resume: requeued}},
		{Name: "UpdateContactRoutingBehavior", Support: Runs, block: block{start: setRouting}},
		{Name: "UpdateContactRoutingCriteria", Support: Runs, block: block{start: setCriteria}, Note: "The first agent named in AgentIds is waited for until its step expires, and then any agent of the queue; other criteria and later steps are accepted."},
		{Name: "RouteContactToAgent", Support: Runs, block: block{start: askWith}, Note: "In customer queue flows. The contact waits for this agent only, who may take it while full or away; the flow goes on."},
		{
			Name: "UpdateContactEventHooks", Support: Runs, block: block{start: hook, resume: hooked},
			Note: "Hold flows take the error branch in chats, as in Amazon Connect.",
		},
		{
			Name: "TransferContactToAgent", Support: ErrorBranch, block: block{start: cannot("this block is for calls: set the agent with UpdateContactTargetQueue, then transfer to the queue")},
			Note: "As in Amazon Connect: for calls only.", last: true,
		},
	}
}

// targeted keeps the queue that was found.
func targeted(r *run, n *node, e Event) outcome {
	if e.Kind == Answered {
		r.state.Kept.Queue = queueIn(e.Results)
		return done()
	}
	return r.answer(e)
}

// queueIn is the queue in an answer: $.Queue with what an agent's queue has besides.
func queueIn(results map[string]any) *Queue {
	q := results["Queue"]
	return &Queue{
		Name: Text(descend(q, []string{"Name"})), ARN: Text(descend(q, []string{"ARN"})), Agent: Text(descend(q, []string{"Agent"})),
	}
}

// transferred leaves the flow when the contact was put into its queue. NextAction is not taken then.
func transferred(r *run, n *node, e Event) outcome {
	if e.Kind == Answered {
		return outcome{kind: over, how: Left}
	}
	return r.answer(e)
}

// requeued leaves the flow when the contact was moved to another queue.
func requeued(r *run, n *node, e Event) outcome {
	if e.Kind == Answered {
		r.state.Kept.Queue = queueIn(e.Results)
	}
	return transferred(r, n, e)
}

// setRouting changes priority or age in the queue. It has no errors.
func setRouting(r *run, n *node) outcome {
	kept := &r.state.Kept
	if priority, ok := whole(r.text(n, "QueuePriority")); ok && priority >= 1 {
		kept.Priority = priority
	}
	if age, ok := whole(r.text(n, "QueueTimeAdjustmentSeconds")); ok {
		kept.Age = age
	}
	return done()
}

// setCriteria lets the contact wait for the first agent that the criteria name, as long as they say.
func setCriteria(r *run, n *node) outcome {
	step := descend(r.param(n, "RoutingCriteria"), []string{"Steps", "0"})
	ids, _ := descend(step, []string{"Expression", "AttributeCondition", "MatchCriteria", "AgentsCriteria", "AgentIds"}).([]any)
	if len(ids) > 0 {
		q := Queue{}
		if r.state.Kept.Queue != nil {
			q = *r.state.Kept.Queue
		}
		q.Agent = Text(ids[0])
		q.Expiry, _ = whole(Text(descend(step, []string{"Expiry", "DurationInSeconds"})))
		r.state.Kept.Queue = &q
	}
	return done()
}

// hook asks whether the flow of a hook is known.
func hook(r *run, n *node) outcome {
	hooks, _ := r.param(n, "EventHooks").(map[string]any)
	for name := range hooks {
		if strings.HasSuffix(name, "Hold") {
			r.note = "chats cannot be put on hold"
			return fail(noMatch)
		}
	}
	if len(hooks) > 0 {
		return r.ask(n, "")
	}
	return r.disableHooks(n)
}

// disableHooks turns off the hooks that the action says are not to run.
func (r *run) disableHooks(n *node) outcome {
	configuration, _ := r.param(n, "EventHooksConfiguration").(map[string]any)
	for name, settings := range configuration {
		if strings.EqualFold(Text(descend(settings, []string{"DisableExecution"})), "true") {
			kept := maps.Clone(r.state.Kept.Hooks)
			delete(kept, name)
			r.state.Kept.Hooks = kept
		}
	}
	return done()
}

// hooked keeps the hooks whose flow was found.
func hooked(r *run, n *node, e Event) outcome {
	if e.Kind != Answered {
		return r.answer(e)
	}
	r.state.Kept.Hooks = with(r.state.Kept.Hooks, texts(e.Results))
	return r.disableHooks(n)
}
