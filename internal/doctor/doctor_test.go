package doctor_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/connectapi"
	"github.com/parley-chat/parley/internal/diagnosis"
	"github.com/parley-chat/parley/internal/doctor"
	"github.com/parley-chat/parley/internal/emulator"
	"github.com/parley-chat/parley/internal/startchat"
)

const (
	instanceID = "11111111-1111-4111-8111-111111111111"
	flowID     = "22222222-2222-4222-8222-222222222222"
)

// TestMain gives the SDK an environment of its own: the keys the fake endpoint knows,
// and no files and no metadata service of the machine.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": awsfake.DefaultAccessKeyID, "AWS_SECRET_ACCESS_KEY": awsfake.DefaultSecretAccessKey,
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_NEW_RETRIES_2026": "true", // shorter waits before a call is repeated
	} {
		_ = os.Setenv(name, value)
	}
	m.Run()
}

// redirect carries calls for any host to the fake endpoint; the Host header, which is
// signed, stays.
type redirect struct {
	to   *url.URL
	next http.RoundTripper
}

func (r redirect) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.URL.Scheme, request.URL.Host = r.to.Scheme, r.to.Host
	return r.next.RoundTrip(request)
}

// account is one instance with one flow, whose parts a test may change.
func account() awsfake.Config {
	return awsfake.Config{Instances: []awsfake.Instance{{
		ID: instanceID, Alias: "support", Origins: []string{"https://www.example.com", "https://shop.example.com"},
		Flows: []awsfake.Flow{{ID: flowID, Name: "Inbound chat"}},
	}}}
}

// scene is one examination of AWS.
type scene struct {
	fake    *awsfake.Endpoint
	config  doctor.Config
	connect connectapi.Config
}

func newScene(t *testing.T, config awsfake.Config) *scene {
	t.Helper()
	fake := awsfake.Start(t, config)
	address, err := url.Parse(fake.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s := &scene{fake: fake}
	s.connect = connectapi.Config{
		Region: awsfake.DefaultRegion, EndpointURL: fake.URL, Transport: redirect{address, transport},
	}
	s.config = doctor.Config{
		Program: "v1.0.0 (go1.26.0, linux/amd64)", Addr: "127.0.0.1:0", Region: awsfake.DefaultRegion,
		InstanceID: instanceID, ContactFlowID: flowID,
		Connect: func(ctx context.Context) (*connectapi.Client, error) {
			s.connect.InstanceID = s.config.InstanceID
			return connectapi.New(ctx, s.connect)
		},
	}
	return s
}

func (s *scene) run(t *testing.T) doctor.Report {
	t.Helper()
	report := doctor.Run(t.Context(), s.config)
	for _, r := range s.fake.Requests("StartChatContact", "StopContact") {
		t.Errorf("the doctor called %s", r.Operation)
	}
	var text strings.Builder
	if err := report.WriteText(&text, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), awsfake.DefaultSecretAccessKey) {
		t.Error("the report has the secret key")
	}
	return report
}

func find(t *testing.T, report doctor.Report, id string) doctor.Check {
	t.Helper()
	for _, c := range report.Checks {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no check %s", id)
	return doctor.Check{}
}

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
		"port": "ok 127.0.0.1:0 is free", "region": "ok us-west-2 (partition aws)",
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
	if got := strings.Join(order, " "); got != "program configuration port region credentials endpoint clock identity instance "+
		"contact-flow flow-type flow-state permission approved-origins environment" {
		t.Errorf("the order is %s", got)
	}
	if report.Failed() {
		t.Error("the report says that something failed")
	}
}

// line is what a check is expected to say.
type line struct {
	status         doctor.Status
	detail, remedy string // parts of the texts
}

func ok(detail string) line           { return line{doctor.OK, detail, ""} }
func warn(detail, remedy string) line { return line{doctor.Warn, detail, remedy} }
func fail(detail, remedy string) line { return line{doctor.Fail, detail, remedy} }
func skip(detail string) line         { return line{doctor.Skip, detail, ""} }

func compare(t *testing.T, report doctor.Report, want map[string]line) {
	t.Helper()
	for id, expected := range want {
		got := find(t, report, id)
		if got.Status != expected.status || !strings.Contains(got.Detail, expected.detail) || !strings.Contains(got.Remedy, expected.remedy) {
			t.Errorf("%s: got %s %q, remedy %q\nwant %s %q, remedy %q", id, got.Status, got.Detail, got.Remedy,
				expected.status, expected.detail, expected.remedy)
		}
		if got.Status == doctor.Fail && got.Remedy == "" {
			t.Errorf("%s failed without a remedy", id)
		}
	}
}

