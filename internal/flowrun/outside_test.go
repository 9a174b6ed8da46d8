package flowrun_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// bot is the block that asks a bot, and says which branch it took.
func bot(first string) flow.Document {
	return document(
		do("bot", "ConnectParticipantWithLexBot", map[string]any{"Text": first, "LexV2Bot": map[string]any{"AliasArn": "a"}}, "bad", "!NoMatchingError", "bad", "!InputTimeLimitExceeded", "bad"),
		do("bad", "MessageParticipant", text("Nobody answers."), "end"), do("end", "DisconnectParticipant", nil, ""),
	)
}

// A bot that is not configured any more after a restart has failed, whatever is said meanwhile.
func TestCallOfNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, map[string]flow.Document{"main": bot("Hi")})
		w.outside = func(ctx context.Context, _ *flowrun.Call) flow.Event {
			<-ctx.Done()
			return flow.Event{}
		}
		w.restart()
		c := w.customer("main")
		c.say(transcript.TextPlain, "hello?")
		w.outside = nil
		w.restart()
		synctest.Wait()
		c.expect("CUSTOMER: hello?", "SYSTEM: Nobody answers.", "chat.ended")
	})
}

// The answer to a call that nothing waits for any more is not taken for that of the call after it.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		files := whispering(false)
		files["waiting"], files["survey"] = bot("waiting"), bot("survey")
		delete(files, "agent")
		delete(files, "customer")
		files["main"] = document(
			do("a", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerQueue": "waiting", "CustomerRemaining": "survey"}}, "q", "!NoMatchingError", "end"),
			do("q", "UpdateContactTargetQueue", map[string]any{"QueueId": "sales"}, "go", "!NoMatchingError", "end"),
			do("go", "TransferContactToQueue", nil, "end", "!NoMatchingError", "end", "!QueueAtCapacity", "end"),
			do("end", "DisconnectParticipant", nil, ""))
		w := newWorld(t, files)
		var calls atomic.Int32
		w.outside = func(ctx context.Context, _ *flowrun.Call) flow.Event {
			n := int(calls.Add(1))
			select {
			case <-time.After([]time.Duration{5 * time.Second, 10 * time.Second, time.Second}[n-1]): // in the queue, in the survey, in the survey
			case <-ctx.Done():
			}
			return flow.Event{Kind: flow.Answered, Open: true, Seconds: 300, Replies: []flow.Reply{{Text: "Answer " + strconv.Itoa(n), Content: transcript.TextPlain}}}
		}
		w.restart()
		c := w.customer("main")
		joined, _ := c.accept("Ann")
		if err := w.Leave(t.Context(), c.chat.ContactID, joined.ParticipantID); err != nil {
			t.Fatal(err)
		}
		c.pass(6 * time.Second) // the first bot has answered
		c.say(transcript.TextPlain, "hello?")
		c.pass(6 * time.Second)
		c.expect("participant.joined", "participant.left", "CUSTOMER: hello?", "SYSTEM: Answer 2", "SYSTEM: Answer 3")
	})
}
