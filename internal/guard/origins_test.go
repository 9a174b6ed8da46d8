package guard_test

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/guard"
)

func TestOrigin(t *testing.T) {
	t.Parallel()
	beyond := guard.Config{Listen: ":3000"}
	tests := []struct {
		origin  string
		config  guard.Config
		allowed bool
	}{
		{origin: "http://localhost:8080", allowed: true},
		{origin: "https://localhost", allowed: true},
		{origin: "http://shop.localhost:5173", allowed: true},
		{origin: "http://127.0.0.1:8080", allowed: true},
		{origin: "http://127.5.5.5", allowed: true},
		{origin: "http://[::1]:8080", allowed: true},
		{origin: "http://0.0.0.0:8000", allowed: true},
		{origin: "http://10.1.2.3:19006", config: beyond, allowed: true},
		{origin: "http://10.1.2.3:19006"},
		{origin: "https://172.16.0.1", config: beyond, allowed: true},
		{origin: "https://172.16.0.1"},
		{origin: "http://192.168.1.5:8080", config: beyond, allowed: true},
		{origin: "http://192.168.1.5:8080"},
		{origin: "http://169.254.7.7", config: beyond, allowed: true},
		{origin: "http://169.254.7.7"},
		{origin: "http://[fd12:3456::1]:8080", config: beyond, allowed: true},
		{origin: "http://[fd12:3456::1]:8080"},
		{origin: "http://[fe80::1]:8080", config: beyond, allowed: true},
		{origin: "http://[fe80::1]:8080"},

		{origin: "https://evil.example"},
		{origin: "http://localhost.evil.example"},
		{origin: "http://evillocalhost"},
		{origin: "http://127.0.0.1.evil.example"},
		{origin: "http://192.168.1.5.nip.io"},
		{origin: "http://172.32.0.1"},
		{origin: "http://8.8.8.8"},
		{origin: "http://[2001:db8::1]"},
		{origin: "http://localhost@evil.example"},
		{origin: "http://localhost:8080@evil.example"},
		{origin: "http://localhost:8080/"},
		{origin: "http://localhost#evil.example"},
		{origin: "http://localhost\\.evil.example"},
		{origin: "https+evil://localhost"},
		{origin: "httpss://localhost"},
		{origin: "ftp://localhost"},
		{origin: "file://localhost"},
		{origin: "localhost"},
		{origin: "http://"},
		{origin: "http://:80"},
		{origin: "http://localhost http://evil.example"},
		{origin: "null"},
		{origin: "NULL"},
		{origin: "*"},

		{origin: "null", config: guard.Config{AllowOrigins: []string{"null"}}, allowed: true},
		{origin: "https://www.example.com", config: guard.Config{AllowOrigins: []string{"https://WWW.example.com:443"}}, allowed: true},
		{origin: "http://www.example.com", config: guard.Config{AllowOrigins: []string{"https://www.example.com"}}},
		{origin: "https://www.example.com:8443", config: guard.Config{AllowOrigins: []string{"https://www.example.com"}}},
		{origin: "https://example.com", config: guard.Config{AllowOrigins: []string{"https://www.example.com"}}},
		{origin: "https://a.www.example.com", config: guard.Config{AllowOrigins: []string{"https://www.example.com"}}},
		{origin: "http://shop.test:8080", config: guard.Config{AllowOrigins: []string{"http://shop.test:8080"}}, allowed: true},
		{origin: "capacitor://localhost", config: guard.Config{AllowOrigins: []string{"capacitor://localhost"}}, allowed: true},
		{origin: "http://localhost:8080", config: guard.Config{OnlyNamedOrigins: true}},
		{origin: "http://192.168.1.5", config: guard.Config{OnlyNamedOrigins: true, AllowOrigins: []string{"https://a.example"}}},
		{origin: "http://192.168.1.5", config: guard.Config{OnlyNamedOrigins: true, Listen: ":3000"}},
		{origin: "http://192.168.1.5", config: guard.Config{AllowOrigins: []string{"http://192.168.1.5"}}, allowed: true},
		{origin: "https://evil.example", config: beyond},
		{origin: "https://a.example", config: guard.Config{OnlyNamedOrigins: true, AllowOrigins: []string{"https://a.example"}}, allowed: true},
	}
	for _, test := range tests {
		t.Run(test.origin, func(t *testing.T) {
			t.Parallel()
			// As a widget posts: no preflight, so nothing but the server protects itself.
			for _, site := range []string{"", "cross-site", "same-site"} {
				next := &counter{}
				r := request("POST", "http://127.0.0.1:3000/startChatContact", "{}", "Origin", test.origin, "Content-Type", "text/plain;charset=UTF-8")
				if site != "" {
					r.Header.Set("Sec-Fetch-Site", site)
				}
				res := answer(t, test.config, next, r)
				if ran := next.runs.Load() == 1; ran != test.allowed {
					t.Fatalf("Sec-Fetch-Site %q: handler ran: %v, want %v", site, ran, test.allowed)
				}
				if got := res.Header.Values("Vary"); !slices.Contains(got, "Origin") {
					t.Errorf("Vary %q lacks Origin", got)
				}
				if test.allowed {
					if got := res.Header.Get("Access-Control-Allow-Origin"); got != test.origin {
						t.Errorf("Access-Control-Allow-Origin %q", got)
					}
					continue
				}
				wantNoCORS(t, res)
				if body := decode(t, res); res.StatusCode != http.StatusForbidden || body.Code != "OriginNotAllowed" || body.Hint == "" {
					t.Errorf("status %d, answer %+v", res.StatusCode, body)
				}
			}
		})
	}
}

