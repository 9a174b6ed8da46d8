package flow

import "github.com/parley-chat/parley/internal/hint"

// block is what an action type does. start runs an action that was reached; resume tells one that
// waits of an event, and is nil where an answer to its question is all that can come.
type block struct {
	start  func(r *run, n *node) outcome
	resume func(r *run, n *node, e Event) outcome
}

// Support says how far an action type runs.
type Support string

// Kinds of support.
const (
	// Runs is an action that does in a chat what it does in Amazon Connect.
	Runs Support = "run"
	// Configured is an action whose answer comes from the configuration.
	Configured Support = "answered from the configuration"
	// ErrorBranch is an action that takes its error branch, because a chat does in Amazon Connect, or
	// because nothing here can answer it.
	ErrorBranch Support = "error branch"
)

// Type is a row of the table of action types.
type Type struct {
	Name    string
	Support Support
	// Note says what is particular about it, in a sentence.
	Note  string
	block block
	// last says that it ends the flow and can have no branches, unanswered that it takes its error branch
	// because nothing here answers it, and not because a chat does in Amazon Connect.
	last, unanswered bool
}

// Names of action types that more than one place needs.
const (
	invokeModule   = "InvokeFlowModule"
	endModule      = "EndFlowModuleExecution"
	invokeFunction = "InvokeLambdaFunction"
)

// Types are all action types of the flow language, in the order of the families they belong to. An
// action type is added here, with its block in the file of its family and a scenario in testdata.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-language-actions.html
func Types() []Type {
	var all []Type
	for _, family := range [][]Type{
		talking(), branching(), contactData(), queues(), flows(), asked(), voiceOnly(),
	} {
		all = append(all, family...)
	}
	return all
}

// typesByName are the action types by their names.
func typesByName() map[string]*Type {
	all := Types()
	byName := make(map[string]*Type, len(all))
	for i := range all {
		byName[all[i].Name] = &all[i]
	}
	return byName
}

// nearest is the real action type for a name that generators and people write by mistake.
func nearest(kind string) string {
	switch kind {
	case "TransferParticipantToQueue", "TransferToQueue":
		return "TransferContactToQueue"
	case "TransferContactToFlow":
		return "TransferToFlow"
	case "CheckAttribute", "CheckContactAttributes":
		return "Compare"
	case "SetVoice":
		return "UpdateContactTextToSpeechVoice"
	case "StartMediaStreaming", "StopMediaStreaming":
		return "UpdateContactMediaStreamingBehavior"
	case "PlayPrompt":
		return "MessageParticipant"
	case "UnTagContact":
		return "UntagContact"
	case "UpdateRoutingCriteria":
		return "UpdateContactRoutingCriteria"
	}
	var names []string
	for _, t := range Types() {
		names = append(names, t.Name)
	}
	return hint.Misspelled(kind, names)
}
