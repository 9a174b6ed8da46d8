package participant_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// judged is a function that does what a message says, in a second.
func judged(_ context.Context, job chat.Job) chat.Outcome {
	<-time.After(time.Second) // in a bubble
	switch job.Item.Content {
	case "reject":
		return chat.Outcome{Verdict: chat.Rejected}
	case "fail":
		return chat.Outcome{Verdict: chat.Failed, Why: "it broke"}
	}
	return chat.Outcome{Verdict: chat.Replaced, ContentType: transcript.TextMarkdown, Content: strings.ToUpper(job.Item.Content)}
}

// ids are what is different in every run.
var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// A message that is processed, as it stands on the wire: the answer to its sender, the transcript while it
// waits, what each side's socket is told, and what each reads at the end.
func TestProcessedMessages(t *testing.T) {
	inBubble(t, setup{process: judged}, func(w *world) {
		t := w.t
		c := w.newCustomer()
		ann, err := w.chats.Join(t.Context(), c.ContactID, transcript.Agent, "Ann")
		if err != nil {
			t.Fatal(err)
		}
		agent := w.connect(chat.Started{ContactID: c.ContactID, ParticipantID: ann.ParticipantID, Token: ann.Token})
		customerSocket, agentSocket := w.arrived(c.socketURL), w.subscribed(agent.socketURL)
		err = w.chats.Step(t.Context(), c.ContactID, func(step *chat.Step) error {
			step.SetProcessor(&chat.Processor{Function: "f"})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		note := func(what, text string) { got = append(got, what+"\n"+text) }
		for _, text := range []string{"hello", "reject", "fail"} {
			note("SendMessage "+text, string(w.must("message", c.token, `{"ContentType":"text/plain","Content":"`+text+`","ClientToken":"`+text+`"}`).Body))
		}
		note("GetTranscript of the customer, at once", string(w.must("transcript", c.token, `{"MaxResults":3,"SortOrder":"ASCENDING"}`).Body))
		note("GetTranscript of the agent, at once", string(w.must("transcript", agent.token, `{"MaxResults":3,"SortOrder":"ASCENDING"}`).Body))
		note("SendMessage hello, again", string(w.must("message", c.token, `{"ContentType":"text/plain","Content":"hello","ClientToken":"hello"}`).Body))
		<-time.After(time.Minute) // in a bubble
		w.say(c.ContactID, ann.ParticipantID, "end")
		<-time.After(time.Minute)
		for _, side := range []struct {
			who string
			b   *browser
		}{{"customer", customerSocket}, {"agent", agentSocket}} {
			var messages []string
			for last := ""; last != "END"; {
				item := side.b.item()
				last, _ = item["Content"].(string)
				if item["Type"] == "MESSAGE" {
					text, err := json.Marshal(item)
					if err != nil {
						t.Fatal(err)
					}
					messages = append(messages, string(text))
				}
			}
			note("Frames of the "+side.who, strings.Join(messages, "\n"))
		}
		note("GetTranscript of the customer", string(w.must("transcript", c.token, `{"MaxResults":4,"SortOrder":"ASCENDING"}`).Body))
		note("GetTranscript of the agent", string(w.must("transcript", agent.token, `{"MaxResults":2,"SortOrder":"ASCENDING"}`).Body))
		golden(t, "processing.golden", numbered(strings.Join(got, "\n\n")+"\n"))
	})
}

// numbered numbers ids in the order in which they appear.
func numbered(text string) string {
	seen := map[string]string{}
	return ids.ReplaceAllStringFunc(text, func(id string) string {
		if seen[id] == "" {
			seen[id] = "$" + strconv.Itoa(len(seen)+1)
		}
		return seen[id]
	})
}
