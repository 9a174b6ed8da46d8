package flowrun_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/hours"
)

// say is an action that says something and goes on.
func say(id, what, next string) flow.Action { return do(id, "MessageParticipant", text(what), next) }

// into is a flow that puts its chat into a queue after some actions, the first of which leads to the
// next and the last to "go".
func into(actions ...flow.Action) flow.Document {
	return document(append(actions,
		do("go", "TransferContactToQueue", nil, "bad", "!NoMatchingError", "bad", "!QueueAtCapacity", "full"),
		say("full", "Too many wait.", "end"), say("bad", "That did not work.", "end"),
		do("end", "DisconnectParticipant", nil, ""))...)
}

func queueTo(id, queue, next string) flow.Action {
	return do(id, "UpdateContactTargetQueue", map[string]any{"QueueId": queue}, next, "!NoMatchingError", "bad")
}

func agentTo(id, agent, next string) flow.Action {
	return do(id, "UpdateContactTargetQueue", map[string]any{"AgentId": agent}, next, "!NoMatchingError", "bad")
}

func criteria(id, agent, next string) flow.Action {
	return do(id, "UpdateContactRoutingCriteria", map[string]any{"RoutingCriteria": map[string]any{"Steps": []any{map[string]any{
		"Expression": map[string]any{"AttributeCondition": map[string]any{"ComparisonOperator": "Match", "MatchCriteria": map[string]any{
			"AgentsCriteria": map[string]any{"AgentIds": []any{agent}},
		}}},
	}}}}, next, "!NoMatchingError", "bad")
}

// expiring lets criteria expire after half a minute.
func expiring(a flow.Action) flow.Action {
	steps, _ := a.Parameters["RoutingCriteria"].(map[string]any)["Steps"].([]any)
	steps[0].(map[string]any)["Expiry"] = map[string]any{"DurationInSeconds": "30"} //nolint:forcetypeassert // made above
	return a
}

func routing(id, member string, value any, next string) flow.Action {
	return do(id, "UpdateContactRoutingBehavior", map[string]any{member: value}, next)
}

// A flow says how its chat waits: in which queue, how urgently, and for whom.
func TestQueues(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:connect:us-east-1:1:instance/i/agent/"
	agents := map[string]string{"Ann": "Ann", "a-1": "Ann"}
	for name, test := range map[string]struct {
		flow  flow.Document
		want  *chat.Queued // Since left out
		says  string       // or what is said, if the flow ends the chat
		told  string
		floor *floor
	}{
		"priority": {flow: into(queueTo("q", "Sales", "p"), routing("p", "QueuePriority", "1", "go")), want: &chat.Queued{Name: "Sales", Priority: 1}},
		"age":      {flow: into(queueTo("q", "Sales", "p"), routing("p", "QueueTimeAdjustmentSeconds", "-30", "go")), want: &chat.Queued{Name: "Sales", Age: -30 * time.Second}},
		"agent":    {flow: into(agentTo("q", arn+"a-1", "go")), want: &chat.Queued{Agent: "Ann"}},
		"nobody":   {flow: into(agentTo("q", "Bob", "go")), says: "That did not work."},
		"criteria": {flow: into(queueTo("q", "Sales", "c"), criteria("c", "a-1", "go")), want: &chat.Queued{Name: "Sales", Agent: "Ann"}},
		"strange criteria": {
			flow: into(queueTo("q", "Sales", "c"), criteria("c", "x", "go")), want: &chat.Queued{Name: "Sales"}, told: `an agent who is not here, so that it waits for all: "x"`,
		},
		"criteria for a while": {
			flow: into(queueTo("q", "Sales", "c"), expiring(criteria("c", "a-1", "go"))), want: &chat.Queued{Name: "Sales", Agent: "Ann", Until: time.Date(2000, 1, 1, 0, 0, 30, 0, time.UTC)},
		},
		"criteria alone": {flow: into(criteria("c", "a-1", "go")), says: "That did not work."},
		"full":           {flow: into(queueTo("q", "Sales", "go")), says: "Too many wait.", floor: &floor{full: map[string]bool{"Sales": true}}},
		"full elsewhere": {flow: into(queueTo("q", "Sales", "go")), want: &chat.Queued{Name: "Sales"}, floor: &floor{full: map[string]bool{"Support": true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]flow.Document{"main": test.flow})
				w.end()
				if w.floor = test.floor; w.floor == nil {
					w.floor = &floor{agents: agents}
				}
				w.open()
				c := w.customer("main")
				if test.says != "" {
					c.expect("SYSTEM: "+test.says, "chat.ended")
					return
				}
				got := c.contact().Queue
				if got == nil {
					t.Fatal("it waits in no queue")
				}
				how := *got
				how.Since = time.Time{}
				if how != *test.want {
					t.Errorf("it waits so: %+v", how)
				}
				if told := strings.Join(w.told, "\n"); !strings.Contains(told, test.told) {
					t.Errorf("told %q", told)
				}
			})
		})
	}
}

