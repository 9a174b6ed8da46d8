package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/inspect"
)

// Who may change something.
func TestWhoMayChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	own := "http://" + w.host
	for name, c := range map[string]struct {
		headers []string
		status  int
		code    string
	}{
		"nobody says anything":       {nil, 403, "AdminTokenRequired"},
		"own page":                   {[]string{"Origin", own}, 200, ""},
		"own page, other case":       {[]string{"Origin", strings.ToUpper(own)}, 200, ""},
		"own page, fetch metadata":   {[]string{"Sec-Fetch-Site", "same-origin"}, 200, ""},
		"own page, both":             {[]string{"Sec-Fetch-Site", "same-origin", "Origin", own}, 200, ""},
		"other port":                 {[]string{"Origin", "http://127.0.0.1:5173"}, 403, "AdminTokenRequired"},
		"other name":                 {[]string{"Origin", "http://localhost:" + w.host[strings.LastIndex(w.host, ":")+1:]}, 403, "AdminTokenRequired"},
		"same site":                  {[]string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:5173"}, 403, "AdminTokenRequired"},
		"headers that contradict":    {[]string{"Sec-Fetch-Site", "cross-site", "Origin", own}, 403, "AdminTokenRequired"},
		"user":                       {[]string{"Sec-Fetch-Site", "none"}, 403, "AdminTokenRequired"},
		"foreign page":               {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 403, "OriginNotAllowed"},
		"foreign page with token":    {[]string{"Origin", "https://evil.test", "Authorization", "Bearer " + adminToken}, 403, "OriginNotAllowed"},
		"file":                       {[]string{"Origin", "null"}, 403, "OriginNotAllowed"},
		"token":                      {[]string{"Authorization", "Bearer " + adminToken}, 200, ""},
		"token, other case":          {[]string{"Authorization", "bearer " + adminToken}, 200, ""},
		"token and a page elsewhere": {[]string{"Authorization", "Bearer " + adminToken, "Origin", "http://localhost:5173"}, 200, ""},
		"wrong token":                {[]string{"Authorization", "Bearer nonsense"}, 403, "AdminTokenRequired"},
		"no token":                   {[]string{"Authorization", "Bearer "}, 403, "AdminTokenRequired"},
		"half a token":               {[]string{"Authorization", "Bearer " + adminToken[:10]}, 403, "AdminTokenRequired"},
		"too much of a token":        {[]string{"Authorization", "Bearer " + adminToken + "x"}, 403, "AdminTokenRequired"},
		"token as a password":        {[]string{"Authorization", "Basic " + adminToken}, 403, "AdminTokenRequired"},
		"token without a scheme":     {[]string{"Authorization", adminToken}, 403, "AdminTokenRequired"},
		"own page, wrong token":      {[]string{"Origin", own, "Authorization", "Bearer nonsense"}, 200, ""},
	} {
		before := w.get("/api/clock").at("offsetMs")
		got := w.raw(http.MethodPost, "/api/clock", strings.NewReader(`{"skipMs":1000}`), c.headers...)
		if got.Status != c.status || got.Status != 200 && got.text("code") != c.code {
			t.Errorf("%s: %d %s", name, got.Status, got.Body)
		}
		if changed := w.get("/api/clock").at("offsetMs") != before; changed != (c.status == 200) {
			t.Errorf("%s: the clock was skipped: %t", name, changed)
		}
	}
}

// Behind a proxy the pages of the public address are the server's own, whatever became of Host.
func TestC1OwnPageBehindAProxy(t *testing.T) {
	t.Parallel()
	served, err := api.New(api.Config{
		Events: api.NewEvents(), Exchanges: inspect.New(inspect.Config{}), PublicOrigin: "https://chat.example.com:8443",
	})
	if err != nil {
		t.Fatal(err)
	}
	for origin, own := range map[string]bool{
		"https://chat.example.com:8443": true, "https://chat.example.com": false, "http://chat.example.com:8443": false,
		"https://evil.example": false, "null": false, "": false,
	} {
		for site, believed := range map[string]bool{"": own, "same-origin": true, "same-site": false, "cross-site": false} {
			r := httptest.NewRequest(http.MethodDelete, "http://127.0.0.1:3000/api/exchanges", nil)
			r.Header.Set("Origin", origin)
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
			w := httptest.NewRecorder()
			served.ServeHTTP(w, r)
			if allowed := w.Code < 300; allowed != believed {
				t.Errorf("%q %q: %d %s", origin, site, w.Code, w.Body)
			}
		}
	}
}

func TestSaysWhichTokenIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{aws: true})
	for header, want := range map[string]string{"": "need the admin token", "Bearer x": "is not this server's admin token"} {
		got := w.raw(http.MethodDelete, "/api/exchanges", http.NoBody, "Authorization", header)
		if sentence := w.refused(got, 403, "AdminTokenRequired", ""); !strings.Contains(sentence, want) {
			t.Errorf("%q: %s", header, sentence)
		}
		if docs := got.text("docs"); docs != "http://"+w.host+"/docs/errors#admin-token-required" {
			t.Errorf("docs: %s", docs)
		}
	}
}

