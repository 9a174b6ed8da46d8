package connectserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/rawjson"
)

// Names of exceptions that more than one place answers.
const (
	serialization    = "SerializationException"
	invalidRequest   = "InvalidRequestException"
	invalidParameter = "InvalidParameterException"
	notFound         = "ResourceNotFoundException"
)

// serve answers one call of an action.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, a *action) {
	requestID, began := uuid.NewString(), time.Now()
	var out any
	body, refused := readBody(w, r, cmp.Or(s.MaxBodyFor(r), maxBody))
	if refused == nil {
		body, refused = assemble(r, a.query, body)
	}
	s.called(r, a.name, body)
	if refused == nil {
		out, refused = s.invoke(r.Context(), a, body)
	}
	if refused != nil {
		refused.RequestID = requestID
		awswire.WriteError(w, refused)
		return
	}
	answer, err := json.Marshal(out, json.Deterministic(true))
	if err != nil {
		refused = s.failed(r.Context(), a, fmt.Errorf("encoding the answer: %w", err))
		refused.RequestID = requestID
		awswire.WriteError(w, refused)
		return
	}
	awswire.WriteJSON(w, requestID, s.strict.Extra(answer))
	s.log.LogAttrs(r.Context(), slog.LevelDebug, "call answered", slog.String("action", a.name),
		slog.String("request_id", requestID), slog.Duration("dur", time.Since(began)))
}

// invoke checks a request in AWS's order (types, required members, limits, rules between
// members, rates), carries it out and logs how it went.
func (s *Service) invoke(ctx context.Context, a *action, request []byte) (any, *awswire.Error) {
	doc, refused := objectOf(request)
	if refused == nil {
		refused = check(a.model, doc)
	}
	if refused != nil {
		s.refused(ctx, a, refused)
		return nil, refused
	}
	out, err := a.run(ctx, known(a.model, doc), func() *awswire.Error {
		if s.strict.AllowConnect(a.name) {
			return nil
		}
		return throttled(a.name)
	})
	if err == nil {
		return out, nil
	}
	refused = translate(err)
	if refused == nil {
		return nil, s.failed(ctx, a, err)
	}
	s.refused(ctx, a, refused)
	return nil, refused
}

// refused logs that a call was the caller's mistake.
func (s *Service) refused(ctx context.Context, a *action, e *awswire.Error) {
	s.log.LogAttrs(ctx, level(ctx, slog.LevelWarn), "call refused", slog.String("action", a.name),
		slog.String("code", e.Name), slog.String("message", e.Message))
}

// failed logs a fault of ours and returns what the caller gets to know of it.
func (s *Service) failed(ctx context.Context, a *action, err error) *awswire.Error {
	s.log.LogAttrs(ctx, slog.LevelError, "call failed", slog.String("action", a.name), slog.Any("error", err))
	message := "The call could not be carried out; the server's log says why."
	if errors.Is(err, chat.ErrDiskFull) {
		message = chat.DiskFullText
	}
	return &awswire.Error{Status: http.StatusInternalServerError, Name: "InternalServiceException", Message: message, Cause: err}
}

// check holds the members against the documented model. AWS looks at types first, so a wrong
// type anywhere wins over a missing member, and that over a value out of range.
func check(model *connectmodel.Model, doc jsontext.Value) *awswire.Error {
	members := map[string]jsontext.Value{}
	worst := (*connectmodel.Violation)(nil)
	for name, value := range rawjson.Members(doc) {
		if value.Kind() == 'n' {
			continue
		}
		members[name] = value
		if v := model.Check(name, value, nil); v != nil && (worst == nil || v.Kind < worst.Kind) {
			worst = v
		}
	}
	for _, name := range model.Required() {
		if members[name] == nil && (worst == nil || worst.Kind > connectmodel.Missing) {
			worst = &connectmodel.Violation{Kind: connectmodel.Missing, Field: name, Sentence: name + " is missing."}
		}
	}
	if worst == nil {
		worst = model.CheckRules(func(name string) jsontext.Value { return members[name] })
	}
	if worst == nil {
		return nil
	}
	return refusal(exception(worst.Kind), worst.Sentence)
}

