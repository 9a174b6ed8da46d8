package flow

import "encoding/json"

// EventKind says what happened.
type EventKind int

// Kinds of events.
const (
	// Started begins a flow, or goes on after a restart where nothing was waited for.
	Started EventKind = iota
	// Answered and Failed are the two answers to an [Ask].
	Answered
	Failed
	// Said is a message of the customer.
	Said
	// TimedOut says that the limit of the last [Await] has passed.
	TimedOut
	// BotLeft says that a custom bot has left the chat.
	BotLeft
)

// Event is something that a flow is told.
type Event struct {
	Kind EventKind
	// Text and Content are a message and its content type.
	Text, Content string
	// Error is the type of a failure; empty means NoMatchingError. Note says why, for the trace.
	Error, Note string
	// Result is what the conditions of the action are compared with; HasResult says that there is one.
	Result    string
	HasResult bool
	// Results are the values to set, by the root of the paths that read them.
	Results map[string]any
	// Replies are what a bot says with its answer.
	Replies []Reply
	// Bot is whose Session the contact keeps from now on: JSON that only the bot knows.
	Bot     string
	Session json.RawMessage
	// Open says that the answer only begins something which a later event ends, and Seconds after how
	// long a [TimedOut] is due; 0 for never.
	Open    bool
	Seconds int
	// Program is the module or the flow that was asked for.
	Program *Program
}

// Reply is one message of a bot.
type Reply struct {
	Text, Content string
	// Whole says that it is said at once, whatever the chat takes: a text of the block's own.
	Whole bool
}

// EffectKind says what a flow wants.
type EffectKind int

// Kinds of effects.
const (
	// Say is a text of the system's to whoever the flow runs for.
	Say EffectKind = iota
	// SetAttributes changes contact attributes.
	SetAttributes
	// Question is an [Ask], the last effect of its turn: the flow goes on with the answer.
	Question
	// Await says that the flow goes on with the customer's next message or when time has passed; it
	// is the last effect of its turn.
	Await
	// End says that the flow is over, and how.
	End
)

// How says in which way a flow ended.
type How int

// Ways in which a flow ends.
const (
	// Disconnected is the end of the contact, by a Disconnect block.
	Disconnected How = iota + 1
	// Finished is an End flow block, or the end of the last branch.
	Finished
	// Stopped is a failure without a branch, or a branch that leads nowhere.
	Stopped
	// Circled is a circle of actions that never waits.
	Circled
	// Left is a transfer that succeeded: to a queue or to another flow.
	Left
)

// Effect is one thing that a flow wants done, in the order of the turn.
type Effect struct {
	Kind EffectKind
	Text string // of Say
	// Content is the content type of a bot's message, and empty for a text of the flow's own.
	Content string
	// Attributes are those to set.
	Attributes map[string]string
	Ask        *Ask
	// Seconds is the limit of an Await, 0 for none.
	Seconds int
	How     How
	// Note says in words why a flow ended.
	Note string
}

// Ask is a question to what is around the flow: an instance's resources, a function, a bot, a
// module.
type Ask struct {
	// Type is the action's, Action its identifier.
	Type, Action string
	// Parameters are the action's with all paths resolved.
	Parameters map[string]any
	// Shown is the name that the designer keeps for the resource the action names.
	Shown string
	// Text is what the customer said since the last question of the same action.
	Text string
}

// Turn is what one event led to.
type Turn struct {
	State   State
	Effects []Effect
	// Trace has a row for each action that came to an end, when it was asked for.
	Trace []Trace
	// Continues says that another program runs now, which is to be stepped at once with [Started]: a
	// module that was called or has returned, or another flow.
	Continues bool
}

// Trace is one action as it ran.
type Trace struct {
	// Segment is the id of the contact that it ran for, the [Contact.ID].
	Segment string `json:"segmentId,omitempty"`
	// Flow is the [Program.ID], FlowName what people call the flow, FlowARN the resource's name as far
	// as it is known.
	Flow     string `json:"flow"`
	FlowName string `json:"flowName"`
	FlowARN  string `json:"flowArn,omitempty"`
	// Action is the identifier; Name is what people call the action: its identifier where that is a
	// name, else its type.
	Action string `json:"action"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	// Parameters are the action's with all paths resolved, as they were when it ran.
	Parameters map[string]any `json:"parameters,omitempty"`
	// Branch is the way out that was taken, Result what it was chosen by. Failed says that it is the
	// branch of an error.
	Branch string `json:"branch,omitempty"`
	Result string `json:"result,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	// External is what a function has answered, at once or while a Wait waited for it.
	External any `json:"external,omitempty"`
	// Note is what the reader of a log should know, in a sentence.
	Note string `json:"note,omitempty"`
	// Logged says that the flow has its own log switched on.
	Logged bool `json:"logged,omitempty"`
}
