package chat_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/redact"
	"github.com/parley-chat/parley/internal/transcript"
)

// processor is a function of tests: what it makes of a message is what the message says. It takes a
// minute for each, in a bubble.
type processor struct {
	mu   sync.Mutex
	jobs []string
}

func (p *processor) judge(ctx context.Context, job chat.Job) chat.Outcome {
	p.mu.Lock()
	p.jobs = append(p.jobs, job.Function+" "+job.Item.Content)
	p.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
	}
	switch text := job.Item.Content; {
	case strings.Contains(text, "approve"):
		return chat.Outcome{}
	case strings.Contains(text, "reject"):
		return chat.Outcome{Verdict: chat.Rejected}
	case strings.Contains(text, "fail"):
		return chat.Outcome{Verdict: chat.Failed, Why: "it broke"}
	case strings.Contains(text, "xml"):
		return chat.Outcome{Verdict: chat.Replaced, ContentType: "text/xml", Content: "<a/>"}
	case strings.Contains(text, "interactive"):
		return chat.Outcome{Verdict: chat.Replaced, ContentType: transcript.InteractiveResponse, Content: "{}"}
	default:
		return chat.Outcome{Verdict: chat.Replaced, ContentType: transcript.TextMarkdown, Content: strings.ToUpper(text)}
	}
}

// calls returns what the function was called with.
func (p *processor) calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.jobs...)
}

