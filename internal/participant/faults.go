package participant

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/transcript"
)

// Faults say what is to go wrong with chat sockets and attachments on purpose. Methods are
// called while locks of contacts and sockets are held: they must neither block nor call back
// into the chats or the service.
type Faults interface {
	// Refuses returns the error that a request for a socket is answered with; nil admits it.
	Refuses(r *http.Request, contactID, participantID string) *awswire.Error
	// Opens returns what becomes of the socket that a request opens.
	Opens(r *http.Request, contactID, participantID string) Fate
	// Frame returns what becomes of a text frame: one for the client (out), or of the client.
	// The answer to a subscription and control frames are left alone.
	Frame(contactID, participantID string, out bool) Fate
	// RejectsAttachment returns the name of the fault by which the attachment that a request completes is
	// found unfit; empty for none.
	RejectsAttachment(r *http.Request, contactID, participantID string) (fault string)
	// StopsStream returns the name of the fault by which a socket is shown nothing of a message from a
	// piece on; empty for none.
	StopsStream(contactID, participantID string, chunk int) (fault string)
}

// Fate is what becomes of a frame, or of a whole socket. The zero value is what always happens.
type Fate struct {
	// Fault names what is the cause of all that follows, for the [Tap].
	Fault string
	// Delays make a frame late, one after the other. Frames keep their order.
	Delays []Delay
	// Drop loses a frame, Duplicate doubles it.
	Drop, Duplicate bool
	// Cut ends the socket, after the frame: with a close frame of this Code, or, for zero,
	// without a word.
	Cut  bool
	Code int
	// Freeze leaves the connection half open until it is closed: nothing is written, and what
	// the client sends has no effect. The server itself finds out after a while, as it does
	// with a peer that is gone; the connection then ends with the freeze. Nil does nothing.
	Freeze <-chan struct{}
}

// Review calls f for every open socket and does to it what f returns, as far as that is about
// sockets. Freezes that are over end. f is called like the methods of [Faults].
func (s *Service) Review(f func(contactID, participantID string) Fate) {
	for _, k := range s.sockets.All() {
		k.review(f)
	}
}

func (k *socket) review(f func(contactID, participantID string) Fate) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.conn == nil { // it is asked for when it opens
		return
	}
	k.thaw()
	k.hurry()
	if !k.closed && k.code == 0 {
		k.afflict(f(k.hold.ContactID, k.hold.ParticipantID))
	}
}

// afflict does to the socket what a fault wants. The caller holds the lock.
func (k *socket) afflict(fate Fate) {
	switch {
	case k.closed || k.frozen != nil:
	case fate.Cut && fate.Code == 0:
		k.fault = fate.Fault
		k.abort()
	case fate.Cut:
		if k.code == 0 {
			k.code, k.fault = chatsocket.Code(fate.Code), fate.Fault
		}
		k.start()
	case fate.Freeze != nil:
		k.frozen, k.fault = fate.Freeze, fate.Fault
		k.timer.Reset(pongTime)
	}
}

// thaw goes on with a frozen socket whose freeze is over. The caller holds the lock.
func (k *socket) thaw() {
	if k.frozen == nil {
		return
	}
	select {
	case <-k.frozen:
	default:
		return
	}
	k.frozen = nil
	if k.released { // the chat goes on without it
		k.abort()
		return
	}
	k.fault = ""
	k.pinging, k.confirming = false, false
	k.timer.Reset(confirmAfter) // is the client still there?
	k.start()
}

// isFrozen reports whether the connection is half open on purpose.
func (k *socket) isFrozen() bool {
	if k.service.faults == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.frozen != nil
}

// Frozen implements [chatsocket.Handler].
func (k *socket) Frozen(ending bool) bool {
	frozen := k.isFrozen()
	if frozen && ending {
		k.forsake()
	}
	return frozen
}

// release lets go of the contact, once. What the client is not known to have is shown to its
// next socket.
func (k *socket) release(delivered int64) {
	k.mu.Lock()
	released := k.released
	k.released = true
	k.mu.Unlock()
	if !released {
		k.hold.Close(false, delivered)
	}
}

// forsake takes a frozen client for gone.
func (k *socket) forsake() {
	k.mu.Lock()
	delivered := k.confirmed
	k.mu.Unlock()
	k.release(delivered)
}

// handleFaulty processes a frame of the client as a fault wants.
func (k *socket) handleFaulty(frame []byte) {
	fate := k.service.faults.Frame(k.hold.ContactID, k.hold.ParticipantID, false)
	if len(fate.Delays) > 0 {
		Await(fate.Delays, k.wait())
	}
	switch {
	case fate.Drop:
		if request, _ := chatsocket.ReadRequest(frame); !request.IsHeartbeat() {
			k.tapped(frame, fate.Fault)
		}
	default:
		k.handle(frame, fate.Fault)
		if fate.Duplicate {
			k.handle(frame, fate.Fault)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.afflict(fate)
}

// putFated appends a text frame to the queue as a fault wants. The caller holds the lock.
func (k *socket) putFated(out outgoing) {
	if k.closed || k.code != 0 {
		return
	}
	var fate Fate
	if k.frozen == nil {
		fate = k.service.faults.Frame(k.hold.ContactID, k.hold.ParticipantID, true)
	}
	if len(fate.Delays) > 0 {
		out.late = &late{k.service.now(), fate.Delays}
	}
	out.lost = fate.Drop
	for _, fault := range [...]string{itemFault(out.item), fate.Fault} {
		if out.fault != "" && fault != "" {
			out.fault += ", "
		}
		out.fault += fault
	}
	if !out.lost || k.service.tap != nil { // what is lost is still heard of
		k.enqueue(out)
		if fate.Duplicate && !out.lost {
			k.enqueue(out)
		}
	}
	k.afflict(fate)
}

// itemFault names the fault that made an item happen; empty for none.
func itemFault(item *transcript.Item) string {
	if item == nil {
		return ""
	}
	return item.Fault
}

// ripe takes what may be written now; nil when it is too early for all. The caller holds the
// lock.
func (k *socket) ripe() []outgoing {
	n := len(k.queue)
	if k.service.faults != nil && (k.code == 0 || k.lingering) {
		now := k.service.now()
		for i, out := range k.queue {
			if out.late.due() > now {
				n = i
				break
			}
		}
		if n == 0 {
			k.pause(k.queue[0].late.due() - now)
			return nil
		}
	}
	batch := k.queue[:n:n]
	if k.queue = k.queue[n:]; len(k.queue) == 0 {
		k.queue = nil
	}
	return batch
}

// rejectLater finds an attachment unfit, once its sender has been answered.
func (s *Service) rejectLater(ctx context.Context, file transcript.File, fault string) {
	err := s.chats.Reject(context.WithoutCancel(ctx), file.ID, fault)
	if err != nil && !errors.Is(err, chat.ErrAccessDenied) { // unless the chat has ended meanwhile
		s.log.LogAttrs(ctx, slog.LevelError, "rejecting an attachment failed",
			slog.String("contact_id", file.ContactID), slog.Any("error", err))
	}
}
