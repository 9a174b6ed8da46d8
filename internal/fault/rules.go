// Package fault makes things go wrong on purpose in the embedded Amazon Connect, so that
// people see what their page does then: calls that fail, come late, get lost or arrive twice,
// sockets that break or hang, tokens that expire, attachments that are rejected.
//
// It owns the rules that say what goes wrong, and what that looks like to a client: AWS's own
// errors, or a network that fails. It refuses to know what actions do; which ones there are it
// learns from the registries of packages participant and connectserver. Without a rule nothing is
// changed, byte for byte, and next to nothing is done.
//
// [Rules] are safe for concurrent use; nil lets nothing go wrong. Their lock is taken last: they
// are asked while locks of contacts and sockets are held, and call nobody meanwhile.
package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/participant"
)

// Config is what [Rules] needs.
type Config struct {
	// Chats are the chats in which things go wrong. Required.
	Chats *chat.Service
	// Rand decides for rules with a percentage; nil is unpredictable.
	Rand *rand.Rand
	// Changed is called after the rules have changed, as with [Rules.Watch]. Nil does nothing.
	Changed func()
	// Injected is told of everything that goes wrong on purpose, with the context of the call that is
	// struck, where that is known. It is called on the way of
	// requests and frames, while locks are held: it must neither block nor call back into the
	// rules or the chats. Nil does nothing.
	Injected func(context.Context, Injection)
}

// Injection is one time that a rule struck.
type Injection struct {
	// Rule is the one that struck; its Hits are counted.
	Rule Rule
	// Action is what it struck: the name of an action, "WebSocket" for sockets and frames.
	Action string
	// ContactID and ParticipantID are whom it struck, where that is known.
	ContactID, ParticipantID string
	// Request is the one it struck, that for a socket as well; nil for open sockets and frames.
	Request *http.Request
}

// Rules are the rules in force, and let them strike.
type Rules struct {
	chats    *chat.Service
	injected func(context.Context, Injection)

	// inForce are the rules as a slice that is never changed; nil when there are none.
	inForce atomic.Pointer[[]*rule]
	running sync.WaitGroup

	mu       sync.Mutex
	rand     *rand.Rand
	closed   bool
	cleared  chan struct{} // closed and replaced by Clear, to end delays
	review   func(func(contactID, participantID string) participant.Fate)
	watchers []*func()
}

// rule is a rule in force. Hits is guarded by the lock of [Rules], and over is set under it.
type rule struct {
	Rule
	over bool
	// gone is closed when the rule is taken back or its time is over, but not when it has
	// struck as often as it may: what it began then goes on.
	gone    chan struct{}
	cleared <-chan struct{} // closed when all rules are taken back, also those that strike no more
	life    *time.Timer
}

// mostRules bounds how many rules are in force at the same time.
const mostRules = 100

// New returns no rules yet.
func New(cfg Config) (*Rules, error) {
	if cfg.Chats == nil {
		return nil, errors.New("fault rules need chats")
	}
	s := &Rules{chats: cfg.Chats, injected: cfg.Injected, rand: cfg.Rand, cleared: make(chan struct{})}
	if s.rand == nil {
		s.rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) //nolint:gosec // chance, no secret
	}
	if cfg.Changed != nil {
		s.Watch(cfg.Changed)
	}
	return s, nil
}

// Attach lets rules reach open sockets. review is [participant.Service.Review].
func (s *Rules) Attach(review func(func(contactID, participantID string) participant.Fate)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.review = review
}

// Watch calls f after every change of the list of rules, until stop is called. Hits alone are
// no change. f may be called by several goroutines at once.
func (s *Rules) Watch(f func()) (stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	watcher := &f
	s.watchers = append(s.watchers, watcher)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watchers = slices.DeleteFunc(slices.Clone(s.watchers), func(w *func()) bool { return w == watcher })
	}
}

// Add puts a rule in force, and returns it with everything it left out filled in. One that
// expires tokens at once has done so when Add returns, and is not in the list. Errors are of
// type [*InvalidError].
func (s *Rules) Add(added Rule) (Rule, error) {
	checked, err := added.checked()
	if err != nil {
		return Rule{}, err
	}
	checked.ID = uuid.NewString()
	checked.ContactID = s.chats.Chat(checked.ContactID) // calls and frames are told apart by chats
	if checked.Effect.Type == ExpireTokens && checked.Action == Everything {
		return s.expireNow(checked)
	}
	r := &rule{Rule: checked, gone: make(chan struct{})}
	s.mu.Lock()
	r.cleared = s.cleared
	rules := s.current()
	if s.closed || len(rules) >= mostRules {
		s.mu.Unlock()
		return Rule{}, &InvalidError{Text: fmt.Sprintf("is one too many: there can be %d, and are %d; take others back first", mostRules, len(rules))}
	}
	s.publish(append(slices.Clone(rules), r))
	if r.ForMs > 0 {
		r.life = time.AfterFunc(time.Duration(r.ForMs)*time.Millisecond, func() { s.end(r) })
	}
	s.mu.Unlock()
	s.reviewSockets(r)
	s.changed()
	return checked, nil
}

