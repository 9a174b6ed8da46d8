package fault

import (
	"context"
	"net/http"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/participant"
)

var _ participant.Faults = (*Rules)(nil)

// Refuses implements [participant.Faults].
func (s *Rules) Refuses(request *http.Request, contactID, participantID string) *awswire.Error {
	for _, r := range s.current() {
		refuses := r.Effect.Type == RefuseSocket || r.Effect.Type == Status || r.Effect.Type == Throttle
		if refuses && r.strikesSocket(contactID) && s.strike(request.Context(), r, socketOf(request, contactID, participantID)) {
			return r.Effect.refusal(participant.SocketAction)
		}
	}
	return nil
}

// Opens implements [participant.Faults].
func (s *Rules) Opens(request *http.Request, contactID, participantID string) participant.Fate {
	rules := s.current()
	if rules == nil {
		return participant.Fate{}
	}
	return s.fate(request.Context(), rules, socketOf(request, contactID, participantID), func(t EffectType) bool { return t == HalfOpen })
}

// Frame implements [participant.Faults].
func (s *Rules) Frame(contactID, participantID string, out bool) participant.Fate {
	rules := s.current()
	if rules == nil {
		return participant.Fate{}
	}
	return s.fate(context.Background(), rules, socketOf(nil, contactID, participantID), func(t EffectType) bool {
		return t == Delay || t == Drop || t == Duplicate || t == CutSocket && out
	})
}

// RejectsAttachment implements [participant.Faults].
func (s *Rules) RejectsAttachment(request *http.Request, contactID, participantID string) (fault string) {
	return s.strikes(request.Context(), RejectAttachment, struck{completeUpload, contactID, participantID, request})
}

// PassesBroken returns the name of the fault by which an interactive message is said although clients
// cannot show it; empty for none. The context is that of the call that says it.
func (s *Rules) PassesBroken(ctx context.Context, contactID, participantID string) (fault string) {
	return s.strikes(ctx, PassBroken, struck{sendMessage, contactID, participantID, nil})
}

// FailsTransfer returns the name of the fault by which a transfer by an agent is to fail; empty for none.
func (s *Rules) FailsTransfer(contactID, participantID string) (fault string) {
	return s.strikes(context.Background(), FailTransfer, struck{"Transfer", contactID, participantID, nil})
}

// StopsStream implements [participant.Faults].
func (s *Rules) StopsStream(contactID, participantID string, chunk int) (fault string) {
	for _, r := range s.current() {
		if r.Effect.Type == StopStream && r.Effect.Chunk == chunk-1 && r.strikesSocket(contactID) && s.strike(context.Background(), r, socketOf(nil, contactID, participantID)) {
			return r.Name
		}
	}
	return ""
}

// strikes returns the name of the rule with an effect that strikes, the first that does; empty for none.
func (s *Rules) strikes(ctx context.Context, effect EffectType, what struck) string {
	for _, r := range s.current() {
		if r.Effect.Type == effect && r.reaches(what.contactID) && s.strike(ctx, r, what) {
			return r.Name
		}
	}
	return ""
}

// fate puts together what the rules with some effects do to a socket or a frame.
func (s *Rules) fate(ctx context.Context, rules []*rule, what struck, effect func(EffectType) bool) participant.Fate {
	var fate participant.Fate
	for _, r := range rules {
		if !effect(r.Effect.Type) || !r.strikesSocket(what.contactID) || !s.strike(ctx, r, what) {
			continue
		}
		if fate.Fault != "" {
			fate.Fault += ", "
		}
		fate.Fault += r.Name
		switch r.Effect.Type {
		case Delay:
			fate.Delays = append(fate.Delays, r.delay())
		case Drop:
			fate.Drop = true
		case Duplicate:
			fate.Duplicate = true
		case CutSocket:
			fate.Cut, fate.Code = true, r.Effect.Status
		case HalfOpen:
			fate.Freeze = r.gone
		case Status, Throttle, RefuseSocket, ExpireTokens, RejectAttachment, PassBroken, FailTransfer, StopStream:
		}
	}
	return fate
}

func (r *rule) strikesSocket(contactID string) bool {
	return r.about(participant.SocketAction) && r.reaches(contactID)
}

// socketOf is a socket: the one that a request asks for, or, without one, an open one or its frame.
func socketOf(request *http.Request, contactID, participantID string) struck {
	return struck{participant.SocketAction, contactID, participantID, request}
}
