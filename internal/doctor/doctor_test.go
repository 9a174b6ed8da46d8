package doctor_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/doctor"
	"github.com/parley-chat/parley/internal/hint"
)

const (
	instanceID = "11111111-1111-4111-8111-111111111111"
	flowID     = "22222222-2222-4222-8222-222222222222"
)

func TestAllWell(t *testing.T) {
	t.Parallel()
	s := newScene(t, account())
	s.config.AllowOrigins = []string{"https://shop.example.com", "null"}
	report := s.run(t)
	got := map[string]string{}
	var order []string
	for _, c := range report.Checks {
		order = append(order, c.ID)
		got[c.ID] = string(c.Status) + " " + c.Detail
		if c.Remedy != "" {
			t.Errorf("%s has a remedy: %s", c.ID, c.Remedy)
		}
	}
	flowARN := "arn:aws:connect:us-west-2:123456789012:instance/" + instanceID + "/contact-flow/" + flowID
	want := map[string]string{
		"program": "ok v1.0.0 (go1.26.0, linux/amd64)", "configuration": "ok all settings at their defaults",
		"port": "ok 127.0.0.1:0 is free", "ids": "ok whole UUIDs", "region": "ok us-west-2 (partition aws)",
		"credentials": "ok found in environment variables", "clock": "ok agrees with AWS",
		"identity":     "ok " + awsfake.DefaultCallerARN + " in account 123456789012",
		"instance":     "ok support (" + instanceID + ")",
		"contact-flow": "ok Inbound chat (" + flowID + ")",
		"flow-type":    "ok inbound flow, which can take chats", "flow-state": "ok published and active",
		"permission":       "ok connect:StartChatContact is allowed on " + flowARN + " (simulated; policies of the organisation are not part of it)",
		"approved-origins": "ok https://www.example.com, https://shop.example.com",
		"environment":      "ok no variables that redirect connections or change whom they trust",
	}
	if detail := got["endpoint"]; !strings.HasPrefix(detail, "ok "+s.fake.URL+" answers (connection ") || !strings.Contains(detail, ", answer ") {
		t.Errorf("endpoint: %s", detail)
	}
	delete(got, "endpoint")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := strings.Join(order, " "); got != "program configuration port ids region credentials endpoint clock identity instance "+
		"contact-flow flow-type flow-state permission approved-origins environment" {
		t.Errorf("the order is %s", got)
	}
	if report.Failed() {
		t.Error("the report says that something failed")
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	dateless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header()["Date"] = nil }))
	t.Cleanup(dateless.Close)
	trusting := secure.Client().Transport
	for _, tc := range []struct {
		name, url string
		transport http.RoundTripper
		want      map[string]line
	}{
		{"refused", "http://127.0.0.1:1", nil, map[string]line{
			"endpoint": fail("Nothing answers", "--endpoint-url"), "clock": skip("because Endpoint failed"), "instance": skip("because Endpoint failed"),
		}},
		{"no such name", "http://connect.invalid", nil, map[string]line{"endpoint": fail("cannot be resolved", "--region")}},
		{"untrusted", secure.URL, nil, map[string]line{"endpoint": fail("No trusted TLS", "AWS_CA_BUNDLE")}},
		{"trusted", secure.URL, trusting, map[string]line{"endpoint": ok(", tls "), "clock": ok("agrees")}},
		{"without a date", dateless.URL, nil, map[string]line{"endpoint": ok("answers"), "clock": warn("no date", "--endpoint-url")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, account())
			if tc.transport == nil {
				transport := &http.Transport{}
				t.Cleanup(transport.CloseIdleConnections)
				tc.transport = transport
			}
			s.connect.EndpointURL, s.connect.Transport = tc.url, besides{s.connect.Transport, tc.transport}
			compare(t, s.run(t), tc.want)
		})
	}
}

// besides sends the calls of STS and IAM to the fake endpoint, and only them.
type besides struct{ fake, connect http.RoundTripper }

func (b besides) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Hostname(), ".amazonaws.com") {
		return b.fake.RoundTrip(r)
	}
	return b.connect.RoundTrip(r)
}

func TestMissingCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	s := newScene(t, account())
	compare(t, s.run(t), map[string]line{
		"region": ok("us-west-2 (partition aws)"), "credentials": fail("AWS_ACCESS_KEY_ID is not set", "aws configure"),
		"endpoint": skip("because Credentials failed"), "instance": skip("because Credentials failed"),
	})
	s.config.Region = ""
	compare(t, s.run(t), map[string]line{"region": ok("taken from the profile")})
	s.config.Getenv = func(name string) string { return map[string]string{"AWS_REGION": "eu-west-2"}[name] }
	compare(t, s.run(t), map[string]line{"region": ok("eu-west-2 (partition aws)")})
}

// The identity provider is asked with every upstream.
func TestC2Issuer(t *testing.T) {
	t.Parallel()
	s := newScene(t, account())
	s.config.Issuer = func(context.Context) (string, error) { return "https://idp.example names itself so", nil }
	compare(t, s.run(t), map[string]line{"issuer": ok("names itself so")})
	s.config.Issuer = func(context.Context) (string, error) {
		return "", hint.New(errors.New("the provider names itself otherwise"), "set jwt-issuer to that")
	}
	report := s.run(t)
	compare(t, report, map[string]line{"issuer": fail("names itself otherwise", "set jwt-issuer")})
	if !report.Failed() {
		t.Error("nothing failed")
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := newScene(t, account())
	ctx, cancel := context.WithCancel(t.Context())
	connect := s.config.Connect
	s.config.Connect = func(ctx context.Context) (*connectclient.Client, error) { defer cancel(); return connect(ctx) }
	report := doctor.Run(ctx, s.config)
	compare(t, report, map[string]line{
		"region": ok("us-west-2"), "credentials": skip("interrupted"), "instance": skip("because Credentials was skipped"), "environment": skip("interrupted"),
	})
}

func TestAHangingEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := awsfake.New(account())
		fake.URL = "http://connect.invalid"
		s := sceneOver(fake, inMemory{fake})
		s.fake.Script(awsfake.Step{Operation: "DescribeInstance", Hang: true})
		compare(t, s.run(t), map[string]line{
			"instance": warn("could not be checked", "Check the network"), "contact-flow": ok("Inbound chat"),
		})
	})
}

// AWS repeats the signed headers when a signature is wrong, the session token included.
func TestNoTokenInTheReport(t *testing.T) {
	t.Parallel()
	const message = "The Canonical String for this request should have been 'POST\n/\n\nx-amz-security-token:canary\n'"
	for _, operation := range []string{"GetCallerIdentity", "DescribeInstance", "DescribeContactFlow", "SimulatePrincipalPolicy", "ListApprovedOrigins"} {
		s := newScene(t, account())
		s.fake.Script(awsfake.Step{Operation: operation, Status: http.StatusForbidden, Error: "IncompleteSignature", Message: message})
		report := s.run(t)
		if !report.Failed() {
			t.Errorf("%s: nothing failed", operation)
		}
		var text strings.Builder
		if err := report.WriteJSON(&text); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text.String(), "canary") {
			t.Errorf("%s: the report has the session token:\n%s", operation, text.String())
		}
	}
}
