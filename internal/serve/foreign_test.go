package serve_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/inspect"
)

// A foreign page can be refused as often as it likes: what the developer wants to see stays.
func TestD6ForeignCallsPushNothingOut(t *testing.T) {
	t.Parallel()
	handler, _ := open(t)
	ask := func(method, path, body string, fields ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	if w := ask(http.MethodPost, "/startChatContact", "{}", "User-Agent", "mine"); w.Code != http.StatusOK {
		t.Fatalf("a start is answered %d %s", w.Code, w.Body)
	}
	for i := range inspect.DefaultMax {
		site := fmt.Sprintf("https://evil%d.example", i%100)
		switch i % 4 {
		case 0:
			ask(http.MethodPost, "/startChatContact", "{}", "Origin", site)
		case 1:
			ask(http.MethodOptions, "/participant/message", "", "Origin", site, "Access-Control-Request-Method", "POST")
		case 2:
			ask(http.MethodPost, "/participant/message", "{}", "Sec-Fetch-Site", "cross-site")
		case 3: // an image of a page
			ask(http.MethodGet, fmt.Sprint("/picture", i), "", "Sec-Fetch-Site", "cross-site")
		}
	}
	list := ask(http.MethodGet, "/api/exchanges?limit=1000", "").Body.String()
	if !strings.Contains(list, `"StartChatContact"`) || !strings.Contains(list, "/startChatContact") || strings.Count(list, `"id":`) > 300 {
		t.Errorf("%d exchanges are kept", strings.Count(list, `"id":`))
	}
	if !strings.Contains(list, "origin-not-allowed") {
		t.Error("no refusal is kept")
	}
	if !strings.Contains(list, `"status":200`) {
		t.Error("the developer's own call is gone")
	}
}
