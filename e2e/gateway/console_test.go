//go:build unix

package gateway_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
)

// The test buttons of the consoles of API Gateway and Lambda send events without a header, with
// a made-up domain name or with none, and are answered, as the original answers them. What has
// headers has come through a gateway, and stands under the rules for pages.
func TestC3TestEventsOfConsoles(t *testing.T) {
	t.Parallel()
	console, err := os.ReadFile(filepath.Join("..", "..", "internal", "lambdahost", "testdata", "events", "rest-console-test.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, awsfake.Start(t), 0)
	tests := map[string]struct {
		event string
		want  int
	}{
		"API Gateway's console":     {string(console), 200},
		"without a domain name":     {`{"httpMethod":"POST","path":"/","headers":null,"multiValueHeaders":null,"requestContext":{"stage":"test-invoke-stage"},"body":"{}"}`, 200},
		"without a context":         {`{"httpMethod":"POST","path":"/","headers":null,"body":"{}"}`, 200},
		"empty headers":             {`{"httpMethod":"POST","path":"/","headers":{},"body":"{\"ParticipantDetails\":{\"DisplayName\":\"Pat\"}}"}`, 200},
		"HTTP API or function URL":  {`{"version":"2.0","rawPath":"/","headers":null,"requestContext":{"http":{"method":"POST"}},"body":"{}"}`, 200},
		"load balancer":             {`{"httpMethod":"POST","path":"/","headers":null,"requestContext":{"elb":{}},"body":"{}"}`, 200},
		"a template's placeholder":  {`{"httpMethod":"POST","path":"/","headers":{"Host":"0123456789.execute-api.{dns_suffix}","Origin":"` + shop + `"},"body":"{}"}`, 200},
		"a page's, without a host":  {`{"httpMethod":"POST","path":"/","headers":{"Origin":"` + shop + `"},"body":"{}"}`, 200},
		"a foreign page's, no host": {`{"httpMethod":"POST","path":"/","headers":{"Origin":"https://evil.example"},"body":"{}"}`, 403},
		"its own host's page":       {`{"httpMethod":"POST","path":"/","headers":{"Host":"evil.example","Origin":"https://evil.example"},"body":"{}"}`, 403},
		"headers without an origin": {`{"httpMethod":"POST","path":"/","headers":{"Host":"api.example","X-Forwarded-For":"192.0.2.1"},"body":"{}"}`, 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := len(s.aws.Requests())
			out, err := s.function.Invoke(t.Context(), []byte(tt.event))
			if err != nil {
				t.Fatal(err)
			}
			var got struct{ StatusCode int }
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			if got.StatusCode != tt.want || strings.Contains(string(out), "HostNotAllowed") {
				t.Errorf("answer %s, want %d", out, tt.want)
			}
			if calls := len(s.aws.Requests()) - before; calls != map[int]int{200: 1}[tt.want] {
				t.Errorf("%d calls of Amazon Connect", calls)
			}
		})
	}
}
