package connectserver

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/transcript"
)

type describeContactInput struct {
	InstanceID string `json:"InstanceId"`
	ContactID  string `json:"ContactId"`
}

type describeContactOutput struct{ Contact contactOutput }

// contactOutput is what a chat has of a Contact.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_Contact.html
type contactOutput struct {
	ARN               string `json:"Arn"`
	ID                string `json:"Id"`
	InitialID         string `json:"InitialContactId"`
	PreviousID        string `json:"PreviousContactId,omitzero"`
	AssociationID     string `json:"ContactAssociationId"`
	RelatedID         string `json:"RelatedContactId,omitzero"`
	InitiationMethod  chat.Method
	Channel           string
	QueueInfo         *queueInfo        `json:",omitzero"`
	AgentInfo         *agentInfo        `json:",omitzero"`
	Initiated         epoch             `json:"InitiationTimestamp"`
	Connected         epoch             `json:"ConnectedToSystemTimestamp,omitzero"`
	Disconnected      epoch             `json:"DisconnectTimestamp,omitzero"`
	LastUpdate        epoch             `json:"LastUpdateTimestamp"`
	CustomerID        string            `json:"CustomerId,omitzero"`
	Attributes        map[string]string `json:",omitempty"`
	SegmentAttributes jsontext.Value    `json:",omitempty"`
	DisconnectReason  chat.Reason       `json:",omitzero"`
	ChatMetrics       *chatMetrics      `json:",omitzero"`
}

type queueInfo struct {
	ID       string `json:"Id"`
	Enqueued epoch  `json:"EnqueueTimestamp"`
}

// queueOf is the queue of a contact; nil for an agent's own, and for one that the instance does not have.
func (s *Service) queueOf(how *chat.Queued) *queueInfo {
	if how == nil || how.Agent != "" && how.Name == "" {
		return nil
	}
	var before *instance.Item[instance.Queue]
	for _, q := range s.kept.Queues.All() {
		switch {
		case q.Name == how.Name, how.Name == "" && q.Configured: // the first is for contacts that name none
			return &queueInfo{q.ID, epoch{how.Since}}
		case slices.Contains(q.Is.Former, how.Name):
			before = q
		}
	}
	if before == nil {
		return nil
	}
	return &queueInfo{before.ID, epoch{how.Since}}
}

type agentInfo struct {
	ID        string `json:"Id,omitzero"`
	Connected epoch  `json:"ConnectedToAgentTimestamp"`
}

// userID is the id of the user of a name; empty for an agent who is none.
func (s *Service) userID(name string) string {
	for _, u := range s.kept.Users.All() {
		if u.Name == name {
			return u.ID
		}
	}
	return ""
}

// chatMetrics count a chat that has ended.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ChatMetrics.html
type chatMetrics struct {
	Contact  contactMetrics      `json:"ChatContactMetrics"`
	Customer participantMetrics  `json:"CustomerMetrics"`
	Agent    *participantMetrics `json:"AgentMetrics,omitzero"`
}

type contactMetrics struct {
	MultiParty             bool
	TotalMessages          int
	TotalBotMessages       int
	TotalBotMessageLength  int   `json:"TotalBotMessageLengthInChars"`
	AgentFirstResponse     epoch `json:"AgentFirstResponseTimestamp,omitzero"`
	AgentFirstResponseTime int64 `json:"AgentFirstResponseTimeInMillis,omitzero"`
}

type participantMetrics struct {
	ParticipantID   string `json:"ParticipantId"`
	ParticipantType transcript.Role
	MessagesSent    int
	MessageLength   int   `json:"MessageLengthInChars"`
	LastMessage     epoch `json:"LastMessageTimestamp,omitzero"`
}

