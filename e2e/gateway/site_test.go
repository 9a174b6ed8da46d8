//go:build unix

package gateway_test

import (
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/e2e/gateway"
	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/program"
)

var update = flag.Bool("update", false, "rewrite golden files")

const (
	instanceID = "11111111-1111-4111-8111-111111111111"
	flowID     = "22222222-2222-4222-8222-222222222222"
	otherFlow  = "33333333-3333-4333-8333-333333333333"
	shop       = "https://shop.example"
)

// bootstrap is the program under test, and responses what the template says the REST API
// answers by itself.
var (
	bootstrap string
	responses gateway.Responses
)

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if responses, err = gateway.TemplateResponses("../../deploy/cloudformation.yaml"); err != nil {
		panic(err)
	}
	os.Exit(program.WithFunction(func(path string) int { //nolint:forbidigo // what TestMain is for
		bootstrap = path
		return m.Run()
	}))
}

// site is a function with a fake Amazon Connect behind it and all gateways in front.
type site struct {
	aws      *awsfake.Endpoint
	function *gateway.Function
	gateways map[gateway.Kind]*gateway.Gateway
	urls     map[gateway.Kind]string
}

// environ is what the function needs at least.
func environ(aws *awsfake.Endpoint, more ...string) []string {
	env := append(aws.Environ(), "AWS_MAX_ATTEMPTS=1",
		"INSTANCE_ID="+instanceID, "CONTACT_FLOW_ID="+flowID, "ALLOWED_ORIGINS="+shop)
	return append(env, more...)
}

// open starts a site. env is added to the function's environment.
func open(t *testing.T, aws *awsfake.Endpoint, timeout time.Duration, env ...string) *site {
	t.Helper()
	s := &site{
		aws:      aws,
		function: gateway.Start(t, gateway.Config{Program: bootstrap, Env: environ(aws, env...), Timeout: timeout}),
		gateways: map[gateway.Kind]*gateway.Gateway{}, urls: map[gateway.Kind]string{},
	}
	if err := s.function.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, kind := range gateway.Kinds() {
		g := &gateway.Gateway{Kind: kind, Function: s.function, Responses: responses, BinaryTypes: []string{"application/octet-stream"}}
		server := httptest.NewServer(g)
		t.Cleanup(server.Close)
		s.gateways[kind], s.urls[kind] = g, server.URL+g.Root()
	}
	return s
}

// call is a request to a gateway.
type call struct {
	method, body string // POST unless said otherwise
	header       map[string]string
}

// from returns a call of a page of an origin, as a browser sends it without a preflight.
func from(origin, body string) call {
	return call{body: body, header: map[string]string{"Origin": origin, "Content-Type": "text/plain;charset=UTF-8", "Sec-Fetch-Site": "cross-site"}}
}

type response struct {
	status int
	header http.Header
	body   string
}

func (s *site) call(t *testing.T, kind gateway.Kind, c call) response {
	t.Helper()
	method := c.method
	if method == "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.urls[kind], strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{answer.StatusCode, answer.Header, string(body)}
}
