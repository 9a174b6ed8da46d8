// Package chat holds the rules of Amazon Connect chat: contacts, their participants and
// the tokens that let a client act for one of them.
//
// It knows no HTTP, no AWS SDK and no storage engine; what speaks a protocol is an
// adapter around it. A [Service] is safe for concurrent use. It keeps its own lock, never
// calls out while holding it, and forgets what AWS would have ended, so that it does not
// grow without bound.
package chat

import (
	"cmp"
	"container/list"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/secret"
)

// Documented life times. Source: connect-api documentation of StartChatContact and
// "Amazon Connect service quotas".
const (
	// DefaultDuration is how long a chat lasts when the start does not say.
	DefaultDuration = 25 * time.Hour
	// ConnectWithin is how long a started chat waits for its customer to connect.
	ConnectWithin = 5 * time.Minute
	// IdempotencyWindow is how long a client token is remembered. AWS states no window
	// for StartChatContact; this is the one of StartOutboundChatContact.
	IdempotencyWindow = 7 * 24 * time.Hour
)

// maxRemembered bounds the client tokens kept for idempotency. Beyond it the oldest are
// forgotten early, which only a flood of starts can bring about.
const maxRemembered = 100_000

// ErrNotFound says that there is no such contact.
var ErrNotFound = errors.New("no such contact")

// StartRequest is what a chat is started with. All members are checked by the adapter
// that decoded them.
type StartRequest struct {
	InstanceID, FlowID string
	DisplayName        string
	Attributes         map[string]string
	ContentTypes       []string
	InitialMessage     *Message
	// RelatedID links to an earlier contact; ContinuedFromID is the ended contact whose
	// conversation goes on (a persistent chat). At most one of them is set.
	RelatedID, ContinuedFromID string
	// Duration is zero for the default.
	Duration time.Duration
	// ClientToken makes a repeated start return the first one's result; empty does not.
	ClientToken string
}

// Started is a started chat as its starter gets to know it.
type Started struct {
	ContactID, ParticipantID string
	Token                    secret.Text
	// Repeated says that the chat had been started before with the same client token.
	Repeated bool
}

// Service is the chats of one Amazon Connect.
type Service struct {
	mu       sync.Mutex
	contacts map[string]*entry
	waiting  *list.List // of *entry: customers who have yet to connect, longest waiting in front
	repeats  map[startKey]remembered
	recent   *list.List // of startKey, oldest in front
}

type entry struct{ contact Contact }

// startKey is what makes two starts the same.
type startKey struct{ instance, clientToken string }

type remembered struct {
	started Started
	at      time.Time
}

// NewService returns a service without contacts.
func NewService() *Service {
	return &Service{
		contacts: map[string]*entry{},
		waiting:  list.New(), repeats: map[startKey]remembered{}, recent: list.New(),
	}
}

// Start makes a contact with its customer. A repeated client token returns what the
// first start returned and makes nothing.
func (s *Service) Start(request StartRequest) Started {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	key := startKey{request.InstanceID, request.ClientToken}
	if first, ok := s.repeats[key]; ok && request.ClientToken != "" {
		first.started.Repeated = true
		return first.started
	}
	contact := newContact(request, now)
	token := newParticipantToken()
	started := Started{ContactID: contact.ID, ParticipantID: contact.Customer.ID, Token: token}
	e := &entry{contact: contact}
	s.contacts[contact.ID] = e
	s.waiting.PushBack(e)
	if request.ClientToken != "" {
		s.repeats[key] = remembered{started, now}
		s.recent.PushBack(key)
	}
	return started
}

func newContact(request StartRequest, now time.Time) Contact {
	id := newID()
	duration := request.Duration
	if duration == 0 {
		duration = DefaultDuration
	}
	return Contact{
		ID: id, InitialID: id, InstanceID: request.InstanceID, FlowID: request.FlowID,
		Customer:     Participant{ID: newID(), DisplayName: request.DisplayName, Role: Customer},
		Attributes:   maps.Clone(request.Attributes),
		ContentTypes: slices.Clone(request.ContentTypes), InitialMessage: request.InitialMessage,
		RelatedID: cmp.Or(request.RelatedID, request.ContinuedFromID), Started: now, Duration: duration,
	}
}

// Contact returns a contact that is still active. Nobody can connect to one yet, so a
// contact is active for as long as it waits for its customer.
func (s *Service) Contact(id string) (Contact, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(time.Now())
	e, ok := s.contacts[id]
	if !ok {
		return Contact{}, ErrNotFound
	}
	contact := e.contact
	contact.Attributes = maps.Clone(contact.Attributes)
	contact.ContentTypes = slices.Clone(contact.ContentTypes)
	return contact, nil
}

// Active returns how many contacts are active.
func (s *Service) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(time.Now())
	return len(s.contacts)
}

// forget drops contacts whose customer did not connect in time, and client tokens past
// their window. Both stand in the order of their starts, so each call looks only at what
// it drops.
func (s *Service) forget(now time.Time) {
	for element := s.waiting.Front(); element != nil; element = s.waiting.Front() {
		e, ok := element.Value.(*entry)
		if ok && now.Sub(e.contact.Started) < ConnectWithin {
			break
		}
		s.waiting.Remove(element)
		if ok {
			delete(s.contacts, e.contact.ID)
		}
	}
	for element := s.recent.Front(); element != nil; element = s.recent.Front() {
		key, ok := element.Value.(startKey)
		if ok && now.Sub(s.repeats[key].at) < IdempotencyWindow && s.recent.Len() <= maxRemembered {
			break
		}
		s.recent.Remove(element)
		delete(s.repeats, key)
	}
}
