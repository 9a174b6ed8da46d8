package lexfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lex"
)

// shortBot is a bot in a few lines of YAML; docs/bots.md describes it.
type shortBot struct {
	Bot       string               `yaml:"bot"`
	Locale    string               `yaml:"locale"`
	Threshold *float64             `yaml:"threshold"`
	TTL       string               `yaml:"ttl"`
	Intents   ordered[shortIntent] `yaml:"intents"`
	Types     map[string][]string  `yaml:"types"`
}

// shortIntent is an intent of the short form. All of it may be left out.
type shortIntent struct {
	Says      []string           `yaml:"utterances"`
	Slots     ordered[shortSlot] `yaml:"slots"`
	Start     lines              `yaml:"start"`
	Confirm   string             `yaml:"confirm"`
	Declined  lines              `yaml:"declined"`
	Answer    lines              `yaml:"answer"`
	Failure   lines              `yaml:"failure"`
	Function  string             `yaml:"function"` // fulfilment, dialog or both
	Signature string             `yaml:"signature"`
}

// shortSlot is a slot of the short form. It is asked for unless it is optional.
type shortSlot struct {
	Type     yaml.Node `yaml:"type"` // a name, or the values
	Ask      lines     `yaml:"ask"`
	Retries  *int      `yaml:"retries"`
	Optional bool      `yaml:"optional"`
	Default  string    `yaml:"default"`
}

// lines is a text or several: a text that is the JSON of a template is an interactive message.
type lines []string

// UnmarshalYAML implements [yaml.Unmarshaler].
func (l *lines) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]string)(l)) //nolint:wrapcheck // yaml adds the line
	}
	var one string
	if err := n.Decode(&one); err != nil {
		return err //nolint:wrapcheck // yaml adds the line
	}
	*l = lines{one}
	return nil
}

func (shortIntent) keys() []string {
	return []string{"utterances", "slots", "start", "confirm", "declined", "answer", "failure", "function", "signature"}
}

func (shortSlot) keys() []string { return []string{"type", "ask", "retries", "optional", "default"} }

// ordered is a mapping in the order of the file, of values with these keys.
type ordered[T interface{ keys() []string }] struct {
	names  []string
	values []T
}

// UnmarshalYAML implements [yaml.Unmarshaler]. It refuses keys that are not the values' itself, because
// KnownFields of a decoder does not reach into an Unmarshaler.
func (o *ordered[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: names with a colon belong there, one a line", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var v T
		for k := 0; k+1 < len(n.Content[i+1].Content); k += 2 {
			if key := n.Content[i+1].Content[k]; !slices.Contains(v.keys(), key.Value) {
				return fmt.Errorf("line %d: there is no %s; there are %s", key.Line, key.Value, strings.Join(v.keys(), ", "))
			}
		}
		if err := n.Content[i+1].Decode(&v); err != nil {
			return err //nolint:wrapcheck // yaml adds the line
		}
		if slices.Contains(o.names, n.Content[i].Value) {
			return fmt.Errorf("line %d: %s stands there twice", n.Content[i].Line, n.Content[i].Value)
		}
		o.names, o.values = append(o.names, n.Content[i].Value), append(o.values, v)
	}
	return nil
}

// short reads a bot in a few lines.
func (r *reader) short(name string, data []byte) error {
	var b shortBot
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&b); err != nil && !errors.Is(err, io.EOF) {
		return hint.New(fmt.Errorf("%s: %w", name, err), "docs/bots.md describes the short form of bots")
	}
	ttl := lex.DefaultTTL
	if b.TTL != "" {
		parsed, err := time.ParseDuration(b.TTL)
		if err != nil {
			return hint.New(fmt.Errorf("%s: ttl %q is no time such as 5m", name, b.TTL), "write it with a unit")
		}
		ttl = parsed
	}
	r.bot.Name, r.bot.Version, r.bot.TTL, r.found = cmp.Or(b.Bot, strings.TrimSuffix(name, ".yaml")), "DRAFT", ttl, true
	l := r.locale(cmp.Or(b.Locale, "en_US"))
	l.File = name
	if b.Threshold != nil {
		l.Threshold = *b.Threshold
	}
	for _, typ := range slices.Sorted(maps.Keys(b.Types)) {
		l.Types = append(l.Types, listType(typ, b.Types[typ], name))
	}
	for n, intent := range b.Intents.names {
		if err := r.shortIntent(l, name, intent, &b.Intents.values[n]); err != nil {
			return err
		}
	}
	return nil
}

