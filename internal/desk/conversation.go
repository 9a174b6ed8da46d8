package desk

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/inbox"
	"github.com/parley-chat/parley/internal/transcript"
)

// Partner answers customers in the place of a person. The desk calls its methods, for one
// conversation never two at a time; each returns when the answer is given. An error is reported,
// and the conversation goes on.
type Partner interface {
	// Greet begins a conversation.
	Greet(ctx context.Context, talk *Conversation) error
	// Hear takes the next item by another participant: a message, an attachment, an event, a
	// receipt.
	Hear(ctx context.Context, talk *Conversation, item *transcript.Item) error
}

// Conversation is a partner's side of one chat. Its methods are for the partner, but Deliver and
// End; their errors are those of package chat.
type Conversation struct {
	desk   *Desk
	seat   *seat // its agent, ticket and participantID never change
	inbox  *inbox.Inbox[*transcript.Item]
	socket atomic.Pointer[chat.Socket] // nil before it listens
	spoke  bool                        // when it entered: the partner had spoken before a restart
}

const (
	// inboxLimit is the number of items that may wait for a partner. The items of a customer who
	// sends more than that meanwhile are not answered.
	inboxLimit = 64
	// lookBack is the number of items of a transcript that are searched for unanswered messages.
	lookBack = 100
)

func newConversation(d *Desk, s *seat) *Conversation {
	c := &Conversation{desk: d, seat: s}
	c.inbox = inbox.New(inbox.Config[*transcript.Item]{
		Limit: inboxLimit, Key: func(item *transcript.Item) string { return item.ID }, Handle: c.hear, Go: d.spawn,
	})
	return c
}

// ContactID returns the id of the chat.
func (c *Conversation) ContactID() string { return c.seat.ticket.id }

// Customer returns the customer's name.
func (c *Conversation) Customer() string {
	c.desk.mu.Lock()
	defer c.desk.mu.Unlock()
	return c.seat.ticket.customer
}

// Contact returns the chat as it is now.
func (c *Conversation) Contact(ctx context.Context) (chat.Contact, error) {
	return c.desk.chats.Contact(ctx, c.ContactID())
}

// Now returns the time of the chat.
func (c *Conversation) Now() time.Time { return c.desk.chats.Clock().Now() }

// Takes reports whether the customer's client can show a content type.
func (c *Conversation) Takes(ctx context.Context, contentType string) bool {
	if contentType == transcript.TextPlain {
		return true
	}
	contact, err := c.Contact(ctx)
	return err == nil && slices.Contains(contact.ContentTypes, contentType)
}

// Say says something.
func (c *Conversation) Say(ctx context.Context, contentType, content string) error {
	_, err := c.desk.chats.Say(ctx, c.ContactID(), c.seat.participantID, transcript.Message{ContentType: contentType, Content: content})
	return err
}

// Type shows the customer that the partner is typing, and waits for the given time. It does nothing
// when another item waits to be heard.
func (c *Conversation) Type(ctx context.Context, takes time.Duration) error {
	if takes <= 0 || c.inbox.Waits() {
		return nil
	}
	if _, err := c.desk.chats.Signal(ctx, c.ContactID(), c.seat.participantID, transcript.Typing, ""); err != nil {
		return err
	}
	return c.desk.chats.Clock().Wait(ctx, takes)
}

// Wait lets time go by.
func (c *Conversation) Wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	return c.desk.chats.Clock().Wait(ctx, d)
}

// Read tells the customer that an item was read. In a chat of more than two there are no
// receipts.
func (c *Conversation) Read(ctx context.Context, item *transcript.Item) error {
	return c.desk.read(ctx, c.ContactID(), c.seat.participantID, item.ID)
}

// SendFile sends an attachment.
func (c *Conversation) SendFile(ctx context.Context, a Attachment) error {
	_, err := c.desk.sendFile(ctx, c.ContactID(), c.seat.participantID, a)
	return err
}

// Transfer passes the chat on to the queue or the agent of a name, or else to a new queue of that
// name; the conversation is over then. Errors are those of [Desk.Transfer].
func (c *Conversation) Transfer(ctx context.Context, name string) error {
	c.desk.mu.Lock()
	target := Target{Agent: name}
	if _, err := c.desk.findQueue(name); err == nil || c.desk.named[name] == nil {
		target = Target{Queue: c.desk.queue(name).name}
	}
	c.desk.mu.Unlock()
	if err := c.desk.Transfer(ctx, c.seat.agent.name, c.ContactID(), target); err != nil {
		return fmt.Errorf("transferring to %q: %w", name, err)
	}
	return nil
}

// Invite asks another agent to join the chat. Errors are those of [Desk.Invite].
func (c *Conversation) Invite(ctx context.Context, how Invite) error {
	if err := c.desk.Invite(ctx, c.seat.agent.name, c.ContactID(), how); err != nil {
		return fmt.Errorf("inviting %q: %w", how.Agent, err)
	}
	return nil
}

