package partner

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/transcript"
)

// ParseError is a mistake in a script.
type ParseError struct {
	// File is the name that the script was given, Line counts from 1.
	File string
	Line int
	Text string
}

// Error implements error.
func (e *ParseError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// Bounds of a script.
const (
	longestScript = 256 << 10
	mostMistakes  = 20 // that are told
	longestWait   = time.Hour
)

// Parse reads a script for agents. name stands in errors, each of which is a [ParseError];
// several are joined. Everything but the name has a default:
//
//	name: Ann
//	count: 2                    # "Ann" and "Ann 2"
//	capacity: 5                 # chats at once
//	queues: [Default]
//	typing: 400ms               # before each reply
//	greeting: Hello {customer}! # one action, a list of them, or only what is replied;
//	                            # {attribute.KEY} is a contact attribute, {message} what was said
//	rules:                      # the first that matches answers
//	  - match: [hi, hello]      # the whole message, whatever its case
//	    reply: [Hello., "How can I help?"]
//	  - contains: refund
//	    delay: 2s
//	    transfer: Billing       # a queue or an agent of that name, or else a new queue
//	  - regexp: 'order (?P<number>\d+)'
//	    reply: Order {number} is on its way.
//	    interactive: quick      # of the gallery, or a whole template
//	  - match: poem
//	    reply: Roses are red, and so on.
//	    stream: {words: 3, pace: 80ms} # or true: in pieces, where the chat takes them
//	  - contains: expert
//	    invite: Bob             # asks the agent of that name to join; or {agent: Bob, after: 2s}
//	  - event: attachment
//	    attachment: {name: receipt.txt, content: Thank you.}
//	  - regexp: "I am (.+)"
//	    signedIn: "{1}"         # the customer's name from now on
//	  - match: bye
//	    do: [{reply: Goodbye!}, {delay: 1s}, {end: true}]
//	  - reply: Pardon?          # whatever else is said
func Parse(name string, text []byte) (*Script, error) {
	r := &reader{file: name}
	if len(text) > longestScript {
		return nil, &ParseError{name, 1, fmt.Sprintf("the script has %d bytes, and may have %d", len(text), longestScript)}
	}
	var root yaml.Node
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF), err == nil && len(root.Content) == 0:
		return nil, &ParseError{name, 1, "the script is empty"}
	case err != nil:
		return nil, syntaxError(name, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &ParseError{name, 1, "the script has more than one document"}
	}
	r.plain(&root)
	if len(r.mistakes) > 0 { // what refers to itself is not looked at further
		return nil, errors.Join(r.mistakes...)
	}
	script := r.script(root.Content[0])
	if len(r.mistakes) > 0 {
		return nil, errors.Join(r.mistakes...)
	}
	return script, nil
}

// syntaxError takes the line out of an error of the YAML decoder.
func syntaxError(name string, err error) error {
	text := strings.TrimPrefix(strings.SplitN(err.Error(), "\n", 2)[0], "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, text = n, after
			}
		}
	}
	return &ParseError{name, line, "it is not YAML: " + text}
}

// reader reads a script and collects the mistakes in it.
type reader struct {
	file     string
	typing   time.Duration
	pace     *desk.Pace // nil says replies as a whole
	mistakes []error
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	if len(r.mistakes) < mostMistakes {
		r.mistakes = append(r.mistakes, &ParseError{r.file, max(1, n.Line), fmt.Sprintf(format, args...)})
	}
}

func (r *reader) script(n *yaml.Node) *Script {
	s := &Script{Count: 1}
	r.typing = DefaultPause
	var greeting, rules *yaml.Node
	r.members(n, "a script", map[string]func(*yaml.Node){
		"name":     func(v *yaml.Node) { s.Name = r.name(v, "agent") },
		"count":    func(v *yaml.Node) { s.Count = r.number(v, 1, desk.MaxAgents) },
		"capacity": func(v *yaml.Node) { s.Capacity = r.number(v, 0, 1<<20) },
		"queues": func(v *yaml.Node) {
			r.each(v, func(v *yaml.Node) { s.Queues = append(s.Queues, r.name(v, "queue")) })
		},
		"typing":   func(v *yaml.Node) { r.typing = r.pause(v) },
		"greeting": func(v *yaml.Node) { greeting = v }, // after typing, wherever that stands
		"rules":    func(v *yaml.Node) { rules = v },
	})
	if n.Kind == yaml.MappingNode && s.Name == "" {
		r.fail(n, "the script has no name")
	}
	if greeting != nil {
		s.greeting = r.actions(greeting)
	}
	if rules != nil {
		if rules.Kind != yaml.SequenceNode {
			r.fail(rules, "rules is not a list")
			return s
		}
		for i, v := range rules.Content {
			rule := r.rule(v)
			if rule.matches == nil && rule.event == "" && i < len(rules.Content)-1 {
				r.fail(v, "the rules after this one never answer: it matches whatever is said")
			}
			s.rules = append(s.rules, rule)
		}
	}
	return s
}

