package partner

import (
	"fmt"
	"strings"
	"time"
)

// template is an interactive message. Its members are those that the widget and the native
// SDKs all read: the Android SDK refuses a message with a member it does not know, so only
// what needs to has more.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/interactive-messages.html
type template struct {
	Identifier string       `json:"templateIdentifier,omitempty"`
	Type       string       `json:"templateType"`
	Version    string       `json:"version"`
	Data       templateData `json:"data"`
}

type templateData struct {
	Content content `json:"content"`
}

type content struct {
	Title    string `json:"title,omitempty"`
	Subtitle string `json:"subtitle,omitempty"`
	picture
	PictureText string    `json:"imageDescription,omitempty"` // of a panel: the Android SDK refuses it in a list
	Elements    []any     `json:"elements,omitempty"`         // options, or templates in a carousel
	Offset      *int      `json:"timeZoneOffset,omitempty"`
	Location    *location `json:"location,omitempty"`
	Slots       []slot    `json:"timeslots,omitempty"`
	// Only for a list that can be leafed through, in the widget. The Android SDK refuses them.
	ListID    string `json:"listId,omitempty"`
	Before    *int   `json:"preIndex,omitempty"`
	After     *int   `json:"nextIndex,omitempty"`
	Reference string `json:"referenceId,omitempty"`
	// Only for a view of a step-by-step guide.
	ViewID    string         `json:"viewId,omitempty"`
	ViewToken string         `json:"viewToken,omitempty"`
	ViewData  map[string]any `json:"viewData,omitempty"`
}

type option struct {
	Title    string `json:"title"`
	Subtitle string `json:"subtitle,omitempty"`
	picture
	Action string `json:"actionDetail,omitempty"`
	// A link, which sends nothing, in the widget. The Android SDK refuses these members.
	Kind   string `json:"type,omitempty"`
	URL    string `json:"url,omitempty"`
	Target string `json:"target,omitempty"`
}

// picture is shown above a panel or list, or beside an option. Clients show those of options only when
// each of them has one.
type picture struct {
	ImageType string `json:"imageType,omitempty"`
	ImageData string `json:"imageData,omitempty"`
}

// pictureOf returns a city's picture in a folder; none without a folder.
func pictureOf(city, folder string) picture {
	if folder == "" {
		return picture{}
	}
	return picture{"URL", folder + "/" + strings.ToLower(city) + ".png"}
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Title     string  `json:"title"`
	Radius    int     `json:"radius"`
}

type slot struct {
	Date     string `json:"date"`
	Duration int    `json:"duration"`
}

// showpiece returns the interactive message that the built-in partner sends for a word.
func showpiece(word string, now time.Time) (template, bool) {
	switch word {
	case "list":
		return listPicker(""), true
	case "panel":
		return panel(), true
	case "quick":
		return quickReply(), true
	case "carousel":
		return carousel(""), true
	case "time":
		return timePicker(now), true
	case "pages":
		return cityPage(0), true
	}
	return template{}, false
}

func listPicker(pictures string) template {
	return newTemplate("ListPicker", "list", content{Title: "Where to?", Subtitle: "Pick a city", Elements: []any{
		option{Title: "Rome", Subtitle: "Three hours by train", picture: pictureOf("Rome", pictures)},
		option{Title: "Oslo", Subtitle: "Two hours by air", picture: pictureOf("Oslo", pictures)},
		option{Title: "Porto", Subtitle: "A day by bus", picture: pictureOf("Porto", pictures)},
	}})
}

func linkList() template {
	return newTemplate("ListPicker", "links", content{Title: "Before you go", Subtitle: "Read this first", Elements: []any{
		option{Title: "Terms of travel", Kind: "hyperlink", URL: "https://example.com/terms", Target: "_blank"},
		option{Title: "I have read them"},
	}})
}

func panel() template {
	return newTemplate("Panel", "", content{Title: "What is it about?", Subtitle: "Choose one", Elements: []any{
		option{Title: "An order"}, option{Title: "A bill"}, option{Title: "Something else"},
	}})
}

func quickReply() template {
	return newTemplate("QuickReply", "", content{
		Title: "Did this help?", Elements: []any{option{Title: "Yes"}, option{Title: "No"}},
	})
}

func carousel(pictures string) template {
	return newTemplate("Carousel", "", content{Title: "Offers", Elements: []any{
		offer("Rome", pictures, "Hotels", "Trains"), offer("Oslo", pictures, "Hotels", "Flights"), offer("Porto", pictures, "Hotels", "Buses"),
	}})
}

