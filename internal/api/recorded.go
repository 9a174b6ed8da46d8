package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/flowrecord"
	"github.com/parley-chat/parley/internal/inspect"
)

// recorded answers a contact as a test of its flows.
func (a *API) recorded(r *http.Request) (any, error) {
	write := flowrecord.Scenario
	form := r.URL.Query().Get("form")
	switch form {
	case "", "scenario":
	case "aws":
		write = flowrecord.AWS
	default:
		return nil, bad("form", fmt.Sprintf("form %q is not one of scenario, aws", excerpt.Of(form, longestQuote)))
	}
	contact, err := a.cfg.Chats.Contact(r.Context(), r.PathValue("contact"))
	if err != nil {
		return nil, err
	}
	items, truncated, err := a.items(r.Context(), contact.ID, mostItems)
	if err != nil {
		return nil, err
	}
	held := &flowrecord.Held{
		ContactID: contact.ID, Opening: contact.Opening, Attributes: contact.Attributes.Map(), Left: contact.Reason == chat.CustomerDisconnect,
		Customer: contact.Customer().DisplayName, Began: contact.Started, Ended: contact.Ended, Items: items, Mask: inspect.Mark,
	}
	if contact.Queue != nil {
		held.Queue = contact.Queue.Name
	}
	found, _ := a.cfg.Exchanges.List(inspect.Query{ContactID: contact.ID, Kind: inspect.Flow})
	for i := range found {
		if found[i].Flow.Action != "" {
			held.Steps = append(held.Steps, stepOf(found[i].Flow))
		}
	}
	if len(held.Steps) > 0 {
		held.Flow = held.Steps[0].FlowName
	}
	test, err := write(held)
	if errors.Is(err, flowrecord.ErrNoFlow) || errors.Is(err, flowrecord.ErrNothing) {
		p := diagnosis.New(diagnosis.WrongState, "No test can be made of this chat: %v.", err)
		p.Hint = "Hold a chat that runs through a contact flow, and record it before the server is stopped."
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	if truncated {
		test.Notes = append(test.Notes, "the chat is longer than what is read of it: its beginning is left out")
	}
	if test.Notes == nil {
		test.Notes = []string{}
	}
	head := ""
	if form != "aws" {
		head = a.cfg.ScenarioHead
	}
	return map[string]any{"contactId": contact.ID, "file": test.File, "content": head + string(test.Content), "notes": test.Notes}, nil
}

// stepOf is a step of the record as the flow told it, but for what was masked in it.
func stepOf(s *inspect.FlowStep) flowrecord.Step {
	step := flowrecord.Step{Time: s.Time, Trace: flow.Trace{
		Segment: s.Segment, Flow: s.Flow, FlowName: s.FlowName, FlowARN: s.FlowARN, Action: s.Action, Name: s.Name, Type: s.Type,
		Branch: s.Branch, Result: s.Result, Failed: s.Failed, Note: s.Note,
	}}
	// Values that were too long for the record are not there.
	_ = json.Unmarshal(s.Parameters, &step.Parameters)
	_ = json.Unmarshal(s.External, &step.External)
	return step
}