func TestCheckOrigin(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][2]string{
		"null":                        {"null", ""},
		"https://WWW.example.com:443": {"https://www.example.com", ""},
		"http://shop.test:8080":       {"http://shop.test:8080", ""},
		"":                            {"", "is empty"},
		"*":                           {"", "must not hold *"},
		"https://*.example.com":       {"", "must not hold *"},
		"www.example.com":             {"", "not an origin"},
		"https://www.example.com/":    {"", "write https://www.example.com"},
		"https://h:80/a?b#c":          {"", "write https://h:80"},
		"https://me:hunter2@h/":       {"", "user name or password"},
		"https://me:%zz@h":            {"", "not an origin"},
		"https://h?":                  {"", "not an exact origin"},
		"http://ex!ample":             {"", "not a name"},
	} {
		origin, reason := guard.CheckOrigin(value)
		if origin != want[0] || !strings.Contains(reason, want[1]) || (reason == "") != (want[1] == "") {
			t.Errorf("CheckOrigin(%q) = %q, %q; want %q and a reason with %q", value, origin, reason, want[0], want[1])
		}
	}
}

func TestRowB4PublicOrigins(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]bool{
		"https://www.example.com": true, "http://shop.example:8080": true, "https://example.com.": true, "http://8.8.8.8": true,
		"https://[2001:db8::1]:8443": true, "https://172.32.0.1": true, "https://localhost.example.com": true,
		"null": false, "http://localhost:8080": false, "https://app.localhost": false, "http://127.0.0.1": false, "http://[::1]:1": false,
		"http://192.168.1.5:8080": false, "http://10.0.0.1": false, "http://[fd00::1]": false, "http://0.0.0.0:8000": false,
		"http://shop.test": false, "http://printer.local": false, "http://nas.home.arpa": false, "https://chat.corp.internal": false,
		"http://intranet": false, "capacitor://localhost": false, "chrome-extension://abcdef": false, "": false,
	} {
		if got := guard.IsPublic(origin); got != want {
			t.Errorf("IsPublic(%q) = %v", origin, got)
		}
	}
}

func wantNoCORS(t *testing.T, res *http.Response) {
	t.Helper()
	for name := range res.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %q for a refused origin", name, res.Header.Values(name))
		}
	}
}

