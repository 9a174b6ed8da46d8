package parleytest

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/fault"
)

// Fault is something that goes wrong on purpose. Zero leaves a field to the server. docs/api.md
// describes the effects.
type Fault struct {
	// Effect is what happens: "status", "throttle", "delay", "drop", "duplicate", "cutSocket",
	// "refuseSocket", "halfOpen", "expireTokens" or "rejectAttachment".
	Effect string
	// Action is the call it happens to, such as "SendMessage" or "StartChatContact",
	// "WebSocket" for frames, or "*" for everything; zero is what suits the effect.
	Action string
	// ContactID limits it to one chat.
	ContactID string
	// Percent is how likely it is, 100 by default; Times is how often it happens before it
	// ends, without end by default.
	Percent, Times int
	// Status is the HTTP status of "status" and "refuseSocket", or the close code of
	// "cutSocket". Error and Message are the exception's name and text.
	Status         int
	Error, Message string
	// Delay is how long "delay" takes, at most five minutes.
	Delay time.Duration
}

// AddFault makes things go wrong from now on, and returns a function that ends it. What goes
// wrong with StartChatContact goes wrong with [Server.StartChat], too.
func (s *Server) AddFault(tb testing.TB, f Fault) (remove func()) {
	tb.Helper()
	rule, err := s.emulator.Faults().Add(fault.Rule{
		Action: f.Action, ContactID: f.ContactID, Percent: f.Percent, Times: f.Times,
		Effect: fault.Effect{
			Type: fault.EffectType(f.Effect), Status: f.Status, Error: f.Error, Message: f.Message, DelayMs: f.Delay.Milliseconds(),
		},
	})
	if err != nil {
		tb.Fatalf("adding the fault %q: %v", f.Effect, err)
	}
	return func() { s.emulator.Faults().Remove(rule.ID) }
}

// ClearFaults ends everything that goes wrong on purpose.
func (s *Server) ClearFaults() { s.emulator.Faults().Clear() }
