package scenario_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/scenario"
)

// whole has everything that scenarios have.
const whole = `scenario: Everything
flow: Menu
customer: Ada
at: 2026-01-05T10:00:00+01:00
seed: 7
attributes: {tier: gold, visits: 3, member: true, none: ""}
segment: {"connect:Subtype": "connect:Chat", other: {ValueInteger: 3}}
staffing: {agents: 0, waiting: 4, oldest: 1h30m}
answers:
  - {function: look-up, json: {state: [1, null]}, after: 2s, times: 1}
  - {function: look-up, error: NoMatchingError}
  - {bot: Desk, hears: "*", says: [One, Two], intent: Track, slots: {Number: 1}, attributes: {a: b}}
  - {bot: Desk, hears: hello, says: Hello!}
  - {application: Returns, hears: a person, intent: Escalate}
  - {hours: Basic Hours, open: false}
  - {queue: Sales, error: QueueAtCapacity}
  - {block: Look up, result: found}
steps:
  - say: hello
  - choose: orders
  - view: {action: Next, fields: {name: Ada, branch: [station]}}
  - expect: Good morning
  - expect: {contains: morning, like: Good morning!, matches: "^Good", from: SYSTEM, within: 5m}
  - expect: {view: form}
  - expect: {attachment: a.pdf}
  - agent: accepts
  - agent: {accepts: true, name: Bob}
  - agent: {says: Hi}
  - agent: {sends: {type: text/markdown, json: "**Hi**"}}
  - agent: {transfers: {queue: Sales}}
  - agent: leaves
  - attach: a.pdf
  - attach: {name: b.png, type: image/png, size: 10}
  - skip: 5m
  - skip: next
  - sign-in: opts out
  - check: queued
  - check: {chat: agent, queue: Sales, attributes: {tier: gold}}
  - leave: true
end: ended
snapshot: everything.txt
`

func TestRowS1Everything(t *testing.T) {
	t.Parallel()
	all, problems := scenario.Read("a.scenario.yaml", []byte(whole+"---\nscenario: Another\n"))
	if len(problems) > 0 || len(all) != 2 {
		t.Fatal(problems, len(all))
	}
	s := &all[0]
	if s.Name != "Everything" || s.Attributes["visits"] != "3" || s.Staffing.Oldest != 90*time.Minute || len(s.Answers) != 8 || len(s.Steps) != 21 ||
		s.Answers[0].JSON != `{"state":[1,null]}` || s.Steps[2].View.Fields["branch"][0] != "station" || s.Steps[2].Line != 21 || s.End.Chat != scenario.Ended || !s.Steps[16].Next {
		t.Errorf("%+v", s)
	}
	validate := validator(t)
	for _, doc := range documents(t, whole) {
		if err := validate(doc); err != nil {
			t.Errorf("the schema refuses what is read: %v", err)
		}
	}
}

// Each is refused by the parser, with its line and key, and by the schema.
func TestRowS2Refused(t *testing.T) {
	t.Parallel()
	validate := validator(t)
	for text, want := range map[string]string{
		"scenario: a\nflows: b\n":           "a.yaml:2: flows: is no key",
		"flow: b\n":                         "a.yaml:1: has no key scenario",
		"- a\n":                             "a.yaml:1: is a list, and must be a mapping",
		"scenario: a\nsteps:\n  - sey: b\n": "a.yaml:3: steps[0].sey: is no key",
		"scenario: a\nsteps:\n  - say: hi\n    expect: hi\n":          "a.yaml:3: steps[0]: must be a mapping with one key",
		"scenario: a\nsteps:\n  - say:\n":                             "a.yaml:3: steps[0].say: is empty, and must be a text",
		"scenario: a\nsteps:\n  - skip: 5\n":                          `a.yaml:3: steps[0].skip: is "5", and must be a time`,
		"scenario: a\nsteps:\n  - skip: -5m\n":                        "steps[0].skip",
		"scenario: a\nsteps:\n  - agent: sleeps\n":                    "must be accepts or leaves",
		"scenario: a\nsteps:\n  - agent: {name: Bob}\n":               "must have one of accepts",
		"scenario: a\nsteps:\n  - agent: {accepts: false}\n":          "must be true",
		"scenario: a\nsteps:\n  - agent: {transfers: {}}\n":           "needs a queue or an agent",
		"scenario: a\nsteps:\n  - expect: {within: 5m}\n":             "says nothing of what is expected",
		"scenario: a\nsteps:\n  - leave: false\n":                     "must be true",
		"scenario: a\nsteps:\n  - view: {fields: {a: b}}\n":           "has no action",
		"scenario: a\nanswers:\n  - {function: f}\n":                  "says nothing of the answer",
		"scenario: a\nanswers:\n  - {function: f, intent: i}\n":       "answers[0].intent: is no key",
		"scenario: a\nanswers:\n  - {function: f, json: 1, error: e}": "more than one",
		"scenario: a\nanswers:\n  - {json: 1}\n":                      "names nothing that answers",
		"scenario: a\nanswers:\n  - {bot: b, says: hi}\n":             "says without hears",
		"scenario: a\nend: over\n":                                    "must be ended or queued or agent or flow",
		"scenario: a\nseed: -1\n":                                     "must be a whole number from 0",
		"scenario: a\nattributes: {a: [b]}\n":                         "a.yaml:2: attributes.a: is a list",
	} {
		_, problems := scenario.Read("a.yaml", []byte(text))
		if len(problems) == 0 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%q: %v instead of %q", text, problems, want)
		}
		for _, doc := range documents(t, text) {
			if validate(doc) == nil {
				t.Errorf("the schema takes %q", text)
			}
		}
	}
}