func denied(operation string) awsfake.Step {
	return awsfake.Step{Operation: operation, Status: http.StatusForbidden, Error: "AccessDeniedException", Message: "not authorized"}
}

func TestAWS(t *testing.T) {
	t.Parallel()
	const instanceARN = "arn:aws:connect:us-west-2:123456789012:instance/" + instanceID
	for _, tc := range []struct {
		name   string
		change func(s *scene)
		fake   func(c *awsfake.Config)
		want   map[string]line
	}{
		{name: "ids as arns", change: func(s *scene) {
			s.config.InstanceID, s.config.ContactFlowID = instanceARN, instanceARN+"/contact-flow/"+flowID
		}, want: map[string]line{"instance": ok("support"), "contact-flow": ok("Inbound chat"), "permission": ok(instanceARN + "/contact-flow/" + flowID)}},

		{name: "the arn's region is another", change: func(s *scene) {
			s.config.InstanceID = "arn:aws:connect:eu-west-2:123456789012:instance/" + instanceID
		}, want: map[string]line{
			"region":      fail("us-west-2, but the instance's ARN names eu-west-2", "set them to eu-west-2"),
			"credentials": skip("because Region failed"), "approved-origins": skip("because Region failed"),
		}},
		{
			name: "a region that does not exist", change: func(s *scene) { s.connect.Region = "uswest2" },
			want: map[string]line{"region": warn("uswest2", "spelling"), "credentials": ok("environment variables")},
		},
		{
			name: "a region that is no name", change: func(s *scene) { s.connect.Region = "us west" },
			want: map[string]line{"region": fail("not the name of a region", "us-west-2"), "endpoint": skip("because Region failed")},
		},
		{
			name: "no region, own endpoint", change: func(s *scene) { s.connect.Region, s.config.Region = "", "" },
			want: map[string]line{"region": warn("none is set", "--region")},
		},
		{
			name: "no region", change: func(s *scene) { s.connect.Region, s.config.Region, s.connect.EndpointURL = "", "", "" },
			want: map[string]line{"region": fail("none is set", "--region")},
		},
		{
			name: "another partition", change: func(s *scene) { s.connect.Region = "us-gov-west-1" },
			want: map[string]line{"region": ok("us-gov-west-1 (partition aws-us-gov)")},
		},
		{
			name: "no such profile", change: func(s *scene) { s.connect.Profile = "nobody" },
			want: map[string]line{"region": fail(`no profile "nobody"`, "--profile"), "identity": skip("because Region failed")},
		},

		{
			name: "clock a little off", change: func(s *scene) { s.fake.SetClock(2 * time.Minute) },
			want: map[string]line{"clock": warn("behind AWS", "Set the clock"), "identity": ok("assumed-role")},
		},
		{
			name: "clock far off", change: func(s *scene) { s.fake.SetClock(-10 * time.Minute) },
			want: map[string]line{"clock": fail("ahead of AWS", "Set the clock")},
		},
		{
			name: "clock within reason", change: func(s *scene) { s.fake.SetClock(20 * time.Second) },
			want: map[string]line{"clock": ok("behind AWS")},
		},

		{name: "expired credentials", change: func(s *scene) { s.fake.ExpireCredentials() }, want: map[string]line{
			"identity": fail("expired", "Renew"), "instance": skip("because Identity failed"), "contact-flow": skip("because Identity failed"),
		}},
		{name: "a wrong secret", fake: func(c *awsfake.Config) { c.SecretAccessKey = "another" }, want: map[string]line{
			"identity": fail("does not accept the credentials (SignatureDoesNotMatch)", "Check the key id"),
		}},
		{name: "an unknown key", fake: func(c *awsfake.Config) { c.AccessKeyID = "AKIAANOTHER" }, want: map[string]line{
			"identity": fail("does not accept the credentials (InvalidClientTokenId)", "Check the key id"),
		}},
		{name: "sts is out of reach", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "GetCallerIdentity", Status: 501, Error: "NotImplemented"})
		}, want: map[string]line{
			"identity": warn("could not be checked: NotImplemented", ""), "instance": ok("support"),
			"permission": warn("not known whose credentials", `"arn:aws:connect:us-west-2:123456789012:instance/`),
		}},

		{name: "no instance configured", change: func(s *scene) { s.config.InstanceID = "" }, want: map[string]line{
			"instance": skip("none is configured"), "contact-flow": skip("because Instance was skipped"),
			"flow-type": skip("because Instance was skipped"), "permission": skip("because Instance was skipped"),
		}},
		{name: "no such instance", change: func(s *scene) { s.config.InstanceID = "33333333-3333-4333-8333-333333333333" }, want: map[string]line{
			"instance":     fail("there is no instance 33333333-3333-4333-8333-333333333333 in us-west-2, account 123456789012", "Check the Region"),
			"contact-flow": skip("because Instance failed"), "approved-origins": skip("because Instance failed"),
		}},
		{name: "swapped ids", change: func(s *scene) { s.config.InstanceID, s.config.ContactFlowID = flowID, instanceID }, want: map[string]line{
			"instance": fail("swapped", "Use "+instanceID+" as --instance-id and "+flowID+" as --contact-flow-id"),
		}},
		{name: "an id that is none", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "DescribeInstance", Error: "InvalidParameterException", Message: "InstanceId"})
		}, want: map[string]line{"instance": fail("InvalidParameterException", "--instance-id")}},
		{
			name: "instance being made", fake: func(c *awsfake.Config) { c.Instances[0].Status = "CREATION_IN_PROGRESS" },
			want: map[string]line{"instance": warn("CREATION_IN_PROGRESS", "Wait")},
		},
		{
			name: "instance that could not be made", fake: func(c *awsfake.Config) { c.Instances[0].Status = "CREATION_FAILED" },
			want: map[string]line{"instance": fail("could not be created", "console")},
		},
		{name: "may not describe the instance", change: func(s *scene) { s.fake.Script(denied("DescribeInstance")) }, want: map[string]line{
			"instance":     warn("may not make the call (AccessDeniedException)", `"Resource": "`+instanceARN+`"`),
			"contact-flow": ok("Inbound chat"),
		}},

		{name: "no flow configured", change: func(s *scene) { s.config.ContactFlowID = "" }, want: map[string]line{
			"contact-flow": skip("none is configured"), "flow-type": skip("because Contact flow was skipped"),
			"flow-state": skip("because Contact flow was skipped"), "permission": ok("/contact-flow/*"), "approved-origins": ok("example.com"),
		}},
		{
			name: "no flow configured, not allowed on all", change: func(s *scene) { s.config.ContactFlowID = "" },
			fake: func(c *awsfake.Config) { c.Decision = "implicitDeny" },
			want: map[string]line{"permission": warn("it may on some", "connect:StartChatContact")},
		},
		{name: "no such flow", change: func(s *scene) { s.config.ContactFlowID = "33333333-3333-4333-8333-333333333333" }, want: map[string]line{
			"contact-flow": fail("no contact flow 33333333", "flow designer"), "flow-type": skip("because Contact flow failed"),
		}},
		{name: "a flow of another instance", change: func(s *scene) {
			s.config.ContactFlowID = strings.ReplaceAll(instanceARN, "1111", "4444") + "/contact-flow/" + flowID
		}, want: map[string]line{"contact-flow": fail("names another instance: 4444", "Use a flow of the instance")}},
		{
			name: "a flow of another type", fake: func(c *awsfake.Config) { c.Instances[0].Flows[0].Type = "CUSTOMER_QUEUE" },
			want: map[string]line{"flow-type": warn("CUSTOMER_QUEUE", "inbound")},
		},
		{
			name: "a saved flow", fake: func(c *awsfake.Config) { c.Instances[0].Flows[0].Status = "SAVED" },
			want: map[string]line{"flow-state": fail("SAVED", "Publish")},
		},
		{
			name: "an archived flow", fake: func(c *awsfake.Config) { c.Instances[0].Flows[0].State = "ARCHIVED" },
			want: map[string]line{"flow-state": fail("archived", "Restore")},
		},
		{name: "a flow that never was published", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "DescribeContactFlow", Status: 404, Error: "ContactFlowNotPublishedException"})
		}, want: map[string]line{"contact-flow": ok(flowID), "flow-type": skip("could not be read"), "flow-state": fail("not published", "Publish")}},
		{name: "may not describe the flow", change: func(s *scene) { s.fake.Script(denied("DescribeContactFlow")) }, want: map[string]line{
			"contact-flow": warn("may not make the call", "connect:DescribeContactFlow"),
			"flow-type":    skip("could not be read"), "flow-state": skip("could not be read"),
			"permission": ok("instance/" + instanceID + "/contact-flow/" + flowID),
		}},

		{name: "not allowed", fake: func(c *awsfake.Config) { c.Decision = "implicitDeny" }, want: map[string]line{
			"permission": fail("no policy allows", `"`+instanceARN+`/contact/*"`),
		}},
		{
			name: "denied", fake: func(c *awsfake.Config) { c.Decision = "explicitDeny" },
			want: map[string]line{"permission": fail("a policy denies", "Deny statement")},
		},
		{name: "may not simulate", change: func(s *scene) { s.fake.Script(denied("SimulatePrincipalPolicy")) }, want: map[string]line{
			"permission": warn("may not make the call", `"Action": "connect:StartChatContact"`), "approved-origins": ok(""),
		}},
		{
			name: "root", fake: func(c *awsfake.Config) { c.CallerARN = "arn:aws:iam::123456789012:root" },
			want: map[string]line{"permission": ok("root user")},
		},
		{
			name: "a federated user", fake: func(c *awsfake.Config) { c.CallerARN = "arn:aws:sts::123456789012:federated-user/pat" },
			want: map[string]line{"permission": warn("does not simulate", "connect:StartChatContact")},
		},
		{name: "credentials end on the way", change: func(s *scene) {
			s.fake.Script(awsfake.Step{Operation: "SimulatePrincipalPolicy", Status: 403, Error: "ExpiredToken"})
		}, want: map[string]line{"permission": fail("expired", "Renew")}},

		{
			name: "no origins", fake: func(c *awsfake.Config) { c.Instances[0].Origins = nil },
			want: map[string]line{"approved-origins": warn("none", "do not need them")},
		},
		{
			name: "every origin", fake: func(c *awsfake.Config) { c.Instances[0].Origins = []string{"*"} },
			want: map[string]line{"approved-origins": warn("(*)", "Name the origins")},
		},
		{name: "an origin is missing", change: func(s *scene) {
			s.config.AllowOrigins = []string{"https://www.example.com/", "https://other.example.com"}
		}, want: map[string]line{"approved-origins": warn("allowed here: https://other.example.com", "Add them")}},
		{
			name: "may not list origins", change: func(s *scene) { s.fake.Script(denied("ListApprovedOrigins")) },
			want: map[string]line{"approved-origins": warn("may not make the call", "connect:ListApprovedOrigins")},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			config := account()
			if tc.fake != nil {
				tc.fake(&config)
			}
			s := newScene(t, config)
			if tc.change != nil {
				tc.change(s)
			}
			compare(t, s.run(t), tc.want)
		})
	}
}