func (s *Rules) expireNow(r Rule) (Rule, error) {
	if err := s.chats.ExpireTokens(r.ContactID); err != nil {
		return Rule{}, &InvalidError{Field: "contactId", Text: "names no active contact"}
	}
	r.Hits = 1
	if s.injected != nil {
		s.injected(context.Background(), Injection{Rule: r, Action: r.Action, ContactID: r.ContactID})
	}
	return r, nil
}

// Remove takes a rule back: half-open sockets go on and delays end, of calls and of frames. It reports whether there
// was one.
func (s *Rules) Remove(id string) bool {
	for _, r := range s.current() {
		if r.ID == id {
			return s.end(r)
		}
	}
	return false
}

// Clear takes all rules back.
func (s *Rules) Clear() {
	if s == nil {
		return
	}
	s.mu.Lock()
	for _, r := range s.current() {
		r.stop()
	}
	s.publish(nil)
	close(s.cleared)
	s.cleared = make(chan struct{})
	s.mu.Unlock()
	s.changed()
}

// Close takes all rules back for good and waits for what goes on by itself.
func (s *Rules) Close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.Clear()
	s.running.Wait()
}

// List returns the rules in force, in the order in which they were added. A rule that has
// struck as often as it may is not in force any more.
func (s *Rules) List() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Rule{}
	for _, r := range s.current() {
		list = append(list, r.Rule)
	}
	return list
}

// current returns the rules in force.
func (s *Rules) current() []*rule {
	if s == nil {
		return nil
	}
	if rules := s.inForce.Load(); rules != nil {
		return *rules
	}
	return nil
}

// publish puts other rules in force. The caller holds the lock.
func (s *Rules) publish(rules []*rule) {
	if len(rules) == 0 {
		s.inForce.Store(nil)
		return
	}
	s.inForce.Store(&rules)
}

// end takes a rule back, once.
func (s *Rules) end(r *rule) bool {
	s.mu.Lock()
	if r.over {
		s.mu.Unlock()
		return false
	}
	r.stop()
	s.publish(without(s.current(), r))
	s.mu.Unlock()
	s.changed()
	return true
}

// delay is by how much a rule is late.
func (r *rule) delay() participant.Delay {
	return participant.Delay{Duration: time.Duration(r.Effect.DelayMs) * time.Millisecond, Gone: r.gone, Cleared: r.cleared}
}

// stop ends a rule and what it began. The caller holds the lock of the rules.
func (r *rule) stop() {
	if r.life != nil {
		r.life.Stop()
	}
	r.over = true
	close(r.gone)
}

func without(rules []*rule, r *rule) []*rule {
	return slices.DeleteFunc(slices.Clone(rules), func(other *rule) bool { return other == r })
}

// changed lets sockets go on that were half open, and tells the watchers.
func (s *Rules) changed() {
	s.reviewSockets(nil)
	s.mu.Lock()
	watchers := s.watchers
	s.mu.Unlock()
	for _, f := range watchers {
		(*f)()
	}
}

// reviewSockets lets a new rule strike the open sockets.
func (s *Rules) reviewSockets(r *rule) {
	s.mu.Lock()
	review := s.review
	s.mu.Unlock()
	if review == nil {
		return
	}
	review(func(contactID, participantID string) participant.Fate {
		if r == nil || r.Effect.Type != CutSocket && r.Effect.Type != HalfOpen {
			return participant.Fate{}
		}
		return s.fate(context.Background(), []*rule{r}, socketOf(nil, contactID, participantID), func(EffectType) bool { return true })
	})
}

// struck is what a rule is to strike.
type struck struct {
	action, contactID, participantID string
	request                          *http.Request
}

// strike decides whether a rule strikes, and counts it.
func (s *Rules) strike(ctx context.Context, r *rule, what struck) bool {
	if !s.count(r) {
		return false
	}
	if s.injected != nil {
		s.mu.Lock()
		counted := r.Rule
		s.mu.Unlock()
		s.injected(ctx, Injection{
			Rule: counted, Action: what.action, ContactID: what.contactID, ParticipantID: what.participantID, Request: what.request,
		})
	}
	return true
}

func (s *Rules) count(r *rule) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.over || r.Times > 0 && r.Hits >= r.Times || r.Percent < 100 && s.rand.IntN(100) >= r.Percent {
		return false
	}
	r.Hits++
	// Sockets stay half open until somebody takes the rule back.
	if r.Hits == r.Times && r.Effect.Type != HalfOpen {
		if r.life != nil {
			r.life.Stop()
		}
		r.over = true
		s.publish(without(s.current(), r))
		if !s.closed {
			s.running.Go(s.changed) // not here: the caller holds locks
		}
	}
	return true
}

// about reports whether a rule is about an action of a contact.
func (r *rule) about(action string) bool { return r.Action == Everything || r.Action == action }

// reaches reports whether a rule is about a contact.
func (r *rule) reaches(contactID string) bool { return r.ContactID == "" || r.ContactID == contactID }