// A queue flow moves its chat within the queue and offers it to an agent, and the chat has waited since
// when it had before, after a restart as well.
func TestQueueFlowMovesItsChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{
			"main": into(queueTo("q", "Sales", "h"), do("h", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerQueue": "waiting"}}, "go", "!NoMatchingError", "bad")),
			"waiting": document(
				do("w1", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "end", "WaitCompleted", "p", "!NoMatchingError", "end"),
				routing("p", "QueuePriority", "2", "w2"),
				do("w2", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "end", "WaitCompleted", "c", "!NoMatchingError", "end"),
				criteria("c", "Ann", "w3"), say("bad", "bad", "end"),
				do("w3", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "end", "WaitCompleted", "none", "!NoMatchingError", "end"),
				do("none", "RouteContactToAgent", map[string]any{"AgentId": "Bob"}, "end", "!NoMatchingError", "off"),
				do("off", "RouteContactToAgent", map[string]any{"AgentId": "Off"}, "end", "!NoMatchingError", "i"),
				do("i", "RouteContactToAgent", map[string]any{"AgentId": "Cleo"}, "said", "!NoMatchingError", "end"),
				say("said", "Cleo was asked.", "w4"),
				do("w4", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "end", "WaitCompleted", "full", "!NoMatchingError", "end"),
				do("full", "DequeueContactAndTransferToQueue", map[string]any{"QueueId": "Full"}, "end", "!NoMatchingError", "end", "!QueueAtCapacity", "m"),
				do("m", "DequeueContactAndTransferToQueue", map[string]any{"QueueId": "Support"}, "end", "!NoMatchingError", "end", "!QueueAtCapacity", "end"),
				do("end", "EndFlowExecution", nil, ""),
			),
		})
		w.end()
		w.floor = &floor{
			agents: map[string]string{"Ann": "Ann", "Cleo": "Cleo", "Off": "Off"}, metrics: map[string]flowrun.Metrics{"Cleo": {Online: 1}}, full: map[string]bool{"Full": true},
		}
		w.open()
		c := w.customer("main")
		want := *c.contact().Queue
		check := func() {
			t.Helper()
			if got := *c.contact().Queue; got != want {
				t.Errorf("it waits so: %+v, not %+v", got, want)
			}
		}
		c.pass(time.Minute)
		want.Priority = 2
		check()
		w.restart()
		c.pass(time.Minute)
		want.Agent = "Ann"
		check()
		c.pass(time.Minute)
		want.Agent, want.Interrupts = "Cleo", true
		check()
		c.expect("SYSTEM: Cleo was asked.")
		c.pass(time.Minute)
		// It is as urgent in the new queue, but waits there for anybody.
		want = chat.Queued{Name: "Support", Priority: 2, Since: c.contact().Queue.Since}
		check()
	})
}