func TestEndpoint(t *testing.T) {
	t.Parallel()
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
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
		{"refused", "http://" + closed.Addr().String(), nil, map[string]line{
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

func TestConfiguration(t *testing.T) {
	t.Parallel()
	report := doctor.Run(t.Context(), doctor.Config{Addr: "127.0.0.1:0", Settings: []doctor.Setting{
		{"addr", "127.0.0.1:0", "--addr"}, {"region", "us-west-2", "parley.yaml:3"},
	}})
	compare(t, report, map[string]line{"configuration": ok("addr: 127.0.0.1:0 (--addr)\nregion: us-west-2 (parley.yaml:3)")})

	connected := false
	report = doctor.Run(t.Context(), doctor.Config{
		Faults: hinted{errors.New("two faults")}, Embedded: newEmulator(t),
		Connect: func(context.Context) (*connectapi.Client, error) { connected = true; return nil, errors.New("called") },
	})
	compare(t, report, map[string]line{
		"configuration": fail("two faults", "read the help"), "port": skip("because Configuration failed"),
		"embedded": skip("because Configuration failed"), "region": skip("because Configuration failed"),
		"permission": skip("because Configuration failed"), "environment": ok(""),
	})
	if connected || !report.Failed() {
		t.Errorf("connected: %v, failed: %v", connected, report.Failed())
	}
}

type hinted struct{ error }

func (hinted) Hint() string { return "read the help" }

func newEmulator(tb testing.TB) *emulator.Emulator {
	tb.Helper()
	e, err := emulator.New(emulator.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = e.Close() })
	return e
}

func TestPort(t *testing.T) {
	t.Parallel()
	parley := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		diagnosis.New(diagnosis.MethodNotAllowed, "").Write(w, "")
	}))
	t.Cleanup(parley.Close)
	other := httptest.NewServer(http.RedirectHandler(parley.URL, http.StatusFound))
	t.Cleanup(other.Close)
	mute, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts, never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	_, parleyPort, _ := net.SplitHostPort(parley.Listener.Addr().String())
	for name, tc := range map[string]struct {
		addr string
		want line
	}{
		"free":              {"127.0.0.1:0", ok("is free")},
		"a parley":          {parley.Listener.Addr().String(), ok("a Parley is running on")},
		"a parley, any":     {"0.0.0.0:" + parleyPort, ok("a Parley is running on")},
		"another program":   {other.Listener.Addr().String(), fail("in use", "--addr")},
		"a silent program":  {mute.Addr().String(), fail("in use", "--addr")},
		"not an address":    {"localhost", fail("HOST:PORT", "--addr")},
		"a foreign address": {"192.0.2.1:3000", fail("not one of this machine", "127.0.0.1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, doctor.Run(t.Context(), doctor.Config{Addr: tc.addr}), map[string]line{"port": tc.want})
		})
	}
}

