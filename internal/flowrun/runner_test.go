package flowrun_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// do is an action: its type, parameters, where it leads, and its further branches as pairs of a
// result and a target; a result that begins with "!" is an error.
func do(id, kind string, parameters map[string]any, next string, branches ...string) flow.Action {
	a := flow.Action{Identifier: id, Type: kind, Parameters: parameters, Transitions: flow.Transitions{NextAction: next}}
	for i := 0; i+1 < len(branches); i += 2 {
		if branches[i][0] == '!' {
			a.Transitions.Errors = append(a.Transitions.Errors, flow.ErrorTransition{ErrorType: branches[i][1:], NextAction: branches[i+1]})
			continue
		}
		a.Transitions.Conditions = append(a.Transitions.Conditions, flow.ConditionalTransition{
			NextAction: branches[i+1], Condition: flow.Condition{Operator: "Equals", Operands: []any{branches[i]}},
		})
	}
	return a
}

func document(actions ...flow.Action) flow.Document {
	return flow.Document{Version: flow.Version, StartAction: actions[0].Identifier, Actions: actions}
}

func text(s string) map[string]any { return map[string]any{"Text": s} }

func TestGreetAndQueue(t *testing.T) {
	t.Parallel()
	greetAndQueue(t, false)
}

// Flows that are awaited do the same, and what a durable store has of them is enough to go on.
func TestGreetAndQueueAwaited(t *testing.T) {
	t.Parallel()
	greetAndQueue(t, true)
}

func greetAndQueue(t *testing.T, awaited bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{
			"main": document(
				do("hello", "MessageParticipant", text("Hello, $.Attributes.tier customer."), "hook"),
				do("hook", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerQueue": "waiting", "CustomerRemaining": ""}}, "x", "!NoMatchingError", "hook2"),
				do("hook2", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerQueue": "waiting"}}, "hook3", "!NoMatchingError", "bye"),
				do("hook3", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerRemaining": "survey"}}, "queue", "!NoMatchingError", "bye"),
				do("queue", "UpdateContactTargetQueue", map[string]any{"QueueId": "arn:aws:connect:us-east-1:1:instance/i/queue/sales"}, "go", "!NoMatchingError", "bye"),
				do("go", "TransferContactToQueue", nil, "bye", "!NoMatchingError", "bye", "!QueueAtCapacity", "bye"),
				do("bye", "DisconnectParticipant", nil, ""),
				do("x", "DisconnectParticipant", nil, ""),
			),
			"waiting": document(
				do("wait", "MessageParticipant", text("You wait for $.Queue.Name."), "pause"),
				do("pause", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "end", "WaitCompleted", "wait", "!NoMatchingError", "end"),
				do("end", "EndFlowExecution", nil, ""),
			),
			"survey": document(
				do("ask", "MessageParticipant", text("How was it, $.Attributes.tier customer of $.Queue.Name? ($.InitiationMethod)"), "answer"),
				do("answer", "Wait", map[string]any{"TimeLimitSeconds": 300.0, "Events": []any{"CustomerReturned"}}, "gone", "WaitCompleted", "gone", "CustomerReturned", "thanks"),
				do("thanks", "MessageParticipant", text("Thank you."), "gone"),
				do("gone", "DisconnectParticipant", nil, ""),
			),
		})
		if w.awaited = awaited; awaited {
			w.restart()
		}
		c := w.customer("main")
		c.expect("SYSTEM: Hello, gold customer.", "SYSTEM: You wait for sales.")
		if q := c.contact().Queue; q == nil || q.Name != "sales" {
			t.Errorf("the queue is %v", q)
		}
		c.pass(time.Minute)
		w.restart()
		c.pass(time.Minute)
		c.expect("SYSTEM: Hello, gold customer.", "SYSTEM: You wait for sales.", "SYSTEM: You wait for sales.", "SYSTEM: You wait for sales.")
		joined, err := w.Join(t.Context(), c.chat.ContactID, transcript.Agent, "Ann")
		if err != nil {
			t.Fatal(err)
		}
		c.pass(time.Hour) // the queue flow is cut off
		if err := w.Leave(t.Context(), c.chat.ContactID, joined.ParticipantID); err != nil {
			t.Fatal(err)
		}
		c.settle()
		w.restart()
		c.say(transcript.TextPlain, "very good")
		c.expect("SYSTEM: Hello, gold customer.", "SYSTEM: You wait for sales.", "SYSTEM: You wait for sales.", "SYSTEM: You wait for sales.",
			"participant.joined", "participant.left", "SYSTEM: How was it, gold customer of sales? (DISCONNECT)", "CUSTOMER: very good", "SYSTEM: Thank you.", "chat.ended")
		contact := c.contact()
		if contact.Reason != chat.FlowDisconnect {
			t.Errorf("the chat ended with %s", contact.Reason)
		}
		segments := contact.Segments()
		if len(segments) != 2 || segments[0].Reason != chat.AgentDisconnect || segments[1].Method != chat.ByDisconnect || segments[1].Reason != chat.FlowDisconnect {
			t.Fatalf("%+v", segments)
		}
		w.mu.Lock()
		for _, row := range w.trace { // each step belongs to the contact it ran for
			want := segments[0].ID
			if row.Flow == "survey.json" {
				want = segments[1].ID
			}
			if row.Segment != want || row.FlowARN != "arn:aws:connect:us-east-1:000000000000:instance/i/contact-flow/"+row.Flow {
				t.Errorf("traced %+v", row)
			}
		}
		if len(w.trace) == 0 || w.trace[len(w.trace)-1].Flow != "survey.json" {
			t.Errorf("the survey is not traced: %+v", w.trace)
		}
		w.mu.Unlock()
		page, err := w.Transcript(t.Context(), c.chat.ContactID, chat.TranscriptQuery{MaxResults: 100, ContactID: segments[1].ID})
		if err != nil || len(page.Items) != 4 || page.Items[0].Role != transcript.System || page.Items[0].ContactID != segments[1].ID {
			t.Errorf("%d items of the disconnect flow's contact, %v", len(page.Items), err)
		}
		if len(w.told) > 0 {
			t.Errorf("told: %q", w.told)
		}
	})
}

