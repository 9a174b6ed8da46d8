package flowtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/parley-chat/parley/internal/transcript"
)

// Views are read as far as they have the shape of Amazon Connect's own, and answered as clients do.
func TestView(t *testing.T) {
	t.Parallel()
	const form = `{"Heading":"Form","Sections":[{"Items":[{"Name":"a","Type":"Dropdown","Options":[{"Value":"x"},{"Value":"y"}]},` +
		`{"Name":"b","Type":"RadioGroup","Options":[{"Value":"z"}]},{"Name":"c","Type":"FormInput"},{"Name":"d","DefaultValue":["q"]},{"Label":"text only"}]}]}`
	for name, c := range map[string]struct {
		data, says string
		want       View
		answer     string
	}{
		"an item": {`{"Items":[{"Id":"one"},{"Id":"two"}]}`, "two", View{Choices: []string{"one", "two"}}, `{"action":"ActionSelected","data":{"Id":"two","actionName":"two"}}`},
		"a card":  {`{"Cards":[{"Summary":{"Id":"one"}}]}`, "one", View{Choices: []string{"one"}}, `{"action":"ActionSelected","data":{"Id":"one","actionName":"one"}}`},
		"an action, written as text": {
			`{"Actions":"[\"Do it\"]"}`, "Do it",
			View{Choices: []string{"Do it"}},
			`{"action":"ActionSelected","data":{"Id":"Do it","actionName":"Do it"}}`,
		},
		"the first, when none is named": {`{"Items":[{"Id":"one"},{"Id":"two"}]}`, "ActionSelected", View{Choices: []string{"one", "two"}}, `{"action":"ActionSelected","data":{"Id":"one","actionName":"one"}}`},
		"the way back":                  {`{"Items":[{"Id":"one"}]}`, "Back", View{Choices: []string{"one"}}, `{"action":"Back","data":{}}`},
		"a form": {form, "Next", View{Heading: "Form", Fields: []Field{
			{Name: "a", Type: "Dropdown", Options: []string{"x", "y"}}, {Name: "b", Type: "RadioGroup", Options: []string{"z"}}, {Name: "c", Type: "FormInput"}, {Name: "d"},
		}}, `{"action":"Next","data":{"FormData":{"a":["x"],"b":"z","c":"something","d":"q"}}}`},
		"all of it as text": {`"{\"Items\":[{\"Id\":\"one\"}]}"`, "one", View{Choices: []string{"one"}}, `{"action":"ActionSelected","data":{"Id":"one","actionName":"one"}}`},
		"other shapes":      {`{"Heading":{"a":1},"Items":"none","Cards":3,"Sections":{"TemplateString":"x"}}`, "Go", View{}, `{"action":"Go","data":{}}`},
		"the whole answer":  {`{}`, `{"action":"mine"}`, View{}, `{"action":"mine"}`},
		"no text":           {`[]`, "", View{}, `{"action":"","data":{}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view := readView(fmt.Sprintf(`{"templateType":"ViewResource","version":"1.0","data":{"content":{"viewId":"form","viewToken":"t","viewData":%s}}}`, c.data))
			if view == nil {
				t.Fatal("no view")
			}
			c.want.ID = "form"
			if diff := cmp.Diff(&c.want, view, cmpopts.IgnoreUnexported(View{})); diff != "" {
				t.Errorf("view (-want +got):\n%s", diff)
			}
			var got, want map[string]any
			if err := errors.Join(json.Unmarshal([]byte(view.answer(c.says, nil)), &got), json.Unmarshal([]byte(c.answer), &want)); err != nil {
				t.Fatal(err)
			}
			delete(got, "templateType")
			delete(got, "version")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
	for _, content := range []string{"", "{", `{"templateType":"ListPicker"}`} {
		if view := readView(content); view != nil {
			t.Errorf("%q is a view: %+v", content, view)
		}
	}
}

// A view that is shown again has another token, and is the one that was read. What its data calls a token is
// no token.
func TestViewIsReadOnce(t *testing.T) {
	t.Parallel()
	const form = `{"templateType":"ViewResource","version":"1.0","data":{"content":{%s}}}`
	v := &visit{world: &world{}}
	in := func(content string) *View {
		return v.viewIn(&transcript.Item{ContentType: transcript.Interactive, Content: fmt.Sprintf(form, content)})
	}
	one := in(`"viewId":"list","viewToken":"list.1","viewData":{"Heading":"One"}`)
	if one == nil || one.Heading != "One" || in(`"viewId":"list","viewToken":"list.2","viewData":{"Heading":"One"}`) != one {
		t.Errorf("the view is read again, or not: %+v", one)
	}
	for _, other := range []string{
		`"viewId":"list","viewToken":"list.2","viewData":{"Heading":"Two"}`, `"viewId":"cards","viewToken":"list.1","viewData":{"Heading":"One"}`,
		`"viewData":{"Heading":"One","viewToken":"a"},"viewId":"list"`, `"viewData":{"Heading":"One","viewToken":"b"},"viewId":"list"`,
		`"viewId":"list","viewToken":"a\"b","viewData":{"Heading":"One"}`,
	} {
		if view := in(other); view == nil || view == one || len(v.views) < 2 {
			t.Errorf("%s is taken for another view", other)
		}
	}
	if n := len(v.views); n != 6 {
		t.Errorf("%d views are kept", n)
	}
}
