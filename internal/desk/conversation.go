package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/chat"
)

// Conversation is a partner's side of one chat. Its methods are for the partner; errors are
// those of package chat.
type Conversation struct {
	desk    *Desk
	contact chat.Contact // as it was when the conversation began
	self    string       // the partner's participant id

	mu    sync.Mutex
	inbox []*chat.Item
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

// Contact returns the chat as it was when the conversation began.
func (c *Conversation) Contact() chat.Contact { return c.contact }

// Now returns the time of the chat.
func (c *Conversation) Now() time.Time { return c.desk.chats.Clock().Now() }

// Takes reports whether the customer's client can show a content type.
func (c *Conversation) Takes(contentType string) bool {
	return contentType == chat.TextPlain || slices.Contains(c.contact.ContentTypes, contentType)
}

// Say says something.
func (c *Conversation) Say(ctx context.Context, contentType, content string) error {
	_, err := c.desk.chats.Say(ctx, c.contact.ID, c.self, chat.Message{ContentType: contentType, Content: content})
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
	if _, err := c.desk.chats.Signal(ctx, c.contact.ID, c.self, chat.Typing, ""); err != nil {
		return err
	}
	return c.desk.chats.Clock().Wait(ctx, takes)
}

// Read tells the customer that an item was read. In a chat of more than two there are no
// receipts.
func (c *Conversation) Read(ctx context.Context, item *chat.Item) error {
	content := fmt.Sprintf(`{"messageId":%q}`, item.ID)
	_, err := c.desk.chats.Signal(ctx, c.contact.ID, c.self, chat.MessageRead, content)
	if errors.Is(err, chat.ErrConflict) {
		return nil
	}
	return err
}

// Leave ends the partner's part, and the chat with it when no other agent is there.
func (c *Conversation) Leave(ctx context.Context) error {
	return c.desk.chats.Leave(ctx, c.contact.ID, c.self)
}

// Deliver implements [chat.Feed].
func (c *Conversation) Deliver(item *chat.Item) {
	if item.ParticipantID == c.self {
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
	c.desk.forget(c)
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
		c.desk.report(c.contact.ID, c.desk.partner.Hear(c.desk.ctx, c, item))
	}
}

// enter makes the partner a listening participant and puts what was not answered yet before
// everything it hears from now on. It reports whether the partner is to greet; ok is false
// when it could not be brought in.
func (c *Conversation) enter(ctx context.Context) (greet, ok bool) {
	greet, err := c.attach(ctx)
	if err != nil {
		c.detach()
		c.desk.forget(c)
		c.desk.report(c.contact.ID, fmt.Errorf("joining a chat: %w", err))
		return false, false
	}
	return greet, true
}

// run greets, when that is due, and then works.
func (c *Conversation) run(greet bool) {
	if greet {
		c.desk.report(c.contact.ID, c.desk.partner.Greet(c.desk.ctx, c))
	}
	c.work()
}

func (c *Conversation) attach(ctx context.Context) (greet bool, err error) {
	chats := c.desk.chats
	if c.self == "" {
		joined, err := chats.Join(ctx, c.contact.ID, chat.Agent, c.desk.name)
		if err != nil {
			return false, err
		}
		c.self = joined.ParticipantID
	}
	socket, err := chats.Watch(c.contact.ID, c.self, c)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	c.socket = socket
	c.mu.Unlock()
	page, err := chats.ReadTranscript(ctx, c.contact.ID, chat.TranscriptQuery{MaxResults: lookBack})
	if err != nil {
		return false, err
	}
	missed, spoke := unanswered(page.Items, c.self)
	if spoke && c.crowded() {
		missed = nil // nobody's receipts tell what was answered
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.caughtUp = make(map[string]bool, len(missed))
	for _, item := range missed {
		c.caughtUp[item.ID] = true
	}
	live := slices.DeleteFunc(c.inbox, func(item *chat.Item) bool { return c.caughtUp[item.ID] })
	c.inbox = append(missed, live...)
	return !spoke, nil
}

// crowded reports whether more than two took part when the conversation began.
func (c *Conversation) crowded() bool {
	n := 0
	for _, p := range c.contact.Participants {
		if p.Active() && p.Role != chat.System {
			n++
		}
	}
	return n > 2
}

// unanswered returns what customers said in a transcript and self has not answered, and
// whether self has said anything at all. A partner reads a message before it answers it, so
// one that was read and followed by words of self was answered, and one that was not read
// was not, even when an answer to an earlier one stands below it.
func unanswered(items []chat.Item, self string) (missed []*chat.Item, spoke bool) {
	var last time.Time
	for i := range items {
		if items[i].ParticipantID == self && items[i].Type == chat.MessageItem {
			last, spoke = items[i].Time, true
		}
	}
	for i := range items {
		item := &items[i]
		switch {
		case item.Role != chat.Customer:
			continue
		case item.Type == chat.MessageItem:
			if read, ok := readBy(item, self); ok && last.After(read) {
				continue
			}
		case item.Type == chat.AttachmentItem:
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

func readBy(item *chat.Item, participantID string) (time.Time, bool) {
	for _, r := range item.Receipts {
		if r.RecipientID == participantID && !r.Read.IsZero() {
			return r.Read, true
		}
	}
	return time.Time{}, false
}
