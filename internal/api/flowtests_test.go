package api_test

import (
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/emulator"
)

// Tests are run against the flows of the server, and nothing of them is seen in its chats.
func TestRowS9FlowTests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{emulator: emulator.Config{Library: flows(t)}})
	run := func(name, content string) answer {
		body := map[string]any{"content": content}
		if name != "" {
			body["name"] = name
		}
		return w.call(http.MethodPost, "/api/flow-tests", body)
	}
	for content, want := range map[string]string{
		"scenario: Gold waits\nattributes: {tier: gold}\nsteps:\n  - expect: {contains: gold customer}\nend: flow\n": "passed",
		"scenario: Gold goes\nattributes: {tier: gold}\nend: ended\n":                                                "failed",
		"scenario: Bad\nsteps: [{sey: hello}]\n":                                                                     "error",
		"scenario: Elsewhere\nflow: Nowhere\n":                                                                       "error",
	} {
		a := run("", content)
		tests := list(a.at("tests"))
		if a.Status != http.StatusOK || len(tests) != 1 {
			t.Errorf("%q: %d %s", content, a.Status, a.Body)
			continue
		}
		if got := tests[0].(map[string]any)["verdict"]; got != want {
			t.Errorf("%q: %v instead of %s: %s", content, got, want, a.Body)
		}
	}
	const testCase = `{"Version":"2019-10-30","Metadata":{"name":"Greeted"},"Observations":[{"Identifier":"o","Event":{"Identifier":"e","Type":"MessageReceived","Actor":"System",
		"Properties":{"Text":"customer with","MatchingCriteria":{"Type":"Inclusion"}}}}]}`
	if tests := list(run("greeted.json", testCase).at("tests")); len(tests) != 1 || tests[0].(map[string]any)["kind"] != "test case" {
		t.Errorf("a test case: %v", tests)
	}
	if n := len(list(w.get("/api/contacts").at("contacts"))); n != 0 {
		t.Errorf("%d chats of tests are seen", n)
	}
	w.refused(run("", ""), http.StatusBadRequest, "BadRequest", "content")
	w.refused(run("a.json", "hello"), http.StatusBadRequest, "BadRequest", "content")
}
