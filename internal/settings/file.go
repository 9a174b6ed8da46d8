package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds parley.yaml; a larger file was named by mistake.
const maxFile = 1 << 20

// readFile finds and reads the configuration file: the one that a flag or variable
// names, which must then exist, or [DefaultFile] if it exists, in either spelling. Both at once
// are refused: whichever was left out would be edited in vain.
func (l *loader) readFile(read func(string) ([]byte, error), flags, environ map[string]given) map[string]given {
	if read == nil {
		return nil
	}
	path, named := DefaultFile, given{}
	for _, layer := range []map[string]given{environ, flags} {
		if value, ok := layer["config"]; ok {
			named = value
			path = value.texts[len(value.texts)-1]
		}
	}
	text, err := read(path)
	if named.texts == nil {
		switch other, otherErr := read(otherSpelling); {
		case errors.Is(otherErr, fs.ErrNotExist):
		case errors.Is(err, fs.ErrNotExist):
			path, text, err = otherSpelling, other, otherErr
		case err == nil || otherErr == nil: // else neither can be read, and the first says why
			l.fault(Fault{
				Origin:  Origin{Source: FromFile, Name: otherSpelling},
				Message: "stands beside " + DefaultFile + ", and only one of them can hold the settings; merge them, or name one with --config",
			})
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && named.texts == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		l.fault(Fault{Origin: named.origin, Setting: "config", Value: path, Message: "does not exist"})
		return nil
	case err != nil:
		l.fault(Fault{Origin: Origin{Source: FromFile, Name: path}, Message: "cannot be read: " + reason(err)})
		return nil
	case len(text) > maxFile:
		l.fault(Fault{Origin: Origin{Source: FromFile, Name: path}, Message: fmt.Sprintf("has %d bytes, and may have at most %d", len(text), maxFile)})
		return nil
	}
	if named.texts == nil {
		l.settings.Config = path
		l.settings.origins["config"] = Origin{Source: FromDefault}
	}
	return l.parseFile(path, text)
}

// reason leaves out the operation and path that [fs.PathError] repeats.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// parseFile turns a YAML mapping of settings into values. It works on YAML's syntax
// tree because that knows the lines.
func (l *loader) parseFile(path string, text []byte) map[string]given {
	values := map[string]given{}
	at := func(node *yaml.Node) Origin { return Origin{Source: FromFile, Name: path, Line: node.Line} }

	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) { // an empty file is fine
			l.fault(Fault{Origin: Origin{Source: FromFile, Name: path}, Message: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")})
		}
		return values
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		l.fault(Fault{Origin: Origin{Source: FromFile, Name: path}, Message: "holds more than one YAML document"})
	}
	root := resolve(doc.Content[0])
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return values
	}
	if root.Kind != yaml.MappingNode {
		l.fault(Fault{Origin: at(root), Message: "must hold settings, one `name: value` a line"})
		return values
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], resolve(root.Content[i+1])
		field, ok := l.fileField(key.Value)
		switch {
		case !ok && l.table(key, value, path):
		case !ok:
			instead := didYouMean(key.Value, l.fileNames())
			if key.Value == "port" && forPort(value.Value) != "" {
				instead = "; write addr: " + forPort(value.Value)
			}
			l.fault(Fault{Origin: at(key), Message: fmt.Sprintf("there is no setting %q%s", key.Value, instead)})
		case lines[field.Name] > 0:
			l.fault(Fault{Origin: at(key), Setting: field.Name, Message: fmt.Sprintf("stands in line %d already", lines[field.Name])})
		default:
			lines[field.Name] = key.Line
			texts, err := scalars(field, value)
			if err != nil {
				l.bad[field.Name] = true
				l.fault(Fault{Origin: at(key), Setting: field.Name, Message: err.Error()})
			} else if texts != nil {
				values[field.Name] = given{origin: at(key), texts: texts}
			}
		}
	}
	return values
}

func (l *loader) fileField(key string) (Field, bool) {
	f, ok := lookup(l.fields, key)
	return f, ok && f.InFile
}

func (l *loader) fileNames() []string {
	var names []string
	for _, f := range l.fields {
		if f.InFile {
			names = append(names, f.Name)
		}
	}
	for _, t := range tables() {
		names = append(names, t.name)
	}
	return names
}

// resolve follows YAML aliases.
func resolve(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// scalars returns the texts of a value: nil for an empty one, which counts as not
// set, like an empty variable.
func scalars(f Field, node *yaml.Node) ([]string, error) {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return nil, nil
	case node.Kind == yaml.ScalarNode:
		return []string{node.Value}, nil
	case node.Kind == yaml.SequenceNode && f.List:
		texts := []string{}
		for _, item := range node.Content {
			item = resolve(item)
			if item.Kind != yaml.ScalarNode {
				return nil, errors.New("takes a list of plain values")
			}
			texts = append(texts, item.Value)
		}
		return texts, nil
	case f.List:
		return nil, errors.New("takes one value or a list of values")
	default:
		return nil, errors.New("takes one value")
	}
}
