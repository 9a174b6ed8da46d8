package flowrun

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
)

// Floor is where agents are and contacts wait. It is asked within steps, and must answer at once.
type Floor interface {
	// Metrics tells how a queue is, or with an agent's name the agent and the agent's own queue.
	Metrics(queue, agent string) Metrics
	// Place tells where in its queue a contact is; false for one that does not wait.
	Place(contactID string) (Place, bool)
	// Admit keeps a place in a queue for a contact that the step puts into it. Errors: ErrQueueFull,
	// ErrQueueClosed.
	Admit(contactID, queue string) error
	// Agent returns the name of the agent of a name or id; false for none.
	Agent(ref string) (name string, ok bool)
}

// Why a queue admits no contact.
var (
	ErrQueueFull   = errors.New("as many contacts wait in the queue as may")
	ErrQueueClosed = errors.New("the queue takes no further contacts")
)

// Metrics are those of one queue. Wait is how long a contact that came now would wait, negative when
// nobody can say, Oldest how long the first has waited.
type Metrics struct {
	Available, Staffed, Online, Busy, Waiting int
	Oldest, Wait                              time.Duration
}

// Place is a contact's place in its queue, from 1 on; Wait is as in [Metrics].
type Place struct {
	Position int
	Wait     time.Duration
}

// Empty is a [Floor] without agents, whose queues hold any number.
type Empty struct{}

// Metrics implements [Floor].
func (Empty) Metrics(string, string) Metrics { return Metrics{Wait: -1} }

// Place implements [Floor].
func (Empty) Place(string) (Place, bool) { return Place{}, false }

// Admit implements [Floor].
func (Empty) Admit(string, string) error { return nil }

// Agent implements [Floor]: everybody may come.
func (Empty) Agent(ref string) (string, bool) { return ref, true }

// target finds the queue that is to be the contact's, or the one agent's own.
func (r *Runner) target(ask *flow.Ask) flow.Event {
	if ref := flow.Text(ask.Parameters["AgentId"]); ref != "" {
		name, ok := r.agent(ref, ask.Shown)
		if !ok {
			return noAgent(ref, ask.Shown)
		}
		return flow.Event{Kind: flow.Answered, Results: map[string]any{"Queue": map[string]any{
			"ARN": r.cfg.InstanceARN + "/queue/agent/" + tail(ref), "Agent": name,
		}}}
	}
	ref := flow.Text(ask.Parameters["QueueId"])
	name := r.cfg.Library.Queue(ref, ask.Shown)
	if name == "" {
		return failed("it names no queue, and no agent")
	}
	arn := ref
	if !strings.HasPrefix(arn, "arn:") {
		arn = r.cfg.InstanceARN + "/queue/" + ref
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"Queue": map[string]any{"Name": name, "ARN": arn}}}
}

// queueIn is the queue that [Runner.target] has found.
func queueIn(found flow.Event) *flow.Queue {
	queue, _ := found.Results["Queue"].(map[string]any)
	return &flow.Queue{Name: flow.Text(queue["Name"]), ARN: flow.Text(queue["ARN"]), Agent: flow.Text(queue["Agent"])}
}

// agent finds an agent as queues are found: by what the configuration calls the reference, by the
// reference itself, or by the name the designer shows for it.
func (r *Runner) agent(ref, shown string) (name string, ok bool) {
	for _, known := range []string{r.cfg.Library.mapped(ref), r.cfg.Library.mapped(shown), tail(ref), shown} {
		if known == "" {
			continue
		}
		if name, ok = r.cfg.Floor.Agent(known); ok {
			return name, true
		}
	}
	return "", false
}

func noAgent(ref, shown string) flow.Event {
	return failed("it names an agent who is not here: %s; say in parley.yaml under names which one is meant", named(ref, shown))
}