func TestRequestsByKind(t *testing.T) {
	t.Parallel()
	socket := []string{"Upgrade", "websocket", "Connection", "Upgrade"}
	tests := []struct {
		name   string
		r      *http.Request
		config guard.Config
		runs   bool
	}{
		{"curl: no origin", request("POST", endpoint, "{}"), guard.Config{}, true},
		{"phone app: no origin, only named", request("POST", endpoint, "{}"), guard.Config{OnlyNamedOrigins: true}, true},
		{"foreign get", request("GET", endpoint, "", "Origin", "https://evil.example"), guard.Config{}, true},
		{"foreign link", request("GET", endpoint, "", "Sec-Fetch-Site", "cross-site"), guard.Config{}, true},
		{"foreign put", request("PUT", endpoint, "{}", "Origin", "https://evil.example"), guard.Config{}, false},
		{"foreign delete", request("DELETE", endpoint, "", "Origin", "https://evil.example"), guard.Config{}, false},
		{"foreign unknown method", request("BREW", endpoint, "", "Origin", "https://evil.example"), guard.Config{}, false},
		{"cross-site post without origin", request("POST", endpoint, "{}", "Sec-Fetch-Site", "cross-site"), guard.Config{}, false},
		{"same-site post without origin", request("POST", endpoint, "{}", "Sec-Fetch-Site", "same-site"), guard.Config{}, false},
		{"same-origin post without origin", request("POST", endpoint, "{}", "Sec-Fetch-Site", "same-origin"), guard.Config{}, true},
		{
			"console under an allowed name",
			request("POST", "http://parley.test:3000/", "{}", "Origin", "http://parley.test:3000"),
			guard.Config{AllowHosts: []string{"parley.test"}},
			true,
		},
		{
			"other port of an allowed name",
			request("POST", "http://parley.test:3000/", "{}", "Origin", "http://parley.test:4000"),
			guard.Config{AllowHosts: []string{"parley.test"}},
			false,
		},
		{"two origins", request("POST", endpoint, "{}", "Origin", "http://localhost", "Origin", "https://evil.example"), guard.Config{}, false},
		{"two origins, get", request("GET", endpoint, "", "Origin", "http://localhost", "Origin", "https://evil.example"), guard.Config{}, true},
		{"socket of an allowed page", request("GET", endpoint, "", append(socket, "Origin", "http://localhost:8080")...), guard.Config{}, true},
		{"socket of a phone", request("GET", endpoint, "", socket...), guard.Config{}, true},
		{"socket of a foreign page", request("GET", endpoint, "", append(socket, "Origin", "https://evil.example")...), guard.Config{}, false},
		{"socket of a file", request("GET", endpoint, "", append(socket, "Origin", "null")...), guard.Config{}, false},
		{"socket with two origins", request("GET", endpoint, "", append(socket, "Origin", "http://localhost", "Origin", "http://localhost")...), guard.Config{}, false},
		{
			"socket of the console under an allowed name",
			request("GET", "http://parley.test:3000/", "", append(socket, "Origin", "http://parley.test:3000")...),
			guard.Config{AllowHosts: []string{"parley.test"}},
			true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			next := &counter{}
			res := answer(t, test.config, next, test.r)
			if ran := next.runs.Load() == 1; ran != test.runs {
				t.Fatalf("handler ran: %v, want %v; status %d", ran, test.runs, res.StatusCode)
			}
			if origin := test.r.Header.Get("Origin"); origin != "http://localhost:8080" {
				wantNoCORS(t, res)
			}
		})
	}
}

