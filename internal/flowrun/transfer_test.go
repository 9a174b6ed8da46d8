package flowrun_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// typed adds a flow of a type.
func (w *world) typed(name string, kind flow.Kind, document flow.Document) {
	w.t.Helper()
	p, findings := flow.Compile(flow.Source{File: name + ".json", Kind: kind, Document: document})
	if p == nil {
		w.t.Fatal(findings)
	}
	w.library.Set(append(w.library.Files(), p))
}

// served is a chat that an agent has, whose customer waited in the queue sales with a flow.
func (w *world) served() (*customer, chat.Joined) {
	w.t.Helper()
	c := w.customer("main")
	ann, err := w.Join(w.t.Context(), c.chat.ContactID, transcript.Agent, "Ann")
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return c, ann
}

// queueing are flows that put a chat into a queue with a customer queue flow.
func queueing() map[string]flow.Document {
	return map[string]flow.Document{
		"main": into(
			do("hook", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerQueue": "waiting"}}, "queue", "!NoMatchingError", "bad"),
			queueTo("queue", "sales", "go"),
		),
		"waiting": document(say("say", "You wait for $.Queue.Name.", "end"), do("end", "EndFlowExecution", nil, "")),
	}
}

func (c *customer) transfer(from chat.Joined, to chat.Transfer) {
	c.w.t.Helper()
	if _, err := c.w.Transfer(c.w.t.Context(), c.chat.ContactID, from.ParticipantID, to); err != nil {
		c.w.t.Fatal(err)
	}
	synctest.Wait()
}

// A chat that an agent passes on to a queue runs the flow for that on a new contact, which has what the
// flows before have set; meanwhile it is in no queue, also after a restart.
func TestTransferToAQueueRunsItsFlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, queueing())
		w.typed("to-queue", flow.QueueTransfer, into(
			say("say", "$.InitiationMethod of a $.Attributes.tier customer to $.Queue.Name", "pause"),
			do("pause", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "bad", "WaitCompleted", "go", "!NoMatchingError", "bad"),
		))
		c, ann := w.served()
		c.transfer(ann, chat.Transfer{Queue: "billing"})
		contact := c.contact()
		if contact.Queue != nil || contact.Latest == nil || contact.Latest.Method != chat.ByTransfer || contact.Latest.Before != nil {
			t.Errorf("meanwhile the contact is %+v", contact)
		}
		w.restart()
		c.pass(time.Minute)
		c.expect("SYSTEM: You wait for sales.", "participant.joined", "participant.left", "transfer.succeeded",
			"SYSTEM: TRANSFER of a gold customer to billing", "SYSTEM: You wait for billing.")
		if contact = c.contact(); contact.Queue == nil || contact.Queue.Name != "billing" || len(contact.Segments()) != 2 {
			t.Errorf("the contact is %+v", contact)
		}
		bob, err := w.Join(t.Context(), c.chat.ContactID, transcript.Agent, "Bob")
		if err != nil {
			t.Fatal(err)
		}
		c.transfer(bob, chat.Transfer{Queue: "sales", Back: true}) // who is removed passes nothing on
		c.pass(time.Hour)
		if contact = c.contact(); contact.Queue == nil || contact.Queue.Name != "sales" {
			t.Errorf("in the end the contact is %+v", contact)
		}
		if heard := c.heard(); heard[len(heard)-1] != "SYSTEM: You wait for sales." || len(heard) != 10 {
			t.Errorf("heard\n\t%s", strings.Join(heard, "\n\t"))
		}
	})
}

// The flow of a transfer to an agent knows the agent, and lets the chat wait for that one alone.
func TestTransferToAnAgentRunsItsFlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, queueing())
		w.floor.agents = map[string]string{"Bob": "Bob"}
		w.typed("to-agent", flow.AgentTransfer, into(agentTo("agent", "$.Agent.UserName", "go")))
		c, ann := w.served()
		c.transfer(ann, chat.Transfer{Agent: "Bob", Ready: func() error { t.Error("the flow was not asked"); return nil }})
		if contact := c.contact(); contact.Queue == nil || contact.Queue.Agent != "Bob" || contact.Queue.Name != "" {
			t.Errorf("the contact is %+v", contact)
		}
	})
}

