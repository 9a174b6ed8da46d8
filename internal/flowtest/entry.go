package flowtest

import (
	"fmt"

	"github.com/parley-chat/parley/internal/flow"
)

// Entry is the flow with which a chat begins that is to come to a program: the program itself when
// it is an inbound flow, and otherwise a small flow that calls the module, waits in the queue, or
// transfers to the flow.
func Entry(p *flow.Program) (*flow.Program, error) {
	do := func(id, kind string, parameters map[string]any, next string) flow.Action {
		return flow.Action{Identifier: id, Type: kind, Parameters: parameters, Transitions: flow.Transitions{
			NextAction: next, Errors: []flow.ErrorTransition{{NextAction: "end", ErrorType: "NoMatchingError"}},
		}}
	}
	var actions []flow.Action
	switch p.Kind() {
	case flow.Inbound:
		return p, nil
	case flow.Module:
		actions = []flow.Action{do("call", "InvokeFlowModule", map[string]any{"FlowModuleId": p.ID()}, "end")}
	case flow.AgentTransfer, flow.QueueTransfer:
		actions = []flow.Action{do("call", "TransferToFlow", map[string]any{"ContactFlowId": p.ID()}, "end")}
	case flow.CustomerQueue, flow.AgentWhisper, flow.CustomerWhisper:
		hook := map[flow.Kind]string{
			flow.CustomerQueue: "CustomerQueue", flow.AgentWhisper: "AgentWhisper", flow.CustomerWhisper: "CustomerWhisper",
		}[p.Kind()]
		actions = []flow.Action{
			do("hook", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{hook: p.ID()}}, "target"),
			do("target", "UpdateContactTargetQueue", map[string]any{"QueueId": "Default"}, "queue"),
			do("queue", "TransferContactToQueue", nil, "end"),
		}
	case flow.CustomerHold, flow.AgentHold, flow.OutboundWhisper:
		return nil, fmt.Errorf("%q is of the type %s, which runs beside an agent and not by itself", p.Name(), p.Kind())
	}
	actions = append(actions, flow.Action{Identifier: "end", Type: "DisconnectParticipant"})
	entry, findings := flow.Compile(flow.Source{
		File: "(entry)", Document: flow.Document{Version: flow.Version, StartAction: actions[0].Identifier, Actions: actions},
	})
	if entry == nil {
		return nil, fmt.Errorf("making a flow that leads to %q: %v", p.Name(), findings)
	}
	return entry, nil
}