// describeContact carries out DescribeContact, for any of the contacts of a chat.
func (s *Service) describeContact(ctx context.Context, in *describeContactInput) (*describeContactOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	c, err := s.chats.Contact(ctx, contactID(in.ContactID))
	if err != nil {
		return nil, err
	}
	one, _ := c.Segment(contactID(in.ContactID))
	connected := c.Connected
	if one.PreviousID != "" { // the customer was there already
		connected = one.Started
	}
	out := contactOutput{
		ARN: s.instanceARN(c.InstanceID) + "/contact/" + one.ID, ID: one.ID, InitialID: c.ID, PreviousID: one.PreviousID, AssociationID: root(&c),
		RelatedID: c.RelatedID, InitiationMethod: one.Method, Channel: "CHAT",
		Initiated: epoch{one.Started}, Connected: epoch{connected}, Disconnected: epoch{one.Ended}, LastUpdate: epoch{lastUpdate(one, connected)},
		CustomerID: c.CustomerID, Attributes: c.Attributes.Map(), SegmentAttributes: c.SegmentAttributes, DisconnectReason: one.Reason,
	}
	for _, p := range one.Participants {
		if p.Role == transcript.Agent {
			out.AgentInfo = &agentInfo{s.userID(p.DisplayName), epoch{p.Joined}}
		}
	}
	if one.NextID == "" {
		out.QueueInfo = s.queueOf(c.Queue)
	}
	if !one.Ended.IsZero() {
		if out.ChatMetrics, err = s.metrics(ctx, &c, one); err != nil {
			return nil, err
		}
	}
	return &describeContactOutput{out}, nil
}

// root is the contact that a conversation began with.
func root(c *chat.Contact) string {
	if len(c.Past) > 0 {
		return c.Past[len(c.Past)-1]
	}
	return c.ID
}

// lastUpdate is the latest thing a contact tells the time of.
func lastUpdate(one chat.Segment, connected time.Time) time.Time {
	last := one.Started
	see := func(t time.Time) {
		if t.After(last) && (one.NextID == "" || !t.After(one.Ended)) {
			last = t
		}
	}
	see(connected)
	see(one.Ended)
	for _, p := range one.Participants {
		see(p.Joined)
		see(p.Left)
	}
	return last
}

// metrics counts the messages of one of the contacts of a chat.
func (s *Service) metrics(ctx context.Context, c *chat.Contact, one chat.Segment) (*chatMetrics, error) {
	m := &chatMetrics{Customer: participantMetrics{ParticipantID: c.Customer().ID, ParticipantType: transcript.Customer}}
	people := 0
	for _, p := range one.Participants {
		switch p.Role {
		case transcript.Agent:
			people++
			m.Agent = &participantMetrics{ParticipantID: p.ID, ParticipantType: transcript.Agent}
		case transcript.Customer, transcript.Supervisor:
			people++
		case transcript.System, transcript.CustomBot:
		}
	}
	m.Contact.MultiParty = people > 2
	query := chat.TranscriptQuery{ContactID: one.ID, MaxResults: 100}
	for {
		page, err := s.chats.Transcript(ctx, c.ID, query)
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			if item := &page.Items[i]; item.Type == transcript.MessageItem && !item.Undelivered() {
				m.count(item)
			}
		}
		if page.NextToken == "" || len(page.Items) == 0 {
			break
		}
		query.NextToken = page.NextToken
	}
	if first := m.Contact.AgentFirstResponse; !first.IsZero() {
		m.Contact.AgentFirstResponseTime = first.Sub(one.Started).Milliseconds()
	}
	return m, nil
}

// count counts one message. Messages come in any order.
func (m *chatMetrics) count(item *transcript.Item) {
	length := utf8.RuneCountInString(item.Content)
	m.Contact.TotalMessages++
	switch item.Role {
	case transcript.Customer:
		m.Customer.count(length, item.Time)
	case transcript.Agent:
		if m.Agent != nil {
			m.Agent.count(length, item.Time)
		}
		if first := m.Contact.AgentFirstResponse; first.IsZero() || item.Time.Before(first.Time) {
			m.Contact.AgentFirstResponse = epoch{item.Time}
		}
	case transcript.System, transcript.CustomBot:
		m.Contact.TotalBotMessages++
		m.Contact.TotalBotMessageLength += length
	case transcript.Supervisor:
	}
}

func (m *participantMetrics) count(length int, at time.Time) {
	m.MessagesSent++
	m.MessageLength += length
	if at.After(m.LastMessage.Time) {
		m.LastMessage = epoch{at}
	}
}
