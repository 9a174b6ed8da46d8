package flow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// legacyModule is an action in the export of the older console. The flow designer of 2022 reads it
// as well.
type legacyModule struct {
	ID, Type, Target string
	Branches         []legacyBranch
	Parameters       []legacyParameter
	Metadata         map[string]json.RawMessage
}

// legacyBranch is a way out of a module. A condition may be compared with a number.
type legacyBranch struct {
	Condition, Transition, ConditionType string
	ConditionValue                       any
}

// legacyParameter has name and value, and for some names a key, a namespace and the display name of
// a resource. Several parameters of one name are normal.
type legacyParameter map[string]any

func (p legacyParameter) text(member string) string { return Text(p[member]) }

// legacy converts an older export. Ids stay identifiers, and the display names of resources go where
// newer exports have them.
func (r *reader) legacy(c *container, at place) Document {
	c.Metadata.Type = cmp.Or(c.Metadata.Type, c.Type)
	d := Document{Version: Version, StartAction: c.Start, Metadata: c.Metadata}
	d.Metadata.ActionMetadata = make(map[string]ActionMetadata, len(c.Modules))
	d.Actions = make([]Action, 0, len(c.Modules))
	for i := range c.Modules {
		m := &conversion{
			legacyModule: &c.Modules[i], queueFlow: kindNamed(d.Metadata.Type) == CustomerQueue,
			parameters: map[string]any{}, shown: map[string]any{},
		}
		d.Actions = append(d.Actions, m.action())
		d.Metadata.ActionMetadata[m.ID] = m.metadata()
		for _, namespace := range m.unknown {
			r.findings = append(r.findings, Finding{
				Level: Doubtful, Rule: "namespace", File: r.file, Flow: cmp.Or(at.source.named(), d.Metadata.Name), Action: m.ID, Name: m.Type,
				Text:   fmt.Sprintf("the older export reads from %q, which is not known: the value stays text", namespace),
				Remedy: "import the flow into the flow designer and export it again",
			})
		}
	}
	return d
}

// conversion is one module on its way to an action.
type conversion struct {
	*legacyModule
	queueFlow  bool
	parameters map[string]any
	shown      map[string]any // display names, as parameters of the action's metadata
	unknown    []string       // namespaces
}

// action converts the module.
func (m *conversion) action() Action {
	rule := m.rule()
	if rule.fill != nil {
		rule.fill(m)
	}
	a := Action{Identifier: m.ID, Type: rule.to, Parameters: m.parameters}
	for _, b := range m.Branches {
		way, ok := rule.ways[b.Condition]
		if !ok {
			way = usualWay(b)
		}
		switch {
		case way.result != "":
			a.Transitions.Conditions = append(a.Transitions.Conditions, ConditionalTransition{
				NextAction: b.Transition, Condition: Condition{Operator: way.operator, Operands: []any{way.result}},
			})
		case way.failure != "":
			a.Transitions.Errors = append(a.Transitions.Errors, ErrorTransition{NextAction: b.Transition, ErrorType: way.failure})
		default:
			a.Transitions.NextAction = b.Transition
		}
	}
	if a.Transitions.NextAction == "" {
		a.Transitions.NextAction = fallback(a.Transitions.Errors)
	}
	return a
}

// fallback is what the flow designer repeats as NextAction where an action has results only: what
// its failure leads to.
func fallback(errors []ErrorTransition) string {
	for _, want := range []string{noMatch, noMatchingCondition} {
		for _, e := range errors {
			if e.ErrorType == want {
				return e.NextAction
			}
		}
	}
	return ""
}

// legacyWay is what a branch becomes: a condition, an error, or NextAction.
type legacyWay struct{ operator, result, failure string }

func onResult(result string) legacyWay   { return legacyWay{operator: "Equals", result: result} }
func onFailure(failure string) legacyWay { return legacyWay{failure: failure} }

// usualWay is what a branch becomes in most modules.
func usualWay(b legacyBranch) legacyWay {
	switch b.Condition {
	case "Success", "":
		return legacyWay{}
	case "NoMatch":
		return onFailure(noMatchingCondition)
	case "Error":
		return onFailure(noMatch)
	case "Evaluate", "CheckQueueTime", "CheckQueueCapacity":
		return legacyWay{operator: legacyOperator(b.ConditionType), result: Text(b.ConditionValue)}
	case "True", "False":
		return onResult(b.Condition)
	}
	return onFailure(b.Condition)
}

