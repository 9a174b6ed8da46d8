package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	maxSize = 1 << 20
	most    = 20 // problems of a file that are told
)

// decoder reads one file, and gathers everything that is wrong with it.
type decoder struct {
	file     string
	root     *yaml.Node // of the document that is read
	problems []Problem
}

// Read reads the scenarios of a file: one for each of its YAML documents. With problems they must not be
// run.
func Read(name string, data []byte) ([]Scenario, []Problem) {
	d := &decoder{file: name}
	if len(data) > maxSize {
		return nil, []Problem{{name, 1, "", fmt.Sprintf("has %d bytes, and may have at most %d", len(data), maxSize)}}
	}
	var all []Scenario
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			d.problems = append(d.problems, syntax(name, err))
			break
		}
		if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
			continue
		}
		d.root = doc.Content[0]
		all = append(all, value{d.root, d}.scenario())
	}
	if len(all) == 0 && len(d.problems) == 0 {
		d.problems = append(d.problems, Problem{name, 1, "", "holds no scenario"})
	}
	return all, d.problems
}

// syntax is what YAML says of a text that is none, with its line.
func syntax(name string, err error) Problem {
	p := Problem{File: name, Line: 1, Text: strings.TrimPrefix(err.Error(), "yaml: ")}
	var line int
	if n, _ := fmt.Sscanf(p.Text, "line %d:", &line); n == 1 {
		_, p.Text, _ = strings.Cut(p.Text, ": ")
		p.Line = max(line, 1)
	}
	p.Text = "is no YAML: " + p.Text
	return p
}

// scenario reads a document. Its name is all that it must have.
func (v value) scenario() Scenario {
	s := Scenario{File: v.in.file, Line: v.Line}
	v.object(fields{
		"scenario":   func(v value) { v.text(&s.Name) },
		"flow":       func(v value) { v.text(&s.Flow) },
		"customer":   func(v value) { v.text(&s.Customer) },
		"at":         func(v value) { v.moment(&s.At) },
		"seed":       func(v value) { v.seed(&s.Seed) },
		"attributes": func(v value) { v.pairs(&s.Attributes) },
		"segment":    func(v value) { v.segment(&s.Segment) },
		"staffing":   func(v value) { s.Staffing = v.staffing() },
		"answers":    func(v value) { v.list(func(v value) { s.Answers = append(s.Answers, v.answer()) }) },
		"steps": func(v value) {
			s.Steps = slices.Grow(s.Steps, len(v.Content))
			v.list(func(v value) { s.Steps = append(s.Steps, v.step()) })
		},
		"end": func(v value) { s.End = v.state() },
		"snapshot": func(v value) {
			s.SnapshotLine = v.Line
			if v.text(&s.Snapshot); s.Snapshot != "" && !filepath.IsLocal(s.Snapshot) {
				v.wrong("is %q, and must be a file beside this one or below", s.Snapshot)
			}
		},
	})
	if s.Name == "" && v.Kind == yaml.MappingNode && !v.has("scenario") {
		v.wrong("has no key scenario with its name")
	}
	return s
}

// moment reads a time. Items have milliseconds, so it has no more either.
func (v value) moment(to *time.Time) {
	t, err := time.Parse(time.RFC3339, v.Value)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		v.wrong("is %s, and must be a time such as 2026-01-05T10:00:00+01:00", v.kind())
		return
	}
	*to = t.Truncate(time.Millisecond)
}

func (v value) seed(to *uint64) {
	var n int
	v.whole(&n, 0)
	*to = uint64(n)
}

// segment reads segment attributes: a text for each name, or the object that the API takes.
func (v value) segment(to *map[string]any) {
	if v.Kind != yaml.MappingNode {
		v.wrong("is %s, and must be a mapping of names to texts", v.kind())
		return
	}
	*to = map[string]any{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		member := v.below(v.Content[i+1])
		if member.Kind == yaml.ScalarNode {
			var text string
			member.text(&text)
			(*to)[v.Content[i].Value] = map[string]any{"ValueString": text}
			continue
		}
		if member.Kind != yaml.MappingNode {
			member.wrong("is %s, and must be a text, or an object such as ValueString has", member.kind())
			continue
		}
		var content any
		if err := json.Unmarshal([]byte(member.json()), &content); err == nil {
			(*to)[v.Content[i].Value] = content
		}
	}
}

// json is a value as JSON.
func (v value) json() string {
	if v.aliased() {
		v.wrong("has an alias, which scenarios have none of")
		return "null"
	}
	var content any
	err := v.Decode(&content)
	if err == nil {
		var out []byte
		if out, err = json.Marshal(content); err == nil {
			return string(out)
		}
	}
	v.wrong("cannot be written as JSON: %v", err)
	return "null"
}

