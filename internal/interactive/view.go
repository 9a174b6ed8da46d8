package interactive

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// View is a view of a step-by-step guide, as far as its data goes: the templates of Amazon Connect's
// own views are not public.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/view-resources-managed-view.html
type View struct {
	// ID names the view; Own is set for one of Amazon Connect's. Token is for DescribeView.
	ID, Token string
	Own       bool
	// Heading is its title, Texts what it says below, such as "Choose one."
	Heading string
	Texts   []string
	// Rows are what it shows, Fields what it asks for.
	Rows   []Row
	Fields []Field
	// Ways are what can be done about it, in the order in which it offers them.
	Ways []Way
}

// Row is a value with its label.
type Row struct{ Label, Value string }

// Field is a field of a form.
type Field struct {
	// Type is the view's own name of its kind, such as "Dropdown".
	Name, Label, Type string
	Required          bool
	// Options are what can be chosen from; none when anything can be written. List is set when
	// the answer is a list, Several when it may hold more than one; YesNo when it is true or false.
	Options              []Option
	List, Several, YesNo bool
	// Default is what is filled in already.
	Default []string
}

// Option is one thing to choose.
type Option struct{ Value, Label string }

// Way is something that can be done about a view.
type Way struct {
	// Action is what the flow is told: "Next", "Back", or "ActionSelected" for a choice.
	Action string
	// Chosen is the id of the item or card, or the name of the action, that a choice means; Card is the
	// card's of an action that stands on one.
	Chosen, Card string
	// Label and Note are what it says.
	Label, Note string
}

// Selected is the action of a choice.
const Selected = "ActionSelected"

// ViewResource is the template type of a view, and of the answer to one.
const ViewResource = "ViewResource"

// ViewMessage is a view as it travels in a chat.
type ViewMessage struct {
	TemplateType string `json:"templateType"`
	Version      string `json:"version"`
	Data         struct {
		Content struct {
			ViewID    string `json:"viewId"`
			ViewToken string `json:"viewToken"`
			ViewData  any    `json:"viewData"`
		} `json:"content"`
	} `json:"data"`
}

// ReadView reads the view that an interactive message shows; false for another message. What is of
// another shape than Amazon Connect's own views have it is left out, but for the rows of a view of
// another kind, which are its data.
func ReadView(content string) (*View, bool) {
	var message ViewMessage
	if json.Unmarshal([]byte(content), &message) != nil || message.TemplateType != ViewResource {
		return nil, false
	}
	v := &View{ID: message.Data.Content.ViewID, Token: message.Data.Content.ViewToken}
	_, v.Own = OwnView(v.ID)
	data, _ := unpacked(message.Data.Content.ViewData).(map[string]any)
	for name, value := range data {
		data[name] = unpacked(value)
	}
	v.Heading = words(data["Heading"])
	for _, name := range []string{"SubHeading", "Description", "ErrorText"} {
		if text := words(data[name]); text != "" {
			v.Texts = append(v.Texts, text)
		}
	}
	for _, row := range objects(data["AttributeBar"]) {
		v.row(row)
	}
	v.sections(data["Sections"])
	if !v.Own {
		v.rest(data)
	}
	v.choices(data)
	v.buttons(data)
	return v, true
}

// OwnView returns the id of the view of Amazon Connect's own that a name means, whatever its letter
// case; false for another view.
func OwnView(name string) (id string, ok bool) {
	id = strings.ToLower(name)
	return id, slices.Contains(OwnViews(), id)
}

// OwnViews are the ids of Amazon Connect's own views.
func OwnViews() []string { return []string{"cards", "confirmation", "detail", "form", "list"} }

// unpacked is a value, or what its text holds when that is JSON.
func unpacked(value any) any {
	text, ok := value.(string)
	if !ok || !strings.HasPrefix(strings.TrimSpace(text), "{") && !strings.HasPrefix(strings.TrimSpace(text), "[") {
		return value
	}
	var inner any
	if json.Unmarshal([]byte(text), &inner) != nil {
		return value
	}
	return inner
}