func TestViewAndModule(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{
			"main": document(
				do("view", "ShowView", map[string]any{
					"ViewResource": map[string]any{"Id": "arn:aws:connect:us-east-1:aws:view/form:1"}, "InvocationTimeLimitSeconds": "400",
					"ViewData": map[string]any{"Heading": "Hello $.Attributes.tier"},
				}, "bye", "Next", "call", "!NoMatchingError", "bye", "!TimeLimitExceeded", "late", "!NoMatchingCondition", "bye"),
				do("call", "InvokeFlowModule", map[string]any{"FlowModuleId": "module"}, "after", "!NoMatchingError", "bye"),
				do("after", "MessageParticipant", text("$.Attributes.seen and $.FlowAttributes.own."), "bye"),
				do("late", "MessageParticipant", text("Too late."), "bye"),
				do("bye", "DisconnectParticipant", nil, ""),
			),
			"module": document(
				do("set", "UpdateContactAttributes", map[string]any{"Attributes": map[string]any{"seen": "$.Views.ViewResultData.FormData.city"}}, "own", "!NoMatchingError", "back"),
				do("own", "UpdateFlowAttributes", map[string]any{"FlowAttributes": map[string]any{"own": map[string]any{"Value": "hidden"}}}, "back"),
				do("back", "EndFlowModuleExecution", nil, ""),
			),
		})
		c := w.customer("main")
		c.say(transcript.TextPlain, "what is this?")
		c.say(transcript.InteractiveResponse, `{"templateType":"ViewResource","version":"1.0","action":"Next","data":{"FormData":{"city":"Ulm"}}}`)
		c.expect("SYSTEM: (view)", "CUSTOMER: what is this?",
			`CUSTOMER: {"templateType":"ViewResource","version":"1.0","action":"Next","data":{"FormData":{"city":"Ulm"}}}`,
			"SYSTEM: Ulm and .", "chat.ended")
		c = w.customer("main")
		c.pass(400 * time.Second)
		c.expect("SYSTEM: (view)", "SYSTEM: Too late.", "chat.ended")
	})
}

// A view is answered once: what comes after it is a message like any other.
func TestViewIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{"main": document(
			do("view", "ShowView", map[string]any{"ViewResource": map[string]any{"Id": "list"}, "InvocationTimeLimitSeconds": "60"}, "bye", "Next", "wait", "!NoMatchingError", "bye"),
			do("wait", "Wait", map[string]any{"TimeLimitSeconds": "3600", "Events": []any{"CustomerReturned"}}, "bye", "WaitCompleted", "bye", "CustomerReturned", "thanks"),
			do("thanks", "MessageParticipant", text("Again?"), "bye"),
			do("bye", "DisconnectParticipant", nil, ""),
		)})
		c := w.customer("main")
		const answer = `{"templateType":"ViewResource","version":"1.0","action":"Next","data":{}}`
		c.say(transcript.InteractiveResponse, answer)
		c.pass(2 * time.Minute) // the view's limit is not the Wait's
		c.say(transcript.InteractiveResponse, answer)
		c.expect("SYSTEM: (view)", "CUSTOMER: "+answer, "CUSTOMER: "+answer, "SYSTEM: Again?", "chat.ended")
	})
}

