package lambdacall_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/lambdacall"
)

// large is an object of so many bytes.
func large(bytes int) string { return `{"a":"` + strings.Repeat("x", bytes-len(`{"a":""}`)) + `"}` }

// What a function may answer, and what takes the error branch, by the action's ResponseType.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body, texts, nested string // an answer, or with ! a part of the sentence
	}{
		"texts":        {`{"a":"1","b":""}`, `{"a":"1","b":""}`, `{"a":"1","b":""}`},
		"number":       {`{"a":"1","b":2}`, `!"b" of the answer is a number, and all values must be texts: put it into quotes`, `{"a":"1","b":2}`},
		"truth":        {`{"b":true}`, `!"b" of the answer is a truth value`, `{"b":true}`},
		"null inside":  {`{"b":null}`, `!"b" of the answer is null`, `{"b":null}`},
		"nested":       {`{"a":{"b":["c"]}}`, `!"a" of the answer is an object`, `{"a":{"b":["c"]}}`},
		"list inside":  {`{"a":[1]}`, `!"a" of the answer is a list`, `{"a":[1]}`},
		"list":         {`[{"a":"1"}]`, `!the answer is a list, and must be an object`, `!the answer is a list`},
		"text":         {`"a"`, `!the answer is a text`, `!the answer is a text`},
		"null":         {`null`, `{}`, `!the answer is null`},
		"nothing":      {``, `{}`, `!the answer is not JSON`},
		"no JSON":      {`<html>`, `!the answer is not JSON`, `!the answer is not JSON`},
		"two":          {`{} {}`, `!the answer is not JSON`, `!the answer is not JSON`},
		"no UTF-8":     {"{\"a\":\"\xff\"}", `!the answer is not UTF-8`, `!the answer is not UTF-8`},
		"32 KB":        {large(32 << 10), large(32 << 10), large(32 << 10)},
		"33 KB":        {large(33 << 10), `!the answer has 33792 bytes, and may have at most 32768`, `!the answer has 33792 bytes`},
		"errorMessage": {`{"errorMessage":"no","errorType":"E"}`, `!the function failed, as its answer has errorMessage (with`, `!E: no`},
		"timed out":    {`Task timed out after 3.00 seconds`, `!the function took longer than its own limit`, `!the function took longer`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.body) })
			c, log := calls(t, map[string]lambdacall.Function{"f": {URL: url}})
			for kind, want := range map[string]string{"": test.texts, "STRING_MAP": test.texts, "JSON": test.nested} {
				e := c.Answer(t.Context(), call("f", map[string]any{"ResponseValidation": map[string]any{"ResponseType": kind}}))
				if part, bad := strings.CutPrefix(want, "!"); bad {
					errorType := ""
					if name == "timed out" {
						errorType = "TimeLimitExceeded"
					}
					failed(t, e, errorType, part)
					if !strings.Contains(log.String(), "function failed") {
						t.Errorf("the log does not say that it failed: %s", log)
					}
				} else if got := external(t, e); got != want {
					t.Errorf("%q: got %s", kind, got)
				}
			}
		})
	}
}

// An object with errorMessage is an answer where the configuration says so.
func TestErrorMessageAsData(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"errorMessage":""}`) })
	c, _ := calls(t, map[string]lambdacall.Function{"f": {URL: url}, "g": {URL: url, ErrorMessage: "data"}})
	for _, name := range []string{"f", "g"} { // an empty one says nothing anyway
		if got := external(t, c.Answer(t.Context(), call(name))); got != `{"errorMessage":""}` {
			t.Error(got)
		}
	}
	url = serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"errorMessage":"x"}`) })
	c, _ = calls(t, map[string]lambdacall.Function{"g": {URL: url, ErrorMessage: "data"}})
	if got := external(t, c.Answer(t.Context(), call("g"))); got != `{"errorMessage":"x"}` {
		t.Error(got)
	}
}

// The limit of the action, and the one that stands for what is none.
func TestLimits(t *testing.T) {
	t.Parallel()
	c, _ := calls(t, map[string]lambdacall.Function{"f": {Answer: json.RawMessage(`{}`)}})
	for limit, want := range map[any]string{
		nil: "", "": "", "3": "", "8": "", "30": "30 is not from 1 to 8 seconds; 8 are taken", "0": "0 is not from 1 to 8 seconds; 1 are taken",
		"undefined": `"undefined" is no number of seconds; 3 are taken`, "NaN": "3 are taken", 9.0: "8 are taken",
	} {
		e := c.Answer(t.Context(), call("f", map[string]any{"InvocationTimeLimitSeconds": limit}))
		if e.Kind != flow.Answered || want == "" && e.Note != "" || !strings.Contains(e.Note, want) {
			t.Errorf("%v: note %q, want %q", limit, e.Note, want)
		}
	}
	e := c.Answer(t.Context(), call("f", map[string]any{"ResponseValidation": map[string]any{"ResponseType": "XML"}}))
	if !strings.Contains(e.Note, `there is no ResponseType "XML"`) {
		t.Error(e.Note)
	}
}

// FuzzAnswer: whatever a function answers, a flow of texts gets texts and a state that can be stored.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{`{"a":"1"}`, `{"a":{"b":[1,null,true]}}`, `null`, ``, `[`, `{"errorMessage":"x"}`, "\xff", `{"a":1e999}`, large(33 << 10), "Task timed out after 3"} {
		f.Add([]byte(body), true, 200)
		f.Add([]byte(body), false, 502)
	}
	f.Fuzz(func(t *testing.T, body []byte, nested bool, status int) {
		c, err := lambdacall.New(lambdacall.Config{Functions: map[string]lambdacall.Function{"f": {Answer: body}}})
		if err != nil || body == nil {
			return
		}
		kind := "STRING_MAP"
		if nested {
			kind = "JSON"
		}
		e := c.Answer(t.Context(), call("f", map[string]any{"ResponseValidation": map[string]any{"ResponseType": kind}, "InvocationTimeLimitSeconds": fmt.Sprint(status)}))
		if e.Kind == flow.Failed {
			if e.Note == "" || len(e.Note) > 2000 {
				t.Errorf("note %q", e.Note)
			}
			return
		}
		object, ok := e.Results["External"].(map[string]any)
		if !ok {
			t.Fatalf("results %v", e.Results)
		}
		if _, err := json.Marshal(e.Results); err != nil {
			t.Fatal(err)
		}
		for name, value := range object {
			if _, text := value.(string); !text && !nested {
				t.Errorf("%q is %v", name, value)
			}
		}
	})
}

// An answer that cannot be read is quoted to the flow, whose trace masks it, and not in the log: it may hold
// what the customer's attributes say.
func TestAnswerIsNotLogged(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `Ann Zanzibar`) })
	c, log := calls(t, map[string]lambdacall.Function{"f": {URL: url}})
	e := c.Answer(t.Context(), call("f"))
	failed(t, e, "", "the answer is not JSON (invalid character 'A' looking for beginning of value): Ann Zanzibar")
	if !strings.Contains(log.String(), "the answer is not JSON") || strings.Contains(log.String(), "Zanzibar") {
		t.Error(log)
	}
}
