package flowrun_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

const picker = `{"templateType":"ListPicker","version":"1.0"}`

// talkative opens a world with a bot that greets, and answers with two texts and an interactive message
// between them.
func talkative(t *testing.T, incremental bool) *world {
	t.Helper()
	w := newWorld(t, map[string]flow.Document{"main": bot("Hi")})
	w.incremental = incremental
	w.outside = func(_ context.Context, call *flowrun.Call) flow.Event {
		e := flow.Event{Kind: flow.Answered, Open: true, Replies: []flow.Reply{{Text: "Hello there, how are you today?", Content: transcript.TextPlain, Whole: true}}}
		if call.Ask.Text != "" {
			e.Replies = []flow.Reply{
				{Text: "One two three four five six. ", Content: transcript.TextPlain}, {Text: picker, Content: transcript.Interactive}, {Text: "Seven eight nine ten eleven.", Content: transcript.TextPlain},
			}
		}
		return e
	}
	w.restart()
	return w
}

// pieces are the pieces and wholes of what a bot has said, with the numbers of the pieces.
func (f *feed) pieces() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, item := range f.items {
		if item.Role != transcript.System || item.Type != transcript.MessageItem {
			continue
		}
		line := item.DisplayName + " " + item.Content
		if item.Part != nil {
			line = fmt.Sprintf("%d %v %s", item.Part.Chunk, item.Part.Completed, line)
		}
		all = append(all, line)
	}
	return all
}

// A chat that asked for it gets a bot's answer in pieces, each message completed before the next begins;
// the block's own text and interactive messages come whole. Any other chat gets all of it whole.
func TestPoint4BotInPieces(t *testing.T) {
	t.Parallel()
	said := []string{"SYSTEM: Hello there, how are you today?", "CUSTOMER: go", "SYSTEM: One two three four five six. ", "SYSTEM: (view)", "SYSTEM: Seven eight nine ten eleven."}
	synctest.Test(t, func(t *testing.T) {
		w := talkative(t, true)
		c := w.customer("main")
		c.say(transcript.TextPlain, "go")
		c.expect(said[:2]...) // nothing of a message is stored until it is complete
		c.pass(time.Minute)
		c.expect(said...)
		want := []string{
			"BOT Hello there, how are you today?", "1 false BOT One two three four ", "2 false BOT five six. ", "0 true BOT One two three four five six. ",
			"BOT " + picker, "1 false BOT Seven eight nine ten ", "2 false BOT eleven.", "0 true BOT Seven eight nine ten eleven.",
		}
		if diff := cmp.Diff(want, c.feed.pieces()); diff != "" {
			t.Error(diff)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := talkative(t, false)
		c := w.customer("main")
		c.say(transcript.TextPlain, "go")
		c.expect(said...)
		if slices.ContainsFunc(c.feed.items, func(i transcript.Item) bool { return i.Part != nil }) {
			t.Error(c.feed.pieces())
		}
	})
}

// Whatever interrupts an answer in pieces, no message is said twice or left out: the end of the program
// and a hurry complete what has begun, and what the customer says meanwhile waits for the rest.
func TestPoint4PiecesInterrupted(t *testing.T) {
	t.Parallel()
	whole := []string{"SYSTEM: Hello there, how are you today?", "CUSTOMER: go", "CUSTOMER: still?", "SYSTEM: One two three four five six. ", "SYSTEM: (view)", "SYSTEM: Seven eight nine ten eleven."}
	for _, hurried := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := talkative(t, true)
			c := w.customer("main")
			c.say(transcript.TextPlain, "go")
			c.say(transcript.TextPlain, "still?")
			if hurried {
				w.runner.Hurry()
				synctest.Wait()
				c.expect(append(whole, whole[3:]...)...) // the second question is answered at once
				return
			}
			w.restart()
			c.connect()
			c.expect(whole[:5]...)
			c.pass(time.Minute)
			c.expect(append(whole, whole[3:]...)...)
		})
	}
}

// An agent who takes the chat while a bot speaks ends what it says with the text so far.
func TestPoint4PiecesAgentComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		files := whispering(false)
		files["waiting"] = bot("waiting")
		w := newWorld(t, files)
		w.incremental = true
		w.outside = func(context.Context, *flowrun.Call) flow.Event {
			return flow.Event{Kind: flow.Answered, Open: true, Replies: []flow.Reply{{Text: "One two three four five six.", Content: transcript.TextPlain}}}
		}
		w.restart()
		c := w.customer("main")
		c.accept("Ann")
		c.pass(time.Minute)
		at := slices.Index(c.heard(), "SYSTEM: One two three four ")
		if at < 0 || slices.Contains(c.heard(), "SYSTEM: One two three four five six.") {
			t.Errorf("%q", c.heard())
		}
		if contact := c.contact(); contact.HasEnded() {
			t.Error("the chat has ended")
		}
		if _, err := w.Say(t.Context(), c.chat.ContactID, c.chat.ParticipantID, transcript.Message{ContentType: transcript.TextPlain, Content: "Ann?"}); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := talkative(t, true)
		c := w.customer("main")
		c.say(transcript.TextPlain, "go")
		if err := w.Step(t.Context(), c.chat.ContactID, func(step *chat.Step) error { step.End(chat.FlowDisconnect); return nil }); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Minute)
		c.expect("SYSTEM: Hello there, how are you today?", "CUSTOMER: go", "SYSTEM: One two three four ", "chat.ended")
	})
}
