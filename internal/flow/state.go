package flow

import (
	"encoding/json"
	"maps"
)

// StateVersion is the version of the encoding of [State]. A state of another version is not run on.
const StateVersion = 1

// State is everything that a flow keeps for a contact between two events. Its JSON is what is
// stored. [Step] does not change the state it is given.
type State struct {
	Version int  `json:"v"`
	Kept    Kept `json:"kept"`
	// Frames are the flow that runs and, behind it, the modules it is in; the last one runs. None
	// says that no flow runs.
	Frames []Frame `json:"frames,omitempty"`
	// Results are what actions have found out, by the root of the paths that read it.
	Results map[string]any `json:"results,omitempty"`
	// Waiting says that the action of the last frame waits for an event.
	Waiting bool `json:"waiting,omitempty"`
	// Steps counts the actions since the flow last waited for a person or a clock.
	Steps int `json:"steps,omitempty"`
}

// Kept is what stays with the contact when one flow ends and the next begins.
type Kept struct {
	Queue *Queue `json:"queue,omitempty"`
	// Hooks are the flows for later moments of the contact, by the name of the hook.
	Hooks map[string]string `json:"hooks,omitempty"`
	// Priority is that in the queue, 0 for the default; Age is added to the time of waiting, in seconds.
	Priority int `json:"priority,omitempty"`
	Age      int `json:"age,omitempty"`
	// Data are the members of UpdateContactData, such as LanguageCode.
	Data       map[string]string    `json:"data,omitempty"`
	References map[string]Reference `json:"references,omitempty"`
	Tags       map[string]string    `json:"tags,omitempty"`
	Segment    map[string]any       `json:"segment,omitempty"`
	// Bots are the sessions of bots, which belong to the contact, too.
	Bots map[string]json.RawMessage `json:"bots,omitempty"`
	// Logging says that the flow log is on.
	Logging bool `json:"logging,omitempty"`
	// Loops are the counters of loops, by flow and action: they belong to the contact.
	Loops map[string]int `json:"loops,omitempty"`
	// Seed is the state of the contact's random numbers.
	Seed uint64 `json:"seed,omitempty"`
}

// Queue is a queue, or one agent, that a contact is to wait for.
type Queue struct {
	Name string `json:"name,omitempty"`
	ARN  string `json:"arn,omitempty"`
	// Agent is the name of the one agent the contact waits for, Expiry for how many seconds; zero is for
	// ever.
	Agent  string `json:"agent,omitempty"`
	Expiry int    `json:"expiry,omitempty"`
}

// Chosen reports whether it is a queue to wait in: routing criteria alone name an agent and no queue.
func (q *Queue) Chosen() bool { return q != nil && (q.Name != "" || q.ARN != "") }

// Reference is a link that a contact carries.
type Reference struct{ Type, Value string }

// Frame is one running flow or module.
type Frame struct {
	// Flow is the [Program.ID]; Action is the identifier of the action that runs next, or waits.
	Flow   string `json:"flow"`
	Action string `json:"action,omitempty"`
	// Attributes are the flow attributes; External is the last function's result.
	Attributes map[string]string `json:"attributes,omitempty"`
	External   any               `json:"external,omitempty"`
	// Input is what a module was called with.
	Input map[string]any `json:"input,omitempty"`
	// Calling is the action's question that the frame waits for: a module, to be returned from.
	Calling bool `json:"calling,omitempty"`
	// Beside is the Wait beside which the flow runs: its end leads there.
	Beside string `json:"beside,omitempty"`
}

// Begin returns the state in which a flow starts. The contact keeps what it had.
func Begin(p *Program, kept Kept) State {
	return State{Version: StateVersion, Kept: kept, Frames: []Frame{{Flow: p.ID(), Action: p.nodes[p.start].id}}}
}

// Running is the id of the program that the next event is for, and empty when no flow runs.
func (s *State) Running() string {
	if len(s.Frames) == 0 {
		return ""
	}
	return s.Frames[len(s.Frames)-1].Flow
}

// Contact is what a flow can read of the contact that it runs for, beside its own state.
type Contact struct {
	ID, InitialID, PreviousID, RelatedID string
	// InitiationMethod is API, DISCONNECT, QUEUE_TRANSFER or TRANSFER.
	InitiationMethod    string
	InstanceARN, Region string
	CustomerID          string
	// Attributes are the user-defined ones; Segment are the segment attributes as JSON values.
	Attributes map[string]string
	Segment    map[string]any
	// InitialMessage is the text the chat was started with.
	InitialMessage string
	// Agent is who takes part, in the flows that may know: whispers and transfers to agents.
	Agent *Agent
}

// Agent is an agent as a flow may see one.
type Agent struct{ UserName, FirstName, LastName, ARN string }

// with returns a map with more entries, without changing the map that was there.
func with[V any](m, more map[string]V) map[string]V {
	next := make(map[string]V, len(m)+len(more))
	maps.Copy(next, m)
	maps.Copy(next, more)
	return next
}

// set is [with] for one entry.
func set[V any](m map[string]V, key string, value V) map[string]V {
	next := make(map[string]V, len(m)+1)
	maps.Copy(next, m)
	next[key] = value
	return next
}

// texts are the values of an object as texts.
func texts(object map[string]any) map[string]string {
	all := make(map[string]string, len(object))
	for key, value := range object {
		all[key] = Text(value)
	}
	return all
}
