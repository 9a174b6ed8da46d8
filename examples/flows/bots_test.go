package flows_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrun"
	"github.com/parley-chat/parley/internal/lexbot"
	"github.com/parley-chat/parley/internal/settings"
)

// parcelDesk stands for the function of the bot ParcelDesk, which knows one parcel.
type parcelDesk struct{}

func (parcelDesk) Has(ref, _ string) bool { return ref == "parcel-desk" }

func (parcelDesk) Invoke(context.Context, string, string, []byte) ([]byte, error) {
	return []byte(`{"sessionState":{"sessionAttributes":{"place":"on its way"},"dialogAction":{"type":"Close"},"intent":{"name":"TrackParcel","state":"Fulfilled","slots":{"Number":{"value":{"originalValue":"1001","interpretedValue":"1001"}}}}},
		"messages":[{"contentType":"PlainText","content":"Parcel 1001 is on its way."}]}`), nil
}

// outside are the bots and the application of ../bots.
func outside(t *testing.T) flowrun.Outside {
	t.Helper()
	s, err := settings.Load(settings.Sources{ReadFile: func(path string) ([]byte, error) { return os.ReadFile(filepath.Join("../bots", path)) }})
	if err != nil {
		t.Fatal(err)
	}
	bots, err := settings.Decoded[lexbot.Bot](s.Bots)
	if err != nil {
		t.Fatal(err)
	}
	applications, err := settings.Decoded[lexbot.Application](s.AgenticCX)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := lexbot.New(lexbot.Config{Bots: bots, Folder: "../bots", Functions: parcelDesk{}})
	if err != nil {
		t.Fatal(err)
	}
	answering, err := lexbot.NewApplications(applications, nil)
	if err != nil {
		t.Fatal(err)
	}
	return flowrun.Outsides{opened, answering}
}

// standIn are bots and applications of which chance gets every answer: each third chat what it asks
// for, a failure, and an end without a result.
type standIn uint64

func (standIn) Answers(ask *flow.Ask) bool {
	return ask.Type == "ConnectParticipantWithLexBot" || ask.Type == "ConnectParticipantWithAgenticCX"
}

func (s standIn) Answer(_ context.Context, call *flowrun.Call) flow.Event {
	text := call.Ask.Text
	switch {
	case text == "" || text == "?":
		return flow.Event{Kind: flow.Answered, Open: true, Seconds: 60}
	case s%3 == 1:
		return flow.Event{Kind: flow.Failed, Note: "chance"}
	case s%3 == 2:
		tool := map[bool]string{true: "Escalate", false: "Complete"}[text == "1"]
		return flow.Event{Kind: flow.Answered, Results: map[string]any{"Lex": map[string]any{"SessionAttributes": map[string]any{"Tool": tool}}}, HasResult: call.Ask.Type == "ConnectParticipantWithLexBot"}
	}
	return flow.Event{Kind: flow.Answered, HasResult: true, Result: text}
}