// SignedIn lets the customer be signed in under a name: a sign-in that is going on succeeds.
func (c *Conversation) SignedIn(ctx context.Context, name string) error {
	return c.desk.chats.Step(ctx, c.ContactID(), func(step *chat.Step) error {
		if step.SigningIn() {
			if err := step.EndSignIn("", transcript.AuthSucceeded); err != nil {
				return err
			}
		}
		return step.Rename(name)
	})
}

// Leave takes the partner out of the chat, which ends when no other agent is in it.
func (c *Conversation) Leave(ctx context.Context) error {
	return c.desk.chats.Leave(ctx, c.ContactID(), c.seat.participantID)
}

// Deliver implements [chat.Feed].
func (c *Conversation) Deliver(item *transcript.Item) {
	if item.ParticipantID != c.seat.participantID {
		c.inbox.Put(item)
	}
}

// End implements [chat.Feed].
func (c *Conversation) End() { c.inbox.End() }

// detach stops listening.
func (c *Conversation) detach() {
	if socket := c.socket.Load(); socket != nil {
		socket.Close(true, 0)
	}
}

// hear hands an item of the inbox to the partner.
func (c *Conversation) hear(item *transcript.Item) {
	if c.desk.ctx.Err() == nil {
		c.desk.report(c.ContactID(), c.partner().Hear(c.desk.ctx, c, item))
	}
}

// partner returns the agent's partner, which may have been replaced since the conversation began.
func (c *Conversation) partner() Partner {
	c.desk.mu.Lock()
	defer c.desk.mu.Unlock()
	return c.seat.agent.partner
}

// enter makes the partner a listening participant, with the unanswered messages of the transcript
// first in its inbox. It returns false, and has reported the reason, when that failed.
func (c *Conversation) enter() bool {
	err := c.attach(c.desk.ctx)
	if err != nil {
		c.detach()
		c.desk.report(c.ContactID(), fmt.Errorf("joining a chat: %w", err))
	}
	return err == nil
}

// run greets, unless the partner has spoken already, and then begins to hear.
func (c *Conversation) run() {
	if !c.spoke {
		c.desk.report(c.ContactID(), c.partner().Greet(c.desk.ctx, c))
	}
	c.inbox.Start()
}

func (c *Conversation) attach(ctx context.Context) error {
	chats, self := c.desk.chats, c.seat.participantID
	socket, err := chats.Watch(c.ContactID(), self, c)
	if err != nil {
		return err
	}
	c.socket.Store(socket)
	page, err := chats.Transcript(ctx, c.ContactID(), chat.TranscriptQuery{MaxResults: lookBack, For: self})
	if err != nil {
		return err
	}
	contact, err := c.Contact(ctx)
	if err != nil {
		return err
	}
	missed, spoke := unanswered(page.Items, self, c.seat.since)
	if spoke && crowded(&contact) {
		missed = nil // without receipts nothing tells which messages were answered
	}
	c.spoke = spoke
	c.inbox.Fill(missed)
	return nil
}

// crowded reports whether more than two take part.
func crowded(contact *chat.Contact) bool {
	n := 0
	for _, p := range contact.Participants {
		if p.Active() && p.Role != transcript.System {
			n++
		}
	}
	return n > 2
}

// unanswered returns the messages and attachments of customers in a transcript that self has not
// answered, and whether self, who joined at a time, has said anything at all. A partner reads a message before it answers
// it: a message that was read and followed by a message of self was answered. A message that was
// not read was not answered, even when an answer to an earlier message stands below it. Messages
// before the last item of another agent are left to that agent, and choices made before self joined to
// the contact flow or the bot that asked for them.
func unanswered(items []transcript.Item, self string, joined time.Time) (missed []*transcript.Item, spoke bool) {
	var last, others time.Time
	for i := range items {
		item := &items[i]
		switch {
		case item.ParticipantID == self && item.Type == transcript.MessageItem, toldBy(item, joined):
			last, spoke = item.Time, true
		case item.ParticipantID != self && item.Role == transcript.Agent && item.ContentType != transcript.ParticipantJoined:
			others = item.Time
		}
	}
	for i := range items {
		item := &items[i]
		switch {
		case item.Role != transcript.Customer || item.Time.Before(others):
			continue
		case item.ContentType == transcript.InteractiveResponse && item.Time.Before(joined):
			continue
		case item.Type == transcript.MessageItem:
			if read, ok := readBy(item, self); ok && last.After(read) {
				continue
			}
		case item.Type == transcript.AttachmentItem:
			if last.After(item.Time) {
				continue
			}
		default:
			continue
		}
		missed = append(missed, item)
	}
	return missed, spoke
}

func readBy(item *transcript.Item, participantID string) (time.Time, bool) {
	for _, r := range item.Receipts {
		if r.RecipientID == participantID && !r.Read.IsZero() {
			return r.Read, true
		}
	}
	return time.Time{}, false
}
