package flowrun

import (
	"encoding"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parley-chat/parley/internal/flow"
)

// moment is the time in a contact's life that a flow runs for.
type moment string

// Moments, in the order in which they come.
const (
	inbound moment = "inbound"
	queued  moment = "queue" // and while an agent and the customer talk
	// The agent has accepted; the flow speaks to the agent, and then to the customer, alone.
	agentWhisper    moment = "agentWhisper"
	customerWhisper moment = "customerWhisper"

	remaining moment = "remaining" // the agent has left, and the customer is there
	passed    moment = "passed"    // an agent has passed the contact on
)

// awaited is what the flow goes on with by itself: a time, or the answer to a call.
type awaited struct {
	// Due is when the flow goes on, Ends when it is over at the latest; zero for never.
	Due  time.Time `json:"due,omitzero"`
	Ends time.Time `json:"ends,omitzero"`
	// Call is the function or bot that was called and has not answered.
	Call *Call `json:"call,omitempty"`
	// Later is an answer that is known and comes when it is Due.
	Later *flow.Event `json:"later,omitempty"`
}

// next is when something is due; zero for never.
func (a *awaited) next() time.Time {
	if a.Due.IsZero() || !a.Ends.IsZero() && a.Ends.Before(a.Due) {
		return a.Ends
	}
	return a.Due
}

// record is what is stored with a contact between two events.
type record struct {
	Moment moment     `json:"moment"`
	State  flow.State `json:"state"`
	awaited
	// Agent is the participant who has accepted the contact, while a whisper flow runs.
	Agent string `json:"agent,omitempty"`
	// Chosen is the name of the agent to whom the contact is passed on, while the flow for that runs.
	Chosen string `json:"chosen,omitempty"`
	// Survey says that the flow runs although the customer has left: nobody may be there any more.
	Survey bool `json:"survey,omitempty"`
	// View is the token of the view that waits for an answer, SignIn the session of a sign-in.
	View   string `json:"view,omitempty"`
	SignIn string `json:"signIn,omitempty"`
	// Chain is how long functions have taken since something was said or waited for.
	Chain time.Duration `json:"chain,omitempty"`

	cut   bool  // a witness ends the contact
	heard int64 // the Seq of the last item the flow has heard, which the contact keeps beside it
}

// runs reports whether a flow runs.
func (r *record) runs() bool { return r.State.Running() != "" }

// idle ends whatever flow runs. What it has set for the contact stays.
func (r *record) idle(m moment) {
	*r = record{Moment: m, State: flow.State{Version: flow.StateVersion, Kept: r.State.Kept}, heard: r.heard}
}

// MarshalBinary is the record as it is stored.
func (r *record) MarshalBinary() ([]byte, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding the state of a flow: %w", err)
	}
	return data, nil
}

// decode reads a record that was kept, for changing: what it shares with others is not changed in place.
func decode(state encoding.BinaryMarshaler) (*record, error) {
	kept, err := look(state)
	if err != nil {
		return nil, err
	}
	r := *kept
	return &r, nil
}

// look is decode for those who change nothing.
func look(state encoding.BinaryMarshaler) (*record, error) {
	if kept, ok := state.(*record); ok {
		return kept, nil
	}
	data, err := state.MarshalBinary()
	var r record
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the state of a flow: %w", err)
	}
	return &r, nil
}
