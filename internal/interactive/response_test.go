package interactive_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/interactive"
)

// A response needs the version 1.0 and an action of 1 to 200 characters; those of the widget have
// both, also the one for text that is typed while a view is shown.
func TestRowA9Responses(t *testing.T) {
	t.Parallel()
	action := func(n int) string { return `{"version":"1.0","action":"` + strings.Repeat("ü", n) + `"}` }
	for _, content := range []string{
		action(1), action(200), `{"action":"Next","data":{"a":1},"templateType":"ViewResource","version":"1.0"}`,
		`{"action":" ","data":{"content":"typed text"},"templateType":"ViewResource","version":"1.0"}`,
		`{"version":"1.0","data":{"actionName":"SHOW_MORE","preIndex":-1},"action":"SHOW_MORE"}`,
	} {
		if wrong := interactive.CheckResponse(content); wrong != "" {
			t.Errorf("%s: %s", content, wrong)
		}
	}
	for content, says := range map[string]string{
		`{"version":"1.0"}`: "has 0", action(0): "has 0", action(201): "200 characters, but its action has 201", `{"action":"Next"}`: "version",
		`{"version":"1.1","action":"Next"}`: "1.0", `{"version":1.0,"action":"Next"}`: "texts", `{"version":"1.0","action":null}`: "has 0",
		`{"version":"1.0","action":5}`: "texts", `Next`: "JSON object", `[]`: "JSON object", `{"version":"1.0","action":"Next"`: "JSON object", ``: "JSON object",
	} {
		if wrong := interactive.CheckResponse(content); !strings.Contains(wrong, says) {
			t.Errorf("%s: %q does not say %q", content, wrong, says)
		}
	}
}
