package startchat

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// unnameable stands in the log for a name that may be a customer's data.
const unnameable = "(a name that no member can have)"

func (h *Handler) logStarted(ctx context.Context, result *Result, dur time.Duration, run *policyRun) {
	attrs := []slog.Attr{
		slog.String("contact_id", result.ContactID), slog.String("request_id", result.Metadata.RequestID),
		slog.Int("attempts", result.Metadata.Attempts), slog.Duration("dur", dur),
	}
	attrs = append(attrs, run.logAttrs("started", result.Metadata.HTTPStatusCode)...)
	h.log.LogAttrs(ctx, slog.LevelInfo, "chat started", attrs...)
}

func (h *Handler) logProblem(ctx context.Context, failed chat, p *diagnosis.Problem, dur time.Duration, run *policyRun) {
	level := slog.LevelWarn
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	reason, next := p.Sentence, p.Hint
	if p.Field != "" && !isMemberPath(p.Field) {
		reason, next = p.Rule.Sentence, p.Rule.Remedy // the exact ones repeat the name
	}
	attrs := []slog.Attr{
		slog.String("rule", string(p.Rule.ID)), slog.Int("status", p.Status), slog.String("code", p.Code),
		slog.String("reason", reason), slog.Duration("dur", dur),
	}
	if next != "" {
		attrs = append(attrs, slog.String("hint", next))
	}
	if isMemberPath(p.Field) {
		attrs = append(attrs, slog.String("field", p.Field))
	}
	if p.RequestID != "" {
		attrs = append(attrs, slog.String("request_id", p.RequestID))
	}
	if p.Cause != nil {
		attrs = append(attrs, slog.String("cause", p.Cause.Error()))
	}
	upstream := 0
	if call, ok := errors.AsType[*CallError](p.Cause); ok {
		attrs = append(attrs, slog.Int("attempts", call.Metadata.Attempts))
		upstream = call.Metadata.HTTPStatusCode
	}
	outcome := "refused"
	if failed.request != nil {
		outcome = "failed"
	}
	attrs = append(attrs, run.logAttrs(outcome, upstream)...)
	h.log.LogAttrs(ctx, level, "no chat started", attrs...)
}

// logAttrs returns what a policy adds to the line of a request. upstream is the status of Amazon
// Connect's answer; zero when it gave none.
func (run *policyRun) logAttrs(outcome string, upstream int) []slog.Attr {
	if run == nil {
		return nil
	}
	return []slog.Attr{
		slog.String("outcome", outcome), slog.String("origin", originForLog(run.request)), slog.String("flow", run.flow),
		slog.Int("upstream_status", upstream),
	}
}

// originForLog returns a request's Origin, unless it is something else that stands there.
func originForLog(r *http.Request) string {
	const longest = 200
	origin := r.Header.Get("Origin")
	if len(origin) > longest || strings.ContainsFunc(origin, func(c rune) bool {
		return c > 0x7f || !isLetter(byte(c)) && (c < '0' || c > '9') && !strings.ContainsRune("._-:/[]", c)
	}) {
		return "(not an origin)"
	}
	return origin
}

// noteUnknown names a member in the log the first time it is seen.
func (h *Handler) noteUnknown(path string, treatment UnknownMembers) {
	if !isMemberPath(path) {
		path = unnameable
	}
	if h.unknowns.first(path) {
		h.log.LogAttrs(context.Background(), slog.LevelWarn, "unknown member in a start request",
			slog.String("member", path), slog.String("treatment", string(treatment)))
	}
}

// isMemberPath reports whether a text can be the name of a member or the path to one.
// Anything else that stands in a name's place may be a customer's data, and is not logged.
func isMemberPath(path string) bool {
	const longest = 80
	if path == "" || len(path) > longest || !isLetter(path[0]) {
		return false
	}
	for i, c := range []byte(path) {
		if !isLetter(c) && (c < '0' || c > '9') && !strings.ContainsRune("._-:[]", rune(c)) {
			return false
		}
		if i > 0 && path[i-1] == '.' && !isLetter(c) {
			return false // a number in the place of a key
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// once remembers what the log has named, so that each is named one time. Callers choose the
// names, so it remembers a bounded number and is silent afterwards. The zero value is ready
// and safe for concurrent use.
type once struct {
	mu   sync.Mutex
	seen map[string]bool
}

// first reports whether a name has not been met before.
func (o *once) first(name string) bool {
	const most = 100
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[name] || len(o.seen) >= most {
		return false
	}
	if o.seen == nil {
		o.seen = make(map[string]bool)
	}
	o.seen[name] = true
	return true
}