// A server that customers reach takes the named origins and its own, and no header that
// vouches for another; its own only when it knows its name.
func TestOnlyNamedOrigins(t *testing.T) {
	t.Parallel()
	anyHost := guard.Config{OnlyNamedOrigins: true, AllowOrigins: []string{"https://shop.example"}, AllowHosts: []string{"*"}}
	named := anyHost
	named.AllowHosts = []string{"chat.example"}
	socket := []string{"Connection", "Upgrade", "Upgrade", "websocket"}
	for name, test := range map[string]struct {
		config guard.Config
		r      *http.Request
		runs   bool
	}{
		"named":                    {anyHost, request("POST", "http://chat.example/", "{}", "Origin", "https://shop.example"), true},
		"rebound name":             {anyHost, request("POST", "http://evil.example/", "{}", "Origin", "http://evil.example"), false},
		"rebound name, new":        {anyHost, request("POST", "http://evil.example/", "{}", "Origin", "http://evil.example", "Sec-Fetch-Site", "same-origin"), false},
		"vouched for":              {anyHost, request("POST", "http://chat.example/", "{}", "Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"), false},
		"vouched for by a person":  {named, request("POST", "http://chat.example/", "{}", "Origin", "https://evil.example", "Sec-Fetch-Site", "none"), false},
		"no page":                  {anyHost, request("POST", "http://chat.example/", "{}", "Origin", "null", "Sec-Fetch-Site", "same-origin"), false},
		"own page":                 {named, request("POST", "http://chat.example/", "{}", "Origin", "https://chat.example"), true},
		"own page, new":            {named, request("POST", "http://chat.example/", "{}", "Origin", "https://chat.example", "Sec-Fetch-Site", "same-origin"), true},
		"own page at another port": {named, request("POST", "http://chat.example/", "{}", "Origin", "https://chat.example:8443"), false},
		"no origin":                {anyHost, request("POST", "http://chat.example/", "{}"), true},
		"socket of a rebound name": {anyHost, request("GET", "http://evil.example/", "", append(socket, "Origin", "http://evil.example")...), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := &counter{}
			res := answer(t, test.config, next, test.r)
			if ran := next.runs.Load() == 1; ran != test.runs {
				t.Errorf("handler ran: %v, want %v; status %d", ran, test.runs, res.StatusCode)
			}
		})
	}
}

