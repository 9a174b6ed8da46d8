package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// Joined is a participant that was added to a contact.
type Joined struct {
	ParticipantID string
	Token         secret.Text
	// Expiry is until when the token can be used to connect for the first time.
	Expiry time.Time
}

// Join adds a participant: an agent who takes the chat, a bot, a supervisor. The others are
// told. Errors: ErrNotFound, ErrConflict when a bot may not join.
func (s *Service) Join(ctx context.Context, contactID string, role transcript.Role, displayName string) (Joined, error) {
	e := s.find(contactID)
	if e == nil {
		return Joined{}, ErrNotFound
	}
	var joined Participant
	err := s.change(ctx, e, func(d *draft) error {
		if role == transcript.CustomBot {
			for _, p := range d.contact.present() {
				if p.Role != transcript.Customer {
					return ErrConflict
				}
			}
		}
		joined = d.join(role, displayName)
		return nil
	})
	if errors.Is(err, ErrAccessDenied) { // it ended in between
		return Joined{}, ErrNotFound
	}
	if err != nil {
		return Joined{}, err
	}
	return s.joined(contactID, joined)
}

// joined describes a new participant to who added it.
func (s *Service) joined(contactID string, p Participant) (Joined, error) {
	token, err := s.participantToken(contactID, p.ID)
	return Joined{p.ID, token, p.Joined.Add(s.limits.BotConnectWithin)}, err
}

// join adds a participant.
func (d *draft) join(role transcript.Role, displayName string) Participant {
	joined := Participant{ID: newID(), DisplayName: displayName, Role: role, Joined: d.now.UTC().Truncate(time.Millisecond)}
	contact := d.edit()
	contact.Participants = append(contact.Participants, joined)
	if role != transcript.System {
		d.add(by(joined, transcript.EventItem, transcript.ParticipantJoined), true)
	}
	if role == transcript.Agent {
		d.dismissBots()
	}
	return joined
}

// dismissBots lets custom bots leave, because an agent came.
func (d *draft) dismissBots() {
	for _, p := range d.contact.present() {
		if p.Role == transcript.CustomBot {
			d.leave(p.ID)
		}
	}
}

// leave ends one participation. The caller makes sure that the participant is there.
func (d *draft) leave(participantID string) {
	contact := d.edit()
	for i := range contact.Participants {
		if p := &contact.Participants[i]; p.ID == participantID && p.Active() {
			p.Left = d.now.UTC().Truncate(time.Millisecond)
			if p.Role != transcript.System {
				d.add(by(*p, transcript.EventItem, transcript.ParticipantLeft), true)
			}
		}
	}
}

// end ends the contact. chat.ended is the last thing anyone hears of it.
func (d *draft) end(reason Reason) {
	contact := d.edit()
	at := d.now.UTC().Truncate(time.Millisecond)
	for i := range contact.Participants {
		if contact.Participants[i].Active() {
			contact.Participants[i].Left = at
		}
	}
	d.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.ChatEnded}, true)
	contact.Ended, contact.Reason = d.last, reason
	d.over = true
}

// Disconnect ends the participation of a connection token's participant. The customer's end
// ends the chat. Errors: ErrAccessDenied.
func (s *Service) Disconnect(ctx context.Context, token secret.Text) error {
	e, participantID, err := s.use(token)
	if err != nil {
		return err
	}
	return s.leave(ctx, e, participantID)
}

// Leave ends the participation of someone who needs no token. Errors: ErrNotFound,
// ErrAccessDenied.
func (s *Service) Leave(ctx context.Context, contactID, participantID string) error {
	e := s.find(contactID)
	if e == nil {
		return ErrNotFound
	}
	return s.leave(ctx, e, participantID)
}

func (s *Service) leave(ctx context.Context, e *entry, participantID string) error {
	return s.change(ctx, e, func(d *draft) error {
		p, ok := d.contact.Participant(participantID)
		if !ok || !p.Active() {
			return ErrAccessDenied
		}
		d.leave(participantID)
		switch {
		case p.Role == transcript.Customer:
			d.end(CustomerDisconnect)
		case p.Role == transcript.Agent && !d.hasAgent():
			d.end(AgentDisconnect)
		}
		return nil
	})
}

func (d *draft) hasAgent() bool {
	for _, p := range d.contact.present() {
		if p.Role == transcript.Agent {
			return true
		}
	}
	return false
}

// End ends a contact from outside: StopContact, a flow, the desk. A contact that has ended
// already is left as it is. Errors: ErrNotFound for one that never was.
func (s *Service) End(ctx context.Context, contactID string, reason Reason) error {
	if e := s.find(contactID); e != nil {
		err := s.change(ctx, e, func(d *draft) error {
			d.end(reason)
			return nil
		})
		if errors.Is(err, ErrAccessDenied) { // it ended in between
			return nil
		}
		return err
	}
	_, err := s.store.Contact(ctx, contactID)
	return err
}

// Update changes an active contact: attributes, timers, streams. f gets a copy and may
// refuse. Errors: ErrNotFound, and what f returns.
func (s *Service) Update(ctx context.Context, contactID string, f func(*Contact) error) error {
	e := s.find(contactID)
	if e == nil {
		return ErrNotFound
	}
	err := s.change(ctx, e, func(d *draft) error { return f(d.edit()) })
	if errors.Is(err, ErrAccessDenied) {
		return ErrNotFound
	}
	return err
}
