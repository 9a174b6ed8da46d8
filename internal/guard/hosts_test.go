package guard_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/guard"
)

// from returns the request as if its connection had arrived at the address.
func from(r *http.Request, addr string) *http.Request {
	local := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(addr), 3000))
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
}

func TestHost(t *testing.T) {
	t.Parallel()
	named := []string{"parley.test", "Chat.Example.COM", "192.0.2.7", "[2001:db8::1]", "2001:db8::2"}
	tests := []struct {
		host    string
		config  guard.Config
		arrived string // address the connection arrived at
		allowed bool
	}{
		{host: "localhost", allowed: true},
		{host: "localhost:3000", allowed: true},
		{host: "localhost:9", allowed: true},
		{host: "LOCALHOST:3000", allowed: true},
		{host: "shop.localhost:3000", allowed: true},
		{host: "127.0.0.1:3000", allowed: true},
		{host: "127.8.9.10", allowed: true},
		{host: "[::1]:3000", allowed: true},
		{host: "[::1]", allowed: true},
		{host: "[::ffff:127.0.0.1]:3000", allowed: true},
		{host: "10.0.2.2:3000", allowed: true},

		{host: ""},
		{host: ":3000"},
		{host: "evil.example"},
		{host: "localhost.evil.example:3000"},
		{host: "evillocalhost"},
		{host: "evil.example.localhost.evil.example"},
		{host: ".localhost"},
		{host: "a..localhost"},
		{host: "localhost."},
		{host: "localhost:"},
		{host: "localhost:x"},
		{host: "localhost:123456"},
		{host: "localhost:3000:3000"},
		{host: "localhost@evil.example"},
		{host: "evil.example@localhost"},
		{host: "user:pw@localhost"},
		{host: "localhost/"},
		{host: "localhost, evil.example"},
		{host: "localhost evil.example"},
		{host: "127.0.0.1.evil.example"},
		{host: "127.1"},
		{host: "0x7f.0.0.1"},
		{host: "2130706433"},
		{host: "127.0.0.01"},
		{host: "0.0.0.0:3000"},
		{host: "::1"},
		{host: "[::1"},
		{host: "[::1]3000"},
		{host: "[::1]x:3000"},
		{host: "[127.0.0.1]"},
		{host: "[localhost]"},
		{host: "[fe80::1%25lo]:3000"},
		{host: "127.0.0.1\x00"},
		{host: "locAlho\u017ft"},
		{host: "10.0.2.3"},

		{host: "parley.test:3000", config: guard.Config{AllowHosts: named}, allowed: true},
		{host: "PARLEY.test", config: guard.Config{AllowHosts: named}, allowed: true},
		{host: "chat.example.com", config: guard.Config{AllowHosts: named}, allowed: true},
		{host: "192.0.2.7:80", config: guard.Config{AllowHosts: named}, allowed: true},
		{host: "[2001:db8::1]:80", config: guard.Config{AllowHosts: named}, allowed: true},
		{host: "[2001:DB8:0::2]", config: guard.Config{AllowHosts: named}, allowed: true},
		{host: "2001:db8::1", config: guard.Config{AllowHosts: named}},
		{host: "x.parley.test", config: guard.Config{AllowHosts: named}},
		{host: "parley.test.evil.example", config: guard.Config{AllowHosts: named}},
		{host: "par\u212aley.test", config: guard.Config{AllowHosts: []string{"parkley.test"}}},

		{host: "anything.example", config: guard.Config{AllowHosts: []string{"*"}}, allowed: true},
		{host: "any thing", config: guard.Config{AllowHosts: []string{"*"}}},
		{host: "", config: guard.Config{AllowHosts: []string{"*"}}},

		// The machine's own addresses count only when the server is reachable there.
		{host: "192.168.1.5:3000", config: guard.Config{Listen: "0.0.0.0:3000"}, arrived: "192.168.1.5", allowed: true},
		{host: "192.168.1.5:3000", config: guard.Config{Listen: ":3000"}, arrived: "::ffff:192.168.1.5", allowed: true},
		{host: "[fd00::5]:3000", config: guard.Config{Listen: "[::]:3000"}, arrived: "fd00::5", allowed: true},
		{host: "192.168.1.6:3000", config: guard.Config{Listen: ":3000"}, arrived: "192.168.1.5"},
		{host: "evil.example:3000", config: guard.Config{Listen: ":3000"}, arrived: "192.168.1.5"},
		{host: "192.168.1.5:3000", config: guard.Config{Listen: "127.0.0.1:3000"}, arrived: "192.168.1.5"},
		{host: "192.168.1.5:3000", config: guard.Config{Listen: "localhost:3000"}, arrived: "192.168.1.5"},
		{host: "192.168.1.5:3000", config: guard.Config{Listen: "[::1]:3000"}, arrived: "192.168.1.5"},
		{host: "192.168.1.5:3000", config: guard.Config{Listen: "192.168.1.5:3000"}, allowed: true},
		{host: "mybox.lan:3000", config: guard.Config{Listen: "MyBox.lan:3000"}, allowed: true},
		{host: "192.168.1.5:3000", config: guard.Config{Listen: ":3000"}},
	}
	for _, test := range tests {
		t.Run(test.host, func(t *testing.T) {
			t.Parallel()
			next := &counter{}
			r := request("POST", endpoint, "{}")
			r.Host = test.host
			if test.arrived != "" {
				r = from(r, test.arrived)
			}
			res := answer(t, test.config, next, r)
			if ran := next.runs.Load() == 1; ran != test.allowed {
				t.Fatalf("handler ran: %v, want %v (%+v)", ran, test.allowed, test.config)
			}
			if test.allowed {
				return
			}
			body := decode(t, res)
			if res.StatusCode != http.StatusForbidden || body.Code != "HostNotAllowed" || body.Hint == "" {
				t.Errorf("status %d, answer %+v", res.StatusCode, body)
			}
			for _, c := range body.Error + body.Hint {
				if c < ' ' || c > '~' {
					t.Errorf("answer repeats the unprintable %q: %q", c, body.Error)
				}
			}
		})
	}
}

