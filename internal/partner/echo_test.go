package partner_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// ask returns the partner's one answer to a message.
func ask(t *testing.T, pat *customer, contentType, text string) transcript.Item {
	t.Helper()
	pass(time.Second)
	pat.heard()
	pat.send(contentType, text)
	pass(time.Second)
	pat.mu.Lock()
	defer pat.mu.Unlock()
	var said []transcript.Item
	for _, item := range pat.items {
		if item.Role == transcript.Agent && item.Type == transcript.MessageItem {
			said = append(said, item)
		}
	}
	if len(said) != 1 {
		t.Fatalf("%q was answered with %+v", text, said)
	}
	return said[0]
}

func talkTo(t *testing.T, contentTypes ...string) *customer {
	t.Helper()
	pat := newRoom(t, partner.Echo{Pause: -1}.Agent()).arrive(chat.StartRequest{ContentTypes: contentTypes})
	return pat
}

func TestShowsEveryTemplate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pat := talkTo(t, transcript.Interactive, transcript.InteractiveResponse)
		for word, kind := range map[string]string{
			"list": "ListPicker", "PANEL": "Panel", " quick\n": "QuickReply", "carousel": "Carousel", "time": "TimePicker",
		} {
			answer := ask(t, pat, transcript.TextPlain, word)
			if answer.ContentType != transcript.Interactive {
				t.Errorf("%s: %s", word, answer.ContentType)
			}
			checkTemplate(t, answer.Content, kind, true)
		}
	})
}

func TestLeafs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pat := talkTo(t, transcript.Interactive, transcript.InteractiveResponse)
		answer := ask(t, pat, transcript.TextPlain, "pages")
		var titles []string
		for _, action := range []string{"SHOW_MORE", "SHOW_MORE", "PREVIOUS_OPTIONS", "PREVIOUS_OPTIONS", ""} {
			c := checkTemplate(t, answer.Content, "ListPicker", false)
			titles = append(titles, c.Title)
			if c.Reference == "" || c.ListID == "" {
				t.Errorf("a page without a reference: %s", answer.Content)
			}
			// What the widget sends back: see the ListPicker it was shown.
			response, err := json.Marshal(map[string]any{
				"version": "1.0", "action": action, "data": map[string]any{
					"actionName": action, "preIndex": c.Before, "nextIndex": c.After, "listId": c.ListID,
					"templateType": "ListPicker", "referenceId": c.Reference,
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if action != "" {
				answer = ask(t, pat, transcript.InteractiveResponse, string(response))
			}
		}
		want := []string{
			"Cities 1 to 4 of 10", "Cities 5 to 8 of 10", "Cities 9 to 10 of 10", "Cities 5 to 8 of 10", "Cities 1 to 4 of 10",
		}
		if !slices.Equal(titles, want) {
			t.Errorf("leafed through %q", titles)
		}
		for content, want := range map[string]string{
			`{"action":"Next","data":{"name":"Pat"},"templateType":"ViewResource","version":"1.0"}`: "You chose: Next",
			"no JSON": "You chose: no JSON",
			`{"action":"SHOW_MORE","data":{"listId":"another","nextIndex":99}}`: "You chose: SHOW_MORE",
		} {
			if got := ask(t, pat, transcript.InteractiveResponse, content); got.Content != want {
				t.Errorf("%s: answered %q", content, got.Content)
			}
		}
		huge := `{"action":"SHOW_MORE","data":{"listId":"parley-cities","nextIndex":9223372036854775807}}`
		checkTemplate(t, ask(t, pat, transcript.InteractiveResponse, huge).Content, "ListPicker", false)
	})
}

func TestRespectsWhatTheClientCanShow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plain := talkTo(t)
		for word, want := range map[string]string{
			"list":     "Where to?\n- Rome\n- Oslo\n- Porto\n(This is a ListPicker when the chat is started with " + transcript.Interactive,
			"carousel": "Offers\n- Rome\n  - Hotels",
			"time":     "When shall we call?\n- 20",
			"markdown": "# Markdown",
			"help":     "Write one of these",
			"file":     "Send me an attachment",
			"hello":    "You said: hello",
			`{"templateIdentifier":"rome","listTitle":"Rome","selectionText":"Hotels"}`: "You said: Rome, Hotels",
		} {
			answer := ask(t, plain, transcript.TextPlain, word)
			if answer.ContentType != transcript.TextPlain || !strings.HasPrefix(answer.Content, want) {
				t.Errorf("%s: answered %s %q", word, answer.ContentType, answer.Content)
			}
		}
		long := ask(t, plain, transcript.TextPlain, strings.Repeat("ö", 8192))
		if !strings.HasSuffix(long.Content, "öö…") || strings.Contains(long.Content, "\ufffd") {
			t.Errorf("a long message was answered with …%q", long.Content[len(long.Content)-9:])
		}
		if got := ask(t, talkTo(t, transcript.TextMarkdown), transcript.TextPlain, "markdown"); got.ContentType != transcript.TextMarkdown {
			t.Errorf("markdown came as %s", got.ContentType)
		}
	})
}

