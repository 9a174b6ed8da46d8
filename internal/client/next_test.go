package client

import (
	"testing"
	"time"
)

// The next chat is the one that the desk would give the agent.
func TestNext(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 30, 9, minute, 0, 0, time.UTC) }
	desk := Desk{Queues: []Queue{
		{Name: "Default", Waiting: []Waiting{{ContactID: "Bob's", Since: at(0), Priority: 1, Agent: "Bob"}, {ContactID: "old", Since: at(2), Priority: 5}}},
		{Name: "Sales", Waiting: []Waiting{
			{ContactID: "urgent", Since: at(9), Priority: 2}, {ContactID: "seems old", Since: at(5), Priority: 5, AgeSeconds: 240}, {ContactID: "Cleo's", Since: at(9), Priority: 9, Agent: "Cleo"},
		}},
		{Name: "Ann", Agent: "Ann", Waiting: []Waiting{{ContactID: "own", Since: at(9), Priority: 5, Agent: "Ann"}}},
	}}
	for _, want := range []struct{ agent, id string }{{"Ann", "own"}, {"Bob", "Bob's"}, {"Cleo", "urgent"}} {
		if got := desk.next(want.agent); got == nil || got.ContactID != want.id {
			t.Errorf("%s gets %+v, not %s", want.agent, got, want.id)
		}
	}
	desk.Queues[1].Waiting = desk.Queues[1].Waiting[1:]
	if got := desk.next("Cleo"); got.ContactID != "seems old" {
		t.Errorf("Cleo gets %+v", got)
	}
	desk.Queues[0].Waiting, desk.Queues[1].Waiting = desk.Queues[0].Waiting[:1], nil
	if got := desk.next("Cleo"); got != nil {
		t.Errorf("Cleo gets %+v", got)
	}
	cleo := Agent{Name: "Cleo"}
	cleo.Invitations = append(cleo.Invitations, struct {
		ContactID string `json:"contactId"`
	}{"asked"})
	desk.Agents = []Agent{{Name: "Ann"}, cleo}
	if got := desk.next("Cleo"); got == nil || got.ContactID != "asked" {
		t.Errorf("Cleo gets %+v", got)
	}
}
