package partner

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/transcript"
)

// Echo is the built-in [desk.Partner]: it greets, repeats the customer's messages, and sends on
// request one example of each kind of message that chat clients display. Its zero value is ready,
// and it keeps no state.
type Echo struct {
	// Pause is the time it types before each answer. Zero means [DefaultPause], less than zero
	// no typing.
	Pause time.Duration
}

// DefaultName is the name of the built-in partner, as customers see it.
const DefaultName = "Parley"

// DefaultPause is the time a partner types before an answer: long enough to be seen.
const DefaultPause = 400 * time.Millisecond

// Agent describes an agent for whom the built-in partner answers, for [desk.Desk.Add].
func (e Echo) Agent() desk.AgentConfig { return desk.AgentConfig{Name: DefaultName, Partner: e} }

var _ desk.Partner = Echo{}

const (
	greeting = `Hello %s! I am Parley's built-in partner, and I repeat what you write. Write "help" to see what else I can do.`

	helpText = `Write one of these words alone:
list, panel, quick, carousel, time: an interactive message of that kind
pages: a list picker that can be leafed through (in the widget; the Android SDK refuses it)
markdown: formatted text
poem: a text that comes in pieces, when the chat was started with the ResponseMode INCREMENTAL
file: what I do with attachments
bye: I leave, which ends the chat
I repeat everything else.`

	markdownText = "# Markdown\nText can be **bold**, *slanted* or [linked](https://example.com/).\n\n- one\n- two\n\n1. first\n2. second"

	poemText = "A word set out to cross the wire,\nanother followed, then a choir;\nthe page that waited, line by line,\nput each where it " +
		"belonged: in time.\nAnd when the last of them was through\nthe whole came after, good as new."

	fileText = "Send me an attachment: I tell you its name and type once it was scanned. I cannot send any myself."

	// mostEchoed is the longest text that is repeated, in bytes, so that the answer is no longer
	// than a message may be.
	mostEchoed = 16_000
)

// Greet implements [desk.Partner].
func (e Echo) Greet(ctx context.Context, talk *desk.Conversation) error {
	return e.answer(ctx, talk, transcript.TextPlain, fmt.Sprintf(greeting, talk.Customer()))
}

// Hear implements [desk.Partner].
func (e Echo) Hear(ctx context.Context, talk *desk.Conversation, item *transcript.Item) error {
	if item.Role != transcript.Customer {
		return nil
	}
	switch item.Type {
	case transcript.MessageItem:
		if err := talk.Read(ctx, item); err != nil {
			return err
		}
		return e.reply(ctx, talk, item)
	case transcript.AttachmentItem:
		return e.thank(ctx, talk, item.Attachments)
	case transcript.EventItem, transcript.MetadataItem:
	}
	return nil
}

func (e Echo) reply(ctx context.Context, talk *desk.Conversation, item *transcript.Item) error {
	if item.ContentType == transcript.InteractiveResponse {
		return e.react(ctx, talk, item.Content)
	}
	switch word := strings.ToLower(strings.TrimSpace(item.Content)); word {
	case "help":
		return e.answer(ctx, talk, transcript.TextPlain, helpText)
	case "file":
		return e.answer(ctx, talk, transcript.TextPlain, fileText)
	case "poem", "stream me a poem":
		return e.recite(ctx, talk)
	case "markdown":
		return e.answer(ctx, talk, transcript.TextMarkdown, markdownText)
	case "bye":
		if err := e.answer(ctx, talk, transcript.TextPlain, "Goodbye!"); err != nil {
			return err
		}
		return talk.Leave(ctx)
	default:
		if shown, ok := showpiece(word, talk.Now()); ok {
			return e.show(ctx, talk, shown)
		}
	}
	return e.answer(ctx, talk, transcript.TextPlain, "You said: "+cut(picked(item.Content), mostEchoed))
}

// thank answers the attachments whose scan is over.
func (e Echo) thank(ctx context.Context, talk *desk.Conversation, attachments []transcript.Attachment) error {
	for _, a := range attachments {
		text := ""
		switch a.Status {
		case transcript.AttachmentApproved:
			text = fmt.Sprintf("I have your attachment %q (%s).", a.Name, a.ContentType)
		case transcript.AttachmentRejected:
			text = fmt.Sprintf("Your attachment %q was rejected.", a.Name)
		case transcript.AttachmentInProgress: // it is seen again when it was scanned
			continue
		}
		if err := e.answer(ctx, talk, transcript.TextPlain, text); err != nil {
			return err
		}
	}
	return nil
}

// react answers a customer's response to an interactive message.
func (e Echo) react(ctx context.Context, talk *desk.Conversation, content string) error {
	var response struct {
		Action string `json:"action"`
		Data   struct {
			ListID string `json:"listId"`
			Before int    `json:"preIndex"`
			After  int    `json:"nextIndex"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(content), &response) == nil && response.Data.ListID == cityList {
		switch response.Action {
		case showMore:
			return e.show(ctx, talk, cityPage(response.Data.After))
		case previousOptions:
			return e.show(ctx, talk, cityPage(response.Data.Before))
		}
	}
	return e.answer(ctx, talk, transcript.TextPlain, "You chose: "+cut(cmp.Or(response.Action, content), mostEchoed))
}

// show sends an interactive message, or its text to a client that cannot display it.
func (e Echo) show(ctx context.Context, talk *desk.Conversation, shown template) error {
	if !talk.Takes(ctx, transcript.Interactive) {
		return e.answer(ctx, talk, transcript.TextPlain, shown.text()+"\n(This is a "+shown.Type+
			" when the chat is started with "+transcript.Interactive+" among its SupportedMessagingContentTypes.)")
	}
	content, err := json.Marshal(shown)
	if err != nil {
		return fmt.Errorf("writing a template: %w", err)
	}
	return e.answer(ctx, talk, transcript.Interactive, string(content))
}

// answer types and sends a message, as plain text to a client that cannot display its type.
func (e Echo) answer(ctx context.Context, talk *desk.Conversation, contentType, content string) error {
	if err := talk.Type(ctx, cmp.Or(e.Pause, DefaultPause)); err != nil {
		return err
	}
	if !talk.Takes(ctx, contentType) {
		contentType = transcript.TextPlain
	}
	return talk.Say(ctx, contentType, content)
}

// recite says a text in pieces.
func (e Echo) recite(ctx context.Context, talk *desk.Conversation) error {
	contact, err := talk.Contact(ctx)
	if err != nil {
		return err
	}
	if !contact.Incremental {
		return e.answer(ctx, talk, transcript.TextPlain, poemText+
			"\n(This comes in pieces when the chat is started with the ParticipantConfiguration.ResponseMode INCREMENTAL.)")
	}
	if err := talk.Type(ctx, cmp.Or(e.Pause, DefaultPause)); err != nil {
		return err
	}
	return talk.Tell(ctx, transcript.TextPlain, poemText, desk.Pace{})
}

// picked turns the JSON that the widget sends for a choice in a carousel into words.
func picked(content string) string {
	var choice struct {
		List string `json:"listTitle"`
		Text string `json:"selectionText"`
	}
	if json.Unmarshal([]byte(content), &choice) == nil && choice.List != "" && choice.Text != "" {
		return choice.List + ", " + choice.Text
	}
	return content
}

// cut shortens a text to at most n bytes, between characters.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}