// shown is a template's content as clients read it.
type shown struct {
	Title     string            `json:"title"`
	Elements  []json.RawMessage `json:"elements"`
	Slots     []map[string]any  `json:"timeslots"`
	ListID    string            `json:"listId"`
	Reference string            `json:"referenceId"`
	Before    *int              `json:"preIndex"`
	After     *int              `json:"nextIndex"`
}

// checkTemplate holds a message against what the widget renders and, with everywhere, against
// what the Android SDK reads, which fails on every other member.
func checkTemplate(t *testing.T, content, kind string, everywhere bool) shown {
	t.Helper()
	members := decode(t, content)
	if members["templateType"] != kind || members["version"] != "1.0" {
		t.Errorf("a %s begins %.80s", kind, content)
	}
	only(t, members, "templateIdentifier", "templateType", "version", "data")
	if id, _ := members["templateIdentifier"].(string); (id == "") == (kind == "ListPicker") {
		t.Errorf("templateIdentifier of a %s is %q", kind, id)
	}
	data, _ := members["data"].(map[string]any)
	only(t, data, "content")
	raw, err := json.Marshal(data["content"])
	if err != nil {
		t.Fatal(err)
	}
	var c shown
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	if everywhere {
		only(t, decode(t, string(raw)), map[string][]string{
			"ListPicker": {"title", "subtitle", "elements"},
			"Panel":      {"title", "subtitle", "elements"},
			"QuickReply": {"title", "elements"},
			"Carousel":   {"title", "elements"},
			"TimePicker": {"title", "subtitle", "timeZoneOffset", "location", "timeslots"},
		}[kind]...)
	}
	counts := map[string][2]int{"ListPicker": {1, 6}, "Panel": {1, 10}, "QuickReply": {2, 10}, "Carousel": {2, 5}}[kind]
	if c.Title == "" || len(c.Title) > 400 || len(c.Elements) < counts[0] || len(c.Elements) > counts[1] {
		t.Errorf("%s %q has %d elements", kind, c.Title, len(c.Elements))
	}
	for _, e := range c.Elements {
		element := decode(t, string(e))
		switch {
		case kind == "Carousel":
			checkPanel(t, element)
		case everywhere && kind == "ListPicker":
			only(t, element, "title", "subtitle")
		case everywhere:
			only(t, element, "title")
		default:
			only(t, element, "title", "actionDetail")
		}
		if title, _ := element["title"].(string); title == "" && kind != "Carousel" {
			t.Errorf("an element without title in %s", content)
		}
	}
	if kind == "TimePicker" {
		checkSlots(t, c.Slots)
	}
	return c
}

func checkPanel(t *testing.T, element map[string]any) {
	t.Helper()
	only(t, element, "templateIdentifier", "templateType", "version", "data")
	data, _ := element["data"].(map[string]any)
	content, _ := data["content"].(map[string]any)
	if element["templateIdentifier"] == "" || element["templateType"] != "Panel" || content["title"] == "" {
		t.Errorf("an element of a carousel: %v", element)
	}
}

func checkSlots(t *testing.T, slots []map[string]any) {
	t.Helper()
	if len(slots) < 1 || len(slots) > 20 {
		t.Errorf("%d timeslots", len(slots))
	}
	for _, slot := range slots {
		only(t, slot, "date", "duration")
		date, _ := slot["date"].(string)
		at, err := time.Parse("2006-01-02T15:04-07:00", date)
		if err != nil || !strings.HasSuffix(date, "+00:00") || !at.After(time.Now()) {
			t.Errorf("a time to choose is %q", date)
		}
		if minutes, ok := slot["duration"].(float64); !ok || minutes != float64(int(minutes)) {
			t.Errorf("a duration is %v", slot["duration"])
		}
	}
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return members
}

func only(t *testing.T, members map[string]any, known ...string) {
	t.Helper()
	for name := range members {
		if !slices.Contains(known, name) {
			t.Errorf("a member %s, which clients do not read", name)
		}
	}
}
