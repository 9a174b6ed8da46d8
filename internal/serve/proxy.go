package serve

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/parley-chat/parley/internal/doorpath"
)

// behindProxy returns the handler as a proxy in front calls it.
//
// Where the public address has a path, the same requests are answered with it and without it,
// because some proxies take it off and others do not. Without a public address, the first
// request that has come through a proxy is told in the log: clients then get addresses on the
// host that the proxy calls, which nobody else reaches. A server for customers gives no
// addresses to anybody.
func (s *Server) behindProxy(next http.Handler) (http.Handler, error) {
	set := s.config.Settings
	if set.PublicURL == "" {
		if set.ForCustomers() {
			return next, nil
		}
		return warnOfProxy(next, s.config.Log), nil
	}
	base, err := url.PathUnescape(s.site.path())
	if err != nil || base == "" {
		return next, err
	}
	doors := doorpath.With(set.Paths...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, below := strings.CutPrefix(r.URL.Path, base)
		if !below || rest != "" && rest[0] != '/' || doors.Has(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		inner := *r // handlers must not change the request they are given
		inner.URL = new(*r.URL)
		inner.URL.Path, inner.URL.RawPath = cmp.Or(rest, "/"), strings.TrimPrefix(r.URL.RawPath, s.site.path())
		inner.RequestURI = inner.URL.RequestURI()
		next.ServeHTTP(w, &inner)
	}), nil
}

// warnOfProxy logs once that a proxy stands in front. The headers are believed for nothing else:
// anybody can send them.
func warnOfProxy(next http.Handler, log *slog.Logger) http.Handler {
	var once sync.Once
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["X-Forwarded-Proto"]) > 0 || len(r.Header["X-Forwarded-Host"]) > 0 {
			once.Do(func() {
				log.WarnContext(r.Context(), "a proxy stands in front, and its address is not known",
					slog.String("hint", "start with --public-url and the address that browsers call: clients are told it, and its pages may call (docs/proxies.md)"))
			})
		}
		next.ServeHTTP(w, r)
	})
}
