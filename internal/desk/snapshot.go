package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Snapshot is the desk at one moment.
type Snapshot struct {
	Queues []Queue
	// Agents are in the order they came.
	Agents []Agent
}

// Queue is a queue with the contacts that wait in it.
type Queue struct {
	// ID is always the same for a name.
	ID, Name string
	// Agent is the name of the agent whose own queue it is; empty for a queue of many. Such a queue is
	// shown only while a contact waits in it.
	Agent string
	// Capacity is how many contacts may wait in it; zero means any number.
	Capacity int
	// Waiting are the contacts in the order in which agents take them: by priority, and of one
	// priority the one that waits longest first.
	Waiting []Waiting
}

// Waiting is a contact that waits.
type Waiting struct {
	ContactID string
	// Customer is the name of the customer.
	Customer string
	Since    time.Time
	// Priority is the lower the more urgent, Age what counts in addition to the time it has waited,
	// Agent the name of the one agent it waits for, empty for any.
	Priority int
	Age      time.Duration
	Agent    string
	// RejectedBy are the names of the agents who do not want it.
	RejectedBy []string
}

// Agent is an agent.
type Agent struct {
	// ID is always the same for a name.
	ID, Name string
	State    State
	// Status is the name of the status of the instance that State comes from; empty when it was said
	// otherwise.
	Status string
	// Capacity is how many contacts it takes at once; zero means any number.
	Capacity int
	Scripted bool
	// AutoAccept says that a person takes contacts without accepting them.
	AutoAccept bool
	// Invitations are the contacts that it was asked to join, and has not decided about yet. Only a
	// [Snapshot] has them.
	Invitations []Invitation
	// Contacts are those it is in, oldest first.
	Contacts []Holding
}

// Invitation is a contact that an agent was asked to join.
type Invitation struct {
	ContactID string
	// Customer is the name of the customer, By that of the agent who asks.
	Customer, By string
	Since        time.Time
}

// Holding is an agent's part in a contact.
type Holding struct {
	ContactID, ParticipantID string
	// Role is [transcript.Agent] or [transcript.Supervisor].
	Role transcript.Role
	// Customer is the name of the customer.
	Customer string
	// Since is when the agent joined.
	Since time.Time
	// Incremental says that the customer's client takes messages in pieces: see [Desk.Tell].
	Incremental bool
}

// Snapshot returns what the desk looks like now.
func (d *Desk) Snapshot() Snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	var s Snapshot
	invited := d.invitations()
	for _, q := range d.lines() {
		shown := Queue{ID: q.id, Name: q.name, Agent: q.agent, Capacity: q.capacity}
		for _, t := range q.waiting {
			waiting := Waiting{
				ContactID: t.id, Customer: t.customer, Since: t.since, Priority: cmp.Or(t.routed.Priority, chat.DefaultPriority), Age: t.routed.Age, Agent: t.routed.Agent,
			}
			for _, a := range t.rejected {
				waiting.RejectedBy = append(waiting.RejectedBy, a.name)
			}
			shown.Waiting = append(shown.Waiting, waiting)
		}
		s.Queues = append(s.Queues, shown)
	}
	for _, a := range d.agents {
		shown := a.show()
		shown.Invitations = invited[a]
		s.Agents = append(s.Agents, shown)
	}
	return s
}

// invitations are those of all agents, the oldest first. The caller holds the desk's lock.
func (d *Desk) invitations() map[*agent][]Invitation {
	all := map[*agent][]Invitation{}
	for _, t := range d.tickets {
		for _, i := range t.invited {
			if i.told {
				all[i.agent] = append(all[i.agent], Invitation{ContactID: t.id, Customer: t.customer, By: i.by, Since: i.since})
			}
		}
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b Invitation) int {
			return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.ContactID, b.ContactID))
		})
	}
	return all
}

// Agent returns an agent by id or name. Errors: [ErrNoAgent].
func (d *Desk) Agent(ref string) (Agent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, err := d.find(ref)
	if err != nil {
		return Agent{}, err
	}
	return a.show(), nil
}

// show describes an agent. The caller holds the desk's lock.
func (a *agent) show() Agent {
	shown := Agent{ID: a.id, Name: a.name, State: a.state, Status: a.status, Capacity: a.capacity, Scripted: a.partner != nil, AutoAccept: a.auto}
	for _, s := range a.seats {
		shown.Contacts = append(shown.Contacts, Holding{
			ContactID: s.ticket.id, ParticipantID: s.participantID, Role: s.role, Customer: s.ticket.customer, Since: s.since,
			Incremental: s.ticket.incremental,
		})
	}
	slices.SortFunc(shown.Contacts, func(a, b Holding) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.ContactID, b.ContactID))
	})
	return shown
}