func (v value) aliased() bool {
	var in func(n *yaml.Node) bool
	in = func(n *yaml.Node) bool { return n.Kind == yaml.AliasNode || slices.ContainsFunc(n.Content, in) }
	return in(v.Node)
}

// staffing reads who works at the queue: one agent, when it is not said.
func (v value) staffing() *Staffing {
	s := &Staffing{Agents: 1}
	v.object(fields{
		"agents":  func(v value) { v.whole(&s.Agents, 0) },
		"waiting": func(v value) { v.whole(&s.Waiting, 0) },
		"oldest":  func(v value) { v.span(&s.Oldest) },
	})
	return s
}

func kinds() []string { return []string{Function, Bot, Application, Hours, Queue, Block} }

// members are what each kind of answer can have beside after and times.
func members(kind string) []string {
	return map[string][]string{
		Function: {"json", "error"}, Bot: {"hears", "says", "intent", "slots", "attributes", "error"},
		Application: {"hears", "says", "intent", "attributes", "error"}, Hours: {"open", "error"}, Queue: {"error"}, Block: {"result", "error"},
	}[kind]
}

// answer reads what stands for a function, a bot or another thing outside of the flow. The first key
// that names a kind decides which of the others may be there, so that a key of another kind is a
// mistake with its line, and not an answer that never comes.
func (v value) answer() Answer {
	a := Answer{Line: v.Line}
	all := fields{
		"json":       func(v value) { a.JSON = v.json() },
		"result":     func(v value) { a.Result = new(string); v.text(a.Result) },
		"hears":      func(v value) { v.text(&a.Hears) },
		"says":       func(v value) { v.texts(&a.Says) },
		"intent":     func(v value) { v.text(&a.Intent) },
		"slots":      func(v value) { v.pairs(&a.Slots) },
		"attributes": func(v value) { v.pairs(&a.Attributes) },
		"open":       func(v value) { a.Open = new(bool); v.truth(a.Open) },
		"error":      func(v value) { v.text(&a.Error) },
		"after":      func(v value) { v.span(&a.After) },
		"times":      func(v value) { v.whole(&a.Times, 1) },
	}
	allowed := []string{"after", "times"}
	for _, kind := range kinds() {
		if v.has(kind) && a.Kind == "" {
			a.Kind = kind
			allowed = append(allowed, members(kind)...)
			all[kind] = func(v value) { v.text(&a.Name) }
			allowed = append(allowed, kind)
		}
	}
	if a.Kind == "" {
		v.wrong("names nothing that answers: one of %s", strings.Join(kinds(), ", "))
		return a
	}
	for name := range all {
		if !slices.Contains(allowed, name) {
			delete(all, name)
		}
	}
	v.object(all)
	given := 0
	for _, name := range []string{"json", "result", "open", "intent", "error"} {
		if v.has(name) {
			given++
		}
	}
	switch {
	case given > 1:
		v.wrong("has more than one of json, result, open, intent and error")
	case given == 0 && len(a.Says) == 0:
		v.wrong("says nothing of the answer: one of %s", strings.Join(members(a.Kind), ", "))
	case a.Hears == "" && a.Intent == "" && len(a.Says) > 0:
		v.wrong("has says without hears or intent")
	}
	return a
}

// step reads one step: a mapping of one key, its kind, to what it does.
func (v value) step() Step {
	s := Step{Line: v.Line}
	if v.Kind != yaml.MappingNode || len(v.Content) != 2 {
		v.wrong("must be a mapping with one key, such as say or expect")
		return s
	}
	s.Kind = v.Content[0].Value
	switch does := v.below(v.Content[1]); s.Kind {
	case Say, Choose:
		does.text(&s.Text)
	case View:
		s.View = does.viewAnswer()
	case Wait:
		s.Expect = does.expect()
	case Acts:
		s.Agent = does.agent()
	case Attach:
		s.File = does.attachment()
	case Skip:
		if s.Next = does.Kind == yaml.ScalarNode && does.Value == "next"; !s.Next {
			does.span(&s.Time)
		}
	case SignIn:
		does.oneOf(&s.Text, "succeeds", "fails", "opts out")
	case Check:
		s.State = does.state()
	case Leave:
		does.yes(new(bool))
	default:
		does.wrongAt(v.Line, noKey, strings.Join([]string{Acts, Attach, Check, Choose, Wait, Leave, Say, SignIn, Skip, View}, ", "))
	}
	return s
}

