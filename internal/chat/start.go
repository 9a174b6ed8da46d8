package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unique"

	"github.com/parley-chat/parley/internal/secret"
	"github.com/parley-chat/parley/internal/transcript"
)

// StartRequest is what a chat is started with. Its members are checked by the adapter that
// decoded them.
type StartRequest struct {
	InstanceID, FlowID string
	DisplayName        string
	Attributes         map[string]string
	SegmentAttributes  []byte
	ContentTypes       []string
	// Incremental says that the client takes messages in pieces.
	Incremental bool
	// DismissOnExit lets the customer's leaving begin the disconnect flow.
	DismissOnExit  bool
	InitialMessage *transcript.Message
	CustomerID     string
	// RelatedID links to an earlier contact.
	RelatedID string
	// SourceID is the contact a persistent chat continues from, Whole whether from the last
	// contact of its whole past session (ENTIRE_PAST_SESSION) or from that contact itself.
	SourceID string
	Whole    bool
	// Duration is zero for the default.
	Duration time.Duration
	// ClientToken makes a repeated start return the first one's result; empty does not.
	ClientToken string
}

// Started is a started chat as its starter gets to know it.
type Started struct {
	ContactID, ParticipantID string
	Token                    secret.Text
	// ContinuedFrom is the contact a persistent chat goes on from.
	ContinuedFrom string
	// Repeated says that the chat had been started before with the same client token.
	Repeated bool
}

// startKey is what makes two starts the same.
type startKey struct{ instance, clientToken string }

// pendingStart lets a repeated start wait for the first one.
type pendingStart struct {
	done    chan struct{}
	started Started
	err     error
}

// Start makes a contact with its customer. A repeated client token returns what the first
// start returned and makes nothing. Errors: [InvalidError], ErrNotFound for a source contact
// that does not exist, ErrQuota, and failures of the store.
func (s *Service) Start(ctx context.Context, request StartRequest) (Started, error) {
	if request.ClientToken == "" {
		return s.start(ctx, request)
	}
	key := startKey{request.InstanceID, request.ClientToken}
	s.mu.Lock()
	if first, ok := s.starting[key]; ok {
		s.mu.Unlock()
		select {
		case <-first.done:
		case <-ctx.Done():
			return Started{}, context.Cause(ctx)
		}
		repeated := first.started
		repeated.Repeated = true
		return repeated, first.err
	}
	pending := &pendingStart{done: make(chan struct{})}
	s.starting[key] = pending
	s.mu.Unlock()

	// Others may wait for it too, so it does not end with the first caller.
	pending.started, pending.err = s.startOnce(context.WithoutCancel(ctx), request)
	s.mu.Lock()
	delete(s.starting, key)
	s.mu.Unlock()
	close(pending.done)
	return pending.started, pending.err
}

// startOnce starts a chat unless one was started with the same client token before.
func (s *Service) startOnce(ctx context.Context, request StartRequest) (Started, error) {
	since := s.clock.Now().Add(-s.limits.Idempotency)
	earlier, err := s.store.StartedBy(ctx, request.InstanceID, request.ClientToken, since)
	if err == nil {
		started, err := s.started(earlier)
		started.Repeated = true
		return started, err
	}
	if !errors.Is(err, ErrNotFound) {
		return Started{}, err
	}
	return s.start(ctx, request)
}

func (s *Service) start(ctx context.Context, request StartRequest) (Started, error) {
	contact, err := s.newContact(ctx, request)
	if err != nil {
		return Started{}, err
	}
	e := s.newEntry(contact)
	e.turn.wait() // nobody knows the contact yet
	defer e.turn.give()
	e.mu.Lock() // until it is stored: nobody sees it before
	defer e.mu.Unlock()
	if err := s.enter(e); err != nil {
		return Started{}, err
	}
	step := &Step{s: s, ctx: ctx, e: e, now: contact.Started, contact: contact, edited: true, token: request.ClientToken}
	err = s.first(step, request)
	if err == nil {
		err = s.write(step)
	}
	if err != nil {
		s.mu.Lock()
		s.leave(contact)
		s.mu.Unlock()
		contact.Ended = contact.Started // nobody may use the entry that was never stored
		return Started{}, err
	}
	s.apply(step)
	return s.started(contact)
}