// switchOn has the messages of a contact processed.
func (w *world) switchOn(contactID string, p *chat.Processor, r *chat.Redaction) {
	w.t.Helper()
	err := w.Step(w.t.Context(), contactID, func(step *chat.Step) error {
		step.SetProcessor(p)
		step.SetRedaction(r)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// states are messages in short: status, type where it is no plain text, who and what.
func states(items []transcript.Item) (list []string) {
	for _, item := range items {
		if item.Type != transcript.MessageItem {
			continue
		}
		text := line(item)
		if item.ContentType != transcript.TextPlain {
			text = item.ContentType[strings.LastIndexAny(item.ContentType, "/.")+1:] + " " + text
		}
		if item.Processed != nil {
			text = fmt.Sprintf("%s %+v", text, *item.Processed)
		}
		list = append(list, text)
	}
	return list
}

// processed is a chat whose messages are processed, with its customer and an agent.
type processedChat struct {
	*world
	*processor
	started         chat.Started
	customer, agent *tape
	token           chat.Connection
	ann             chat.Joined
}

func newProcessed(t *testing.T, p *chat.Processor, r *chat.Redaction, config chat.Config) *processedChat {
	t.Helper()
	c := &processedChat{processor: &processor{}}
	config.Process = c.judge
	c.world = newWorld(t, config)
	c.started, c.token, c.customer = c.begin(request())
	c.ann = c.join(c.started.ContactID, transcript.Agent, "Ann")
	c.agent, _ = c.socket(c.ann.Token)
	c.switchOn(c.started.ContactID, p, r)
	return c
}

// elapse lets time pass, in a bubble.
func elapse(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func show(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// Messages pass the function one after the other; the others see what it has made of them, and the
// sender what was said where it was not delivered.
func TestProcessing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var published []string
		c := newProcessed(t, &chat.Processor{Function: "f"}, nil, chat.Config{
			Publish: func(_ chat.Contact, item transcript.Item) {
				published = append(published, states([]transcript.Item{item})...)
			},
		})
		err := c.Step(t.Context(), c.started.ContactID, func(step *chat.Step) error {
			step.SetStreams([]chat.Stream{{ID: "s", Endpoint: "e"}})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var sent []chat.Sent
		for _, text := range []string{"hello", "approve this", "reject this", "fail this", "xml", "interactive"} {
			sent = append(sent, c.say(c.token.Token, text))
		}
		if _, err := c.Say(t.Context(), c.started.ContactID, c.ann.ParticipantID, transcript.Message{ContentType: transcript.Interactive, Content: "{}"}); err != nil {
			t.Fatal(err)
		}
		if err := c.prompt(c.started.ContactID, plain("prompt")); err != nil {
			t.Fatal(err)
		}
		for i := range sent {
			if !sent[i].Processing {
				t.Errorf("message %d is not processed", i)
			}
		}
		synctest.Wait()
		show(t, "calls at first", c.calls(), "f hello")
		if got := states(must(c.customer.heard())); got != nil {
			t.Errorf("the customer sees %q at once", got)
		}
		page, err := c.Transcript(t.Context(), c.token.Token, chat.TranscriptQuery{For: c.started.ParticipantID, MaxResults: 3})
		if err != nil {
			t.Fatal(err)
		}
		pending := states(page.Items)
		show(t, "the sender's own", pending[max(0, len(pending)-6):], waiting("hello"), waiting("approve this"), waiting("reject this"), waiting("fail this"), waiting("xml"), waiting("interactive"))

		elapse(10 * time.Minute)
		delivered := []string{
			"markdown Pat: HELLO {Status: Original:hello OriginalType:text/plain Why:}", "Pat: approve this",
			"interactive Ann: {}", "markdown SYSTEM_MESSAGE: PROMPT {Status: Original:prompt OriginalType:text/plain Why:}",
		}
		stopped := []string{
			"Pat: reject this {Status:REJECTED Original: OriginalType: Why:}", "Pat: fail this {Status:FAILED Original: OriginalType: Why:it broke}",
			"Pat: xml {Status:FAILED Original: OriginalType: Why:the message that the function answers cannot be delivered: ContentType must be one of text/plain, text/markdown, application/json and " + transcript.InteractiveResponse + ".}",
			"Pat: interactive {Status:FAILED Original: OriginalType: Why:the function answers a message of another kind: contentType must be text/plain, text/markdown or application/json}",
		}
		own := append(append(append([]string{}, delivered[:2]...), stopped...), delivered[2:]...)
		show(t, "the agent sees", states(must(c.agent.heard())), delivered...)
		show(t, "the customer sees", states(must(c.customer.heard())), own...)
		show(t, "published", published, delivered...)
		show(t, "the customer reads", c.read(c.started.ParticipantID), own...)
		show(t, "the agent reads", c.read(c.ann.ParticipantID), delivered...)
		show(t, "who may see everything reads", c.read(""), own...)
		items, _ := c.customer.heard()
		at := 0
		for _, item := range items {
			if item.Type == transcript.MessageItem && at < len(sent) {
				if item.ID != sent[at].ID || !item.Time.Equal(sent[at].Time) {
					t.Errorf("message %d is shown as %s of %v, and was %+v", at, item.ID, item.Time, sent[at])
				}
				at++
			}
		}
		if _, err := c.SendEvent(t.Context(), c.token.Token, transcript.MessageRead, `{"messageId":"`+sent[0].ID+`"}`); err != nil {
			t.Error(err)
		}
	})
}

// must leaves out how often the end was announced.
func must(items []transcript.Item, _ int) []transcript.Item { return items }

func waiting(text string) string {
	return "Pat: " + text + " {Status:PROCESSING Original: OriginalType: Why:}"
}

// read reads the transcript for somebody, a few items at a time.
func (c *processedChat) read(reader string) []string {
	c.t.Helper()
	var list []string
	for token := ""; ; {
		page, err := c.ReadTranscript(c.t.Context(), c.started.ContactID, chat.TranscriptQuery{For: reader, MaxResults: 2, NextToken: token})
		if err != nil {
			c.t.Fatal(err)
		}
		list = append(states(page.Items), list...)
		if token = page.NextToken; token == "" {
			return list
		}
	}
}

// A function that fails lets the message pass where that is asked for, and what is switched off or on
// meanwhile is nothing to messages that wait.
func TestProcessingDelivers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newProcessed(t, &chat.Processor{Function: "f", Deliver: true}, nil, chat.Config{})
		c.say(c.token.Token, "fail")
		c.say(c.token.Token, "second")
		c.switchOn(c.started.ContactID, &chat.Processor{Function: "g"}, nil)
		c.say(c.token.Token, "third")
		c.switchOn(c.started.ContactID, nil, nil)
		if sent := c.say(c.token.Token, "approve"); sent.Processing {
			t.Error("a message is processed after the end of it")
		}
		elapse(10 * time.Minute)
		show(t, "calls", c.calls(), "f fail", "f second", "g third")
		show(t, "the agent sees", states(must(c.agent.heard())), "Pat: fail {Status: Original: OriginalType: Why:it broke}",
			"markdown Pat: SECOND {Status: Original:second OriginalType:text/plain Why:}", "markdown Pat: THIRD {Status: Original:third OriginalType:text/plain Why:}", "Pat: approve")
		if p := c.contact(c.started.ContactID).Processing; p != nil {
			t.Errorf("%+v is left", p)
		}
	})
}

// What is private is taken out before the function sees it; what cannot be is not delivered.
func TestProcessingRedacts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newProcessed(t, &chat.Processor{Function: "f"}, &chat.Redaction{}, chat.Config{})
		c.say(c.token.Token, "approve a@b.example")
		c.say(c.token.Token, "reject a@b.example")
		if _, err := c.SendMessage(t.Context(), c.token.Token, transcript.Message{ContentType: transcript.ApplicationJSON, Content: `{"card":4111111111111111}`}, ""); err != nil {
			t.Fatal(err)
		}
		elapse(10 * time.Minute)
		show(t, "calls", c.calls(), "f approve [EMAIL]", "f reject [EMAIL]")
		show(t, "the agent sees", states(must(c.agent.heard())), "Pat: approve [EMAIL] {Status: Original:approve a@b.example OriginalType:text/plain Why:}")
		show(t, "the customer sees", states(must(c.customer.heard()))[1:], "Pat: reject a@b.example {Status:REJECTED Original: OriginalType: Why:}",
			`json Pat: {"card":4111111111111111} {Status:FAILED Original: OriginalType: Why:what is private in this JSON text cannot be masked: it would be no JSON any more}`)

		c.switchOn(c.started.ContactID, nil, &chat.Redaction{Rules: redact.Rules{Same: true}})
		if sent := c.say(c.token.Token, "a@b.example"); !sent.Processing {
			t.Error("a message is not processed")
		}
		synctest.Wait()
		last := states(must(c.agent.heard()))
		show(t, "the agent sees of a redaction alone", last[1:], "Pat: [PII] {Status: Original:a@b.example OriginalType:text/plain Why:}")
	})
}

