package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// Connection is what CreateParticipantConnection gives a client.
type Connection struct {
	ContactID, ParticipantID string
	// Token is for the Participant Service's other calls, until TokenExpiry.
	Token       secret.Text
	TokenExpiry time.Time
	// Ticket opens a socket. It works for Limits.TicketLife; the socket may stay until
	// SocketExpiry.
	Ticket       secret.Text
	SocketExpiry time.Time
}

// Connect gives a participant a new connection. Earlier ones stay valid: clients reconnect,
// refresh and reload with the same participant token. With present the participant counts
// as connected without a socket, which a customer may be only on a chat with streaming.
// Errors: ErrAccessDenied, ErrNotFound for a custom bot that comes too late, [InvalidError].
func (s *Service) Connect(ctx context.Context, token secret.Text, present bool) (Connection, error) {
	c, err := s.signer.read(participantToken, token)
	if err != nil {
		return Connection{}, err
	}
	e := s.find(c.contact.String())
	if e == nil {
		return Connection{}, ErrAccessDenied
	}
	if err := s.mayConnect(ctx, e, c.participant.String(), present); err != nil {
		return Connection{}, err
	}
	return s.connection(e, c.contact, c.participant), nil
}

// connection returns a new connection of a participant.
func (s *Service) connection(e *entry, contact, participant uuid.UUID) Connection {
	now := e.issues(s.clock.Now())
	expiry := now.Add(s.limits.ConnectionLife)
	return Connection{
		ContactID: contact.String(), ParticipantID: participant.String(),
		Token:       s.signer.sign(claims{kind: connectionToken, contact: contact, participant: participant, at: expiry}),
		TokenExpiry: expiry,
		Ticket:      s.signer.sign(claims{kind: socketTicket, contact: contact, participant: participant, at: now}),
		// The client decides when to come back; the socket is closed when it does not.
		SocketExpiry: now.Add(s.limits.SocketLife),
	}
}

func (s *Service) mayConnect(ctx context.Context, e *entry, participantID string, present bool) error {
	e.mu.Lock()
	p, ok := e.contact.Participant(participantID)
	ended, streaming := e.contact.HasEnded(), len(e.contact.Streaming) > 0
	e.mu.Unlock()
	if ok && !ended && p.Role == transcript.CustomBot && p.Connected.IsZero() && s.clock.Now().After(p.Joined.Add(s.limits.BotConnectWithin)) {
		return ErrNotFound
	}
	if !ok || !p.Active() || ended {
		return ErrAccessDenied
	}
	if p.Role == transcript.CustomBot && p.Connected.IsZero() { // it only had to ask in time
		present = true
	}
	if !present {
		return nil
	}
	if p.Role == transcript.Customer && !streaming {
		return invalid("ConnectParticipant", "connects a customer without a socket, which only a chat with streaming allows, and this chat "+
			"is not streamed. Leave it out: the customer connects when its socket subscribes. Or start streaming first, with StartContactStreaming.")
	}
	first, err := s.arrive(ctx, e, participantID, nil)
	if err != nil || !first {
		return err
	}
	return s.rehydrated(ctx, e)
}

// arrive notes that a participant is connected. The first time the customer is, the chat
// begins in earnest; an agent's or bot's first connection announces it. socket is the participant's
// that subscribes, nil for none: it does in the same step, so that it is shown whatever the step says,
// even when that is the end of the contact.
func (s *Service) arrive(ctx context.Context, e *entry, participantID string, socket *Socket) (first bool, err error) {
	err = s.change(ctx, e, func(step *Step) error {
		p, err := step.participant(participantID)
		if err != nil {
			return err
		}
		at := step.now.UTC().Truncate(time.Millisecond)
		if p.Role == transcript.Customer && step.contact.Connected.IsZero() {
			step.edit().Connected = at
			first = true
			if heard := step.seq; socket != nil {
				step.after = append(step.after, func() { e.subscribe(socket, heard) })
			}
			step.add(by(p, transcript.EventItem, transcript.ParticipantJoined), true)
			for _, l := range s.listeners {
				if l.Arrived == nil {
					continue
				}
				if err := l.Arrived(step); err != nil {
					return err
				}
			}
		}
		if p.Role == transcript.CustomBot && p.Connected.IsZero() {
			for i := range step.edit().Participants {
				if bot := &step.contact.Participants[i]; bot.ID == participantID {
					bot.Connected = at
				}
			}
		}
		return nil
	})
	return first && err == nil, denied(err)
}

