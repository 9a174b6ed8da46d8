package interactive_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/interactive"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// TestCheck holds templates, good and broken, against a golden list of findings.
func TestCheck(t *testing.T) {
	t.Parallel()
	elements := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"title":"x"},`, n), ",") + "]"
	}
	template := func(kind, content string) string {
		return `{"templateType":"` + kind + `","version":"1.0","templateIdentifier":"t","data":{"content":{"title":"T",` + content + `}}}`
	}
	panel := template("Panel", `"elements":[{"title":"x"}]`)
	var b strings.Builder
	for _, tt := range []struct{ name, content string }{
		{"list picker", template("ListPicker", `"referenceId":"r","elements":`+elements(6))},
		{"list picker of seven", template("ListPicker", `"elements":`+elements(7))},
		{"list picker of six and more", template("ListPicker", `"elements":`+strings.TrimSuffix(elements(6), "]")+`,{"title":"More","actionDetail":"SHOW_MORE"}]`)},
		{"list picker of nothing", template("ListPicker", `"elements":[]`)},
		{"list picker with an odd action", template("ListPicker", `"elements":[{"title":"x","actionDetail":"DANCE"}]`)},
		{"list picker without a name", `{"templateType":"ListPicker","version":"1.0","data":{"content":{"title":"T","elements":` + elements(1) + `}}}`},
		{"list picker with a link", template("ListPicker", `"elements":[{"title":"x","type":"hyperlink"}]`)},
		{"panel of ten", template("Panel", `"elements":`+elements(10))},
		{"panel of eleven", template("Panel", `"elements":`+elements(11))},
		{"quick reply", template("QuickReply", `"elements":`+elements(2))},
		{"quick reply of one", template("QuickReply", `"elements":`+elements(1))},
		{"quick reply of buttons", template("QuickReply", `"buttons":[{"text":"Yes"}]`)},
		{"quick reply with a long option", template("QuickReply", `"elements":[{"title":"`+strings.Repeat("x", 201)+`"},{"title":""}]`)},
		{"title too high", `{"templateType":"QuickReply","version":"1.0","data":{"title":"T","elements":[]}}`},
		{"no data", `{"templateType":"Panel"}`},
		{"carousel", template("Carousel", `"elements":[`+panel+`,`+panel+`]`)},
		{"carousel of one", template("Carousel", `"elements":[`+panel+`]`)},
		{"carousel of quick replies", template("Carousel", `"elements":[`+strings.ReplaceAll(panel+","+panel, "Panel", "QuickReply")+`]`)},
		{"time picker", template("TimePicker", `"referenceId":"r","timeslots":[{"date":"2026-12-24T10:00+00:00","duration":60}]`)},
		{"time picker of nothing", template("TimePicker", `"timeslots":[]`)},
		{"time picker with odd slots", template("TimePicker", `"timeslots":[{"date":"tomorrow","duration":"60"},{"date":"2026-12-24T10:00+00:00","duration":1.5}]`)},
		{"view", `{"templateType":"ViewResource","version":"1.0","data":{"content":{"viewId":"v","viewToken":"t","viewData":{}}}}`},
		{"view without a token", `{"templateType":"ViewResource","version":"1.0","data":{"content":{"viewId":"v"}}}`},
		{"form", template("Form", `"referenceId":"r"`)},
		{"no template type", `{"version":"1.0","data":{"content":{"title":"T"}}}`},
		{"no JSON", `hello`},
		{"cut off", `{"templateType":"Panel"`},
		{"array", `[]`},
		{"number for a title", `{"templateType":"Panel","version":"1.0","data":{"content":{"title":5}}}`},
		{"number for a type", `{"templateType":5}`},
		{"long title", strings.Replace(template("QuickReply", `"elements":`+elements(2)), `"T"`, `"`+strings.Repeat("ä", 401)+`"`, 1)},
		{"too long", template("QuickReply", `"referenceId":"`+strings.Repeat("x", 20_000)+`","elements":`+elements(2))},
	} {
		fmt.Fprintf(&b, "%s\n", tt.name)
		for _, f := range interactive.Check(tt.content) {
			fmt.Fprintf(&b, "  %s: %s\n", []string{"note", "mistake", "fatal"}[f.Level], f)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/interactive.golden", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/interactive.golden")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzCheck reads any template without a fault.
func FuzzCheck(f *testing.F) {
	f.Add(`{"templateType":"Carousel","version":"1.0","data":{"content":{"title":"T","elements":[{"templateType":"Panel","data":{"content":{}}}]}}}`)
	f.Add(`{"templateType":"TimePicker","data":{"content":{"timeslots":[{"date":"x","duration":1}]}}}`)
	f.Fuzz(func(t *testing.T, content string) {
		if _, broken := interactive.Broken(content); !json.Valid([]byte(content)) && !broken {
			t.Errorf("no finding about %q", content)
		}
	})
}

// A title that was cut inside a surrogate pair does not break a widget: JSON.parse reads it.
func TestRowA10HalfCharacterInATemplate(t *testing.T) {
	t.Parallel()
	const cut = `{"templateType":"QuickReply","version":"1.0","data":{"content":{"title":"T \ud83d","referenceId":"r","elements":[{"title":"a"},{"title":"b"}]}}}`
	for _, f := range interactive.Check(cut) {
		if f.Level == interactive.Fatal {
			t.Error(f)
		}
	}
}
