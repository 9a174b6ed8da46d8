package guard

import (
	"crypto/sha256"
	"log/slog"
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// SubjectLimit holds each signed-in customer to a [Rate]. It belongs behind whatever finds
// out who that is. It is safe for concurrent use.
type SubjectLimit struct {
	limiter  *Limiter[[sha256.Size]byte]
	key      func(*http.Request) string
	docs     string
	log      *slog.Logger
	refusals refusals
}

// NewSubjectLimit returns a limit for each text that key returns for a request; requests for
// which it returns "" are not counted. A rate whose N is not above zero limits nothing. docs
// is as [Config.DocsURL], log as [Config.Log].
func NewSubjectLimit(r Rate, key func(*http.Request) string, docs string, log *slog.Logger) *SubjectLimit {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l := &SubjectLimit{key: key, docs: docs, log: log, refusals: refusals{seen: make(map[string]time.Time)}}
	if r.N > 0 && r.fault() == "" {
		l.limiter = NewLimiter[[sha256.Size]byte](r, maxKeys)
	}
	return l
}

// Wrap returns a handler that passes requests on to next as long as their subject has any
// left, and answers 429 with Retry-After otherwise. All handlers of one limit count together.
func (l *SubjectLimit) Wrap(next http.Handler) http.Handler {
	if l.limiter == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subject := l.key(r)
		if subject == "" {
			next.ServeHTTP(w, r)
			return
		}
		// A hash, because a subject can be as long as a token.
		wait, ok := l.limiter.Allow(sha256.Sum256([]byte(subject)))
		if ok {
			next.ServeHTTP(w, r)
			return
		}
		p := tooMany(wait)
		if l.refusals.first(string(p.Rule.ID)) { // who it was is nothing for the log
			l.log.WarnContext(r.Context(), "refused a request", "rule", string(p.Rule.ID), "limit", "subject", "hint", p.Hint)
		}
		p.Write(w, diagnosis.DocsURL(l.docs, r))
	})
}

// tooMany is the refusal of a request that comes before wait is over.
func tooMany(wait time.Duration) *diagnosis.Problem {
	p := diagnosis.New(diagnosis.RateLimited, "")
	p.RetryAfter = wait
	return p
}