// What does not become of a transfer as it should ends the chat or is told, and never leaves it alone.
func TestTransferFlows(t *testing.T) {
	t.Parallel()
	hangUp := document(say("bye", "Not now.", "end"), do("end", "EndFlowExecution", nil, ""))
	to := func(queue string) chat.Transfer { return chat.Transfer{Queue: queue} }
	for name, test := range map[string]struct {
		flows map[string]flow.Kind // what they are; each says its name and queues
		names map[string]string
		full  bool
		to    chat.Transfer
		want  []string // after the transfer
		queue string   // where the chat is in the end; empty when it is over
		told  string
	}{
		"none":           {to: to("billing"), want: []string{"SYSTEM: You wait for billing."}, queue: "billing"},
		"other type":     {flows: map[string]flow.Kind{"a": flow.AgentTransfer}, to: to("billing"), want: []string{"SYSTEM: You wait for billing."}, queue: "billing"},
		"one":            {flows: map[string]flow.Kind{"a": flow.QueueTransfer}, to: to("billing"), want: []string{"SYSTEM: a", "SYSTEM: You wait for billing."}, queue: "billing"},
		"several":        {flows: map[string]flow.Kind{"a": flow.QueueTransfer, "b": flow.QueueTransfer}, to: to("billing"), want: []string{"SYSTEM: You wait for billing."}, queue: "billing", told: `there are several flows of the type QUEUE_TRANSFER: write into parley.yaml, under transfers, "billing": and the name of the one`},
		"named":          {flows: map[string]flow.Kind{"a": flow.QueueTransfer, "b": flow.QueueTransfer}, names: map[string]string{"bill*": "b"}, to: to("billing"), want: []string{"SYSTEM: b", "SYSTEM: You wait for billing."}, queue: "billing"},
		"named untyped":  {flows: map[string]flow.Kind{"a": ""}, names: map[string]string{"billing": "a"}, to: to("billing"), want: []string{"SYSTEM: a", "SYSTEM: You wait for billing."}, queue: "billing"},
		"named and gone": {names: map[string]string{"billing": "none"}, to: to("billing"), want: []string{"SYSTEM: You wait for billing."}, queue: "billing", told: `names a flow that is not here: "none"`},
		"wrong type":     {flows: map[string]flow.Kind{"a": flow.AgentTransfer}, names: map[string]string{"billing": "a"}, to: to("billing"), want: []string{"SYSTEM: You wait for billing."}, queue: "billing", told: `names "a", which is of the type AGENT_TRANSFER and not QUEUE_TRANSFER`},
		"full":           {flows: map[string]flow.Kind{"a": flow.QueueTransfer}, full: true, to: to("billing"), want: []string{"SYSTEM: a", "SYSTEM: Too many wait.", "chat.ended"}},
		"hangs up":       {flows: map[string]flow.Kind{"hang-up": flow.QueueTransfer}, to: to("billing"), want: []string{"SYSTEM: Not now.", "chat.ended"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, queueing())
				w.floor.full = map[string]bool{"billing": test.full}
				for name, kind := range test.flows {
					document := into(say("say", name, "go"))
					if name == "hang-up" {
						document = hangUp
					}
					w.typed(name, kind, document)
				}
				w.library.Quick(test.names)
				if missing := w.library.Missing(); (len(missing) == 1) != (name == "named and gone") || len(missing) == 1 && missing[0].Flow != "transfers.billing" {
					t.Errorf("missing are %+v", missing)
				}
				c, ann := w.served()
				before := len(c.heard())
				c.transfer(ann, test.to)
				if got := c.heard()[before:]; !slices.Equal(got, append([]string{"participant.left", "transfer.succeeded"}, test.want...)) {
					t.Errorf("heard %q", got)
				}
				contact := c.contact()
				switch {
				case test.queue == "":
					if contact.Reason != chat.FlowDisconnect {
						t.Errorf("the chat ended with %q", contact.Reason)
					}
				case contact.Queue == nil || contact.Queue.Name != test.queue:
					t.Errorf("the contact is %+v", contact)
				}
				if told := strings.Join(w.told, "\n"); test.told == "" && told != "" || !strings.Contains(told, test.told) {
					t.Errorf("told %q", told)
				}
			})
		})
	}
}

// An agent who passes a chat on while being told what it is leaves no whisper behind.
func TestTransferDuringTheWhisper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, whispering(false))
		c := w.customer("main")
		joined, _ := c.accept("Ann")
		c.transfer(joined, chat.Transfer{Queue: "billing"})
		c.pass(time.Minute)
		_, agent := c.accept("Bob")
		accepted := time.Now()
		c.pass(time.Minute)
		if got, want := agent.whispers(accepted), []string{"gold customer for Bob.", "Be kind."}; !slices.Equal(got, want) {
			t.Errorf("the next agent was told %q, not %q", got, want)
		}
		c.expect("SYSTEM: Please wait.", "participant.joined", "participant.left", "transfer.succeeded", "SYSTEM: Please wait.", "participant.joined")
	})
}
