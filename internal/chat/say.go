package chat

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// Sent is what a client learns of what it sent.
type Sent struct {
	ID   string
	Time time.Time
}

// sentToken remembers what a client token brought about.
type sentToken struct {
	participantID, clientToken string
	sent                       Sent
}

// remembered is how many client tokens of a contact are kept: retries come within seconds.
const remembered = 128

// SendMessage says something as the participant of a connection token. A repeated client
// token returns what the first call returned. Errors: ErrAccessDenied, [InvalidError].
func (s *Service) SendMessage(ctx context.Context, token secret.Text, m transcript.Message, clientToken string) (Sent, error) {
	e, participantID, err := s.use(token)
	if err != nil {
		return Sent{}, err
	}
	return s.say(ctx, e, participantID, m, clientToken)
}

// Say says something as a participant that needs no token: an agent of the desk, a flow.
// Errors: ErrNotFound, ErrAccessDenied, [InvalidError].
func (s *Service) Say(ctx context.Context, contactID, participantID string, m transcript.Message) (Sent, error) {
	e := s.find(contactID)
	if e == nil {
		return Sent{}, ErrNotFound
	}
	return s.say(ctx, e, participantID, m, "")
}

func (s *Service) say(ctx context.Context, e *entry, participantID string, m transcript.Message, clientToken string) (Sent, error) {
	var sent Sent
	err := s.change(ctx, e, func(d *draft) error {
		p, ok := d.contact.Participant(participantID)
		if !ok || !p.Active() {
			return ErrAccessDenied
		}
		if clientToken != "" {
			earlier, found, err := s.repeated(ctx, e, participantID, clientToken)
			if found || err != nil {
				sent = earlier
				return err
			}
		}
		if err := s.checkMessage(d.contact, p.Role, m); err != nil {
			return err
		}
		item := by(p, transcript.MessageItem, m.ContentType)
		item.Content, item.HasContent, item.ClientToken = m.Content, true, clientToken
		item = d.add(item, true)
		sent = Sent{item.ID, item.Time}
		d.heard(p)
		d.after = append(d.after, func() { e.remember(participantID, clientToken, sent) })
		return nil
	})
	return sent, err
}

// repeated finds what an earlier call with the same client token returned. After a restart
// the newest stored items tell. The caller holds the contact's lock.
func (s *Service) repeated(ctx context.Context, e *entry, participantID, clientToken string) (Sent, bool, error) {
	if !e.known {
		items, err := s.store.Items(ctx, ItemQuery{ContactID: e.contact.ID, Limit: remembered, Newest: true})
		if err != nil {
			return Sent{}, false, err
		}
		for _, item := range slices.Backward(items) {
			if item.ClientToken != "" {
				e.sent = append(e.sent, sentToken{item.ParticipantID, item.ClientToken, Sent{item.ID, item.Time}})
			}
		}
		e.known = true
	}
	for _, earlier := range e.sent {
		if earlier.clientToken == clientToken && earlier.participantID == participantID {
			return earlier.sent, true, nil
		}
	}
	return Sent{}, false, nil
}

// remember keeps a client token. The caller holds the contact's lock.
func (e *entry) remember(participantID, clientToken string, sent Sent) {
	if clientToken == "" {
		return
	}
	if len(e.sent) >= remembered {
		e.sent = append(e.sent[:0:0], e.sent[len(e.sent)-remembered+1:]...)
	}
	e.sent = append(e.sent, sentToken{participantID, clientToken, sent})
}

// SendEvent sends a typing notice or a receipt as the participant of a connection token.
// Receipts are told apart by their message, not by their client token: chatjs sends all of
// them with the same one. Errors: ErrAccessDenied, ErrConflict, [InvalidError].
func (s *Service) SendEvent(ctx context.Context, token secret.Text, contentType, content string) (Sent, error) {
	e, participantID, err := s.use(token)
	if err != nil {
		return Sent{}, err
	}
	return s.event(ctx, e, participantID, contentType, content)
}

// Signal sends an event as a participant that needs no token. Errors as of SendEvent, and
// ErrNotFound.
func (s *Service) Signal(ctx context.Context, contactID, participantID, contentType, content string) (Sent, error) {
	e := s.find(contactID)
	if e == nil {
		return Sent{}, ErrNotFound
	}
	return s.event(ctx, e, participantID, contentType, content)
}

func (s *Service) event(ctx context.Context, e *entry, participantID, contentType, content string) (Sent, error) {
	var sent Sent
	err := s.change(ctx, e, func(d *draft) error {
		p, ok := d.contact.Participant(participantID)
		if !ok || !p.Active() {
			return ErrAccessDenied
		}
		switch contentType {
		case transcript.Typing:
			item := d.add(by(p, transcript.EventItem, transcript.Typing), false)
			sent = Sent{item.ID, item.Time}
			return nil
		case transcript.ConnectionAck: // obsolete: taken and not passed on
			sent = Sent{newID(), later(d.now, d.last)}
			return nil
		case transcript.MessageDelivered, transcript.MessageRead:
			var err error
			sent, err = s.receipt(ctx, d, p, contentType == transcript.MessageRead, content)
			return err
		}
		return invalid("ContentType", "must be one of the event types typing, message.delivered and message.read.")
	})
	return sent, err
}

// receipt notes that a participant has received (or read) everything up to a message.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_connect-participant_SendEvent.html
func (s *Service) receipt(ctx context.Context, d *draft, p Participant, read bool, content string) (Sent, error) {
	var about struct {
		MessageID string `json:"messageId"`
	}
	if json.Unmarshal([]byte(content), &about) != nil || about.MessageID == "" {
		return Sent{}, invalid("Content", `must be the JSON text {"messageId":"…"}.`)
	}
	if len(d.contact.present()) > 2 {
		return Sent{}, ErrConflict
	}
	seq, err := s.store.Find(ctx, d.contact.ID, about.MessageID)
	if errors.Is(err, ErrNotFound) {
		return Sent{}, invalid("Content", "names a message that this chat does not have.")
	}
	if err != nil {
		return Sent{}, err
	}
	at := later(d.now, d.last)
	d.mark = &Mark{ContactID: d.contact.ID, ParticipantID: p.ID, Seq: seq, At: at, Read: read}
	receipt := &transcript.Receipt{MessageID: about.MessageID, RecipientID: p.ID, Delivered: at}
	if read {
		receipt.Read = at
	}
	d.add(transcript.Item{ID: about.MessageID, Type: transcript.MetadataItem, ContentType: transcript.MessageMetadata, Receipt: receipt}, false)
	return Sent{newID(), at}, nil
}