// Without functions what is private is taken out in the step that says it.
func TestRedactionAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, chat.Config{})
	started, connection, record := w.begin(request())
	w.switchOn(started.ContactID, &chat.Processor{Function: "f"}, &chat.Redaction{})
	if sent := w.say(connection.Token, "a@b.example"); sent.Processing {
		t.Error("a message is processed later")
	}
	show(t, "the customer sees", states(must(record.heard())), "Pat: [EMAIL] {Status: Original:a@b.example OriginalType:text/plain Why:}")
}

// A restart repeats the call that was being made, and nothing else; a message is neither lost nor doubled.
func TestProcessingRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newProcessed(t, &chat.Processor{Function: "f"}, nil, chat.Config{})
		first, err := c.SendMessage(t.Context(), c.token.Token, plain("one"), "token 1")
		if err != nil {
			t.Fatal(err)
		}
		second, err := c.SendMessage(t.Context(), c.token.Token, plain("two"), "token 2")
		if err != nil {
			t.Fatal(err)
		}
		elapse(90 * time.Second)
		show(t, "calls before", c.calls(), "f one", "f two")
		c.restart()
		for token, want := range map[string]chat.Sent{"token 1": {ID: first.ID, Time: first.Time}, "token 2": second} {
			again, err := c.SendMessage(t.Context(), c.token.Token, plain("again"), token)
			if err != nil || again.ID != want.ID || !again.Time.Equal(want.Time) || again.Processing != want.Processing {
				t.Errorf("%s again: %+v %v, want %+v", token, again, err, want)
			}
		}
		elapse(10 * time.Minute)
		show(t, "calls", c.calls(), "f one", "f two", "f two")
		show(t, "the transcript", c.read(""), "markdown Pat: ONE {Status: Original:one OriginalType:text/plain Why:}",
			"markdown Pat: TWO {Status: Original:two OriginalType:text/plain Why:}")
	})
}

