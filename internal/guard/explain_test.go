package guard_test

import (
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/guard"
)

// Where the configuration says so, a page of any origin may send its post and read why it is
// refused; the handler does not run, and nothing else is granted.
func TestRowB5RefusalIsReadByThePage(t *testing.T) {
	t.Parallel()
	explain := func(r *http.Request) bool { return r.Method != http.MethodGet && r.URL.Path == "/startChatContact" }
	const evil, elsewhere = "https://evil.example", "http://localhost:3000/participant/message"
	for name, test := range map[string]struct {
		config   guard.Config
		r        *http.Request
		status   int
		readable string // the origin that may read the answer
	}{
		"preflight":               {guard.Config{}, preflight(endpoint, evil, "POST"), 204, evil},
		"preflight of a file":     {guard.Config{}, preflight(endpoint, "null", "POST"), 204, "null"},
		"preflight to read":       {guard.Config{}, preflight(endpoint, evil, "GET"), 204, ""},
		"preflight to delete":     {guard.Config{}, preflight(endpoint, evil, "DELETE"), 204, ""},
		"preflight, elsewhere":    {guard.Config{}, preflight(elsewhere, evil, "POST"), 204, ""},
		"preflight to customers":  {guard.Config{OnlyNamedOrigins: true}, preflight(endpoint, evil, "POST"), 204, evil},
		"post":                    {guard.Config{}, request("POST", endpoint, "{}", "Origin", evil), 403, evil},
		"post of a file":          {guard.Config{}, request("POST", endpoint, "{}", "Origin", "null"), 403, "null"},
		"post of two origins":     {guard.Config{}, request("POST", endpoint, "{}", "Origin", evil, "Origin", "http://localhost"), 403, ""},
		"post without an origin":  {guard.Config{}, request("POST", endpoint, "{}", "Sec-Fetch-Site", "cross-site"), 403, ""},
		"post, elsewhere":         {guard.Config{}, request("POST", elsewhere, "{}", "Origin", evil), 403, ""},
		"post to another host":    {guard.Config{}, request("POST", "http://evil.example/startChatContact", "{}", "Origin", evil), 403, ""},
		"get":                     {guard.Config{}, request("GET", endpoint, "", "Origin", evil), 200, ""},
		"options, no preflight":   {guard.Config{}, request("OPTIONS", endpoint, "", "Origin", evil), 200, ""},
		"socket":                  {guard.Config{}, request("GET", endpoint, "", "Origin", evil, "Upgrade", "websocket", "Connection", "Upgrade"), 403, ""},
		"page of an allowed host": {guard.Config{}, request("POST", endpoint, "{}", "Origin", "http://localhost:8080"), 200, "http://localhost:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := &counter{}
			test.config.Explain = explain
			res := answer(t, test.config, next, test.r)
			if res.StatusCode != test.status || res.Header.Get("Access-Control-Allow-Origin") != test.readable {
				t.Errorf("status %d, readable by %q; want %d, %q", res.StatusCode, res.Header.Get("Access-Control-Allow-Origin"), test.status, test.readable)
			}
			if test.readable == "" {
				wantNoCORS(t, res)
			}
			if ran := next.runs.Load() == 1; ran != (test.status == 200) {
				t.Errorf("status %d, but the handler ran: %v", test.status, ran)
			}
			if test.status != 403 {
				return
			}
			if body := decode(t, res); body.Error == "" || body.Hint == "" || body.Code == "" {
				t.Errorf("the page reads %+v", body)
			}
		})
	}
}

func preflight(target, origin, method string) *http.Request {
	return request("OPTIONS", target, "", "Origin", origin, "Access-Control-Request-Method", method)
}
