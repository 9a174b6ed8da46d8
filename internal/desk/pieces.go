package desk

import (
	"context"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Pace is how a message is said in pieces.
type Pace = chat.Pace

// tell begins to say something in pieces, as far as the chat asked for that and the message is a text;
// nil means that it has to be said as a whole.
func (d *Desk) tell(ctx context.Context, contactID, participantID string, m transcript.Message) (*chat.Telling, error) {
	contact, err := d.chats.Contact(ctx, contactID)
	if err != nil || !contact.InPieces(m) {
		return nil, err
	}
	return d.chats.Tell(ctx, contactID, participantID, m)
}

// Hurry completes what is being said in pieces, and lets everything be said whole from then on. It belongs
// before the end of the sockets: a page would be left with a message that goes on no more.
func (d *Desk) Hurry() {
	d.mu.Lock()
	d.hurry()
	d.mu.Unlock()
	d.unfolding.Wait()
}

// unhurried counts a message of which there are pieces to come; false when it is too late for pieces.
func (d *Desk) unhurried() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leisure.Err() != nil {
		return false
	}
	d.unfolding.Add(1)
	return true
}

// unfold says the pieces, and then the whole, which comes at once when there is a hurry.
func (d *Desk) unfold(told *chat.Telling, pace Pace) error {
	whole := context.WithoutCancel(d.ctx) // a message that was begun is completed
	if !d.unhurried() {
		return told.Complete(whole)
	}
	defer d.unfolding.Done()
	if err := told.Unfold(d.leisure, pace); err != nil {
		return err
	}
	return told.Complete(whole)
}

// Tell lets an agent say something in pieces, in a chat that asked for them, and whole in any other. It
// returns before the first piece. Errors are those of [Desk.Say].
func (d *Desk) Tell(ctx context.Context, agentRef, contactID string, m transcript.Message, pace Pace) (sent chat.Sent, err error) {
	err = d.as(agentRef, contactID, func(participantID string) error {
		told, err := d.tell(ctx, contactID, participantID, m)
		if err != nil {
			return err
		}
		if told == nil {
			sent, err = d.chats.Say(ctx, contactID, participantID, m)
			return err
		}
		sent = told.Sent()
		if !d.spawn(func() { d.report(contactID, d.unfold(told, pace)) }) {
			return told.Complete(ctx)
		}
		return nil
	})
	return sent, err
}

// Tell says something in pieces, in a chat that asked for them, and whole in any other. It returns when
// all is said.
func (c *Conversation) Tell(ctx context.Context, contentType, content string, pace Pace) error {
	m := transcript.Message{ContentType: contentType, Content: content}
	told, err := c.desk.tell(ctx, c.ContactID(), c.seat.participantID, m)
	if err != nil {
		return err
	}
	if told == nil {
		return c.Say(ctx, contentType, content)
	}
	return c.desk.unfold(told, pace)
}

// toldBy reports whether an item is what somebody who joined at a time said in pieces: it is said in the
// name of a bot, and nobody else answers meanwhile.
func toldBy(item *transcript.Item, joined time.Time) bool {
	return item.Part != nil && !item.Time.Before(joined)
}
