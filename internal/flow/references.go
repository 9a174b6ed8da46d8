package flow

import (
	"encoding/json"
	"slices"
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
	// ApplicationResource is an application of Agentic CX Designer.
	ApplicationResource ResourceKind = "application"
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
	places := slots()
	for i := range s.Document.Actions {
		a := &s.Document.Actions[i]
		for _, f := range named(a, places) {
			shown := f.shown(s.Document.Metadata.ActionMetadata[a.Identifier].Members)
			if f.value != "" || shown != "" {
				all = append(all, Resource{Kind: f.kind, Value: f.value, Shown: shown, Action: a.Identifier})
			}
		}
	}
	return all
}

// slot is a parameter that names a resource, whatever the action's type: its path, in which * is any member or
// element, and the places in the action's metadata where older exports keep the name that the designer shows
// for it. Seen in exports; no page documents them.
type slot struct {
	parameter []string
	kind      ResourceKind
	older     [][]string
}

// slots are all of them.
func slots() []slot {
	place := func(parameter string, kind ResourceKind, older ...string) slot {
		s := slot{parameter: strings.Split(parameter, "."), kind: kind}
		for _, path := range older {
			s.older = append(s.older, strings.Split(path, "."))
		}
		return s
	}
	return []slot{
		place("QueueId", QueueResource, "queue.text"),
		place("AgentId", AgentResource, "queue.text"),
		place("ContactFlowId", FlowResource, "ContactFlow.text", "contactFlow.text"),
		place("EventHooks.*", FlowResource, "contactFlow.text", "ContactFlow.text"),
		place("FlowModuleId", ModuleResource, "contactFlowModuleName"),
		place("LambdaFunctionARN", FunctionResource),
		place("ChatProcessor.LambdaProcessorARN", FunctionResource),
		place("LexV2Bot.AliasArn", BotResource, "lexV2BotName"),
		place("LexBot.Name", BotResource),
		place("AgentConfiguration.ApplicationId", ApplicationResource),
		place("HoursOfOperationId", HoursResource, "Hours.text"),
		place("ViewResource.Id", ViewResource),
		place("PromptId", PromptResource, "promptName", "audio.0.text"),
		place("Messages.*.PromptId", PromptResource, "audio.*.text"),
	}
}

// filled is a slot with what stands in it: a literal, or nothing.
type filled struct {
	slot
	value string
	at    []string // its parameter's path
}

// named are the slots of an action that hold no path.
func named(a *Action, places []slot) []filled {
	var all []filled
	for _, s := range places {
		if _, there := a.Parameters[s.parameter[0]]; !there {
			continue
		}
		walk(a.Parameters, s.parameter, nil, func(at []string, v any) {
			text, is := v.(string)
			if v != nil && !is {
				return
			}
			if parts, _ := split(text); len(parts) > 1 || parts[0].path != nil {
				return
			}
			all = append(all, filled{slot: s, value: text, at: at})
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
	step := func(name string, inner any) { walk(inner, path[1:], append(slices.Clip(at), name), found) }
	switch v := v.(type) {
	case map[string]any:
		if inner, there := v[path[0]]; there {
			step(path[0], inner)
		} else if path[0] == "*" {
			for _, name := range sortedKeys(v) {
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

// shown is the name that the designer keeps for the resource: what is left to go by when the id is
// that of another instance.
func (f *filled) shown(metadata map[string]json.RawMessage) string {
	if len(metadata) == 0 {
		return ""
	}
	places := [][]string{append(append([]string{"parameters"}, f.at...), "displayName")}
	for _, names := range f.older {
		names = slices.Clone(names)
		for i := range names {
			if names[i] == "*" && len(f.at) > 1 {
				names[i] = f.at[1] // the same element
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

// shownBy is the name that the designer keeps for the resource that an action is about.
func shownBy(d *Document, a *Action, places []slot) string {
	metadata := d.Metadata.ActionMetadata[a.Identifier].Members
	if len(metadata) == 0 {
		return ""
	}
	for _, f := range named(a, places) {
		if name := f.shown(metadata); name != "" {
			return name
		}
	}
	return ""
}
