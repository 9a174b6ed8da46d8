package flowtest

import (
	"context"
	"fmt"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/transcript"
)

// Moment is when in the life of a chat a flow runs, which decides what leads to it.
type Moment string

// Moments.
const (
	AtStart           Moment = "start"
	InModule          Moment = "module"
	InQueue           Moment = "queue"
	AtAgentWhisper    Moment = "agent whisper"
	AtCustomerWhisper Moment = "customer whisper"
	AtDisconnect      Moment = "disconnect"
	AtQueueTransfer   Moment = "queue transfer"
	AtAgentTransfer   Moment = "agent transfer"
	OnHold            Moment = "hold"
)

// MomentOf is the moment of a flow by its type.
func MomentOf(p *flow.Program) Moment {
	switch p.Kind() {
	case flow.Inbound:
	case flow.Module:
		return InModule
	case flow.CustomerQueue:
		return InQueue
	case flow.AgentWhisper:
		return AtAgentWhisper
	case flow.CustomerWhisper:
		return AtCustomerWhisper
	case flow.QueueTransfer:
		return AtQueueTransfer
	case flow.AgentTransfer:
		return AtAgentTransfer
	case flow.CustomerHold, flow.AgentHold, flow.OutboundWhisper:
		return OnHold
	}
	return AtStart
}

// MomentNamed is the moment of a flow by its type, or by its name and that of its file: a disconnect flow
// has the type of any inbound flow, and many files do not say a type.
func MomentNamed(p *flow.Program) Moment {
	if m := MomentOf(p); m != AtStart {
		return m
	}
	name := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(p.Source().File + "/" + p.Name()))
	for _, n := range []struct {
		text  string
		m     Moment
		typed bool // a flow of the type of inbound flows can be one
	}{
		{"disconnect", AtDisconnect, true},
		{"customerwhisper", AtCustomerWhisper, false},
		{"whisper", AtAgentWhisper, false},
		{"queuetransfer", AtQueueTransfer, false},
		{"transfertoqueue", AtQueueTransfer, false},
		{"agenttransfer", AtAgentTransfer, false},
		{"transfertoagent", AtAgentTransfer, false},
		{"customerqueue", InQueue, false},
		{"customerhold", OnHold, false},
		{"agenthold", OnHold, false},
	} {
		if strings.Contains(name, n.text) && (n.typed || p.Source().Kind == "") {
			return n.m
		}
	}
	return AtStart
}

// Find finds the flow with which the chat of a test begins: the one that the test names, or else the one
// to which no other leads. What is what the test is written in; why says what is wrong, empty for
// nothing.
func Find(library *flowrun.Library, ref, what string) (p *flow.Program, note, why string) {
	ok := false
	switch {
	case ref != "":
		if p, ok = library.Find(ref, ""); !ok {
			return nil, "", fmt.Sprintf("its flow %q is not here: say in parley.yaml under names which one is meant, or name one with `parley flow test --flow`", ref)
		}
	default:
		if p, ok = library.Entry(); !ok {
			return nil, "", "it names no flow, and there is not the one inbound flow to which no other leads: name one with `parley flow test --flow`"
		}
		note = fmt.Sprintf("the %s names no flow: %q was taken, to which no other leads", what, p.Name())
	}
	if p.Kind() != flow.Inbound {
		return nil, "", fmt.Sprintf("its flow %q is of the type %s, and a contact begins with an inbound flow", p.Name(), p.Kind())
	}
	return p, note, ""
}

// At makes a library lead a chat to a program at a moment, and returns the script's flow and moment: the
// flow itself, or a small one that calls the module or puts the chat into a queue, and knows the
// program by its hook.
func At(library *flowrun.Library, p *flow.Program, m Moment) (Script, error) {
	entry, err := entry(p, m)
	if err != nil {
		return Script{}, err
	}
	library.Set(append([]*flow.Program{entry, p}, library.Files()...))
	if m == AtQueueTransfer || m == AtAgentTransfer {
		library.Quick(map[string]string{"*": p.ID()})
	}
	return Script{Flow: entry.ID(), Moment: m}, nil
}

// entry is the flow with which a chat begins that is to come to a program.
func entry(p *flow.Program, m Moment) (*flow.Program, error) {
	do := func(id, kind string, parameters map[string]any, next string) flow.Action {
		return flow.Action{Identifier: id, Type: kind, Parameters: parameters, Transitions: flow.Transitions{
			NextAction: next, Errors: []flow.ErrorTransition{{NextAction: "end", ErrorType: "NoMatchingError"}},
		}}
	}
	hook := map[Moment]string{
		InQueue: "CustomerQueue", AtAgentWhisper: "AgentWhisper", AtCustomerWhisper: "CustomerWhisper", AtDisconnect: "CustomerRemaining",
	}[m]
	var actions []flow.Action
	switch m {
	case AtStart:
		return p, nil
	case InModule:
		actions = []flow.Action{do("call", "InvokeFlowModule", map[string]any{"FlowModuleId": p.ID()}, "end")}
	case OnHold:
		return nil, fmt.Errorf("%q is of the type %s, which runs beside an agent and not by itself", p.Name(), p.Kind())
	case InQueue, AtAgentWhisper, AtCustomerWhisper, AtDisconnect:
		actions = []flow.Action{do("hook", "UpdateContactEventHooks", map[string]any{"EventHooks": map[string]any{hook: p.ID()}}, "target")}
		fallthrough
	case AtQueueTransfer, AtAgentTransfer:
		actions = append(actions,
			do("target", "UpdateContactTargetQueue", map[string]any{"QueueId": "Default"}, "queue"),
			do("queue", "TransferContactToQueue", nil, "end"))
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

// lead lets an agent do what the moment of the script needs.
func (v *visit) lead(ctx context.Context) error {
	switch v.script.Moment {
	case AtAgentWhisper, AtCustomerWhisper, AtDisconnect:
		return v.agent(ctx)
	case AtQueueTransfer:
		return v.pass(ctx, chat.Transfer{Queue: "Sales"})
	case AtAgentTransfer:
		return v.pass(ctx, chat.Transfer{Agent: "Another agent"})
	case AtStart, InModule, InQueue, OnHold:
	}
	return nil
}

// agent lets an agent take the chat from its queue, be told what it is, and leave it again.
func (v *visit) agent(ctx context.Context) error {
	joined, err := v.takes(ctx, "Agent")
	if err != nil {
		return err
	}
	return v.chats.Leave(ctx, v.chat.ContactID, joined.ParticipantID)
}

// pass lets an agent take the chat and pass it on.
func (v *visit) pass(ctx context.Context, to chat.Transfer) error {
	joined, err := v.takes(ctx, "Agent")
	if err != nil {
		return err
	}
	_, err = v.chats.Transfer(ctx, v.chat.ContactID, joined.ParticipantID, to)
	return err
}

// takes lets an agent take the chat from its queue. Whisper flows are over then.
func (v *visit) takes(ctx context.Context, name string) (chat.Joined, error) {
	if _, err := v.runner.Await(ctx, v.chat.ContactID); err != nil {
		return chat.Joined{}, err
	}
	joined, err := v.chats.Join(ctx, v.chat.ContactID, transcript.Agent, name)
	if err != nil {
		return joined, err
	}
	for {
		standing, err := v.runner.Await(ctx, v.chat.ContactID)
		if err != nil || standing.Action == "" || !v.wait(standing) {
			return joined, err
		}
	}
}
