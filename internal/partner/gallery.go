package partner

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Sample is an interactive message to send, or to begin one's own with.
type Sample struct {
	// TemplateType is the message's own name of its kind.
	TemplateType string
	// Name is the word that scripts know it by; unique.
	Name               string
	Title, Description string
	// Example is the message: the content of [transcript.Interactive].
	Example json.RawMessage
}

// Gallery returns one of each interactive message there is. Times to choose from are on the
// day after now. The decoders of the iOS and Android SDKs read every one of them, but for those whose
// description says which they refuse.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interactive-messages.html
func Gallery(now time.Time) ([]Sample, error) {
	samples := []struct {
		name, title, description string
		template                 template
	}{
		{"list", "List picker", "Up to six options with a subtitle each. The customer's choice comes back as its title.", listPicker()},
		{"pages", "List picker with pages", "A list that can be leafed through: \"More …\" and \"Back …\" come back as an " +
			"interactive response, to be answered with the next page under the same reference." + widgetOnly, cityPage(0)},
		{"links", "List picker with a link", "Options beside a link, which opens a page and sends nothing." + widgetOnly, linkList()},
		{"panel", "Panel", "Up to ten options without subtitles.", panel()},
		{"quick", "Quick reply", "Short answers in a row, at least two.", quickReply()},
		{"carousel", "Carousel", "Two to five panels side by side. The choice comes back as JSON that names the panel.", carousel()},
		{"pickers", "Carousel of list pickers", "Two to five list pickers side by side; without subtitles, which the native SDKs do not read here.", pickerCarousel()},
		{"time", "Time picker", "Up to twenty times. The choice comes back as its date.", timePicker(now)},
		{"view", "View of a guide", "A form, a detail or another view, which the client fetches by its token; with " +
			"--views-dir DIR, the token names a file there. What is filled in comes back as an interactive response. " +
			"The Android SDK shows it in some versions only.", guide()},
	}
	gallery := make([]Sample, 0, len(samples))
	for _, s := range samples {
		example, err := json.Marshal(s.template)
		if err != nil {
			return nil, fmt.Errorf("writing the template %s: %w", s.name, err)
		}
		gallery = append(gallery, Sample{s.template.Type, s.name, s.title, s.description, example})
	}
	return gallery, nil
}

// widgetOnly is said of the samples with members (actionDetail, listId, type, url …) that only the
// widget acts on. Each is there to try just that, so it keeps them.
const widgetOnly = " For the widget: the Android SDK refuses the message, because it does not know these members, " +
	"and the iOS SDK shows every option as a plain one."

// limits are the least and the most elements of a template.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interactive-messages.html
type limits struct {
	member      string
	least, most int
}

// templateLimits returns the templates that clients know.
func templateLimits() map[string]limits {
	return map[string]limits{
		"ListPicker": {"elements", 1, 6}, "Panel": {"elements", 1, 10}, "QuickReply": {"elements", 2, 10},
		"Carousel": {"elements", 2, 5}, "TimePicker": {"timeslots", 1, 20}, "ViewResource": {"", 0, 0},
	}
}

// longestTemplate is the size limit of a template, in bytes.
const longestTemplate = 20 << 10

// CheckTemplate returns the mistakes in an interactive message, as sentences; none when clients
// can show it. It is advice: Amazon Connect passes on any content.
func CheckTemplate(content []byte) []string {
	if len(content) > longestTemplate {
		return []string{fmt.Sprintf("It has %d bytes, and may have %d.", len(content), longestTemplate)}
	}
	var t struct {
		Type    string `json:"templateType"`
		Version string `json:"version"`
		Data    struct {
			Content map[string]any `json:"content"`
		} `json:"data"`
	}
	if err := json.Unmarshal(content, &t); err != nil {
		return []string{"It is not JSON of the shape of a template: " + strings.TrimPrefix(err.Error(), "json: ") + "."}
	}
	var wrong []string
	known, ok := templateLimits()[t.Type]
	if !ok {
		wrong = append(wrong, fmt.Sprintf("templateType %q is none that clients know.", t.Type))
	}
	if t.Version == "" {
		wrong = append(wrong, "version is missing; the native SDKs need it.")
	}
	if t.Type == "ViewResource" {
		if token, _ := t.Data.Content["viewToken"].(string); token == "" {
			wrong = append(wrong, "data.content.viewToken is missing.")
		}
		return wrong
	}
	if title, _ := t.Data.Content["title"].(string); title == "" {
		wrong = append(wrong, "data.content.title is missing.")
	}
	if !ok {
		return wrong
	}
	list, _ := t.Data.Content[known.member].([]any)
	if len(list) < known.least || len(list) > known.most {
		wrong = append(wrong, fmt.Sprintf("data.content.%s of a %s has %d to %d members, not %d.",
			known.member, t.Type, known.least, known.most, len(list)))
	}
	for i, element := range list {
		wrong = append(wrong, checkElement(t.Type, fmt.Sprintf("data.content.%s[%d]", known.member, i), element)...)
	}
	return wrong
}

// checkElement checks an option, a time, or a template within a carousel.
func checkElement(kind, where string, element any) []string {
	members, ok := element.(map[string]any)
	if !ok {
		return []string{where + " is not an object."}
	}
	text := func(name string) string { s, _ := members[name].(string); return s }
	switch kind {
	case "TimePicker":
		if _, err := time.Parse("2006-01-02T15:04-07:00", text("date")); err != nil {
			return []string{where + ".date is not of the form 2026-12-24T10:00+00:00."}
		}
		if n, ok := members["duration"].(float64); !ok || n != float64(int(n)) {
			return []string{where + ".duration is not a whole number; the native SDKs need it."}
		}
	case "Carousel":
		inner, err := json.Marshal(members)
		if err != nil {
			return []string{where + " cannot be written as JSON."}
		}
		var wrong []string
		if t := text("templateType"); t != "Panel" && t != "ListPicker" {
			return []string{where + " is neither a Panel nor a ListPicker."}
		}
		if text("templateIdentifier") == "" {
			wrong = append(wrong, where+".templateIdentifier is missing.")
		}
		for _, problem := range CheckTemplate(inner) {
			wrong = append(wrong, where+": "+problem)
		}
		return wrong
	default:
		if text("title") == "" {
			return []string{where + ".title is missing."}
		}
		if text("type") == "hyperlink" && text("url") == "" {
			return []string{where + ".url is missing."}
		}
	}
	return nil
}

// plainText returns the text of an interactive message, for clients that cannot display it.
func plainText(content []byte) string {
	var t struct {
		Data struct {
			Content struct {
				Title    string `json:"title"`
				Elements []struct {
					Title string `json:"title"`
				} `json:"elements"`
				Slots []slot `json:"timeslots"`
			} `json:"content"`
		} `json:"data"`
	}
	if json.Unmarshal(content, &t) != nil {
		return string(content)
	}
	lines := []string{t.Data.Content.Title}
	for _, e := range t.Data.Content.Elements {
		if e.Title != "" {
			lines = append(lines, "- "+e.Title)
		}
	}
	for _, s := range t.Data.Content.Slots {
		lines = append(lines, "- "+s.Date)
	}
	if text := strings.Join(lines, "\n"); strings.TrimSpace(text) != "" {
		return text
	}
	return "(" + transcript.Interactive + ")"
}