type starter func() (*startchat.Result, error)

func (s starter) StartChatContact(context.Context, *startchat.Request) (*startchat.Result, error) {
	return s()
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		starter startchat.Starter
		want    line
	}{
		"well":  {newEmulator(t), ok("could be started")},
		"fails": {starter(func() (*startchat.Result, error) { return nil, &awswire.Error{Name: "Broken"} }), fail("Broken", "report it")},
		"half":  {starter(func() (*startchat.Result, error) { return &startchat.Result{ContactID: "c"}, nil }), fail("without an id", "report it")},
	} {
		report := doctor.Run(t.Context(), doctor.Config{Addr: "127.0.0.1:0", Embedded: tc.starter})
		t.Run(name, func(t *testing.T) { compare(t, report, map[string]line{"embedded": tc.want}) })
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		env  map[string]string
		want line
	}{
		"nothing": {nil, ok("no variables")},
		"proxy": {
			map[string]string{"HTTPS_PROXY": "http://user:canary@proxy.example:3128/canary", "NO_PROXY": "canary"},
			ok("HTTPS_PROXY (http://proxy.example:3128) is set\nNO_PROXY is set"),
		},
		"odd proxy":   {map[string]string{"https_proxy": "user:canary@proxy"}, ok("https_proxy is set")},
		"other odd":   {map[string]string{"HTTP_PROXY": "http://user:canary%zz@proxy"}, ok("HTTP_PROXY is set")},
		"endpoint":    {map[string]string{"AWS_ENDPOINT_URL": "http://localhost:4566"}, ok("AWS_ENDPOINT_URL (http://localhost:4566) is set")},
		"bundle":      {map[string]string{"AWS_CA_BUNDLE": file, "SSL_CERT_DIR": dir + string(os.PathListSeparator) + dir}, ok("AWS_CA_BUNDLE is set\nSSL_CERT_DIR is set")},
		"lost bundle": {map[string]string{"AWS_CA_BUNDLE": file + ".lost"}, warn("cannot be read", "Correct or unset")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := doctor.Run(t.Context(), doctor.Config{Addr: "127.0.0.1:0", Getenv: func(n string) string { return tc.env[n] }})
			compare(t, report, map[string]line{"environment": tc.want})
			if strings.Contains(find(t, report, "environment").Detail, "canary") {
				t.Error("the report shows a credential")
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := newScene(t, account())
	ctx, cancel := context.WithCancel(t.Context())
	connect := s.config.Connect
	s.config.Connect = func(ctx context.Context) (*connectapi.Client, error) { defer cancel(); return connect(ctx) }
	report := doctor.Run(ctx, s.config)
	compare(t, report, map[string]line{
		"region": ok("us-west-2"), "credentials": skip("interrupted"), "instance": skip("because Credentials was skipped"), "environment": skip("interrupted"),
	})
}

func TestAHangingEndpoint(t *testing.T) {
	t.Parallel()
	s := newScene(t, account())
	s.config.Timeout = 300 * time.Millisecond
	s.fake.Script(awsfake.Step{Operation: "DescribeInstance", Hang: true})
	compare(t, s.run(t), map[string]line{
		"instance": warn("could not be checked", "Check the network"), "contact-flow": ok("Inbound chat"),
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
