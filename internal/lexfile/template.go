package lexfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/parley-chat/parley/internal/hint"
	"github.com/parley-chat/parley/internal/lex"
)

// templateShape is a CloudFormation template.
type templateShape struct {
	Resources map[string]struct {
		Type       string
		Properties json.RawMessage
	}
}

// botShape is an AWS::Lex::Bot.
type botShape struct {
	Name                    text
	IdleSessionTTLInSeconds *number
	BotFileS3Location       json.RawMessage
	BotLocales              []struct {
		LocaleID               string
		NluConfidenceThreshold *number
		Intents                []json.RawMessage
		SlotTypes              []typeShape
	}
	TestBotAliasSettings *struct{ BotAliasLocaleSettings []aliasShape }
}

// aliasShape is what an alias says of one locale.
type aliasShape struct {
	LocaleID              string
	BotAliasLocaleSetting struct {
		CodeHookSpecification *struct{ LambdaCodeHook struct{ LambdaArn text } }
	}
}

// template reads the bots of a CloudFormation template.
func (r *reader) template(name string, data []byte) error {
	var t templateShape
	if err := decode(name, data, &t); err != nil {
		return err
	}
	for _, logical := range slices.Sorted(maps.Keys(t.Resources)) {
		resource := t.Resources[logical]
		switch resource.Type {
		case "Custom::LexBot":
			return hint.New(fmt.Errorf("%s: %s is a bot of a custom resource, whose form is not known", name, logical), "export the bot from Lex, and give the export")
		case "AWS::Lex::Bot":
			r.names = append(r.names, logical)
			if r.logical != "" && r.logical != logical {
				continue
			}
			if err := r.templateBot(name+": "+logical, resource.Properties); err != nil {
				return err
			}
		case "AWS::Lex::BotAlias":
			var a struct {
				BotAliasName           text
				BotAliasLocaleSettings []aliasShape
			}
			if err := decode(name+": "+logical, resource.Properties, &a); err != nil {
				return err
			}
			r.bot.Aliases = append(r.bot.Aliases, lex.Alias{Name: string(a.BotAliasName), Functions: functions(a.BotAliasLocaleSettings)})
		}
	}
	return nil
}

// functions are the code hooks of an alias.
func functions(settings []aliasShape) map[string]string {
	out := map[string]string{}
	for _, s := range settings {
		if c := s.BotAliasLocaleSetting.CodeHookSpecification; c != nil {
			out[s.LocaleID] = string(c.LambdaCodeHook.LambdaArn)
		}
	}
	return out
}

// templateBot reads one AWS::Lex::Bot.
func (r *reader) templateBot(where string, data []byte) error {
	var b botShape
	if err := decode(where, data, &b); err != nil {
		return err
	}
	if len(b.BotLocales) == 0 && len(b.BotFileS3Location) > 0 {
		return hint.New(fmt.Errorf("%s: the bot is in a zip in S3", where), "give that zip")
	}
	r.describe(string(b.Name), "", "DRAFT", b.IdleSessionTTLInSeconds)
	r.found = true
	if t := b.TestBotAliasSettings; t != nil {
		r.bot.Aliases = append(r.bot.Aliases, lex.Alias{ID: "TSTALIASID", Name: "TestBotAlias", Functions: functions(t.BotAliasLocaleSettings)})
	}
	for _, s := range b.BotLocales {
		l := r.locale(s.LocaleID)
		if l.File = where; s.NluConfidenceThreshold != nil {
			l.Threshold = float64(*s.NluConfidenceThreshold)
		}
		for n := range s.SlotTypes {
			l.Types = append(l.Types, s.SlotTypes[n].slotType(where))
		}
		for _, raw := range s.Intents {
			var shape intentShape
			if err := decode(where, raw, &shape); err != nil {
				return err
			}
			i := shape.intent(where + ": " + cmp.Or(shape.Name, shape.IntentName))
			for n := range shape.Slots {
				i.Slots = append(i.Slots, shape.Slots[n].slot(i.File))
			}
			l.Intents = append(l.Intents, i)
			r.intents = append(r.intents, &pendingIntent{locale: l, shape: shape, intent: i, dir: "\x00"})
		}
	}
	return nil
}

// yaml reads a template or a short bot.
func (r *reader) yaml(name string, data []byte) error {
	var node yaml.Node
	if err := yaml.Unmarshal(data, &node); err != nil {
		if !r.looksLike(name) {
			return nil
		}
		return hint.New(fmt.Errorf("%s is no YAML: %w", name, err), "correct the line")
	}
	budget := maxNodes
	value, err := plain(&node, 0, &budget)
	if err != nil {
		return hint.New(fmt.Errorf("%s: %w", name, err), "write it without")
	}
	m, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	if m["Resources"] == nil && m["intents"] != nil {
		return r.short(name, data)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return r.object(name, encoded)
}

// maxNodes bounds a YAML document with what its aliases repeat.
const maxNodes = 500_000

// plain is a YAML node as JSON has it. The short forms of CloudFormation's functions become what they
// name.
func plain(n *yaml.Node, depth int, budget *int) (any, error) {
	if *budget--; *budget < 0 || depth > deepest {
		return nil, errors.New("aliases repeat too much, or values stand too deep within each other")
	}
	switch n.Kind { //nolint:exhaustive // scalars follow
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return nil, nil //nolint:nilnil // an empty document
		}
		return plain(n.Content[0], depth, budget)
	case yaml.AliasNode:
		return plain(n.Alias, depth+1, budget)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			v, err := plain(c, depth+1, budget)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
			return opaque(list), nil
		}
		return list, nil
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := plain(n.Content[i+1], depth+1, budget)
			if err != nil {
				return nil, err
			}
			m[n.Content[i].Value] = v
		}
		return m, nil
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return n.Value, nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	switch v.(type) {
	case string, bool, nil, int, int64, uint64:
		return v, nil
	}
	return n.Value, nil // as it is written: not all have a form in JSON
}
