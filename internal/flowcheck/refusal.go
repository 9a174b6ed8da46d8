package flowcheck

import (
	"maps"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
)

// emptyTexts reports empty texts in parameters, however deep, and in operands.
func emptyTexts(i *inspection, a *flow.Action) {
	var visit func(v any, at string)
	visit = func(v any, at string) {
		switch v := v.(type) {
		case string:
			if v == "" {
				i.tell(a, "", "%s is an empty text", at)
			}
		case map[string]any:
			for _, key := range sortedKeys(v) {
				visit(v[key], at+"."+key)
			}
		case []any:
			for _, item := range v {
				visit(item, at+"[]")
			}
		}
	}
	for _, name := range sortedKeys(a.Parameters) {
		visit(a.Parameters[name], name)
	}
	for _, c := range a.Transitions.Conditions {
		visit(c.Condition.Operands, "the operand of "+c.Condition.Operator)
	}
}

// comparison reports a Compare whose value is not one path to a value: a literal, a text with more
// than a path, or a root that holds other values.
func comparison(i *inspection, a *flow.Action) {
	text, is := a.Parameters["ComparisonValue"].(string)
	if a.Type != "Compare" || !is || text == "" {
		return
	}
	scalars := []string{
		"AwsRegion", "Channel", "ContactId", "CustomerId", "Description", "InitialContactId", "InitiationMethod", "InstanceARN", "LanguageCode",
		"Name", "PreviousContactId", "RelatedContactId", "StoredCustomerInput", "TextToSpeechVoiceId",
	}
	switch found, whole := flow.Paths(text); {
	case !whole:
		i.tell(a, "", "the value to compare, %q, is not one path", text)
	case len(found[0]) == 1 && !slices.Contains(scalars, found[0][0]):
		i.tell(a, "name a value below it, such as $."+found[0][0]+".name", "the value to compare, %s, is no value of its own", text)
	}
}

// flat are the keys of flow attributes that stand without the object around their values.
func flat(a *flow.Action) []string {
	if a.Type != "UpdateFlowAttributes" {
		return nil
	}
	var keys []string
	members := object(a, "FlowAttributes")
	for _, key := range sortedKeys(members) {
		if _, is := members[key].(map[string]any); !is {
			keys = append(keys, key)
		}
	}
	return keys
}

func flatAttributes(i *inspection, a *flow.Action) {
	for _, key := range flat(a) {
		i.tell(a, "", "the value of the flow attribute %s stands without the object around it", key)
	}
}

// contactData reports an UpdateContactData that sets nothing, or what it may not set although its
// page lists it. Here it sets the references nevertheless.
func contactData(i *inspection, a *flow.Action) {
	if a.Type != "UpdateContactData" {
		return
	}
	members := maps.Clone(a.Parameters)
	delete(members, "TargetContact")
	if len(members) == 0 {
		i.tell(a, "name what it sets, such as LanguageCode, or take the block away", "nothing is set")
	}
	for _, name := range []string{"References", "SegmentAttributes"} {
		if members[name] != nil {
			i.tell(a, "keep it in contact attributes", "%s is refused when a flow is published, although the documentation of this block names references", name)
		}
	}
}

// contextVariables reports more variables than an application takes.
func contextVariables(i *inspection, a *flow.Action) {
	const most = 10
	in, _ := a.Parameters["AgentConfiguration"].(map[string]any)
	if set, _ := in["ContextVariables"].(map[string]any); len(set) > most {
		i.tell(a, "pass fewer variables", "there are %d context variables, and an application takes at most %d", len(set), most)
	}
}

// tags reports more tags than a contact can have, and none at all.
func tags(i *inspection, a *flow.Action) {
	const most = 6
	set, isSet := a.Parameters["Tags"].(map[string]any)
	keys, isKeys := a.Parameters["TagKeys"].([]any)
	switch {
	case a.Type == "TagContact" && len(set) > most:
		i.tell(a, "set fewer tags", "there are %d tags, and a contact has at most %d", len(set), most)
	case a.Type == "TagContact" && isSet && len(set) == 0:
		i.tell(a, "name a tag, or take the block away", "Tags is empty")
	case strings.EqualFold(a.Type, "UntagContact") && isKeys && len(keys) == 0:
		i.tell(a, "name a tag, or take the block away", "TagKeys is empty")
	}
}

