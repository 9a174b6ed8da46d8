package serve_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/serve"
)

// What pages may do on a whole server: the neighbours of the console start chats and hold them, and
// read nothing of others'.
func TestD4WhatOtherPagesMay(t *testing.T) {
	t.Parallel()
	const (
		neighbour = "http://localhost:8080"
		private   = "http://192.168.1.5:8080"
		named     = "https://shop.example"
		evil      = "https://evil.example"
	)
	starts := []string{"POST /startChatContact", "POST /participant/connection", "GET /parley.js", "GET /participant/websocket"}
	looks := []string{
		"GET /api/status", "GET /api/contacts", "GET /api/contacts/x/transcript", "GET /api/exchanges", "GET /api/exchanges.har", "GET /api/events",
		"HEAD /api/contacts", "GET //api/contacts/",
	}
	for name, test := range map[string]struct {
		flags        []string
		origin       string
		chats, reads bool
	}{
		"neighbour":               {[]string{"--addr=127.0.0.1:0"}, neighbour, true, false},
		"neighbour, by address":   {[]string{"--addr=127.0.0.1:0"}, "http://127.0.0.1:5173", true, false},
		"private":                 {[]string{"--addr=127.0.0.1:0"}, private, false, false},
		"private, beyond":         {[]string{"--addr=0.0.0.0:0"}, private, true, false},
		"named":                   {[]string{"--addr=127.0.0.1:0", "--allow-origin=" + named}, named, true, true},
		"named neighbour":         {[]string{"--addr=127.0.0.1:0", "--allow-origin=" + neighbour}, neighbour, true, true},
		"named private":           {[]string{"--addr=127.0.0.1:0", "--allow-origin=" + private}, private, true, true},
		"public address":          {[]string{"--addr=127.0.0.1:0", "--public-url=" + named}, named, true, true},
		"file":                    {[]string{"--addr=127.0.0.1:0"}, "null", false, false},
		"named file":              {[]string{"--addr=127.0.0.1:0", "--allow-origin=null"}, "null", true, true},
		"foreign":                 {[]string{"--addr=127.0.0.1:0"}, evil, false, false},
		"foreign, beyond":         {[]string{"--addr=0.0.0.0:0"}, evil, false, false},
		"foreign, another named":  {[]string{"--addr=127.0.0.1:0", "--allow-origin=" + named}, evil, false, false},
		"neighbour, another host": {[]string{"--addr=127.0.0.1:0", "--allow-origin=" + named}, neighbour, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := config(t, test.flags...)
			server, err := serve.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close(t.Context())
			ask := func(call string, headers ...string) *httptest.ResponseRecorder {
				method, path, _ := strings.Cut(call, " ")
				r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader("{}"))
				if path == "/api/events" { // for those who may, it stays
					ended, end := context.WithCancel(r.Context())
					end()
					r = r.WithContext(ended)
				}
				if path == "/participant/websocket" {
					r.Header.Set("Connection", "Upgrade")
					r.Header.Set("Upgrade", "websocket")
				}
				for i := 0; i < len(headers); i += 2 {
					r.Header.Set(headers[i], headers[i+1])
				}
				w := httptest.NewRecorder()
				server.Handler().ServeHTTP(w, r)
				return w
			}
			// What came from the guard, and not from the Participant Service, names the origin.
			refused := func(w *httptest.ResponseRecorder) bool {
				return w.Code == http.StatusForbidden && w.Header().Get("X-Amzn-Errortype") == "OriginNotAllowed"
			}
			for _, call := range starts {
				w := ask(call, "Origin", test.origin, "Sec-Fetch-Site", "cross-site")
				if refused(w) == test.chats {
					t.Errorf("%s: %d, want allowed: %v", call, w.Code, test.chats)
				}
			}
			for _, call := range looks {
				for _, site := range []string{"", "same-site", "cross-site"} {
					if w := ask(call, "Origin", test.origin, "Sec-Fetch-Site", site); refused(w) == test.reads {
						t.Errorf("%s, %q: %d, want allowed: %v", call, site, w.Code, test.reads)
					}
				}
				if w := ask(call, "Origin", test.origin, "Authorization", "Bearer "+server.AdminToken().Reveal()); refused(w) {
					t.Errorf("%s with the token: %d", call, w.Code)
				}
				if w := ask(call, "Sec-Fetch-Site", "cross-site"); !refused(w) {
					t.Errorf("%s of a cross-site page without an origin: %d", call, w.Code)
				}
				for _, site := range []string{"same-origin", "none", ""} {
					if w := ask(call, "Sec-Fetch-Site", site); refused(w) {
						t.Errorf("%s of %q: %d", call, site, w.Code)
					}
				}
			}
		})
	}
}
