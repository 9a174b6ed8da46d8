package deploy_test

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// object is a mapping of the template.
type object = map[string]any

// parse reads a template into plain values; !Ref, !Sub and the other short forms become the
// long ones, as CloudFormation reads them. A key that stands twice is an error.
func parse(text string) (object, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("the template holds %d documents", len(document.Content))
	}
	value, err := plain(document.Content[0])
	if err != nil {
		return nil, err
	}
	root, ok := value.(object)
	if !ok {
		return nil, fmt.Errorf("the template is a %T", value)
	}
	return root, nil
}

// plain returns the value of a node.
func plain(node *yaml.Node) (any, error) {
	value, err := untagged(node)
	if err != nil || !strings.HasPrefix(node.Tag, "!") || strings.HasPrefix(node.Tag, "!!") {
		return value, err
	}
	switch name := node.Tag[1:]; name {
	case "Ref", "Condition":
		return object{name: value}, nil
	case "GetAtt":
		if text, ok := value.(string); ok {
			resource, attribute, _ := strings.Cut(text, ".")
			return object{"Fn::GetAtt": []any{resource, attribute}}, nil
		}
		return object{"Fn::GetAtt": value}, nil
	default:
		return object{"Fn::" + name: value}, nil
	}
}

func untagged(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.MappingNode:
		return mapping(node)
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			value, err := plain(item)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case yaml.ScalarNode:
		if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
			return node.Value, nil
		}
		var value any
		err := node.Decode(&value)
		return value, err
	default:
		return nil, fmt.Errorf("line %d: anchors and aliases are not for templates", node.Line)
	}
}

func mapping(node *yaml.Node) (object, error) {
	values := object{}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i].Value
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("line %d: %s stands twice", node.Content[i].Line, key)
		}
		value, err := plain(node.Content[i+1])
		if err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, nil
}

// at returns what stands at a path of keys, nil if nothing does.
func at(value any, path ...string) any {
	for _, key := range path {
		parent, ok := value.(object)
		if !ok {
			return nil
		}
		value = parent[key]
	}
	return value
}

// walk calls visit for every value below and including this one, with its path.
func walk(path string, value any, visit func(path string, value any)) {
	visit(path, value)
	switch v := value.(type) {
	case object:
		for key, item := range v {
			walk(path+"."+key, item, visit)
		}
	case []any:
		for i, item := range v {
			walk(fmt.Sprintf("%s[%d]", path, i), item, visit)
		}
	}
}