// A customer signs in, goes on without, or lets the time pass.
func TestSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{"main": document(
			do("sign", "AuthenticateParticipant", map[string]any{"TimeLimitMinutes": "5"}, "in", "OptedOut", "out", "!TimeLimitExceeded", "late", "!NoMatchingError", "bad"),
			do("in", "MessageParticipant", text("$.SegmentAttributes['connect:CustomerAuthentication']['Status']"), "bye"),
			do("out", "MessageParticipant", text("without"), "bye"),
			do("late", "MessageParticipant", text("late"), "bye"),
			do("bad", "MessageParticipant", text("bad"), "bye"),
			do("bye", "DisconnectParticipant", nil, ""),
		)})
		for outcome, want := range map[string]string{
			transcript.AuthSucceeded: "AUTHENTICATED", transcript.AuthCancelled: "without", transcript.AuthFailed: "bad", transcript.AuthTimeout: "late", "": "late",
		} {
			c := w.customer("main")
			if outcome == "" {
				c.pass(5 * time.Minute)
			} else if err := w.EndAuthentication(t.Context(), c.chat.ContactID, c.session(), outcome); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			c.expect("SYSTEM: "+want, "chat.ended")
		}
		c := w.customer("main") // who stays on the page
		if _, err := w.OpenAuthentication(t.Context(), c.chat.ContactID, c.session(), "https://shop.example"); err != nil {
			t.Fatal(err)
		}
		c.pass(5 * time.Minute)
		c.expect("SYSTEM: late", "chat.ended")
		if !slices.ContainsFunc(c.feed.items, func(item transcript.Item) bool { return item.ContentType == transcript.AuthTimeout }) {
			t.Error("the client was not told that the time is over")
		}
	})
}

// outside answers functions and bots by a function of the test.
type outside func(ctx context.Context, call *flowrun.Call) flow.Event

// unknown is the function that nobody answers.
const unknown = "unknown"

func (outside) Answers(ask *flow.Ask) bool { return ask.Parameters["LambdaFunctionARN"] != unknown }

func (o outside) Answer(ctx context.Context, call *flowrun.Call) flow.Event { return o(ctx, call) }

// A function is told of the contact; what is said while it works goes to nobody. A restart repeats
// the call that was being made, and no other.
func TestCallOfAFunction(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{"main": document(
			do("set", "UpdateContactAttributes", map[string]any{"Attributes": map[string]any{"step": "1"}}, "call"),
			do("call", "InvokeLambdaFunction", map[string]any{"LambdaFunctionARN": "look-up", "LambdaInvocationAttributes": map[string]any{"tier": "$.Attributes.tier"}}, "say", "!NoMatchingError", "bad"),
			do("say", "MessageParticipant", text("You are $.External.name."), "wait"),
			do("wait", "Wait", map[string]any{"TimeLimitSeconds": "60", "Events": []any{"CustomerReturned"}}, "bye", "WaitCompleted", "bye", "CustomerReturned", "bad"),
			do("bad", "MessageParticipant", text("bad"), "bye"),
			do("bye", "DisconnectParticipant", nil, ""),
		)})
		var calls []*flowrun.Call
		w.outside = func(ctx context.Context, call *flowrun.Call) flow.Event {
			w.mu.Lock()
			calls = append(calls, call)
			w.mu.Unlock()
			select {
			case <-time.After(2 * time.Second):
			case <-ctx.Done():
			}
			return flow.Event{Kind: flow.Answered, Results: map[string]any{"External": map[string]any{"name": "Pat the first"}}}
		}
		w.restart()
		c := w.customer("main")
		c.say(transcript.TextPlain, "hello?")
		w.restart()
		c.pass(2 * time.Second)
		c.expect("CUSTOMER: hello?", "SYSTEM: You are Pat the first.")
		if len(calls) != 2 || calls[0].ID != calls[1].ID || calls[1].Ask.Parameters["LambdaFunctionARN"] != "look-up" || calls[1].Contact.Attributes["step"] != "1" {
			t.Errorf("calls: %+v", calls)
		}
		c.pass(time.Minute)
		w.restart()
		c.expect("CUSTOMER: hello?", "SYSTEM: You are Pat the first.", "chat.ended")
		if len(calls) != 2 {
			t.Errorf("%d calls", len(calls))
		}
	})
}

