package lex_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The interactive bot walks all events that its function was seen to get. They are of an earlier version
// of it, with another list of actions, so that the value counts and not what it resolves to.
func TestPoint5InteractiveEvents(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(bots + "/events/*.json")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var logged map[string]any
		if err := json.Unmarshal(data, &logged); err != nil {
			t.Fatal(err)
		}
		var last map[string]any
		c := begin(t, "interactive-messages", "en_US")
		c.hook = func(event map[string]any) (string, error) {
			last = event
			return elicit("action", `{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"How can I help?","elements":[{"title":"Check self-service options"},{"title":"Talk to an agent"}]}}}`), nil
		}
		c.say("help")
		if text := logged["inputTranscript"].(string); text != "help" {
			c.say(text)
		}
		if diff := missing(logged, last, ""); len(diff) > 0 {
			t.Errorf("%s: the event lacks %v", file, diff)
		}
		action := func(event map[string]any) any {
			slots := event["sessionState"].(map[string]any)["intent"].(map[string]any)["slots"].(map[string]any)
			if filled, ok := slots["action"].(map[string]any); ok {
				delete(filled["value"].(map[string]any), "resolvedValues")
			}
			return slots["action"]
		}
		for _, name := range []string{"invocationSource", "inputTranscript", "inputMode", "responseContentType", "messageVersion"} {
			if logged[name] != last[name] {
				t.Errorf("%s: %s is %v, not %v", file, name, last[name], logged[name])
			}
		}
		if diff := cmp.Diff(action(logged), action(last)); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

// No intent whose switch is off has its function called for the dialogue, in any real bot, from its
// first text to its last; those whose switch is on do.
func TestPoint5NoHookWithoutSwitch(t *testing.T) {
	t.Parallel()
	called := map[bool]int{}
	for _, name := range []string{"interactive-messages", "reminder-conditions", "airline-cancellation", "acme-two-locales", "blogbot-korean", "airline-italian", "cfn-flan-fallback", "cfn-qinconnect-ja"} {
		for _, l := range open(t, name).Locales {
			for _, i := range l.Intents {
				c := &talk{t: t, locale: l, hook: func(event map[string]any) (string, error) {
					running := event["sessionState"].(map[string]any)["intent"].(map[string]any)["name"]
					if event["invocationSource"] == "DialogCodeHook" && running == i.Name {
						called[i.Hooked]++
						if !i.Hooked {
							t.Errorf("%s %s: %s calls its function for the dialogue", name, l.ID, i.Name)
						}
					}
					return `{"sessionState":{"dialogAction":{"type":"Delegate"}}}`, nil
				}}
				text := "zzz qqq" // the fallback's
				if len(i.Utterances) > 0 {
					text = said(l, i, i.Utterances[0])
				}
				for range 12 {
					if _, err := c.try(text); err != nil || c.session.Dialog == "Close" {
						break
					}
					text = "yes"
					if slot := i.Slot(c.session.Asked); slot != nil {
						text = sample(l, slot)
					}
				}
			}
		}
	}
	if called[true] == 0 {
		t.Error("no function was called at all")
	}
}
