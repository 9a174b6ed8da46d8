package flowcheck

import (
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
)

// set is what flows that belong together say of each other.
type set struct {
	// attributes are the keys of contact attributes that any of the flows sets. A star stands for what
	// a path in a key gives.
	attributes []string
	// hooked are the kinds of flows by the names under which hooks name them.
	hooked map[string]flow.Kind
}

// hooks are the kinds of the flows that hooks name.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/contact-actions-updatecontacteventhooks.html
func hooks() map[string]flow.Kind {
	return map[string]flow.Kind{
		"CustomerQueue": flow.CustomerQueue, "CustomerWhisper": flow.CustomerWhisper, "AgentWhisper": flow.AgentWhisper,
		"CustomerHold": flow.CustomerHold, "AgentHold": flow.AgentHold, "CustomerRemaining": flow.Inbound,
		"DefaultAgentUI": flow.Inbound, "DisconnectAgentUI": flow.Inbound, "PauseContact": flow.Inbound, "ResumeContact": flow.Inbound,
	}
}

// gather finds what flows say of each other: which attributes are set anywhere, and which flows are run by
// a hook, by any of the names that a flow goes by.
func gather(files []File) *set {
	all := &set{hooked: map[string]flow.Kind{}}
	known := hooks()
	for _, file := range files {
		for _, p := range file.Programs {
			s := p.Source()
			shown := map[string]string{}
			for _, ref := range flow.References(s) {
				shown[ref.Action+"/"+ref.Value] = ref.Shown
			}
			for i := range s.Document.Actions {
				a := &s.Document.Actions[i]
				for key := range object(a, "Attributes") {
					if a.Type == "UpdateContactAttributes" {
						all.attributes = append(all.attributes, pattern(key))
					}
				}
				for hook, v := range object(a, "EventHooks") {
					text, _ := v.(string)
					for _, name := range []string{text, text[strings.LastIndexByte(text, '/')+1:], shown[a.Identifier+"/"+text]} {
						if kind, is := known[hook]; is && name != "" {
							all.hooked[name] = kind
						}
					}
				}
			}
		}
	}
	return all
}

// kind is the type of a flow: what its file says, what a hook of another flow makes it, or, no longer
// certain, an inbound flow.
func (s *set) kind(p *flow.Program) (kind flow.Kind, certain bool) {
	source := p.Source()
	if source.Kind != "" {
		return source.Kind, true
	}
	if isModule(p) {
		return flow.Module, true
	}
	for _, name := range []string{source.ID, source.ARN, source.Name, source.Document.Metadata.Name, source.Logical} {
		if kind, is := s.hooked[name]; is && name != "" {
			return kind, true
		}
	}
	return flow.Inbound, false
}

// isModule reports whether a flow is a module by what it says or by how it ends.
func isModule(p *flow.Program) bool {
	return p.Kind() == flow.Module || strings.HasSuffix(strings.ToLower(p.Source().Document.Metadata.Type), "module")
}

// sets reports whether any of the flows may set a contact attribute.
func (s *set) sets(name string) bool {
	return slices.ContainsFunc(s.attributes, func(p string) bool { return matches(p, name) })
}

// pattern is a key in which a star stands for each path.
func pattern(key string) string {
	paths, whole := flow.Paths(key)
	if whole {
		return "*"
	}
	if len(paths) == 0 {
		return key
	}
	return key[:strings.IndexByte(key, '$')] + "*" // what follows cannot be told from the path
}

// matches reports whether a name fits a pattern that may end in a star.
func matches(pattern, name string) bool {
	prefix, open := strings.CutSuffix(pattern, "*")
	return pattern == name || open && strings.HasPrefix(name, prefix)
}

// object is a parameter that is an object, and nil for any other.
func object(a *flow.Action, name string) map[string]any {
	members, _ := a.Parameters[name].(map[string]any)
	return members
}

// customerName is the contact attribute that chat widgets start their chats with.
//
// Source: https://github.com/amazon-connect/amazon-connect-chat-interface
const customerName = "customerName"

// unset reports what is read and set by nobody: contact attributes in none of the flows, flow
// attributes and results of functions in the flow itself, which are gone with it.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/connect-attrib-list.html
func unset(i *inspection) {
	own := map[string][]string{}
	calls := i.kind == flow.Module // a module's first block may be called with anything
	for n := range i.source.Document.Actions {
		a := &i.source.Document.Actions[n]
		for key := range object(a, "FlowAttributes") {
			own["FlowAttributes"] = append(own["FlowAttributes"], pattern(key))
		}
		calls = calls || a.Type == "InvokeLambdaFunction"
	}
	told := map[string]bool{}
	for n := range i.source.Document.Actions {
		a := &i.source.Document.Actions[n]
		if a.Type == "Compare" {
			continue // it asks whether there is one
		}
		reads(a, func(path []string) {
			root, name := path[0], ""
			if len(path) > 1 {
				name = path[1]
			}
			if key := root + "." + name; told[key] {
				return
			} else if root == "Attributes" || root == "FlowAttributes" || root == "External" {
				told[key] = true // once a flow, at the first block that reads it
			}
			switch {
			case root == "Attributes" && name != "" && name != customerName && !i.set.sets(name):
				i.tell(a, "set it with UpdateContactAttributes, or have whoever starts the chat give it",
					"$.Attributes.%s is read here, and no flow that was checked sets it: it is empty unless the chat is started with it", name)
			case root == "FlowAttributes" && name != "" && !slices.ContainsFunc(own[root], func(p string) bool { return matches(p, name) }):
				i.tell(a, "set it with UpdateFlowAttributes in this flow",
					"$.FlowAttributes.%s is read here, and nothing in this flow sets it: it is always empty, because other flows have flow attributes of their own", name)
			case root == "External" && !calls:
				i.tell(a, "call the function in this flow, or keep its result in a contact attribute",
					"$.External is read here, and this flow calls no function: it is always empty, because the result of a function ends with its flow")
			}
		})
	}
}

// reads calls a function with each path that an action reads, in the order of the parameters' names.
func reads(a *flow.Action, read func(path []string)) {
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case string:
			paths, _ := flow.Paths(v)
			for _, p := range paths {
				read(p)
			}
		case map[string]any:
			for _, key := range sortedKeys(v) {
				visit(key)
				visit(v[key])
			}
		case []any:
			for _, item := range v {
				visit(item)
			}
		}
	}
	visit(a.Parameters)
	for _, c := range a.Transitions.Conditions {
		visit(c.Condition.Operands)
	}
}
