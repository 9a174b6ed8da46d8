package instance

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// View is what views have.
type View struct {
	// Saved is the content that was given last, Published the one that flows show; nil for a view that was
	// only saved.
	Saved     ViewContent  `json:"saved"`
	Published *ViewContent `json:"published,omitempty"`
	// Versions are the contents that do not change any more, the oldest first, and Numbered counts those
	// there ever were.
	Versions []ViewVersion `json:"versions,omitempty"`
	Numbered int           `json:"numbered,omitempty"`
}

// ViewContent is what a view consists of: its template, a JSON text, and what can be done about it.
type ViewContent struct {
	Template string   `json:"template,omitempty"`
	Actions  []string `json:"actions,omitempty"`
}

// ViewVersion is a content of a view that does not change any more.
type ViewVersion struct {
	Number      int         `json:"number"`
	Description string      `json:"description,omitempty"`
	Content     ViewContent `json:"content"`
}

// Qualified is a view as a name with a qualifier asks for it.
type Qualified struct {
	*Item[View]
	ViewContent
	// Draft says that the content is not published.
	Draft bool
	// Number and About are those of a version; zero for none.
	Number int
	About  string
}

// Qualify returns the content of a view that stands behind the colon of its id: nothing or $LATEST for
// what is published, $SAVED for what was saved last, or the number of a version; false for none.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_DescribeView.html
func Qualify(one *Item[View], qualifier string) (Qualified, bool) {
	q := Qualified{Item: one}
	switch qualifier {
	case "", "$LATEST":
		if one.Is.Published == nil {
			return Qualified{}, false
		}
		q.ViewContent = *one.Is.Published
	case "$SAVED":
		q.ViewContent = one.Is.Saved
		q.Draft = one.Is.Published == nil || !one.Is.Published.Equal(&q.ViewContent)
	default:
		at := slices.IndexFunc(one.Is.Versions, func(v ViewVersion) bool { return strconv.Itoa(v.Number) == qualifier })
		if at < 0 {
			return Qualified{}, false
		}
		v := one.Is.Versions[at]
		q.ViewContent, q.Number, q.About = v.Content, v.Number, v.Description
	}
	return q, true
}

// View finds a view by its id or its name, with a qualifier behind a colon if there is one.
func (k *Keeper) View(named string) (Qualified, bool) {
	id, qualifier, _ := strings.Cut(named, ":")
	one := k.Views.Find(id)
	for _, other := range k.Views.All() {
		if one == nil && (other.Name == id || other.Name == named) {
			if one = other; other.Name == named {
				qualifier = ""
			}
		}
	}
	if one == nil {
		return Qualified{}, false
	}
	return Qualify(one, qualifier)
}

// Equal reports whether two contents are the same.
func (c *ViewContent) Equal(other *ViewContent) bool {
	return c.Template == other.Template && slices.Equal(c.Actions, other.Actions)
}

// Schema is the JSON schema of the data that the template is shown with: the names behind the dollar
// signs in it. Amazon Connect makes it of the template as well, in a form that is not documented.
func (c *ViewContent) Schema() string {
	var template any
	properties := map[string]any{}
	if json.Unmarshal([]byte(c.Template), &template) == nil {
		refersTo(template, properties)
	}
	schema, err := json.Marshal(map[string]any{"type": "object", "properties": properties})
	if err != nil { // names are texts
		return "{}"
	}
	return string(schema)
}

// refersTo adds the names of the data that a part of a template refers to.
func refersTo(part any, names map[string]any) {
	switch p := part.(type) {
	case string:
		if path, ok := strings.CutPrefix(p, "$."); ok {
			name, _, _ := strings.Cut(path, ".")
			if name, _, _ = strings.Cut(name, "["); name != "" {
				names[name] = map[string]any{}
			}
		}
	case []any:
		for _, inner := range p {
			refersTo(inner, names)
		}
	case map[string]any:
		for _, inner := range p {
			refersTo(inner, names)
		}
	}
}
