package flowrun_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// whispering are flows of a chat that waits in a queue, with both whispers. The one to the agent takes
// its time, or never comes to an end.
func whispering(forever bool) map[string]flow.Document {
	hooks := func(id, name, target, next string) flow.Action {
		return do(id, "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{name: target}}, next, "!NoMatchingError", "end")
	}
	pause := do("pause", "Wait", map[string]any{"TimeLimitSeconds": "10"}, "say", "WaitCompleted", "say", "!NoMatchingError", "say")
	agent := document(pause, do("say", "MessageParticipant", text("$.Attributes.tier customer for $.Agent.UserName."), "view"),
		do("view", "ShowView", map[string]any{"ViewResource": map[string]any{"Id": "form"}}, "more", "!NoMatchingError", "more"),
		do("more", "MessageParticipant", text("Be kind."), "end"), do("end", "EndFlowExecution", nil, ""))
	if forever {
		agent = document(pause, do("say", "MessageParticipant", text("Still there."), "pause"))
	}
	return map[string]flow.Document{
		"main": document(hooks("a", "CustomerQueue", "waiting", "b"), hooks("b", "AgentWhisper", "agent", "c"), hooks("c", "CustomerWhisper", "customer", "d"),
			hooks("d", "CustomerRemaining", "survey", "queue"),
			do("queue", "UpdateContactTargetQueue", map[string]any{"QueueId": "sales"}, "go", "!NoMatchingError", "end"),
			do("go", "TransferContactToQueue", nil, "end", "!NoMatchingError", "end", "!QueueAtCapacity", "end"),
			do("end", "DisconnectParticipant", nil, "")),
		"waiting":  document(do("say", "MessageParticipant", text("Please wait."), "end"), do("end", "EndFlowExecution", nil, "")),
		"agent":    agent,
		"customer": document(do("say", "MessageParticipant", text("Here is $.Agent.UserName."), "end"), do("end", "EndFlowExecution", nil, "")),
		"survey":   document(do("say", "MessageParticipant", text("Goodbye."), "end"), do("end", "DisconnectParticipant", nil, "")),
	}
}

// accept lets an agent join and listen.
func (c *customer) accept(name string) (chat.Joined, *feed) {
	c.w.t.Helper()
	joined, err := c.w.Join(c.w.t.Context(), c.chat.ContactID, transcript.Agent, name)
	if err != nil {
		c.w.t.Fatal(err)
	}
	heard := &feed{}
	if _, err := c.w.Watch(c.chat.ContactID, joined.ParticipantID, heard); err != nil {
		c.w.t.Fatal(err)
	}
	synctest.Wait()
	return joined, heard
}

// whispers are the messages of the system that a side was told since another time.
func (f *feed) whispers(since time.Time) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var texts []string
	for _, item := range f.items {
		if item.Role == transcript.System && item.Time.After(since) {
			texts = append(texts, item.Content)
		}
	}
	return texts
}

func TestWhispers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, whispering(false))
		c := w.customer("main")
		c.pass(time.Second)
		joined, agent := c.accept("Ann")
		c.say(transcript.TextPlain, "hello?") // answers nothing
		accepted := time.Now()
		c.pass(5 * time.Second)
		if early := append(agent.whispers(accepted), c.feed.whispers(accepted)...); len(early) > 0 {
			t.Errorf("told early: %q", early)
		}
		c.pass(10 * time.Second)
		if got, want := agent.whispers(accepted), []string{"gold customer for Ann.", "Be kind."}; !slices.Equal(got, want) {
			t.Errorf("the agent was told %q, not %q", got, want)
		}
		if got, want := c.feed.whispers(accepted), []string{"Here is Ann."}; !slices.Equal(got, want) {
			t.Errorf("the customer was told %q, not %q", got, want)
		}
		if err := w.Leave(t.Context(), c.chat.ContactID, joined.ParticipantID); err != nil {
			t.Fatal(err)
		}
		c.expect("SYSTEM: Please wait.", "participant.joined", "CUSTOMER: hello?", "participant.left", "SYSTEM: Goodbye.", "chat.ended")
	})
}

// An agent who leaves while being told leaves the customer in the queue, also after a restart.
func TestAgentLeavesDuringTheWhisper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, whispering(false))
		c := w.customer("main")
		joined, _ := c.accept("Ann")
		w.restart()
		if err := w.Leave(t.Context(), c.chat.ContactID, joined.ParticipantID); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Minute)
		if contact := c.contact(); contact.HasEnded() || contact.Queue == nil || contact.Queue.Name != "sales" || contact.Latest != nil {
			t.Errorf("the contact is %+v", contact)
		}
		_, agent := c.accept("Bob")
		accepted := time.Now()
		c.pass(time.Minute)
		if got, want := agent.whispers(accepted), []string{"gold customer for Bob.", "Be kind."}; !slices.Equal(got, want) {
			t.Errorf("the next agent was told %q, not %q", got, want)
		}
		c.expect("SYSTEM: Please wait.", "participant.joined", "participant.left", "SYSTEM: Please wait.", "participant.joined")
	})
}

// A whisper takes two minutes at most, and then it is the other side's turn.
func TestLongWhisper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, whispering(true))
		c := w.customer("main")
		accepted := time.Now()
		_, agent := c.accept("Ann")
		c.pass(119 * time.Second)
		if early := c.feed.whispers(accepted.Add(time.Second)); len(early) > 0 {
			t.Errorf("the customer was told %q early", early)
		}
		c.pass(2 * time.Second)
		if got, want := c.feed.whispers(accepted.Add(time.Second)), []string{"Here is Ann."}; !slices.Equal(got, want) {
			t.Errorf("the customer was told %q, not %q", got, want)
		}
		said := len(agent.whispers(accepted))
		c.pass(time.Hour)
		if more := len(agent.whispers(accepted)) - said; more > 0 {
			t.Errorf("the agent was told %d more afterwards", more)
		}
		w.told = nil // that the flow was ended
	})
}

// A customer who leaves during a whisper ends the contact.
func TestCustomerLeavesDuringTheWhisper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, whispering(false))
		c := w.customer("main")
		c.accept("Ann")
		if err := w.Leave(t.Context(), c.chat.ContactID, c.chat.ParticipantID); err != nil {
			t.Fatal(err)
		}
		if contact := c.contact(); contact.Reason != chat.CustomerDisconnect || contact.Latest != nil {
			t.Errorf("the contact ended with %s", contact.Reason)
		}
	})
}