// legacyOperator is the name of an operator in the flow language.
func legacyOperator(name string) string {
	switch name {
	case "", "Equals":
		return "Equals"
	case "GreaterThan", "LessThan":
		return "Number" + name
	case "GreaterThanOrEqualTo":
		return "NumberGreaterOrEqualTo"
	case "LessThanOrEqualTo":
		return "NumberLessOrEqualTo"
	case "Contains", "StartsWith", "EndsWith":
		return "Text" + name
	}
	return name // an operator that does not exist is found when the flow is made ready
}

// metadata is what the module's own says, with the display names where newer exports have them.
func (m *conversion) metadata() ActionMetadata {
	members := make(map[string]json.RawMessage, len(m.Metadata)+1)
	maps.Copy(members, m.Metadata)
	if len(m.shown) > 0 {
		members["parameters"], _ = json.Marshal(m.shown) // texts within objects
	}
	data, _ := json.Marshal(members) // they were valid JSON
	var meta ActionMetadata
	_ = meta.UnmarshalJSON(data) // which has no errors
	return meta
}

// find returns the first parameter of a name.
func (m *conversion) find(name string) (legacyParameter, bool) {
	for _, p := range m.Parameters {
		if p.text("name") == name {
			return p, true
		}
	}
	return nil, false
}

// value is a parameter as the flow language has it: a text, or the path that a namespace stands for.
func (m *conversion) value(p legacyParameter) string {
	name, namespace := p.text("value"), p.text("namespace")
	if namespace == "" {
		return name
	}
	if converted, ok := namespacePath(namespace, name); ok {
		return converted
	}
	m.unknown = append(m.unknown, namespace)
	return name
}

// text is the value of a parameter, and empty where there is none.
func (m *conversion) text(name string) string {
	if p, ok := m.find(name); ok {
		return m.value(p)
	}
	return ""
}

// put sets a parameter of the action from one of the module, with the display name that goes with it.
func (m *conversion) put(to, from string) {
	p, ok := m.find(from)
	if !ok {
		return
	}
	within, shown := m.parameters, m.shown
	names := strings.Split(to, ".")
	last := names[len(names)-1]
	for _, name := range names[:len(names)-1] {
		within, shown = inner(within, name), inner(shown, name)
	}
	within[last] = m.value(p)
	if name := p.text("resourceName"); name != "" {
		shown[last] = map[string]any{"displayName": name}
	}
}

// inner is an object within an object, made when it is not there.
func inner(object map[string]any, name string) map[string]any {
	if there, is := object[name].(map[string]any); is {
		return there
	}
	made := map[string]any{}
	object[name] = made
	return made
}

// keyed are the parameters of a name by their keys.
func (m *conversion) keyed(name string) map[string]any {
	values := map[string]any{}
	for _, p := range m.Parameters {
		if p.text("name") == name {
			values[p.text("key")] = m.value(p)
		}
	}
	return values
}

// namespacePath is the path that a name within a namespace of the older export stands for.
func namespacePath(namespace, name string) (string, bool) {
	switch namespace {
	case "User Defined":
		return path{"Attributes", name}.String(), true
	case "Lex.Slots", "Lex.SessionAttributes":
		return append(path(strings.Split(namespace, ".")), name).String(), true
	case "Media streams":
		namespace = "MediaStreams"
	case "System":
		switch name {
		case "Customer Number":
			return "$.CustomerEndpoint.Address", true
		case "Dialed Number":
			return "$.SystemEndpoint.Address", true
		case "Stored customer input":
			return "$.StoredCustomerInput", true
		case "Text to speech voice":
			return "$.TextToSpeechVoiceId", true
		case "Customer callback number":
			return "", true // no path leads to it
		}
		return wholePath("$." + name)
	}
	if converted, ok := wholePath("$." + namespace + "." + name); ok {
		return converted, true
	}
	p := append(path(strings.Split(namespace, ".")), name)
	return p.String(), isRoot(p[0])
}

// wholePath reports whether a text is a path from its beginning to its end.
func wholePath(text string) (string, bool) {
	p, end := readPath(text, 0)
	return text, len(p) > 0 && end == len(text) && isRoot(p[0])
}
