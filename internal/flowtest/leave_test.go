package flowtest

import (
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
)

// A run that stops where the contact waits shows nothing that nobody said or did: not that the customer left.
func TestRunThatStopsInAQueue(t *testing.T) {
	t.Parallel()
	p, findings := flow.Compile(flow.Source{File: "main.json", Document: flow.Document{
		Version: flow.Version, StartAction: "queue", Actions: []flow.Action{
			{Identifier: "queue", Type: "UpdateContactTargetQueue", Parameters: map[string]any{"QueueId": "Sales"}, Transitions: flow.Transitions{NextAction: "go"}},
			{Identifier: "go", Type: "TransferContactToQueue", Transitions: flow.Transitions{NextAction: "end"}},
			{Identifier: "end", Type: "DisconnectParticipant"},
		},
	}})
	if p == nil {
		t.Fatal(findings)
	}
	library := flowrun.NewLibrary(nil)
	library.Set([]*flow.Program{p})
	got, err := Run(t.Context(), library, Script{Flow: p.ID()})
	if err != nil {
		t.Fatal(err)
	}
	if got.Outcome != Queued || got.Queue != "Sales" || len(got.Transcript) != 1 || got.Transcript[0].String() != "-- joined" {
		t.Errorf("%s in %q: %+v", got.Outcome, got.Queue, got.Transcript)
	}
}