func objects(value any) []map[string]any {
	list, _ := value.([]any)
	var found []map[string]any
	for _, entry := range list {
		if object, ok := entry.(map[string]any); ok {
			found = append(found, object)
		}
	}
	return found
}

var markup = regexp.MustCompile(`<[^<>]*>|\s+`)

// words is what a member says: a text, one with a label, or markup, whose text remains.
func words(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	case map[string]any:
		if template, ok := v["TemplateString"].(string); ok {
			return strings.Join(strings.Fields(markup.ReplaceAllString(template, " ")), " ")
		}
		return words(v["Label"])
	}
	data, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(data)
}

func (v *View) row(data map[string]any) {
	if row := (Row{words(data["Label"]), words(data["Value"])}); row != (Row{}) {
		v.Rows = append(v.Rows, row)
	}
}

func (v *View) sections(value any) {
	if text := words(value); text != "" && len(objects(value)) == 0 && !strings.HasPrefix(text, "[") {
		v.Texts = append(v.Texts, text)
	}
	for _, section := range objects(value) {
		for _, item := range objects(section["Items"]) {
			kind := words(item["Type"])
			if !asks(section, item) {
				v.row(item)
			} else if f, ok := field(kind, item); ok {
				v.Fields = append(v.Fields, f)
			}
		}
	}
}

// asks reports whether an item of a section is a field. Real flows leave types out.
func asks(section, item map[string]any) bool {
	if kind := words(item["Type"]); kind != "" {
		return kind != "DataSection"
	}
	if words(section["Type"]) == "FormSection" {
		return words(item["Name"]) != ""
	}
	return words(item["Name"]) != "" && item["Value"] == nil && words(section["Type"]) != "DataSection"
}

// field reads a field; false for a group without anything to choose, which is a label.
func field(kind string, item map[string]any) (Field, bool) {
	f := Field{Name: cmp.Or(words(item["Name"]), words(item["Label"])), Label: words(item["Label"]), Type: kind}
	f.Required, _ = item["Required"].(bool)
	several := strings.EqualFold(words(item["MultiSelect"]), "true")
	f.Several = strings.HasPrefix(strings.ToLower(kind), "checkbox") && item["Options"] != nil || kind == "Dropdown" && several
	f.List = f.Several || kind == "Dropdown"
	for _, option := range objects(item["Options"]) {
		label := words(option["Label"])
		value := cmp.Or(words(option["Value"]), label)
		f.Options = append(f.Options, Option{value, cmp.Or(label, value)})
	}
	f.YesNo = strings.EqualFold(kind, "Checkbox") && len(f.Options) == 0
	switch given := item["DefaultValue"].(type) {
	case []any:
		for _, one := range given {
			f.Default = append(f.Default, words(one))
		}
	default:
		if text := words(given); text != "" {
			f.Default = []string{text}
		}
	}
	if len(f.Options) > 0 { // what cannot be chosen is not chosen
		f.Default = slices.DeleteFunc(f.Default, func(value string) bool {
			return !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == value })
		})
	}
	return f, kind != "RadioGroup" || len(f.Options) > 0
}

// rest shows the members of a view that is not Amazon Connect's.
func (v *View) rest(data map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(data)) {
		if !isRead(name) {
			value, _ := json.Marshal(data[name]) // it came from JSON
			if text, ok := data[name].(string); ok {
				value = []byte(text)
			}
			v.Rows = append(v.Rows, Row{name, string(value)})
		}
	}
}

// offered are the buttons, by their actions, in the order in which they are shown.
func offered() []string { return []string{"Next", "NoMatchFound", "Previous", "Cancel", "Back"} }

// isRead reports whether a member is shown as what it is.
func isRead(member string) bool {
	switch member {
	case "Heading", "SubHeading", "Description", "ErrorText", "AttributeBar", "Wizard", "Sections", "Items", "Cards", "Actions", "Graphic", "Edit":
		return true
	}
	return slices.Contains(offered(), member)
}

