package fault

import (
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/participant"
)

var _ participant.Faults = (*Rules)(nil)

// Refuses implements [participant.Faults].
func (s *Rules) Refuses(request *http.Request, contactID, participantID string) *awswire.Error {
	for _, r := range s.current() {
		refuses := r.Effect.Type == RefuseSocket || r.Effect.Type == Status || r.Effect.Type == Throttle
		if refuses && r.strikesSocket(contactID) && s.strike(r, socketOf(request, contactID, participantID)) {
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
	return s.fate(rules, socketOf(request, contactID, participantID), func(t EffectType) bool { return t == HalfOpen })
}

// Frame implements [participant.Faults].
func (s *Rules) Frame(contactID, participantID string, out bool) participant.Fate {
	rules := s.current()
	if rules == nil {
		return participant.Fate{}
	}
	return s.fate(rules, socketOf(nil, contactID, participantID), func(t EffectType) bool {
		return t == Delay || t == Drop || t == Duplicate || t == CutSocket && out
	})
}

// RejectsAttachment implements [participant.Faults].
func (s *Rules) RejectsAttachment(contactID, participantID string) bool {
	return s.strikes(RejectAttachment, struck{completeUpload, contactID, participantID, nil})
}

// PassesBroken reports whether an interactive message is said although clients cannot show it.
func (s *Rules) PassesBroken(contactID, participantID string) bool {
	return s.strikes(PassBroken, struck{sendMessage, contactID, participantID, nil})
}

// FailsTransfer reports whether a transfer by an agent is to fail.
func (s *Rules) FailsTransfer(contactID, participantID string) bool {
	return s.strikes(FailTransfer, struck{"Transfer", contactID, participantID, nil})
}

// StopsStream implements [participant.Faults].
func (s *Rules) StopsStream(contactID, participantID string, chunk int) bool {
	for _, r := range s.current() {
		if r.Effect.Type == StopStream && r.Effect.Chunk == chunk-1 && r.strikesSocket(contactID) && s.strike(r, socketOf(nil, contactID, participantID)) {
			return true
		}
	}
	return false
}

// strikes reports whether a rule with an effect strikes, the first that does.
func (s *Rules) strikes(effect EffectType, what struck) bool {
	for _, r := range s.current() {
		if r.Effect.Type == effect && r.reaches(what.contactID) && s.strike(r, what) {
			return true
		}
	}
	return false
}

// fate puts together what the rules with some effects do to a socket or a frame.
func (s *Rules) fate(rules []*rule, what struck, effect func(EffectType) bool) participant.Fate {
	var fate participant.Fate
	for _, r := range rules {
		if !effect(r.Effect.Type) || !r.strikesSocket(what.contactID) || !s.strike(r, what) {
			continue
		}
		if fate.Fault != "" {
			fate.Fault += ", "
		}
		fate.Fault += r.Name
		switch r.Effect.Type {
		case Delay:
			fate.Delay += time.Duration(r.Effect.DelayMs) * time.Millisecond
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
