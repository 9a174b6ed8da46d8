package doctor_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/awsfake"
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/doctor"
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
	connect connectclient.Config
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
	return sceneOver(fake, redirect{address, transport})
}

// inMemory carries calls for any host to the fake endpoint without a socket, so that time can stand still.
type inMemory struct{ fake *awsfake.Endpoint }

func (m inMemory) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := m.fake.RoundTrip(request)
	if trace := httptrace.ContextClientTrace(request.Context()); trace != nil && err == nil {
		trace.GotFirstResponseByte()
	}
	return response, err
}

// sceneOver is a scene whose calls a transport carries to the fake endpoint.
func sceneOver(fake *awsfake.Endpoint, transport http.RoundTripper) *scene {
	s := &scene{fake: fake}
	s.connect = connectclient.Config{Region: awsfake.DefaultRegion, EndpointURL: fake.URL, Transport: transport}
	s.config = doctor.Config{
		Program: "v1.0.0 (go1.26.0, linux/amd64)", Addr: "127.0.0.1:0", Region: awsfake.DefaultRegion,
		InstanceID: instanceID, ContactFlowID: flowID,
		Connect: func(ctx context.Context) (*connectclient.Client, error) {
			s.connect.InstanceID = s.config.InstanceID
			return connectclient.New(ctx, s.connect)
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