// denied turns the end of a contact into the refusal of a token for it.
func denied(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrAccessDenied
	}
	return err
}

// rehydrated tells the customer's client, now that it listens, that the chat continues an
// earlier conversation.
func (s *Service) rehydrated(ctx context.Context, e *entry) error {
	err := s.change(ctx, e, func(step *Step) error {
		if len(step.contact.Past) > 0 {
			step.add(transcript.Item{Type: transcript.EventItem, ContentType: transcript.ChatRehydrated}, false)
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) { // the chat was over with its first step
		return nil
	}
	return err
}

// Admit checks a connection token and returns its holder, whose contact and participant the other
// methods name. Errors: [ErrAccessDenied] for a token that does not work, also because the chat or
// the participation is over.
func (s *Service) Admit(token secret.Text) (Holder, error) {
	c, err := s.signer.read(connectionToken, token)
	if err != nil {
		return Holder{}, err
	}
	holder := s.holder(c)
	if holder.Expired || holder.Ended || holder.Left {
		return Holder{}, ErrAccessDenied
	}
	return holder, nil
}

// Feed is where a connected participant's items go: a socket.
type Feed interface {
	// Deliver hands over the next item. It must not block: a feed that cannot keep up
	// leaves by itself.
	Deliver(item *transcript.Item)
	// End says that nothing more will come: the chat or the participation is over, or the
	// service closes.
	End()
}

// Socket is an open socket's hold on its contact.
type Socket struct {
	ContactID, ParticipantID string
	// Expiry is when the socket has to be closed.
	Expiry time.Time

	s  *Service
	e  *entry
	to Feed
	// The contact's lock guards the rest. from is the Seq of the last stored item its subscriber had
	// before it subscribed.
	from       int64
	subscribed bool
	watching   bool // not a socket: see Watch
}

// OpenSocket admits a socket by its ticket. Nothing is delivered before [Socket.Subscribe].
// The caller must call [Socket.Close] once. Errors: ErrAccessDenied, ErrTooManySockets.
func (s *Service) OpenSocket(ticket secret.Text, to Feed) (*Socket, error) {
	c, err := s.signer.read(socketTicket, ticket)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	if now.Sub(c.at) > s.limits.TicketLife {
		return nil, ErrAccessDenied
	}
	e := s.find(c.contact.String())
	if e == nil || e.expiredAt(c.at) {
		return nil, ErrAccessDenied
	}
	return s.openSocket(e, c.participant, c.at.Add(s.limits.SocketLife), to)
}

func (s *Service) openSocket(e *entry, participant uuid.UUID, expiry time.Time, to Feed) (*Socket, error) {
	participantID := participant.String()
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.admits(participantID); err != nil {
		return nil, err
	}
	if n := e.sockets(participantID); n >= s.limits.Sockets {
		return nil, &LimitError{ErrTooManySockets, fmt.Sprintf("A participant may have at most %d open sockets, and this one has %d.", s.limits.Sockets, n)}
	}
	if p, ok := e.contact.Participant(participantID); ok {
		participantID = p.ID // the contact's own text, instead of another one for each socket
	}
	k := &Socket{ContactID: e.contact.ID, ParticipantID: participantID, Expiry: expiry, s: s, e: e, to: to}
	e.feeds = append(e.feeds, k)
	return k, nil
}

// admits reports whether a participant may hear the contact now. The caller holds the
// contact's lock.
func (e *entry) admits(participantID string) error {
	p, ok := e.contact.Participant(participantID)
	if e.contact.HasEnded() || !ok || !p.Active() {
		return ErrAccessDenied
	}
	if e.closed {
		return ErrEnded
	}
	return nil
}

// listening reports whether a participant has a socket that is told what happens.
func (e *entry) listening(participantID string) bool {
	return slices.ContainsFunc(e.feeds, func(k *Socket) bool {
		return k.ParticipantID == participantID && k.subscribed && !k.watching
	})
}

// sockets counts a participant's open sockets.
func (e *entry) sockets(participantID string) int {
	n := 0
	for _, k := range e.feeds {
		if k.ParticipantID == participantID && !k.watching {
			n++
		}
	}
	return n
}

// Subscribe begins delivery. What was stored since the participant's last socket was lost is
// delivered first, because the clients in use do not fetch it themselves. A second call does
// nothing. Errors: ErrAccessDenied, and failures of the store.
func (k *Socket) Subscribe(ctx context.Context) error {
	first, err := k.s.arrive(ctx, k.e, k.ParticipantID, k)
	if err != nil {
		return err
	}
	if err := k.subscribe(ctx); err != nil || !first {
		return err
	}
	return k.s.rehydrated(ctx, k.e)
}

// subscribe begins delivery with the item after one, unless the feed was ended meanwhile. The caller
// holds the contact's lock.
func (e *entry) subscribe(k *Socket, after int64) {
	if !slices.Contains(e.feeds, k) {
		return
	}
	k.subscribed, k.from = true, after
	delete(e.lost, k.ParticipantID)
	if len(e.lost) == 0 {
		e.lost = nil
	}
}

func (k *Socket) subscribe(ctx context.Context) error {
	// With the contact's turn, because what a step has stored and not shown yet would come twice.
	if err := k.e.turn.take(ctx); err != nil {
		return err
	}
	defer k.e.turn.give()
	k.e.mu.Lock()
	defer k.e.mu.Unlock()
	if k.subscribed {
		return nil
	}
	if !slices.Contains(k.e.feeds, k) { // it was ended in between
		return ErrAccessDenied
	}
	k.subscribed, k.from = true, k.e.lastSeq
	from, missed := k.e.lost[k.ParticipantID]
	delete(k.e.lost, k.ParticipantID)
	if len(k.e.lost) == 0 {
		k.e.lost = nil
	}
	if !missed || from >= k.e.lastSeq {
		return nil
	}
	k.from = from
	items, err := k.s.store.Items(ctx, ItemQuery{ContactID: k.ContactID, After: from, Limit: maxCatchUp, Newest: true})
	if err != nil {
		k.subscribed = false
		k.e.lose(k.ParticipantID, from)
		return err
	}
	for i := range items {
		if item := &items[len(items)-1-i]; visible(item, k.ParticipantID) {
			k.to.Deliver(item)
		}
	}
	return nil
}

// maxCatchUp bounds what a socket is told of the time without one, to the newest; what was
// before is in the transcript.
const maxCatchUp = 500

// Close lets go of the contact. complete says that the socket showed everything it was
// handed; delivered is otherwise the Seq of the last stored item it showed, zero for none
// since it subscribed.
func (k *Socket) Close(complete bool, delivered int64) {
	k.e.mu.Lock()
	defer k.e.mu.Unlock()
	for i, other := range k.e.feeds {
		if other == k {
			k.e.feeds = append(k.e.feeds[:i:i], k.e.feeds[i+1:]...)
			break
		}
	}
	if k.e.listening(k.ParticipantID) || !k.subscribed || k.watching {
		return
	}
	if complete {
		delivered = k.e.lastSeq
	}
	k.e.lose(k.ParticipantID, max(delivered, k.from))
}

// show hands the items of a step to everyone who is connected. The caller holds the contact's
// lock, so items have the same order for all.
func (s *Service) show(step *Step) {
	for i := range step.items {
		item := &step.items[i]
		for _, k := range step.e.feeds {
			if k.subscribed && visible(item, k.ParticipantID) && (!k.watching || !item.IsPiece()) {
				k.to.Deliver(item)
			}
		}
		if s.publish != nil && !item.IsPiece() && !item.Undelivered() && len(step.contact.Streaming) > 0 {
			s.publish(*step.contact.Clone(), *item)
		}
	}
	for _, l := range s.listeners {
		for i := range step.items {
			if !step.items[i].IsPiece() {
				l.Changed(step.contact, &step.items[i])
			}
		}
		if step.queued || len(step.items) == 0 && step.edited {
			l.Changed(step.contact, nil)
		}
	}
	s.release(step)
}

// release ends the feeds of those who are no longer there.
func (s *Service) release(step *Step) {
	if !step.edited {
		return
	}
	var staying []*Socket
	for _, k := range step.e.feeds {
		p, ok := step.contact.Participant(k.ParticipantID)
		if ok && p.Active() && !step.contact.HasEnded() {
			staying = append(staying, k)
			continue
		}
		k.to.End()
	}
	step.e.feeds = staying
}

// visible keeps a receipt from the one who gave it, and a whisper and what was not delivered from all
// but one; everything else is for everybody.
func visible(item *transcript.Item, participantID string) bool {
	if item.Only != "" && item.Only != participantID {
		return false
	}
	return item.Receipt == nil || item.Receipt.RecipientID != participantID
}