func TestRefusedOriginNamesTheRemedy(t *testing.T) {
	t.Parallel()
	for origin, want := range map[string]string{
		"https://www.example.com": "--allow-origin https://www.example.com.",
		"null":                    "--allow-origin null",
	} {
		res := answer(t, guard.Config{DocsURL: "/docs/errors"}, &counter{}, request("POST", endpoint, "{}", "Origin", origin))
		body := decode(t, res)
		if !strings.Contains(body.Hint, want) {
			t.Errorf("origin %s: hint %q lacks %q", origin, body.Hint, want)
		}
		rule := "origin-not-allowed"
		if origin == "null" {
			rule = "null-origin"
		}
		if body.Docs != "http://localhost:3000/docs/errors#"+rule {
			t.Errorf("origin %s: docs %q, want rule %s", origin, body.Docs, rule)
		}
	}
	res := answer(t, guard.Config{OnlyNamedOrigins: true}, &counter{}, request("POST", endpoint, "{}", "Origin", "https://www.example.com"))
	if hint := decode(t, res).Hint; !strings.Contains(hint, "https://www.example.com to ALLOWED_ORIGINS") {
		t.Errorf("on a server for customers: hint %q", hint)
	}
	res = answer(t, guard.Config{OnlyNamedOrigins: true}, &counter{}, request("POST", endpoint, "{}", "Origin", "null"))
	if hint := decode(t, res).Hint; strings.Contains(hint, "--allow-origin") {
		t.Errorf("on a server for customers, from a file: hint %q", hint)
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	const sdkHeaders = "authorization,content-type,x-amz-bearer,x-amz-content-sha256,x-amz-date,x-amz-user-agent"
	vary := "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network"
	allowed := func(method, headers string) map[string]string {
		want := map[string]string{
			"Access-Control-Allow-Origin": "http://localhost:8080", "Access-Control-Allow-Methods": method,
			"Access-Control-Max-Age": "600", "Vary": vary,
		}
		if headers != "" {
			want["Access-Control-Allow-Headers"] = headers
		}
		return want
	}
	private := allowed("POST", "")
	private["Access-Control-Allow-Private-Network"] = "true"
	refused := map[string]string{"Vary": vary}
	tests := []struct {
		name, origin, method, headers string
		private                       bool
		want                          map[string]string
	}{
		{name: "chat client", method: "POST", headers: sdkHeaders, want: allowed("POST", sdkHeaders)},
		{name: "describe view", method: "GET", headers: "authorization,x-amz-bearer", want: allowed("GET", "authorization,x-amz-bearer")},
		{name: "attachment", method: "PUT", headers: "x-amz-meta-account,x-custom", want: allowed("PUT", "x-amz-meta-account,x-custom")},
		{name: "hosted backend", method: "POST", headers: "x-amz-security-token,x-amz-snippet-id", want: allowed("POST", "x-amz-security-token,x-amz-snippet-id")},
		{name: "private network", method: "POST", private: true, want: private},
		{name: "evil", origin: "https://evil.example", method: "POST", headers: sdkHeaders, private: true, want: refused},
		{name: "file", origin: "null", method: "POST", want: refused},
		{name: "method that no route takes", method: "TRACE", want: refused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			origin := test.origin
			if origin == "" {
				origin = "http://localhost:8080"
			}
			r := request("OPTIONS", endpoint, "", "Origin", origin, "Access-Control-Request-Method", test.method)
			if test.headers != "" {
				r.Header.Set("Access-Control-Request-Headers", test.headers)
			}
			if test.private {
				r.Header.Set("Access-Control-Request-Private-Network", "true")
			}
			next := &counter{}
			res := answer(t, guard.Config{}, next, r)
			got := map[string]string{}
			for name, values := range maps.All(res.Header) {
				got[name] = strings.Join(values, "; ")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if res.StatusCode != http.StatusNoContent || next.runs.Load() != 0 {
				t.Errorf("status %d, handler ran %d times; want 204 and none", res.StatusCode, next.runs.Load())
			}
		})
	}
}

func TestPreflightWithTwoOrigins(t *testing.T) {
	t.Parallel()
	r := request("OPTIONS", endpoint, "", "Access-Control-Request-Method", "POST",
		"Origin", "http://localhost:8080", "Origin", "https://evil.example")
	res := answer(t, guard.Config{}, &counter{}, r)
	if res.StatusCode != http.StatusNoContent {
		t.Errorf("status %d, want 204", res.StatusCode)
	}
	wantNoCORS(t, res)
}

func TestPlainOptionsReachesTheHandler(t *testing.T) {
	t.Parallel()
	next := &counter{}
	answer(t, guard.Config{}, next, request("OPTIONS", endpoint, "", "Origin", "http://localhost:8080"))
	if next.runs.Load() != 1 {
		t.Error("an OPTIONS request that is no preflight did not reach the handler")
	}
}

func TestErrorAnswersCarryCORS(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 404, 405, 408, 413, 429, 500, 502, 503, 504} {
		next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", status) })
		res := answer(t, guard.Config{}, next, request("POST", endpoint, "{}", "Origin", "http://localhost:8080"))
		want := http.Header{
			"Access-Control-Allow-Origin":   {"http://localhost:8080"},
			"Access-Control-Expose-Headers": {"X-Amzn-Errortype, X-Amzn-Requestid, Retry-After, Www-Authenticate"},
			"Vary":                          {"Origin"},
		}
		for name := range want {
			if diff := cmp.Diff(want[name], res.Header[name]); diff != "" {
				t.Errorf("status %d, %s (-want +got):\n%s", status, name, diff)
			}
		}
		if got := res.Header.Get("Access-Control-Allow-Credentials"); got != "" {
			t.Errorf("status %d: Access-Control-Allow-Credentials %q", status, got)
		}
	}
}