// parameterNames reports a parameter that is documented under one name and taken under another.
func parameterNames(i *inspection, a *flow.Action) {
	if a.Type == "Wait" && a.Parameters["TimeoutSeconds"] != nil {
		i.tell(a, "", "the time limit stands in TimeoutSeconds, as an older page says: the parameter is TimeLimitSeconds")
	}
}

// events reports events that a Wait cannot wait for.
func events(i *inspection, a *flow.Action) {
	if a.Type != "Wait" {
		return
	}
	for _, event := range texts(a.Parameters["Events"]) {
		if event != "CustomerReturned" && event != "BotParticipantDisconnected" && event != "" {
			i.tell(a, "", "a Wait knows no event %q", event)
		}
	}
}

// waitInside reports a Wait to which the flow comes while it runs beside another Wait.
func waitInside(i *inspection, a *flow.Action) {
	if a.Type != "Wait" || !isTrue(a.Parameters["ContinueExecution"]) {
		return
	}
	at := map[string]*flow.Action{}
	for n := range i.source.Document.Actions {
		at[i.source.Document.Actions[n].Identifier] = &i.source.Document.Actions[n]
	}
	passed := map[string]bool{a.Identifier: true} // coming back to it ends the branch
	var visit func(id string)
	visit = func(id string) {
		next := at[id]
		if next == nil || passed[id] {
			return
		}
		if passed[id] = true; next.Type == "Wait" {
			i.tell(next, "", "the flow comes to it while it runs beside the Wait %q, and waits for one at a time", a.Identifier)
			return
		}
		for _, b := range next.Transitions.Branches() {
			if b.Error == "" {
				visit(b.To)
			}
		}
	}
	for _, b := range a.Transitions.Branches() {
		if b.Operand == "Continue" {
			visit(b.To)
		}
	}
}

// hookNames reports hooks that do not exist, and more than one.
func hookNames(i *inspection, a *flow.Action) {
	members := object(a, "EventHooks")
	if a.Type != "UpdateContactEventHooks" {
		return
	}
	if len(members) > 1 {
		i.tell(a, "give each hook a block of its own", "there are %d hooks, and a block sets one", len(members))
	}
	known := hooks()
	for _, name := range sortedKeys(members) {
		if known[name] == "" {
			i.tell(a, "the hooks are "+list(sortedKeys(known), "and"), "there is no hook %s", name)
		}
	}
}

// identifiers reports identifiers with characters that are not allowed, and the names of members that
// every object of JavaScript has.
func identifiers(i *inspection, a *flow.Action) {
	names := []string{
		"__proto__", "constructor", "__defineGetter__", "__defineSetter__", "toString", "hasOwnProperty", "isPrototypeOf",
		"propertyIsEnumerable", "toLocaleString", "valueOf",
	}
	if at := strings.IndexAny(a.Identifier, `%:(\/)=$,;[]{}`); at >= 0 {
		i.tell(a, "", "the Identifier has the character %c", a.Identifier[at])
	} else if slices.Contains(names, a.Identifier) {
		i.tell(a, "", "%s cannot be an Identifier", a.Identifier)
	}
}

// noParameters reports an action without the member Parameters.
func noParameters(i *inspection, a *flow.Action) {
	if a.Parameters == nil {
		i.tell(a, "", "the member Parameters is missing")
	}
}

// settings reports a module without Settings, and a flow with them.
func settings(i *inspection) {
	there := i.source.Document.Settings != nil
	switch {
	case i.kind == flow.Module && !there:
		i.tell(nil, `add "Settings": {"InputParameters": [], "OutputParameters": [], "Transitions": []}, which the flow designer exports`, "this is a flow module, and Settings is missing")
	case i.kind != flow.Module && there:
		i.tell(nil, "take Settings away", "this is a flow of the type %s, and Settings is for flow modules", i.kind)
	}
}

// results reports a module's result that its Settings do not name.
func results(i *inspection, a *flow.Action) {
	name := textOf(a.Parameters["Result"])
	if declared := i.declared(); a.Type == "EndFlowModuleExecution" && name != "" && len(declared) > 0 && !slices.Contains(declared, name) {
		i.tell(a, "", "the module returns %q, and declares %s only", name, list(declared, "and"))
	}
}
