package participant

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/rawjson"
	"github.com/parley-chat/parley/internal/secret"
)

// action carries out one operation and returns the body of its answer.
type action func(ctx context.Context, c *call) ([]byte, error)

// call is a request to the Participant Service.
type call struct {
	request *http.Request
	// token is what the X-Amz-Bearer header held. Authorization is not looked at: SDKs sign
	// these calls with an empty key.
	token secret.Text
	// contactID and participantID are those of the token's holder, in calls that
	// [Service.admitted] wraps.
	contactID, participantID string
	holder                   chat.Holder
	// answered is called once the call is answered; nil for most.
	answered func()
	// body is a JSON object, whatever the Content-Type says.
	body []byte
}

// act serves an action.
func (s *Service) act(name string, do action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := uuid.NewString()
		c := &call{request: r, token: secret.New(r.Header.Get("X-Amz-Bearer"))}
		answer, err := s.do(w, c, name, do)
		s.called(r, name, c.token, c.holder)
		if c.answered != nil {
			defer afterAnswer(w, c.answered)
		}
		if err != nil {
			s.denied(r, name, c.token, err)
			s.fail(w, r, name, id, err)
			return
		}
		awswire.WriteJSON(w, id, answer)
	}
}

// answerTravels is how long an answer has to reach its page. Widgets drop what a socket shows of a
// message while its call is in flight, and would show what was typed for ever.
const answerTravels = 25 * time.Millisecond

// afterAnswer sends the answer on its way, and calls f when it has arrived, about.
func afterAnswer(w http.ResponseWriter, f func()) {
	_ = http.NewResponseController(w).Flush() // a writer that cannot writes at the end of the call
	time.AfterFunc(answerTravels, f)
}

// admitted lets an action be carried out by those who have a connection token. The token is checked
// here and nowhere else.
func (s *Service) admitted(do action) action {
	return func(ctx context.Context, c *call) (answer []byte, err error) {
		if c.holder, err = s.chats.Admit(c.token); err != nil {
			return nil, err
		}
		c.contactID, c.participantID = c.holder.ContactID, c.holder.ParticipantID
		answer, err = do(ctx, c)
		if errors.Is(err, chat.ErrNotFound) { // the chat ended meanwhile, and the token with it
			err = chat.ErrAccessDenied
		}
		return answer, err
	}
}

// do reads a request and carries it out; a panic becomes an error.
func (s *Service) do(w http.ResponseWriter, c *call, name string, do action) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	if !s.approves(c.request) {
		return nil, chat.ErrAccessDenied
	}
	// Reconnects are let pass, and only createConnection can tell them.
	if name != createConnectionName && !s.strict.AllowParticipant(name) {
		return nil, throttled()
	}
	body, refused := awswire.ReadBody(w, c.request, MaxBody)
	if refused != nil {
		return nil, refused
	}
	c.body = body
	return do(c.request.Context(), c)
}

func throttled() error {
	return &awswire.Error{
		Status: http.StatusTooManyRequests, Name: "ThrottlingException", Message: "Rate exceeded", RetryAfter: time.Second,
	}
}

// approves applies the instance's approved origins. What is not a page sends no Origin.
func (s *Service) approves(r *http.Request) bool {
	origins := r.Header["Origin"]
	return len(s.approved) == 0 || len(origins) == 0 || len(origins) == 1 && slices.Contains(s.approved, origins[0])
}

// panicError is a panic of a handler.
type panicError struct {
	value any
	stack []byte
}

// Error implements error.
func (e *panicError) Error() string { return "panic in a handler" }

