// Package partner answers chats by rule, in the place of a person at the desk: [Script] follows the
// rules of a YAML file, and [Echo], the built-in partner, repeats what it is told. Both send the
// interactive messages of the [Gallery].
//
// Both are a [desk.Partner]. The package owns the contents of answers; which chat a partner is
// in, what it may do there and when it is asked are the desk's. It knows no HTTP. All of it is
// safe for concurrent use.
package partner

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/transcript"
)

// Script is a [desk.Partner] that answers by the rules of a file; see [Parse]. It is never
// changed and keeps no state, so several agents can share it.
type Script struct {
	// Name is the agent's name, as customers see it; Count is the number of agents.
	Name  string
	Count int
	// Capacity is the number of chats that each agent takes at once; zero means any number.
	Capacity int
	// Queues are the names of the queues that the agents serve; empty means all.
	Queues []string

	greeting []action
	rules    []rule
}

var _ desk.Partner = (*Script)(nil)

// Agents describes the agents of the script, for [desk.Desk.Add].
func (s *Script) Agents() desk.AgentConfig {
	return desk.AgentConfig{Name: s.Name, Count: s.Count, Capacity: s.Capacity, Queues: s.Queues, Partner: s}
}

// rule is a condition on what a customer did, and the answer to it.
type rule struct {
	// matches returns the parts of a matching message, for use in replies, and nil for any other
	// message. A rule without it matches every message.
	matches func(said string) map[string]string
	// event is the event that the rule answers, instead of messages.
	event   string
	actions []action
}

// attachmentEvent is the event of an attachment that was approved.
const attachmentEvent = "attachment"

// action is one step of an answer: the fields that are set tell which.
type action struct {
	wait        time.Duration // says nothing
	typing      time.Duration // before what follows
	contentType string
	text        string
	pace        *desk.Pace // in pieces, where the chat takes them
	sample      string     // a message of the gallery
	attachment  *desk.Attachment
	transfer    string
	invite      *desk.Invite
	signedIn    string // the customer's name from then on
	end         bool
}

// Greet implements [desk.Partner].
func (s *Script) Greet(ctx context.Context, talk *desk.Conversation) error {
	return s.act(ctx, talk, s.greeting, nil)
}

// Hear implements [desk.Partner].
func (s *Script) Hear(ctx context.Context, talk *desk.Conversation, item *transcript.Item) error {
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

// meant returns the text that rules are matched with: of a choice in an interactive message, the
// option that was chosen.
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
func (s *Script) act(ctx context.Context, talk *desk.Conversation, actions []action, parts map[string]string) error {
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

func (s *Script) do(ctx context.Context, talk *desk.Conversation, a action, fill *strings.Replacer) error {
	switch {
	case a.wait > 0:
		return talk.Wait(ctx, a.wait)
	case a.end:
		return talk.Leave(ctx)
	case a.signedIn != "":
		return talk.SignedIn(ctx, fill.Replace(a.signedIn))
	case a.invite != nil:
		return talk.Invite(ctx, *a.invite)
	case a.transfer != "":
		return talk.Transfer(ctx, a.transfer)
	case a.attachment != nil:
		return talk.SendFile(ctx, desk.Attachment{
			Name: a.attachment.Name, ContentType: a.attachment.ContentType, Size: int64(len(a.text)), Body: strings.NewReader(a.text),
		})
	}
	contentType, text := a.contentType, a.text
	switch {
	case a.sample != "":
		gallery, err := Gallery(talk.Now(), "")
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
	if a.pace != nil {
		return talk.Tell(ctx, contentType, text, *a.pace)
	}
	return talk.Say(ctx, contentType, text)
}

// filler returns a replacer of the names in braces: customer, message, the parts of the match,
// and attribute.KEY. A name that is not known stays as it is.
func filler(ctx context.Context, talk *desk.Conversation, parts map[string]string) (*strings.Replacer, error) {
	contact, err := talk.Contact(ctx)
	if err != nil {
		return nil, err
	}
	pairs := []string{"{customer}", talk.Customer()}
	for name, text := range parts {
		pairs = append(pairs, "{"+name+"}", text)
	}
	for _, a := range contact.Attributes {
		pairs = append(pairs, "{attribute."+a.Key+"}", a.Value)
	}
	return strings.NewReplacer(pairs...), nil
}
