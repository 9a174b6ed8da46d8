package flowtest

import (
	"testing"

	"github.com/parley-chat/parley/internal/transcript"
)

// Interactive messages are shown by what they say and what can be said to them; what is none stays as it is.
func TestLineOfAnInteractiveMessage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ kind, text, want string }{
		"list": {
			transcript.Interactive, `{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"Which shop?","subtitle":"Tap","elements":[{"title":"Harbour","subtitle":"Quay 4"},{"title":"Station"}]}}}`,
			"[ListPicker] Which shop? Tap (Harbour | Station)",
		},
		"times, as they are said": {
			transcript.Interactive, `{"templateType":"TimePicker","version":"1.0","data":{"content":{"title":"When?","timeslots":[{"date":"2030-05-01T09:00+00:00","duration":60}]}}}`,
			"[TimePicker] When? (2030-05-01T09:00+00:00)",
		},
		"carousel": {
			transcript.Interactive, `{"templateType":"Carousel","version":"1.0","data":{"content":{"title":"All","elements":[{"templateType":"Panel","templateIdentifier":"t1","version":"1.0","data":{"content":{"title":"Shop","elements":[{"title":"Go"}]}}}]}}}`,
			"[Carousel] All (Shop - Go)",
		},
		"no template": {transcript.Interactive, `{"a":1}`, `{"a":1}`},
		"text":        {transcript.TextPlain, `{"templateType":"ListPicker"}`, `{"templateType":"ListPicker"}`},
		"choice on a card": {
			transcript.TextPlain, `{"templateIdentifier":"t1","listTitle":"Shop","selectionText":"Go"}`,
			"Shop - Go",
		},
	} {
		l := Line{ContentType: c.kind, Text: c.text}
		if got := l.String(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
