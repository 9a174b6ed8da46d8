// Package api is the JSON API behind the console, for pages, scripts and tests alike: chats
// and their transcripts, the desk, the exchanges that passed, faults and the clock, and one
// stream of what happens. docs/api.md and openapi.yaml describe it.
//
// It owns the shapes and addresses under /api/ and who may change something by them. It
// decides nothing about chats, agents, faults or records: package chat, desk, fault and
// inspect do. An [API] is safe for concurrent use.
package api

import (
	"context"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/secret"
)

// Config is what an [API] stands on.
type Config struct {
	// Status is what GET /api/status answers beside what the API adds itself.
	Status map[string]any
	// Chats, Desk, Faults and Blobs are the embedded Amazon Connect's; nil with another
	// upstream.
	Chats  *chat.Service
	Desk   *desk.Desk
	Faults *fault.Rules
	Blobs  Blobs
	// Exchanges are what passed the server; nil records nothing.
	Exchanges *inspect.Recorder
	// Events are what the stream tells. Required.
	Events *Events
	// Server is the whole server, for exchanges that are made again. It may be set later, with
	// [API.Serve].
	Server http.Handler
	// AdminToken lets scripts change something; without one only the console's pages can.
	AdminToken secret.Text
	// DocsURL is the page that explains refusals; it may be empty.
	DocsURL string
	// Log gets what goes wrong inside; nil discards.
	Log *slog.Logger
}

// Blobs keep the bytes of attachments.
type Blobs interface {
	// Open returns an attachment, or [chat.ErrNotFound].
	Open(id string) (io.ReadSeekCloser, error)
}

// maxBody bounds what a call may send, in bytes; attachments have the limit of package chat.
const maxBody = 1 << 20

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the description of the API, in YAML.
func OpenAPI() []byte { return openAPI }

// API answers everything under /api/.
type API struct {
	Config
	mux *http.ServeMux

	mu       sync.Mutex
	pumping  int // listeners to exchanges
	stopPump context.CancelFunc
}

// New returns the API.
func New(cfg Config) (*API, error) {
	if cfg.Events == nil {
		return nil, errors.New("an api needs events")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{Config: cfg, mux: http.NewServeMux()}
	for _, e := range a.endpoints() {
		a.mux.HandleFunc(e.pattern, a.serve(e))
	}
	return a, nil
}

// Serve names the whole server, which holds this API itself. It is to be called before the
// first request.
func (a *API) Serve(server http.Handler) { a.Server = server }

// Handles reports whether an address is the API's.
func Handles(path string) bool { return strings.HasPrefix(path, "/api/") }

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := a.mux.Handler(r)
	if pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := a.mux.Handler(probe); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if allowed == nil {
		a.refuse(w, r, diagnosis.New(diagnosis.NotFound, "The API has nothing at this address."))
		return
	}
	p := diagnosis.New(diagnosis.MethodNotAllowed, "")
	p.Allow = strings.Join(allowed, ", ")
	a.refuse(w, r, p)
}

// endpoint is one call of the API. needs says which parts of the server it is about.
type endpoint struct {
	pattern string
	needs   needs
	// answer returns what to answer: a value for JSON, nil for 204, or an error.
	answer func(r *http.Request) (any, error)
	// stream answers by itself.
	stream func(w http.ResponseWriter, r *http.Request) error
}

// needs are parts of the server.
type needs int

const (
	nothing  needs = iota
	embedded       // the embedded Amazon Connect
	recorder       // the record of exchanges
)

func (a *API) serve(e endpoint) http.HandlerFunc {
	changes := !strings.HasPrefix(e.pattern, "GET ")
	return func(w http.ResponseWriter, r *http.Request) {
		if err := a.admit(r, e.needs, changes); err != nil {
			a.refuse(w, r, err)
			return
		}
		if e.stream != nil {
			if err := e.stream(w, r); err != nil {
				a.refuse(w, r, err)
			}
			return
		}
		answer, err := e.answer(r)
		switch {
		case err != nil:
			a.refuse(w, r, err)
		case answer == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			a.write(w, answer)
		}
	}
}

// admit decides whether a call may be made at all.
func (a *API) admit(r *http.Request, needs needs, changes bool) error {
	if needs == embedded && a.Chats == nil || needs == recorder && a.Exchanges == nil {
		return diagnosis.New(diagnosis.NotEmbedded, "")
	}
	if changes && !a.trusted(r) {
		return diagnosis.New(diagnosis.AdminTokenRequired, "")
	}
	return nil
}

