package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/parley-chat/parley/internal/diagnosis"
)

// admit decides whether a call may be made at all.
func (a *API) admit(r *http.Request, needs needs, changes bool) error {
	switch {
	case needs&embedded != 0 && a.cfg.Chats == nil:
		return diagnosis.New(diagnosis.NotEmbedded, "")
	case needs&recorder != 0 && a.cfg.Exchanges == nil:
		p := diagnosis.New(diagnosis.NotEmbedded, "This server keeps no record of what passes it.")
		p.Hint = "Start it without --inspect=false to look at calls, frames and steps of flows."
		return p
	case !changes || a.fromOwnPage(r) || a.hasToken(r):
		return nil
	case r.Header.Get("Authorization") != "":
		return diagnosis.New(diagnosis.AdminTokenRequired, "What the call brings in Authorization is not this server's admin token.")
	}
	return diagnosis.New(diagnosis.AdminTokenRequired, "")
}

// hasToken reports whether a call brings the admin token. How long it takes tells nothing about
// the token.
func (a *API) hasToken(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if a.cfg.AdminToken.IsZero() || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	given := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(given[:], a.token[:]) == 1
}

// fromOwnPage reports whether a call comes from a page of this very server. Browsers set both
// headers themselves, and guard has compared the host with the names of this server.
// Sec-Fetch-Site, which they leave out for plain HTTP beyond loopback, says more than Origin.
// Behind a proxy the host of the request may be another than that of the page.
func (a *API) fromOwnPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	named := r.Header.Get("Origin")
	if named != "" && named == a.cfg.PublicOrigin {
		return true
	}
	origin, err := url.Parse(named)
	return err == nil && origin.Host != "" && strings.EqualFold(origin.Host, r.Host)
}
