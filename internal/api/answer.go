package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/fault"
)

// write answers a value as JSON.
func (a *API) write(w http.ResponseWriter, answer any) {
	body, err := json.Marshal(answer)
	if err != nil { // the shapes are this package's own
		panic(fmt.Errorf("encoding an answer of the api: %w", err))
	}
	describe(w, "application/json")
	_, _ = w.Write(append(body, '\n')) // the caller is gone
}

// describe sets the headers of an answer. Nothing of the API may be kept by caches, or taken
// for something else than it is.
func describe(w http.ResponseWriter, contentType string) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
}

// refuse answers an error.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problemOf(err, func(cause error) {
		a.cfg.Log.ErrorContext(r.Context(), "a call of the api failed", "path", r.URL.Path, "cause", cause.Error())
	}).Write(w, diagnosis.DocsURL(a.cfg.DocsURL, r))
}

// problemOf explains an error of the parts behind. failed is told of those that nobody
// expects.
func problemOf(err error, failed func(error)) *diagnosis.Problem {
	if p, ok := errors.AsType[*diagnosis.Problem](err); ok {
		return p
	}
	if taken, ok := errors.AsType[*desk.TakenError](err); ok {
		return diagnosis.New(diagnosis.AlreadyAccepted, "%s has accepted this chat.", taken.By)
	}
	if invalid, ok := errors.AsType[*chat.InvalidError](err); ok {
		field := ours(invalid.Field)
		return bad(field, strings.Replace(invalid.Text, invalid.Field, field, 1))
	}
	if invalid, ok := errors.AsType[*fault.InvalidError](err); ok {
		return bad(invalid.Field, invalid.Error())
	}
	if invalid, ok := errors.AsType[*desk.NameError](err); ok {
		return bad("name", invalid.Error())
	}
	if limit, ok := errors.AsType[*chat.LimitError](err); ok {
		return diagnosis.New(diagnosis.WrongState, "%s", limit.Text)
	}
	if full, ok := errors.AsType[*desk.FullError](err); ok {
		return diagnosis.New(diagnosis.WrongState, "The agent takes %d chats, and has %d.", full.Capacity, full.Load)
	}
	if errors.Is(err, desk.ErrNoAgent) || errors.Is(err, desk.ErrNoQueue) { // which says the name
		text := excerpt.Of(err.Error(), longestRef)
		return diagnosis.New(diagnosis.NothingSuch, "%s.", strings.ToUpper(text[:1])+text[1:])
	}
	for _, known := range refusals() {
		if errors.Is(err, known.err) {
			p := diagnosis.New(known.rule, "")
			p.Sentence = cmp.Or(known.sentence, p.Sentence)
			return p
		}
	}
	failed(err)
	if errors.Is(err, chat.ErrDiskFull) {
		return diagnosis.New(diagnosis.DiskFull, chat.DiskFullText)
	}
	return diagnosis.New(diagnosis.InternalFailure, "")
}

// ours is what a member of the Participant Service is called here.
func ours(field string) string {
	switch field {
	case "AttachmentName":
		return "name"
	case "AttachmentSizeInBytes":
		return "Content-Length"
	case "DisplayName":
		return "displayName"
	case "SessionId":
		return "outcome"
	case "Content":
		return "content"
	case "ContentType":
		return "contentType"
	}
	return field
}

// longestRef bounds a name that is said to mean nothing.
const longestRef = 200

// refusal is what an error of the parts behind means to a caller; an empty sentence keeps the
// rule's.
type refusal struct {
	err      error
	rule     diagnosis.ID
	sentence string
}

func refusals() []refusal {
	return []refusal{
		{desk.ErrNoContact, diagnosis.NothingSuch, "There is no such contact, or it has ended, or its customer has not come yet."},
		{desk.ErrNotThere, diagnosis.WrongState, "The agent is not in this contact."},
		{desk.ErrUnavailable, diagnosis.WrongState, "The agent is not available."},
		{desk.ErrReserved, diagnosis.WrongState, "The contact waits for another agent."},
		{desk.ErrQueueFull, diagnosis.WrongState, "As many contacts wait in the queue as may."},
		{desk.ErrQueueClosed, diagnosis.WrongState, "The queue takes no further contacts."},
		{desk.ErrDeclined, diagnosis.WrongState, "The agent has declined this contact."},
		{desk.ErrCrowded, diagnosis.WrongState, "As many agents are in the contact, or were asked to join it, as may."},
		{desk.ErrTransfer, diagnosis.WrongState, "The transfer failed, because of a fault that is in force."},
		{desk.ErrExists, diagnosis.WrongState, "There is an agent of this name already."},
		{desk.ErrNoFiles, diagnosis.WrongState, "Agents cannot send attachments here."},
		{chat.ErrNotFound, diagnosis.NothingSuch, ""},
		{chat.ErrAccessDenied, diagnosis.WrongState, ""},
		{chat.ErrConflict, diagnosis.WrongState, ""},
		{chat.ErrEnded, diagnosis.ShuttingDown, ""},
		{context.Canceled, diagnosis.ShuttingDown, ""},
	}
}

// bad is a call with a member that is not as it should be.
func bad(field, sentence string) *diagnosis.Problem {
	if sentence = strings.TrimSuffix(sentence, ".") + "."; field == "" || !strings.HasPrefix(sentence, field) {
		if first := sentence[0]; first >= 'a' && first <= 'z' {
			sentence = string(first-'a'+'A') + sentence[1:]
		}
	}
	p := diagnosis.New(diagnosis.BadCall, "%s", sentence)
	p.Field = field
	return p
}
