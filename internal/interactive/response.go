package interactive

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/awswire"
)

const (
	responseVersion = "1.0"
	longestAction   = 200
)

// CheckResponse holds the content of a customer's interactive response against what one source says
// of it, and returns what is wrong as a sentence; empty when nothing is. The widget's own responses
// pass.
func CheckResponse(content string) string {
	var response struct {
		Version string `json:"version"`
		Action  string `json:"action"`
	}
	if jsontext.Value(content).Kind() != '{' || awswire.Decode(content, &response) != nil {
		return "An interactive response must be a JSON object whose version and action are texts."
	}
	if response.Version != responseVersion {
		return `An interactive response must have the version "` + responseVersion + `".`
	}
	if n := utf8.RuneCountInString(response.Action); n < 1 || n > longestAction {
		return fmt.Sprintf("An interactive response must have an action of 1 to %d characters, but its action has %d.", longestAction, n)
	}
	return ""
}

// AnswersView reports whether the content of an interactive response is the answer to a view: of this
// template type, or of none.
func AnswersView(content string) bool {
	var answer struct {
		TemplateType string `json:"templateType"`
	}
	return json.Unmarshal([]byte(content), &answer) == nil && (answer.TemplateType == "" || answer.TemplateType == ViewResource)
}
