// Package api is the JSON API behind the console, for pages, scripts and tests alike: chats
// and their transcripts, the desk, the exchanges that passed, faults and the clock, and one
// stream of what happens. docs/api.md and openapi.yaml describe it.
//
// It owns the shapes and addresses under /api/ and who may change something by them. It
// decides nothing about chats, agents, faults or records: package chat, desk, fault and
// inspect do. An [API] is safe for concurrent use.
package api

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/parley-chat/parley/internal/blob"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/desk"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/inspect"
	"github.com/parley-chat/parley/internal/instance"
	"github.com/parley-chat/parley/internal/secret"
)

// Config is what an [API] stands on.
type Config struct {
	// Status is what GET /api/status answers beside what the API adds itself.
	Status map[string]any
	// Chats, Desk, Faults and Blobs are the embedded Amazon Connect's: all of them, or none
	// with another upstream.
	Chats  *chat.Service
	Desk   *desk.Desk
	Faults *fault.Rules
	Blobs  *blob.Dir
	// Export returns what was created on the embedded instance as files, and what is not in them; nil has
	// none.
	Export func() (files []instance.File, notes []string, err error)
	// TestFlows runs tests of contact flows; nil runs none.
	TestFlows TestFlows
	// Exchanges are what passed the server; nil records nothing.
	Exchanges *inspect.Recorder
	// Stop ends the server in good order; nil cannot.
	Stop func()
	// Events are what the stream tells. Required.
	Events *Events
	// AdminToken lets scripts change something; without one only the console's pages can.
	AdminToken secret.Text
	// PublicOrigin is the origin of the console's pages behind a proxy, as browsers send it; empty
	// without a public address.
	PublicOrigin string
	// Readers are the origins, as browsers send them, whose pages may read beside the console's.
	Readers []string
	// ScenarioHead is the line before a scenario that is made of a chat, with its end; it may be empty.
	ScenarioHead string
	// DocsURL is the page that explains refusals; it may be empty.
	DocsURL string
	// Pictures is the folder of the pictures that messages to begin with show: an address, or a path on
	// the host that was called.
	Pictures string
	// Log gets what goes wrong inside; nil discards.
	Log *slog.Logger
}

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns the description of the API, in YAML.
func OpenAPI() []byte { return openAPI }

// API answers everything under /api/.
type API struct {
	cfg   Config
	token [sha256.Size]byte // the hash of the admin token
	mux   *http.ServeMux
	pump  *pump // nil without a record of exchanges
	// server is the whole server, for exchanges that are made again; nil makes none.
	server http.Handler
}

// New returns the API.
func New(cfg Config) (*API, error) {
	if cfg.Events == nil {
		return nil, errors.New("an api needs events")
	}
	all := cfg.Chats != nil && cfg.Desk != nil && cfg.Faults != nil && cfg.Blobs != nil
	if none := cfg.Chats == nil && cfg.Desk == nil && cfg.Faults == nil && cfg.Blobs == nil; !all && !none {
		return nil, errors.New("an api needs all of chats, desk, faults and blobs, or none")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &API{cfg: cfg, token: sha256.Sum256([]byte(cfg.AdminToken.Reveal())), mux: http.NewServeMux()}
	if cfg.Exchanges != nil {
		a.pump = &pump{exchanges: cfg.Exchanges, events: cfg.Events}
	}
	for _, e := range a.endpoints() {
		a.mux.HandleFunc(e.pattern, a.serve(e))
	}
	return a, nil
}

// Serve names the whole server, which holds this API itself. It is to be called before the
// first request.
func (a *API) Serve(server http.Handler) { a.server = server }

// Handles reports whether an address is the API's.
func Handles(path string) bool { return strings.HasPrefix(path, "/api/") }

// MaxBodyFor returns how long the body of a request to the API may be, in bytes; zero for
// requests to others. It is for what limits bodies in front of it.
func (a *API) MaxBodyFor(r *http.Request) int64 {
	clean := path.Clean("/" + r.URL.Path)
	switch {
	case !Handles(clean):
		return 0
	case a.cfg.Chats != nil && strings.HasPrefix(clean, "/api/desk/") && strings.HasSuffix(clean, "/attachments"):
		return a.cfg.Chats.LargestFile()
	}
	return maxBody
}

// ServeHTTP implements [http.Handler]. A doubled slash, or one at the end, does no harm.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = cleaned(r)
	if _, pattern := a.mux.Handler(r); pattern != "" {
		a.mux.ServeHTTP(w, r)
		return
	}
	allowed := a.methods(r)
	switch {
	case allowed == "":
		p := diagnosis.New(diagnosis.NotFound, "The API has nothing at this address.")
		p.Hint = "docs/api.md lists the addresses; GET /api/openapi.yaml describes them."
		a.refuse(w, r, p)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusNoContent)
	default:
		p := diagnosis.New(diagnosis.MethodNotAllowed, "")
		p.Allow = allowed
		a.refuse(w, r, p)
	}
}

// methods lists the methods of an address, as in the header Allow; empty for one that is not
// there.
func (a *API) methods(r *http.Request) string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := a.mux.Handler(probe); pattern == "" {
			continue
		}
		if allowed = append(allowed, method); method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	if allowed == nil {
		return ""
	}
	return strings.Join(append(allowed, http.MethodOptions), ", ")
}

// cleaned returns a request whose address has no needless slashes, which the mux would answer
// with a redirect.
func cleaned(r *http.Request) *http.Request {
	escaped := r.URL.EscapedPath()
	clean := path.Clean("/" + escaped)
	if clean == escaped {
		return r
	}
	plain, err := url.PathUnescape(clean)
	if err != nil { // an escaped path can be unescaped
		return r
	}
	copied, address := *r, *r.URL
	address.Path, address.RawPath = plain, clean
	copied.URL = &address
	return &copied
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
	embedded needs = 1 << (iota - 1) // the embedded Amazon Connect
	recorder                         // the record of exchanges
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
