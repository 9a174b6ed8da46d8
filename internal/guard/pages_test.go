package guard_test

import (
	"net/http"
	"testing"

	"github.com/parley-chat/parley/internal/guard"
)

// Reads that are only for pages that may call: whatever a browser tells of the page, by Origin,
// Referer or Sec-Fetch-Site, decides, and programs pass.
func TestD4ReadsOfPages(t *testing.T) {
	t.Parallel()
	const (
		local   = "http://localhost:3000/parley.js"
		network = "http://192.168.1.2:3000/parley.js"
		evil    = "https://evil.example"
		private = "http://192.168.1.5:8080"
		named   = "https://shop.example"
	)
	beyond := guard.Config{Listen: "192.168.1.2:3000"}
	shop := guard.Config{AllowOrigins: []string{named}}
	file := guard.Config{AllowOrigins: []string{"null"}}
	for name, test := range map[string]struct {
		config  guard.Config
		target  string
		headers []string
		runs    bool
	}{
		"program":                            {guard.Config{}, local, nil, true},
		"person":                             {guard.Config{}, local, []string{"Sec-Fetch-Site", "none"}, true},
		"own page":                           {guard.Config{}, local, []string{"Sec-Fetch-Site", "same-origin", "Referer", "http://localhost:3000/console/"}, true},
		"other port, script":                 {guard.Config{}, local, []string{"Sec-Fetch-Site", "same-site", "Referer", "http://localhost:8080/shop?x=1"}, true},
		"other port, script, no referrer":    {guard.Config{}, local, []string{"Sec-Fetch-Site", "same-site"}, true},
		"other port, crossorigin":            {guard.Config{}, local, []string{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:8080"}, true},
		"other loopback name, script":        {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site", "Referer", "http://127.0.0.1:8080/"}, true},
		"other loopback name, no referrer":   {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site"}, false},
		"foreign, script":                    {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site", "Referer", evil + "/"}, false},
		"foreign, crossorigin":               {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site", "Origin", evil}, false},
		"foreign, both":                      {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site", "Origin", evil, "Referer", "http://localhost:8080/"}, false},
		"foreign, no fetch metadata":         {guard.Config{}, local, []string{"Referer", evil + "/"}, false},
		"foreign, two origins":               {guard.Config{}, local, []string{"Origin", "http://localhost", "Origin", evil}, false},
		"private, script":                    {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site", "Referer", private + "/"}, false},
		"private, beyond loopback":           {beyond, network, []string{"Referer", private + "/"}, true},
		"private, beyond, no referrer":       {beyond, network, nil, true},
		"private, to localhost of beyond":    {beyond, local, []string{"Sec-Fetch-Site", "cross-site", "Referer", private + "/"}, true},
		"same site of a public name":         {guard.Config{AllowHosts: []string{"chat.example"}}, "https://chat.example/parley.js", []string{"Sec-Fetch-Site", "same-site"}, false},
		"named, script":                      {shop, local, []string{"Sec-Fetch-Site", "cross-site", "Referer", named + "/cart"}, true},
		"named, crossorigin":                 {shop, local, []string{"Sec-Fetch-Site", "cross-site", "Origin", named}, true},
		"file":                               {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site"}, false},
		"file, crossorigin":                  {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, false},
		"file, named":                        {file, local, []string{"Sec-Fetch-Site", "cross-site"}, true},
		"foreign, files named":               {file, local, []string{"Sec-Fetch-Site", "cross-site", "Referer", evil + "/"}, false},
		"foreign, to read something else":    {guard.Config{}, "http://localhost:3000/else", []string{"Sec-Fetch-Site", "cross-site", "Origin", evil}, true},
		"a referrer that is no page's":       {guard.Config{}, local, []string{"Sec-Fetch-Site", "cross-site", "Referer", "about:blank"}, false},
		"own page, no fetch metadata":        {beyond, network, []string{"Referer", "http://192.168.1.2:3000/console/"}, true},
		"public name, foreign page of a LAN": {guard.Config{PublicURL: "https://chat.example"}, local, []string{"Referer", private + "/"}, false},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				next := &counter{}
				test.config.OnlyForPages = func(r *http.Request) bool { return r.URL.Path == "/parley.js" }
				res := answer(t, test.config, next, request(method, test.target, "", test.headers...))
				if ran := next.runs.Load() == 1; ran != test.runs || (res.StatusCode == http.StatusForbidden) == test.runs {
					t.Errorf("status %d, handler ran: %v, want %v", res.StatusCode, ran, test.runs)
				}
				if !test.runs {
					wantNoCORS(t, res)
				}
			})
		}
	}
}