// FuzzOrigin holds the guard against a second reading of the rule, by net/url: an
// allowed origin is http or https, nothing but host and port, and its host is
// loopback, the one that the configuration names, or, where the server listens beyond
// loopback, private.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{
		"", "null", "http://localhost:1", "https://127.0.0.1", "http://[::1]:8", "http://192.168.0.1", "https://a.example",
		"http://a.localhost", "http://localhost@a", "http://localhost:80/", "httpss://localhost", "http://[fe80::1%25lo]", "http://\u017f",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	near := newGuard(f, guard.Config{AllowOrigins: []string{"https://a.example"}})
	beyond := newGuard(f, guard.Config{AllowOrigins: []string{"https://a.example"}, Listen: ":3000"})
	f.Fuzz(func(t *testing.T, origin string, network bool) {
		next, g := &counter{}, near
		if network {
			g = beyond
		}
		r := request("POST", endpoint, "{}", "Sec-Fetch-Site", "cross-site")
		r.Header["Origin"] = []string{origin}
		rec := httptest.NewRecorder()
		g.Wrap(next).ServeHTTP(rec, r)
		ran := next.runs.Load() == 1
		if acao := rec.Header().Get("Access-Control-Allow-Origin"); ran != (acao == origin && origin != "") || acao != "" && !ran {
			t.Fatalf("origin %q: handler ran: %v, Access-Control-Allow-Origin %q", origin, ran, acao)
		}
		if !ran || origin == "https://a.example" {
			return
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" ||
			u.Fragment != "" || strings.ContainsAny(origin, "#?@\\ ") {
			t.Fatalf("origin %q was allowed", origin)
		}
		ip := net.ParseIP(u.Hostname())
		name := strings.ToLower(u.Hostname())
		if name != "localhost" && !strings.HasSuffix(name, ".localhost") &&
			(ip == nil || !ip.IsLoopback() && !ip.Equal(net.IPv4zero) && (!network || !ip.IsPrivate() && !ip.IsLinkLocalUnicast())) {
			t.Fatalf("origin %q was allowed", origin)
		}
	})
}

// The public address is answered for, and its pages are the server's own, whatever the proxy in
// front makes of the Host header.
func TestC1PublicURL(t *testing.T) {
	t.Parallel()
	for public, origin := range map[string]string{
		"https://chat.example.com":             "https://chat.example.com",
		"https://Chat.Example.com:443/parley/": "https://chat.example.com",
		"https://chat.example.com:8443/a/b":    "https://chat.example.com:8443",
		"http://[2001:db8::1]:8080":            "http://[2001:db8::1]:8080",
		"http://203.0.113.5":                   "http://203.0.113.5",
	} {
		_, authority, _ := strings.Cut(origin, "://")
		name := regexp.MustCompile(`:\d+$`).ReplaceAllString(authority, "")
		for _, only := range []bool{false, true} {
			for _, host := range []string{authority, name, "127.0.0.1:3000", strings.ToUpper(name)} {
				r := request("POST", endpoint, "{}", "Origin", origin)
				r.Host = host
				next := &counter{}
				if res := answer(t, guard.Config{PublicURL: public, OnlyNamedOrigins: only}, next, r); res.StatusCode != http.StatusOK || next.runs.Load() != 1 {
					t.Errorf("%s, a page of it at %s: %d", public, host, res.StatusCode)
				}
				r = request("POST", endpoint, "{}", "Origin", "https://evil.example")
				r.Host = host
				if res := answer(t, guard.Config{PublicURL: public, OnlyNamedOrigins: only}, &counter{}, r); res.StatusCode != http.StatusForbidden {
					t.Errorf("%s, a foreign page at %s: %d", public, host, res.StatusCode)
				}
			}
		}
		r := request("GET", endpoint, "")
		r.Host = "evil.example"
		if res := answer(t, guard.Config{PublicURL: public}, &counter{}, r); res.StatusCode == http.StatusOK {
			t.Errorf("%s: another host is answered for", public)
		}
	}
	for _, public := range []string{"chat.example.com", "https://", "https://b\u00fccher.example", "https://*.example.com", "https://me@h"} {
		_, err := guard.New(guard.Config{PublicURL: public})
		if fault, ok := errors.AsType[*guard.ConfigError](err); !ok || fault.Field != "PublicURL" {
			t.Errorf("%s: %v", public, err)
		}
	}
}
