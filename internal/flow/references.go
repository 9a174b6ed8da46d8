package flow

import (
	"encoding/json"
	"strconv"
	"strings"
)

// ResourceKind says what kind of thing a flow names.
type ResourceKind string

// Kinds of resources.
const (
	QueueResource    ResourceKind = "queue"
	AgentResource    ResourceKind = "agent"
	FlowResource     ResourceKind = "flow"
	ModuleResource   ResourceKind = "module"
	FunctionResource ResourceKind = "function"
	BotResource      ResourceKind = "bot"
	HoursResource    ResourceKind = "hours"
	ViewResource     ResourceKind = "view"
	PromptResource   ResourceKind = "prompt"
)

// Resource is something outside a flow that an action of it names.
type Resource struct {
	Kind ResourceKind `json:"kind"`
	// Value is what the flow says: an ARN, an id, a name, a placeholder of a template. It is empty
	// where the export has the shown name only.
	Value string `json:"value"`
	// Shown is the name that the designer keeps beside it, empty where there is none.
	Shown string `json:"shown,omitempty"`
	// Action is the identifier of the action.
	Action string `json:"action"`
}

// References are the resources that the actions of a flow name, in the order of the document. What a
// path names is found when the flow runs, and is not among them.
func References(s Source) []Resource {
	var all []Resource
	for i := range s.Document.Actions {
		a := &s.Document.Actions[i]
		for _, f := range named(a, s.Document.Metadata.ActionMetadata[a.Identifier].Members) {
			if f.Value != "" || f.Shown != "" {
				all = append(all, f.Resource)
			}
		}
	}
	return all
}

// slot is a place for a resource in the parameters of an action, whatever the action's type: the
// path of the parameter, in which * is any member or element, and the places in the action's
// metadata where older exports have the display name. Seen in exports; no page documents them.
type slot struct {
	parameter string
	kind      ResourceKind
	shown     []string
}

func slots() []slot {
	return []slot{
		{"QueueId", QueueResource, []string{"queue.text"}},
		{"AgentId", AgentResource, []string{"queue.text"}},
		{"ContactFlowId", FlowResource, []string{"ContactFlow.text", "contactFlow.text"}},
		{"EventHooks.*", FlowResource, []string{"contactFlow.text", "ContactFlow.text"}},
		{"FlowModuleId", ModuleResource, []string{"contactFlowModuleName"}},
		{"LambdaFunctionARN", FunctionResource, nil},
		{"ChatProcessor.LambdaProcessorARN", FunctionResource, nil},
		{"LexV2Bot.AliasArn", BotResource, []string{"lexV2BotName"}},
		{"LexBot.Name", BotResource, nil},
		{"HoursOfOperationId", HoursResource, []string{"Hours.text"}},
		{"ViewResource.Id", ViewResource, nil},
		{"PromptId", PromptResource, []string{"promptName", "audio.0.text"}},
		{"Messages.*.PromptId", PromptResource, []string{"audio.*.text"}},
	}
}

// filled is a slot with what stands in it.
type filled struct {
	Resource
	parameter string
}

// named are the resources that an action names by a literal, and its empty slots.
func named(a *Action, metadata map[string]json.RawMessage) []filled {
	var all []filled
	for _, s := range slots() {
		walk(a.Parameters, strings.Split(s.parameter, "."), nil, func(at []string, v any) {
			text, is := v.(string)
			if v != nil && !is {
				return
			}
			if parts, _ := split(text); len(parts) > 1 || parts[0].path != nil {
				return
			}
			all = append(all, filled{
				Resource:  Resource{Kind: s.kind, Value: text, Shown: shownName(metadata, at, s.shown), Action: a.Identifier},
				parameter: strings.Join(at, "."),
			})
		})
	}
	return all
}

// walk calls a function with each value at a path below another, and where it is.
func walk(v any, path, at []string, found func(at []string, v any)) {
	if len(path) == 0 {
		found(at, v)
		return
	}
	step := func(name string, inner any) { walk(inner, path[1:], append(at[:len(at):len(at)], name), found) }
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			if path[0] == "*" || path[0] == name {
				step(name, v[name])
			}
		}
	case []any:
		for i, inner := range v {
			if path[0] == "*" {
				step(strconv.Itoa(i), inner)
			}
		}
	}
}

// shownName is the name that the designer keeps for the resource in a parameter: what is left to go
// by when the id is that of another instance.
func shownName(metadata map[string]json.RawMessage, parameter, older []string) string {
	if len(metadata) == 0 {
		return ""
	}
	places := [][]string{append(append([]string{"parameters"}, parameter...), "displayName")}
	for _, place := range older {
		names := strings.Split(place, ".")
		for i := range names {
			if names[i] == "*" && len(parameter) > 1 {
				names[i] = parameter[1] // the same element
			}
		}
		places = append(places, names)
	}
	for _, place := range places {
		var v any
		if json.Unmarshal(metadata[place[0]], &v) != nil {
			continue
		}
		if text, ok := descend(v, place[1:]).(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// shown is the name that the designer keeps for the resource that an action is about.
func (p *Program) shown(action string) string {
	at, ok := p.index[action]
	if !ok {
		return ""
	}
	for _, f := range named(&p.source.Document.Actions[at], p.source.Document.Metadata.ActionMetadata[action].Members) {
		if f.Shown != "" {
			return f.Shown
		}
	}
	return ""
}
