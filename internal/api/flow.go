package api

import (
	"net/http"

	"github.com/parley-chat/parley/internal/inspect"
)

// flowStep is a step of a contact flow.
type flowStep struct {
	Seq       uint64 `json:"seq"`
	ContactID string `json:"contactId"`
	Truncated bool   `json:"truncated,omitempty"`
	*inspect.FlowStep
}

func flowStepOf(x *inspect.Exchange) flowStep {
	return flowStep{Seq: x.Seq, ContactID: x.ContactID, Truncated: x.Truncated, FlowStep: x.Flow}
}

// flow answers the way of a contact through its flows.
func (a *API) flow(r *http.Request) (any, error) {
	contact, err := a.cfg.Chats.Contact(r.Context(), r.PathValue("contact"))
	if err != nil {
		return nil, err
	}
	found, _ := a.cfg.Exchanges.List(inspect.Query{ContactID: contact.ID, Kind: inspect.Flow})
	steps := make([]flowStep, 0, len(found))
	for i := range found {
		steps = append(steps, flowStepOf(&found[i]))
	}
	return map[string]any{"contactId": contact.ID, "steps": steps}, nil
}
