package lexserver

import (
	"container/list"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/lexbot"
)

// mostSessions bounds the sessions that are kept.
const mostSessions = 2000

// key names a session, as the path of a call does.
type key struct{ bot, alias, locale, session string }

// sessions are those of the API's callers, within a bound.
type sessions struct {
	most int

	mu   sync.Mutex
	kept map[key]*list.Element // of *held
	used *list.List            // the one used last in front
}

// held is one session.
type held struct {
	key     key
	session lexbot.Memory
	ttl     time.Duration
	busy    bool // while a call takes a step of it
	there   bool // else it is only begun
}

func newSessions(most int) *sessions {
	return &sessions{most: most, kept: map[key]*list.Element{}, used: list.New()}
}

// read returns a session; false when there is none, or none any more.
func (s *sessions) read(k key, now time.Time) (lexbot.Memory, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.find(k, now)
	if h == nil || !h.there {
		return lexbot.Memory{}, false
	}
	return h.session, true
}

// find is a session that has not expired; nil for none. The caller holds the lock.
func (s *sessions) find(k key, now time.Time) *held {
	at := s.kept[k]
	if at == nil {
		return nil
	}
	h, _ := at.Value.(*held)
	if !h.busy && h.session.Expired(now, h.ttl) {
		s.drop(at)
		return nil
	}
	return h
}

func (s *sessions) drop(at *list.Element) {
	h, _ := s.used.Remove(at).(*held)
	delete(s.kept, h.key)
}

// begin takes a session for a call, a new one where there is none; false while another call has it.
// The call ends it with end.
func (s *sessions) begin(k key, ttl time.Duration, now time.Time) (*held, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.find(k, now)
	if h == nil {
		h = &held{key: k}
		s.kept[k] = s.used.PushFront(h)
	}
	if h.busy {
		return nil, false
	}
	h.busy, h.ttl = true, ttl
	return h, true
}

// end keeps what became of a session; nil leaves it as it was.
func (s *sessions) end(h *held, next *lexbot.Memory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.kept[h.key]
	h.busy = false
	if next != nil {
		h.session, h.there = *next, true
	}
	if !h.there {
		s.drop(at)
		return
	}
	s.used.MoveToFront(at)
	for at := s.used.Back(); s.used.Len() > s.most && at != nil; {
		before := at.Prev()
		if other, _ := at.Value.(*held); !other.busy {
			s.drop(at)
		}
		at = before
	}
}

// remove removes a session. busy says that a call has it, there whether there was one.
func (s *sessions) remove(k key, now time.Time) (there, busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.find(k, now)
	switch {
	case h == nil:
		return false, false
	case h.busy:
		return true, true
	}
	s.drop(s.kept[k])
	return true, false
}
