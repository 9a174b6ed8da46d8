//go:build unix

package gateway_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/gateway"
	"github.com/parley-chat/parley/internal/awsfake"
)

// The unchanged pages of the original: the widget posts what initiateChat was given to the
// address of the stage as it stands, as text, without a preflight.
func TestPageOfTheOriginal(t *testing.T) {
	t.Parallel()
	aws := awsfake.Start(t)
	s := open(t, aws, 0)
	body := `{"InstanceId":"` + instanceID + `","ContactFlowId":"` + flowID + `","ParticipantDetails":{"DisplayName":"Zoë 😀"},"Username":"zoe1",` +
		`"Attributes":{"customerName":"Zoë"},"SupportedMessagingContentTypes":["text/plain","text/markdown"],` +
		`"InitialMessage":{"ContentType":"text/plain","Content":"Where is my order?"}}`
	for _, kind := range gateway.Kinds() {
		roots := []string{"", "?v=1"}
		if kind == gateway.RESTAPI || kind == gateway.HTTPAPI {
			roots = append(roots, "/") // the Android example's address ends with Prod/
		}
		for _, root := range roots {
			before := len(aws.Requests())
			address := s.urls[kind]
			s.urls[kind] += root
			got := s.call(t, kind, from(shop, body))
			s.urls[kind] = address
			var answer struct {
				Data struct {
					StartChatResult struct{ ContactID, ParticipantID, ParticipantToken string } `json:"startChatResult"`
				} `json:"data"`
			}
			if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != http.StatusOK || answer.Data.StartChatResult.ParticipantToken == "" {
				t.Errorf("%s %s: answer %d %s", kind, root, got.status, got.body)
			}
			calls := aws.Requests()[before:]
			if len(calls) != 1 || !strings.Contains(string(calls[0].Body), `"DisplayName":"Zoë 😀"`) {
				t.Errorf("%s %s: calls %+v", kind, root, calls)
			}
		}
	}
}

// Pages of other sites start nothing, and preflights are answered by the function alone, so
// that there is one policy.
func TestOrigins(t *testing.T) {
	t.Parallel()
	aws := awsfake.Start(t)
	s := open(t, aws, 0)
	preflight := func(origin string) call {
		return call{method: http.MethodOptions, header: map[string]string{
			"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-chat-proof",
		}}
	}
	for _, kind := range gateway.Kinds() {
		for _, origin := range []string{"https://evil.example", "null", "http://shop.example", "https://shop.example.evil.example", "http://localhost:3000"} {
			got := s.call(t, kind, from(origin, "{}"))
			if got.status != http.StatusForbidden || got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: a page of %s got %d %v", kind, origin, got.status, got.header)
			}
			if got := s.call(t, kind, preflight(origin)); got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: a preflight of %s got %v", kind, origin, got.header)
			}
		}
		// A name that was rebound to the gateway is the gateway's own origin to a browser.
		own := from(strings.TrimSuffix(s.urls[kind], s.gateways[kind].Root()), "{}")
		own.header["Sec-Fetch-Site"] = "same-origin"
		if got := s.call(t, kind, own); got.status != http.StatusForbidden {
			t.Errorf("%s: a page of the gateway's own name got %d %s", kind, got.status, got.body)
		}
		got := s.call(t, kind, preflight(shop))
		if got.status/100 != 2 || got.header.Get("Access-Control-Allow-Origin") != shop ||
			!strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "authorization") || got.header.Get("Access-Control-Max-Age") == "" {
			t.Errorf("%s: a preflight of the shop got %d %v", kind, got.status, got.header)
		}
		if kind == gateway.RESTAPI {
			continue // it lets no other method through
		}
		if got := s.call(t, kind, call{method: http.MethodGet}); got.status != http.StatusMethodNotAllowed || !strings.Contains(got.header.Get("Allow"), "POST") {
			t.Errorf("%s: GET got %d %v", kind, got.status, got.header)
		}
	}
	if n := aws.Calls(); n != 0 {
		t.Errorf("Amazon Connect was called %d times", n)
	}
}

// What the function and the gateway refuse can be read by the page.
func TestRefusalsAreReadable(t *testing.T) {
	t.Parallel()
	aws := awsfake.Start(t)
	s := open(t, aws, 0)
	large := `{"Attributes":{"a":"` + strings.Repeat("x", 70<<10) + `"}}`
	for _, kind := range gateway.Kinds() {
		got := s.call(t, kind, from(shop, large))
		if got.status != http.StatusRequestEntityTooLarge || got.header.Get("Access-Control-Allow-Origin") != shop || !strings.Contains(got.body, `"code"`) {
			t.Errorf("%s: 70 KiB got %d %v %s", kind, got.status, got.header, got.body)
		}
	}

	rest := s.gateways[gateway.RESTAPI]
	rest.Throttled = func() bool { return true }
	throttled := s.call(t, gateway.RESTAPI, from(shop, "{}"))
	rest.Throttled = nil
	tooLarge := s.call(t, gateway.RESTAPI, from(shop, strings.Repeat(" ", 10<<20+1)))
	for name, tt := range map[string]struct {
		got    response
		status int
		code   string
	}{
		"throttled": {throttled, 429, "TooManyRequestsException"},
		"too large": {tooLarge, 413, "REQUEST_TOO_LARGE"},
	} {
		var answer struct {
			Error, Code, RequestID string
			Data                   struct {
				Error struct{ Message, Code string }
			}
		}
		if err := json.Unmarshal([]byte(tt.got.body), &answer); err != nil || tt.got.status != tt.status || answer.Code != tt.code ||
			answer.Data.Error.Code != tt.code || answer.Data.Error.Message == "" || answer.RequestID == "" {
			t.Errorf("%s: answer %d %s: %v", name, tt.got.status, tt.got.body, err)
		}
		if tt.got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: the page cannot read it: %v", name, tt.got.header)
		}
	}
	if throttled.header.Get("Retry-After") == "" || throttled.header.Get("Access-Control-Expose-Headers") != "Retry-After" {
		t.Errorf("the page is not told when to try again: %v", throttled.header)
	}
	if n := aws.Calls(); n != 0 {
		t.Errorf("Amazon Connect was called %d times", n)
	}
}

// A function that ends in the middle of a request is a 502 of the gateway that a page can
// read.
func TestFunctionThatDies(t *testing.T) {
	t.Parallel()
	aws := awsfake.Start(t)
	s := open(t, aws, 0)
	aws.Script(awsfake.Step{Hang: true})
	go func() {
		if err := aws.Await(t.Context(), 1); err == nil { // otherwise the answer is another
			s.function.Kill()
		}
	}()
	got := s.call(t, gateway.RESTAPI, from(shop, "{}"))
	if got.status != http.StatusBadGateway || got.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(got.body, `"INTEGRATION_FAILURE"`) {
		t.Errorf("answer %d %v %s", got.status, got.header, got.body)
	}
}