// expect reads what is waited for. A text alone is the whole message.
func (v value) expect() *Expect {
	e := &Expect{Within: Patience}
	if v.Kind == yaml.ScalarNode {
		v.text(&e.Text)
		return e
	}
	v.object(fields{
		"text":     func(v value) { v.text(&e.Text) },
		"contains": func(v value) { v.text(&e.Contains) },
		"like":     func(v value) { v.text(&e.Like) },
		"matches": func(v value) {
			var text string
			if v.text(&text); text != "" {
				compiled, err := regexp.Compile(text)
				if err != nil {
					v.wrong("is no regular expression: %v", err)
				}
				e.Matches = compiled
			}
		},
		"view":       func(v value) { v.text(&e.View) },
		"attachment": func(v value) { v.text(&e.Attachment) },
		"from":       func(v value) { v.text(&e.From) },
		"within":     func(v value) { v.span(&e.Within) },
	})
	if *e == (Expect{Within: e.Within}) && len(v.in.problems) == 0 {
		v.wrong("says nothing of what is expected: one of text, contains, like, matches, view, attachment, from")
	}
	return e
}

// viewAnswer reads how the customer answers a view: an action, and what is filled into its fields.
func (v value) viewAnswer() *ViewAnswer {
	a := &ViewAnswer{}
	v.object(fields{
		"action": func(v value) { v.text(&a.Action) },
		"fields": func(v value) {
			if v.Kind != yaml.MappingNode {
				v.wrong("is %s, and must be a mapping of fields to what is filled in", v.kind())
				return
			}
			a.Fields = map[string][]string{}
			for i := 0; i+1 < len(v.Content); i += 2 {
				var texts []string
				v.below(v.Content[i+1]).texts(&texts)
				a.Fields[v.Content[i].Value] = texts
			}
		},
	})
	if a.Action == "" && v.Kind == yaml.MappingNode && !v.has("action") {
		v.wrong("has no action, such as Next")
	}
	return a
}

// agent reads what one agent does. A text alone is for what needs no more said.
func (v value) agent() *Agent {
	a := &Agent{}
	if v.Kind == yaml.ScalarNode {
		var does string
		v.oneOf(&does, "accepts", "leaves")
		a.Accepts, a.Leaves = does == "accepts", does == "leaves"
		return a
	}
	v.object(fields{
		"name":    func(v value) { v.text(&a.Name) },
		"accepts": func(v value) { v.yes(&a.Accepts) },
		"leaves":  func(v value) { v.yes(&a.Leaves) },
		"says":    func(v value) { v.text(&a.Says) },
		"sends": func(v value) {
			v.object(fields{"type": func(v value) { v.text(&a.Type) }, "json": func(v value) { a.Content = v.json() }})
			if a.Type == "" || a.Content == "" {
				v.wrong("needs a type and json")
			}
		},
		"transfers": func(v value) {
			v.object(fields{"queue": func(v value) { v.text(&a.ToQueue) }, "agent": func(v value) { v.text(&a.ToAgent) }})
			if v.Kind == yaml.MappingNode && len(v.Content) != 2 {
				v.wrong("needs a queue or an agent")
			}
		},
	})
	n := 0
	for _, name := range []string{"accepts", "leaves", "says", "sends", "transfers"} {
		if v.has(name) {
			n++
		}
	}
	if v.Kind == yaml.MappingNode && n != 1 {
		v.wrong("must have one of accepts, leaves, says, sends and transfers")
	}
	return a
}

// attachment reads a file that the customer sends. Its bytes are not in the scenario: the rules look at
// its name, its type and its size.
func (v value) attachment() *File {
	f := &File{Type: "application/pdf", Size: 1024}
	if v.Kind == yaml.ScalarNode {
		v.text(&f.Name)
		return f
	}
	v.object(fields{
		"name": func(v value) { v.text(&f.Name) },
		"type": func(v value) { v.text(&f.Type) },
		"size": func(v value) {
			n := 0
			v.whole(&n, 1)
			f.Size = int64(n)
		},
	})
	if v.Kind == yaml.MappingNode && !v.has("name") {
		v.wrong("has no name")
	}
	return f
}

// state reads where a chat is. A text alone says that, the object what else is true then.
func (v value) state() *State {
	s := &State{Line: v.Line}
	if v.Kind == yaml.ScalarNode {
		v.oneOf(&s.Chat, Ended, Queued, Agents, Flow)
		return s
	}
	v.object(fields{
		"chat":       func(v value) { v.oneOf(&s.Chat, Ended, Queued, Agents, Flow) },
		"queue":      func(v value) { v.text(&s.Queue) },
		"attributes": func(v value) { v.pairs(&s.Attributes) },
	})
	return s
}
