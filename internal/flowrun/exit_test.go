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

// surveyed are flows of a chat that is queued, with a survey as its disconnect flow, which waits for an
// answer without a limit of its own.
func surveyed(hooked bool) map[string]flow.Document {
	target := "queue"
	if hooked {
		target = "hook"
	}
	return map[string]flow.Document{
		"main": document(
			do("hello", "MessageParticipant", text("Hello."), target),
			do("hook", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{"CustomerRemaining": "survey"}}, "queue", "!NoMatchingError", "bye"),
			do("queue", "UpdateContactTargetQueue", map[string]any{"QueueId": "sales"}, "go", "!NoMatchingError", "bye"),
			do("go", "TransferContactToQueue", nil, "bye", "!NoMatchingError", "bye", "!QueueAtCapacity", "bye"),
			do("bye", "DisconnectParticipant", nil, ""),
		),
		"survey": document(
			do("view", "ShowView", map[string]any{"ViewResource": map[string]any{"Id": "form"}}, "bye", "Next", "thanks", "!NoMatchingError", "bye", "!TimeLimitExceeded", "bye", "!NoMatchingCondition", "bye"),
			do("thanks", "MessageParticipant", text("Thank you."), "bye"),
			do("bye", "DisconnectParticipant", nil, ""),
		),
	}
}

// leave presses the button that ends the chat.
func (c *customer) leave() {
	c.w.t.Helper()
	if err := c.w.Leave(c.w.t.Context(), c.chat.ContactID, c.chat.ParticipantID); err != nil {
		c.w.t.Fatal(err)
	}
	synctest.Wait()
}

// The customer ends the chat: the agent leaves, and the survey runs on a new contact, on the same
// connection.
func TestSurveyOnExit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, surveyed(true))
		c := w.begin("main", true)
		c.accept("Ann")
		c.leave()
		c.expect("SYSTEM: Hello.", "participant.joined", "participant.left", "SYSTEM: (view)")
		contact := c.contact()
		if !contact.Customer().Active() || contact.HasEnded() || contact.Queue != nil {
			t.Errorf("the contact is %+v", contact)
		}
		w.restart()
		c.connect()
		c.say(transcript.InteractiveResponse, `{"templateType":"ViewResource","version":"1.0","action":"Next","data":{}}`)
		c.expect("SYSTEM: Hello.", "participant.joined", "participant.left", "SYSTEM: (view)",
			`CUSTOMER: {"templateType":"ViewResource","version":"1.0","action":"Next","data":{}}`, "SYSTEM: Thank you.", "chat.ended")
		contact = c.contact()
		segments := contact.Segments()
		if len(segments) != 2 || segments[0].Reason != chat.CustomerDisconnect || segments[1].Method != chat.ByDisconnect || segments[1].Reason != chat.FlowDisconnect {
			t.Errorf("the contacts are %+v", segments)
		}
		for _, item := range c.feed.items {
			if item.InitialContactID != c.chat.ContactID {
				t.Errorf("an item of %s", item.InitialContactID)
			}
		}
		if len(w.told) > 0 {
			t.Errorf("told: %q", w.told)
		}
	})
}

// A customer who leaves the survey as well has left for good.
func TestLeaveTheSurvey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, surveyed(true))
		c := w.begin("main", true)
		c.accept("Ann")
		c.leave()
		c.leave()
		c.expect("SYSTEM: Hello.", "participant.joined", "participant.left", "SYSTEM: (view)", "participant.left", "chat.ended")
		if contact := c.contact(); contact.Reason != chat.CustomerDisconnect {
			t.Errorf("the chat ended with %s", contact.Reason)
		}
		if len(w.told) > 0 {
			t.Errorf("told: %q", w.told)
		}
	})
}

// A survey without a time limit ends after a quarter of an hour in which nobody answers.
func TestSurveyOfNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, surveyed(true))
		c := w.begin("main", true)
		c.accept("Ann")
		c.leave()
		c.pass(14 * time.Minute)
		if contact := c.contact(); contact.HasEnded() {
			t.Error("it ended early")
		}
		w.restart()
		c.pass(2 * time.Minute)
		if contact := c.contact(); !contact.HasEnded() || contact.Reason != chat.FlowDisconnect {
			t.Errorf("after the limit the contact is %+v", contact)
		}
		w.told = nil // that the survey ended
	})
}

