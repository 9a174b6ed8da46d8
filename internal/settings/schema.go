package settings

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// schemaObject is an object of the schema.
type schemaObject = map[string]any

// Patterns of values, as their UnmarshalText and [time.ParseDuration] read them.
const (
	wholePattern    = `[+-]?[0-9]+`
	fromZeroPattern = `(\+?[0-9]+|-0+)`
	fromOnePattern  = `\+?0*[1-9][0-9]*`
	unitsPattern    = `(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+`
	timePattern     = `([+-]?` + unitsPattern + `|[+-]?0)`
	addressPattern  = `^[hH][tT][tT][pP][sS]?://[^/?#@\s]+(/[^?#]*)?$`
	filled          = `\S` // anything but spaces
)

// Schema returns the JSON Schema of parley.yaml, for editors. It is made of what [Load] reads: each
// setting with its type, each table with its members. What values mean, and which of them fit each
// other, Load alone knows: it refuses more.
func Schema() []byte {
	properties := schemaObject{}
	for _, f := range Fields() {
		if f.InFile {
			properties[f.Name] = f.schema()
		}
	}
	for _, t := range tables() {
		properties[t.name] = t.schema()
	}
	text, err := json.MarshalIndent(schemaObject{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Settings of Parley, parley.yaml", "type": []string{"object", "null"},
		"additionalProperties": false, "properties": properties,
	}, "", "  ")
	if err != nil { // of the program's own texts and numbers
		panic(err)
	}
	return append(text, '\n')
}

// schema describes the key of a setting. An empty value is as good as no key.
func (f Field) schema() schemaObject {
	shape := f.shape()
	if f.List {
		plain := []string{"string", "number", "boolean"}
		shape = schemaObject{"type": append(plain, "array", "null"), "items": schemaObject{"type": plain}}
	}
	shape["description"] = f.Help
	if f.Default != "" {
		shape["description"] = f.Help + " (default " + f.Default + ")"
	}
	return shape
}

// shape describes one value of a setting by its type.
func (f Field) shape() schemaObject {
	if f.OneOf != nil {
		return schemaObject{"enum": append(words(f.OneOf), nil)}
	}
	text := func(pattern string) schemaObject {
		return schemaObject{"type": []string{"string", "null"}, "pattern": "^(" + pattern + ")$"}
	}
	number := func(pattern string) schemaObject {
		return schemaObject{"type": []string{"integer", "string", "null"}, "pattern": "^(" + pattern + ")$"}
	}
	switch reflect.Zero(reflect.TypeFor[Settings]().Field(f.index).Type).Interface().(type) {
	case bool:
		shape := number("[01tTfF]|true|True|TRUE|false|False|FALSE")
		shape["type"], shape["minimum"], shape["maximum"] = []string{"boolean", "integer", "string", "null"}, 0, 1
		return shape
	case int:
		return number(wholePattern)
	case Limit:
		shape := number("auto|" + fromZeroPattern)
		shape["minimum"] = 0
		return shape
	case Speed:
		return schemaObject{"anyOf": []any{
			schemaObject{"enum": []any{0, nil}},
			schemaObject{"type": "number", "minimum": 0.01, "maximum": 10_000},
			text(`\+?([0-9]{1,4}|0?\.(0[1-9]|[1-9])[0-9]*|[1-9][0-9]{0,3}\.[0-9]*|10000)`),
		}}
	case time.Duration, Delay:
		pattern := timePattern
		if strings.Contains(f.Placeholder, string(Auto)) {
			pattern = string(Auto) + "|" + pattern
		}
		shape := number(pattern)
		shape["minimum"], shape["maximum"] = 0, 0 // a number without a unit
		return shape
	case Retention:
		shape := text(`forever|\+?0*[1-9][0-9]*d|\+?` + unitsPattern)
		shape["allOf"] = []any{schemaObject{"pattern": "^forever$|[1-9]"}} // longer than nothing
		return shape
	case Rate:
		shape := text("off|" + fromOnePattern + `/\+?` + unitsPattern)
		shape["allOf"] = []any{schemaObject{"pattern": "^off$|/.*[1-9]"}}
		return shape
	case Upstream:
		return schemaObject{"anyOf": []any{schemaObject{"enum": []any{Embedded, AWS, nil}}, text(replayPrefix + ".+")}}
	case OtherAttributes:
		return schemaObject{"anyOf": []any{schemaObject{"enum": []any{"drop", "reject", nil}}, text("prefix:.+")}}
	}
	return schemaObject{"type": []string{"string", "number", "boolean", "null"}}
}

