package settings_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/settings"
)

// schemaOf is the compiled schema of parley.yaml, for texts of it.
func schemaOf(t *testing.T) func(text string) error {
	t.Helper()
	shape, err := jsonschema.UnmarshalJSON(bytes.NewReader(settings.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("parley.json", shape); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("parley.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(document)
	}
}

// Every setting takes the same values by its type and by the schema, whatever the values are.
func TestRowB1SchemaOfEverySetting(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	values := []string{
		"true", "false", "T", "maybe", "auto", "0", "1", "7", "-1", "1.5", "0.001", "20000", "+3", "", "x", "X y",
		"5s", "1h30m", ".5m", "-2s", "5", "0s", "1x", "30d", "0d", "12h", "forever", "off", "30/5m", "0/5m", "3/5", "3/",
		"drop", "reject", "prefix:a-b", "prefix:", "embedded", "aws", "replay:x", "replay:", "debug", "json",
		"none", "oidc", "signed", "ignore", "http://localhost:1", "[a]", "3/0s", "0.5", "10000",
	}
	for _, f := range settings.Fields() {
		if !f.InFile {
			if schema(f.Name+": a") == nil {
				t.Errorf("%s is no key, and the schema has it", f.Name)
			}
			continue
		}
		for _, value := range append(values, f.OneOf...) {
			quoted := fmt.Sprintf("%s: %q", f.Name, value)
			texts := []string{quoted}
			if value != "" && value[0] != '[' && !strings.HasSuffix(value, ":") { // in YAML a list, a mapping
				texts = append(texts, f.Name+": "+value)
			}
			for _, text := range texts {
				parsed, judged := f.Parse(value), schema(text)
				if (parsed == nil) != (judged == nil) {
					t.Errorf("%s\nthe type: %v\nthe schema: %v", text, parsed, judged)
				}
			}
		}
		if err := schema(f.Name + ":"); err != nil {
			t.Errorf("%s without a value: %v", f.Name, err)
		}
		if got := schema(f.Name + ": [a, b]"); (got == nil) != f.List {
			t.Errorf("%s, a list: %v, and the setting takes one: %v", f.Name, got, f.List)
		}
	}
}

// Tables are read and refused by the loader and by the schema alike.
func TestRowB1SchemaOfTables(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	both := func(text string, good bool) {
		t.Helper()
		_, err := load(t, input{files: map[string]string{"parley.yaml": text}})
		if (err == nil) != good {
			t.Errorf("%s\nthe loader: %v", text, err)
		}
		if err := schema(text); (err == nil) != good {
			t.Errorf("%s\nthe schema: %v", text, err)
		}
	}
	for _, text := range []string{
		"", "# nothing\n", "names:\n",
		`names: {"arn:aws:connect:*": Sales, "5": 6}`, "transfers: {'*': Pass on}",
		"functions: {a: aws, b: http://localhost:1/x, c: ./run, d: {answer: [1, {a: b}]}}",
		"functions: {a: {answers: [{parameters: {a: 1}, answer: 2}, {answer: null}]}}",
		"functions: {a: {program: [go, run, .], folder: x, environment: {A: b, C: 1}}, b: {program: x}}",
		"functions: {a: {invoke: 'http://h:1', name: n, qualifier: 3, error-message: data}, b: {aws: true, qualifier: live}}",
		"functions: {a: {emulator: 'HTTPS://h/', error-message: error}}",
		"bots: {'*': {path: bot.zip, strict: true, pinned: {a: {intent: b}}, answers: {A: http://h, B: [{say: c}]}}, b: {url: http://h, locale: en_US}}",
		"bots: {a: {aws: true}, b: aws, c: {path: x, strict: 'false', function: f}}",
		"agentic-cx: {a: http://h, b: {answers: [{say: hi}], greeting: Hi, idle: 5m}}",
		"queues: {Sales: Office, Returns: {capacity: 3, hours: Office}, Third: {capacity: '4'}}\nhours: {Office: Mon-Fri 9:00-17:30}",
		"hours: {a: {open: [Mon 9:00-12:00, Tue 9:00-10:00], zone: Europe/Berlin, overrides: 2026-12-25 closed}}",
	} {
		both(text, true)
	}
	for _, text := range []string{
		"a", "[a]", "adr: 1", "names: a", "names: {a: [b]}", "names: {a: }", "names: {a: {b: c}}", "transfers: {a: ' '}", "names: {' ': a}",
		"functions: {a: {}}", "functions: {a: }", "functions: {a: [b]}", "functions: {a: {url: http://h, program: x}}", "functions: {a: {folder: x}}",
		"functions: {a: {url: ftp://h}}", "functions: {a: {url: http://u@h}}", "functions: {a: {url: 'http://h?x'}}", "functions: {a: {url: http://h, folder: x}}",
		"functions: {a: {answers: []}}", "functions: {a: {answers: [{parameters: {}}]}}", "functions: {a: {answers: [{answer: 1, parameters: {a: [b]}}]}}",
		"functions: {a: {answers: [{answer: 1, other: 1}]}}", "functions: {a: {program: []}}", "functions: {a: {program: [[a]]}}",
		"functions: {a: {program: x, environment: [a]}}", "functions: {a: {program: x, environment: {a=b: c}}}", "functions: {a: {url: http://h, error-message: no}}",
		"functions: {a: {url: http://h, whatever: 1}}",
		"bots: {a: {path: x, strict: maybe}}", "bots: {a: {url: http://h, pinned: {}}}", "bots: {a: {path: x, answers: {A: b}}}", "bots: {a: {locale: en_US}}",
		"agentic-cx: {a: {url: http://h, greeting: a}}", "agentic-cx: {a: {idle: 5m}}",
		"queues: {a: {capacity: 0}}", "queues: {a: {capacity: 1.5}}", "queues: {a: {capacity: many}}", "hours: {a: {zone: UTC}}", "hours: {a: {open: {}}}",
	} {
		both(text, false)
	}
}
