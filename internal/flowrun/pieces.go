package flowrun

import (
	"context"
	"errors"
	"slices"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/flow"
	"github.com/parley-chat/parley/internal/transcript"
)

// unfold says a bot's answer in pieces, in a chat that asked for them, up to its last text, and leaves
// in the answer what is still to be said. A message is completed in the step that stores that it was
// said, so that none is said twice or left out. It ends early when nobody waits for the answer any more.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/message-streaming-ai-chat.html
func (r *Runner) unfold(wanted context.Context, call *Call, answer *flow.Event) {
	ctx := context.WithoutCancel(r.ctx) // a message that was begun is completed
	contact, err := r.cfg.Chats.Contact(ctx, call.ContactID)
	inPieces := func(reply flow.Reply) bool { return !reply.Whole && contact.InPieces(messageOf(reply)) }
	if err != nil || !slices.ContainsFunc(answer.Replies, inPieces) || !r.unhurried() {
		return
	}
	defer r.unfolding.Done()
	for wanted.Err() == nil && slices.ContainsFunc(answer.Replies, inPieces) {
		reply := answer.Replies[0]
		var told *chat.Telling
		if inPieces(reply) {
			if told, err = r.cfg.Chats.TellReply(ctx, call.ContactID, messageOf(reply)); err == nil {
				err = told.Unfold(wanted, chat.Pace{})
			}
		}
		if err == nil {
			err = r.said(ctx, call, answer, told)
		}
		if err != nil { // the answer's step tells what cannot be said
			return
		}
	}
}

// unhurried counts an answer of which there are pieces to come; false when it is too late for pieces.
func (r *Runner) unhurried() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leisure.Err() != nil {
		return false
	}
	r.unfolding.Add(1)
	return true
}

var errUnwanted = errors.New("nobody waits for the answer any more")

// said ends the first message of an answer, and stores what is left of the answer. The message is told,
// or to be said at once.
func (r *Runner) said(ctx context.Context, call *Call, answer *flow.Event, told *chat.Telling) error {
	rest := *answer
	rest.Replies = answer.Replies[1:]
	wanted := true
	err := r.cfg.Chats.Step(ctx, call.ContactID, func(step *chat.Step) error {
		rec, err := decode(step.Contact().Flow.State)
		if err != nil {
			return err
		}
		if wanted = rec.Call != nil && rec.Call.ID == call.ID; !wanted {
			if told != nil {
				step.BreakOff(told)
			}
			return nil
		}
		if told != nil {
			err = step.Complete(told)
		} else {
			_, err = step.Reply(messageOf(answer.Replies[0]))
		}
		if err != nil {
			return err
		}
		rec.Call.Answer, rec.heard = &rest, step.Contact().Flow.Heard
		return r.keep(step, rec)
	})
	switch {
	case err != nil:
		return err
	case !wanted:
		return errUnwanted
	}
	answer.Replies = rest.Replies
	return nil
}

func messageOf(reply flow.Reply) transcript.Message {
	return transcript.Message{ContentType: reply.Content, Content: reply.Text}
}