// rule reads when an answer is given, and the answer.
func (r *reader) rule(n *yaml.Node) rule {
	var result rule
	conditions := 0
	say := func(f func(*yaml.Node)) func(*yaml.Node) {
		return func(v *yaml.Node) { conditions++; f(v) }
	}
	texts := func(matches func(said, text string) bool) func(*yaml.Node) {
		return say(func(v *yaml.Node) {
			texts := r.texts(v)
			result.matches = func(said string) map[string]string {
				if slices.ContainsFunc(texts, func(text string) bool { return matches(said, text) }) {
					return map[string]string{}
				}
				return nil
			}
		})
	}
	known := map[string]func(*yaml.Node){
		"match": texts(func(said, text string) bool {
			return strings.EqualFold(strings.TrimSpace(text), strings.TrimSpace(said))
		}),
		"contains": texts(func(said, text string) bool { return strings.Contains(strings.ToLower(said), strings.ToLower(text)) }),
		"regexp":   say(func(v *yaml.Node) { result.matches = r.expression(v) }),
		"event": say(func(v *yaml.Node) {
			if result.event = r.text(v); result.event != attachmentEvent {
				r.fail(v, "event is %q, not %q", attachmentEvent, result.event)
			}
		}),
	}
	result.actions = r.action(n, known)
	if conditions > 1 {
		r.fail(n, "a rule has one of match, contains, regexp and event")
	}
	return result
}

