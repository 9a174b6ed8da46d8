package participant_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/participant"
	"github.com/parley-chat/parley/internal/strict"
	"github.com/parley-chat/parley/internal/transcript"
)

// told starts a chat that takes pieces and says a text of single letters in them. It returns the customer
// with their socket, and the message's id.
func told(w *world, letters string) (customer, *browser, string) {
	w.t.Helper()
	c := w.connect(w.start(chat.StartRequest{Incremental: true}))
	agent := w.join(c.ContactID, "Ann")
	b := w.arrived(c.socketURL)
	telling, err := w.chats.Tell(w.t.Context(), c.ContactID, agent, transcript.Message{ContentType: transcript.TextPlain, Content: letters})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, letter := range letters {
		if err := telling.Piece(w.t.Context(), string(letter)); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := telling.Complete(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.say(c.ContactID, agent, "end")
	return c, b, telling.Sent().ID
}

// metadata is the MessageMetadata of an item as JSON.
func metadata(tb testing.TB, item map[string]any) string {
	tb.Helper()
	raw, err := json.Marshal(item["MessageMetadata"])
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

// TestRowA15Frames: pieces are counted, the whole has no number, and GetTranscript says of it that it is
// complete, also beside receipts.
func TestRowA15Frames(t *testing.T) {
	inBubble(t, setup{}, func(w *world) {
		t := w.t
		c, b, id := told(w, "ab")
		want := []string{
			`{"ChunkNumber":1,"MessageCompleted":false,"MessageId":"` + id + `"}`,
			`{"ChunkNumber":2,"MessageCompleted":false,"MessageId":"` + id + `"}`, `{"MessageCompleted":true,"MessageId":"` + id + `"}`,
		}
		at := ""
		for i, text := range []string{"a", "b", "ab"} {
			item := b.item()
			if item["Content"] != text || item["Id"] != id || item["ParticipantRole"] != "SYSTEM" || item["DisplayName"] != "BOT" ||
				item["Type"] != "MESSAGE" || metadata(t, item) != want[i] {
				t.Errorf("item %d: %v", i, item)
			}
			if now, _ := item["AbsoluteTime"].(string); i == 0 {
				at = now
			} else if now != at {
				t.Errorf("item %d has the time %s, the first %s", i, now, at)
			}
		}
		w.must("event", c.token, `{"ContentType":"`+transcript.MessageRead+`","Content":"{\"messageId\":\"`+id+`\"}"}`)
		page := w.must("transcript", c.token, `{"SortOrder":"ASCENDING"}`)
		var answer struct{ Transcript []map[string]any }
		if err := json.Unmarshal(page.Body, &answer); err != nil {
			t.Fatal(err)
		}
		for _, item := range answer.Transcript {
			if item["Id"] != id {
				continue
			}
			if got := metadata(t, item); item["Content"] != "ab" || !strings.HasPrefix(got, `{"MessageCompleted":true,"MessageId":"`+id+`","Receipts":[{`) {
				t.Errorf("GetTranscript shows %v", item)
			}
			return
		}
		t.Errorf("GetTranscript shows nothing of it: %s", page.Body)
	})
}

// heard reads frames up to the message "end": the numbers of pieces, 0 for the whole.
func heard(b *browser) (list []string) {
	for {
		item := b.item()
		if item["Content"] == "end" {
			return list
		}
		if about, ok := item["MessageMetadata"].(map[string]any); ok {
			number, _ := about["ChunkNumber"].(float64)
			list = append(list, fmt.Sprint(number))
		}
	}
}

// TestRowA15Stops: the fault keeps everything after a piece from the client, the whole too.
func TestRowA15Stops(t *testing.T) {
	inFaultyBubble(t, func(w *world, rules *fault.Rules) {
		add(w.t, rules, fault.Rule{Times: 1, Effect: fault.Effect{Type: fault.StopStream, Chunk: 2}})
		_, b, _ := told(w, "abcd")
		if got := strings.Join(heard(b), " "); got != "1 2" {
			w.t.Errorf("with the fault: %s", got)
		}
		_, b, _ = told(w, "abcd")
		if got := strings.Join(heard(b), " "); got != "1 2 3 4 0" {
			w.t.Errorf("after the fault: %s", got)
		}
	})
}

// TestRowA15Swaps: under strict rules two pieces are swapped now and then, the same ones for a seed, and
// the whole comes last.
func TestRowA15Swaps(t *testing.T) {
	t.Parallel()
	letters := strings.Repeat("abcdefghij", 5)
	run := func(t *testing.T, seed uint64) (order string) {
		t.Helper()
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inOneBubble(t, setup{config: func(c *participant.Config) { c.Strict = strict.New(strict.Config{Seed: seed}) }}, func(w *world) {
				_, b, _ := told(w, letters)
				list := heard(b)
				seen, swapped := map[string]bool{}, 0
				var once []string
				for _, number := range list {
					if !seen[number] {
						once = append(once, number)
					}
					seen[number] = true
				}
				for i, number := range once {
					if i < len(once)-1 && number != fmt.Sprint(i+1) {
						swapped++
					}
				}
				if len(once) != len(letters)+1 || once[len(once)-1] != "0" || swapped == 0 || swapped > len(letters)/2 {
					w.t.Errorf("%d of %d pieces are swapped: %q", swapped, len(letters), once)
				}
				order = strings.Join(once, " ")
			})
		})
		return order
	}
	if first, again, other := run(t, 7), run(t, 7), run(t, 8); first != again || first == other {
		t.Errorf("seed 7: %s, then %s; seed 8: %s", first, again, other)
	}
}
