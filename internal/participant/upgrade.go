package participant

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/secret"
)

// serveSocket opens a chat socket or refuses it.
func (s *Service) serveSocket(w http.ResponseWriter, r *http.Request) {
	key, ok := chatsocket.Handshake(w, r)
	if !ok {
		return
	}
	k := &socket{service: s}
	ticket := secret.New(r.URL.Query().Get("t"))
	if err := s.admit(r, k, ticket); err != nil {
		s.called(r, websocketAction, ticket, chat.Holder{})
		s.denied(r, websocketAction, ticket, err)
		s.sockets.Refuse(r, func() { s.fail(w, r, "websocket", uuid.NewString(), err) })
		return
	}
	conn, err := chatsocket.Upgrade(w, key, "")
	if err != nil {
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "socket not opened", slog.Any("error", err))
		k.hold.Close(false, 0)
		s.sockets.Remove(k)
		return
	}
	var fate Fate
	if s.faults != nil {
		fate = s.faults.Opens(r, k.hold.ContactID, k.hold.ParticipantID)
	}
	if s.tap != nil {
		holder, _ := s.chats.Holder(ticket)
		k.number = s.tap.Opened(r, k.hold.ContactID, k.hold.ParticipantID, string(holder.Role))
	}
	k.open(conn, fate)
	// Not on this goroutine: the server would keep the request and its buffers for as long.
	go conn.Serve(k) // ends with the connection; Shutdown waits for Remove
}

// admit reserves a place for the socket of a ticket.
func (s *Service) admit(r *http.Request, k *socket, ticket secret.Text) error {
	if !s.approves(r) {
		return chat.ErrAccessDenied
	}
	if err := s.sockets.Add(k); err != nil {
		return err
	}
	hold, err := s.chats.OpenSocket(ticket, k)
	if err != nil {
		s.sockets.Remove(k)
		return err
	}
	k.hold = hold
	if s.faults != nil {
		if refusal := s.faults.Refuses(r, hold.ContactID, hold.ParticipantID); refusal != nil {
			hold.Close(false, 0)
			s.sockets.Remove(k)
			return refusal
		}
	}
	return nil
}

// now is the time since the service began.
func (s *Service) now() time.Duration { return time.Since(s.began) }

// Sockets returns how many sockets are open.
func (s *Service) Sockets() int { return s.sockets.Len() }

// Drain tells all sockets to leave, with what waits for them written first, and admits no
// new ones. It does not wait. It belongs before the listening socket is closed.
func (s *Service) Drain() { s.sockets.Drain() }

// Shutdown drains and waits until all sockets are closed and everything the service does by
// itself is done. When ctx ends first the connections are cut and the cause is returned.
func (s *Service) Shutdown(ctx context.Context) error { return s.sockets.Shutdown(ctx) }
