package chat

import (
	"context"
	"time"
	"unicode"
	"unicode/utf8"

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

// InPieces reports whether a contact takes a message in pieces: it asked for that, the message is a text,
// and nothing processes it, which sees whole messages.
func (c *Contact) InPieces(m transcript.Message) bool {
	text := m.ContentType == transcript.TextPlain || m.ContentType == transcript.TextMarkdown
	return c.unfolds() && text && utf8.ValidString(m.Content)
}

// unfolds reports whether there are pieces in a contact.
func (c *Contact) unfolds() bool { return c.Incremental && c.Processing == nil }

// Unfold says the pieces of a message one after the other, and returns when all are said or ctx has
// ended; [Telling.Complete] belongs after it. Errors: those of [Telling.Piece].
func (t *Telling) Unfold(ctx context.Context, pace Pace) error {
	if pace.Words <= 0 {
		pace.Words = defaultWords
	}
	if pace.Every <= 0 {
		pace.Every = defaultEvery
	}
	for i, piece := range pieces(t.whole, pace.Words) {
		if i > 0 {
			_ = t.s.Clock().Wait(ctx, pace.Every) // which fails when ctx has ended
		}
		select {
		case <-ctx.Done():
			return nil
		default:
		}
		if err := t.Piece(context.WithoutCancel(ctx), piece); err != nil {
			return err
		}
	}
	return nil
}

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
