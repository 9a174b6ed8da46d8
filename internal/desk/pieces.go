package desk

import (
	"context"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/transcript"
)

// Pace is how a message is said in pieces. Zero members mean the default, which looks like a model
// that writes.
type Pace struct {
	// Words is how many words a piece has.
	Words int
	// Every is the time between two pieces.
	Every time.Duration
}

const (
	defaultWords = 4
	defaultEvery = 100 * time.Millisecond
	// longestWord is how many characters of a text without spaces count as a word.
	longestWord = 40
)

// pieces cuts a text into pieces that are the text when they are put together. Space belongs to the
// word before it.
func pieces(text string, words int) []string {
	var list []string
	begin, inWord, count, length := 0, false, 0, 0
	for i, r := range text {
		starts := !unicode.IsSpace(r) && (!inWord || length == longestWord)
		if starts && count == words {
			list = append(list, text[begin:i])
			begin, count = i, 0
		}
		if starts {
			count++
			length = 0
		}
		inWord = !unicode.IsSpace(r)
		length++
	}
	return append(list, text[begin:])
}

// tell begins to say something in pieces, as far as the chat asked for that and the message is a text;
// nil means that it has to be said as a whole.
func (d *Desk) tell(ctx context.Context, contactID, participantID string, m transcript.Message) (*chat.Telling, error) {
	contact, err := d.chats.Contact(ctx, contactID)
	text := m.ContentType == transcript.TextPlain || m.ContentType == transcript.TextMarkdown
	if err != nil || !contact.Incremental || !text || !utf8.ValidString(m.Content) {
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
func (d *Desk) unfold(told *chat.Telling, text string, pace Pace) error {
	whole := context.WithoutCancel(d.ctx) // a message that was begun is completed
	if !d.unhurried() {
		return told.Complete(whole)
	}
	defer d.unfolding.Done()
	if pace.Words <= 0 {
		pace.Words = defaultWords
	}
	if pace.Every <= 0 {
		pace.Every = defaultEvery
	}
	for i, piece := range pieces(text, pace.Words) {
		if i > 0 && d.chats.Clock().Wait(d.leisure, pace.Every) != nil || d.leisure.Err() != nil {
			break
		}
		if err := told.Piece(whole, piece); err != nil {
			return err
		}
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
		if !d.spawn(func() { d.report(contactID, d.unfold(told, m.Content, pace)) }) {
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
	return c.desk.unfold(told, content, pace)
}

// toldBy reports whether an item is what somebody who joined at a time said in pieces: it is said in the
// name of a bot, and nobody else answers meanwhile.
func toldBy(item *transcript.Item, joined time.Time) bool {
	return item.Part != nil && !item.Time.Before(joined)
}
