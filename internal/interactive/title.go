package interactive

import "encoding/json"

// Title is what people call an interactive message: the heading of a view, the title of a template, or
// else its content as it stands.
func Title(content string) string {
	if view, is := ReadView(content); is && view.Heading != "" {
		return view.Heading
	}
	var template struct {
		Data struct{ Content struct{ Title string } }
	}
	if json.Unmarshal([]byte(content), &template) == nil && template.Data.Content.Title != "" {
		return template.Data.Content.Title
	}
	return content
}
