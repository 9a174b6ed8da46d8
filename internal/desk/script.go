package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Script is a [Partner] that follows rules somebody has written; see [Parse]. It keeps
// nothing between calls and is not changed, so several agents can share it.
type Script struct {
	// Name is what customers see, Count how many agents there are.
	Name  string
	Count int
	// Capacity is how many chats each takes at once; zero means any number.
	Capacity int
	// Queues are the names of the queues contacts are taken from; empty means all.
	Queues []string

	greeting []action
	rules    []rule
}

var _ Partner = (*Script)(nil)

// Agents describes the agents of the script, for [Desk.Add].
func (s *Script) Agents() AgentConfig {
	return AgentConfig{Name: s.Name, Count: s.Count, Capacity: s.Capacity, Queues: s.Queues, Partner: s}
}

// rule says what answers what.
type rule struct {
	// matches returns the parts of a message that replies may use, or nil for a message that
	// is not meant; it is nil itself when every message is.
	matches func(said string) map[string]string
	// event is what a rule waits for instead of a message.
	event   string
	actions []action
}

// attachmentEvent is the event of an attachment that was approved.
const attachmentEvent = "attachment"

// action is one thing to do. What it does depends on which members are set.
type action struct {
	wait        time.Duration // says nothing
	typing      time.Duration // before what follows
	contentType string
	text        string
	sample      string // a message of the gallery
	attachment  *Attachment
	transfer    string
	end         bool
}

// Greet implements [Partner].
func (s *Script) Greet(ctx context.Context, talk *Conversation) error {
	return s.act(ctx, talk, s.greeting, nil)
}

// Hear implements [Partner].
func (s *Script) Hear(ctx context.Context, talk *Conversation, item *transcript.Item) error {
	if item.Role != transcript.Customer {
		return nil
	}
	switch item.Type {
	case transcript.MessageItem:
		if err := talk.Read(ctx, item); err != nil {
			return err
		}
		said := meant(item)
		for _, r := range s.rules {
			if r.event != "" {
				continue
			}
			parts := map[string]string{}
			if r.matches != nil {
				parts = r.matches(said)
			}
			if parts != nil {
				parts["message"] = said
				return s.act(ctx, talk, r.actions, parts)
			}
		}
	case transcript.AttachmentItem:
		for _, a := range item.Attachments {
			if a.Status != transcript.AttachmentApproved {
				continue
			}
			for _, r := range s.rules {
				if r.event == attachmentEvent {
					return s.act(ctx, talk, r.actions, map[string]string{"file": a.Name, "message": a.Name})
				}
			}
		}
	case transcript.EventItem, transcript.MetadataItem:
	}
	return nil
}

// meant is what a customer means by a message: a choice in an interactive message is what was
// chosen.
func meant(item *transcript.Item) string {
	if item.ContentType != transcript.InteractiveResponse {
		return picked(item.Content)
	}
	var response struct {
		Action string `json:"action"`
	}
	if json.Unmarshal([]byte(item.Content), &response) == nil && response.Action != "" {
		return response.Action
	}
	return item.Content
}

// act carries out actions, one after the other.
func (s *Script) act(ctx context.Context, talk *Conversation, actions []action, parts map[string]string) error {
	if len(actions) == 0 {
		return nil
	}
	fill, err := filler(ctx, talk, parts)
	if err != nil {
		return err
	}
	for _, a := range actions {
		if err := s.do(ctx, talk, a, fill); err != nil {
			return err
		}
	}
	return nil
}

func (s *Script) do(ctx context.Context, talk *Conversation, a action, fill *strings.Replacer) error {
	switch {
	case a.wait > 0:
		return talk.Wait(ctx, a.wait)
	case a.end:
		return talk.Leave(ctx)
	case a.transfer != "":
		return talk.pass(ctx, a.transfer)
	case a.attachment != nil:
		return talk.SendFile(ctx, Attachment{
			Name: a.attachment.Name, ContentType: a.attachment.ContentType, Size: int64(len(a.text)), Body: strings.NewReader(a.text),
		})
	}
	contentType, text := a.contentType, a.text
	switch {
	case a.sample != "":
		gallery, err := Gallery(talk.Now())
		if err != nil {
			return err
		}
		for _, sample := range gallery {
			if sample.Name == a.sample {
				contentType, text = transcript.Interactive, string(sample.Example)
			}
		}
	case contentType != transcript.Interactive:
		text = fill.Replace(text)
	}
	if text == "" { // an action that only waited for no time
		return nil
	}
	if err := talk.Type(ctx, a.typing); err != nil {
		return err
	}
	if !talk.Takes(ctx, contentType) {
		if contentType == transcript.Interactive {
			text = plainText([]byte(text))
		}
		contentType = transcript.TextPlain
	}
	if contentType != transcript.Interactive {
		text = cut(text, mostEchoed)
	}
	return talk.Say(ctx, contentType, text)
}

// filler returns what puts a conversation's words for their names in braces: customer,
// message, the parts of what matched, and attribute.KEY. What has no such name stays.
func filler(ctx context.Context, talk *Conversation, parts map[string]string) (*strings.Replacer, error) {
	contact, err := talk.Contact(ctx)
	if err != nil {
		return nil, err
	}
	pairs := []string{"{customer}", talk.Customer()}
	for name, text := range parts {
		pairs = append(pairs, "{"+name+"}", text)
	}
	for name, text := range contact.Attributes {
		pairs = append(pairs, "{attribute."+name+"}", text)
	}
	return strings.NewReplacer(pairs...), nil
}

// pass transfers to the queue or the agent of a name, or to a new queue.
func (c *Conversation) pass(ctx context.Context, name string) error {
	c.desk.mu.Lock()
	target := Target{Agent: name}
	if _, err := c.desk.findQueue(name); err == nil || c.desk.named[name] == nil {
		target = Target{Queue: c.desk.queue(name).name}
	}
	c.desk.mu.Unlock()
	if err := c.Transfer(ctx, target); err != nil {
		return fmt.Errorf("transferring to %q: %w", name, err)
	}
	return nil
}
