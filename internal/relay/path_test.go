package relay_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/relay"
)

// Only paths of the Participant Service reach the service, however they are encoded.
func TestD6PathsThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	var reached atomic.Value
	far := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached.Store(r.RequestURI) }))
	defer far.Close()
	r, err := relay.New(relay.Config{Endpoint: far.URL})
	if err != nil {
		t.Fatal(err)
	}
	near := httptest.NewServer(r.Wrap(http.NotFoundHandler()))
	defer near.Close()
	for path, passes := range map[string]bool{
		"/participant/message":                      true,
		"/participant/%6dessage":                    true,
		"/participant/views/a%2Fb%2F%2Fc+=":         true,
		"/participant/views/a..b":                   true,
		"/participant/views/100%25":                 true,
		"/participant/../contact/x":                 false,
		"/participant/%2e%2e/contact/x":             false,
		"/participant/.%2E/contact/x":               false,
		"/participant/views/..%2f..%2fcontact":      false,
		"/participant/views/x%5c..%5c..%5ccontact":  false,
		"/participant/%252e%252e/contact/x":         false,
		"/participant/%25252e%25252e%25252fcontact": false,
		"/participant/./message":                    false,
		"/participant//message":                     false,
		"/participant%2fmessage":                    false,
		"/participant%2f..%2fcontact":               false,
	} {
		reached.Store("")
		request := httptest.NewRequest(http.MethodPost, path, nil)
		request.URL.Host, request.URL.Scheme, request.RequestURI = near.Listener.Addr().String(), "http", ""
		answer, err := near.Client().Transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if got := reached.Load() != ""; got != passes || passes && reached.Load() != path {
			t.Errorf("%s: %s, reached the service as %q", path, answer.Status, reached.Load())
		}
	}
}
