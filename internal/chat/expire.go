package chat

import "time"

// ExpireTokens makes the connection tokens and socket tickets of an active contact that were
// given out so far stop working, as if their time had come; an empty id means those of every
// active contact. Participant tokens stay, so clients can connect again, and open sockets stay
// open. It is not stored: what has not expired otherwise works again after a restart.
// Errors: ErrNotFound.
func (s *Service) ExpireTokens(contactID string) error {
	now := s.clock.Now().UnixMilli()
	if contactID != "" {
		e := s.find(contactID)
		if e == nil {
			return ErrNotFound
		}
		e.expired.Store(now)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.active {
		e.expired.Store(now)
	}
	return nil
}

// expiredAt reports whether what was issued then stopped working early.
func (e *entry) expiredAt(issued time.Time) bool {
	return issued.UnixMilli() <= e.expired.Load()
}

// issues returns the time of issue of tokens that are made now: after that of those that were
// made to expire, because tokens count whole milliseconds.
func (e *entry) issues(now time.Time) time.Time {
	if e.expiredAt(now) {
		return time.UnixMilli(e.expired.Load() + 1)
	}
	return now
}
