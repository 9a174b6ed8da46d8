// Package testcase knows the test cases of Amazon Connect's "Testing and simulation": in which files
// they stand, what the Testing language says, when a message is the expected one, and how the service
// tells what came of an execution.
//
// It knows nothing of running a flow. What older pages of the documentation say and the service refuses
// is read, too; package flowcheck tells of it.
//
// Source: https://docs.aws.amazon.com/connect/latest/devguide/testing-language.html, and what the
// service was seen to do.
package testcase

import "time"

// Types of entry points.
const (
	Chat  = "CHAT"
	Voice = "VOICE_CALL"
)

// MaxContent is how many characters the document of a test case may have.
//
// Source: AWS::Connect::TestCase in the CloudFormation reference.
const MaxContent = 256_000

// Limit is how long an execution may take.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/testing-simulation.html
const Limit = 5 * time.Minute

// Case is a test case.
type Case struct {
	// File is where it stands; Name and Description are the resource's, as far as the file says.
	File, Name, Description string
	Entry                   Entry
	Data                    Data
	Observations            []Observation
}

// Entry is how the contact of a test begins.
type Entry struct {
	// Type is Chat or Voice, and empty where nothing says it. Flow is an id, ARN or name.
	Type, Flow string
	// Source and Destination are the numbers of a call.
	Source, Destination string
}

// Data is what the contact is started with.
type Data struct {
	Attributes map[string]string
	Segment    map[string]any
}

// Observation waits for an event and then does something.
type Observation struct {
	ID      string
	Event   Event
	Actions []Action // in the order in which they run
	Usage   Usage
	Next    []string
}

// Usage is how often an observation is to be met.
type Usage struct {
	Type  string
	Times int
}

// Ways of using an observation.
const (
	Exactly = "Exactly"
	AtLeast = "AtLeast"
	AtMost  = "AtMost"
	Always  = "Always"
)

// Types of events.
const (
	TestInitiated       = "TestInitiated"
	TestCompleted       = "TestCompleted"
	MessageReceived     = "MessageReceived"
	FlowActionStarted   = "FlowActionStarted"
	FlowActionCompleted = "FlowActionCompleted"
)

// Event is what an observation waits for.
type Event struct {
	ID, Type string
	// Text, SSML and Prompt are what a message is to be; paths in the first two have their values.
	Text, SSML, Prompt string
	Criterion          string
	// Action is the type of the flow's action, Resource what it is to name, empty for anything, and Agent
	// the agent whose queue it is.
	Action, Resource, Agent string
	// Shown is the name that the designer keeps for the resource.
	Shown string
	// Properties are those of the file.
	Properties Object
}

// Criteria of messages.
const (
	Inclusion  = "Inclusion"
	Similarity = "Similarity"
)

// Types of actions.
const (
	SendInstruction        = "SendInstruction"
	AssertAction           = "Assert"
	OverrideSystemBehavior = "OverrideSystemBehavior"
	TestControl            = "TestControl"
)

// Action is what a test does. One of the last four is there.
type Action struct {
	ID, Type   string
	Parameters Object // as the file has them

	Instruction *Instruction
	Assert      *Assert
	Override    *Override
	Command     *Command
}

// Instructions for the customer.
const (
	Utterance  = "Utterance"
	DTMF       = "DtmfInput"
	Disconnect = "Disconnect"
)

// Instruction is what the customer does.
type Instruction struct{ Type, Value string }

// Assert compares the value of a path.
type Assert struct{ Namespace, Operator, Operand string }

// Override is what happens at the next use of a resource in the place of what would.
type Override struct {
	// Action is the type of the flow's action, Resource what it names, empty for anything; Shown is the
	// name that the designer keeps.
	Action, Resource, Shown string
	// Substitute is the resource that is used; empty for a mock.
	Substitute string
	// Loaded is what a function or a bot answers, JSON; Value how hours of operation are; Error the type
	// of a failure. One of them is there in a mock.
	Loaded, Value, Error string
	Delay                time.Duration
}

// Commands of a test.
const (
	EndTest = "EndTest"
	LogData = "LogData"
)

// Command is what a test does about itself. Expressions are texts with paths, by their labels.
type Command struct {
	Type        string
	Expressions map[string]string
}