// shortIntent adds an intent to a locale, with what the short form leaves unsaid: the order of its slots is
// that of the file, and a question is repeated twice. A list of values in the place of a slot's type
// becomes a type of its own, INTENT.SLOT.
func (r *reader) shortIntent(l *lex.Locale, file, name string, s *shortIntent) error {
	i := &lex.Intent{Name: name, Utterances: s.Says, Signature: s.Signature, File: file + ": " + name, Initial: &lex.Initial{}}
	if name == "FallbackIntent" && s.Signature == "" {
		i.Signature = "AMAZON.FallbackIntent"
	}
	i.Initial.Response = response(s.Start)
	switch s.Function {
	case "", "fulfilment", "dialog", "both":
	default:
		return hint.New(fmt.Errorf("%s: %s: function is %q", file, name, s.Function), "write fulfilment, dialog or both")
	}
	dialog := s.Function == "dialog" || s.Function == "both"
	if i.Hooked = dialog; dialog {
		i.Initial.Hook = &lex.Hook{Active: true, Invoked: true}
		i.Initial.Next = &lex.Step{Type: "InvokeDialogCodeHook"}
	}
	i.Fulfilment = &lex.Fulfilment{Hooked: s.Function == "fulfilment" || s.Function == "both"}
	i.Fulfilment.Success.Response, i.Fulfilment.Failure.Response = response(s.Answer), response(s.Failure)
	if s.Confirm != "" {
		i.Confirmation = &lex.Confirmation{On: true, Prompt: lex.Prompt{Response: response(lines{s.Confirm}), MaxRetries: 2}}
		i.Confirmation.Declined.Response = response(s.Declined)
	}
	for n, slot := range s.Slots.names {
		def := &s.Slots.values[n]
		rank := n + 1
		out := &lex.Slot{Name: slot, Required: !def.Optional, Priority: &rank, File: file + ": " + name + ": " + slot}
		out.Prompt = lex.Prompt{Response: response(def.Ask), MaxRetries: 2}
		if def.Retries != nil {
			out.Prompt.MaxRetries = max(0, min(5, *def.Retries))
		}
		if def.Default != "" {
			out.Defaults = []string{def.Default}
		}
		if dialog {
			out.Capture.Elicitation = &lex.Elicitation{On: true}
		}
		switch def.Type.Kind {
		case yaml.SequenceNode:
			var values []string
			if err := def.Type.Decode(&values); err != nil {
				return hint.New(fmt.Errorf("%s: %w", file, err), "a slot's type is a name, or a list of values")
			}
			out.Type = name + "." + slot
			l.Types = append(l.Types, listType(out.Type, values, file))
		case yaml.ScalarNode:
			out.Type = def.Type.Value
		default:
			return hint.New(fmt.Errorf("%s: slot %s of %s has no type", file, slot, name), "a slot's type is a name such as AMAZON.Date, or a list of values")
		}
		i.Slots = append(i.Slots, out)
	}
	l.Intents = append(l.Intents, i)
	return nil
}

// listType is a slot type of values, which alone are taken. Synonyms stand behind a value's colon, with
// commas between them.
func listType(name string, values []string, file string) *lex.SlotType {
	t := &lex.SlotType{Name: name, Restricted: true, File: file}
	for _, v := range values {
		value, synonyms, _ := strings.Cut(v, ": ")
		entry := lex.SlotValue{Value: strings.TrimSpace(value)}
		for s := range strings.SplitSeq(synonyms, ",") {
			if s = strings.TrimSpace(s); s != "" {
				entry.Synonyms = append(entry.Synonyms, s)
			}
		}
		t.Values = append(t.Values, entry)
	}
	return t
}

// response is what a bot says in these lines.
func response(says lines) lex.Response {
	var out lex.Response
	for _, text := range says {
		kind := lex.PlainText
		if strings.HasPrefix(strings.TrimSpace(text), "{") && strings.Contains(text, "templateType") {
			kind = lex.CustomPayload
		}
		out.Groups = append(out.Groups, lex.Group{{Type: kind, Content: text}})
	}
	return out
}