// A bot is told everything that the customer says, in order, also what came while it was thinking.
func TestConversationWithABot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{"main": document(
			do("bot", "ConnectParticipantWithLexBot", map[string]any{"Text": "Hi", "LexV2Bot": map[string]any{"AliasArn": "a"}}, "bye", "Order", "done", "!InputTimeLimitExceeded", "late", "!NoMatchingError", "bye"),
			do("done", "MessageParticipant", text("$.Lex.IntentName it is."), "bye"),
			do("late", "MessageParticipant", text("Too late."), "bye"),
			do("bye", "DisconnectParticipant", nil, ""),
		)})
		w.outside = func(ctx context.Context, call *flowrun.Call) flow.Event {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			said := flow.Event{Kind: flow.Answered, Open: true, Seconds: 300, Replies: []flow.Reply{{Text: "You said " + call.Ask.Text, Content: transcript.TextPlain}}}
			if call.Ask.Text == "order" {
				said.Open, said.HasResult, said.Result = false, true, "Order"
				said.Results = map[string]any{"Lex": map[string]any{"IntentName": "Order"}}
			}
			return said
		}
		w.restart()
		c := w.customer("main")
		c.pass(time.Second)
		c.say(transcript.TextPlain, "one")
		c.say(transcript.TextPlain, "two")
		c.say(transcript.TextPlain, "order")
		w.restart()
		c.pass(time.Minute)
		c.expect("SYSTEM: You said ", "CUSTOMER: one", "CUSTOMER: two", "CUSTOMER: order",
			"SYSTEM: You said one", "SYSTEM: You said two", "SYSTEM: You said order", "SYSTEM: Order it is.", "chat.ended")
		c = w.customer("main")
		c.pass(time.Hour)
		c.expect("SYSTEM: You said ", "SYSTEM: Too late.", "chat.ended")
	})
}

// A bot that leaves means nothing to a flow that does not listen for it: what it waits for stays.
func TestBotLeavesDuringAWait(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		wait flow.Action
		want string
	}{
		"time": {do("wait", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "bad", "WaitCompleted", "late", "!NoMatchingError", "bad"), "SYSTEM: late"},
		"view": {do("wait", "ShowView", map[string]any{"ViewResource": map[string]any{"Id": "form"}, "InvocationTimeLimitSeconds": "60"}, "bad", "Next", "good", "!TimeLimitExceeded", "late", "!NoMatchingError", "bad"), "SYSTEM: good"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, map[string]flow.Document{"main": document(test.wait,
					do("good", "MessageParticipant", text("good"), "bye"), do("late", "MessageParticipant", text("late"), "bye"),
					do("bad", "MessageParticipant", text("bad"), "bye"), do("bye", "DisconnectParticipant", nil, ""),
				)})
				c := w.customer("main")
				bot, err := w.Join(t.Context(), c.chat.ContactID, transcript.CustomBot, "Bot")
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Leave(t.Context(), c.chat.ContactID, bot.ParticipantID); err != nil {
					t.Fatal(err)
				}
				c.pass(time.Second)
				if name == "view" {
					c.say(transcript.InteractiveResponse, `{"templateType": "ViewResource", "action": "Next", "data": {}}`)
				}
				c.pass(time.Minute)
				if heard := c.heard(); !slices.Contains(heard, test.want) {
					t.Errorf("heard %q", heard)
				}
			})
		})
	}
}

// What a customer sends is not told at full length.
func TestLongActionOfAView(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{"main": document(
			do("view", "ShowView", map[string]any{"ViewResource": map[string]any{"Id": "form"}}, "", "Next", "bye"), do("bye", "DisconnectParticipant", nil, ""),
		)})
		c := w.customer("main")
		c.say(transcript.InteractiveResponse, `{"templateType": "ViewResource", "action": "`+strings.Repeat("x", 10_000)+`", "data": {}}`)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.told) != 1 || len(w.told[0]) > 300 {
			t.Errorf("told %d texts: %.1000q", len(w.told), w.told)
		}
	})
}

// A chat whose flow is gone after a restart waits for an agent, and the log says so.
func TestFlowThatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{"main": document(
			do("wait", "Wait", map[string]any{"TimeLimitSeconds": "60"}, "bye", "WaitCompleted", "bye"),
			do("bye", "DisconnectParticipant", nil, ""),
		)})
		c := w.customer("main")
		w.library.Set(nil)
		w.restart()
		c.pass(time.Hour)
		if contact := c.contact(); contact.HasEnded() || contact.Queue == nil {
			t.Errorf("ended %v, queue %v", contact.HasEnded(), contact.Queue)
		}
		if len(w.told) != 1 {
			t.Errorf("told %q", w.told)
		}
	})
}
