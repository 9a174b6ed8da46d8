package partner_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/partner"
)

// The parser and the schema take the same scripts, and refuse the same.
func TestRowB1SchemaOfScripts(t *testing.T) {
	t.Parallel()
	shape, err := jsonschema.UnmarshalJSON(bytes.NewReader(partner.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("agent.json", shape); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("agent.json")
	if err != nil {
		t.Fatal(err)
	}
	both := func(text string, good bool) {
		t.Helper()
		if _, err := partner.Parse("a.yaml", []byte(text)); (err == nil) != good {
			t.Errorf("%s\nthe parser: %v", text, err)
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); (err == nil) != good {
			t.Errorf("%s\nthe schema: %v", text, err)
		}
	}
	for _, text := range []string{
		"name: Ann", "name: 5", "{name: Ann, count: 2, capacity: '0', queues: [Default, Sales], typing: 400ms}", "{name: A, queues: Sales, typing: false}",
		"{name: A, greeting: Hello}", "{name: A, greeting: [Hello, {reply: [a, 1], delay: 2s}]}", "{name: A, greeting: {reply: hi, typing: true}}", "{name: A, greeting: []}",
		"name: A\nrules:\n- {match: [hi, hello], reply: [a, b]}\n- {contains: refund, delay: 2s, transfer: Billing}\n- {regexp: 'a(b)', reply: c}\n" +
			"- {event: attachment, reply: d}\n- {reply: e}",
		"{name: A, rules: []}", "{name: A, rules: [{stream: true, reply: a, contentType: text/markdown}]}", "{name: A, rules: [{stream: {words: 3, pace: 1s}, reply: a}]}",
		"{name: A, rules: [{attachment: {name: a.txt, content: b}}]}", "{name: A, rules: [{attachment: {name: a, base64: YWI=, contentType: text/plain}}]}",
		"{name: A, rules: [{do: [a, {reply: b, end: true}], signedIn: Ada, invite: Bob}]}", "{name: A, rules: [{invite: {agent: Bob, after: 3s}}]}",
		"{name: A, rules: [{transfer: Sales, end: false}]}", "{name: A, rules: [{delay: 0, reply: b}]}",
	} {
		both(text, true)
	}
	for _, text := range []string{
		"a", "[]", "{}", "count: 2", "name: ''", "name: [a]", "name: ", "{name: A, count: 0}", "{name: A, count: 10001}", "{name: A, count: many}", "{name: A, colour: red}",
		"{name: A, queues: []}", "{name: A, queues: ['']}", "{name: A, typing: soon}", "{name: A, typing: -1s}", "{name: A, typing: 5}", "{name: A, greeting: }",
		"{name: A, greeting: [[a]]}", "{name: A, greeting: {match: a}}", "{name: A, greeting: ''}", "{name: A, rules: {}}", "{name: A, rules: [a]}",
		"{name: A, rules: [{match: a, contains: b}]}", "{name: A, rules: [{regexp: a, event: attachment}]}", "{name: A, rules: [{event: typing}]}", "{name: A, rules: [{match: []}]}",
		"{name: A, rules: [{reply: ''}]}", "{name: A, rules: [{reply: {a: b}}]}", "{name: A, rules: [{contentType: text/html}]}", "{name: A, rules: [{stream: {word: 1}}]}",
		"{name: A, rules: [{stream: {words: 0}}]}", "{name: A, rules: [{stream: fast}]}", "{name: A, rules: [{interactive: nothing}]}", "{name: A, rules: [{interactive: [a]}]}",
		"{name: A, rules: [{attachment: a}]}", "{name: A, rules: [{attachment: {name: a}}]}", "{name: A, rules: [{attachment: {content: a}}]}",
		"{name: A, rules: [{attachment: {name: a, content: a, base64: YQ==}}]}", "{name: A, rules: [{attachment: {name: a, base64: '?'}}]}",
		"{name: A, rules: [{do: a}]}", "{name: A, rules: [{do: [{match: a}]}]}", "{name: A, rules: [{invite: {after: 1s}}]}", "{name: A, rules: [{transfer: a, end: true}]}",
		"{name: A, rules: [{transfer: ''}]}", "{name: A, rules: [{end: perhaps}]}",
	} {
		both(text, false)
	}
	gallery, err := partner.Gallery(time.Time{}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range gallery {
		both("{name: A, rules: [{interactive: "+sample.Name+"}]}", true)
		both("{name: A, rules: [{interactive: "+sample.TemplateType+"}]}", true)
		both("{name: A, rules: [{interactive: "+string(sample.Example)+"}]}", true)
	}
}
