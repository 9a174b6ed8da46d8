package awscall_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/awscall"
	"github.com/parley-chat/parley/internal/awsfake"
)

const (
	startBody = `{"InstanceId":"i-1","ContactFlowId":"f-1","ParticipantDetails":{"DisplayName":"Ana"},"ClientToken":"t-1","NewerMember":{"a":[1,2]}}`
	canary    = "canary-of-a-secret-key-0123456789abcdef"
)

func TestMain(m *testing.M) { awsfake.Main(m) }

func connectService() awscall.Service {
	return awscall.Service{ID: "Connect", Signing: "connect", Title: "Amazon Connect"}
}

// config describes a caller.
type config struct {
	Region, Profile, EndpointURL string
	Transport                    http.RoundTripper
}

// caller calls Amazon Connect, as package connectclient does.
type caller struct {
	*awscall.Session

	connect *awscall.Client
}

func open(ctx context.Context, cfg config) (*caller, error) {
	session, err := awscall.Load(ctx, awscall.Config{Region: cfg.Region, Profile: cfg.Profile, Transport: cfg.Transport})
	if err != nil {
		return nil, err
	}
	connect, err := session.Client(connectService(), cfg.EndpointURL)
	if err != nil {
		return nil, err
	}
	return &caller{session, connect}, session.Obtain(ctx)
}

func mustOpen(tb testing.TB, cfg config) *caller {
	tb.Helper()
	client, err := open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// newClient returns a client of a listening endpoint.
func newClient(tb testing.TB, endpoint *awsfake.Endpoint) *caller {
	tb.Helper()
	return mustOpen(tb, config{Profile: "fake", EndpointURL: endpoint.URL})
}

// newMemoryClient returns a client of an endpoint that does not listen.
func newMemoryClient(tb testing.TB, endpoint *awsfake.Endpoint) *caller {
	tb.Helper()
	return mustOpen(tb, config{Profile: "fake", EndpointURL: "http://connect.invalid", Transport: endpoint})
}

// start calls StartChatContact.
func (c *caller) start(ctx context.Context) (*awscall.Answer, error) {
	op := awscall.Operation{Method: http.MethodPut, Path: "/contact/chat", ContentType: "application/json"}
	return c.connect.Call(ctx, op, []byte(startBody))
}

// useConfig makes the text the shared config file of the test.
func useConfig(tb interface {
	testing.TB
	Setenv(key, value string)
}, text string,
) {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	tb.Setenv("AWS_CONFIG_FILE", file)
}
