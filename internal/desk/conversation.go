package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Partner is someone who talks with customers. Its methods are called by the desk, for one
// conversation never two at a time; they return when they have answered. An error is
// reported and the conversation goes on.
type Partner interface {
	// Greet begins a conversation.
	Greet(ctx context.Context, talk *Conversation) error
	// Hear takes the next thing that somebody else said or did: a message, an attachment,
	// an event, a receipt.
	Hear(ctx context.Context, talk *Conversation, item *transcript.Item) error
}

// Conversation is a partner's side of one chat. Its methods are for the partner; errors are
// those of package chat.
type Conversation struct {
	desk *Desk
	seat *seat // its agent, ticket and participantID never change

	mu    sync.Mutex
	inbox []*transcript.Item
	busy  bool // a goroutine is at work, or will be
	over  bool
	// caughtUp are the items that were found in the transcript and may arrive again.
	caughtUp map[string]bool
	socket   *chat.Socket
}

const (
	// mostWaiting bounds what a partner has yet to hear. A customer who says more than
	// that meanwhile is not answered.
	mostWaiting = 64
	// lookBack is how much of a transcript is searched for what was not answered.
	lookBack = 100
)

// ContactID returns the id of the chat.
func (c *Conversation) ContactID() string { return c.seat.ticket.id }

// Customer returns the customer's name.
func (c *Conversation) Customer() string { return c.seat.ticket.customer }

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

// Type shows the customer that the partner is typing and takes its time, unless more is
// waiting to be heard.
func (c *Conversation) Type(ctx context.Context, takes time.Duration) error {
	c.mu.Lock()
	waiting := len(c.inbox) > 0
	c.mu.Unlock()
	if waiting || takes <= 0 {
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

// Transfer passes the chat on; the conversation is over then. Errors are those of
// [Desk.Transfer].
func (c *Conversation) Transfer(ctx context.Context, to Target) error {
	return c.desk.Transfer(ctx, c.seat.agent.name, c.ContactID(), to)
}

// Leave ends the partner's part, and the chat with it when no other agent is there.
func (c *Conversation) Leave(ctx context.Context) error {
	return c.desk.chats.Leave(ctx, c.ContactID(), c.seat.participantID)
}

// Deliver implements [chat.Feed].
func (c *Conversation) Deliver(item *transcript.Item) {
	if item.ParticipantID == c.seat.participantID {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || c.caughtUp[item.ID] || len(c.inbox) >= mostWaiting {
		return
	}
	c.inbox = append(c.inbox, item)
	if !c.busy {
		c.busy = c.desk.spawn(c.work)
	}
}

// End implements [chat.Feed].
func (c *Conversation) End() {
	c.mu.Lock()
	c.over, c.inbox = true, nil
	c.mu.Unlock()
}

// detach stops listening.
func (c *Conversation) detach() {
	c.mu.Lock()
	socket := c.socket
	c.mu.Unlock()
	if socket != nil {
		socket.Close(true, 0)
	}
}

// work lets the partner hear what is waiting, until nothing is.
func (c *Conversation) work() {
	for {
		c.mu.Lock()
		if len(c.inbox) == 0 || c.desk.ctx.Err() != nil {
			c.busy, c.inbox = false, nil
			c.mu.Unlock()
			return
		}
		item := c.inbox[0]
		c.inbox = c.inbox[1:]
		c.mu.Unlock()
		c.desk.report(c.ContactID(), c.partner().Hear(c.desk.ctx, c, item))
	}
}

// partner returns who talks now: another script may take an agent's place.
func (c *Conversation) partner() Partner {
	c.desk.mu.Lock()
	defer c.desk.mu.Unlock()
	return c.seat.agent.partner
}

// enter makes the partner a listening participant and puts what was not answered yet before
// everything it hears from now on. It reports whether the partner is to greet; ok is false
// when it could not be brought in.
func (c *Conversation) enter(ctx context.Context) (greet, ok bool) {
	greet, err := c.attach(ctx)
	if err != nil {
		c.detach()
		c.desk.report(c.ContactID(), fmt.Errorf("joining a chat: %w", err))
		return false, false
	}
	return greet, true
}

// run greets, when that is due, and then works.
func (c *Conversation) run(greet bool) {
	if greet {
		c.desk.report(c.ContactID(), c.partner().Greet(c.desk.ctx, c))
	}
	c.work()
}

func (c *Conversation) attach(ctx context.Context) (greet bool, err error) {
	chats, self := c.desk.chats, c.seat.participantID
	socket, err := chats.Watch(c.ContactID(), self, c)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	c.socket = socket
	c.mu.Unlock()
	page, err := chats.Transcript(ctx, c.ContactID(), chat.TranscriptQuery{MaxResults: lookBack})
	if err != nil {
		return false, err
	}
	contact, err := c.Contact(ctx)
	if err != nil {
		return false, err
	}
	missed, spoke := unanswered(page.Items, self)
	if spoke && crowded(&contact) {
		missed = nil // nobody's receipts tell what was answered
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.caughtUp = make(map[string]bool, len(missed))
	for _, item := range missed {
		c.caughtUp[item.ID] = true
	}
	live := slices.DeleteFunc(c.inbox, func(item *transcript.Item) bool { return c.caughtUp[item.ID] })
	c.inbox = append(missed, live...)
	return !spoke, nil
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

// unanswered returns what customers said in a transcript and self has not answered, and
// whether self has said anything at all. A partner reads a message before it answers it, so
// one that was read and followed by words of self was answered, and one that was not read
// was not, even when an answer to an earlier one stands below it. What was said before
// another agent did or left is that agent's matter.
func unanswered(items []transcript.Item, self string) (missed []*transcript.Item, spoke bool) {
	var last, others time.Time
	for i := range items {
		item := &items[i]
		switch {
		case item.ParticipantID == self && item.Type == transcript.MessageItem:
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