func (v *View) choices(data map[string]any) {
	for _, item := range objects(data["Items"]) {
		label := words(item["Heading"])
		id := cmp.Or(words(item["Id"]), label)
		v.Ways = append(v.Ways, Way{Action: Selected, Chosen: id, Label: cmp.Or(label, id), Note: words(item["Description"])})
	}
	for _, card := range objects(data["Cards"]) {
		summary, _ := card["Summary"].(map[string]any)
		detail, _ := card["Detail"].(map[string]any)
		label := words(summary["Heading"])
		id := cmp.Or(words(summary["Id"]), label)
		note := strings.Join(slices.DeleteFunc([]string{words(summary["Status"]), words(detail["Description"])}, func(s string) bool { return s == "" }), ". ")
		actions, _ := detail["Actions"].([]any)
		for _, action := range actions {
			v.Ways = append(v.Ways, Way{Action: Selected, Chosen: words(action), Card: id, Label: label + ": " + words(action), Note: note})
		}
		if len(actions) == 0 && id != "" {
			v.Ways = append(v.Ways, Way{Action: Selected, Chosen: id, Label: cmp.Or(label, id), Note: note})
		}
	}
	actions, _ := data["Actions"].([]any)
	for _, action := range actions {
		if name := words(action); name != "" {
			v.Ways = append(v.Ways, Way{Action: Selected, Chosen: name, Label: name})
		}
	}
}

func (v *View) buttons(data map[string]any) {
	var labels []string
	for _, action := range offered() {
		label := words(data[action])
		if label == "" && action == "Next" && (v.ID == "form" || v.ID == "confirmation") {
			label = action
		}
		if label != "" && !slices.Contains(labels, label) {
			labels = append(labels, label)
			v.Ways = append(v.Ways, Way{Action: action, Label: label})
		}
	}
}

// Answer is the content of the response that a client sends for a way of a view, with what was
// filled in, by the names of fields. Its error says what is wrong with that, in a sentence.
func (v *View) Answer(way Way, filled map[string][]string) (string, error) {
	form := map[string]any{}
	for name, values := range filled {
		if v.Own && !slices.ContainsFunc(v.Fields, func(f Field) bool { return f.Name == name }) {
			return "", fmt.Errorf("the view has no field %q", name)
		}
		form[name] = strings.Join(values, ",") // of a view whose template is not here
	}
	for i := range v.Fields {
		f := &v.Fields[i]
		values, given := filled[f.Name]
		if !given {
			values = f.Default
		}
		if len(values) == 0 && f.Required && way.Action == "Next" {
			return "", fmt.Errorf("the view asks for %q", f.Name)
		}
		value, err := f.value(values)
		if err != nil {
			return "", err
		}
		form[f.Name] = value
	}
	data := map[string]any{}
	switch {
	case !v.Own:
		data = form // views of developers return their fields as they are
	case len(v.Fields) > 0:
		data["FormData"] = form
	}
	if way.Chosen != "" {
		data["actionName"], data["Id"] = way.Chosen, cmp.Or(way.Card, way.Chosen)
	}
	content, err := json.Marshal(struct {
		Action       string         `json:"action"`
		Data         map[string]any `json:"data"`
		TemplateType string         `json:"templateType"`
		Version      string         `json:"version"`
	}{way.Action, data, ViewResource, responseVersion})
	return string(content), err
}

// value is what a field sends. A choice from a list is one, even of one thing.
func (f *Field) value(given []string) (any, error) {
	values := []string{}
	for _, one := range given {
		at := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == one || strings.EqualFold(o.Label, one) })
		switch {
		case at >= 0:
			one = f.Options[at].Value
		case len(f.Options) > 0:
			return nil, fmt.Errorf("%q has no choice %q", f.Name, one)
		}
		values = append(values, one)
	}
	switch {
	case len(values) > 1 && !f.Several:
		return nil, fmt.Errorf("%q takes one value", f.Name)
	case f.List:
		return values, nil
	case f.YesNo:
		return len(values) > 0 && values[0] == "true", nil
	case len(values) == 0:
		return "", nil
	}
	return values[0], nil
}
