package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/settings"
)

// An entry of functions is a plain value or a mapping; either way it is a checked JSON object for
// whoever uses it, and one line without secrets for whoever looks at it.
func TestFunctionEntries(t *testing.T) {
	t.Parallel()
	s := mustLoad(t, input{files: map[string]string{"parley.yaml": `
functions:
  plain: http://127.0.0.1:9000/f
  local: ./bin/f
  real: aws
  "order-*":
    answer: {tier: gold, "n": 1, big: 12345678901234567890, day: 2026-11-29, yes: true, none: null, list: [1, "<"]}
  chosen:
    answers:
      - parameters: {tier: gold, level: 1}
        answer: {price: "10"}
      - answer: {price: "20"}
  started:
    program: [node, handler.js]
    environment: {TOKEN: s3cret, N: 1}
`}})
	for i, want := range []struct{ key, value, members, origin string }{
		{"plain", "http://127.0.0.1:9000/f", `{"url":"http://127.0.0.1:9000/f"}`, "parley.yaml:3"},
		{"local", "./bin/f", `{"program":["./bin/f"]}`, "parley.yaml:4"},
		{"real", "aws", `{"aws":"aws"}`, "parley.yaml:5"},
		{
			"order-*", `{"answer":{"tier":"gold","n":1,"big":12345678901234567890,"day":"2026-11-29","yes":true,"none":null,"list":[1,"<"]}}`,
			`{"answer":{"tier":"gold","n":1,"big":12345678901234567890,"day":"2026-11-29","yes":true,"none":null,"list":[1,"<"]}}`, "parley.yaml:6",
		},
		{
			"chosen", `{"answers":[{"parameters":{"tier":"gold","level":"1"},"answer":{"price":"10"}},{"answer":{"price":"20"}}]}`,
			`{"answers":[{"parameters":{"tier":"gold","level":"1"},"answer":{"price":"10"}},{"answer":{"price":"20"}}]}`, "parley.yaml:8",
		},
		{
			"started", `{"program":["node","handler.js"],"environment":{"TOKEN":"***","N":"***"}}`,
			`{"program":["node","handler.js"],"environment":{"TOKEN":"s3cret","N":"1"}}`, "parley.yaml:13",
		},
	} {
		e := s.Functions[i]
		if got := []string{e.Key, e.Value, string(e.Members), e.Origin.String()}; !slices.Equal(got, []string{want.key, want.value, want.members, want.origin}) {
			t.Errorf("entry %d is\n\t%s\nnot\n\t%s", i, strings.Join(got, "\n\t"), strings.Join([]string{want.key, want.value, want.members, want.origin}, "\n\t"))
		}
	}
	if all := s.Tables(); all[0].Key != "functions.plain" || len(all) != 6 {
		t.Errorf("shown are %v", all)
	}
	var decoded struct{ Program []string }
	if err := s.Functions[5].Decode(&decoded); err != nil || !slices.Equal(decoded.Program, []string{"node", "handler.js"}) {
		t.Errorf("decoded %v, %v", decoded, err)
	}
	if err := (&settings.Entry{Key: "x", Members: []byte("[]")}).Decode(&decoded); err == nil {
		t.Error("a list was decoded")
	}
}

func TestFunctionFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, want string }{
		"list":        {"functions: [a]", "parley.yaml:1: functions must hold entries, one `FUNCTION: WHERE` a line"},
		"empty":       {"functions:\n  f:\n", "parley.yaml:2: functions.f: takes one value, or members such as answer"},
		"nothing":     {"functions:\n  f: {}\n", "parley.yaml:2: functions.f: takes one value, or members such as answer"},
		"twice":       {"functions:\n  f: a\n  f: b\n", "parley.yaml:3: functions.f stands in line 2 already"},
		"no member":   {"functions:\n  f:\n    link: x\n", `parley.yaml:3: functions.f: has no member "link"; it can have answer, answers, url`},
		"misspelt":    {"functions:\n  f:\n    ansver: x\n", `did you mean answer?`},
		"no URL":      {"functions:\n  f:\n    url: localhost:3000\n", `parley.yaml:3: functions.f.url: "localhost:3000" is not an address`},
		"password":    {"functions:\n  f: http://me:s3cret@localhost/\n", `parley.yaml:2: functions.f: "http://***@localhost/" must not hold a user name or password`},
		"two ways":    {"functions:\n  f:\n    url: http://localhost/\n    answer: {}\n", "parley.yaml:2: functions.f: says 2 times where it is answered, and must once"},
		"no way":      {"functions:\n  f:\n    name: x\n", "parley.yaml:2: functions.f: says 0 times where it is answered"},
		"stray":       {"functions:\n  f:\n    answer: {}\n    folder: x\n", "parley.yaml:2: functions.f: has folder, which means nothing beside answer"},
		"member 2x":   {"functions:\n  f:\n    answer: {}\n    answer: {}\n", "parley.yaml:4: functions.f.answer: stands there twice"},
		"answer 2x":   {"functions:\n  f:\n    answer:\n      a: 1\n      a: 2\n", `functions.f.answer: line 5: "a" is no name of a member, or stands there twice`},
		"no number":   {"functions:\n  f:\n    answer: {a: .inf}\n", `functions.f.answer: line 3: ".inf" is nothing that JSON can say`},
		"choice":      {"functions:\n  f:\n    answers: {a: b}\n", "functions.f.answers: takes a list of answers"},
		"case":        {"functions:\n  f:\n    answers:\n      - parameters: {a: b}\n", "functions.f.answers: line 4: an answer is missing"},
		"case member": {"functions:\n  f:\n    answers:\n      - answer: 1\n        when: x\n", "functions.f.answers: line 5: takes a list of answers"},
		"program":     {"functions:\n  f:\n    program: [[a]]\n", "functions.f.program: takes one value or a list of values"},
		"environment": {"functions:\n  f:\n    program: a\n    environment: [s3cret]\n", "functions.f.environment: takes entries, one `NAME: value` a line"},
		"variable":    {"functions:\n  f:\n    program: a\n    environment: {a=b: c}\n", `has a name that no variable can have: "a=b"`},
		"message":     {"functions:\n  f:\n    url: http://localhost/\n    error-message: no\n", `functions.f.error-message: "no" is not one of error, data`},
		"service":     {"bots:\n  b:\n    path: x\n    answers: {A: 'http://me:s3cret@h/'}\n", `bots.b.answers: line 4: A "http://***@h/": must not hold a user name or password`},
		"services":    {"bots:\n  b:\n    path: x\n    answers: [a]\n", "bots.b.answers: takes entries, each an address or a list of answers"},
		"application": {"agentic-cx:\n  a: x\n", `parley.yaml:2: agentic-cx.a: "x" is not an address`},
		"greeting":    {"agentic-cx:\n  a:\n    url: http://h/\n    greeting: hi\n", "agentic-cx.a: has greeting, which means nothing beside url"},
		"a bomb": {
			"functions:\n  f:\n    answer: {a: &a [x,x,x,x,x,x,x,x,x], b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a], c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b], d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c], e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d], f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e], g: [*f,*f,*f,*f,*f,*f,*f,*f,*f]}\n",
			"functions.f.answer: is too large or too deep",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, input{files: map[string]string{"parley.yaml": test.file}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Load error %v, want one with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the fault holds a secret: %v", err)
			}
		})
	}
}
