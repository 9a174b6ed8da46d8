package interactive_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/interactive"
)

func shown(id, data string) string {
	return `{"templateType":"ViewResource","version":"1.0","data":{"content":{"viewId":"` + id + `","viewToken":"t","viewData":` + data + `}}}`
}

func read(t *testing.T, id, data string) *interactive.View {
	t.Helper()
	v, ok := interactive.ReadView(shown(id, data))
	if !ok {
		t.Fatalf("%s is no view", data)
	}
	return v
}

// Amazon Connect's own views are read from their data, also where it is JSON in a text.
func TestRowG5Views(t *testing.T) {
	t.Parallel()
	got := read(t, "cards", `{"Heading":"H","SubHeading":{"Label":"S"},"AttributeBar":[{"Label":"Queue","Value":"Q"},7],
		"Sections":{"TemplateString":"<p>One <b>two</b></p>"},"Items":[{"Id":"i","Heading":"Item","Description":"D"},null],
		"Cards":[{"Summary":{"Id":"c","Heading":"Card","Status":"new"}},{"Summary":{"Id":"d","Heading":"Other"},"Detail":{"Actions":["Act"]}}],
		"Actions":"[\"Do\"]","Next":{"Label":"Go"},"Back":"Back","Previous":{"Label":"Back"}}`)
	want := &interactive.View{
		ID: "cards", Token: "t", Own: true, Heading: "H", Texts: []string{"S", "One two"}, Rows: []interactive.Row{{Label: "Queue", Value: "Q"}},
		Ways: []interactive.Way{
			{Action: interactive.Selected, Chosen: "i", Label: "Item", Note: "D"},
			{Action: interactive.Selected, Chosen: "c", Label: "Card", Note: "new"},
			{Action: interactive.Selected, Chosen: "Act", Card: "d", Label: "Other: Act"},
			{Action: interactive.Selected, Chosen: "Do", Label: "Do"},
			{Action: "Next", Label: "Go"},
			{Action: "Previous", Label: "Back"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	own := read(t, "v1", `"{\"Heading\":\"H\",\"n\":5,\"o\":{\"a\":1},\"t\":\"x\"}"`)
	if diff := cmp.Diff([]interactive.Row{{Label: "n", Value: "5"}, {Label: "o", Value: `{"a":1}`}, {Label: "t", Value: "x"}}, own.Rows); diff != "" {
		t.Errorf("a view of a developer (-want +got):\n%s", diff)
	}
	for _, content := range []string{``, `{`, `[]`, `{"templateType":"Panel"}`, `"x"`} {
		if _, ok := interactive.ReadView(content); ok {
			t.Errorf("%s is a view", content)
		}
	}
	for _, odd := range []string{`null`, `"x"`, `"{"`, `[1]`, `{"Sections":7,"Items":{},"Cards":[{}],"Actions":{"a":1},"Heading":["h"]}`} {
		read(t, "form", odd)
	}
}

// What is filled in comes back in the form that flows read: a choice from a list is a list.
func TestRowG5ViewAnswers(t *testing.T) {
	t.Parallel()
	const options = `"Options":[{"Label":"Yes","Value":"y"},{"Label":"No","Value":""}]`
	form := read(t, "form", `{"Sections":[{"Type":"FormSection","Items":[
		{"Type":"FormInput","Name":"name","Required":true},{"Type":"Dropdown","Name":"one",`+options+`,"DefaultValue":["y","z"]},
		{"Type":"Dropdown","Name":"more","MultiSelect":true,`+options+`},{"Type":"RadioGroup","Name":"radio",`+options+`},
		{"Type":"CheckboxGroup","Name":"boxes",`+options+`},{"Type":"Checkbox","Name":"box"},{"Type":"RadioGroup","Name":"label"},
		{"Type":"DataSection","Label":"L","Value":"V"}]}],"Next":{"Label":"Go"},"Back":{"Label":"Back"}}`)
	next, back := form.Ways[0], form.Ways[1]
	for _, test := range []struct {
		way    interactive.Way
		filled map[string][]string
		want   string
	}{
		{
			next,
			map[string][]string{"name": {"Ada"}, "more": {"y", "No"}, "radio": {"no"}, "box": {"true"}},
			`{"FormData":{"box":true,"boxes":[],"more":["y","No"],"name":"Ada","one":["y"],"radio":"No"}}`,
		},
		{back, nil, `{"FormData":{"box":false,"boxes":[],"more":[],"name":"","one":["y"],"radio":""}}`},
		{next, nil, `the view asks for "name"`},
		{back, map[string][]string{"one": {"perhaps"}}, `"one" has no choice "perhaps"`},
		{back, map[string][]string{"radio": {"y", "no"}}, `"radio" takes one value`},
		{back, map[string][]string{"nme": {"x"}}, `no field "nme"`},
	} {
		content, err := form.Answer(test.way, test.filled)
		if err != nil {
			content = err.Error()
		} else {
			var answer struct {
				Action string
				Data   json.RawMessage
			}
			if json.Unmarshal([]byte(content), &answer) != nil || answer.Action != test.way.Action || interactive.CheckResponse(content) != "" {
				t.Errorf("%v: %s", test.filled, content)
			}
			content = string(answer.Data)
		}
		if !strings.Contains(content, test.want) {
			t.Errorf("%v: %s\nwant %s", test.filled, content, test.want)
		}
	}
	cards := read(t, "cards", `{"Cards":[{"Summary":{"Id":"d"},"Detail":{"Actions":["Act"]}}]}`)
	if content, _ := cards.Answer(cards.Ways[0], nil); !strings.Contains(content, `"data":{"Id":"d","actionName":"Act"}`) {
		t.Error(content)
	}
	own := read(t, "v1", `{}`)
	if content, _ := own.Answer(interactive.Way{Action: "Rate"}, map[string][]string{"stars": {"5"}}); !strings.Contains(content, `"data":{"stars":"5"}`) {
		t.Error(content)
	}
}
