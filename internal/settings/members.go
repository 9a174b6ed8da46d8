package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pair is a member of an object with its value as JSON.
type pair struct {
	name  string
	value []byte
}

// object is an object of JSON with its members in the order given.
func object(pairs []pair) []byte {
	text := []byte{'{'}
	for i, p := range pairs {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, quote(p.name)...), ':'), p.value...)
	}
	return append(text, '}')
}

// quote is a text as JSON.
func quote(text string) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a text can always be encoded
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// read reads the value of a member: as JSON, and as JSON that may be shown.
func (m member) read(node *yaml.Node) (data, shown []byte, err error) {
	switch m.kind {
	case plainText, address:
		if node.Kind != yaml.ScalarNode || strings.TrimSpace(node.Value) == "" {
			return nil, nil, errors.New("takes one value")
		}
		if m.kind == address {
			err = checkURL(node.Value)
		}
		if err == nil && m.check != nil {
			err = m.check(node.Value)
		}
		return quote(node.Value), quote(Redact(node.Value)), err
	case textList:
		if node.Kind == yaml.ScalarNode && strings.TrimSpace(node.Value) != "" {
			node = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{node}}
		}
		if node.Kind != yaml.SequenceNode || len(node.Content) == 0 || !scalarsOnly(node.Content) {
			return nil, nil, errors.New("takes one value or a list of values")
		}
		for _, item := range node.Content {
			if m.check == nil {
				break
			}
			if err := m.check(resolve(item).Value); err != nil {
				return nil, nil, fmt.Errorf("has %q, which %w", resolve(item).Value, err)
			}
		}
		data, err = toJSON(texts(node))
		return data, data, err
	case environment:
		return readEnvironment(node)
	case document:
		data, err = toJSON(node)
		return data, data, err
	case services:
		if err = checkServices(node); err == nil {
			data, err = toJSON(node)
		}
		return data, data, err
	case listOfCases:
		data, err = readCases(node)
		return data, data, err
	}
	return nil, nil, errors.New("takes no value")
}

// readEnvironment reads a mapping of plain values, which are not shown.
func readEnvironment(node *yaml.Node) (data, shown []byte, err error) {
	if node.Kind != yaml.MappingNode || !scalarsOnly(node.Content) {
		return nil, nil, errors.New("takes entries, one `NAME: value` a line")
	}
	var pairs, hiddenPairs []pair
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i].Value
		if name == "" || strings.ContainsAny(name, "=\x00") {
			return nil, nil, fmt.Errorf("has a name that no variable can have: %q", name)
		}
		pairs = append(pairs, pair{name, quote(resolve(node.Content[i+1]).Value)})
		hiddenPairs = append(hiddenPairs, pair{name, quote(hidden)})
	}
	return object(pairs), object(hiddenPairs), nil
}

// readCases reads a list of answers, each with the parameters it is for.
func readCases(node *yaml.Node) ([]byte, error) {
	const form = "takes a list of answers, each with `answer: …` and, but for the last, `parameters: {NAME: value}`"
	if node.Kind != yaml.SequenceNode || len(node.Content) == 0 {
		return nil, errors.New(form)
	}
	for _, item := range node.Content {
		item = resolve(item)
		answer := false
		if item.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("line %d: %s", item.Line, form)
		}
		for i := 0; i+1 < len(item.Content); i += 2 {
			key, value := item.Content[i], resolve(item.Content[i+1])
			switch {
			case key.Value == "answer":
				answer = true
			case key.Value == "parameters" && value.Kind == yaml.MappingNode && scalarsOnly(value.Content):
				item.Content[i+1] = texts(value)
			default:
				return nil, fmt.Errorf("line %d: %s", key.Line, form)
			}
		}
		if !answer {
			return nil, fmt.Errorf("line %d: an answer is missing", item.Line)
		}
	}
	return toJSON(node)
}

// checkServices demands that plain values of a mapping are addresses.
func checkServices(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return errors.New("takes entries, each an address or a list of answers")
	}
	for i := 1; i < len(node.Content); i += 2 {
		to := resolve(node.Content[i])
		if to.Kind != yaml.ScalarNode {
			continue
		}
		if err := checkURL(to.Value); err != nil {
			return fmt.Errorf("line %d: %s %q: %w", to.Line, node.Content[i-1].Value, Redact(to.Value), err)
		}
	}
	return nil
}

// scalarsOnly reports whether all nodes are plain values.
func scalarsOnly(nodes []*yaml.Node) bool {
	return !slices.ContainsFunc(nodes, func(n *yaml.Node) bool { return resolve(n).Kind != yaml.ScalarNode })
}

// texts is a list or mapping with all plain values as texts: 1 is "1".
func texts(node *yaml.Node) *yaml.Node {
	c := *node
	c.Content = make([]*yaml.Node, 0, len(node.Content))
	for _, inner := range node.Content {
		c.Content = append(c.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: resolve(inner).Value, Line: inner.Line})
	}
	return &c
}

// maxDocument bounds what aliases can make of a small file.
const maxDocument = 1 << 20

// toJSON is a YAML value as JSON. What is neither number, truth value nor null is a text, dates
// included.
func toJSON(node *yaml.Node) ([]byte, error) { return appendJSON(nil, node, 0) }

func appendJSON(text []byte, node *yaml.Node, depth int) ([]byte, error) {
	node = resolve(node)
	const deepest = 100
	if depth > deepest || len(text) > maxDocument {
		return nil, errors.New("is too large or too deep")
	}
	var err error
	switch node.Kind {
	case yaml.MappingNode:
		seen := make(map[string]bool, len(node.Content)/2)
		text = append(text, '{')
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := resolve(node.Content[i])
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || seen[key.Value] {
				return nil, fmt.Errorf("line %d: %q is no name of a member, or stands there twice", key.Line, key.Value)
			}
			seen[key.Value] = true
			if i > 0 {
				text = append(text, ',')
			}
			text = append(append(text, quote(key.Value)...), ':')
			if text, err = appendJSON(text, node.Content[i+1], depth+1); err != nil {
				return nil, err
			}
		}
		return append(text, '}'), nil
	case yaml.SequenceNode:
		text = append(text, '[')
		for i, item := range node.Content {
			if i > 0 {
				text = append(text, ',')
			}
			if text, err = appendJSON(text, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(text, ']'), nil
	case yaml.ScalarNode, yaml.DocumentNode, yaml.AliasNode:
	}
	return appendScalar(text, node)
}

func appendScalar(text []byte, node *yaml.Node) ([]byte, error) {
	switch node.ShortTag() {
	case "!!null":
		return append(text, "null"...), nil
	case "!!bool", "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return append(text, node.Value...), nil // as it was written: no digit is lost
		}
		var value any
		if err := node.Decode(&value); err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", node.Line, node.Value, err)
		}
		data, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is nothing that JSON can say", node.Line, node.Value)
		}
		return append(text, data...), nil
	}
	return append(text, quote(node.Value)...), nil
}