// A store that fails keeps the outcome waiting, and the function is not called again.
func TestProcessingStoreFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failures := 0
		c := newProcessed(t, &chat.Processor{Function: "f"}, nil, chat.Config{Failed: func(string, error) { failures++ }})
		c.say(c.token.Token, "one")
		c.store.broken.Store(true)
		elapse(62 * time.Second)
		c.store.broken.Store(false)
		elapse(time.Minute)
		show(t, "calls", c.calls(), "f one")
		if got := len(states(must(c.agent.heard()))); failures == 0 || got != 1 {
			t.Errorf("%d failures, %d messages", failures, got)
		}
	})
}

// A flow's end waits for what was said before it; any other end does not, and what the function has not
// judged is as if it had failed.
func TestProcessingEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newProcessed(t, &chat.Processor{Function: "f"}, nil, chat.Config{})
		err := c.Step(t.Context(), c.started.ContactID, func(step *chat.Step) error {
			if _, err := step.Prompt(plain("bye")); err != nil {
				return err
			}
			step.End(chat.FlowDisconnect)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.SendMessage(t.Context(), c.token.Token, plain("wait"), "")
		refusal(t, "a message while the chat ends", err, chat.ErrAccessDenied)
		refusal(t, "a prompt while the chat ends", c.prompt(c.started.ContactID, plain("x")), chat.ErrNotFound)
		c.restart()
		elapse(10 * time.Minute)
		contact := c.contact(c.started.ContactID)
		if contact.Reason != chat.FlowDisconnect || len(c.calls()) != 2 {
			t.Errorf("reason %q after %q", contact.Reason, c.calls())
		}
		got := lines(c.transcript(c.started.ContactID))
		show(t, "the end", got[len(got)-2:], "SYSTEM_MESSAGE: BYE", "chat.ended")

		for deliver, want := range map[bool]string{
			true:  "Pat: approve {Status: Original: OriginalType: Why:the chat has ended before the function answered}",
			false: "Pat: approve {Status:FAILED Original: OriginalType: Why:the chat has ended before the function answered}",
		} {
			c = newProcessed(t, &chat.Processor{Function: "f", Deliver: deliver}, nil, chat.Config{})
			c.say(c.token.Token, "approve")
			if err := c.Disconnect(t.Context(), c.token.Token); err != nil {
				t.Fatal(err)
			}
			elapse(10 * time.Minute)
			show(t, "the transcript", c.read(""), want)
		}
	})
}

// The sender is answered before anything of the message is shown.
func TestProcessingAnswersFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newProcessed(t, nil, &chat.Redaction{}, chat.Config{})
		_, answered, err := c.Accept(t.Context(), c.started.ContactID, c.started.ParticipantID, plain("a@b.example"))
		if err != nil {
			t.Fatal(err)
		}
		elapse(time.Hour)
		if got := states(must(c.customer.heard())); got != nil {
			t.Errorf("%q is shown before the answer", got)
		}
		answered()
		synctest.Wait()
		if got := states(must(c.customer.heard())); len(got) != 1 {
			t.Errorf("%q is shown after the answer", got)
		}
		c.switchOn(c.started.ContactID, nil, nil)
		if _, answered, err = c.Accept(t.Context(), c.started.ContactID, c.started.ParticipantID, plain("a")); err != nil || answered != nil {
			t.Errorf("a message that is not processed waits for its answer: %v", err)
		}
	})
}

// A chat holds so many messages, and no more.
func TestProcessingIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newProcessed(t, &chat.Processor{Function: "f"}, nil, chat.Config{})
		for range 100 {
			c.say(c.token.Token, "approve")
		}
		_, err := c.SendMessage(t.Context(), c.token.Token, plain("one more"), "")
		refusal(t, "the 101st", err, chat.ErrBusy)
		if _, err := c.Tell(t.Context(), c.started.ContactID, c.ann.ParticipantID, plain("x")); err == nil {
			t.Error("a message in pieces passes the function")
		}
	})
}