// known is a request without the members that its action does not have. Nobody has checked them,
// and several actions share the type that they read.
func known(model *connectmodel.Model, doc jsontext.Value) jsontext.Value {
	all, kept := true, []byte{'{'}
	for name, value := range rawjson.Members(doc) {
		if !model.Knows(name) {
			all = false
			continue
		}
		if len(kept) > 1 {
			kept = append(kept, ',')
		}
		kept, _ = jsontext.AppendQuote(kept, name) // the document has been read: its names are UTF-8
		kept = append(append(kept, ':'), value...)
	}
	if all {
		return doc
	}
	return append(kept, '}')
}

// exception names the AWS error of a violation.
func exception(kind connectmodel.Kind) string {
	switch kind {
	case connectmodel.Type:
		return serialization
	case connectmodel.Limit:
		return invalidParameter
	case connectmodel.Missing, connectmodel.Rule:
	}
	return invalidRequest
}

// translate makes the AWS error of an error of the chats; nil for a fault of ours.
func translate(err error) *awswire.Error {
	if refused, ok := errors.AsType[*awswire.Error](err); ok {
		return refused
	}
	if bad, ok := errors.AsType[*chat.InvalidError](err); ok {
		return refusal(invalidRequest, bad.Text)
	}
	if limit, ok := errors.AsType[*chat.LimitError](err); ok {
		return &awswire.Error{Status: http.StatusTooManyRequests, Name: "LimitExceededException", Message: limit.Text}
	}
	switch {
	case errors.Is(err, chat.ErrNotFound):
		return resourceNotFound("Contact not found.")
	case errors.Is(err, chat.ErrConflict):
		message := "Operation can not be performed due to the state of the contact"
		if occupied, ok := errors.AsType[*chat.OccupiedError](err); ok {
			message += ": " + occupied.Error()
		}
		return &awswire.Error{Status: http.StatusConflict, Name: "ConflictException", Message: message + "."}
	}
	return nil
}

func refusal(name, message string) *awswire.Error {
	return &awswire.Error{Status: http.StatusBadRequest, Name: name, Message: message}
}

func resourceNotFound(message string) *awswire.Error {
	return &awswire.Error{Status: http.StatusNotFound, Name: notFound, Message: message}
}

// throttled says that an action is called too often. AWS documents another name for
// StartChatContact and the actions about one view than for the rest.
func throttled(action string) *awswire.Error {
	name := "ThrottlingException"
	if action == startChatContact || strings.Contains(action, "View") && action != "SearchViews" {
		name = "TooManyRequestsException"
	}
	return &awswire.Error{Status: http.StatusTooManyRequests, Name: name, Message: "Rate exceeded for " + action + "."}
}

// unemulated answers an operation that Amazon Connect has and the embedded one does not. SDKs
// show the text of a 501 and do not try again.
func (s *Service) unemulated(w http.ResponseWriter, r *http.Request, name string) {
	s.called(r, name, nil)
	s.log.LogAttrs(r.Context(), slog.LevelWarn, "operation is not emulated", slog.String("action", name))
	awswire.WriteError(w, &awswire.Error{
		Status: http.StatusNotImplemented, Name: "NotImplemented",
		Message: "The embedded Amazon Connect does not emulate " + name + "; docs/fidelity.md lists what it does.",
	})
}

// Unknown answers a request whose path and method are no operation of Amazon Connect.
func (s *Service) Unknown(w http.ResponseWriter, r *http.Request) {
	s.log.LogAttrs(r.Context(), slog.LevelWarn, "unknown operation", slog.String("method", r.Method), slog.String("path", r.URL.Path))
	awswire.WriteError(w, &awswire.Error{
		Status: http.StatusNotFound, Name: "UnknownOperationException",
		Message: "Amazon Connect's API has no operation with this method and path.",
	})
}
