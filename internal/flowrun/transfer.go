package flowrun

import (
	"fmt"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
)

// transfers returns what the flow for transfers does with a contact that an agent passes on; nil where
// there is none, and the contact goes to its target at once. The flow has what the flows before have
// set, the queue that the agent has chosen, or in $.Agent the agent.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/connect-contact-flow-types.html and
// https://docs.aws.amazon.com/connect/latest/adminguide/quick-connects.html
func (r *Runner) transfers(step *chat.Step, to chat.Transfer) (instead func() error) {
	kind, target := flow.QueueTransfer, to.Queue
	if to.Agent != "" {
		kind, target = flow.AgentTransfer, to.Agent
	}
	p, why := r.cfg.Library.Transfer(kind, target)
	if why != "" {
		r.tell(step, fmt.Sprintf("an agent has passed the chat on to %q: %s", target, why))
	}
	if p == nil {
		return nil
	}
	return func() error {
		contact := step.Contact()
		kept := flow.Kept{Seed: r.seed(contact.ID)}
		if contact.Flow != nil {
			before, err := decode(contact.Flow.State)
			if err != nil {
				return err
			}
			kept = before.State.Kept
		}
		if to.Agent == "" {
			kept.Queue = r.queueCalled(to.Queue)
		}
		// What came before it, such as the transfer itself, is nothing to it.
		rec := &record{Moment: passed, Chosen: to.Agent, State: flow.Begin(p, kept), heard: contact.Latest.First}
		return r.run(step, r.session(contact.ID), rec, p, flow.Event{Kind: flow.Started})
	}
}

// sent follows a contact that an agent has passed on without a flow for that: to another agent, whose
// joining is heard as well, or to a queue, in which it waits as it did before.
func (r *Runner) sent(step *chat.Step, s *session, rec *record) error {
	contact := step.Contact()
	if contact.Queue == nil || agentOf(contact) != "" {
		return nil
	}
	if q := contact.Queue; q.Agent == "" {
		rec.State.Kept.Queue = r.queueCalled(q.Name)
	}
	return r.wait(step, s, rec)
}

// queueCalled is the queue of a name.
func (r *Runner) queueCalled(name string) *flow.Queue {
	return &flow.Queue{Name: name, ARN: r.cfg.InstanceARN + "/queue/" + name}
}