// Hours are those that the block names, or those of the queue, at the time of the chats.
func TestHours(t *testing.T) {
	t.Parallel()
	office, err := hours.New(hours.Config{Zone: "Europe/Berlin", Open: []string{"Sat 1:00-2:00"}, Overrides: []string{"2000-01-08 closed"}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(parameters map[string]any) flow.Action {
		return do("h", "CheckHoursOfOperation", parameters, "bad", "True", "open", "False", "shut", "!NoMatchingError", "bad")
	}
	named := map[string]any{"HoursOfOperationId": "arn:aws:connect:us-east-1:1:instance/i/operating-hours/Office"}
	for name, test := range map[string]struct {
		after   time.Duration // midnight of Saturday, 2000-01-01, in UTC
		actions []flow.Action
		want    string
	}{
		"open":             {0, []flow.Action{ask(named)}, "open"},
		"a minute later":   {time.Hour, []flow.Action{ask(named)}, "shut"},
		"override":         {7 * 24 * time.Hour, []flow.Action{ask(named)}, "shut"},
		"the queue's":      {time.Hour, []flow.Action{queueTo("q", "Sales", "h"), ask(nil)}, "shut"},
		"a queue without":  {time.Hour, []flow.Action{queueTo("q", "Support", "h"), ask(nil)}, "open"},
		"nobody's":         {time.Hour, []flow.Action{ask(map[string]any{"HoursOfOperationId": "other"})}, "open"},
		"no queue":         {0, []flow.Action{ask(nil)}, "bad"},
		"an agent's queue": {0, []flow.Action{agentTo("q", "Ann", "h"), ask(nil)}, "bad"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]flow.Document{"main": document(append(test.actions,
					say("open", "open", "end"), say("shut", "shut", "end"), say("bad", "bad", "end"), do("end", "DisconnectParticipant", nil, ""))...)})
				w.end()
				w.floor = &floor{agents: map[string]string{"Ann": "Ann"}}
				w.hours = &hours.Book{Hours: map[string]*hours.Hours{"Office": office}, Queues: map[string]string{"Sales": "Office"}}
				w.open()
				<-time.After(test.after)
				w.customer("main").expect("SYSTEM: "+test.want, "chat.ended")
			})
		})
	}
}

// A queue flow tells the customer the place in the queue, and how long it may take.
func TestMetricsOfQueueAgentAndContact(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fill := func(id string, parameters map[string]any, next string) flow.Action {
			return do(id, "GetMetricData", parameters, next, "!NoMatchingError", "bad")
		}
		const all = "$.Metrics.Queue.Name: $.Metrics.Queue.Size, $.Metrics.Queue.OldestContactAge s, $.Metrics.Queue.EstimatedWaitTime s; " +
			"$.Metrics.Agents.Online.Count, $.Metrics.Agents.Staffed.Count, $.Metrics.Agents.Available.Count, $.Metrics.Agents.Busy.Count, $.Metrics.Agents.NonProductive.Count; " +
			"$.Metrics.Contact.PositionInQueue, $.Metrics.Contact.EstimatedWaitTime s"
		w := newWorld(t, map[string]flow.Document{
			"main": into(queueTo("q", "Sales", "h"), do("h", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerQueue": "waiting"}}, "m", "!NoMatchingError", "bad"),
				fill("m", nil, "s"), say("s", all, "go")),
			"waiting": document(
				do("w", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "end", "WaitCompleted", "m", "!NoMatchingError", "end"),
				fill("m", nil, "s"), say("s", all, "ma"), fill("ma", map[string]any{"AgentId": "Ann"}, "sa"), say("sa", all, "mb"),
				fill("mb", map[string]any{"AgentId": "Bob"}, "end"), say("bad", "Who is Bob?", "c"),
				do("c", "CheckMetricData", map[string]any{"AgentId": "Ann", "MetricType": "NumberOfAgentsAvailable"}, "end", "1", "yes", "!NoMatchingCondition", "end", "!NoMatchingError", "end"),
				say("yes", "Ann is there.", "end"),
				do("end", "EndFlowExecution", nil, ""),
			),
		})
		w.floor.agents = map[string]string{"Ann": "Ann"}
		w.floor.metrics = map[string]flowrun.Metrics{
			"Sales": {Available: 1, Staffed: 3, Online: 4, Busy: 2, Waiting: 5, Oldest: 90 * time.Second, Wait: 61500 * time.Millisecond},
			"Ann":   {Available: 1, Staffed: 1, Online: 1, Wait: -1},
		}
		c := w.customer("main")
		w.floor.mu.Lock()
		w.floor.places = map[string]flowrun.Place{c.chat.ContactID: {Position: 3, Wait: 20 * time.Second}}
		w.floor.mu.Unlock()
		c.pass(time.Minute)
		c.expect(
			"SYSTEM: Sales: 5, 90 s, 61 s; 4, 3, 1, 2, 1; ,  s",
			"SYSTEM: Sales: 5, 90 s, 61 s; 4, 3, 1, 2, 1; 3, 20 s",
			"SYSTEM: : 0, 0 s,  s; 1, 1, 1, 0, 0; 3, 20 s",
			"SYSTEM: Who is Bob?",
			"SYSTEM: Ann is there.",
		)
	})
}
