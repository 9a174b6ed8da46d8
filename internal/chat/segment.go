package chat

import (
	"cmp"
	"time"
)

// Method is how a contact began, in the service's own spelling.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/contact-initiation-methods.html
type Method string

// Methods by which the contacts of a chat begin.
const (
	ByAPI           Method = "API"
	ByTransfer      Method = "TRANSFER"       // by an agent, to an agent or a queue
	ByQueueTransfer Method = "QUEUE_TRANSFER" // by a flow, from one queue to another
	ByDisconnect    Method = "DISCONNECT"     // for the disconnect flow
)

// Successor is a contact that followed another one in the same chat. It is not changed: whatever is
// known of it at its end is said by its own successor, or by the chat.
type Successor struct {
	// ID is the UUID by which Amazon Connect knows it.
	ID     string
	Method Method
	// Began is when it began, which was the end of the contact before it; Reason says why that ended.
	Began  time.Time
	Reason Reason
	// First is the Seq of its first item, Came how many had taken part in the chat before it.
	First int64
	Came  int
	// Before is the successor that it followed; nil for the first contact of the chat.
	Before *Successor
}

// Segment is one of the contacts of a chat, as Amazon Connect counts contacts. Its members have the
// meaning of those of [Contact].
type Segment struct {
	ID, PreviousID, NextID string
	Method                 Method
	Started, Ended         time.Time
	Reason                 Reason
	// First is the Seq of its first item; Next that of the first item after it, zero for none.
	First, Next int64
	// Participants are those who took part, in the order they came.
	Participants []Participant
}

// Current returns the id of the contact that the chat has come to.
func (c *Contact) Current() string {
	if c.Latest != nil {
		return c.Latest.ID
	}
	return c.ID
}

// Segments returns the contacts of the chat, the first one first. There is always one.
func (c *Contact) Segments() []Segment {
	n := 1
	for s := c.Latest; s != nil; s = s.Before {
		n++
	}
	list := make([]Segment, n)
	last := Segment{Ended: c.Ended, Reason: c.Reason, Participants: c.Participants}
	for s := c.Latest; s != nil; s = s.Before {
		n--
		last.ID, last.Method, last.Started, last.First = s.ID, s.Method, s.Began, s.First
		last.PreviousID = c.ID
		if s.Before != nil {
			last.PreviousID = s.Before.ID
		}
		var there []Participant
		for i, p := range last.Participants {
			if i == 0 || p.Active() || p.Left.After(s.Began) || i >= s.Came { // the customer stays
				there = append(there, p)
			}
		}
		last.Participants = there
		list[n] = last
		last = Segment{NextID: s.ID, Ended: s.Began, Reason: s.Reason, Next: s.First, Participants: c.Participants[:s.Came]}
	}
	last.ID, last.Method, last.Started, last.First = c.ID, ByAPI, c.Started, 1
	list[0] = last
	return list
}

// Segment returns one of the contacts of the chat by its id; false for a contact of another chat.
func (c *Contact) Segment(id string) (Segment, bool) {
	if c.Latest == nil && id != c.ID { // of most, without making a list
		return Segment{}, false
	}
	for _, s := range c.Segments() {
		if s.ID == id {
			return s, true
		}
	}
	return Segment{}, false
}

// contactOf returns the id of the contact that an item with a Seq belongs to.
func (c *Contact) contactOf(seq int64) string {
	for s := c.Latest; s != nil; s = s.Before {
		if seq >= s.First {
			return s.ID
		}
	}
	return c.ID
}

// Succeed ends the current contact for a reason, and goes on in a new one of the same chat: what is
// said from now on in this step, and later, belongs to it. Whatever the chat has stays: participants,
// attributes, its queue, the state of its flow, connections.
func (step *Step) Succeed(method Method, reason Reason) {
	if step.over {
		return
	}
	step.succeeds = true
	contact := step.edit()
	contact.Latest = &Successor{
		ID: newID(), Method: method, Began: step.now.UTC().Truncate(time.Millisecond), Reason: reason,
		First: step.seq + 1, Came: len(contact.Participants), Before: contact.Latest,
	}
}

// succeeded makes the contacts that an active chat has gone on in findable, and those of one that is
// over no longer. The caller holds the service's lock.
func (s *Service) succeeded(c *Contact) {
	for from := c.Latest; from != nil; from = from.Before {
		if c.HasEnded() {
			delete(s.successors, from.ID)
			continue
		}
		if s.successors[from.ID] != "" {
			return // and so are those before it
		}
		if s.successors == nil {
			s.successors = map[string]string{}
		}
		s.successors[from.ID] = c.ID
	}
}

// Chat returns the id of the chat, which is that of its first contact, for any of its contacts. What
// is not a contact of an active chat is returned as it is.
func (s *Service) Chat(contactID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.successors[contactID], contactID)
}
