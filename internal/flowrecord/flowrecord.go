// Package flowrecord turns a chat that was held into a test of its contact flows: what the system said,
// what the customer did about it, which functions, bots, hours and queues were asked for, and what they
// answered.
//
// It knows neither servers nor how tests are run. Nothing secret gets into a test: what looks like a
// secret, or was masked, is left out, and a note says so.
package flowrecord

import (
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// Held is a chat that was held.
type Held struct {
	// ContactID is the id of its first contact, Flow the name of the flow that it began with.
	ContactID, Flow string
	// Opening is the message it was started with; empty for none.
	Opening string
	// Attributes are the contact attributes as they are now.
	Attributes map[string]string
	// Queue is the name of the queue it was last put into; empty for none.
	Queue string
	// Left says that the customer has ended it.
	Left bool
	// Customer is the customer's name.
	Customer string
	// Began is when it was started, Ended when it ended; zero for one that goes on.
	Began, Ended time.Time
	// Items are the conversation, Steps what the blocks of its flows did, the oldest first.
	Items []transcript.Item
	Steps []Step
	// Mask is the text that stands in steps where a secret stood.
	Mask string
}

// Step is an action of a flow that ran, and when it came to its end.
type Step struct {
	Time time.Time
	flow.Trace
}

// Test is a chat as a test.
type Test struct {
	// File is a name for the file, Content what is in it.
	File    string
	Content []byte
	// Notes say in sentences what the test cannot say, or says otherwise than it was.
	Notes []string
}

// Errors of chats of which no test can be made.
var (
	ErrNoFlow  = errors.New("no contact flow ran for this chat, or the inspector has let its steps go")
	ErrNothing = errors.New("nothing happened in this chat that a test could see")
)