// A text answers no view: the quarter of an hour begins again, and ends the survey all the same.
func TestSurveyOfSomebodyWhoWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, surveyed(true))
		c := w.begin("main", true)
		c.accept("Ann")
		c.leave()
		c.pass(10 * time.Minute)
		c.say(transcript.TextPlain, "hello?")
		c.pass(14 * time.Minute)
		if contact := c.contact(); contact.HasEnded() {
			t.Error("it ended early")
		}
		c.pass(2 * time.Minute)
		if contact := c.contact(); !contact.HasEnded() {
			t.Error("it goes on for ever")
		}
	})
}

// Without an agent, a disconnect flow or the member the chat ends at once, and whoever develops it
// learns why there was no survey.
func TestExitWithoutSurvey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		member, hooked, agent bool
		told                  string
	}{
		"no agent":        {true, true, false, "no agent was in it"},
		"no flow":         {true, false, true, "no disconnect flow is set"},
		"no member":       {false, true, true, `"DisconnectOnCustomerExit": ["AGENT"]`},
		"nothing of that": {false, false, true, ""},
		"nobody at all":   {false, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, surveyed(c.hooked))
				pat := w.begin("main", c.member)
				if c.agent {
					pat.accept("Ann")
				}
				pat.leave()
				contact := pat.contact()
				if contact.Reason != chat.CustomerDisconnect || contact.Latest != nil {
					t.Errorf("the contact is %+v", contact)
				}
				if got := strings.Join(w.told, "; "); (got == "") != (c.told == "") || !strings.Contains(got, c.told) {
					t.Errorf("told %q, not %q", got, c.told)
				}
				w.told = nil
			})
		})
	}
}

// The survey's contact is the last of its session in a persistent chat: the whole session begins with it,
// and the contact before it leaves it out, also while the survey still runs, which an app that has closed
// its socket does not know.
func TestRowB12SurveyInAPersistentChat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, surveyed(true))
		c := w.begin("main", true)
		c.accept("Ann")
		c.say(transcript.TextPlain, "a question")
		c.leave()
		first := c.chat.ContactID
		ended := c.contact()
		survey := ended.Segments()[1].ID
		said := func(sourceID string, whole bool, past ...string) (heard []string) {
			t.Helper()
			again, err := w.Start(t.Context(), chat.StartRequest{InstanceID: "i", FlowID: "main", DisplayName: "Pat", ContentTypes: []string{transcript.TextPlain}, SourceID: sourceID, Whole: whole})
			if err != nil {
				t.Fatal(err)
			}
			contact, err := w.Contact(t.Context(), again.ContactID)
			if err != nil || again.ContinuedFrom != past[0] || !slices.Equal(contact.Past, past) || contact.RelatedID != past[0] {
				t.Errorf("it continues %q from %q: %v", contact.Past, again.ContinuedFrom, err)
			}
			for token := ""; ; {
				page, err := w.Transcript(t.Context(), again.ContactID, chat.TranscriptQuery{MaxResults: 100, NextToken: token})
				if err != nil {
					t.Fatal(err)
				}
				for _, item := range page.Items {
					if item.Type == transcript.MessageItem && page.Past {
						heard = append(heard, string(item.Role))
					}
				}
				if token = page.NextToken; token == "" {
					return heard
				}
			}
		}
		alone := []string{"SYSTEM", "CUSTOMER"}
		if got := said(first, false, first); !slices.Equal(got, alone) {
			t.Errorf("while the survey runs: %q", got)
		}
		if _, err := w.Start(t.Context(), chat.StartRequest{InstanceID: "i", FlowID: "main", SourceID: first, Whole: true}); err == nil {
			t.Error("a session that goes on was continued")
		}
		if _, err := w.Continue(t.Context(), first, first, false); err == nil {
			t.Error("a chat continues itself")
		}
		c.say(transcript.InteractiveResponse, `{"templateType":"ViewResource","version":"1.0","action":"Next","data":{}}`)
		if got := said(first, true, survey, first); len(got) != 5 || !slices.Equal(got[3:], alone) || !slices.Equal(got[:2], []string{"SYSTEM", "CUSTOMER"}) {
			t.Errorf("the whole session, the survey first: %q", got)
		}
		if got := said(survey, false, survey, first); len(got) != 5 {
			t.Errorf("from the survey: %q", got)
		}
		if got := said(first, false, first); !slices.Equal(got, alone) {
			t.Errorf("without the survey: %q", got)
		}
	})
}