// Without a token of its own nobody has the server's.
func TestNoToken(t *testing.T) {
	t.Parallel()
	served, err := api.New(api.Config{Events: api.NewEvents()})
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Bearer", "Bearer ", "Bearer null", ""} {
		request := httptest.NewRequest(http.MethodDelete, "/api/exchanges", nil)
		request.Header.Set("Authorization", header)
		recorder := httptest.NewRecorder()
		served.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusNotImplemented { // what is not there is told first
			t.Errorf("%q: %d", header, recorder.Code)
		}
	}
}

// Every call that changes something is refused to whoever may not, before anything else is
// looked at; every other is not.
func TestEveryCallAsksWhoCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, o := range theContract().operations {
		path := strings.NewReplacer("{contact}", "x", "{agent}", "x", "{file}", "x", "{exchange}", "x", "{rule}", "x", "{preset}", "x").Replace(o.path)
		if o.id == "listen" {
			continue
		}
		got := w.raw(o.method, path, strings.NewReader("nonsense"))
		if refused := got.Status == http.StatusForbidden; refused != (o.method != http.MethodGet) {
			t.Errorf("%s: %d %s", o.id, got.Status, got.Body)
		}
	}
}

// With AWS as the upstream, and on a server that records nothing, calls say that they cannot be
// answered.
func TestOtherUpstreams(t *testing.T) {
	t.Parallel()
	aws, customers := newWorld(t, setup{aws: true}), newWorld(t, setup{aws: true, customers: true})
	for _, o := range theContract().operations {
		path := strings.NewReplacer("{contact}", "x", "{agent}", "x", "{file}", "x", "{exchange}", "x", "{rule}", "x", "{preset}", "x").Replace(o.path)
		needs := object(o.object["responses"])["501"] != nil
		if o.id == "listen" {
			continue
		}
		ofExchanges := strings.HasPrefix(path, "/api/exchanges")
		if got := aws.call(o.method, path, nil); (got.Status == 501) != (needs && !ofExchanges) {
			t.Errorf("%s with AWS: %d %s", o.id, got.Status, got.Body)
		}
		got := customers.call(o.method, path, nil)
		if (got.Status == 501) != needs {
			t.Errorf("%s without a record: %d %s", o.id, got.Status, got.Body)
		}
		if needs && ofExchanges != strings.Contains(got.text("error"), "keeps no record") {
			t.Errorf("%s: %s", o.id, got.Body)
		}
	}
	if status := aws.get("/api/status"); status.at("activeContacts") != nil || status.text("version") != "test" {
		t.Errorf("status: %s", status.Body)
	}
}

func TestNewNeedsAllOrNone(t *testing.T) {
	t.Parallel()
	if _, err := api.New(api.Config{}); err == nil {
		t.Error("an API without events was made")
	}
	if _, err := api.New(api.Config{Events: api.NewEvents(), Chats: &chat.Service{}}); err == nil {
		t.Error("an API with half an Amazon Connect was made")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for request, want := range map[string]string{
		"PUT /api/contacts":               "405 GET, HEAD, OPTIONS",
		"POST /api/contacts":              "405 GET, HEAD, OPTIONS",
		"DELETE /api/clock":               "405 GET, HEAD, POST, OPTIONS",
		"GET /api/desk/agents":            "405 POST, OPTIONS",
		"TRACE /api/faults":               "405 GET, HEAD, POST, DELETE, OPTIONS",
		"GET /api/desk/agents/x":          "405 PATCH, DELETE, OPTIONS",
		"OPTIONS /api/faults":             "204 GET, HEAD, POST, DELETE, OPTIONS",
		"GET /api/":                       "404 ",
		"GET /api/nothing":                "404 ",
		"OPTIONS /api/nothing":            "404 ",
		"GET /api/contacts/x/y/z":         "404 ",
		"GET /api/contacts/":              "200 ",
		"GET /api//contacts":              "200 ",
		"GET /api/./x/../contacts":        "200 ",
		"HEAD /api/contacts":              "200 ",
		"GET /api/%63ontacts":             "200 ",
		"HEAD /api/events":                "200 ",
		"HEAD /api/exchanges.har":         "200 ",
		"POST /api/contacts/../clock/end": "404 ",
	} {
		method, path, _ := strings.Cut(request, " ")
		got := w.raw(method, path, http.NoBody, "Authorization", "Bearer "+adminToken)
		status, allow, _ := strings.Cut(want, " ")
		if http.StatusText(got.Status) == "" || status != strings.Fields(got.status())[0] || got.Header.Get("Allow") != allow {
			t.Errorf("%s: %s, Allow %q", request, got.status(), got.Header.Get("Allow"))
		}
		if got.Status >= 400 {
			w.refused(got, got.Status, got.text("code"), "")
		}
	}
}
