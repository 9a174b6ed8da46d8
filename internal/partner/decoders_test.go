package partner_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/parley-chat/parley/internal/partner"
	"github.com/parley-chat/parley/internal/transcript"
)

// nativeTemplate is the shape that the decoders of the native SDKs give a template. A member without
// omitempty has to be there. Android's decoder refuses every member that it does not know, iOS's
// ignores them.
//
// Source: MessageContent.kt of amazon-connect-chat-android and MessageContent.swift of
// amazon-connect-chat-ios.
type nativeTemplate[C any] struct {
	TemplateType string `json:"templateType"`
	Version      string `json:"version"`
	Data         struct {
		Content      C            `json:"content"`
		ReplyMessage *nativeReply `json:"replyMessage,omitempty"`
	} `json:"data"`
}

// namedTemplate is the shape of those that have a name: list pickers, on Android, and what stands in
// a carousel.
type namedTemplate[C any] struct {
	TemplateIdentifier string `json:"templateIdentifier"`
	nativeTemplate[C]
}

type (
	nativeReply struct {
		Title    string `json:"title,omitempty"`
		Subtitle string `json:"subtitle,omitempty"`
	}
	nativeOption struct {
		Title string `json:"title"`
	}
	nativeListOption struct {
		Title     string `json:"title"`
		Subtitle  string `json:"subtitle,omitempty"`
		ImageType string `json:"imageType,omitempty"`
		ImageData string `json:"imageData,omitempty"`
	}
	nativeList struct {
		Title     string             `json:"title"`
		Subtitle  string             `json:"subtitle,omitempty"`
		ImageType string             `json:"imageType,omitempty"`
		ImageData string             `json:"imageData,omitempty"`
		Elements  []nativeListOption `json:"elements"`
	}
	nativePanel struct {
		Title            string         `json:"title"`
		Subtitle         string         `json:"subtitle,omitempty"`
		ImageType        string         `json:"imageType,omitempty"`
		ImageData        string         `json:"imageData,omitempty"`
		ImageDescription string         `json:"imageDescription,omitempty"`
		Elements         []nativeOption `json:"elements"`
	}
	nativeQuickReply struct {
		Title    string         `json:"title"`
		Subtitle string         `json:"subtitle,omitempty"`
		Elements []nativeOption `json:"elements"`
	}
	nativeCarousel struct {
		Title    string                       `json:"title"`
		Elements []namedTemplate[nativePanel] `json:"elements"`
	}
	nativeTimes struct {
		Title    string `json:"title"`
		Subtitle string `json:"subtitle,omitempty"`
		Offset   int    `json:"timeZoneOffset,omitempty"`
		Location *struct {
			Latitude  float64 `json:"latitude"`
			Longitude float64 `json:"longitude"`
			Title     string  `json:"title"`
			Radius    int     `json:"radius,omitempty"`
		} `json:"location,omitempty"`
		Timeslots []struct {
			Date     string `json:"date"`
			Duration int    `json:"duration"`
		} `json:"timeslots"`
	}
	nativeView struct {
		ViewID string `json:"viewId,omitempty"`
	}
)

// decodeIOS reads a template as the iOS SDK does.
func decodeIOS(content string) error {
	shapes := map[string]any{
		"ListPicker": &nativeTemplate[nativeList]{}, "Panel": &nativeTemplate[nativePanel]{}, "QuickReply": &nativeTemplate[nativeQuickReply]{},
		"Carousel": &nativeTemplate[nativeCarousel]{}, "TimePicker": &nativeTemplate[nativeTimes]{}, "ViewResource": &nativeTemplate[nativeView]{},
	}
	return decodeNative(content, shapes)
}

// decodeAndroid reads a template as the Android SDK does in the versions without views.
func decodeAndroid(content string) error {
	shapes := map[string]any{
		"ListPicker": &namedTemplate[nativeList]{}, "Panel": &nativeTemplate[nativePanel]{}, "QuickReply": &nativeTemplate[nativeQuickReply]{},
		"Carousel": &nativeTemplate[nativeCarousel]{}, "TimePicker": &nativeTemplate[nativeTimes]{},
	}
	return decodeNative(content, shapes, json.RejectUnknownMembers(true))
}