// transfer puts the contact into its queue.
func (r *Runner) transfer(step *chat.Step, rec *record, instead string) flow.Event {
	contact := step.Contact()
	kept := rec.State.Kept
	q, err := r.instead(kept.Queue, instead)
	if err != nil {
		return failed("%v", err)
	}
	switch {
	case !q.Chosen():
		return failed("no queue was set: put UpdateContactTargetQueue before it")
	case contact.Queue != nil:
		return failed("the contact is in a queue already")
	case agentOf(contact) != "":
		return failed("an agent has the contact already")
	}
	if q.Name != "" {
		if err := r.cfg.Floor.Admit(contact.ID, q.Name); err != nil {
			return notAdmitted(err, q.Name)
		}
	}
	kept.Queue = q
	r.enqueue(step, &kept)
	return flow.Event{Kind: flow.Answered}
}

// notAdmitted is the failure of an action that finds a queue full, or disabled: then no error of its own
// matches.
func notAdmitted(err error, queue string) flow.Event {
	if !errors.Is(err, ErrQueueFull) {
		return failed("%q is a queue that was disabled, or that is being deleted", queue)
	}
	return flow.Event{Kind: flow.Failed, Error: "QueueAtCapacity", Note: fmt.Sprintf("as many contacts wait in %q as may", queue)}
}

// enqueue puts the contact into the queue that it has.
func (r *Runner) enqueue(step *chat.Step, kept *flow.Kept) {
	how := chat.Queued{Name: kept.Queue.Name, Priority: kept.Priority, Age: time.Duration(kept.Age) * time.Second}
	r.await(step, kept.Queue, &how)
	step.Enqueue(how)
}

// await lets a contact wait for the one agent that its queue or its criteria name. Agents that criteria
// name and nobody knows are not waited for.
func (r *Runner) await(step *chat.Step, q *flow.Queue, how *chat.Queued) {
	how.Agent, how.Interrupts, how.Until = "", false, time.Time{}
	if q == nil || q.Agent == "" {
		return
	}
	name, ok := r.agent(q.Agent, "")
	switch {
	case ok:
		how.Agent = name
	case q.Name == "":
		how.Agent = q.Agent // whose queue it is, and who may come back
	default:
		r.tell(step, fmt.Sprintf("its routing criteria name an agent who is not here, so that it waits for all: %q; say in parley.yaml under names which one is meant", q.Agent))
		return
	}
	if q.Expiry > 0 {
		how.Until = later(step, time.Duration(q.Expiry)*time.Second)
	}
}

// requeue moves a waiting chat to another queue, as a new contact.
func (r *Runner) requeue(step *chat.Step, rec *record, ask *flow.Ask, instead string) flow.Event {
	if rec.Moment != queued || agentOf(step.Contact()) != "" {
		return failed("the contact waits in no queue")
	}
	found := r.target(ask)
	if found.Kind != flow.Answered {
		return found
	}
	kept := rec.State.Kept
	var err error
	if kept.Queue, err = r.instead(queueIn(found), instead); err != nil {
		return failed("%v", err)
	}
	if kept.Queue.Name != "" {
		if err := r.cfg.Floor.Admit(step.Contact().ID, kept.Queue.Name); err != nil {
			return notAdmitted(err, kept.Queue.Name)
		}
	}
	step.Succeed(chat.ByQueueTransfer, chat.FlowDisconnect)
	r.enqueue(step, &kept)
	return found
}

// interrupt offers a waiting contact to one agent, however busy. The flow goes on meanwhile.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interrupt-agent.html
func (r *Runner) interrupt(step *chat.Step, rec *record, ask *flow.Ask) flow.Event {
	if rec.Moment != queued || agentOf(step.Contact()) != "" {
		return failed("the contact waits in no queue")
	}
	ref := flow.Text(ask.Parameters["AgentId"])
	name, ok := r.agent(ref, ask.Shown)
	if !ok || r.cfg.Floor.Metrics("", name).Online == 0 {
		return noAgent(ref, ask.Shown)
	}
	step.Route(func(how *chat.Queued) { how.Agent, how.Interrupts, how.Until = name, true, time.Time{} })
	return flow.Event{Kind: flow.Answered}
}