// first says the initial message.
func (s *Service) first(step *Step, request StartRequest) error {
	if request.InitialMessage == nil {
		return nil
	}
	message := *request.InitialMessage
	if err := step.checkMessage(step.contact.Customer(), message); err != nil {
		return err
	}
	step.edit().Opening = message.Content
	step.message(step.contact.Customer(), message)
	return nil
}

// enter makes a contact findable, unless the instance has as many as it may.
func (s *Service) enter(e *entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrEnded
	}
	if n := s.counted[e.contact.InstanceID]; s.limits.ActiveContacts > 0 && n >= s.limits.ActiveContacts {
		return &LimitError{ErrQuota, fmt.Sprintf("The instance may have at most %d active chats, and has %d.", s.limits.ActiveContacts, n)}
	}
	s.active[e.contact.ID] = e
	s.count(e.contact, 1)
	return nil
}

// leave lets a contact be no active one. The caller holds the lock.
func (s *Service) leave(c *Contact) {
	if s.active[c.ID] != nil {
		delete(s.active, c.ID)
		s.count(c, -1)
	}
}

// count counts a contact of its instance more or less, when that is limited. The caller holds the lock, or is
// alone.
func (s *Service) count(c *Contact, by int) {
	if s.limits.ActiveContacts == 0 {
		return
	}
	if s.counted[c.InstanceID] += by; s.counted[c.InstanceID] == 0 {
		delete(s.counted, c.InstanceID)
	}
}

func (s *Service) newContact(ctx context.Context, request StartRequest) (*Contact, error) {
	now := s.clock.Now().UTC().Truncate(time.Millisecond)
	duration := request.Duration
	if duration == 0 {
		duration = s.limits.Duration
	}
	contact := &Contact{
		ID: newID(),
		// Nearly all contacts have the same ones.
		InstanceID: unique.Make(request.InstanceID).Value(), FlowID: unique.Make(request.FlowID).Value(),
		Participants: []Participant{{ID: newID(), DisplayName: request.DisplayName, Role: transcript.Customer, Joined: now}},
		Attributes:   AttributesOf(request.Attributes), SegmentAttributes: request.SegmentAttributes,
		ContentTypes: request.ContentTypes, Incremental: request.Incremental, DismissOnExit: request.DismissOnExit, RelatedID: request.RelatedID, CustomerID: request.CustomerID,
		Started: now, Duration: duration,
	}
	if request.SourceID != "" {
		past, err := s.past(ctx, request.SourceID, request.Whole)
		if err != nil {
			return nil, err
		}
		contact.Past, contact.RelatedID = past, past[0]
	}
	return contact.Clone(), nil
}

// past returns the contacts a persistent chat continues, newest first.
//
// Source: https://docs.aws.amazon.com/connect/latest/adminguide/chat-persistence.html
func (s *Service) past(ctx context.Context, sourceID string, whole bool) ([]string, error) {
	source, err := s.Contact(ctx, sourceID)
	if err != nil {
		return nil, err
	}
	from, ok := source.Segment(sourceID)
	if over := ok && !from.Ended.IsZero() && !whole; !over && !source.HasEnded() { // of a chat in its survey, say, the first contact is over
		return nil, invalid("PersistentChat.SourceContactId", "names a chat that has not ended.")
	}
	var past []string
	for _, segment := range slices.Backward(source.Segments()) {
		if whole || segment.ID == sourceID || len(past) > 0 {
			past = append(past, segment.ID)
		}
	}
	past = append(past, source.Past...)
	return past[:min(len(past), s.limits.PastContacts)], nil
}

// started describes a contact to its starter.
func (s *Service) started(contact *Contact) (Started, error) {
	customer := contact.Customer()
	token, err := s.participantToken(contact.ID, customer.ID)
	if err != nil {
		return Started{}, err
	}
	started := Started{ContactID: contact.ID, ParticipantID: customer.ID, Token: token}
	if len(contact.Past) > 0 {
		started.ContinuedFrom = contact.Past[0]
	}
	return started, nil
}

func (s *Service) participantToken(contactID, participantID string) (secret.Text, error) {
	contact, participant, err := parseIDs(contactID, participantID)
	if err != nil {
		return secret.Text{}, err
	}
	return s.signer.sign(claims{kind: participantToken, contact: contact, participant: participant}), nil
}
