package flow

import "encoding/json"

// shown is the name that the designer keeps for the resource an action names: what is left to go by
// when the id is that of another instance.
func (p *Program) shown(action, kind string) string {
	members := p.source.Document.Metadata.ActionMetadata[action].Members
	if members == nil {
		return ""
	}
	for _, at := range shownAt(kind) {
		var value any
		if json.Unmarshal(members[at[0]], &value) != nil {
			continue
		}
		if text, ok := descend(value, at[1:]).(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// shownAt are the places in the metadata of an action where the designer keeps the name, the
// newest first. Seen in exports; no page documents them.
func shownAt(kind string) [][]string {
	parameter := func(path ...string) []string { return append(append([]string{"parameters"}, path...), "displayName") }
	switch kind {
	case "UpdateContactTargetQueue", "CheckMetricData", "GetMetricData", "DequeueContactAndTransferToQueue":
		return [][]string{parameter("QueueId"), parameter("AgentId"), {"queue", "text"}}
	case "TransferToFlow":
		return [][]string{parameter("ContactFlowId"), {"ContactFlow", "text"}}
	case invokeModule:
		return [][]string{parameter("FlowModuleId"), {"contactFlowModuleName"}}
	case "InvokeLambdaFunction":
		return [][]string{parameter("LambdaFunctionARN")}
	case "ConnectParticipantWithLexBot":
		return [][]string{parameter("LexV2Bot", "AliasArn"), {"lexV2BotName"}}
	case "CheckHoursOfOperation":
		return [][]string{parameter("HoursOfOperationId"), {"Hours", "text"}}
	case "ShowView":
		return [][]string{parameter("ViewResource", "Id")}
	case "UpdateContactEventHooks":
		var places [][]string
		for _, hook := range []string{"CustomerQueue", "CustomerRemaining", "AgentWhisper", "CustomerWhisper", "DefaultAgentUI", "DisconnectAgentUI"} {
			places = append(places, parameter("EventHooks", hook))
		}
		return append(places, []string{"contactFlow", "text"}, []string{"ContactFlow", "text"})
	}
	return nil
}

// Lead is a reference of a flow to another flow.
type Lead struct{ ID, Shown string }

// Leads are the flows that a flow leads to: by a transfer, a module or a hook. A reference with a
// path in it is not known before it runs, and left out.
func (p *Program) Leads() []Lead {
	var leads []Lead
	for i := range p.nodes {
		n := &p.nodes[i]
		for _, name := range []string{"ContactFlowId", "FlowModuleId", "EventHooks"} {
			v, ok := n.params[name]
			if !ok || !v.still() {
				continue
			}
			ids := []any{v.plain}
			if hooks, is := v.plain.(map[string]any); is {
				ids = ids[:0]
				for _, hook := range sortedKeys(hooks) {
					ids = append(ids, hooks[hook])
				}
			}
			for _, id := range ids {
				leads = append(leads, Lead{textOf(id), p.shown(n.id, n.kind)})
			}
		}
	}
	return leads
}
