package partner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// messages are what others have said since the last call, in short: the number of a piece, 0 for the
// whole, "-" for what never came in pieces.
func (c *customer) messages() (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, item := range c.items {
		if item.Type != transcript.MessageItem || item.Role == transcript.Customer {
			continue
		}
		number := "-"
		if item.Part != nil {
			number = fmt.Sprint(item.Part.Chunk)
		}
		list = append(list, number+" "+item.DisplayName+": "+item.Content)
	}
	c.items = nil
	return list
}

const streamingScript = `name: Ann
typing: false
rules:
  - match: own
    reply: One two three four.
    stream: {words: 2, pace: 1s}
  - match: default
    stream: true
    do: [{reply: One two three four five.}, {reply: Six., stream: false}]
  - match: json
    reply: "[1]"
    contentType: application/json
    stream: true
  - reply: Pardon?
`

// TestRowA15Script: a scripted reply comes in pieces at its pace, where the chat asked for them, and as a
// whole in the agent's own name where it did not.
func TestRowA15Script(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, parse(t, streamingScript).Agents())
		pat := r.arrive(chat.StartRequest{Incremental: true, ContentTypes: []string{transcript.ApplicationJSON}})
		pat.say("own")
		synctest.Wait()
		if diff := cmp.Diff([]string{"1 BOT: One two "}, pat.messages()); diff != "" {
			t.Error(diff)
		}
		pass(time.Second)
		if diff := cmp.Diff([]string{"2 BOT: three four.", "0 BOT: One two three four."}, pat.messages()); diff != "" {
			t.Error(diff)
		}
		pat.say("default")
		pass(time.Second)
		want := []string{"1 BOT: One two three four ", "2 BOT: five.", "0 BOT: One two three four five.", "- Ann: Six."}
		if diff := cmp.Diff(want, pat.messages()); diff != "" {
			t.Error(diff)
		}
		for text, want := range map[string]string{"json": "- Ann: [1]", "else": "- Ann: Pardon?"} {
			pat.say(text)
			pass(time.Second)
			if diff := cmp.Diff([]string{want}, pat.messages()); diff != "" {
				t.Error(diff)
			}
		}
		other := r.arrive(chat.StartRequest{})
		other.say("own")
		pass(time.Second)
		if diff := cmp.Diff([]string{"- Ann: One two three four."}, other.messages()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRowA15Poem: the built-in partner recites in pieces; put together they are the whole.
func TestRowA15Poem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, partner.Echo{Pause: -1}.Agent())
		for _, word := range []string{"poem", "Stream me a poem"} {
			pat := r.arrive(chat.StartRequest{Incremental: true})
			pass(time.Second)
			pat.messages()
			pat.say(word)
			pass(time.Minute)
			said := pat.messages()
			var together strings.Builder
			for i, line := range said {
				number, text, _ := strings.Cut(line, " BOT: ")
				switch {
				case i < len(said)-1 && number == fmt.Sprint(i+1):
					together.WriteString(text)
				case number != "0" || text != together.String() || len(said) < 5:
					t.Errorf("%s: item %d is %q after %q", word, i, line, &together)
				}
			}
		}
		plain := r.arrive(chat.StartRequest{})
		pass(time.Second)
		plain.messages()
		plain.say("poem")
		pass(time.Minute)
		if said := plain.messages(); len(said) != 1 || !strings.HasPrefix(said[0], "- Parley: A word") || !strings.Contains(said[0], "INCREMENTAL") {
			t.Errorf("without pieces: %q", said)
		}
	})
}

