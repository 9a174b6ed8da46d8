package chat

// Watch lets someone who needs no token (an agent of the desk, a scripted partner) hear a
// contact as one of its participants. Delivery begins at once with the next item: what was
// said before is in the transcript. Unlike a socket it is not limited in number, does not
// expire, does not make a customer count as connected, and leaves what sockets of the same
// participant are told of the time without one alone. The caller must call [Socket.Close]
// once. Errors: ErrNotFound for a contact that is not active, ErrAccessDenied for someone who
// is not there.
func (s *Service) Watch(contactID, participantID string, to Feed) (*Socket, error) {
	e := s.find(contactID)
	if e == nil {
		return nil, ErrNotFound
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.admits(participantID); err != nil {
		return nil, err
	}
	k := &Socket{ContactID: contactID, ParticipantID: participantID, s: s, e: e, to: to, subscribed: true, watching: true}
	e.feeds = append(e.feeds, k)
	return k, nil
}

// Active returns the contacts that have not ended, in no particular order.
func (s *Service) Active() []Contact {
	s.mu.Lock()
	entries := make([]*entry, 0, len(s.active))
	for _, e := range s.active {
		entries = append(entries, e)
	}
	s.mu.Unlock()
	contacts := make([]Contact, 0, len(entries))
	for _, e := range entries {
		e.mu.Lock()
		if !e.contact.HasEnded() {
			contacts = append(contacts, *e.contact.Clone())
		}
		e.mu.Unlock()
	}
	return contacts
}
