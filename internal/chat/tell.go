package chat

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/internal/transcript"
)

// Telling is a message that is being said in pieces. It is never left open: it ends with
// [Telling.Complete] or, with the text so far, when its sender leaves or the contact ends. Only the whole
// is stored, so that one which the end of the program interrupts has never been. Its methods are
// safe for concurrent use.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_ParticipantConfiguration.html
type Telling struct {
	s         *Service
	contactID string
	open      *telling
	whole     string
}

// telling is an open [Telling] as its contact keeps it.
type telling struct {
	item  transcript.Item // with the time of all
	owner string          // the participant who says it
	said  string          // so far
	chunk int
}

// Tell begins to say something in pieces. Clients put together only what a bot says in the name of
// the system, so the pieces are said so, whoever the participant is. The message is the whole; nothing
// is shown yet. Errors: those of [Service.Say], [ErrConflict] for a chat that did not ask for pieces,
// or whose messages are processed.
func (s *Service) Tell(ctx context.Context, contactID, participantID string, m transcript.Message) (*Telling, error) {
	return s.begin(ctx, contactID, m, func(step *Step) (owner string, err error) {
		p, err := step.participant(participantID)
		if err == nil {
			err = step.checkMessage(p, m)
		}
		if err == nil {
			step.heard(p)
		}
		return p.ID, err
	})
}

// TellReply is [Service.Tell] for a bot that a flow has asked, as [Step.Reply] is. It belongs to nobody
// who could leave: [Step.Complete] or [Step.BreakOff] ends it, or the end of the contact.
func (s *Service) TellReply(ctx context.Context, contactID string, m transcript.Message) (*Telling, error) {
	return s.begin(ctx, contactID, m, func(step *Step) (string, error) {
		bot, err := step.prompter(botName, m)
		return bot.ID, err
	})
}

// begin begins to say a message whose owner has been checked by a function.
func (s *Service) begin(ctx context.Context, contactID string, m transcript.Message, check func(step *Step) (owner string, err error)) (*Telling, error) {
	var open *telling
	err := s.Step(ctx, contactID, func(step *Step) error {
		if !step.contact.unfolds() {
			return ErrConflict
		}
		owner, err := check(step)
		if err != nil {
			return err
		}
		bot, ok := step.contact.system(botName)
		if !ok {
			bot = step.join(transcript.System, botName)
		}
		item := by(bot, transcript.MessageItem, m.ContentType)
		item.ID, item.HasContent = newID(), true
		item.ContactID, item.InitialContactID = step.contact.Current(), step.contact.ID
		step.last = later(step.now, step.last)
		item.Time = step.last
		open = &telling{item: item, owner: owner}
		step.after = append(step.after, func() { step.e.tellings = append(step.e.tellings, open) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Telling{s, contactID, open, m.Content}, nil
}

// Sent returns what a client learns of the message.
func (t *Telling) Sent() Sent { return Sent{ID: t.open.item.ID, Time: t.open.item.Time} }

// Piece shows the next piece of the text. Errors: [ErrNotFound] when it or the contact is over.
func (t *Telling) Piece(ctx context.Context, text string) error {
	return t.step(ctx, func(step *Step) error {
		item, open := t.open.item, t.open
		item.Content, item.Part = text, &transcript.Part{Chunk: open.chunk + 1}
		step.items = append(step.items, item)
		step.after = append(step.after, func() {
			open.chunk++
			open.said += text
		})
		return nil
	})
}

// Complete says the whole, which takes the place of the pieces. Errors: those of Piece, and failures of
// the store.
func (t *Telling) Complete(ctx context.Context) error {
	return t.step(ctx, func(step *Step) error {
		if p, ok := step.contact.Participant(t.open.owner); ok {
			step.heard(p)
		}
		step.complete(t.open, t.whole)
		return nil
	})
}

// Complete is [Telling.Complete] within a step. Errors: [ErrNotFound] when it is over.
func (step *Step) Complete(t *Telling) error {
	if !slices.Contains(step.e.tellings, t.open) || slices.Contains(step.told, t.open) {
		return ErrNotFound
	}
	step.complete(t.open, t.whole)
	return nil
}

// BreakOff ends a telling with the text so far; nothing when it is over.
func (step *Step) BreakOff(t *Telling) {
	if slices.Contains(step.e.tellings, t.open) && !slices.Contains(step.told, t.open) {
		step.cut(t.open)
	}
}

// step is a step of the telling while it is open.
func (t *Telling) step(ctx context.Context, f func(step *Step) error) error {
	return t.s.Step(ctx, t.contactID, func(step *Step) error {
		if !slices.Contains(step.e.tellings, t.open) {
			return ErrNotFound
		}
		return f(step)
	})
}

// complete ends a telling with a text, which is stored. The item has no number of a piece: chatjs would
// append a piece that comes after it.
func (step *Step) complete(open *telling, text string) {
	item := open.item
	item.ContactID = step.contact.Current() // as its place says
	item.Content, item.Part = text, &transcript.Part{Completed: true}
	step.seq++
	item.Seq = step.seq
	step.items = append(step.items, item)
	step.finish(open)
}

// finish makes an end of a telling: nothing more is said of it.
func (step *Step) finish(open *telling) {
	step.told = append(step.told, open)
	step.after = append(step.after, func() {
		step.e.tellings = slices.DeleteFunc(step.e.tellings, func(other *telling) bool { return other == open })
	})
}

// breakOff ends the tellings of a participant, or all, with the text so far. One that has not shown
// anything has never been.
func (step *Step) breakOff(participantID string) {
	for _, open := range step.e.tellings {
		if participantID != "" && open.owner != participantID || slices.Contains(step.told, open) {
			continue
		}
		step.cut(open)
	}
}

// cut ends a telling with the text so far.
func (step *Step) cut(open *telling) {
	if open.chunk == 0 {
		step.finish(open)
	} else {
		step.complete(open, open.said)
	}
}

// tells reports whether a message is being said.
func (step *Step) tells(messageID string) bool {
	return slices.ContainsFunc(step.e.tellings, func(open *telling) bool { return open.item.ID == messageID })
}
