package flowcheck

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/flow"
)

// demand is what Amazon Connect demands of the actions of a type.
type demand struct {
	// page is the type's own documentation.
	page string
	// needs are parameters that must be there; of "A|B" exactly one, of "A+B" at least one.
	needs []string
	// errors and conditions are the branches that must be there.
	errors, conditions []string
	// flows are the types of flows that may have it; none means all. Modules are no matter of it.
	flows []flow.Kind
	// static are parameters that hold no path, whole those that are one path or none.
	static, whole []string
	// numbers are the least and the greatest value of a parameter, or of a member of one: "A.B".
	numbers map[string][2]float64
	// last says that nothing follows the action.
	last bool
	// next is the branch that the designer repeats in NextAction, which the action never takes itself.
	next string
}

const (
	noMatch, noCondition = "NoMatchingError", "NoMatchingCondition"
	reference            = "https://docs.aws.amazon.com/connect/latest/APIReference/"
	guide                = "https://docs.aws.amazon.com/connect/latest/adminguide/"
	prompt               = "Text|SSML|PromptId|Media"
	either               = "QueueId|AgentId"
)

// missingParameters reports parameters without which an action is refused.
func missingParameters(i *inspection, a *flow.Action) {
	d := i.demands[a.Type]
	for _, need := range d.needs {
		names, exact := strings.Split(need, "|"), true
		if one := strings.Split(need, "+"); len(one) > 1 {
			names, exact = one, false
		}
		there := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return a.Parameters[name] == nil })
		switch {
		case len(there) == 0:
			i.tell(a, "", "%s is missing", list(names, "or"))
		case exact && len(there) > 1:
			i.tell(a, "keep one of them", "%s are there: Amazon Connect takes one of them", list(there, "and"))
		}
	}
	if a.Type == "Wait" && a.Parameters["TimeLimitSeconds"] == nil && a.Parameters["TimeoutSeconds"] == nil && a.Parameters["ContinueExecution"] == nil {
		i.tell(a, "", "TimeLimitSeconds is missing")
	}
	if a.Type == "Loop" && len(a.Parameters) == 0 {
		i.tell(a, "", "LoopCount is missing")
	}
}

// missingBranches reports branches without which an action is refused.
func missingBranches(i *inspection, a *flow.Action) {
	errors, conditions := i.branches(a)
	for _, want := range errors {
		if !catches(a, want) {
			i.tell(a, "", "there is no branch for the error %s", want)
		}
	}
	for _, want := range conditions {
		switch {
		case want == "" && len(a.Transitions.Conditions) == 0:
			i.tell(a, "", "there is no condition")
		case want != "" && !compares(a, want):
			i.tell(a, "", "there is no branch for the result %s", want)
		}
	}
}

// branches are the errors and the results that an action must have a branch for, which some types
// make depend on their parameters.
func (i *inspection) branches(a *flow.Action) (errors, conditions []string) {
	d := i.demands[a.Type]
	errors, conditions = d.errors, d.conditions
	switch a.Type {
	case "GetParticipantInput":
		errors = []string{noMatch}
		if isMenu(a) {
			errors = []string{"InputTimeLimitExceeded", noCondition, noMatch}
		}
		if object(a, "InputValidation")["PhoneNumberValidation"] != nil {
			errors = append(errors, "InvalidPhoneNumber")
		}
	case "UpdateContactRecordingAndAnalyticsBehavior":
		if a.Parameters["ChatBehavior"] != nil {
			errors = append(slices.Clone(errors), "InFlightRedactionConfigurationFailed")
		}
	case "Wait":
		conditions = append(slices.Clone(conditions), texts(a.Parameters["Events"])...)
		if slices.Contains(conditions, "BotParticipantDisconnected") {
			errors = append(slices.Clone(errors), "ParticipantNotFound")
		}
	}
	return errors, conditions
}

// isMenu reports whether an action takes one key and compares it, and does not store what was typed.
func isMenu(a *flow.Action) bool {
	return !isTrue(a.Parameters["StoreInput"]) && a.Parameters["EnableDTMFBuffer"] == nil
}

// superfluous are the errors that an action must not have a branch for.
func superfluous(a *flow.Action) []string {
	switch {
	case a.Type == "UpdateContactRecordingBehavior" || a.Type == "UpdateContactRoutingBehavior":
		return []string{noMatch}
	case a.Type == "GetParticipantInput" && isTrue(a.Parameters["StoreInput"]):
		return []string{"InputTimeLimitExceeded"}
	case a.Type == "UpdateContactRecordingAndAnalyticsBehavior" && a.Parameters["VoiceBehavior"] != nil:
		return []string{"InFlightRedactionConfigurationFailed"}
	}
	return nil
}

func superfluousBranches(i *inspection, a *flow.Action) {
	for _, name := range superfluous(a) {
		if catches(a, name) {
			i.tell(a, "", "there is a branch for the error %s, which this block does not have", name)
		}
	}
}

