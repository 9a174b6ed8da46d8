package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
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
	case a.fromOwnPage(r) || a.hasToken(r):
		return nil
	case !changes:
		return a.admitReader(r)
	case r.Header.Get("Authorization") != "":
		return diagnosis.New(diagnosis.AdminTokenRequired, "What the call brings in Authorization is not this server's admin token.")
	}
	return diagnosis.New(diagnosis.AdminTokenRequired, "")
}

// admitReader decides whether a call that brings no token and comes from no page of this server may
// read: programs may, of pages only those of origins that somebody has named. Another page on this
// machine may start chats, but what was said in all of them is nothing for it.
func (a *API) admitReader(r *http.Request) error {
	origins, site := r.Header["Origin"], r.Header.Get("Sec-Fetch-Site")
	switch {
	case len(origins) == 0 && (site == "" || site == "none"):
		return nil // a program, or a person who typed the address
	case len(origins) == 1 && slices.Contains(a.cfg.Readers, origins[0]):
		return nil
	}
	p := diagnosis.New(diagnosis.OriginNotAllowed, "Other pages may not read what the API knows of chats and calls.")
	p.Hint = "Start the server with --allow-origin and the page's origin, or send Authorization: Bearer and the admin token."
	return p
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
