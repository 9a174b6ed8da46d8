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
