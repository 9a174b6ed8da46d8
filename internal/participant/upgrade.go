package participant

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/secret"
)

const (
	// refusalPause is how long a refused upgrade is left waiting. A client that is refused at
	// once comes back at once: chatjs has no pauses of its own.
	refusalPause = 1500 * time.Millisecond
	// maxHeld bounds how many are left waiting at the same time.
	maxHeld = 512
)

// serveSocket admits a chat socket. A socket is refused before the upgrade or not at all: one
// that is accepted and then closed makes a page of chatjs come back 80 times a second.
func (s *Service) serveSocket(w http.ResponseWriter, r *http.Request) {
	key, err := handshake(r)
	if err != nil {
		if err.Status == http.StatusUpgradeRequired { // RFC 6455, section 4.4, and RFC 9110, section 15.5.22
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Sec-WebSocket-Version", "13")
		}
		awswire.WriteError(w, err)
		return
	}
	k := &socket{service: s}
	ticket := secret.New(r.URL.Query().Get("t"))
	if err := s.admit(r, k); err != nil {
		s.called(r, websocketAction, ticket, chat.Holder{})
		s.denied(r, websocketAction, ticket, err)
		s.refuse(w, r, err)
		return
	}
	conn, upgradeErr := upgrade(w, key)
	if upgradeErr != nil { // the client is gone, or the server in front cannot do it
		s.log.LogAttrs(r.Context(), slog.LevelWarn, "socket not opened", slog.Any("error", upgradeErr))
		k.hold.Close(false, 0)
		s.forget(k)
		return
	}
	if s.tap != nil {
		holder, _ := s.chats.Holder(ticket)
		k.number = s.tap.Opened(r, k.hold.ContactID, k.hold.ParticipantID, string(holder.Role))
	}
	k.open(conn)
	// Not on this goroutine: the server would keep the request and its buffers for as long.
	go conn.serve(k) // ends with the connection; Shutdown waits for forget
}

// admit reserves a place for a socket.
func (s *Service) admit(r *http.Request, k *socket) error {
	if !s.approves(r) {
		return chat.ErrAccessDenied
	}
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return chat.ErrEnded
	}
	s.sockets[k] = struct{}{}
	s.running.Add(1)
	s.mu.Unlock()
	hold, err := s.chats.OpenSocket(secret.New(r.URL.Query().Get("t")), k)
	if err != nil {
		s.forget(k)
		return err
	}
	k.hold = hold
	if s.faults != nil {
		if refusal := s.faults.Refuses(hold.ContactID, hold.ParticipantID); refusal != nil {
			hold.Close(false, 0)
			s.forget(k)
			return refusal
		}
	}
	return nil
}

// forget ends the accounting of a socket.
func (s *Service) forget(k *socket) {
	s.mu.Lock()
	delete(s.sockets, k)
	s.mu.Unlock()
	s.running.Done()
}

// refuse answers an upgrade with an error, after a pause.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if s.held.Add(1) <= maxHeld {
		pause := time.NewTimer(refusalPause)
		select {
		case <-pause.C:
		case <-s.drained:
		case <-r.Context().Done():
		}
		pause.Stop()
	}
	s.held.Add(-1)
	s.fail(w, r, "websocket", uuid.NewString(), err)
}

// handshake checks the request for a WebSocket (RFC 6455, section 4.2.1) and returns its key.
func handshake(r *http.Request) (key string, refusal *awswire.Error) {
	key = r.Header.Get("Sec-Websocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	switch {
	case !hasToken(r.Header["Upgrade"], "websocket") || !hasToken(r.Header["Connection"], "upgrade"):
		return "", &awswire.Error{
			Status: http.StatusUpgradeRequired, Name: "UpgradeRequiredException", Message: "This address is for a WebSocket.",
		}
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return "", &awswire.Error{
			Status: http.StatusUpgradeRequired, Name: "UpgradeRequiredException", Message: "The WebSocket version must be 13.",
		}
	case err != nil || len(raw) != 16 || r.Method != http.MethodGet:
		return "", &awswire.Error{
			Status: http.StatusBadRequest, Name: "BadRequestException", Message: "The WebSocket handshake is malformed.",
		}
	}
	return key, nil
}

// hasToken looks a token up in a header that is a list.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// now is the time since the service began.
func (s *Service) now() time.Duration { return time.Since(s.began) }

// Sockets returns how many sockets are open.
func (s *Service) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Drain tells all sockets to leave, with what waits for them written first, and admits no
// new ones. It does not wait. It belongs before the listening socket is closed: clients
// come back the moment they are sent away, and chatjs gives up when nobody is there.
func (s *Service) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return
	}
	s.draining = true
	close(s.drained)
	for k := range s.sockets {
		k.leave(ws.StatusGoingAway)
	}
}

// Shutdown drains and waits until all sockets are closed and everything the service does by
// itself is done. When ctx ends first the connections are cut and the cause is returned.
func (s *Service) Shutdown(ctx context.Context) error {
	s.Drain()
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for k := range s.sockets {
		k.cut()
	}
	s.mu.Unlock()
	last := time.NewTimer(2 * parting)
	defer last.Stop()
	select {
	case <-done:
	case <-last.C:
	}
	return fmt.Errorf("waiting for sockets to close: %w", context.Cause(ctx))
}
