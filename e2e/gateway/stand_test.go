//go:build unix

package gateway_test

import (
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/e2e/gateway"
	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/identity"
	"github.com/parley-chat/parley/internal/secret"
)

var stand = flag.String("stand", "", "serve gateways to pages of this origin until the standard input ends")

// TestStand serves the production function behind REST APIs to e2e/browser/gateway.test.js,
// which drives a browser. It prints one line of JSON: the address of an API that asks for no
// token, of one that does, a token for it, and the address of [stage]. Without -stand there is
// nothing to test: TestOrigins and TestRefusalsAreReadable ask the same without a browser.
func TestStand(t *testing.T) {
	if *stand == "" {
		return
	}
	aws := awsfake.Start(t)
	aws.SetSecret(keyARN, key)
	seen := &stage{aws: aws, arrived: map[string]int{}}
	public := seen.open(t, "ALLOWED_ORIGINS="+*stand)
	signed := seen.open(t, "ALLOWED_ORIGINS="+*stand, "AUTH_MODE=hs256", "JWT_KEY_ARN="+keyARN, "JWT_AUDIENCE=chat")
	token, err := identity.Mint(secret.New(key), identity.Claims{
		Subject: "c-42", Audience: "chat", Name: "Pat", Lifetime: identity.DefaultMaxLifetime,
	})
	if err != nil {
		t.Fatal(err)
	}
	control := httptest.NewServer(seen)
	defer control.Close()
	err = json.NewEncoder(os.Stdout).Encode(map[string]string{"public": public, "signed": signed, "token": token, "control": control.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Error(err)
	}
}

// stage is what a browser cannot see of its own requests. It answers GET with
// {"calls": chats that Amazon Connect was asked for, "arrived": {method: requests that reached
// a gateway}}, and ?throttle=true has the gateways answer 429 until ?throttle=false.
type stage struct {
	aws       *awsfake.Endpoint
	throttled atomic.Bool

	mu      sync.Mutex
	arrived map[string]int
}

// open starts a function behind a REST API and returns where a page would call it.
func (s *stage) open(t *testing.T, env ...string) string {
	t.Helper()
	function := gateway.Start(t, gateway.Config{Program: bootstrap, Env: environ(s.aws, env...)})
	if err := function.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	g := &gateway.Gateway{Kind: gateway.RESTAPI, Function: function, Responses: responses, Throttled: s.throttled.Load}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.arrived[r.Method]++
		s.mu.Unlock()
		g.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + g.Root()
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if throttle := r.URL.Query().Get("throttle"); throttle != "" {
		s.throttled.Store(throttle == "true")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{ // a client that is gone needs no answer
		"calls": len(s.aws.Requests("StartChatContact")), "arrived": s.arrived,
	})
}
