package chat

import (
	"github.com/parley-chat/parley/internal/secret"

	"github.com/parley-chat/parley/internal/transcript"
)

// Holder is whom a token was made for, and what may keep it from working.
type Holder struct {
	ContactID, ParticipantID string
	// Role is empty once the contact has ended.
	Role transcript.Role
	// Kind is the use of the token; empty for one that is not of a client.
	Kind TokenKind
	// Ended says that the contact is over, Left that the participant is no longer in it, and
	// Expired that the token's time has come.
	Ended, Left, Expired bool
}

// TokenKind is what a token is for.
type TokenKind string

// Kinds of tokens.
const (
	ParticipantTokens TokenKind = "participant" // of StartChatContact, for CreateParticipantConnection
	ConnectionTokens  TokenKind = "connection"  // of CreateParticipantConnection, for all other calls
	SocketTickets     TokenKind = "ticket"      // in the address of a socket
)

// Holder returns whom a token of any kind was made for, whether or not it still works. It is
// for telling people what a call was about, never for letting it pass. ok is false for what is
// no token of this service.
func (s *Service) Holder(token secret.Text) (holder Holder, ok bool) {
	c, err := s.signer.verify(token)
	if err != nil {
		return Holder{}, false
	}
	return s.holder(c), true
}

func (s *Service) holder(c claims) Holder {
	now := s.clock.Now()
	holder := Holder{ContactID: c.contact.String(), ParticipantID: c.participant.String()}
	issued := c.at
	switch c.kind {
	case participantToken:
		holder.Kind = ParticipantTokens
	case connectionToken:
		holder.Kind, holder.Expired = ConnectionTokens, !c.at.After(now)
		issued = c.at.Add(-s.limits.ConnectionLife)
	case socketTicket:
		holder.Kind, holder.Expired = SocketTickets, now.Sub(c.at) > s.limits.TicketLife
	case viewToken:
	case signInState, signInCode: // they name a session of the customer's
		holder.ParticipantID = ""
	}
	e := s.find(holder.ContactID)
	if e == nil {
		holder.Ended = true
		return holder
	}
	if holder.Kind == ConnectionTokens || holder.Kind == SocketTickets {
		holder.Expired = holder.Expired || e.expiredAt(issued)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	holder.Ended = e.contact.HasEnded()
	if holder.ParticipantID == "" {
		holder.ParticipantID = e.contact.Customer().ID
	}
	p, found := e.contact.Participant(holder.ParticipantID)
	holder.Role, holder.Left = p.Role, !found || !p.Active()
	return holder
}
