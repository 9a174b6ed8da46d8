package pagescript_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/pagescript"
)

func get(t *testing.T, method string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, pagescript.Path, nil)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	pagescript.Handler().ServeHTTP(w, r)
	return w
}

func TestServesTheScript(t *testing.T) {
	t.Parallel()
	w := get(t, http.MethodGet, nil)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "setGlobalConfig({ endpoint })") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache",
		"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if again := get(t, http.MethodGet, http.Header{"If-None-Match": {w.Header().Get("ETag")}}); again.Code != http.StatusNotModified {
		t.Errorf("asked for again: %d", again.Code)
	}
	if head := get(t, http.MethodHead, nil); head.Code != http.StatusOK || head.Body.Len() != 0 {
		t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
	}
	if post := get(t, http.MethodPost, nil); post.Code != http.StatusMethodNotAllowed || post.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", post.Code, post.Header())
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	if got, want := pagescript.Tag("http://localhost:3000"), `<script src="http://localhost:3000/parley.js"></script>`; got != want {
		t.Errorf("got %s", got)
	}
	if got := pagescript.Tag(`http://x"><script>`); strings.Contains(got, `"><script>/`) {
		t.Errorf("an address is taken for markup: %s", got)
	}
}