// expression reads a regular expression; its groups are known to replies by number and name.
func (r *reader) expression(n *yaml.Node) func(string) map[string]string {
	expression, err := regexp.Compile(r.text(n))
	if err != nil {
		r.fail(n, "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		return func(string) map[string]string { return nil }
	}
	names := expression.SubexpNames()
	return func(said string) map[string]string {
		found := expression.FindStringSubmatch(said)
		if found == nil {
			return nil
		}
		groups := map[string]string{}
		for i, text := range found {
			groups[strconv.Itoa(i)] = text
			if names[i] != "" {
				groups[names[i]] = text
			}
		}
		return groups
	}
}

// actions reads one action, a list of them, or what is replied.
func (r *reader) actions(n *yaml.Node) []action {
	switch n.Kind {
	case yaml.ScalarNode:
		return r.replies(n, transcript.TextPlain)
	case yaml.SequenceNode:
		var list []action
		for _, v := range n.Content {
			if v.Kind == yaml.SequenceNode {
				r.fail(v, "an action is not a list")
				continue
			}
			list = append(list, r.actions(v)...)
		}
		return list
	default:
		return r.action(n, map[string]func(*yaml.Node){})
	}
}

// action reads the members of an action, beside others that are known. Whatever their order
// in the script, they are carried out in that below.
func (r *reader) action(n *yaml.Node, known map[string]func(*yaml.Node)) []action {
	var wait, do, reply, interactive, attachment, signedIn, invite, transfer, end *yaml.Node
	typing, pace, contentType := r.typing, r.pace, transcript.TextPlain
	note := func(to **yaml.Node) func(*yaml.Node) { return func(v *yaml.Node) { *to = v } }
	known["delay"], known["do"], known["reply"], known["interactive"] = note(&wait), note(&do), note(&reply), note(&interactive)
	known["attachment"], known["transfer"], known["end"] = note(&attachment), note(&transfer), note(&end)
	known["signedIn"], known["invite"] = note(&signedIn), note(&invite)
	known["typing"] = func(v *yaml.Node) { typing = r.pause(v) }
	known["stream"] = func(v *yaml.Node) { pace = r.stream(v) }
	known["contentType"] = func(v *yaml.Node) {
		contentType = r.text(v)
		if !slices.Contains([]string{transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON}, contentType) {
			r.fail(v, "contentType is %s, %s or %s", transcript.TextPlain, transcript.TextMarkdown, transcript.ApplicationJSON)
		}
	}
	r.members(n, "an action", known)
	outerTyping, outerPace := r.typing, r.pace
	r.typing, r.pace = typing, pace
	defer func() { r.typing, r.pace = outerTyping, outerPace }()

	var list []action
	if wait != nil {
		list = append(list, action{wait: r.duration(wait)})
	}
	if signedIn != nil {
		list = append(list, action{signedIn: r.name(signedIn, "customer")})
	}
	if reply != nil {
		list = append(list, r.replies(reply, contentType)...)
	}
	if interactive != nil {
		list = append(list, r.interactive(interactive))
	}
	if attachment != nil {
		list = append(list, r.attachment(attachment))
	}
	if do != nil {
		if do.Kind != yaml.SequenceNode {
			r.fail(do, "do is not a list of actions")
		} else {
			list = append(list, r.actions(do)...)
		}
	}
	if invite != nil {
		list = append(list, r.invite(invite))
	}
	if transfer != nil {
		list = append(list, action{transfer: r.name(transfer, "queue or agent")})
	}
	if end != nil && r.truth(end) {
		if transfer != nil {
			r.fail(end, "a chat that is transferred cannot be ended by who transferred it")
		}
		list = append(list, action{end: true})
	}
	return list
}

// invite reads the name of an agent, or a name with a pause.
func (r *reader) invite(n *yaml.Node) action {
	if n.Kind == yaml.ScalarNode {
		return action{invite: &desk.Invite{Agent: r.name(n, "agent")}}
	}
	var how desk.Invite
	r.members(n, "invite", map[string]func(*yaml.Node){
		"agent": func(v *yaml.Node) { how.Agent = r.name(v, "agent") },
		"after": func(v *yaml.Node) { how.After = r.duration(v) },
	})
	if how.Agent == "" {
		r.fail(n, "invite names no agent")
	}
	return action{invite: &how}
}

// replies reads one text or several, which are said one after the other.
func (r *reader) replies(n *yaml.Node, contentType string) []action {
	var list []action
	for _, text := range r.texts(n) {
		list = append(list, action{typing: r.typing, contentType: contentType, text: text, pace: r.pace})
	}
	return list
}

// interactive reads the name of a message in the gallery, or a template.
func (r *reader) interactive(n *yaml.Node) action {
	if n.Kind == yaml.ScalarNode {
		gallery, err := Gallery(time.Time{}, "")
		if err != nil {
			r.fail(n, "%s", err)
		}
		i := slices.IndexFunc(gallery, func(s Sample) bool { return s.Name == n.Value || s.TemplateType == n.Value })
		if i < 0 {
			var names []string
			for _, s := range gallery {
				names = append(names, s.Name)
			}
			r.fail(n, "interactive is a template or one of %s, not %q", strings.Join(names, ", "), n.Value)
			return action{}
		}
		return action{typing: r.typing, sample: gallery[i].Name}
	}
	var value any
	if err := n.Decode(&value); err != nil {
		r.fail(n, "interactive is not a template: %s", strings.SplitN(err.Error(), "\n", 2)[0])
		return action{}
	}
	content, err := json.Marshal(value)
	if err != nil {
		r.fail(n, "interactive cannot be written as JSON")
		return action{}
	}
	for _, finding := range interactive.Check(string(content)) {
		if finding.Level > interactive.Note {
			r.fail(n, "interactive: %s", finding)
		}
	}
	return action{typing: r.typing, contentType: transcript.Interactive, text: string(content)}
}

// attachment reads a file to send, whose bytes stand in the script.
func (r *reader) attachment(n *yaml.Node) action {
	a := action{attachment: &desk.Attachment{}}
	given := 0
	r.members(n, "an attachment", map[string]func(*yaml.Node){
		"name":        func(v *yaml.Node) { a.attachment.Name = r.text(v) },
		"contentType": func(v *yaml.Node) { a.attachment.ContentType = r.text(v) },
		"content":     func(v *yaml.Node) { a.text = r.text(v); given++ },
		"base64": func(v *yaml.Node) {
			given++
			raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(r.text(v)), ""))
			if err != nil {
				r.fail(v, "base64 is not base64")
			}
			a.text = string(raw)
		},
	})
	if n.Kind != yaml.MappingNode {
		return a
	}
	if given != 1 || a.text == "" {
		r.fail(n, "an attachment has one of content and base64, and it is not empty")
	}
	if a.attachment.Name == "" {
		r.fail(n, "an attachment has a name")
	}
	if a.attachment.ContentType == "" {
		a.attachment.ContentType = typeOf(a.attachment.Name)
	}
	return a
}

// typeOf guesses a content type from a name, without asking the system, which differs.
func typeOf(name string) string {
	types := map[string]string{
		"txt": transcript.TextPlain, "csv": "text/csv", "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg",
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		if t, ok := types[strings.ToLower(name[i+1:])]; ok {
			return t
		}
	}
	return "application/octet-stream"
}
