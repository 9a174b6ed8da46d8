package guard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/rs/cors"
)

// preflightAge is how long browsers may remember a preflight answer, in seconds. Chromium
// caps it at 7200.
const preflightAge = 600

// newCORS returns what sets the headers by which the pages of some origins may send requests of
// some methods and read the answers.
func newCORS(allow func(origin string) bool, methods ...string) *cors.Cors {
	return cors.New(cors.Options{
		AllowOriginFunc: allow,
		AllowedMethods:  methods,
		// Any header an allowed page asks for is echoed: the AWS SDK's own set grows with
		// its versions, and attachment uploads bring names of their own. A literal "*"
		// in the answer would not cover Authorization (Fetch standard, section 4.8).
		AllowedHeaders:      []string{"*"},
		ExposedHeaders:      []string{"X-Amzn-Errortype", "X-Amzn-Requestid", "Retry-After", "Www-Authenticate"},
		MaxAge:              preflightAge,
		AllowPrivateNetwork: true,
	})
}

// admit applies the origin rules and sets the CORS headers. It reports whether the
// request goes on; when not, it has been answered.
func (g *Guard) admit(w http.ResponseWriter, r *http.Request) bool {
	values := r.Header["Origin"]
	allowed := len(values) == 1 && g.origins.allow(values[0])
	preflight := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
	refused := !allowed && !preflight && g.objects(r, values)
	if (refused || preflight && !allowed) && g.explains(r, values) {
		g.explained.HandlerFunc(w, r)
		if refused {
			g.refuseOrigin(w, r, values)
		}
		return false
	}
	if refused {
		w.Header().Set("Vary", "Origin")
		g.refuseOrigin(w, r, values)
		return false
	}
	invoked := g.gateway && len(r.Header) == 0
	if g.requireOrigin && !invoked && !isSafe(r) && (len(values) == 0 || values[0] == "") {
		w.Header().Set("Vary", "Origin")
		g.refuseNoOrigin(w, r)
		return false
	}
	switch {
	case len(values) <= 1:
		// Sets the headers for allowed origins and nothing but Vary for others; answers
		// preflights.
		g.cors.HandlerFunc(w, r)
	case preflight:
		w.WriteHeader(http.StatusNoContent)
	}
	if preflight && !allowed && len(values) > 0 {
		g.reportOrigin(r, values)
	}
	return !preflight
}

// explains reports whether a page may read why its request is refused. Two origins are nobody's.
func (g *Guard) explains(r *http.Request, origins []string) bool {
	return g.explain != nil && len(origins) == 1 && origins[0] != "" && g.explain(r)
}

// objects reports whether a request that no allowed origin vouches for must not be
// carried out.
func (g *Guard) objects(r *http.Request, origins []string) bool {
	safe := isSafe(r)
	if safe && r.Header["Upgrade"] == nil {
		return g.onlyForPages != nil && r.Method != http.MethodOptions && g.onlyForPages(r) && !g.mayLoad(r, origins)
	}
	if len(origins) > 1 {
		return true
	}
	if g.origins.only && len(origins) == 1 && origins[0] != "" {
		// CrossOriginProtection would believe Sec-Fetch-Site before it looks at the origin.
		return g.gateway || g.hosts.any || !isOriginOf(origins[0], r.Host)
	}
	if safe {
		// CrossOriginProtection takes every GET for harmless.
		upgrade := *r
		upgrade.Method = http.MethodPost
		r = &upgrade
	}
	return g.cross.Check(r) != nil
}

// mayLoad reports whether a read is made by a page that may call, or by none at all. Without an
// Origin, as for the file of a script tag, the Referer says which page it is; browsers let pages
// leave it out, but not name another's.
//
// Sources: https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header and
// https://w3c.github.io/webappsec-referrer-policy/
func (g *Guard) mayLoad(r *http.Request, origins []string) bool {
	if len(origins) > 1 {
		return false
	}
	page := strings.Join(origins, "")
	if from, err := url.Parse(r.Header.Get("Referer")); page == "" && err == nil && from.Host != "" {
		page = from.Scheme + "://" + from.Host
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "same-origin", site == "none", site == "" && (page == "" || isOriginOf(page, r.Host)):
		return true // this server's own page, a person, or no browser
	case page != "":
		return g.origins.allow(page)
	case site == "same-site" && nearness("http://"+r.Host) == thisMachine:
		return g.origins.allow("http://" + r.Host) // a page of this machine that says no more
	}
	return g.origins.allow(nullOrigin) // such as one opened from a file
}

// isOriginOf reports whether an Origin header names the host that is called.
func isOriginOf(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}
