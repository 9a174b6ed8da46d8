// Package flow knows Amazon Connect's contact flows: how a file is read, what its values mean, and
// how a flow runs for a chat.
//
// A running flow is data. [Step] takes a program, the state of a contact and an event, and returns
// the next state with what the flow wants done: texts to say, attributes to set, questions to the
// outside such as a function to call or a queue to wait in. It has no clock, starts no goroutine and
// calls nobody back, so that whoever runs it can store state and effects in one commit, and a test
// can run hours of conversation in no time. Questions are answered by a later event.
//
// The package imports the standard library only. Its values are safe to read concurrently; a
// [State] belongs to one caller at a time.
//
// Source: "Amazon Connect Flow language" in the API reference, and the "Flow block definitions" of
// the administrator guide.
package flow

import (
	"encoding/json"
	"slices"
	"strings"
)

// Version is the version of the flow language that every flow names.
const Version = "2019-10-30"

// Documented bounds of a flow.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/flow-language.html
const (
	MaxActions    = 250
	MaxCharacters = 256_000
	// MaxViewData is how many bytes the data of a view may have.
	MaxViewData = 16_000
	// maxDepth is how deep modules may call modules.
	maxDepth = 5
	// maxSteps is how many actions run without waiting for anything; a flow that runs more of them
	// turns in a circle. No page gives Amazon Connect's own figure.
	maxSteps = 1000
)

// Kind is the type of a flow as a resource, which its document does not say.
type Kind string

// Kinds of flows.
const (
	Inbound         Kind = "CONTACT_FLOW"
	CustomerQueue   Kind = "CUSTOMER_QUEUE"
	CustomerHold    Kind = "CUSTOMER_HOLD"
	CustomerWhisper Kind = "CUSTOMER_WHISPER"
	AgentHold       Kind = "AGENT_HOLD"
	AgentWhisper    Kind = "AGENT_WHISPER"
	OutboundWhisper Kind = "OUTBOUND_WHISPER"
	AgentTransfer   Kind = "AGENT_TRANSFER"
	QueueTransfer   Kind = "QUEUE_TRANSFER"
	Module          Kind = "MODULE"
)

// Source is a flow as a file has it: what the file says about the resource, and the document.
type Source struct {
	// File is the file the flow came from; Logical is its name within a template.
	File, Logical string
	// ID, ARN and Name are the resource's, as far as the file gives them.
	ID, ARN, Name string
	// Kind is empty where nothing says it.
	Kind Kind
	// Size is the document's length in characters, as the file has it; 0 when it was converted.
	Size     int
	Document Document
}

// Document is a flow in the flow language.
type Document struct {
	Version     string
	StartAction string
	Metadata    Metadata
	Actions     []Action
	// Settings is there in flow modules.
	Settings json.RawMessage `json:",omitempty"`
}

// DisplayName is what the designer shows for an action of the document: its identifier where that is
// a name, else its type.
func (d *Document) DisplayName(a *Action) string {
	if d.Metadata.ActionMetadata[a.Identifier].IsFriendlyName {
		return strings.TrimSpace(a.Identifier)
	}
	return a.Type
}

// Metadata is what the designer keeps with a flow and the service does not read.
type Metadata struct {
	Name           string                    `json:"name,omitempty"`
	Type           string                    `json:"type,omitempty"`
	Status         string                    `json:"status,omitempty"`
	ActionMetadata map[string]ActionMetadata `json:",omitempty"`
}

// ActionMetadata is the designer's knowledge of one action.
type ActionMetadata struct {
	Position       *Position                  `json:"position,omitempty"`
	IsFriendlyName bool                       `json:"isFriendlyName,omitempty"`
	Members        map[string]json.RawMessage `json:"-"`
}

// Position is where the designer draws an action.
type Position struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// UnmarshalJSON reads the members with a meaning here and keeps the others. Metadata is opaque to
// the service, so members of an unexpected shape are no error.
func (m *ActionMetadata) UnmarshalJSON(data []byte) error {
	*m = ActionMetadata{}
	if json.Unmarshal(data, &m.Members) != nil {
		return nil //nolint:nilerr // opaque by its definition
	}
	_ = json.Unmarshal(m.Members["position"], &m.Position)
	_ = json.Unmarshal(m.Members["isFriendlyName"], &m.IsFriendlyName)
	return nil
}

// Action is one block of a flow.
type Action struct {
	Identifier string
	Type       string
	// Parameters are the action's own; the values are JSON values as [encoding/json] decodes them.
	Parameters  map[string]any
	Transitions Transitions
}

// Transitions say where an action leads.
type Transitions struct {
	NextAction string                  `json:",omitempty"`
	Errors     []ErrorTransition       `json:",omitempty"`
	Conditions []ConditionalTransition `json:",omitempty"`
}

// Branch is one way out of an action: that of a condition, of an error, or NextAction.
type Branch struct {
	Operator, Operand string // of a condition
	Error             string // of an error: its type
	To                string // the id of the action that it leads to
}

// String is the name of a branch within its action.
func (b Branch) String() string {
	switch {
	case b.Operator != "":
		return b.Operator + " " + b.Operand
	case b.Error != "":
		return b.Error
	}
	return "NextAction"
}

// Branches are the ways out that lead somewhere: the conditions in the order in which they are tried,
// then NextAction, then the errors.
func (t *Transitions) Branches() []Branch {
	var all []Branch
	for _, c := range t.Conditions {
		var operands []string
		for _, operand := range c.Condition.Operands {
			operands = append(operands, Text(operand))
		}
		all = append(all, Branch{Operator: c.Condition.Operator, Operand: strings.Join(operands, " "), To: c.NextAction})
	}
	all = append(all, Branch{To: t.NextAction})
	for _, e := range t.Errors {
		all = append(all, Branch{Error: e.ErrorType, To: e.NextAction})
	}
	return slices.DeleteFunc(all, func(b Branch) bool { return b.To == "" })
}

// ErrorTransition is the branch of a failure.
type ErrorTransition struct {
	NextAction string
	ErrorType  string
}

// ConditionalTransition is the branch of a result.
type ConditionalTransition struct {
	NextAction string
	Condition  Condition
}

// Condition compares the result of an action with one operand.
type Condition struct {
	Operator string
	Operands []any
}