// words are texts as YAML knows them: true without quotes is a truth value.
func words(texts []string) []any {
	var all []any
	for _, text := range texts {
		all = append(all, text)
		if text == string(On) || text == string(Off) {
			all = append(all, text == string(On))
		}
	}
	return all
}

// schema describes a table.
func (t namedTable) schema() schemaObject {
	entry := filledText()
	if t.members != nil {
		entry = schemaObject{"anyOf": []any{entry, t.mapping()}}
	}
	return schemaObject{
		"description": t.help, "type": []string{"object", "null"},
		"propertyNames": schemaObject{"pattern": filled}, "additionalProperties": entry,
	}
}

// mapping describes an entry that is a mapping.
func (t namedTable) mapping() schemaObject {
	properties := schemaObject{}
	for _, m := range t.members {
		shape := m.schema()
		shape["description"] = m.help
		properties[m.name] = shape
	}
	shape := schemaObject{"type": "object", "minProperties": 1, "additionalProperties": false, "properties": properties}
	if t.together.where == nil {
		return shape
	}
	anyOf := func(names []string) []any {
		var all []any
		for _, name := range names {
			all = append(all, schemaObject{"required": []string{name}})
		}
		return all
	}
	shape["oneOf"] = anyOf(t.together.where)
	belongs := schemaObject{}
	for name, to := range t.together.only {
		belongs[name] = schemaObject{"anyOf": anyOf(to)}
	}
	shape["dependentSchemas"] = belongs
	return shape
}

// schema describes a member of an entry. Its placeholder says more of a plain value: forms in lower
// case are the only ones, NUMBER is a whole one from 1 on.
func (m member) schema() schemaObject {
	plain := []string{"string", "number", "boolean"}
	switch m.kind {
	case plainText:
		forms := strings.Split(m.value, "|")
		switch {
		case m.value == "NUMBER":
			return schemaObject{"type": []string{"integer", "string"}, "minimum": 1, "pattern": "^" + fromOnePattern + "$"}
		case !slices.ContainsFunc(forms, func(form string) bool { return form != strings.ToLower(form) }):
			return schemaObject{"enum": words(forms)}
		}
		return filledText()
	case address:
		return schemaObject{"type": "string", "pattern": addressPattern}
	case textList:
		shape := filledText()
		shape["type"], shape["minItems"], shape["items"] = append(plain, "array"), 1, schemaObject{"type": plain}
		return shape
	case environment:
		return schemaObject{
			"type": "object", "propertyNames": schemaObject{"pattern": "^[^=\u0000]+$"},
			"additionalProperties": schemaObject{"type": append(plain, "null")},
		}
	case services:
		return schemaObject{"type": "object", "additionalProperties": schemaObject{
			"type": []string{"string", "array", "object"}, "pattern": addressPattern,
		}}
	case listOfCases:
		return schemaObject{"type": "array", "minItems": 1, "items": schemaObject{
			"type": "object", "additionalProperties": false, "required": []string{"answer"},
			"properties": schemaObject{
				"answer":     schemaObject{},
				"parameters": schemaObject{"type": "object", "additionalProperties": schemaObject{"type": append(plain, "null")}},
			},
		}}
	case document:
	}
	return schemaObject{}
}

// filledText describes a plain value that is not empty.
func filledText() schemaObject {
	return schemaObject{"type": []string{"string", "number", "boolean"}, "pattern": filled}
}
