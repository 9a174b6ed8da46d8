// Package signin serves the page on which the customers of an embedded Amazon Connect sign in: a
// stand-in for the page of Amazon Cognito, on which whoever types a name is that person. The browser
// goes on to the address that was given for it, with the code and the state, or the error, that Amazon
// Cognito adds.
//
// It owns the page; what a sign-in is, and which state and code are good for one, is package chat's.
// It is for developers' machines and tests: nobody proves anything.
//
// Source: https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html
package signin

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/excerpt"
	"github.com/parley-chat/parley/internal/secret"
)

const (
	// path is where the page is, as at Amazon Cognito.
	path      = "/oauth2/authorize"
	stylePath = "/oauth2/style.css"
	// maxForm is how many bytes the answer of the page may have.
	maxForm = 16 << 10
)

//go:embed style.css
var style []byte

//go:embed page.html
var source string

// Address returns the page of a sign-in, for a server at an address without a slash at the end.
func Address(base string, state secret.Text) string {
	return base + path + "?response_type=code&state=" + url.QueryEscape(state.Reveal())
}

// page serves the page.
type page struct {
	chats *chat.Service
	shown *template.Template
	log   *slog.Logger
}

// Routes registers the page.
func Routes(mux *http.ServeMux, chats *chat.Service, log *slog.Logger) {
	mux.Handle(path, &page{chats, template.Must(template.New("page").Parse(source)), log})
	mux.HandleFunc(stylePath, func(w http.ResponseWriter, _ *http.Request) {
		headers(w, "text/css; charset=utf-8", "")
		_, _ = w.Write(style) // the browser is gone
	})
}

// view is what the page shows.
type view struct {
	// State is empty for a sign-in that is over, or was never there.
	State string
	// Provider is what the widget calls the identity provider, Back the address that comes next.
	Provider, Back string
	// Name and Problem are what was typed, and what is wrong with it.
	Name, Problem string
}

// ServeHTTP implements [http.Handler].
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "This address takes GET and POST.", http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "This is no form of the sign-in page.", http.StatusBadRequest)
		return
	}
	state := secret.New(r.Form.Get("state"))
	back, err := p.chats.SignInRedirect(r.Context(), state)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	to, err := url.Parse(back)
	if err != nil {
		p.failed(w, r, err)
		return
	}
	v := view{State: state.Reveal(), Provider: excerpt.Of(r.Form.Get("identity_provider"), 100), Back: to.Scheme + "://" + to.Host}
	if r.Method != http.MethodPost {
		p.show(w, r, http.StatusOK, to, &v)
		return
	}
	v.Name = strings.TrimSpace(r.PostForm.Get("name"))
	added, err := p.answer(r, state, v.Name)
	if bad, ok := errors.AsType[*chat.InvalidError](err); ok && bad.Field == "DisplayName" {
		v.Problem = "Type who you are, in at most 256 characters."
		p.show(w, r, http.StatusUnprocessableEntity, to, &v)
		return
	}
	if err != nil {
		p.failed(w, r, err)
		return
	}
	added.Set("state", state.Reveal())
	to.RawQuery = strings.Trim(to.RawQuery+"&"+added.Encode(), "&")
	headers(w, "", to.Scheme)
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusSeeOther)
}

// answer does what was chosen on the page, and returns what is added to the address that comes next.
func (p *page) answer(r *http.Request, state secret.Text, name string) (url.Values, error) {
	choice := r.PostForm.Get("answer")
	if choice == "fail" {
		return url.Values{"error": {"access_denied"}, "error_description": {"The customer did not sign in."}}, nil
	}
	code, err := p.chats.Authorize(r.Context(), state, name, choice == "expire")
	return url.Values{"code": {code.Reveal()}}, err
}

// failed answers with a page that leads nowhere.
func (p *page) failed(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadRequest
	if _, ok := errors.AsType[*chat.InvalidError](err); !ok && !errors.Is(err, chat.ErrNotFound) && !errors.Is(err, chat.ErrEnded) {
		status = http.StatusInternalServerError
		p.log.LogAttrs(r.Context(), slog.LevelError, "the sign-in page failed", slog.Any("error", err))
	}
	p.show(w, r, status, nil, &view{})
}

// show shows the page; to is the address that comes next, nil for none.
func (p *page) show(w http.ResponseWriter, r *http.Request, status int, to *url.URL, v *view) {
	var out bytes.Buffer
	if err := p.shown.Execute(&out, v); err != nil {
		p.log.LogAttrs(r.Context(), slog.LevelError, "the sign-in page failed", slog.Any("error", err))
		http.Error(w, "The sign-in page failed.", http.StatusInternalServerError)
		return
	}
	scheme := ""
	if to != nil {
		scheme = to.Scheme
	}
	headers(w, "text/html; charset=utf-8", scheme)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the browser is gone
}

// headers allow the page its style and its form, from which browsers follow a redirect only to what the
// policy names. With another referrer policy the form would come from the origin "null".
func headers(w http.ResponseWriter, contentType, scheme string) {
	h := w.Header()
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+cmp.Or(scheme, "https")+":")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
}
