package serve_test

import (
	"net/http"
	"strings"
	"testing"
)

// --public-url alone is enough for a proxy in front, whatever it makes of Host and of the path.
func TestC1PublicURLAlone(t *testing.T) {
	t.Parallel()
	for public, base := range map[string]string{
		"https://chat.example.com": "", "https://chat.example.com:8443/": "", "https://chat.example.com:8443/parley/": "/parley",
		"https://chat.example.com/a%20b": "/a%20b",
	} {
		handler, log := open(t, "--public-url="+public, "--path=/parley/mine")
		origin := strings.TrimSuffix(strings.TrimSuffix(public, "/"), base)
		for _, host := range []string{strings.TrimPrefix(origin, "https://"), "chat.example.com", "127.0.0.1:3000"} {
			for _, path := range []string{"", base} {
				at := "http://" + host + path
				header := []string{"Origin", origin, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "chat.example.com"}
				for call, want := range map[string]int{
					"POST /startChatContact": 200, "POST /": 200, "GET /": 200, "GET /console/desk": 200, "GET /console/api.js": 200,
					"GET /parley.js": 200, "GET /readyz": 200, "DELETE /api/faults": 204, "GET /nowhere": 404, "GET /parleyx": 404,
				} {
					method, path, _ := strings.Cut(call, " ")
					if got := ask(handler, method, at+path, header...); got.Code != want {
						t.Errorf("%s: %s of %s: %d %s, want %d", public, call, at, got.Code, got.Body, want)
					}
				}
				if got := ask(handler, http.MethodPost, at+"/startChatContact", "Origin", "https://evil.example"); got.Code != http.StatusForbidden {
					t.Errorf("%s: a foreign page: %d", public, got.Code)
				}
			}
			if got := ask(handler, http.MethodPost, "http://"+host+"/parley/mine", "Origin", origin); got.Code != http.StatusOK {
				t.Errorf("%s: a path of the front door's own: %d", public, got.Code)
			}
		}
		if got := ask(handler, http.MethodGet, "http://evil.example/"); got.Code != http.StatusForbidden {
			t.Errorf("%s: another host: %d", public, got.Code)
		}
		if strings.Contains(log.String(), "proxy") {
			t.Errorf("%s: the log says %s", public, log)
		}
	}
}

// Without --public-url the first request through a proxy is told of in the log, and no other.
func TestC1WarnsOfAProxyOnce(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"X-Forwarded-Proto", "X-Forwarded-Host"} {
		handler, log := open(t)
		ask(handler, http.MethodGet, "http://localhost/")
		if strings.Contains(log.String(), "--public-url") {
			t.Errorf("without a proxy: %s", log)
		}
		for range 3 {
			ask(handler, http.MethodGet, "http://chat.example.com/", name, "https") // refused for its host, and told of
		}
		if n := strings.Count(log.String(), "--public-url"); n != 1 {
			t.Errorf("%s: told %d times: %s", name, n, log)
		}
	}
}