// fail answers a call with an error and logs it, once.
func (s *Service) fail(w http.ResponseWriter, r *http.Request, action, requestID string, err error) {
	wire := wireError(err)
	wire.RequestID = requestID
	level := slog.LevelWarn
	attrs := []slog.Attr{slog.String("action", action), slog.String("request_id", requestID), slog.String("code", wire.Name)}
	switch {
	case r.Context().Err() != nil:
		level = slog.LevelDebug // the caller did not wait for it
		attrs = append(attrs, slog.Any("error", err))
	case wire.Status == http.StatusServiceUnavailable:
		level = slog.LevelInfo
	case wire.Status >= http.StatusInternalServerError:
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err))
		if p, ok := errors.AsType[*panicError](err); ok {
			attrs = append(attrs, slog.Any("panic", p.value), slog.String("stack", string(p.stack)))
		}
	case wire.Status == http.StatusForbidden:
		level = slog.LevelInfo // the ordinary end of every chat's client
	default:
		attrs = append(attrs, slog.String("reason", wire.Message))
	}
	s.log.LogAttrs(r.Context(), level, "participant call refused", attrs...)
	if _, ok := errors.AsType[*storageError](err); ok {
		writeStorageError(w, wire)
		return
	}
	awswire.WriteError(w, wire)
}

// wireError turns an error into the exception that clients know. The text of a failure of
// ours stays in the log.
func wireError(err error) *awswire.Error {
	if known, ok := errors.AsType[*awswire.Error](err); ok {
		answer := *known
		return &answer
	}
	if invalid, ok := errors.AsType[*chat.InvalidError](err); ok {
		return &awswire.Error{Status: http.StatusBadRequest, Name: "ValidationException", Message: invalid.Text}
	}
	limit, limited := errors.AsType[*chat.LimitError](err)
	for _, known := range []struct {
		err           error
		status        int
		name, message string
	}{
		{chat.ErrAccessDenied, http.StatusForbidden, "AccessDeniedException", "Access denied"},
		{chat.ErrNotFound, http.StatusNotFound, "ResourceNotFoundException", "The resource was not found."},
		{chat.ErrConflict, http.StatusConflict, "ConflictException", "Operation can not be performed due to the state of the contact."},
		{chat.ErrQuota, http.StatusPaymentRequired, "ServiceQuotaExceededException", "The maximum number for this chat is reached."},
		{chat.ErrEnded, http.StatusServiceUnavailable, "ServiceUnavailableException", "The server is shutting down."},
		{chat.ErrBusy, http.StatusTooManyRequests, "ThrottlingException", "Too many messages wait."},
		{chat.ErrTooManySockets, http.StatusTooManyRequests, "ThrottlingException", "The participant has too many open sockets."},
	} {
		if errors.Is(err, known.err) {
			if limited {
				known.message = limit.Text
			}
			return &awswire.Error{Status: known.status, Name: known.name, Message: known.message}
		}
	}
	message := "Internal server error"
	if errors.Is(err, chat.ErrDiskFull) {
		message = chat.DiskFullText
	}
	return &awswire.Error{Status: http.StatusInternalServerError, Name: "InternalServerException", Message: message}
}

// decode reads a body into a struct: an absent body is {}, null means absent, unknown members
// are ignored, and text that is not UTF-8 is repaired.
func decode(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	err := awswire.Decode(body, into)
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok && wrong.JSONPointer != "" {
		field := rawjson.Path(wrong.JSONPointer)
		return &chat.InvalidError{Field: field, Text: field + " has the wrong type."}
	}
	if err != nil || jsontext.Value(bytes.TrimSpace(body)).Kind() != '{' {
		return &chat.InvalidError{Text: "The request body is not a JSON object."}
	}
	return nil
}

// required checks a member that has to be there, with a longest length in characters.
func required(field, value string, longest int) error {
	if value == "" {
		return &chat.InvalidError{Field: field, Text: field + " is missing."}
	}
	return optional(field, value, longest)
}

// optional checks the length of a member.
func optional(field, value string, longest int) error {
	if len(value) <= longest { // bytes, which are never fewer
		return nil
	}
	if n := utf8.RuneCountInString(value); n > longest {
		return chat.TooLong(field, longest, n)
	}
	return nil
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// encode writes an answer that is a struct.
func encode(answer any) ([]byte, error) { return json.Marshal(answer, json.Deterministic(true)) }

// nothing is the answer of operations without output.
func nothing() []byte { return []byte("{}") }