// misplaced reports an action in a flow of a type that does not allow it.
func misplaced(i *inspection, a *flow.Action) {
	d := i.demands[a.Type]
	if len(d.flows) == 0 || slices.Contains(d.flows, i.kind) {
		return
	}
	if i.kind == flow.Module && a.Type != "EndFlowExecution" {
		return // a module has what the flow that calls it may have
	}
	remedy := ""
	switch a.Type {
	case "EndFlowExecution":
		remedy = "end this flow with DisconnectParticipant"
		if i.kind == flow.Module {
			remedy = "end a module with EndFlowModuleExecution"
		}
	case "DisconnectParticipant":
		remedy = "end this flow with EndFlowExecution"
	}
	if i.certain {
		i.tell(a, remedy, "%s is not allowed in a flow of the type %s", a.Type, i.kind)
		return
	}
	kinds := make([]string, 0, len(d.flows))
	for _, k := range d.flows {
		kinds = append(kinds, string(k))
	}
	i.tell(a, "say the type in Metadata.type if it is one of them", "%s is allowed in flows of the type %s only, and nothing says that this is one", a.Type, list(kinds, "or"))
	i.found[len(i.found)-1].Level = flow.Doubtful
}

// unfollowed reports an action that nothing follows. Looped prompts go on by themselves, and AWS's own
// queue flow has them without.
func unfollowed(i *inspection, a *flow.Action) {
	d, known := i.demands[a.Type]
	t := &a.Transitions
	switch {
	case d.last && (t.NextAction != "" || len(t.Errors)+len(t.Conditions) > 0):
		i.tell(a, "take its transitions away", "nothing follows a block that ends the flow, and this one has transitions")
	case d.last || !known || a.Type == "MessageParticipantIteratively" || t.NextAction != "" && t.NextAction != "$end":
	case d.next != "":
		i.tell(a, "name the block that "+d.next+" leads to, as the designer does", "there is no NextAction, which a %s must have although it never takes it", a.Type)
	default:
		i.tell(a, "", "there is no NextAction")
	}
}

// paths reports parameters with a path where none may stand, or where it must stand alone.
func paths(i *inspection, a *flow.Action) {
	d := i.demands[a.Type]
	for _, name := range d.static {
		if found := false; a.Parameters[name] != nil {
			reads(&flow.Action{Parameters: map[string]any{name: a.Parameters[name]}}, func([]string) { found = true })
			if found {
				i.tell(a, "write the value itself", "%s holds a path, and must be known beforehand", name)
			}
		}
	}
	for _, name := range d.whole {
		text, _ := a.Parameters[name].(string)
		if found, whole := flow.Paths(text); len(found) > 0 && !whole {
			i.tell(a, "put the text together in an attribute before", "%s mixes a path with other text, and must be one path or none", name)
		}
	}
}

// numbers reports numbers out of bounds.
func numbers(i *inspection, a *flow.Action) {
	bounds := maps.Clone(i.demands[a.Type].numbers)
	if a.Type == "InvokeLambdaFunction" {
		most := 8.0
		if strings.EqualFold(textOf(a.Parameters["InvocationType"]), "ASYNCHRONOUS") {
			most = 60
		}
		bounds = map[string][2]float64{"InvocationTimeLimitSeconds": {1, most}}
	}
	for _, name := range sortedKeys(bounds) {
		value := a.Parameters[name]
		if outer, inner, nested := strings.Cut(name, "."); nested {
			value = object(a, outer)[inner]
		}
		text := textOf(value)
		if found, _ := flow.Paths(text); value == nil || text == "" || len(found) > 0 {
			continue
		}
		number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if least, most := bounds[name][0], bounds[name][1]; err != nil || number < least || number > most {
			i.tell(a, "", "%s is %q, and must be a number from %.0f to %.0f", name, text, least, most)
		}
	}
}

// catches reports whether there is a branch for an error.
func catches(a *flow.Action, name string) bool {
	return slices.ContainsFunc(a.Transitions.Errors, func(e flow.ErrorTransition) bool { return e.ErrorType == name })
}

// compares reports whether there is a branch for a result.
func compares(a *flow.Action, result string) bool {
	return slices.ContainsFunc(a.Transitions.Conditions, func(c flow.ConditionalTransition) bool {
		return len(c.Condition.Operands) == 1 && textOf(c.Condition.Operands[0]) == result
	})
}

// isTrue reads a boolean as exports write it, which is a text in any case of letters, or a boolean.
func isTrue(v any) bool { return strings.EqualFold(textOf(v), "true") }

// textOf is a scalar as text, and empty for anything else.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// texts are the texts of a list.
func texts(v any) []string {
	items, _ := v.([]any)
	var all []string
	for _, item := range items {
		all = append(all, textOf(item))
	}
	return all
}

// list is names in a sentence.
func list(names []string, and string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + and + " " + names[last]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