// route changes the place in the queue of a contact that waits when its flow has changed what decides
// about it.
func (r *Runner) route(step *chat.Step, m moment, before, kept *flow.Kept) {
	agent := func(k *flow.Kept) string {
		if k.Queue == nil {
			return ""
		}
		return k.Queue.Agent
	}
	criteria := agent(before) != agent(kept)
	if m != queued || before.Priority == kept.Priority && before.Age == kept.Age && !criteria {
		return
	}
	step.Route(func(how *chat.Queued) {
		how.Priority, how.Age = kept.Priority, time.Duration(kept.Age)*time.Second
		if criteria {
			r.await(step, kept.Queue, how)
		}
	})
}

// hours says whether the hours that an action names, or those of the contact's queue, are open.
func (r *Runner) hours(step *chat.Step, rec *record, ask *flow.Ask) flow.Event {
	name := r.cfg.Library.Queue(flow.Text(ask.Parameters["HoursOfOperationId"]), ask.Shown)
	if name == "" {
		q := rec.State.Kept.Queue
		switch {
		case !q.Chosen():
			return failed("it names no hours, and no queue is set whose hours would count")
		case q.Name == "":
			return failed("the queue of a single agent has no hours")
		}
		name = r.cfg.Hours.OfQueue(q.Name)
	}
	result, note := "False", ""
	open, known := r.cfg.Hours.Open(name, step.Now())
	if !known {
		note = "hours that nobody configured are always open"
	}
	if open || !known {
		result = "True"
	}
	return flow.Event{Kind: flow.Answered, HasResult: true, Result: result, Note: note}
}

// measured is the queue, or the agent, that an action about metrics means.
func (r *Runner) measured(rec *record, ask *flow.Ask) (*flow.Queue, error) {
	if flow.Text(ask.Parameters["AgentId"]) == "" && r.cfg.Library.Queue(flow.Text(ask.Parameters["QueueId"]), ask.Shown) == "" {
		if q := rec.State.Kept.Queue; q.Chosen() {
			return q, nil
		}
		return nil, errors.New("it names no queue, and none is set")
	}
	found := r.target(ask)
	if found.Kind != flow.Answered {
		return nil, errors.New(found.Note)
	}
	return queueIn(found), nil
}

// metricsOf are those of a queue of many, or of an agent who has a queue alone.
func (r *Runner) metricsOf(q *flow.Queue) Metrics {
	if q.Name != "" {
		return r.cfg.Floor.Metrics(q.Name, "")
	}
	return r.cfg.Floor.Metrics("", q.Agent)
}

// check yields one metric of a queue, ages in milliseconds.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-control-actions-checkmetricdata.html
func (r *Runner) check(rec *record, ask *flow.Ask) flow.Event {
	queue, err := r.measured(rec, ask)
	if err != nil {
		return failed("%v", err)
	}
	m := r.metricsOf(queue)
	var value int64
	switch kind := flow.Text(ask.Parameters["MetricType"]); kind {
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

// metrics fills $.Metrics, times in seconds. What nobody can say is not there.
func (r *Runner) metrics(step *chat.Step, rec *record, ask *flow.Ask) flow.Event {
	queue, err := r.measured(rec, ask)
	if err != nil {
		return failed("%v", err)
	}
	m := r.metricsOf(queue)
	count := func(n int) map[string]any { return map[string]any{"Count": float64(n)} }
	wait := func(of map[string]any, d time.Duration) map[string]any {
		if d >= 0 {
			of["EstimatedWaitTime"] = float64(int64(d.Seconds()))
		}
		return of
	}
	results := map[string]any{
		"Queue": wait(map[string]any{
			"Name": queue.Name, "ARN": queue.ARN, "Size": float64(m.Waiting), "OldestContactAge": float64(int64(m.Oldest.Seconds())),
		}, m.Wait),
		"Agents": map[string]any{
			"Online": count(m.Online), "Available": count(m.Available), "Staffed": count(m.Staffed), "AfterContactWork": count(0),
			"Busy": count(m.Busy), "Missed": count(0), "NonProductive": count(m.Online - m.Staffed),
		},
	}
	if place, ok := r.cfg.Floor.Place(step.Contact().ID); ok {
		results["Contact"] = wait(map[string]any{"PositionInQueue": float64(place.Position)}, place.Wait)
	}
	return flow.Event{Kind: flow.Answered, Results: map[string]any{"Metrics": results}}
}