func TestRefusedHostNamesTheRemedy(t *testing.T) {
	t.Parallel()
	r := request("POST", "http://my-laptop.lan:3000/", "{}", "Origin", "http://localhost:8080")
	res := answer(t, guard.Config{DocsURL: "http://localhost:3000/docs/errors"}, &counter{}, r)
	if got := res.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("Access-Control-Allow-Origin %q on a refused host", got)
	}
	body := decode(t, res)
	if !strings.Contains(body.Error, `"my-laptop.lan:3000"`) {
		t.Errorf("the sentence does not name the host: %q", body.Error)
	}
	if !strings.Contains(body.Hint, "--allow-host my-laptop.lan.") {
		t.Errorf("the hint does not name the flag: %q", body.Hint)
	}
	if body.Docs != "http://localhost:3000/docs/errors#host-not-allowed" {
		t.Errorf("docs %q", body.Docs)
	}
}

// TestHostOnTheWire sends what only a raw connection can: what net/http makes of it
// decides what the guard sees.
func TestHostOnTheWire(t *testing.T) {
	t.Parallel()
	next := &counter{}
	server := httptest.NewServer(newGuard(t, guard.Config{}).Wrap(next))
	t.Cleanup(server.Close)
	tests := []struct {
		name, head string
		status     int
		runs       int64
	}{
		{"plain", "POST / HTTP/1.1\r\nHost: localhost\r\n", 200, 1},
		{"lower-case method", "post / HTTP/1.1\r\nHost: localhost\r\n", 200, 1},
		{"rebound name", "POST / HTTP/1.1\r\nHost: evil.example\r\n", 403, 0},
		{"two hosts", "POST / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 400, 0},
		{"same host twice", "POST / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", 400, 0},
		{"no host", "POST / HTTP/1.1\r\n", 400, 0},
		{"http/1.0 without host", "POST / HTTP/1.0\r\n", 403, 0},
		{"absolute form of ours", "POST http://localhost:3000/ HTTP/1.1\r\nHost: localhost:3000\r\n", 200, 1},
		{"absolute form of another", "POST http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n", 403, 0},
		{"forwarded host is ignored", "POST / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\n", 403, 0},
	}
	for _, test := range tests {
		before := next.runs.Load()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, test.head+"Content-Length: 2\r\nConnection: close\r\n\r\n{}"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		_ = conn.Close()
		if runs := next.runs.Load() - before; res.StatusCode != test.status || runs != test.runs {
			t.Errorf("%s: status %d and %d runs, want %d and %d", test.name, res.StatusCode, runs, test.status, test.runs)
		}
	}
}

// FuzzHost holds the guard against a second, slower reading of the rule: an allowed
// host is loopback, 10.0.2.2 or the one name of the configuration.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{
		"", "localhost", "localhost:3000", "a.localhost", "127.0.0.1:80", "[::1]:3000", "10.0.2.2", "parley.test:1",
		"evil.example", "[::ffff:7f00:1]", "[fe80::1%25lo]", "127.1", "localhost:", "[", "]:1", "a:b:c", "\u017f",
	} {
		f.Add(seed)
	}
	g, err := guard.New(guard.Config{AllowHosts: []string{"parley.test"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, host string) {
		next := &counter{}
		r := request("POST", endpoint, "{}")
		r.Host = host
		g.Wrap(next).ServeHTTP(httptest.NewRecorder(), r)
		if next.runs.Load() == 0 {
			return
		}
		name := host
		if h, port, err := net.SplitHostPort(host); err == nil {
			name = h
			if port == "" || strings.Trim(port, "0123456789") != "" {
				t.Fatalf("host %q with port %q was allowed", host, port)
			}
		}
		name = strings.ToLower(strings.Trim(name, "[]"))
		ip := net.ParseIP(name)
		if slices.Contains([]string{"localhost", "parley.test", "10.0.2.2"}, name) ||
			strings.HasSuffix(name, ".localhost") || ip != nil && ip.IsLoopback() {
			return
		}
		t.Fatalf("host %q was allowed", host)
	})
}

