package fault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/participant"
)

// startChatContact is the action that is also called at the front door, and within the program.
const startChatContact = "StartChatContact"

// ErrDropped is what a call within the program gets whose answer was lost.
var ErrDropped = fmt.Errorf("the connection ended without an answer: %w", io.ErrUnexpectedEOF)

// longestBody is the longest body that is handed on twice.
const longestBody = 128 << 20

// verdict is what happens to a call.
type verdict struct {
	delays    []participant.Delay
	refusal   *awswire.Error
	drop      bool
	before    bool
	duplicate bool
	expire    bool
	contactID string
}

// Wrap lets rules strike the calls of an action that next serves. Sockets are left to
// [participant.Config.Faults].
func (s *Rules) Wrap(action string, next http.Handler) http.Handler {
	if s == nil || action == participant.SocketAction {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.inForce.Load() == nil {
			next.ServeHTTP(w, r)
			return
		}
		v := s.judge(r.Context(), r, action, s.holderOf)
		s.prepare(w, r, v)
		if v.refusal != nil {
			awswire.WriteError(w, v.refusal)
			return
		}
		v.carryOut(w, r, next)
	})
}

// WrapFrontDoor lets rules about StartChatContact strike the front door's calls. What AWS would
// refuse is refused behind it, by [Rules.Call], so that the page is answered as ever.
func (s *Rules) WrapFrontDoor(next http.Handler) http.Handler {
	if s == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.inForce.Load() == nil || r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		v := s.judge(r.Context(), r, startChatContact, nil)
		s.prepare(w, r, v)
		v.carryOut(w, r.WithContext(context.WithValue(r.Context(), judged{}, v.refusal)), next)
	})
}

// judged is the key of a context whose call was judged at the front door.
type judged struct{}

// Call makes a call of Amazon Connect within the program, as Wrap does for those that come over
// HTTP. A refusal is an [*awswire.Error], a lost answer [ErrDropped].
func (s *Rules) Call(ctx context.Context, action string, do func() error) error {
	if s == nil || s.inForce.Load() == nil {
		return do()
	}
	if refusal, ok := ctx.Value(judged{}).(*awswire.Error); ok {
		if refusal != nil {
			return refusal
		}
		return do()
	}
	v := s.judge(ctx, nil, action, nil)
	if !participant.Await(v.delays, ctx.Done()) {
		return context.Cause(ctx)
	}
	s.expireFor(v)
	switch {
	case v.refusal != nil:
		return v.refusal
	case v.drop && v.before:
		return ErrDropped
	case v.duplicate || v.drop:
		err := do()
		if v.drop {
			return errors.Join(ErrDropped, err)
		}
	}
	return do()
}

// judge lets the rules strike a call. request is nil for one within the program; holderOf is nil
// for a call that is about no contact yet.
func (s *Rules) judge(ctx context.Context, request *http.Request, action string, holderOf func(*http.Request) (contactID, participantID string)) verdict {
	var v verdict
	what := struck{action: action, request: request}
	known := false
	for _, r := range s.current() {
		if !r.about(action) || !r.Effect.strikesCalls() {
			continue
		}
		if !known && holderOf != nil {
			what.contactID, what.participantID = holderOf(request)
		}
		known = true
		if !r.reaches(what.contactID) || !s.strike(ctx, r, what) {
			continue
		}
		v.contactID = what.contactID
		switch effect := r.Effect; effect.Type {
		case Delay:
			v.delays = append(v.delays, r.delay())
		case Duplicate:
			v.duplicate = true
		case ExpireTokens:
			v.expire = true
		case Drop:
			v.drop, v.before = true, effect.Before
			return v
		case Status, Throttle:
			v.refusal = effect.refusal(action)
			return v
		case CutSocket, RefuseSocket, HalfOpen, RejectAttachment, PassBroken, FailTransfer, StopStream:
		}
	}
	return v
}

// prepare does what comes before a call is carried out.
func (s *Rules) prepare(w http.ResponseWriter, r *http.Request, v verdict) {
	late := time.Duration(0)
	for _, d := range v.delays {
		late += d.Duration
	}
	if late > 0 { // the server's time limits are for calls that are not held up
		limits, deadline := http.NewResponseController(w), time.Now().Add(late+time.Minute)
		_, _ = limits.SetReadDeadline(deadline), limits.SetWriteDeadline(deadline) // not every transport has them
	}
	if !participant.Await(v.delays, r.Context().Done()) {
		panic(http.ErrAbortHandler) // the client has gone
	}
	s.expireFor(v)
}

// strikesCalls reports whether an effect is one of calls.
func (e Effect) strikesCalls() bool {
	suiting, _ := e.Type.suiting()
	return suiting == nil
}

// expireFor expires the tokens of the caller.
func (s *Rules) expireFor(v verdict) {
	if v.expire && v.contactID != "" {
		_ = s.chats.ExpireTokens(v.contactID) // a chat that has ended has none
	}
}

// carryOut lets next serve a request as often as it is to, and its answer through or not.
func (v verdict) carryOut(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if v.drop && v.before {
		panic(http.ErrAbortHandler)
	}
	if v.duplicate {
		if body, complete := readBody(r, longestBody); complete {
			next.ServeHTTP(&nobody{header: http.Header{}}, again(r, body))
			r = again(r, body)
		}
	}
	if v.drop {
		next.ServeHTTP(&nobody{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	}
	next.ServeHTTP(w, r)
}

// again returns a request that can be served beside the original.
func again(r *http.Request, body []byte) *http.Request {
	copied := r.WithContext(r.Context())
	copied.Body = http.NoBody
	if len(body) > 0 {
		copied.Body = io.NopCloser(bytes.NewReader(body))
	}
	return copied
}

// nobody takes an answer that nobody gets.
type nobody struct{ header http.Header }

// Header implements [http.ResponseWriter].
func (n *nobody) Header() http.Header { return n.header }

// Write implements [http.ResponseWriter].
func (n *nobody) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements [http.ResponseWriter].
func (n *nobody) WriteHeader(int) {}
