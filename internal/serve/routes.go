package serve

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"strings"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/console"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/doorpath"
	"github.com/parley-chat/parley/internal/excerpt"
)

// Routes says what stands at which address.
type Routes struct {
	// StartChat is the front door. It is given every method at its addresses, because
	// it answers wrong ones itself.
	StartChat http.Handler
	// Paths are addresses of the front door beside the usual ones.
	Paths []string
	// Pages answers GET where [console.Handles] says so; nil leaves the pages out.
	Pages http.Handler
	// Files answers GET at single addresses: the page script, a certificate.
	Files map[string]http.Handler
	// API answers what [api.Handles]; nil leaves it out.
	API http.Handler
	// Embedded serves chat clients and AWS SDKs: the APIs of the embedded Amazon Connect, or the
	// Participant Service that is relayed or played. Nil leaves it out.
	Embedded Embedded
	// Draining reports whether the server has begun to stop; nil means never.
	Draining func() bool
	// Busy reports whether requests are turned away at this moment; nil means never.
	Busy func() bool
	// Log gets calls that were most likely meant for the front door; nil discards.
	Log *slog.Logger
	// DocsURL is the page that explains errors, for answers to link to: an address, or a path
	// on the host that was called.
	DocsURL string
}

// Embedded is the part of an upstream that speaks HTTP.
type Embedded interface {
	// Wrap serves its own paths and hands every other request to next.
	Wrap(next http.Handler) http.Handler
}

// Handler returns the whole server as one handler. Addresses are compared after
// cleaning, as in [doorpath.Set.Has]. Everything unknown is answered with
// JSON.
func (r Routes) Handler() http.Handler {
	questions := map[string]http.Handler{
		"/healthz": status(func() (int, string) { return http.StatusOK, "ok" }),
		"/readyz": status(func() (int, string) {
			switch {
			case r.Draining != nil && r.Draining():
				return http.StatusServiceUnavailable, "draining"
			case r.Busy != nil && r.Busy():
				return http.StatusServiceUnavailable, "busy"
			}
			return http.StatusOK, "ready"
		}),
	}
	maps.Copy(questions, r.Files)
	frontDoor := doorpath.With(r.Paths...)
	other := http.Handler(http.HandlerFunc(r.notFound))
	if r.Embedded != nil {
		other = r.Embedded.Wrap(other)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		clean := path.Clean("/" + req.URL.Path)
		page := questions[clean]
		if r.Pages != nil && console.Handles(clean) {
			page = r.Pages
		}
		reading := req.Method == http.MethodGet || req.Method == http.MethodHead
		starts := frontDoor.Has(clean)
		switch {
		case r.API != nil && api.Handles(clean):
			r.API.ServeHTTP(w, req)
		case page == nil && !starts:
			other.ServeHTTP(w, req)
		case req.Method == http.MethodOptions:
			w.Header().Set("Allow", allowed(page != nil, starts))
			w.WriteHeader(http.StatusNoContent)
		case page != nil && reading:
			page.ServeHTTP(w, req)
		case starts && (page == nil || req.Method == http.MethodPost):
			r.StartChat.ServeHTTP(w, req)
		default:
			p := diagnosis.New(diagnosis.MethodNotAllowed, "This address does not take %s.", excerpt.Of(req.Method, 100))
			p.Allow = allowed(true, starts)
			p.Write(w, diagnosis.DocsURL(r.DocsURL, req))
		}
	})
}

// notFound answers a request for an address that does not exist.
func (r Routes) notFound(w http.ResponseWriter, req *http.Request) {
	at := excerpt.Of(path.Clean("/"+req.URL.Path), 100)
	p := diagnosis.New(diagnosis.NotFound, "There is nothing at %s.", at)
	if req.Method == http.MethodPost && doorpath.Near(req.URL.Path) {
		p.Hint = "Did you mean POST " + doorpath.Main + "? Other addresses are added with --path."
		if r.Log != nil {
			r.Log.WarnContext(req.Context(), "no chat started", slog.String("rule", string(p.Rule.ID)), slog.Int("status", p.Status),
				slog.String("reason", p.Sentence), slog.String("hint", p.Hint))
		}
	}
	p.Write(w, diagnosis.DocsURL(r.DocsURL, req))
}

// allowed lists the methods of an address.
func allowed(page, frontDoor bool) string {
	var methods []string
	if page {
		methods = append(methods, http.MethodGet, http.MethodHead)
	}
	if frontDoor {
		methods = append(methods, http.MethodPost)
	}
	return strings.Join(append(methods, http.MethodOptions), ", ")
}

// status answers a question of a load balancer or script.
func status(ask func() (int, string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		code, text := ask()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"status":"`+text+`"}`+"\n") // the caller is gone
	})
}