// Behind a gateway the host is not judged, an event without headers is nobody's page, and
// everything else stands under the same rules.
func TestC3BehindGateway(t *testing.T) {
	t.Parallel()
	config := guard.Config{BehindGateway: true, OnlyNamedOrigins: true, RequireOrigin: true, AllowOrigins: []string{"https://www.example.com"}}
	tests := map[string]struct {
		host    string
		header  []string
		allowed bool
	}{
		"nothing":             {"", nil, true},
		"a made-up host":      {"testPrefix.testDomainName", nil, true},
		"a placeholder":       {"id.execute-api.{dns_suffix}", []string{"Origin", "https://www.example.com"}, true},
		"no host":             {"", []string{"Origin", "https://www.example.com"}, true},
		"no origin":           {"", []string{"Accept", "*/*"}, false},
		"a foreign page":      {"", []string{"Origin", "https://evil.example"}, false},
		"a page of that host": {"evil.example", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, false},
	}
	for name, tt := range tests {
		for _, elsewhere := range []bool{false, true} {
			config := config
			config.BehindGateway = !elsewhere
			r := request("POST", endpoint, "{}", tt.header...)
			r.Host = tt.host
			if tt.header == nil {
				r.Header = http.Header{}
			}
			next := &counter{}
			res := answer(t, config, next, r)
			if want := tt.allowed && !elsewhere; (res.StatusCode == http.StatusOK) != want || (next.runs.Load() == 1) != want {
				t.Errorf("%s, behind a gateway %t: %d", name, !elsewhere, res.StatusCode)
			}
		}
	}
}
