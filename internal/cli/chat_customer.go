package cli

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/client"
	"github.com/parley-chat/parley/internal/interactive"
	"github.com/parley-chat/parley/internal/screen"
	"github.com/parley-chat/parley/internal/settings"
	"github.com/parley-chat/parley/internal/transcript"
)

// customerSide is a customer in a chat.
type customerSide struct {
	*client.CustomerChat
	r     *remote
	shown *shownView
	// patience is how long a view that is answered may take to come.
	patience time.Duration
}

// chatAsCustomer starts a chat and holds it.
func chatAsCustomer(ctx context.Context, r *remote, o chatOptions) error {
	request, err := chatRequest(r.settings, o)
	if err != nil {
		return err
	}
	chat, err := r.StartChat(ctx, request)
	if err != nil {
		return err
	}
	socket, err := chat.Connect(ctx)
	if err != nil {
		return err
	}
	r.note("the chat %s has started; /help lists what can be done beside talking", screen.Cell(chat.ContactID))
	side := &customerSide{chat, r, newShownView(), o.linger}
	view, heard := listeningView(r, chat.ParticipantID)
	told := view.told
	view.told = func(i *item) { side.see(ctx, i); told(i) }
	over, stop := listening(ctx, func(ctx context.Context) error { return chat.Listen(ctx, socket, view) })
	defer stop()
	return hold(ctx, r, side, conversation{linger: o.linger, over: over, heard: heard, parting: leaveTime}) // a chat ends with its customer
}

// chatRequest is the start request. The terminal shows more than plain text.
func chatRequest(s *settings.Settings, o chatOptions) ([]byte, error) {
	body, err := startBody(s, &startOptions{name: o.name, attributes: o.attributes})
	if err != nil || s.Given("content-types") {
		return body, err
	}
	var request map[string]any
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	request["SupportedMessagingContentTypes"] = []string{
		transcript.TextPlain, transcript.TextMarkdown, transcript.Interactive, transcript.InteractiveResponse,
	}
	return json.Marshal(request)
}

// Say implements [party]. The number of something that a message or a view offers answers it.
func (c *customerSide) Say(ctx context.Context, text string) error {
	if choice, ok := c.shown.choose(strings.TrimSpace(text)); ok {
		return c.chosen(ctx, choice)
	}
	if v := c.shown.open(); v != nil {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 1 && n <= len(v.Ways) {
			_, err := c.answerView(ctx, strings.TrimSpace(text))
			return err
		}
	}
	return c.Send(ctx, transcript.TextPlain, text)
}

// chosen sends a choice, as a page does.
func (c *customerSide) chosen(ctx context.Context, choice interactive.Choice) error {
	switch {
	case choice.URL != "":
		c.r.note("a page opens %s here, and sends nothing", screen.Text(choice.URL, ""))
		return nil
	case choice.Response:
		return c.Send(ctx, transcript.InteractiveResponse, choice.Content)
	}
	return c.Send(ctx, transcript.TextPlain, choice.Content)
}

// commands implements [party].
func (c *customerSide) commands() []chatCommand {
	return []chatCommand{
		{"typing", "", "show that you are typing", func(ctx context.Context, _ string) (bool, error) {
			return false, c.SendEvent(ctx, transcript.Typing)
		}},
		{"answer", "JSON", "answer an interactive message", func(ctx context.Context, content string) (bool, error) {
			return false, c.Send(ctx, transcript.InteractiveResponse, content)
		}},
		{"view", "ACTION [FIELD=VALUE …]", "answer a view, by the number of what it offers or an action", c.answerView},
		{"file", "FILE", "send an attachment", c.sendFile},
	}
}

func (c *customerSide) sendFile(ctx context.Context, path string) (left bool, err error) {
	file, err := readAttachment(c.r.env, path)
	if err != nil {
		return false, err
	}
	return false, c.SendFile(ctx, file)
}