// What a schema cannot say is refused all the same.
func TestRowS2RefusedByTheParserAlone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"scenario: a\nscenario: b\n":                                 "a.yaml:2: scenario: stands there twice",
		"scenario: a\nsnapshot: ../b.txt\n":                          "beside this one or below",
		"scenario: a\nat: yesterday\n":                               "must be a time such as 2026",
		"scenario: a\nsteps:\n  - expect: {matches: \"(\"}\n":        "is no regular expression",
		"scenario: &a a\nflow: *a\n":                                 "an alias",
		"scenario: a\nanswers:\n  - {function: f, json: [&a 1, *a]}": "an alias",
		"scenario: [\n":                                              "is no YAML",
		"":                                                           "holds no scenario",
	} {
		if _, problems := scenario.Read("a.yaml", []byte(text)); len(problems) == 0 || !strings.Contains(problems[0].String(), want) {
			t.Errorf("%q: %v instead of %q", text, problems, want)
		}
	}
}

func TestRowS1ToldApart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"a.scenario.yaml": true, "a.scenario.yml": true, "bot.yaml": false, "tests/a.json": false} {
		if got := scenario.Is(name, []byte("bot: a\n")); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if !scenario.Is("a.yaml", []byte("# one\nscenario: a\n")) {
		t.Error("not told by its content")
	}
}

// validator checks one document against the schema.
func validator(tb testing.TB) func(any) error {
	tb.Helper()
	shape, err := jsonschema.UnmarshalJSON(bytes.NewReader(scenario.Schema()))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", shape); err != nil {
		tb.Fatal(err)
	}
	compiled, err := c.Compile("scenario.json")
	if err != nil {
		tb.Fatal(err)
	}
	return compiled.Validate
}

// documents are those of a text, as an editor that knows the schema sees them.
func documents(tb testing.TB, text string) []any {
	tb.Helper()
	var all []any
	for d := yaml.NewDecoder(strings.NewReader(text)); ; {
		var doc yaml.Node
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			tb.Fatal(err)
		}
		if len(doc.Content) > 0 && doc.Content[0].Tag != "!!null" {
			all = append(all, plain(doc.Content[0]))
		}
	}
}

func plain(n *yaml.Node) any {
	switch n.Kind { //nolint:exhaustive // all others are scalars
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, e := range n.Content {
			list = append(list, plain(e))
		}
		return list
	}
	switch n.Tag {
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
		}
	case "!!bool":
		return n.Value == "true"
	case "!!null":
		return nil
	}
	return n.Value
}

// FuzzRead reads anything: what is read without a problem meets the schema.
func FuzzRead(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("scenario: a\nsteps: [{say: b}]\n---\nscenario: c\n"))
	if names, err := os.ReadDir("../../examples/flows/tests"); err == nil {
		for _, name := range names {
			if data, err := os.ReadFile("../../examples/flows/tests/" + name.Name()); err == nil && strings.HasSuffix(name.Name(), ".yaml") {
				f.Add(data)
			}
		}
	}
	validate := validator(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		all, problems := scenario.Read("a.scenario.yaml", data)
		for _, p := range problems {
			if p.Line < 1 || p.Text == "" {
				t.Errorf("%+v", p)
			}
		}
		if len(problems) > 0 {
			return
		}
		docs := documents(t, string(data))
		if len(docs) != len(all) {
			t.Fatalf("%d scenarios of %d documents", len(all), len(docs))
		}
		for _, doc := range docs {
			if err := validate(doc); err != nil {
				t.Error(err)
			}
		}
	})
}
