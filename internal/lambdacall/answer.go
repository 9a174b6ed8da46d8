package lambdacall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxAnswer is how long an answer may be, in bytes.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html
const maxAnswer = 32 << 10

// functionError is how Lambda and its emulators describe the failure of a function.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e *functionError) String() string {
	switch {
	case e.Type == "":
		return brief(e.Message)
	case e.Message == "":
		return brief(e.Type)
	}
	return brief(e.Type + ": " + e.Message)
}

// timedOut is what Lambda and its emulators say of a function that exceeded its own limit.
const timedOut = "Task timed out after "

// judge finds failures of the function in an answer. Emulators do not mark them: an object with
// errorMessage is one, unless it is data.
func judge(r *reply, data bool) error {
	var e functionError
	err := json.Unmarshal(r.body, &e)
	described := err == nil && (e.Message != "" || e.Type != "")
	switch {
	case bytes.HasPrefix(r.body, []byte(timedOut)), r.failed && strings.Contains(e.Message, timedOut):
		text := e.Message
		if !described {
			text = string(r.body)
		}
		return &CallError{Late: true, Text: "the function took longer than its own limit: " + brief(text)}
	case r.failed && described:
		return failuref("the function failed: %s", e.String())
	case r.failed:
		return failuref("the function failed: %s", brief(string(r.body)))
	case err == nil && e.Message != "" && !data:
		return failuref("the function failed, as its answer has errorMessage (with `error-message: data` in parley.yaml it is an answer): %s", e.String())
	}
	return nil
}

// decode reads an answer: a flat object of texts, or any object where nested ones are allowed.
func decode(body []byte, nested bool) (map[string]any, error) {
	if len(body) > maxAnswer {
		return nil, failuref("the answer has %d bytes, and may have at most %d", len(body), maxAnswer)
	}
	if !utf8.Valid(body) {
		return nil, failuref("the answer is not UTF-8")
	}
	text := bytes.TrimSpace(body)
	if !nested && (len(text) == 0 || string(text) == "null") {
		return map[string]any{}, nil
	}
	var answer any
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, &CallError{Text: fmt.Sprintf("the answer is not JSON (%v)", err), answer: text}
	}
	object, ok := answer.(map[string]any)
	if !ok {
		return nil, failuref("the answer is %s, and must be an object", kindOf(answer))
	}
	if nested {
		return object, nil
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if _, is := object[name].(string); !is {
			return nil, failuref("%q of the answer is %s, and all values must be texts: put it into quotes, or let the action take JSON", brief(name), kindOf(object[name]))
		}
	}
	return object, nil
}

// kindOf is the kind of a JSON value in a sentence.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a truth value"
	case float64:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("a %T", value)
}
