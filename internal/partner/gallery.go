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
// day after now. The messages show rome.png, oslo.png and porto.png of the folder that pictures is the
// address of, without a slash at the end; with "" they have no pictures. The decoders of the iOS and Android SDKs read every one of them, but for those whose
// description says which they refuse.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interactive-messages.html
func Gallery(now time.Time, pictures string) ([]Sample, error) {
	samples := []struct {
		name, title, description string
		template                 template
	}{
		{"list", "List picker", "Up to six options with a subtitle each. The customer's choice comes back as its title.", listPicker(pictures)},
		{"pages", "List picker with pages", "A list that can be leafed through: \"More …\" and \"Back …\" come back as an " +
			"interactive response, to be answered with the next page under the same reference." + widgetOnly, cityPage(0)},
		{"links", "List picker with a link", "Options beside a link, which opens a page and sends nothing." + widgetOnly, linkList()},
		{"panel", "Panel", "Up to ten options without subtitles.", panel()},
		{"quick", "Quick reply", "Short answers in a row, at least two.", quickReply()},
		{"carousel", "Carousel", "Two to five panels side by side. The choice comes back as JSON that names the panel.", carousel(pictures)},
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