func decodeNative(content string, shapes map[string]any, options ...json.Options) error {
	var kind struct {
		TemplateType string `json:"templateType"`
	}
	if err := json.Unmarshal([]byte(content), &kind); err != nil {
		return err
	}
	shape, ok := shapes[kind.TemplateType]
	if !ok {
		return fmt.Errorf("no template %q", kind.TemplateType)
	}
	if err := json.Unmarshal([]byte(content), shape, options...); err != nil {
		return err
	}
	var members any
	if err := json.Unmarshal([]byte(content), &members); err != nil {
		return err
	}
	return missing(reflect.TypeOf(shape), members, "")
}

// missing returns an error for every member that a shape needs and that is not there.
func missing(shape reflect.Type, value any, where string) error {
	switch shape.Kind() {
	case reflect.Pointer:
		return missing(shape.Elem(), value, where)
	case reflect.Slice:
		var errs []error
		list, _ := value.([]any)
		for i, element := range list {
			errs = append(errs, missing(shape.Elem(), element, fmt.Sprintf("%s[%d]", where, i)))
		}
		return errors.Join(errs...)
	case reflect.Struct:
	default:
		return nil
	}
	var errs []error
	members, _ := value.(map[string]any)
	for field := range shape.Fields() {
		if field.Anonymous {
			errs = append(errs, missing(field.Type, value, where))
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if member, ok := members[name]; ok && member != nil {
			errs = append(errs, missing(field.Type, member, where+"."+name))
		} else if options == "" {
			errs = append(errs, fmt.Errorf("%s.%s is missing", where, name))
		}
	}
	return errors.Join(errs...)
}

// TestRowB2Decoders: the native SDKs read every built-in message, but for those whose description
// says that Android does not.
func TestRowB2Decoders(t *testing.T) {
	t.Parallel()
	gallery, err := partner.Gallery(time.Now(), "http://127.0.0.1:3000/console")
	if err != nil {
		t.Fatal(err)
	}
	flags, err := os.ReadFile("../cli/testdata/script/help.txtar")
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]bool{}
	for _, s := range gallery {
		if err := decodeIOS(string(s.Example)); err != nil {
			t.Errorf("iOS refuses %s: %v", s.Name, err)
		}
		err := decodeAndroid(string(s.Example))
		refused[s.Name] = err != nil
		if told := strings.Contains(s.Description, "Android"); told != (err != nil) {
			t.Errorf("%s is decoded with %v, and described by %q", s.Name, err, s.Description)
		}
		for _, flag := range regexp.MustCompile("--[a-z-]+").FindAllString(s.Description, -1) {
			if !strings.Contains(string(flags), flag+" ") {
				t.Errorf("%s names the flag %s, which does not exist", s.Name, flag)
			}
		}
	}
	for _, name := range []string{"list", "panel", "quick", "carousel", "pickers", "time"} {
		if told, ok := refused[name]; told || !ok {
			t.Errorf("Android refuses %s, which is not for the widget alone", name)
		}
	}
}

// TestRowB2Partner: what the built-in partner sends is read by the native SDKs; its help says which is
// for the widget.
func TestRowB2Partner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pat := talkTo(t, transcript.Interactive, transcript.InteractiveResponse)
		for _, word := range []string{"list", "panel", "quick", "carousel", "time"} {
			content := ask(t, pat, transcript.TextPlain, word).Content
			if err := errors.Join(decodeIOS(content), decodeAndroid(content)); err != nil {
				t.Errorf("%s: %v", word, err)
			}
		}
		pages := ask(t, pat, transcript.TextPlain, "pages").Content
		if err := decodeIOS(pages); err != nil {
			t.Errorf("pages: %v", err)
		}
		if decodeAndroid(pages) == nil {
			t.Error("Android reads the pages, so that help tells something wrong")
		}
		if help := ask(t, pat, transcript.TextPlain, "help").Content; !strings.Contains(help, "Android SDK refuses") {
			t.Errorf("help does not say what pages are for:\n%s", help)
		}
	})
}