// trusted reports whether a call comes from a page of this very server, or with the admin
// token. Browsers set both headers themselves, and guard has compared the host.
func (a *API) trusted(r *http.Request) bool {
	token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if isBearer && !a.AdminToken.IsZero() && subtle.ConstantTimeCompare([]byte(token), []byte(a.AdminToken.Reveal())) == 1 {
		return true
	}
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return true
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && strings.EqualFold(origin.Host, r.Host) && r.Header.Get("Sec-Fetch-Site") == ""
}

func (a *API) write(w http.ResponseWriter, answer any) {
	body, err := json.Marshal(answer)
	if err != nil { // the shapes are this package's own
		panic(fmt.Errorf("encoding an answer of the api: %w", err))
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(append(body, '\n')) // the caller is gone
}

// refuse answers an error.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	problemOf(err, func(cause error) {
		a.Log.ErrorContext(r.Context(), "a call of the api failed", "path", r.URL.Path, "cause", cause.Error())
	}).Write(w, diagnosis.DocsURL(a.DocsURL, r))
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
		return bad(invalid.Field, invalid.Text)
	}
	if invalid, ok := errors.AsType[*fault.InvalidError](err); ok {
		return bad(invalid.Field, invalid.Error())
	}
	if invalid, ok := errors.AsType[*desk.NameError](err); ok {
		return bad("name", invalid.Error())
	}
	if invalid, ok := errors.AsType[*desk.ParseError](err); ok {
		return bad("script", invalid.Error())
	}
	for _, known := range refusals() {
		if errors.Is(err, known.err) {
			if known.sentence == "" {
				return diagnosis.New(known.rule, "")
			}
			return diagnosis.New(known.rule, "%s", known.sentence)
		}
	}
	failed(err)
	return diagnosis.New(diagnosis.InternalFailure, "")
}

// refusal is what an error of the parts behind means to a caller; an empty sentence keeps the
// rule's.
type refusal struct {
	err      error
	rule     diagnosis.ID
	sentence string
}

func refusals() []refusal {
	return []refusal{
		{desk.ErrNoAgent, diagnosis.NothingSuch, "There is no such agent."},
		{desk.ErrNoQueue, diagnosis.NothingSuch, "There is no such queue."},
		{desk.ErrNoContact, diagnosis.NothingSuch, "There is no such contact, or it has ended."},
		{desk.ErrNotThere, diagnosis.WrongState, "The agent is not in this contact."},
		{desk.ErrUnavailable, diagnosis.WrongState, "The agent is not available."},
		{desk.ErrFull, diagnosis.WrongState, "The agent has as many chats as it takes."},
		{desk.ErrExists, diagnosis.WrongState, "There is an agent of this name already."},
		{desk.ErrNoFiles, diagnosis.WrongState, "Agents cannot send attachments here."},
		{chat.ErrNotFound, diagnosis.NothingSuch, ""},
		{chat.ErrAccessDenied, diagnosis.WrongState, ""},
		{chat.ErrConflict, diagnosis.WrongState, ""},
		{chat.ErrEnded, diagnosis.ShuttingDown, ""},
		{chat.ErrQuota, diagnosis.WrongState, "A limit on how many there may be is reached."},
		{context.Canceled, diagnosis.ShuttingDown, ""},
	}
}

// bad is a call with a member that is not as it should be.
func bad(field, sentence string) *diagnosis.Problem {
	if sentence != "" {
		sentence = strings.ToUpper(sentence[:1]) + strings.TrimSuffix(sentence[1:], ".") + "."
	}
	p := diagnosis.New(diagnosis.BadCall, "%s", sentence)
	p.Field = field
	return p
}

// decode reads a call's JSON body into a struct; an empty body leaves it as it is.
func decode(r *http.Request, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return diagnosis.New(diagnosis.BadJSON, "The request body ended too early.")
	case len(body) > maxBody:
		return diagnosis.New(diagnosis.BodyTooLarge, "The request body has more than %d bytes.", maxBody)
	case len(strings.TrimSpace(string(body))) == 0:
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return decodeProblem(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return diagnosis.New(diagnosis.BadJSON, "The request body goes on after the end of the JSON value.")
	}
	return nil
}

// decodeProblem says what is wrong with a body without repeating more of it than a name.
func decodeProblem(err error) *diagnosis.Problem {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		p := diagnosis.New(diagnosis.WrongType, "%s must not be a JSON %s.", wrong.Field, wrong.Value)
		p.Field = wrong.Field
		return p
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name = strings.Trim(name, `"`)
		p := diagnosis.New(diagnosis.UnknownMember, "This call has no member %q.", shorten(name))
		p.Field = shorten(name)
		return p
	}
	return diagnosis.New(diagnosis.BadJSON, "The request body is not valid JSON for this call.")
}

// shorten bounds what a caller can have repeated.
func shorten(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