// pickerCarousel has options with a title only: the native SDKs decode whatever stands in a carousel
// as a Panel.
func pickerCarousel() template {
	return newTemplate("Carousel", "", content{Title: "Departures", Elements: []any{
		newTemplate("ListPicker", "morning", content{Title: "In the morning", Elements: []any{
			option{Title: "08:15, direct"}, option{Title: "09:40, one change"},
		}}),
		newTemplate("ListPicker", "evening", content{Title: "In the evening", Elements: []any{
			option{Title: "18:05, direct"}, option{Title: "21:30, by night"},
		}}),
	}})
}

// guide shows a view with a form. Its data stand in the view's fields.
func guide() template {
	return newTemplate("ViewResource", "", content{
		ViewID: "form", ViewToken: "form", ViewData: map[string]any{
			"Heading": "Your details", "Next": map[string]string{"Label": "Continue"},
			"Sections": []any{map[string]any{"Type": "FormSection", "Items": []any{
				map[string]any{"Type": "FormInput", "Name": "name", "Label": "Your name", "Required": true},
				map[string]any{"Type": "Dropdown", "Name": "topic", "Label": "What is it about?", "Options": []any{
					map[string]string{"Label": "An order", "Value": "order"}, map[string]string{"Label": "A bill", "Value": "bill"},
				}},
			}}},
		},
	})
}

func newTemplate(kind, identifier string, c content) template {
	return template{Identifier: identifier, Type: kind, Version: "1.0", Data: templateData{c}}
}

func offer(city, pictures string, options ...string) template {
	var elements []any
	for _, o := range options {
		elements = append(elements, option{Title: o})
	}
	shown := content{Title: city, Elements: elements, picture: pictureOf(city, pictures)}
	if pictures != "" {
		shown.PictureText = "A drawing of " + city
	}
	return newTemplate("Panel", strings.ToLower(city), shown)
}

// timePicker offers times on the day after the given one. An offset of zero lets the widget
// show them in the browser's own zone.
func timePicker(now time.Time) template {
	day := now.UTC().AddDate(0, 0, 1)
	var slots []slot
	for _, hour := range []int{10, 14, 16} {
		at := time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, time.UTC)
		slots = append(slots, slot{at.Format("2006-01-02T15:04") + "+00:00", 30})
	}
	return newTemplate("TimePicker", "", content{
		Title: "When shall we call?", Subtitle: "Pick a time", Offset: new(int),
		Location: &location{59.91, 10.75, "Oslo", 1}, Slots: slots,
	})
}

const (
	cityList        = "parley-cities"
	cityCount       = 4 // on a page
	showMore        = "SHOW_MORE"
	previousOptions = "PREVIOUS_OPTIONS"
)

func cities() []string {
	return []string{"Athens", "Bergen", "Cádiz", "Delft", "Évora", "Fez", "Ghent", "Haifa", "Izmir", "Jaén"}
}

// cityPage is the page of a list that begins at an index, as far as there is one. All pages
// have the same reference, so that the widget replaces one by the next.
func cityPage(first int) template {
	all := cities()
	first = min(max(0, first), len(all)-1) / cityCount * cityCount
	last := min(len(all), first+cityCount)
	var elements []any
	for _, city := range all[first:last] {
		elements = append(elements, option{Title: city})
	}
	if first > 0 {
		elements = append(elements, option{Title: "Back …", Action: previousOptions})
	}
	if last < len(all) {
		elements = append(elements, option{Title: "More …", Action: showMore})
	}
	before := first - cityCount
	return newTemplate("ListPicker", "pages", content{
		Title: fmt.Sprintf("Cities %d to %d of %d", first+1, last, len(all)), Elements: elements,
		ListID: cityList, Before: &before, After: &last, Reference: cityList,
	})
}

// text returns the text of the template, for clients that cannot display it.
func (t template) text() string {
	var b strings.Builder
	c := t.Data.Content
	b.WriteString(c.Title)
	for _, e := range c.Elements {
		switch e := e.(type) {
		case option:
			if e.Action == "" {
				b.WriteString("\n- " + e.Title)
			}
		case template:
			b.WriteString("\n- " + strings.ReplaceAll(e.text(), "\n", "\n  "))
		}
	}
	for _, s := range c.Slots {
		b.WriteString("\n- " + s.Date)
	}
	return b.String()
}
