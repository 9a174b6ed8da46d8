package serve_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/serve"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	say := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, text+" "+r.Method) })
	}
	full := serve.Routes{StartChat: say("front door"), Pages: say("page"), Paths: []string{"/mine/"}, DocsURL: "http://localhost:3000/docs/errors"}
	stopping := full
	stopping.Draining = func() bool { return true }
	bare := serve.Routes{StartChat: say("front door")}

	tests := map[string]struct {
		routes        serve.Routes
		method, path  string
		status        int
		body, allowed string
	}{
		"front door":               {full, "POST", "/startChatContact", 200, "front door POST", ""},
		"front door, wrong method": {full, "DELETE", "/startChatContact", 200, "front door DELETE", ""},
		"react native":             {full, "POST", "/start-chat", 200, "front door POST", ""},
		"android":                  {full, "POST", "/Prod/", 200, "front door POST", ""},
		"stage without slash":      {full, "POST", "/Prod", 200, "front door POST", ""},
		"root":                     {full, "POST", "/", 200, "front door POST", ""},
		"own path":                 {full, "POST", "/mine", 200, "front door POST", ""},
		"doubled slash":            {full, "POST", "//startChatContact/", 200, "front door POST", ""},
		"dots":                     {full, "POST", "/x/../startChatContact", 200, "front door POST", ""},
		"other case":               {full, "POST", "/startchatcontact", 404, `"There is nothing at /startchatcontact."`, ""},
		"console":                  {full, "GET", "/", 200, "page GET", ""},
		"errors page":              {full, "HEAD", "/docs/errors", 200, "page HEAD", ""},
		"errors page with a slash": {full, "GET", "/docs/errors/", 200, "page GET", ""},
		"console with a slash":     {full, "GET", "//console/style.css/", 200, "page GET", ""},
		"out of the console":       {full, "GET", "/console/../nowhere", 404, "nothing at /nowhere", ""},
		"errors page, posted to":   {full, "POST", "/docs/errors", 405, "does not take POST", "GET, HEAD, OPTIONS"},
		"root, put":                {full, "PUT", "/", 405, "does not take PUT", "GET, HEAD, POST, OPTIONS"},
		"root, options":            {full, "OPTIONS", "/", 204, "", "GET, HEAD, POST, OPTIONS"},
		"front door, options":      {full, "OPTIONS", "/start-chat", 204, "", "POST, OPTIONS"},
		"nothing there, options":   {full, "OPTIONS", "/x", 404, "nothing at /x", ""},
		"no pages":                 {bare, "GET", "/", 200, "front door GET", ""},
		"no errors page":           {bare, "GET", "/docs/errors", 404, "nothing at", ""},
		"healthy":                  {bare, "GET", "/healthz", 200, `{"status":"ok"}`, ""},
		"ready":                    {full, "GET", "/readyz", 200, `{"status":"ready"}`, ""},
		"draining":                 {stopping, "GET", "/readyz", 503, `{"status":"draining"}`, ""},
		"healthy while draining":   {stopping, "GET", "/healthz", 200, `{"status":"ok"}`, ""},
		"long path":                {full, "GET", "/" + strings.Repeat("é", 5000), 404, "…", ""},
		"markup in the path":       {full, "GET", "/<script>", 404, `\u003cscript\u003e`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, "http://localhost:3000/", nil)
			r.URL.Path = test.path
			w := httptest.NewRecorder()
			test.routes.Handler().ServeHTTP(w, r)
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.body) || w.Header().Get("Allow") != test.allowed {
				t.Errorf("%s %.40s = %d, Allow %q, %.300q; want %d, %q, %q", test.method, test.path,
					w.Code, w.Header().Get("Allow"), w.Body, test.status, test.allowed, test.body)
			}
			if w.Code >= 400 && (w.Header().Get("Content-Type") != "application/json" || w.Body.Len() > 1000) {
				t.Errorf("%s %.40s: content type %q, %d bytes", test.method, test.path, w.Header().Get("Content-Type"), w.Body.Len())
			}
		})
	}
}

// A start call at an address near the front door's is told which one was meant, and so is the log.
func TestB4NearAddresses(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	handler := serve.Routes{
		StartChat: http.NotFoundHandler(), Log: slog.New(slog.NewTextHandler(&said, nil)),
	}.Handler()
	for _, address := range []string{"/startChat", "/startchatcontact", "/prod/startChatContact"} {
		said.Reset()
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, address, strings.NewReader("{}")))
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "Did you mean POST /startChatContact?") {
			t.Errorf("%s is answered %d %s", address, w.Code, w.Body)
		}
		if !strings.Contains(said.String(), "no chat started") || !strings.Contains(said.String(), "Did you mean POST /startChatContact?") {
			t.Errorf("%s is logged as %q", address, &said)
		}
	}
	said.Reset()
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/elsewhere", nil))
	if said.Len() > 0 {
		t.Errorf("another address is logged: %s", &said)
	}
}
