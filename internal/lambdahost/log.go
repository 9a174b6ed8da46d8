package lambdahost

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/parley-chat/parley/internal/secretform"
)

// NewLogger returns the log of a function: AWS's own handler, which obeys the log format and
// level that the function is configured with and names the invocation in each line, behind
// [NewLogHandler]. level, unless nil, takes the place of the configured level.
func NewLogger(level slog.Leveler) *slog.Logger {
	return slog.New(NewLogHandler(lambdacontext.NewLogHandler(), level))
}

// NewLogHandler returns a handler that completes records and hands them to next: it adds the
// gateway's request id and whether the start was cold, writes lengths of time in seconds, and
// takes out what has the form of a secret. Secrets do not print themselves (see package
// secret); this is the second line, for texts of other systems that repeat what they were
// sent. level, unless nil, decides what is logged in place of next.
func NewLogHandler(next slog.Handler, level slog.Leveler) slog.Handler {
	return &logHandler{next: next, level: level}
}

type logHandler struct {
	next  slog.Handler
	level slog.Leveler
}

// Enabled implements [slog.Handler].
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	if h.level != nil {
		return level >= h.level.Level()
	}
	return h.next.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, scrub(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(cleanAttr(a))
		return true
	})
	if invocation, ok := From(ctx); ok {
		if invocation.GatewayRequestID != "" {
			clean.AddAttrs(slog.String("gateway_request_id", invocation.GatewayRequestID))
		}
		if invocation.Cold {
			clean.AddAttrs(slog.Bool("cold", true))
		}
	}
	return h.next.Handle(ctx, clean)
}

// WithAttrs implements [slog.Handler].
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		clean = append(clean, cleanAttr(a))
	}
	return &logHandler{next: h.next.WithAttrs(clean), level: h.level}
}

// WithGroup implements [slog.Handler].
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{next: h.next.WithGroup(name), level: h.level}
}

// cleanAttr makes an attribute fit to be kept.
func cleanAttr(a slog.Attr) slog.Attr {
	if a.Equal(slog.Attr{}) { // the next handler has to see that it is empty
		return a
	}
	value := a.Value.Resolve()
	if value.Kind() != slog.KindGroup && secretform.IsName(a.Key) && value.String() != "" {
		return slog.String(a.Key, "[redacted]")
	}
	switch value.Kind() {
	case slog.KindString:
		value = slog.StringValue(scrub(value.String()))
	case slog.KindDuration:
		value = slog.Float64Value(value.Duration().Seconds())
	case slog.KindAny:
		value = slog.StringValue(scrub(value.String()))
	case slog.KindGroup:
		clean := make([]slog.Attr, 0, len(value.Group()))
		for _, member := range value.Group() {
			clean = append(clean, cleanAttr(member))
		}
		value = slog.GroupValue(clean...)
	default: // numbers, booleans and times hold nothing
	}
	return slog.Attr{Key: a.Key, Value: value}
}

// scrub takes out what has the form of a secret.
func scrub(text string) string { return secretform.Replace(text, "[redacted]") }
