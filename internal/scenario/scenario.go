// Package scenario knows the scenarios by which a developer tests contact flows: a chat in a few lines of
// YAML, with what the customer and agents do, what is answered in the place of functions and bots, and
// what is expected. docs/flow-testing.md describes them, and schema.json holds their shape.
//
// It knows nothing of running a flow.
package scenario

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema of one scenario.
func Schema() []byte { return schema }

// Suffix is how names of files with scenarios end.
const Suffix = ".scenario.yaml"

// Is reports whether a file of a name holds scenarios: it is called so, or is YAML that begins with one.
func Is(name string, data []byte) bool {
	switch ext := strings.ToLower(path.Ext(name)); {
	case ext != ".yaml" && ext != ".yml":
		return false
	case strings.HasSuffix(strings.TrimSuffix(name, ext), ".scenario"):
		return true
	}
	return begins.Match(data)
}

var begins = regexp.MustCompile(`(?m)^scenario:[ \t]`)

// Problem is what is wrong with a file, in a sentence.
type Problem struct {
	File string
	Line int
	// Key is the way to the value, such as steps[2].say.
	Key, Text string
}

// String is the problem with its place.
func (p Problem) String() string {
	where := fmt.Sprintf("%s:%d: ", p.File, p.Line)
	if p.Key != "" {
		where += p.Key + ": "
	}
	return where + p.Text
}

// Scenario is a chat that is played, and what is expected of it.
type Scenario struct {
	// File and Line are where it stands, Name is what people call it.
	File string
	Line int
	Name string
	// Flow is the flow of the chat, by name, file or id; empty is the one to which no other leads.
	Flow string
	// Customer is the customer's name, At when the chat begins; zero means the usual.
	Customer string
	At       time.Time
	// Seed is what chance of the flow depends on.
	Seed uint64
	// Attributes and Segment are what the chat is started with.
	Attributes map[string]string
	Segment    map[string]any
	Staffing   *Staffing
	Answers    []Answer
	Steps      []Step
	// End is how the chat is after the last step; nil expects nothing.
	End *State
	// Snapshot is the file, beside that of the scenario, with the whole transcript; empty for none.
	Snapshot     string
	SnapshotLine int
}

// Staffing is how the queues are.
type Staffing struct {
	Agents, Waiting int
	Oldest          time.Duration
}

// Answer is what happens in the place of something that a flow asks.
type Answer struct {
	Line int
	// Kind is one of the kinds, Name the resource's name or ARN, or the block.
	Kind, Name string
	// JSON is what a function answers.
	JSON string
	// Result is that of any block.
	Result *string
	// Hears is what the customer has to say to a bot, * for anything, empty for nothing; Says is what the
	// bot says then, and Intent, Slots and Attributes what it has understood; without an intent it
	// listens on.
	Hears, Intent     string
	Says              []string
	Slots, Attributes map[string]string
	// Open says whether hours are open.
	Open *bool
	// Error is the type of a failure.
	Error string
	After time.Duration
	// Times is how often it is given; zero is always.
	Times int
}

// Kinds of answers.
const (
	Function    = "function"
	Bot         = "bot"
	Application = "application"
	Hours       = "hours"
	Queue       = "queue"
	Block       = "block"
)

// Step is one thing that happens, or that is expected. Kind says which of the others is there.
type Step struct {
	Line int
	Kind string
	// Text is what is said, chosen, or how a sign-in goes.
	Text   string
	Expect *Expect
	View   *ViewAnswer
	Agent  *Agent
	File   *File
	// Time passes; Next is until the flow goes on.
	Time  time.Duration
	Next  bool
	State *State
}

// Kinds of steps, as files have them.
const (
	Say    = "say"
	Choose = "choose"
	View   = "view"
	Wait   = "expect"
	Acts   = "agent"
	Attach = "attach"
	Skip   = "skip"
	SignIn = "sign-in"
	Check  = "check"
	Leave  = "leave"
)

// Expect is something that the customer is to be shown. What is empty does not matter.
type Expect struct {
	Text, Contains, Like string
	Matches              *regexp.Regexp
	// View is the id of a view, Attachment the name of a file, From who it is from.
	View, Attachment, From string
	// Within is after how long at most.
	Within time.Duration
}

// Patience is how long is waited for what is expected, unless a step says it.
const Patience = time.Minute

// ViewAnswer is what the customer does on a view.
type ViewAnswer struct {
	Action string
	Fields map[string][]string
}

// Agent is what an agent does: one of accepting, leaving, saying, sending and passing on.
type Agent struct {
	Name            string
	Accepts, Leaves bool
	Says            string
	ToQueue         string
	ToAgent         string
	Type, Content   string
}

// File is an attachment.
type File struct {
	Name, Type string
	Size       int64
}

// State is how a chat is. What is empty does not matter.
type State struct {
	Line int
	// Chat is one of the states, Queue the queue's name.
	Chat, Queue string
	Attributes  map[string]string
}

// States of a chat: it has ended, waits in a queue, has an agent, or is with its flow.
const (
	Ended  = "ended"
	Queued = "queued"
	Agents = "agent"
	Flow   = "flow"
)
