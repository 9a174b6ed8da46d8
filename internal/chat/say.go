package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/transcript"
)

// Sent is what a client learns of what it sent.
type Sent struct {
	ID   string
	Time time.Time
	// Processing says that the message is processed before anybody sees it.
	Processing bool
}

// sentToken remembers what a client token brought about.
type sentToken struct {
	participantID, clientToken, id string
	at                             time.Time
}

// remembered is how many client tokens of a contact are kept: retries come within seconds.
const remembered = 128

// Say says something as a participant. A message with a client token that the participant has used
// before says nothing, and returns what the first one returned. Errors: [ErrNotFound] for a contact
// that is not active, [ErrAccessDenied] for someone who does not take part, [InvalidError].
func (s *Service) Say(ctx context.Context, contactID, participantID string, m transcript.Message) (sent Sent, err error) {
	err = s.Step(ctx, contactID, func(step *Step) error {
		sent, err = step.Say(participantID, m)
		return err
	})
	return sent, err
}

// Accept is [Service.Say] for a client that has to be answered before it is shown what became of a
// message that is processed. The caller calls answered once it has answered; nil says that nothing
// waits for it.
func (s *Service) Accept(ctx context.Context, contactID, participantID string, m transcript.Message) (sent Sent, answered func(), err error) {
	err = s.Step(ctx, contactID, func(step *Step) error {
		sent, err = step.Say(participantID, m)
		if sent.Processing && step.isHeld(sent.ID) {
			step.After(func() { step.e.answering(sent.ID) })
		}
		return err
	})
	if err != nil || !sent.Processing {
		return sent, nil, err
	}
	return sent, func() {
		if e := s.find(contactID); e != nil {
			s.answered(e, sent.ID)
		}
	}, nil
}

// Say is [Service.Say] within a step.
func (step *Step) Say(participantID string, m transcript.Message) (Sent, error) {
	p, err := step.participant(participantID)
	if err != nil {
		return Sent{}, err
	}
	if step.ending() {
		return Sent{}, ErrAccessDenied
	}
	if m.ClientToken != "" {
		earlier, found, err := step.repeated(participantID, m.ClientToken)
		if found || err != nil {
			return earlier, err
		}
	}
	if err := step.checkMessage(p, m); err != nil {
		return Sent{}, err
	}
	if err := step.mayHold(); err != nil {
		return Sent{}, err
	}
	sent := step.message(p, m)
	step.heard(p)
	step.after = append(step.after, func() { step.e.remember(participantID, m.ClientToken, sent) })
	return sent, nil
}

// message adds the item of a message that was checked.
func (step *Step) message(p Participant, m transcript.Message) Sent {
	item := by(p, transcript.MessageItem, m.ContentType)
	item.Content, item.HasContent, item.ClientToken = m.Content, true, m.ClientToken
	item.Fault, step.fault = step.fault, ""
	if step.contact.Processing != nil {
		return step.process(item, true)
	}
	item = step.add(item, true)
	return Sent{ID: item.ID, Time: item.Time}
}

// repeated finds what an earlier message with the same client token returned. After a restart
// the newest stored items tell.
func (step *Step) repeated(participantID, clientToken string) (Sent, bool, error) {
	e := step.e
	if !e.known {
		items, err := step.s.store.Items(step.ctx, ItemQuery{ContactID: e.contact.ID, Limit: remembered, Newest: true})
		if err != nil {
			return Sent{}, false, err
		}
		for _, item := range slices.Backward(items) {
			if item.ClientToken != "" {
				e.sent = append(e.sent, sentToken{item.ParticipantID, item.ClientToken, item.ID, item.Time})
			}
		}
		for _, held := range step.contact.held() {
			e.sent = append(e.sent, sentToken{held.Item.ParticipantID, held.Item.ClientToken, held.Item.ID, held.Item.Time})
		}
		e.known = true
	}
	for _, earlier := range e.sent {
		if earlier.clientToken == clientToken && earlier.participantID == participantID {
			sent := Sent{ID: earlier.id, Time: earlier.at}
			for _, h := range step.contact.held() {
				if h.Item.ID == sent.ID {
					sent = h.sent()
				}
			}
			return sent, true, nil
		}
	}
	return Sent{}, false, nil
}

// remember keeps a client token. The caller has the contact's turn.
func (e *entry) remember(participantID, clientToken string, sent Sent) {
	if clientToken == "" {
		return
	}
	if len(e.sent) >= remembered {
		e.sent = append(e.sent[:0:0], e.sent[len(e.sent)-remembered+1:]...)
	}
	e.sent = append(e.sent, sentToken{participantID, clientToken, sent.ID, sent.Time})
}

// Signal sends a typing notice or a receipt as a participant. Receipts are told apart by their
// message, not by a client token: chatjs sends all of them with the same one. Errors: those of
// [Service.Say], and [ErrConflict] for a receipt in a chat of more than two.
func (s *Service) Signal(ctx context.Context, contactID, participantID, contentType, content string) (sent Sent, err error) {
	err = s.Step(ctx, contactID, func(step *Step) error {
		sent, err = step.Signal(participantID, contentType, content)
		return err
	})
	return sent, err
}

// Signal is [Service.Signal] within a step.
func (step *Step) Signal(participantID, contentType, content string) (Sent, error) {
	p, err := step.participant(participantID)
	if err != nil {
		return Sent{}, err
	}
	switch contentType {
	case transcript.Typing:
		item := step.add(by(p, transcript.EventItem, transcript.Typing), false)
		return Sent{ID: item.ID, Time: item.Time}, nil
	case transcript.ConnectionAck: // obsolete: taken and not passed on
		return Sent{ID: newID(), Time: later(step.now, step.last)}, nil
	case transcript.MessageDelivered, transcript.MessageRead:
		return step.receipt(p, contentType == transcript.MessageRead, content)
	}
	return Sent{}, invalid("ContentType", "must be one of the event types typing, message.delivered and message.read.")
}

// receipt notes that a participant has received (or read) everything up to a message.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_SendEvent.html
func (step *Step) receipt(p Participant, read bool, content string) (Sent, error) {
	var about struct {
		MessageID string `json:"messageId"`
	}
	if json.Unmarshal([]byte(content), &about) != nil || about.MessageID == "" {
		return Sent{}, invalid("Content", `must be the JSON text {"messageId":"…"}.`)
	}
	if len(step.contact.present()) > 2 {
		return Sent{}, ErrConflict
	}
	seq, err := step.s.store.Find(step.ctx, step.contact.ID, about.MessageID)
	if errors.Is(err, ErrNotFound) && step.tells(about.MessageID) { // everything up to now was received
		seq, err = step.seq, nil
	}
	if errors.Is(err, ErrNotFound) {
		return Sent{}, invalid("Content", "names a message that this chat does not have.")
	}
	if err != nil {
		return Sent{}, err
	}
	at := later(step.now, step.last)
	step.mark = &Mark{ContactID: step.contact.ID, ParticipantID: p.ID, Seq: seq, At: at, Read: read}
	receipt := &transcript.Receipt{MessageID: about.MessageID, RecipientID: p.ID, Delivered: at}
	if read {
		receipt.Read = at
	}
	step.add(transcript.Item{ID: about.MessageID, Type: transcript.MetadataItem, ContentType: transcript.MessageMetadata, Receipt: receipt}, false)
	return Sent{ID: newID(), Time: at}, nil
}
