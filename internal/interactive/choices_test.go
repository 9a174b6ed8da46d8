package interactive_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/interactive"
)

// What is sent for a choice is what the chat interface sends.
func TestB5Choices(t *testing.T) {
	t.Parallel()
	message := func(kind, content string) string {
		return `{"templateType":"` + kind + `","version":"1.0","data":{"content":{"title":"T","subtitle":"S",` + content + `}}}`
	}
	for name, test := range map[string]struct {
		content string
		want    []interactive.Choice
	}{
		"list": {message("ListPicker", `"elements":[{"title":"Red","subtitle":"warm"},{"title":"Blue"}]`), []interactive.Choice{
			{Label: "Red", Note: "warm", Content: "Red"}, {Label: "Blue", Content: "Blue"},
		}},
		"link": {message("ListPicker", `"elements":[{"title":"Help","type":"hyperlink","url":"https://example.com/"}]`), []interactive.Choice{
			{Label: "Help", URL: "https://example.com/"},
		}},
		"page": {message("ListPicker", `"listId":"l","preIndex":0,"nextIndex":2,"referenceId":"r","elements":[{"title":"More","actionDetail":"SHOW_MORE"}]`), []interactive.Choice{
			{Label: "More", Response: true, Content: `{"action":"SHOW_MORE","data":{"actionName":"SHOW_MORE","listId":"l","nextIndex":2,"preIndex":0,"referenceId":"r","templateType":"ListPicker"},"version":"1.0"}`},
		}},
		"times": {message("TimePicker", `"timeslots":[{"date":"2026-12-01T10:30+01:00","duration":60},{"date":"soon"}]`), []interactive.Choice{
			{Label: "Tue 1 Dec 2026, 10:30 +01:00", Content: "2026-12-01T10:30+01:00"}, {Label: "soon", Content: "soon"},
		}},
		"carousel": {message("Carousel", `"elements":[{"templateIdentifier":"rome","templateType":"Panel","data":{"content":{"title":"Rome","elements":[{"title":"Hotels"}]}}}]`), []interactive.Choice{
			{Card: "Rome", Label: "Hotels", Content: `{"templateIdentifier":"rome","listTitle":"Rome","selectionText":"Hotels"}`},
		}},
	} {
		got, ok := interactive.ReadMessage(test.content)
		if !ok || got.Title != "T" || len(got.Choices) != len(test.want) {
			t.Errorf("%s: %+v, %v", name, got, ok)
			continue
		}
		for i := range test.want {
			if got.Choices[i] != test.want[i] {
				t.Errorf("%s: %+v, want %+v", name, got.Choices[i], test.want[i])
			}
		}
	}
	for _, other := range []string{"", "text", `{"templateType":"ViewResource"}`, `{"templateType":"Panel","data":{"content":7}}`} {
		if got, ok := interactive.ReadMessage(other); ok && len(got.Choices) > 0 {
			t.Errorf("%q is read as %+v", other, got)
		}
	}
	if said, ok := interactive.Chosen(`{"templateIdentifier":"rome","listTitle":"Rome","selectionText":"Hotels"}`); !ok || said != "Rome - Hotels" {
		t.Errorf("a choice is shown as %q", said)
	}
	if said, ok := interactive.Chosen(strings.Repeat("{", 9)); ok {
		t.Errorf("a text is read as the choice %q", said)
	}
}