// TestRowA15Desk: a person at the desk speaks in pieces as well, and leaving in the middle completes the
// message with the text so far.
func TestRowA15Desk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.add(desk.AgentConfig{Name: "Eve"})
		say := func(pat *customer) chat.Sent {
			t.Helper()
			if _, err := r.desk.Accept(t.Context(), "Eve", pat.contactID); err != nil {
				t.Fatal(err)
			}
			message := transcript.Message{ContentType: transcript.TextPlain, Content: "One two three."}
			sent, err := r.desk.Tell(t.Context(), "Eve", pat.contactID, message, desk.Pace{Words: 1, Every: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return sent
		}
		pat := r.arrive(chat.StartRequest{Incremental: true})
		sent := say(pat)
		pass(time.Minute)
		want := []string{"1 BOT: One ", "2 BOT: two ", "3 BOT: three.", "0 BOT: One two three."}
		if diff := cmp.Diff(want, pat.messages()); diff != "" {
			t.Error(diff)
		}
		last := r.transcript(pat.contactID)[len(r.transcript(pat.contactID))-1]
		if last.ID != sent.ID || !last.Time.Equal(sent.Time) {
			t.Errorf("the answer was %+v, the item is %+v", sent, last)
		}
		leaving := r.arrive(chat.StartRequest{Incremental: true})
		say(leaving)
		pass(time.Second)
		if err := r.desk.Leave(t.Context(), "Eve", leaving.contactID); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if diff := cmp.Diff([]string{"1 BOT: One ", "2 BOT: two ", "0 BOT: One two "}, leaving.messages()); diff != "" {
			t.Error(diff)
		}
		if other := r.arrive(chat.StartRequest{}); say(other).ID == "" || !slices.Equal(other.messages(), []string{"- Eve: One two three."}) {
			t.Error("a chat that did not ask for pieces is not told the whole")
		}
	})
}

// TestRowA15Pieces: pieces are the text, whatever it is, and none is long or empty.
func TestRowA15Pieces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.add(desk.AgentConfig{Name: "Eve"})
		pat := r.arrive(chat.StartRequest{Incremental: true})
		if _, err := r.desk.Accept(t.Context(), "Eve", pat.contactID); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			"x", " x ", "\n\n", "a  b\tc\u00a0d\u3000e", strings.Repeat("語", 500), strings.Repeat("x", 16_384), "👩‍👩‍👧 fa\u0301mily " + strings.Repeat("- ", 99),
		} {
			message := transcript.Message{ContentType: transcript.TextPlain, Content: text}
			if _, err := r.desk.Tell(t.Context(), "Eve", pat.contactID, message, desk.Pace{Words: 2, Every: time.Millisecond}); err != nil {
				t.Fatal(err)
			}
			pass(time.Minute)
			pat.mu.Lock()
			var together strings.Builder
			for _, item := range pat.items {
				if item.IsPiece() {
					together.WriteString(item.Content)
					if item.Content == "" || utf8.RuneCountInString(strings.TrimSpace(item.Content)) > 81 {
						t.Errorf("of %.20q a piece is %q", text, item.Content)
					}
				}
			}
			pat.items = nil
			pat.mu.Unlock()
			if together.String() != text {
				t.Errorf("%.20q in pieces is %.40q", text, &together)
			}
		}
	})
}

// TestRowA15Close: the end of the server in the middle of a message completes it as a whole.
func TestRowA15Close(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, parse(t, streamingScript).Agents())
		pat := r.arrive(chat.StartRequest{Incremental: true})
		pat.say("own")
		synctest.Wait()
		r.desk.Close()
		if diff := cmp.Diff([]string{"1 BOT: One two ", "0 BOT: One two three four."}, pat.messages()); diff != "" {
			t.Error(diff)
		}
	})
}

// What is processed comes whole: whatever redacts a message has to see all of it.
func TestPoint4PiecesProcessed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.add(desk.AgentConfig{Name: "Eve"})
		pat := r.arrive(chat.StartRequest{Incremental: true})
		if _, err := r.desk.Accept(t.Context(), "Eve", pat.contactID); err != nil {
			t.Fatal(err)
		}
		if err := r.chats.Step(t.Context(), pat.contactID, func(step *chat.Step) error { step.SetRedaction(&chat.Redaction{}); return nil }); err != nil {
			t.Fatal(err)
		}
		message := transcript.Message{ContentType: transcript.TextPlain, Content: "One two three."}
		if _, err := r.desk.Tell(t.Context(), "Eve", pat.contactID, message, desk.Pace{}); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if diff := cmp.Diff([]string{"- Eve: One two three."}, pat.messages()); diff != "" {
			t.Error(diff)
		}
	})
}
