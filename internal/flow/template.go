package flow

import (
	"encoding/json"
	"fmt"
	"strings"
)

// template reads the resources of a CloudFormation template, as people, SAM and the CDK write it.
//
// Source: "AWS::Connect::ContactFlow" and "AWS::Connect::ContactFlowModule" in the template reference
// of AWS CloudFormation, and its "Intrinsic function reference".
func (r *reader) template(resources json.RawMessage) {
	var byID map[string]json.RawMessage
	_ = json.Unmarshal(resources, &byID) // valid, and an object
	found := false
	for _, id := range sortedKeys(byID) {
		var res struct {
			Type       string
			Properties map[string]any
		}
		_ = json.Unmarshal(byID[id], &res) // what is no resource has no type
		module := res.Type == "AWS::Connect::ContactFlowModule"
		if module || res.Type == "AWS::Connect::ContactFlow" {
			found = true
			r.templateFlow(id, res.Properties, module)
		}
	}
	if !found {
		r.broken("no-flow", "the template has no AWS::Connect::ContactFlow and no AWS::Connect::ContactFlowModule", "take the template that declares the flows")
	}
}

// templateFlow reads one flow of a template.
func (r *reader) templateFlow(id string, properties map[string]any, module bool) {
	at := place{source: Source{File: r.file, Logical: id}, member: "Resources." + id + ".Properties.Content", depth: 1}
	name, _ := joined(properties["Name"], "")
	kind, _ := joined(properties["Type"], "")
	at.source.describe(&resource{Name: name, Type: kind})
	if module {
		at.source.Kind = Module
	}
	content, there := properties["Content"]
	if !there {
		r.refuse(at, "no-content", "the resource has no Content", "declare the flow's content")
		return
	}
	if object, is := content.(map[string]any); is && function(object) == "" {
		content = map[string]any{"Fn::ToJsonString": object}
	}
	text, problem := joined(content, at.member)
	if problem != nil {
		at.member = problem.member
		r.refuse(at, "cannot-join", problem.text, "take the flow from the instance with aws connect describe-contact-flow, or write its content into a file of its own")
		return
	}
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		r.refuse(at, "cannot-join", fmt.Sprintf("the content stands elsewhere: %.60q", text), "write the flow's content into a file of its own")
		return
	}
	r.read([]byte(text), at)
}

// Logical returns the logical id that a reference within a template names: Main for ${Main} and for
// ${Main.ContactFlowArn}. It is empty for anything else.
func Logical(reference string) string {
	name, ok := strings.CutPrefix(reference, "${")
	if !ok {
		return ""
	}
	name, ok = strings.CutSuffix(name, "}")
	if !ok || strings.ContainsAny(name, "${}") {
		return ""
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

// unjoinable is a member of a template that has no text before it is deployed.
type unjoinable struct{ member, text string }

// function is the name of the intrinsic function that an object of a template is, and empty for any
// other object.
func function(object map[string]any) string {
	if len(object) == 1 {
		for name := range object {
			if name == "Ref" || strings.HasPrefix(name, "Fn::") {
				return name
			}
		}
	}
	return ""
}

// joined is the text that a value of a template becomes. What only a deployment knows stays in it as
// a name, ${Name.Arn}, which Fn::Sub would write for it.
func joined(v any, member string) (string, *unjoinable) {
	object, is := v.(map[string]any)
	if !is {
		if _, list := v.([]any); list {
			return "", &unjoinable{member, "a list has no text"}
		}
		return Text(v), nil
	}
	name := function(object)
	argument := object[name]
	member = joinMember(member, name)
	switch name {
	case "Ref":
		return "${" + Text(argument) + "}", nil
	case "Fn::GetAtt":
		return attribute(argument, member)
	case "Fn::ImportValue":
		text, problem := joined(argument, member)
		return "${" + text + "}", problem
	case "Fn::Sub":
		return substituted(argument, member)
	case "Fn::Join":
		return joinedList(argument, member)
	case "Fn::ToJsonString":
		plain, problem := resolved(argument, member)
		if problem != nil {
			return "", problem
		}
		return Text(plain), nil
	case "":
		return "", &unjoinable{member, "an object has no text"}
	}
	return "", &unjoinable{member, name + " is known only when the template is deployed"}
}

// attribute is the name of a resource's attribute: of "Name.Arn", or of a list of both.
func attribute(argument any, member string) (string, *unjoinable) {
	if list, is := argument.([]any); is && len(list) == 2 {
		name, problem := joined(list[1], member)
		return "${" + Text(list[0]) + "." + name + "}", problem
	}
	if text, is := argument.(string); is {
		return "${" + text + "}", nil
	}
	return "", &unjoinable{member, "a name and an attribute belong here"}
}

// joinedList is Fn::Join: a separator, and the texts between which it stands.
func joinedList(argument any, member string) (string, *unjoinable) {
	pair, _ := argument.([]any)
	if len(pair) != 2 {
		return "", &unjoinable{member, "a separator and a list belong here"}
	}
	separator, isText := pair[0].(string)
	list, isList := pair[1].([]any)
	if !isText || !isList {
		return "", &unjoinable{member, "a separator and a list belong here"}
	}
	texts := make([]string, len(list))
	for i, item := range list {
		text, problem := joined(item, fmt.Sprintf("%s[1][%d]", member, i))
		if problem != nil {
			return "", problem
		}
		texts[i] = text
	}
	return strings.Join(texts, separator), nil
}

// substituted is Fn::Sub: a text, or a text with the values of some of its names. Other names stay;
// ${!Literal} is how a template writes ${Literal}.
func substituted(argument any, member string) (string, *unjoinable) {
	text, ok := argument.(string)
	values := map[string]string{}
	if list, is := argument.([]any); is && len(list) == 2 {
		text, ok = list[0].(string)
		given, _ := list[1].(map[string]any)
		for _, name := range sortedKeys(given) {
			value, problem := joined(given[name], fmt.Sprintf("%s[1].%s", member, name))
			if problem != nil {
				return "", problem
			}
			values[name] = value
		}
	} else if is && len(list) == 1 {
		text, ok = list[0].(string)
	}
	if !ok {
		return "", &unjoinable{member, "a text belongs here"}
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			b.WriteString("${" + after)
			return b.String(), nil
		}
		if value, given := values[strings.TrimSpace(name)]; given {
			b.WriteString(value)
		} else {
			b.WriteString("${" + strings.TrimPrefix(name, "!") + "}")
		}
		text = rest
	}
}

// resolved is a value of a template with the functions in it replaced by their texts.
func resolved(v any, member string) (any, *unjoinable) {
	switch v := v.(type) {
	case map[string]any:
		if function(v) != "" {
			return joined(v, member)
		}
		object := make(map[string]any, len(v))
		for _, name := range sortedKeys(v) {
			value, problem := resolved(v[name], joinMember(member, name))
			if problem != nil {
				return nil, problem
			}
			object[name] = value
		}
		return object, nil
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			value, problem := resolved(item, fmt.Sprintf("%s[%d]", member, i))
			if problem != nil {
				return nil, problem
			}
			list[i] = value
		}
		return list, nil
	}
	return v, nil
}
